//! The names of a map's members: texts, and what is written as one.

use std::fmt::Display;

use serde::Serialize;
use serde::ser::{Error as _, Impossible, Serializer};
use serde_json::Error;

use super::writer::Writer;

/// Writes `lead`, a name in quotes and a colon.
pub(crate) struct Key<'a, 'out> {
    pub(super) writer: &'a mut Writer<'out>,
    pub(super) lead: u8,
}

type Written = Result<(), Error>;
type Never = Impossible<(), Error>;

impl Key<'_, '_> {
    #[inline]
    fn text(self, name: &str) -> Written {
        self.writer.key(self.lead, name);
        Ok(())
    }

    /// Quotes around what `write` writes.
    fn quoted(self, write: impl FnOnce(&mut Writer<'_>)) -> Written {
        self.writer.pair(self.lead, b'"');
        write(&mut *self.writer);
        self.writer.pair(b'"', b':');
        Ok(())
    }
}

#[cold]
fn no_string<T>() -> Result<T, Error> {
    Err(Error::custom("key must be a string"))
}

#[cold]
fn not_finite() -> Written {
    Err(Error::custom("float key must be finite (got NaN or +/-inf)"))
}

impl Serializer for Key<'_, '_> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Never;
    type SerializeTuple = Never;
    type SerializeTupleStruct = Never;
    type SerializeTupleVariant = Never;
    type SerializeMap = Never;
    type SerializeStruct = Never;
    type SerializeStructVariant = Never;

    #[inline]
    fn serialize_str(self, value: &str) -> Written {
        self.text(value)
    }

    #[inline]
    fn serialize_char(self, value: char) -> Written {
        self.text(value.encode_utf8(&mut [0; 4]))
    }

    #[inline]
    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Written {
        self.text(variant)
    }

    #[inline]
    fn serialize_newtype_struct<T: ?Sized + Serialize>(self, _: &'static str, value: &T) -> Written {
        value.serialize(self)
    }

    #[inline]
    fn serialize_some<T: ?Sized + Serialize>(self, value: &T) -> Written {
        value.serialize(self)
    }

    #[inline]
    fn collect_str<T: ?Sized + Display>(self, value: &T) -> Written {
        self.writer.byte(self.lead);
        self.writer.display(&value)?;
        self.writer.byte(b':');
        Ok(())
    }

    fn serialize_bool(self, value: bool) -> Written {
        self.quoted(|writer| writer.boolean(value))
    }

    fn serialize_i8(self, value: i8) -> Written {
        self.quoted(|writer| writer.signed(value.into()))
    }

    fn serialize_i16(self, value: i16) -> Written {
        self.quoted(|writer| writer.signed(value.into()))
    }

    fn serialize_i32(self, value: i32) -> Written {
        self.quoted(|writer| writer.signed(value.into()))
    }

    fn serialize_i64(self, value: i64) -> Written {
        self.quoted(|writer| writer.signed(value))
    }

    fn serialize_i128(self, value: i128) -> Written {
        self.quoted(|writer| writer.wide_signed(value))
    }

    fn serialize_u8(self, value: u8) -> Written {
        self.quoted(|writer| writer.unsigned(value.into()))
    }

    fn serialize_u16(self, value: u16) -> Written {
        self.quoted(|writer| writer.unsigned(value.into()))
    }

    fn serialize_u32(self, value: u32) -> Written {
        self.quoted(|writer| writer.unsigned(value.into()))
    }

    fn serialize_u64(self, value: u64) -> Written {
        self.quoted(|writer| writer.unsigned(value))
    }

    fn serialize_u128(self, value: u128) -> Written {
        self.quoted(|writer| writer.wide_unsigned(value))
    }

    fn serialize_f32(self, value: f32) -> Written {
        if value.is_finite() { self.quoted(|writer| writer.single(value)) } else { not_finite() }
    }

    fn serialize_f64(self, value: f64) -> Written {
        if value.is_finite() { self.quoted(|writer| writer.double(value)) } else { not_finite() }
    }

    fn serialize_bytes(self, _: &[u8]) -> Written {
        no_string()
    }

    fn serialize_none(self) -> Written {
        no_string()
    }

    fn serialize_unit(self) -> Written {
        no_string()
    }

    fn serialize_unit_struct(self, _: &'static str) -> Written {
        no_string()
    }

    fn serialize_newtype_variant<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Written {
        no_string()
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Never, Error> {
        no_string()
    }

    fn serialize_tuple(self, _: usize) -> Result<Never, Error> {
        no_string()
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Never, Error> {
        no_string()
    }

    fn serialize_tuple_variant(self, _: &'static str, _: u32, _: &'static str, _: usize) -> Result<Never, Error> {
        no_string()
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Never, Error> {
        no_string()
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Never, Error> {
        no_string()
    }

    fn serialize_struct_variant(self, _: &'static str, _: u32, _: &'static str, _: usize) -> Result<Never, Error> {
        no_string()
    }
}
