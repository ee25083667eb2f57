//! What can go wrong on the user's side of the crate; each text says what to do.

use std::fmt;

/// An error of `init`, of the explicit client or of a model provider.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// `init` was called while an earlier guard is alive.
    AlreadyInitialized,
    /// A setting cannot be used.
    Setting {
        /// The environment variable, or the builder's method.
        name: &'static str,
        /// What is wrong with it, and what to write instead.
        problem: String,
    },
    /// A key is needed and not there.
    MissingKey {
        /// The environment variable that would hold it.
        variable: &'static str,
        /// What it is needed for.
        needed_for: String,
    },
    /// `prompt_of` was given something that asks no model before it first waits.
    NoPrompt,
    /// A template variable has no value.
    MissingVariable(humanloop_api::MissingVariable),
    /// The embedded store cannot be used; the text names the file and says what to do.
    Store(Box<dyn std::error::Error + Send + Sync>),
    /// The worker's thread cannot be started.
    Worker(std::io::Error),
    /// The call needs a tokio runtime and there is none.
    NoRuntime {
        /// The call.
        call: &'static str,
    },
    /// No answer of a model could be used, after all attempts.
    #[cfg(feature = "http")]
    Unusable(Box<crate::ask::Ledger>),
    /// A prompt took longer than its option `timeout` says.
    #[cfg(feature = "http")]
    TimedOut {
        /// The limit.
        after: std::time::Duration,
        /// The attempts that ended before.
        ledger: Box<crate::ask::Ledger>,
    },
    /// A model provider refused or failed; the text is its own.
    Provider {
        /// The provider, such as `openai`.
        provider: String,
        /// The HTTP status; `None` when there was no answer.
        status: Option<u16>,
        /// The provider's own message, or why there was no answer.
        message: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyInitialized => f.write_str(
                "humanloop is running already: call `init` once, at the start of `main`, and keep its guard; libraries never call it",
            ),
            Self::Setting { name, problem } => write!(f, "{name}: {problem}"),
            Self::MissingKey { variable, needed_for } => write!(f, "{variable} is not set: {needed_for} needs a key; set it"),
            Self::NoPrompt => f.write_str(
                "`prompt_of` found no prompt: give it the call of an annotated function itself, `prompt_of(answer(\"…\"))`, not of one that calls it later",
            ),
            Self::MissingVariable(missing) => missing.fmt(f),
            Self::Store(error) => error.fmt(f),
            Self::Worker(error) => write!(f, "humanloop's worker thread cannot be started: {error}"),
            Self::NoRuntime { call } => {
                write!(f, "`{call}` needs a tokio runtime: call it inside one, such as `#[tokio::main]`")
            }
            #[cfg(feature = "http")]
            Self::Unusable(ledger) => {
                let last = ledger.attempts.last().and_then(|attempt| attempt.error.as_deref()).unwrap_or("(no attempt)");
                match ledger.attempts.len() {
                    0 | 1 => write!(f, "the model's answer cannot be used: {last}"),
                    count => write!(f, "none of the model's {count} answers can be used; the last one: {last}"),
                }
            }
            #[cfg(feature = "http")]
            Self::TimedOut { after, .. } => write!(f, "the prompt did not end within its {} s", after.as_secs_f64()),
            Self::Provider { provider, status: Some(status), message } => write!(f, "{provider} answered {status}: {message}"),
            Self::Provider { provider, status: None, message } => write!(f, "{provider}: {message}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Store(error) => error.source(),
            Self::Worker(error) => Some(error),
            _ => None,
        }
    }
}

impl From<humanloop_api::MissingVariable> for Error {
    fn from(missing: humanloop_api::MissingVariable) -> Self {
        Self::MissingVariable(missing)
    }
}
