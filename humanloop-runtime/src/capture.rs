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

    /// Locks: serde would lock them, and deadlock if the caller holds the lock; `Debug` only tries.
    pub trait ByTryLock {
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
                    call.put(name, $json(self.0));
                }
                fn __out(&self, call: &mut Call) {
                    call.returned($json(self.0));
                }
                fn __item(&self, call: &mut Call) {
                    call.item(&$json(self.0));
                }
            }
        };
    }
    rung!(ByTryLock for &&&Probe<'_, Mutex<T>> where [T: ?Sized + Debug] by debug);
    rung!(ByTryLock for &&&Probe<'_, &Mutex<T>> where [T: ?Sized + Debug] by debug);
    rung!(ByTryLock for &&&Probe<'_, Arc<Mutex<T>>> where [T: ?Sized + Debug] by debug);
    rung!(ByTryLock for &&&Probe<'_, &Arc<Mutex<T>>> where [T: ?Sized + Debug] by debug);
    rung!(ByTryLock for &&&Probe<'_, RwLock<T>> where [T: ?Sized + Debug] by debug);
    rung!(ByTryLock for &&&Probe<'_, &RwLock<T>> where [T: ?Sized + Debug] by debug);
    rung!(ByTryLock for &&&Probe<'_, Arc<RwLock<T>>> where [T: ?Sized + Debug] by debug);
    rung!(ByTryLock for &&&Probe<'_, &Arc<RwLock<T>>> where [T: ?Sized + Debug] by debug);
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
            call.failed(text(|| chain(self.0.to_string(), self.0.source())));
        }
    }
    impl ByBoxedCauses for &&&&Probe<'_, Box<dyn Error + Send + Sync>> {
        fn __err(&self, call: &mut Call) {
            call.failed(text(|| chain(self.0.to_string(), self.0.source())));
        }
    }
    impl ByBoxedCauses for &&&&Probe<'_, Box<dyn Error + Send>> {
        fn __err(&self, call: &mut Call) {
            call.failed(text(|| chain(self.0.to_string(), self.0.source())));
        }
    }
    impl ByBoxedCauses for &&&&Probe<'_, Box<dyn Error>> {
        fn __err(&self, call: &mut Call) {
            call.failed(text(|| chain(self.0.to_string(), self.0.source())));
        }
    }
    impl<E: ?Sized + Display> ByDisplay for &&Probe<'_, E> {
        fn __err(&self, call: &mut Call) {
            call.failed(text(|| format!("{:#}", self.0)));
        }
    }
    impl<E: ?Sized + Debug> ByDebugOnly for &Probe<'_, E> {
        fn __err(&self, call: &mut Call) {
            call.failed(text(|| format!("{:?}", self.0)));
        }
    }
    impl<E: ?Sized> ByNameOnly for Probe<'_, E> {
        fn __err(&self, call: &mut Call) {
            call.failed(type_name::<E>().into());
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
    /// Values that serialize: their JSON.
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
            self.0.to_string()
        }
    }
    impl<T: ?Sized + Serialize> JsonText for &&Probe<'_, T> {
        fn __text(&self) -> String {
            serde_json::to_string(self.0).unwrap_or_default()
        }
    }
    impl<T: ?Sized + Debug> DebugText for &Probe<'_, T> {
        fn __text(&self) -> String {
            format!("{:?}", self.0)
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

/// `value` as JSON; `{"$unserializable": "<reason>"}` when its `Serialize` fails or panics.
pub(crate) fn json<T: ?Sized + Serialize>(value: &T) -> Vec<u8> {
    let written = guarded(|| serde_json::to_vec(value).map_err(|error| error.to_string()));
    written
        .unwrap_or_else(|| Err("its Serialize panicked".into()))
        .unwrap_or_else(|reason| marked("$unserializable", &reason))
}

/// `{"$debug": "<text>"}`.
pub(crate) fn debug<T: ?Sized + Debug>(value: &T) -> Vec<u8> {
    match guarded(|| {
        let mut text = String::new();
        write!(text, "{value:?}").map(|()| text)
    }) {
        Some(Ok(text)) => marked("$debug", &text),
        Some(Err(_)) => marked("$unserializable", "its Debug failed"),
        None => marked("$unserializable", "its Debug panicked"),
    }
}

/// `{"$type": "<name>"}`.
fn named<T: ?Sized>(_: &T) -> Vec<u8> {
    marked("$type", type_name::<T>())
}

/// `{"<mark>": "<text>"}`: never to be mistaken for a value of the user's that happens to be empty.
fn marked(mark: &str, text: &str) -> Vec<u8> {
    let text = serde_json::to_string(text).unwrap_or_else(|_| "\"\"".into());
    format!("{{\"{mark}\":{text}}}").into_bytes()
}

/// Text of an error, whose `Display` is the user's.
fn text(write: impl FnOnce() -> String) -> String {
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

/// Runs the user's code of a trait; `None` when it panics.
fn guarded<R>(write: impl FnOnce() -> R) -> Option<R> {
    while_capturing(|| catch_unwind(AssertUnwindSafe(write)).ok())
}
