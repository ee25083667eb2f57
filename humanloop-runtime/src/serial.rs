//! Values into compact JSON, as `serde_json` writes it: capturing happens on the caller's path, and most of what `serde_json`
//! takes there is its look at each byte of a text and a call of the writer for each quote, comma and colon.
//!
//! What is generic here becomes part of the user's crate for each of the user's types, so it is a call or two of [`Writer`]'s.

mod block;
mod key;
mod members;
#[cfg(test)]
mod tests;
mod writer;

use std::fmt::Display;

use serde::Serialize;
use serde::ser::Serializer;
use serde_json::Error;

use members::{LEAD_OF_NUMBER, LEAD_OF_RAW_VALUE, Members};
use writer::Writer;

/// Appends `value` as `serde_json::to_string` gives it, or fails with its message; keeps the first `limit` bytes of it at most.
/// Gives the number of bytes that were not kept. After an error `out` holds the beginning.
///
/// Only a `Serialize` that breaks serde's rules is written in another way: a list that says it is empty and is not, a key without
/// a value.
pub(crate) fn write<T: ?Sized + Serialize>(value: &T, out: &mut Vec<u8>, limit: usize) -> Result<usize, String> {
    let mut writer = Writer::new(out, limit);
    let written = value.serialize(&mut writer);
    writer.finish(written)
}

/// What a buffer should have more than the text that is written to it: its room is taken from there.
pub(crate) const ROOM: usize = 64;

/// Appends a text as a JSON string.
pub(crate) fn string(out: &mut Vec<u8>, text: &str) {
    let mut writer = Writer::new(out, usize::MAX);
    writer.string(text);
    writer.done();
}

/// What `serde_json` gives JSON that is written already through: a struct of this name with a text in a field of this name.
const RAW_VALUE: &str = "$serde_json::private::RawValue";
/// The same for numbers, where a crate of the host asks for `arbitrary_precision`.
const NUMBER: &str = "$serde_json::private::Number";

type Written = Result<(), Error>;

impl<'a, 'out> Serializer for &'a mut Writer<'out> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Members<'a, 'out>;
    type SerializeTuple = Members<'a, 'out>;
    type SerializeTupleStruct = Members<'a, 'out>;
    type SerializeTupleVariant = Members<'a, 'out>;
    type SerializeMap = Members<'a, 'out>;
    type SerializeStruct = Members<'a, 'out>;
    type SerializeStructVariant = Members<'a, 'out>;

    #[inline]
    fn serialize_bool(self, value: bool) -> Written {
        self.boolean(value);
        Ok(())
    }

    #[inline]
    fn serialize_i8(self, value: i8) -> Written {
        self.serialize_i64(value.into())
    }

    #[inline]
    fn serialize_i16(self, value: i16) -> Written {
        self.serialize_i64(value.into())
    }

    #[inline]
    fn serialize_i32(self, value: i32) -> Written {
        self.serialize_i64(value.into())
    }

    #[inline]
    fn serialize_i64(self, value: i64) -> Written {
        self.signed(value);
        Ok(())
    }

    #[inline]
    fn serialize_i128(self, value: i128) -> Written {
        self.wide_signed(value);
        Ok(())
    }

    #[inline]
    fn serialize_u8(self, value: u8) -> Written {
        self.serialize_u64(value.into())
    }

    #[inline]
    fn serialize_u16(self, value: u16) -> Written {
        self.serialize_u64(value.into())
    }

    #[inline]
    fn serialize_u32(self, value: u32) -> Written {
        self.serialize_u64(value.into())
    }

    #[inline]
    fn serialize_u64(self, value: u64) -> Written {
        self.unsigned(value);
        Ok(())
    }

    #[inline]
    fn serialize_u128(self, value: u128) -> Written {
        self.wide_unsigned(value);
        Ok(())
    }

    #[inline]
    fn serialize_f32(self, value: f32) -> Written {
        self.single(value);
        Ok(())
    }

    #[inline]
    fn serialize_f64(self, value: f64) -> Written {
        self.double(value);
        Ok(())
    }

    #[inline]
    fn serialize_char(self, value: char) -> Written {
        self.string(value.encode_utf8(&mut [0; 4]));
        Ok(())
    }

    #[inline]
    fn serialize_str(self, value: &str) -> Written {
        self.string(value);
        Ok(())
    }

    #[inline]
    fn serialize_bytes(self, value: &[u8]) -> Written {
        self.bytes(value);
        Ok(())
    }

    #[inline]
    fn serialize_none(self) -> Written {
        self.serialize_unit()
    }

    #[inline]
    fn serialize_some<T: ?Sized + Serialize>(self, value: &T) -> Written {
        value.serialize(self)
    }

    #[inline]
    fn serialize_unit(self) -> Written {
        self.null();
        Ok(())
    }

    #[inline]
    fn serialize_unit_struct(self, _: &'static str) -> Written {
        self.serialize_unit()
    }

    #[inline]
    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Written {
        self.serialize_str(variant)
    }

    #[inline]
    fn serialize_newtype_struct<T: ?Sized + Serialize>(self, _: &'static str, value: &T) -> Written {
        value.serialize(self)
    }

    #[inline]
    fn serialize_newtype_variant<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Written {
        self.key(b'{', variant);
        value.serialize(&mut *self)?;
        self.byte(b'}');
        Ok(())
    }

    #[inline]
    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, Error> {
        Ok(Members { writer: self, lead: b'[' })
    }

    #[inline]
    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, Error> {
        Ok(Members { writer: self, lead: b'[' })
    }

    #[inline]
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, Error> {
        Ok(Members { writer: self, lead: b'[' })
    }

    #[inline]
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Error> {
        self.key(b'{', variant);
        Ok(Members { writer: self, lead: b'[' })
    }

    #[inline]
    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, Error> {
        Ok(Members { writer: self, lead: b'{' })
    }

    #[inline]
    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Self::SerializeStruct, Error> {
        let lead = match name {
            RAW_VALUE => LEAD_OF_RAW_VALUE,
            NUMBER => LEAD_OF_NUMBER,
            _ => b'{',
        };
        Ok(Members { writer: self, lead })
    }

    #[inline]
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Error> {
        self.key(b'{', variant);
        Ok(Members { writer: self, lead: b'{' })
    }

    #[inline]
    fn collect_str<T: ?Sized + Display>(self, value: &T) -> Written {
        self.display(&value)
    }
}
