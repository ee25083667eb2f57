//! Values into JSON, whatever their types can do: `Serialize`, else `Debug`, else the type's name.
//!
//! The choice is made by the compiler where the function stands, through the order in which it looks methods up: a
//! method of `&&&Probe<T>` is found before one of `&&Probe<T>`, and so on down to `Probe<T>`. Nothing of this asks the
//! user for a bound.

use std::any::type_name;
use std::error::Error;
use std::fmt::{Debug, Display, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, RwLock};

use serde::Serialize;

use crate::call::Call;
use crate::context::while_capturing;
use crate::json;

/// A value under the question of what its type can do.
#[derive(Debug)]
pub struct Probe<'a, T: ?Sized>(pub &'a T);

/// In place of the error of something that cannot fail.
#[derive(Clone, Copy, Debug)]
pub enum Never {}

/// The ladders, to be brought into scope with a glob.
pub mod ladder {
    use super::*;

    // Arguments, `__put`, results, `__out`, and items of a stream, `__item`.

    /// Types that have a way of their own. Locks: serde would lock them, and deadlock if the caller holds the lock;
    /// `Debug` only tries. Texts and numbers: quicker by hand.
    pub trait ByHand {
        #[doc(hidden)]
        fn __put(&self, call: &mut Call, name: &'static str);
        #[doc(hidden)]
        fn __out(&self, call: &mut Call);
        #[doc(hidden)]
        fn __item(&self, call: &mut Call);
    }
    /// Values that serialize.
    pub trait BySerialize {
        #[doc(hidden)]
        fn __put(&self, call: &mut Call, name: &'static str);
        #[doc(hidden)]
        fn __out(&self, call: &mut Call);
        #[doc(hidden)]
        fn __item(&self, call: &mut Call);
    }
    /// Values that print themselves for programmers.
    pub trait ByDebug {
        #[doc(hidden)]
        fn __put(&self, call: &mut Call, name: &'static str);
        #[doc(hidden)]
        fn __out(&self, call: &mut Call);
        #[doc(hidden)]
        fn __item(&self, call: &mut Call);
    }
    /// All others.
    pub trait ByTypeName {
        #[doc(hidden)]
        fn __put(&self, call: &mut Call, name: &'static str);
        #[doc(hidden)]
        fn __out(&self, call: &mut Call);
        #[doc(hidden)]
        fn __item(&self, call: &mut Call);
    }

    macro_rules! rung {
        ($trait:ident for $probe:ty where [$($generics:tt)*] by $json:expr) => {
            impl<$($generics)*> $trait for $probe {
                fn __put(&self, call: &mut Call, name: &'static str) {
                    call.put(name, |out, limit| $json(self.0, out, limit));
                }
                fn __out(&self, call: &mut Call) {
                    call.returned(|out, limit| $json(self.0, out, limit));
                }
                fn __item(&self, call: &mut Call) {
                    call.item(|out, limit| $json(self.0, out, limit));
                }
            }
        };
    }
    rung!(ByHand for &&&Probe<'_, Mutex<T>> where [T: ?Sized + Debug] by debug);
    rung!(ByHand for &&&Probe<'_, &Mutex<T>> where [T: ?Sized + Debug] by debug);
    rung!(ByHand for &&&Probe<'_, Arc<Mutex<T>>> where [T: ?Sized + Debug] by debug);
    rung!(ByHand for &&&Probe<'_, &Arc<Mutex<T>>> where [T: ?Sized + Debug] by debug);
    rung!(ByHand for &&&Probe<'_, RwLock<T>> where [T: ?Sized + Debug] by debug);
    rung!(ByHand for &&&Probe<'_, &RwLock<T>> where [T: ?Sized + Debug] by debug);
    rung!(ByHand for &&&Probe<'_, Arc<RwLock<T>>> where [T: ?Sized + Debug] by debug);
    rung!(ByHand for &&&Probe<'_, &Arc<RwLock<T>>> where [T: ?Sized + Debug] by debug);
    rung!(ByHand for &&&Probe<'_, str> where [] by text);
    rung!(ByHand for &&&Probe<'_, &str> where [] by text);
    rung!(ByHand for &&&Probe<'_, String> where [] by text);
    rung!(ByHand for &&&Probe<'_, &String> where [] by text);
    rung!(ByHand for &&&Probe<'_, u32> where [] by unsigned);
    rung!(ByHand for &&&Probe<'_, u64> where [] by unsigned);
    rung!(ByHand for &&&Probe<'_, i32> where [] by signed);
    rung!(ByHand for &&&Probe<'_, i64> where [] by signed);
    rung!(ByHand for &&&Probe<'_, ()> where [] by nothing);
    rung!(BySerialize for &&Probe<'_, T> where [T: ?Sized + Serialize] by json);
    rung!(ByDebug for &Probe<'_, T> where [T: ?Sized + Debug] by debug);
    rung!(ByTypeName for Probe<'_, T> where [T: ?Sized] by named);

    // Errors, `__err`: with their causes, else as they show themselves.

    /// Errors with causes.
    pub trait ByCauses {
        #[doc(hidden)]
        fn __err(&self, call: &mut Call);
    }
    /// Boxed errors, which are no `Error` themselves. They have a rung of their own, so that of a type that is not known (the
    /// code is wrong) no two rungs compete, and the compiler has nothing to add to its message.
    pub trait ByBoxedCauses {
        #[doc(hidden)]
        fn __err(&self, call: &mut Call);
    }
    /// Errors that show themselves to people; `{:#}` makes `anyhow` add its causes.
    pub trait ByDisplay {
        #[doc(hidden)]
        fn __err(&self, call: &mut Call);
    }
    /// Errors for programmers.
    pub trait ByDebugOnly {
        #[doc(hidden)]
        fn __err(&self, call: &mut Call);
    }
    /// All others.
    pub trait ByNameOnly {
        #[doc(hidden)]
        fn __err(&self, call: &mut Call);
    }
    impl<E: Error> ByCauses for &&&Probe<'_, E> {
        fn __err(&self, call: &mut Call) {
            call.failed(&message(|| chain(self.0.to_string(), self.0.source())));
        }
    }
    impl ByBoxedCauses for &&&&Probe<'_, Box<dyn Error + Send + Sync>> {
        fn __err(&self, call: &mut Call) {
            call.failed(&message(|| chain(self.0.to_string(), self.0.source())));
        }
    }
    impl ByBoxedCauses for &&&&Probe<'_, Box<dyn Error + Send>> {
        fn __err(&self, call: &mut Call) {
            call.failed(&message(|| chain(self.0.to_string(), self.0.source())));
        }
    }
    impl ByBoxedCauses for &&&&Probe<'_, Box<dyn Error>> {
        fn __err(&self, call: &mut Call) {
            call.failed(&message(|| chain(self.0.to_string(), self.0.source())));
        }
    }
    impl<E: ?Sized + Display> ByDisplay for &&Probe<'_, E> {
        fn __err(&self, call: &mut Call) {
            call.failed(&message(|| format!("{:#}", self.0)));
        }
    }
    impl<E: ?Sized + Debug> ByDebugOnly for &Probe<'_, E> {
        fn __err(&self, call: &mut Call) {
            call.failed(&message(|| format!("{:?}", self.0)));
        }
    }
    impl<E: ?Sized> ByNameOnly for Probe<'_, E> {
        fn __err(&self, call: &mut Call) {
            call.failed(type_name::<E>());
        }
    }

    // The two sides of a `Result`, `__split`, under any alias of it.

    /// A `Result`.
    pub trait ByParts<T, E> {
        #[doc(hidden)]
        fn __split(&self) -> Result<&T, &E>;
    }
    /// Anything else.
    pub trait AsWhole<T: ?Sized> {
        #[doc(hidden)]
        fn __split(&self) -> Result<&T, &Never>;
    }
    impl<T, E> ByParts<T, E> for &Probe<'_, Result<T, E>> {
        fn __split(&self) -> Result<&T, &E> {
            self.0.as_ref()
        }
    }
    impl<T: ?Sized> AsWhole<T> for Probe<'_, T> {
        fn __split(&self) -> Result<&T, &Never> {
            Ok(self.0)
        }
    }

    // The text of a template variable, `__text`.

    /// Values that show themselves to people.
    pub trait ShownText {
        #[doc(hidden)]
        fn __text(&self) -> String;
    }
    /// Values that serialize: their JSON, but a text in it without its quotes.
    pub trait JsonText {
        #[doc(hidden)]
        fn __text(&self) -> String;
    }
    /// Values that print themselves for programmers.
    pub trait DebugText {
        #[doc(hidden)]
        fn __text(&self) -> String;
    }
    /// All others.
    pub trait NameText {
        #[doc(hidden)]
        fn __text(&self) -> String;
    }
    impl<T: ?Sized + Display> ShownText for &&&Probe<'_, T> {
        fn __text(&self) -> String {
            shown(|| Ok(self.0.to_string()))
        }
    }
    impl<T: ?Sized + Serialize> JsonText for &&Probe<'_, T> {
        fn __text(&self) -> String {
            let json = || serde_json::to_string(self.0).map_err(|error| error.to_string());
            // Such as that of a unit variant, or within a `Some`.
            shown(|| json().map(|json| serde_json::from_str::<String>(&json).unwrap_or(json)))
        }
    }
    impl<T: ?Sized + Debug> DebugText for &Probe<'_, T> {
        fn __text(&self) -> String {
            shown(|| Ok(format!("{:?}", self.0)))
        }
    }
    impl<T: ?Sized> NameText for Probe<'_, T> {
        fn __text(&self) -> String {
            type_name::<T>().into()
        }
    }
}

impl Display for Never {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {}
    }
}

/// Appends `value` as JSON; `{"$unserializable": "<reason>"}` when its `Serialize` fails or panics.
pub(crate) fn json<T: ?Sized + Serialize>(value: &T, out: &mut Vec<u8>, limit: usize) {
    let mut limited = Limited::new(out, limit);
    let written = guarded(|| serde_json::to_writer(&mut limited, value).map_err(|error| error.to_string()));
    limited.finish(written.unwrap_or_else(|| Err("its Serialize panicked".into())));
}

/// Appends `{"$debug": "<text>"}`.
pub(crate) fn debug<T: ?Sized + Debug>(value: &T, out: &mut Vec<u8>, limit: usize) {
    debugged(&mut |text| write!(text, "{value:?}"), out, limit);
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
fn named<T: ?Sized>(_: &T, out: &mut Vec<u8>, _: usize) {
    json::marked(out, "$type", type_name::<T>());
}

/// Appends text as a JSON string.
pub(crate) fn text(value: &(impl AsRef<str> + ?Sized), out: &mut Vec<u8>, limit: usize) {
    let text = value.as_ref();
    if text.len() > limit {
        json::truncated(out, text.len(), &text.as_bytes()[..limit]);
    } else {
        json::string(out, text);
    }
}

fn unsigned<T: Copy + Into<u64>>(value: &T, out: &mut Vec<u8>, _: usize) {
    json::unsigned(out, (*value).into());
}

fn signed<T: Copy + Into<i64>>(value: &T, out: &mut Vec<u8>, _: usize) {
    json::signed(out, (*value).into());
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the same shape as its neighbours")]
fn nothing((): &(), out: &mut Vec<u8>, _: usize) {
    out.extend_from_slice(b"null");
}

/// A writer that keeps no more than a limit, and counts all.
struct Limited<'a> {
    out: &'a mut Vec<u8>,
    from: usize,
    limit: usize,
    total: usize,
}

impl<'a> Limited<'a> {
    fn new(out: &'a mut Vec<u8>, limit: usize) -> Self {
        let from = out.len();
        Self { out, from, limit, total: 0 }
    }

    /// Makes valid JSON of what was written.
    fn finish(self, written: Result<(), String>) {
        let Self { out, from, limit, total } = self;
        if let Err(reason) = written {
            out.truncate(from);
            json::marked(out, "$unserializable", &reason);
        } else if total > limit {
            let start = out.split_off(from);
            json::truncated(out, total, &start);
        }
    }
}

impl std::io::Write for Limited<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let room = self.from.saturating_add(self.limit).saturating_sub(self.out.len());
        self.out.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
        self.total += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Text of an error, whose `Display` is the user's.
fn message(write: impl FnOnce() -> String) -> String {
    guarded(write).unwrap_or_else(|| "an error whose Display panicked".into())
}

/// An error's message and those of its causes, a line each.
fn chain(mut text: String, mut cause: Option<&(dyn Error + 'static)>) -> String {
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
fn shown(write: impl FnOnce() -> Result<String, String>) -> String {
    match guarded(write) {
        Some(Ok(text)) => text,
        Some(Err(reason)) => format!("[no text: {reason}]"),
        None => "[no text: its type panicked]".into(),
    }
}

/// Runs the user's code of a trait; `None` when it panics.
fn guarded<R>(write: impl FnOnce() -> R) -> Option<R> {
    while_capturing(|| catch_unwind(AssertUnwindSafe(write)).ok())
}
