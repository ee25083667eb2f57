//! Values into JSON and texts: what the rungs of [`crate::probe`] do.

use std::any::type_name;
use std::error::Error;
use std::fmt::{Debug, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::Serialize;

use crate::context::while_capturing;
use crate::json;
use crate::payload::Form;
use crate::serial;

/// Appends `value` as JSON; `{"$unserializable": "<reason>"}` when its `Serialize` fails or panics.
pub(crate) fn json<T: ?Sized + Serialize>(value: &T, out: &mut Vec<u8>, limit: usize) -> Form {
    let from = out.len();
    let written = guarded(|| serial::write(value, out, limit));
    finish(out, from, written.unwrap_or_else(|| Err("its Serialize panicked".into())));
    Form::Json
}

/// Makes valid JSON of what was written from `from` on: how many bytes were left out, or why it failed.
fn finish(out: &mut Vec<u8>, from: usize, written: Result<usize, String>) {
    match written {
        Ok(0) => {}
        Ok(left_out) => {
            let start = out.split_off(from);
            json::truncated(out, start.len() + left_out, &start);
        }
        Err(reason) => {
            out.truncate(from);
            json::marked(out, "$unserializable", &reason);
        }
    }
}

/// Appends `{"$debug": "<text>"}`.
pub(crate) fn debug<T: ?Sized + Debug>(value: &T, out: &mut Vec<u8>, limit: usize) -> Form {
    debugged(&mut |text| write!(text, "{value:?}"), out, limit);
    Form::Json
}

fn debugged(print: &mut dyn FnMut(&mut String) -> std::fmt::Result, out: &mut Vec<u8>, limit: usize) {
    let mut text = String::new();
    match guarded(|| print(&mut text)) {
        Some(Ok(())) if text.len() > limit => {
            json::truncated(out, text.len(), &text.as_bytes()[..limit]);
        }
        Some(Ok(())) => json::marked(out, "$debug", &text),
        Some(Err(_)) => json::marked(out, "$unserializable", "its Debug failed"),
        None => json::marked(out, "$unserializable", "its Debug panicked"),
    }
}

/// Appends `{"$type": "<name>"}`.
pub(crate) fn named<T: ?Sized>(_: &T, out: &mut Vec<u8>, _: usize) -> Form {
    json::marked(out, "$type", type_name::<T>());
    Form::Json
}

/// Appends text as it is, or the mark of one that is too long.
#[inline]
pub(crate) fn text(value: &(impl AsRef<str> + ?Sized), out: &mut Vec<u8>, limit: usize) -> Form {
    let text = value.as_ref();
    if text.len() > limit {
        json::truncated(out, text.len(), &text.as_bytes()[..limit]);
        return Form::Json;
    }
    out.extend_from_slice(text.as_bytes());
    Form::Text
}

/// Appends a number of at most 64 bits.
#[inline]
pub(crate) fn unsigned<T: Copy + TryInto<u64>>(value: &T, out: &mut Vec<u8>, _: usize) -> Form {
    out.extend_from_slice(&(*value).try_into().unwrap_or(u64::MAX).to_le_bytes());
    Form::Unsigned
}

/// Appends a number of at most 64 bits.
#[inline]
pub(crate) fn signed<T: Copy + TryInto<i64>>(value: &T, out: &mut Vec<u8>, _: usize) -> Form {
    out.extend_from_slice(&(*value).try_into().unwrap_or(i64::MAX).to_le_bytes());
    Form::Signed
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the same shape as its neighbours")]
pub(crate) fn boolean(value: &bool, out: &mut Vec<u8>, _: usize) -> Form {
    out.extend_from_slice(if *value { b"true" } else { b"false" });
    Form::Json
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the same shape as its neighbours")]
pub(crate) fn nothing((): &(), out: &mut Vec<u8>, _: usize) -> Form {
    out.extend_from_slice(b"null");
    Form::Json
}

/// Text of an error, whose `Display` is the user's.
pub(crate) fn message(write: impl FnOnce() -> String) -> String {
    guarded(write).unwrap_or_else(|| "an error whose Display panicked".into())
}

/// An error's message and those of its causes, a line each.
pub(crate) fn chain(mut text: String, mut cause: Option<&(dyn Error + 'static)>) -> String {
    while let Some(error) = cause {
        let message = error.to_string();
        // Many errors repeat their cause's message in their own.
        if !text.ends_with(&message) {
            text.push_str("\ncaused by: ");
            text.push_str(&message);
        }
        cause = error.source();
    }
    text
}

/// Text of a template variable, whose traits are the user's; never empty because they failed.
pub(crate) fn shown(write: impl FnOnce() -> Result<String, String>) -> String {
    match guarded(write) {
        Some(Ok(text)) => text,
        Some(Err(reason)) => format!("[no text: {reason}]"),
        None => "[no text: its type panicked]".into(),
    }
}

/// The JSON of a value, but a text without its quotes, such as that of a unit variant, or within a `Some`.
pub(crate) fn json_text<T: ?Sized + Serialize>(value: &T) -> Result<String, String> {
    let json = serde_json::to_string(value).map_err(|error| error.to_string())?;
    Ok(serde_json::from_str::<String>(&json).unwrap_or(json))
}

/// Runs the user's code of a trait; `None` when it panics.
fn guarded<R>(write: impl FnOnce() -> R) -> Option<R> {
    while_capturing(|| catch_unwind(AssertUnwindSafe(write)).ok())
}
