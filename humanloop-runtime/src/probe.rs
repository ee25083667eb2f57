//! What a type can do, asked by the compiler where an annotated function stands, without a bound on the type.
//!
//! A method is looked up on the receiver's type first, then on what that dereferences to, and so on. The types here are rungs of
//! such a ladder: each dereferences to the next, and each has the method for the types that can do what it needs. So the first
//! rung that fits is taken, and the last fits all. The methods are inherent, so that an expansion need not import any trait, and
//! on few types, so that the compiler has less to look through than with the `&&&&` ladder of traits that is often used for this.

use std::any::type_name;
use std::error::Error;
use std::fmt::{self, Debug, Display};
use std::ops::Deref;
use std::sync::{Arc, Mutex, RwLock};

use serde::Serialize;

use crate::call::Call;
use crate::capture::{boolean, chain, debug, json, json_text, message, named, nothing, shown, signed, text, unsigned};
use crate::payload::Form;

/// Asks what can be done with a value: `__put` captures it as an argument, `__out` as a result, `__item` as an item of a stream,
/// `__text` as a variable of a template; `__split` takes a `Result` apart.
pub fn probe<T: ?Sized>(value: &T) -> First<'_, T> {
    First(Second(Third(Last(value))))
}

/// Asks how an error tells what happened: `__err` captures it.
pub fn fault<E: ?Sized>(error: &E) -> Fault<'_, E> {
    Fault(probe(error))
}

/// In place of the error of something that cannot fail.
#[derive(Clone, Copy, Debug)]
pub enum Never {}

impl Display for Never {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}

macro_rules! rungs {
    ($($(#[$doc:meta])* $rung:ident($next:ident);)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $rung<'a, T: ?Sized>($next<'a, T>);

        impl<'a, T: ?Sized> Deref for $rung<'a, T> {
            type Target = $next<'a, T>;

            fn deref(&self) -> &$next<'a, T> {
                &self.0
            }
        }
    )*};
}
rungs! {
    /// Errors with causes.
    Fault(First);
    /// Values with a way of their own, values that show themselves to people, `Result`s, and boxed errors, which are no `Error`.
    First(Second);
    /// Values that serialize, and errors that show themselves to people.
    Second(Third);
    /// Values and errors that print themselves for programmers.
    Third(Last);
}

/// All others: the type's name.
#[derive(Debug)]
pub struct Last<'a, T: ?Sized>(&'a T);

impl<'a, T: ?Sized> Last<'a, T> {
    fn value(&self) -> &'a T {
        self.0
    }
}

macro_rules! capture {
    ($($rung:ident [$($bound:path)?] $json:path;)*) => {$(
        impl<T: ?Sized $(+ $bound)?> $rung<'_, T> {
            #[doc(hidden)]
            pub fn __put(&self, call: &mut Call, name: &'static str) {
                call.put(name, |out, limit| $json(self.value(), out, limit));
            }
            #[doc(hidden)]
            pub fn __out(&self, call: &mut Call) {
                call.returned(|out, limit| $json(self.value(), out, limit));
            }
            #[doc(hidden)]
            pub fn __item(&self, call: &mut Call) {
                call.item(|out, limit| $json(self.value(), out, limit));
            }
        }
    )*};
}
capture! {
    First [ByHand] ByHand::json;
    Second [Serialize] json;
    Third [Debug] debug;
    Last [] named;
}

/// Types that have a way of their own into JSON.
pub trait ByHand {
    #[doc(hidden)]
    fn json(&self, out: &mut Vec<u8>, limit: usize) -> Form;
}

macro_rules! by_hand {
    ($($type:ty [$($bound:path)?] $json:path;)*) => {$(
        impl$(<T: ?Sized + $bound>)? ByHand for $type {
            #[inline]
            fn json(&self, out: &mut Vec<u8>, limit: usize) -> Form {
                $json(self, out, limit)
            }
        }
    )*};
}
by_hand! {
    // serde would lock them, and deadlock if the caller holds the lock; `Debug` only tries.
    Mutex<T> [Debug] debug;
    &Mutex<T> [Debug] debug;
    Arc<Mutex<T>> [Debug] debug;
    &Arc<Mutex<T>> [Debug] debug;
    RwLock<T> [Debug] debug;
    &RwLock<T> [Debug] debug;
    Arc<RwLock<T>> [Debug] debug;
    &Arc<RwLock<T>> [Debug] debug;
    // Quicker.
    str [] text;
    &str [] text;
    String [] text;
    &String [] text;
    bool [] boolean;
    u8 [] unsigned;
    u16 [] unsigned;
    u32 [] unsigned;
    u64 [] unsigned;
    usize [] unsigned;
    i8 [] signed;
    i16 [] signed;
    i32 [] signed;
    i64 [] signed;
    isize [] signed;
    () [] nothing;
}

/// The two sides of a `Result`, under any alias of it.
impl<'a, T, E> First<'a, Result<T, E>> {
    #[doc(hidden)]
    pub fn __split(&self) -> Result<&'a T, &'a E> {
        self.value().as_ref()
    }
}

impl<'a, T: ?Sized> Second<'a, T> {
    #[doc(hidden)]
    pub fn __split(&self) -> Result<&'a T, &'a Never> {
        Ok(self.value())
    }
}

/// What a boxed error is, since `Box<dyn Error>` is no `Error` itself.
pub trait BoxedError {
    #[doc(hidden)]
    fn causes(&self) -> String;
}

macro_rules! boxed {
    ($($error:ty;)*) => {$(
        impl BoxedError for Box<$error> {
            fn causes(&self) -> String {
                chain(self.to_string(), self.source())
            }
        }
    )*};
}
boxed! { dyn Error; dyn Error + Send; dyn Error + Send + Sync; }

macro_rules! fault {
    ($($rung:ident [$($bound:tt)*] $text:expr;)*) => {$(
        impl<E: $($bound)*> $rung<'_, E> {
            #[doc(hidden)]
            pub fn __err(&self, call: &mut Call) {
                call.failed(&message(|| $text(self.value())));
            }
        }
    )*};
}
fault! {
    Fault [Error] |error: &E| chain(error.to_string(), error.source());
    First [BoxedError] BoxedError::causes;
    Second [?Sized + Display] |error: &E| format!("{error:#}"); // `anyhow` adds its causes
    Third [?Sized + Debug] |error: &E| format!("{error:?}");
    Last [?Sized] |_: &E| type_name::<E>().into();
}

macro_rules! variable {
    ($($rung:ident [$($bound:path)?] $text:expr;)*) => {$(
        impl<T: ?Sized $(+ $bound)?> $rung<'_, T> {
            #[doc(hidden)]
            pub fn __text(&self) -> String {
                shown(|| $text(self.value()))
            }
        }
    )*};
}
variable! {
    First [Display] |value: &T| Ok(value.to_string());
    Second [Serialize] json_text;
    Third [Debug] |value: &T| Ok(format!("{value:?}"));
    Last [] |_: &T| Ok(type_name::<T>().into());
}
