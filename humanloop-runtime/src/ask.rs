//! Prompts without a body: the model is asked, and its answer becomes what the function returns.

use std::fmt::{self, Display};
use std::time::Duration;

use humanloop_api::{Message, Object};
use serde::de::DeserializeOwned;

use crate::call::Call;
use crate::error::Error;
use crate::prompt::current_prompt;
use crate::provider::{self, Input, Provider, Request};
use crate::response::Response;

mod decode;
mod ledger;
mod partial;
#[cfg(feature = "schemars")]
mod schema;
mod streamed;
mod unsupported;

pub use ledger::{Attempt, Ledger};
pub use partial::Partial;
pub use streamed::{Partials, Texts};

use ledger::Opened;

/// The options of a prompt without a body.
pub struct Options<T> {
    retries: u32,
    timeout: Option<Duration>,
    skip_output: bool,
    check: Option<Check<T>>,
}

type Check<T> = Box<dyn Fn(&T) -> Result<(), String> + Send + Sync>;

impl<T> fmt::Debug for Options<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("retries", &self.retries)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

impl<T> Default for Options<T> {
    fn default() -> Self {
        Self { retries: 0, timeout: None, skip_output: false, check: None }
    }
}

impl<T> Options<T> {
    /// How often the model is asked again when its answer cannot be used.
    pub fn retry(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }

    /// How long all attempts may take together.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// What an answer has to be beside its type; what it says goes back to the model.
    pub fn check<E: Display>(mut self, check: impl Fn(&T) -> Result<(), E> + Send + Sync + 'static) -> Self {
        self.check = Some(Box::new(move |value| check(value).map_err(|error| error.to_string())));
        self
    }

    /// The answer is left out of the log.
    pub fn skip_output(mut self) -> Self {
        self.skip_output = true;
        self
    }

    /// The value, if it is what was asked for; else what to tell the model.
    fn judge(&self, form: &Form<T>, response: &Response) -> Result<Decoded<T>, String> {
        let decoded = (form.decode)(response).map_err(|words| match response.finish_reason() {
            Some("length") => format!("{words} (the answer was cut off: raise `max_tokens`)"),
            _ => words,
        })?;
        match &self.check {
            Some(check) => check(&decoded.value).map(|()| decoded),
            None => Ok(decoded),
        }
    }
}

/// How an answer becomes a value.
struct Form<T> {
    /// The schema that the provider is given, and whether it describes the value itself.
    format: Option<Object>,
    decode: fn(&Response) -> Result<Decoded<T>, String>,
}

/// A value, and its JSON where it was read from some.
struct Decoded<T> {
    value: T,
    json: Option<String>,
}

impl<T> Decoded<T> {
    /// What the log of the call holds: the value, and, when there was but one attempt, the response beside it.
    fn output(&self, response: &Response, alone: bool) -> Vec<u8> {
        let raw = serde_json::to_string(response).unwrap_or_else(|_| "null".into());
        match (&self.json, alone) {
            (Some(json), true) => crate::answer::envelope(json, &raw).into_bytes(),
            (Some(json), false) => json.clone().into_bytes(),
            (None, true) => raw.into_bytes(),
            // Its tokens are those of the attempt's own log.
            (None, false) => serde_json::to_vec(response.text()).unwrap_or_default(),
        }
    }
}

/// Asks the model for what `call` describes.
async fn ask<T>(mut call: Call, options: Options<T>, form: Form<T>) -> Result<T, Error> {
    if call.is_looked_at(form.format.as_ref()) {
        return std::future::pending().await;
    }
    let unsendable = call.unsendable();
    let function = call.function().filter(|_| call.on());
    let body = async {
        if let Some(error) = unsendable {
            return Err(error);
        }
        let mut ledger = Ledger::new(function);
        let attempts = attempts(&options, &form, &mut ledger);
        let Some(limit) = options.timeout else { return attempts.await };
        if tokio::runtime::Handle::try_current().is_err() {
            return Err(Error::NoRuntime { call: "timeout" });
        }
        match tokio::time::timeout(limit, attempts).await {
            Ok(result) => result,
            Err(_) => Err(Error::TimedOut { after: limit, ledger: Box::new(ledger) }),
        }
    };
    match call.future(body).await {
        Ok((value, _)) if options.skip_output => {
            call.skip_output(false);
            Ok(value)
        }
        Ok((value, json)) => {
            call.returned(|out, limit| crate::answer::within(&json, out, limit));
            Ok(value)
        }
        Err(error) => {
            call.failed(&error.to_string());
            Err(error)
        }
    }
}

/// The value and the output of the log.
async fn attempts<T>(options: &Options<T>, form: &Form<T>, ledger: &mut Ledger) -> Result<(T, Vec<u8>), Error> {
    let mut request = request(form.format.as_ref());
    let provider = provider::of(&request.config)?;
    loop {
        let opened = Opened::now();
        let response = match provider.generate(request.clone()).await {
            Ok(response) => response,
            Err(error) if is_about_format(&error, &request, form.format.as_ref()) => {
                request.config.response_format = None;
                continue;
            }
            Err(error) => {
                ledger.broke(opened, &request, &*provider, &error);
                return Err(error);
            }
        };
        match options.judge(form, &response) {
            Ok(decoded) => {
                let output = decoded.output(&response, ledger.attempts.is_empty());
                ledger.add(opened, &request, &*provider, response, None);
                return Ok((decoded.value, output));
            }
            Err(words) => {
                let next = again(&request, &response, &words);
                ledger.add(opened, &request, &*provider, response, Some(words));
                if ledger.attempts.len() > options.retries as usize {
                    return Err(Error::Unusable(Box::new(std::mem::take(ledger))));
                }
                request = next;
            }
        }
    }
}

/// The request of the prompt whose call is under way.
fn request(format: Option<&Object>) -> Request {
    let mut request = Request::from(current_prompt());
    if request.config.response_format.is_none() {
        request.config.response_format = format.cloned();
    }
    request
}

/// Whether the server refuses the schema, which is but an offer of ours: it is asked again without.
fn is_about_format(error: &Error, request: &Request, format: Option<&Object>) -> bool {
    let offered = format.is_some() && request.config.response_format.as_ref() == format;
    offered
        && matches!(error, Error::Provider { status: Some(_), message, .. }
            if message.contains("response_format") || message.contains("json_schema"))
}

/// The same request, with the answer and what is wrong with it.
fn again(request: &Request, response: &Response, words: &str) -> Request {
    let mut next = request.clone();
    let words = format!("Your answer cannot be used: {words}\nAnswer again, with nothing but the corrected answer.");
    match &mut next.input {
        Input::Text(text) => *text = format!("{text}{}\n\n{words}\n\n", response.text()),
        Input::Messages(messages) => {
            messages.push(response.message().cloned().unwrap_or_else(|| Message::assistant(response.text())));
            messages.push(Message::user(words));
        }
    }
    next
}

/// What a prompt may return, best first; as with captures, the compiler takes the first that fits.
pub mod ladder {
    use super::*;
    use crate::wanted::Wanted;

    pub use super::unsupported::Refused;

    /// The text, and the whole response.
    pub trait AsItIs<T, E> {
        #[doc(hidden)]
        fn __ask(&self, call: Call, options: Options<T>) -> impl Future<Output = Result<T, E>> + Send;
    }
    impl<E: From<Error>> AsItIs<String, E> for &&Wanted<Result<String, E>> {
        fn __ask(&self, call: Call, options: Options<String>) -> impl Future<Output = Result<String, E>> + Send {
            let form = Form { format: None, decode: decode::text };
            async move { Ok(ask(call, options, form).await?) }
        }
    }
    impl<E: From<Error>> AsItIs<Response, E> for &&Wanted<Result<Response, E>> {
        fn __ask(&self, call: Call, options: Options<Response>) -> impl Future<Output = Result<Response, E>> + Send {
            let form = Form { format: None, decode: decode::whole };
            async move { Ok(ask(call, options, form).await?) }
        }
    }

    /// A value with a schema.
    #[cfg(feature = "schemars")]
    pub trait BySchema<T, E> {
        #[doc(hidden)]
        fn __ask(&self, call: Call, options: Options<T>) -> impl Future<Output = Result<T, E>> + Send;
        #[doc(hidden)]
        fn __schema(&self) -> Option<Object>;
    }
    #[cfg(feature = "schemars")]
    impl<T: DeserializeOwned + schemars::JsonSchema + Send, E: From<Error>> BySchema<T, E> for &Wanted<Result<T, E>> {
        fn __ask(&self, call: Call, options: Options<T>) -> impl Future<Output = Result<T, E>> + Send {
            let form = Form { format: schema::format_of::<T>(), decode: decode::value };
            async move { Ok(ask(call, options, form).await?) }
        }
        fn __schema(&self) -> Option<Object> {
            schema::format_of::<T>()
        }
    }

    /// A value without a schema: the prompt has to say what is wanted.
    pub trait ByDeserialize<T, E> {
        #[doc(hidden)]
        fn __ask(&self, call: Call, options: Options<T>) -> impl Future<Output = Result<T, E>> + Send;
    }
    impl<T: DeserializeOwned + Send, E: From<Error>> ByDeserialize<T, E> for Wanted<Result<T, E>> {
        fn __ask(&self, call: Call, options: Options<T>) -> impl Future<Output = Result<T, E>> + Send {
            let form = Form { format: None, decode: decode::value };
            async move { Ok(ask(call, options, form).await?) }
        }
    }

    /// A stream of the text's pieces.
    pub trait TextByText<E> {
        #[doc(hidden)]
        fn __stream(&self, call: Call, options: Options<String>) -> Texts<E>;
    }
    impl<E: From<Error> + Send + 'static> TextByText<E> for &&Wanted<Result<String, E>> {
        fn __stream(&self, call: Call, options: Options<String>) -> Texts<E> {
            streamed::texts(call, options)
        }
    }

    /// A stream of a value that grows, with a schema.
    #[cfg(feature = "schemars")]
    pub trait GrowsBySchema<T, E> {
        #[doc(hidden)]
        fn __stream(&self, call: Call, options: Options<T>) -> Partials<T, E>;
    }
    #[cfg(feature = "schemars")]
    impl<T, E> GrowsBySchema<T, E> for &Wanted<Result<Partial<T>, E>>
    where
        T: DeserializeOwned + schemars::JsonSchema + Send + 'static,
        E: From<Error> + Send + 'static,
    {
        fn __stream(&self, call: Call, options: Options<T>) -> Partials<T, E> {
            streamed::partials(call, options, schema::format_of::<T>())
        }
    }

    /// A stream of a value that grows.
    pub trait Grows<T, E> {
        #[doc(hidden)]
        fn __stream(&self, call: Call, options: Options<T>) -> Partials<T, E>;
    }
    impl<T: DeserializeOwned + Send + 'static, E: From<Error> + Send + 'static> Grows<T, E>
        for Wanted<Result<Partial<T>, E>>
    {
        fn __stream(&self, call: Call, options: Options<T>) -> Partials<T, E> {
            streamed::partials(call, options, None)
        }
    }
}
