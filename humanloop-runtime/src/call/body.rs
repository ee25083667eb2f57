//! The body of an annotated function, run in the context of its call.
//!
//! A body stands in a closure whose parameters are the function's: what the compiler says of a parameter, such as that it is moved
//! or assigned, it says in the same words.

use std::any::Any;
use std::panic::{AssertUnwindSafe, RefUnwindSafe, UnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::task::{self, Poll};

use pin_project_lite::pin_project;
use uuid::NonNilUuid;

use crate::call::Call;
use crate::clock::Start;
use crate::context::InForce;
use crate::payload::Form;
use crate::{ids, json};

macro_rules! with_parameters {
    ($($run:ident $prepare:ident ($($value:ident: $type:ident),*);)*) => {$(
        /// Runs the body in the call's context. A panic is recorded and goes on.
        pub fn $run<$($type,)* R>(&mut self, $($value: $type,)* body: impl FnOnce($($type),*) -> R) -> R {
            self.run(|| body($($value),*))
        }

        /// As `prepare`.
        pub fn $prepare<$($type,)* R>(&mut self, $($value: $type,)* body: impl FnOnce($($type),*) -> R) -> R {
            self.prepare(|| body($($value),*))
        }
    )*};
}

#[expect(clippy::too_many_arguments, reason = "as many as the function has")]
impl Call {
    with_parameters! {
        run1 prepare1 (a: A);
        run2 prepare2 (a: A, b: B);
        run3 prepare3 (a: A, b: B, c: C);
        run4 prepare4 (a: A, b: B, c: C, d: D);
        run5 prepare5 (a: A, b: B, c: C, d: D, e: E);
        run6 prepare6 (a: A, b: B, c: C, d: D, e: E, f: F);
        run7 prepare7 (a: A, b: B, c: C, d: D, e: E, f: F, g: G);
        run8 prepare8 (a: A, b: B, c: C, d: D, e: E, f: F, g: G, h: H);
        run9 prepare9 (a: A, b: B, c: C, d: D, e: E, f: F, g: G, h: H, i: I);
        run10 prepare10 (a: A, b: B, c: C, d: D, e: E, f: F, g: G, h: H, i: I, j: J);
        run11 prepare11 (a: A, b: B, c: C, d: D, e: E, f: F, g: G, h: H, i: I, j: J, k: K);
        run12 prepare12 (a: A, b: B, c: C, d: D, e: E, f: F, g: G, h: H, i: I, j: J, k: K, l: L);
    }
}

impl Call {
    /// Whether nothing is asked of the call: it is not recorded, and has no prompt to render.
    #[inline]
    fn is_idle(&self) -> bool {
        self.live.is_none()
    }

    /// Runs the body in the call's context. A panic is recorded and goes on.
    #[inline]
    pub fn run<R>(&mut self, body: impl FnOnce() -> R) -> R {
        if self.is_idle() { body() } else { self.run_in_context(body) }
    }

    fn run_in_context<R>(&mut self, body: impl FnOnce() -> R) -> R {
        self.enter();
        let result = catch_unwind(AssertUnwindSafe(body));
        self.exit(true);
        result.unwrap_or_else(|payload| self.unwound(payload))
    }

    /// Runs the body of a function that returns a future or a stream. The call begins with the first poll of that, in the
    /// session and under the parent of whoever polls, as if it were an `async fn`; if there is no poll, there is no call.
    pub fn prepare<R>(&mut self, body: impl FnOnce() -> R) -> R {
        if self.is_idle() {
            return body();
        }
        self.settle();
        if let Some(live) = &mut *self.live {
            live.render();
        }
        if let Some(live) = &mut *self.live
            && let (Some(recording), Some(context)) = (&mut live.recording, &mut live.context)
        {
            // What the body calls now is nested under it already.
            let now = Start::now();
            recording.id = ids::at(now.timestamp(), now.tick());
            live.prepared = Some(std::mem::replace(&mut context.parent, NonNilUuid::new(recording.id)));
        }
        if let Some(live) = &mut *self.live {
            live.go_in();
        }
        let result = catch_unwind(AssertUnwindSafe(body));
        self.exit(false);
        result.unwrap_or_else(|payload| {
            self.start(); // it had not begun
            self.unwound(payload)
        })
    }

    /// Records the body's panic, and lets it go on.
    #[cold]
    fn unwound(&mut self, payload: Box<dyn Any + Send>) -> ! {
        self.panicked(&*payload);
        resume_unwind(payload)
    }

    /// The body of an `async fn`, polled in the call's context.
    #[inline]
    pub fn future<F: Future>(&mut self, body: F) -> InCall<'_, F> {
        InCall { body, call: self }
    }

    /// The future that a body has made, polled in the call's context.
    pub fn resolving<R, F: Future<Output = R>>(&mut self, future: F) -> impl Future<Output = R> {
        self.future(future)
    }

    /// Enters the call's context until the function returns; `output` is the type of what it returns.
    ///
    /// For functions that return `impl Fn(&T)`: what the parameters of their closures are the compiler only knows if nothing
    /// stands between them and the signature. So nobody sees what they return, which is nothing to look at, or catches their
    /// panics.
    pub fn within(&mut self, output: &'static str) -> Within<'_> {
        self.settle();
        self.start();
        let in_force = self.live.as_mut().and_then(|live| live.context.take()).map(|context| context.enter());
        Within { in_force, call: self, output, panicking: std::thread::panicking() }
    }
}

/// A body that runs where it stands.
#[derive(Debug)]
pub struct Within<'a> {
    in_force: Option<InForce>,
    call: &'a mut Call,
    output: &'static str,
    panicking: bool,
}

impl Drop for Within<'_> {
    fn drop(&mut self) {
        self.in_force = None;
        self.call.stop();
        if std::thread::panicking() && !self.panicking {
            self.call.panicked(&"(its message is not known)");
        } else {
            self.call.returned(|out, _| {
                json::marked(out, "$type", self.output);
                Form::Json
            });
        }
    }
}

pin_project! {
    /// The future of an annotated `async fn`.
    #[derive(Debug)]
    pub struct InCall<'a, F> {
        #[pin]
        body: F,
        call: &'a mut Call,
    }
}

impl<F: Future> Future for InCall<'_, F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        if this.call.is_idle() { this.body.poll(cx) } else { this.call.poll(this.body, cx) }
    }
}

impl Call {
    /// Polls the body in the call's context.
    #[inline(never)] // so that a call of which nothing is asked is nothing to the compiler, too
    fn poll<F: Future>(&mut self, body: Pin<&mut F>, cx: &mut task::Context<'_>) -> Poll<F::Output> {
        if !self.enter_poll() {
            return Poll::Pending;
        }
        let result = catch_unwind(AssertUnwindSafe(|| body.poll(cx)));
        self.exit(!matches!(result, Ok(Poll::Pending)));
        result.unwrap_or_else(|payload| self.unwound(payload))
    }
}

// A call that an unwinding has left half-way is closed like any other, so it stands in the way of no `catch_unwind`.
impl UnwindSafe for Call {}
impl RefUnwindSafe for Call {}
impl<F: UnwindSafe> UnwindSafe for InCall<'_, F> {}
impl<F: RefUnwindSafe> RefUnwindSafe for InCall<'_, F> {}

#[cfg(test)]
mod tests {
    use humanloop_api::Kind;
    use uuid::Uuid;

    use super::*;
    use crate::call::Live;
    use crate::context::Context;
    use crate::function::{Function, Source};

    static FUNCTION: Function = Function::new(Kind::Tool, "f", "m", Source::Hidden, "0", &[]);

    #[test]
    fn after_a_body_that_runs_where_it_stands_no_context_is_left() {
        let parent = NonNilUuid::new(Uuid::from_u128(1));
        let context = Some(Box::new(Context { parent, ..Context::default() }));
        let mut call = Call {
            live: std::mem::ManuallyDrop::new(Some(Box::new(Live {
                function: Some(&FUNCTION),
                context,
                ..Live::default()
            }))),
        };
        let within = call.within("impl Fn()");
        assert_eq!(Context::current().parent, parent);
        drop(within);
        assert_eq!(Context::current().parent, None);
    }
}
