//! Thread-locals that are there until the thread is gone.

/// What a thread-local keeps without a destructor: nobody need ask whether it is still there.
#[cfg(any(target_os = "linux", target_vendor = "apple", all(windows, target_env = "msvc")))]
pub(crate) use std::mem::ManuallyDrop as Kept;

/// Elsewhere thread-locals may be keys of the system, which takes back each of them: what is in them has to be dropped with them.
#[cfg(not(any(target_os = "linux", target_vendor = "apple", all(windows, target_env = "msvc"))))]
pub(crate) use dropped::Kept;

#[cfg(not(any(target_os = "linux", target_vendor = "apple", all(windows, target_env = "msvc"))))]
mod dropped {
    use std::ops::{Deref, DerefMut};

    pub(crate) struct Kept<T>(T);

    impl<T> Kept<T> {
        pub(crate) const fn new(value: T) -> Self {
            Self(value)
        }
    }

    impl<T> Deref for Kept<T> {
        type Target = T;

        fn deref(&self) -> &T {
            &self.0
        }
    }

    impl<T> DerefMut for Kept<T> {
        fn deref_mut(&mut self) -> &mut T {
            &mut self.0
        }
    }
}
