//! What expansions may name. Not for people: it changes without notice.

pub use core;
pub use core::result::Result::{Err, Ok};
pub use futures_core::Stream;
pub use std::boxed::Box;

pub use humanloop_api::{Kind, Role};

#[cfg(feature = "http")]
pub use crate::ask::{Options, ladder as answers};
pub use crate::call::{Call, InCall, Within, open};
pub use crate::definition::Definition;
pub use crate::function::{Function, Source, Template};
pub use crate::probe::{fault, probe};
pub use crate::stream::{InIterator, InStream};
pub use crate::template_message::{TemplateCall, TemplateMessage};
#[cfg(not(feature = "http"))]
pub use crate::unasked::{Options, nothing as answers};
pub use crate::wanted::Wanted;

use std::fmt::Debug;

use serde::Serialize;

/// Adds to the end of a log the tokens of a model's answer and their cost; `model` is the one that was asked.
#[cfg(feature = "http")]
pub fn count(update: &mut humanloop_api::LogUpdate, response: &crate::Response, model: &str) {
    crate::answer::count(update, response, model);
}

/// The option `debug(name)`.
pub fn put_debug<T: Debug + ?Sized>(call: &mut Call, name: &'static str, value: &T) {
    call.put(name, |out, limit| crate::capture::debug(value, out, limit));
}

/// The option `serialize(name)`.
pub fn put_serialize<T: Serialize + ?Sized>(call: &mut Call, name: &'static str, value: &T) {
    call.put(name, |out, limit| crate::capture::json(value, out, limit));
}

/// The value of a variable that the template reaches into, beside its text.
pub fn put_value<T: Serialize + ?Sized>(call: &mut Call, name: &'static str, value: &T) {
    let mut json = Vec::new();
    let _form = crate::capture::json(value, &mut json, usize::MAX);
    call.value(name, json);
}

/// The option `metadata(name = value)`.
pub fn put_metadata<T: Serialize + ?Sized>(call: &mut Call, name: &'static str, value: &T) {
    call.put_metadata(name, |out, limit| crate::capture::json(value, out, limit));
}

/// A value of any type, for a `return` that is never run but tells the compiler the type.
pub fn never<R>() -> R {
    loop {
        std::thread::park();
    }
}

/// The same, for a function that never returns.
pub fn never_ending() -> ! {
    loop {
        std::thread::park();
    }
}
