//! What a prompt would send, without a call: its future is polled once, up to its body.

use std::cell::RefCell;
use std::pin::pin;
use std::task::{Context, Waker};

use humanloop_api::{MissingVariable, Object};

use crate::call::Call;
use crate::context::while_capturing;
use crate::error::Error;
use crate::prompt::Prompt;

thread_local! {
    static LOOK: RefCell<Look> = const { RefCell::new(Look::Off) };
}

enum Look {
    Off,
    Waiting,
    Found(Box<Result<Prompt, MissingVariable>>),
}

/// The prompt that a call would send: rendered messages, parameters, and the schema of a typed answer. No model is asked,
/// no key is needed, nothing is logged.
///
/// It takes what an annotated function returns: of a free function, a method, a function of a trait, with or without a body.
///
/// ```
/// # use humanloop_runtime as humanloop;
/// # async fn answer(_: &str) {}
/// # fn example() -> Result<(), humanloop::Error> {
/// let prompt = humanloop::prompt_of(answer("Which country won Eurovision 2023?"))?;
/// println!("{} is asked: {}", prompt.model(), prompt.text());
/// # Ok(())
/// # }
/// ```
///
/// A prompt that returns a stream goes into an async block: `prompt_of(async { pieces("…") })`. Of a function that is neither
/// `async` nor returns a future, but has a body, the body runs.
///
/// # Errors
///
/// When the template reaches into a value and finds nothing there, and when `call` asks no model before it first waits.
pub fn prompt_of<F: Future>(call: F) -> Result<Prompt, Error> {
    struct Looking(Option<Look>);
    impl Drop for Looking {
        fn drop(&mut self) {
            if let Some(before) = self.0.take() {
                swap(before);
            }
        }
    }
    let mut looking = Looking(swap(Look::Waiting));
    let call = pin!(call);
    while_capturing(|| drop(call.poll(&mut Context::from_waker(Waker::noop()))));
    match looking.0.take().and_then(swap) {
        Some(Look::Found(found)) => Ok((*found)?),
        _ => Err(Error::NoPrompt),
    }
}

/// `None` at the end of a thread.
fn swap(look: Look) -> Option<Look> {
    LOOK.try_with(|place| place.replace(look)).ok()
}

impl Call {
    /// Whether somebody only looks at the prompt; then the body has to wait forever. `format` is that of the answer.
    pub(crate) fn is_looked_at(&self, format: Option<&Object>) -> bool {
        let find = |place: &RefCell<Look>| {
            let mut look = place.borrow_mut();
            if !matches!(*look, Look::Waiting) {
                return matches!(*look, Look::Found(_));
            }
            let found = self.rendered().map(|mut prompt| {
                let config = &mut prompt.config;
                config.response_format = config.response_format.take().or_else(|| format.cloned());
                prompt
            });
            *look = Look::Found(Box::new(found));
            true
        };
        self.template().is_some() && LOOK.try_with(find).unwrap_or(false)
    }
}
