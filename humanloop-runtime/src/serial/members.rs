//! The members of lists and objects.

use serde::Serialize;
use serde::ser::{
    Error as _, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant,
};
use serde_json::Error;

use super::key::Key;
use super::writer::Writer;
use super::{NUMBER, RAW_VALUE, Written};

/// A list or an object that is being written.
pub(crate) struct Members<'a, 'out> {
    pub(super) writer: &'a mut Writer<'out>,
    /// What the next member begins with: the bracket, a comma, or one of the two below.
    pub(super) lead: u8,
}

/// No members, but JSON that is written already.
pub(super) const LEAD_OF_RAW_VALUE: u8 = b'R';
pub(super) const LEAD_OF_NUMBER: u8 = b'N';

impl Members<'_, '_> {
    #[inline]
    fn element<T: ?Sized + Serialize>(&mut self, value: &T) -> Written {
        self.writer.byte(self.lead);
        self.lead = b',';
        value.serialize(&mut *self.writer)
    }

    #[inline]
    fn field<T: ?Sized + Serialize>(&mut self, name: &'static str, value: &T) -> Written {
        self.writer.key(self.lead, name);
        self.lead = b',';
        value.serialize(&mut *self.writer)
    }

    /// The only field of a struct that stands for JSON which is written already.
    #[cold]
    fn raw(&mut self, name: &'static str) -> Written {
        match (self.lead, name) {
            (LEAD_OF_RAW_VALUE, RAW_VALUE) | (LEAD_OF_NUMBER, NUMBER) => {
                self.writer.expect_raw();
                Ok(())
            }
            (LEAD_OF_RAW_VALUE, _) => Err(Error::custom("expected value")),
            _ => Err(Error::custom("invalid number")),
        }
    }

    #[cold]
    fn end_raw(self) -> Written {
        match self.writer.misses_raw() {
            false => Ok(()),
            true if self.lead == LEAD_OF_RAW_VALUE => Err(Error::custom("expected RawValue")),
            true => Err(Error::custom("invalid number")),
        }
    }
}

impl SerializeSeq for Members<'_, '_> {
    type Ok = ();
    type Error = Error;

    #[inline]
    fn serialize_element<T: ?Sized + Serialize>(&mut self, value: &T) -> Written {
        self.element(value)
    }

    #[inline]
    fn end(self) -> Written {
        self.writer.close(self.lead, b'[', b']');
        Ok(())
    }
}

impl SerializeTuple for Members<'_, '_> {
    type Ok = ();
    type Error = Error;

    #[inline]
    fn serialize_element<T: ?Sized + Serialize>(&mut self, value: &T) -> Written {
        self.element(value)
    }

    #[inline]
    fn end(self) -> Written {
        SerializeSeq::end(self)
    }
}

impl SerializeTupleStruct for Members<'_, '_> {
    type Ok = ();
    type Error = Error;

    #[inline]
    fn serialize_field<T: ?Sized + Serialize>(&mut self, value: &T) -> Written {
        self.element(value)
    }

    #[inline]
    fn end(self) -> Written {
        SerializeSeq::end(self)
    }
}

impl SerializeTupleVariant for Members<'_, '_> {
    type Ok = ();
    type Error = Error;

    #[inline]
    fn serialize_field<T: ?Sized + Serialize>(&mut self, value: &T) -> Written {
        self.element(value)
    }

    #[inline]
    fn end(self) -> Written {
        self.writer.close(self.lead, b'[', b']');
        self.writer.byte(b'}');
        Ok(())
    }
}

impl SerializeMap for Members<'_, '_> {
    type Ok = ();
    type Error = Error;

    #[inline]
    fn serialize_key<T: ?Sized + Serialize>(&mut self, key: &T) -> Written {
        let lead = std::mem::replace(&mut self.lead, b',');
        key.serialize(Key { writer: &mut *self.writer, lead })
    }

    #[inline]
    fn serialize_value<T: ?Sized + Serialize>(&mut self, value: &T) -> Written {
        value.serialize(&mut *self.writer)
    }

    #[inline]
    fn end(self) -> Written {
        self.writer.close(self.lead, b'{', b'}');
        Ok(())
    }
}

impl SerializeStruct for Members<'_, '_> {
    type Ok = ();
    type Error = Error;

    #[inline]
    fn serialize_field<T: ?Sized + Serialize>(&mut self, name: &'static str, value: &T) -> Written {
        if matches!(self.lead, LEAD_OF_RAW_VALUE | LEAD_OF_NUMBER) {
            self.raw(name)?;
            return value.serialize(&mut *self.writer);
        }
        self.field(name, value)
    }

    #[inline]
    fn end(self) -> Written {
        if matches!(self.lead, LEAD_OF_RAW_VALUE | LEAD_OF_NUMBER) {
            return self.end_raw();
        }
        SerializeMap::end(self)
    }
}

impl SerializeStructVariant for Members<'_, '_> {
    type Ok = ();
    type Error = Error;

    #[inline]
    fn serialize_field<T: ?Sized + Serialize>(&mut self, name: &'static str, value: &T) -> Written {
        self.field(name, value)
    }

    #[inline]
    fn end(self) -> Written {
        self.writer.close(self.lead, b'{', b'}');
        self.writer.byte(b'}');
        Ok(())
    }
}
