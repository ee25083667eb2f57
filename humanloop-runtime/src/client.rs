//! The explicit client: the calls of the Humanloop guide, with the record and the delivery of annotated functions.

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, Weak};

use humanloop_api::{self as api, Entry, Feedback, Generated, LogUpdate, ModelConfig, id};

use crate::clock::Start;
use crate::config::builder;
use crate::context::Context;
use crate::error::Error;
use crate::guard::Guard;
use crate::pipeline::{Pipeline, lock};
use crate::provider::{self, Provider};
use crate::session::Session;

mod generate;
mod log;
mod options;
mod running;
mod samples;
mod served;
mod stored;

pub use generate::{Chat, Complete};
pub use log::{Log, Logs, UpdateByRef};
pub use samples::Samples;
pub use served::ServerSamples;

/// The guard of clients that were made without `init`: they share it, and the last one to go delivers what is pending.
static SHARED: Mutex<Weak<Guard>> = Mutex::new(Weak::new());

/// Calls of models, and logs that are written by hand. Clones are the same client.
///
/// ```
/// use humanloop_runtime::provider::Mock;
/// use humanloop_runtime::{Chat, Humanloop, Log, Message, ToolConfig};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), humanloop_runtime::Error> {
/// # let _humanloop = humanloop_runtime::builder().sink(Nowhere).quiet().init()?;
/// let humanloop = Humanloop::new()?.with_provider(Mock::new().answer("No"));
/// let chat = Chat::new("gpt-4")
///     .project("moderator")
///     .temperature(0.0)
///     .chat_template([Message::user("{{user_request}}"), Message::system("Is this abuse? (Yes/No)")])
///     .inputs([("user_request", "Which country won Eurovision 2023?")]);
/// assert_eq!(humanloop.chat(chat).await?.output(), "No");
///
/// let search = Log::new(ToolConfig::new("Google Search")).project("google").inputs([("q", "Eurovision 2023")]);
/// let reference_id = humanloop.log(search).await?;
/// humanloop.logs().update_by_ref(&reference_id).output("Sweden").await?;
/// # Ok(())
/// # }
/// # struct Nowhere;
/// # impl humanloop_runtime::sink::Sink for Nowhere {
/// #     fn name(&self) -> String { "nowhere".into() }
/// #     fn deliver(&mut self, _: &[humanloop_runtime::api::Entry]) -> humanloop_runtime::sink::Delivery { Default::default() }
/// # }
/// ```
#[derive(Clone)]
pub struct Humanloop {
    pipeline: Option<Arc<Pipeline>>,
    /// Kept alive for the pipeline.
    _guard: Option<Arc<Guard>>,
    provider: Arc<OnceLock<Arc<dyn Provider>>>,
}

impl fmt::Debug for Humanloop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let provider = self.provider.get().map(Provider::name);
        f.debug_struct("Humanloop")
            .field("logs", &self.pipeline.is_some())
            .field("provider", &provider)
            .finish_non_exhaustive()
    }
}

impl Humanloop {
    /// A client whose logs go where those of annotated functions go. Without [`init`](crate::init) it starts logging as
    /// `init` does, and the last clone delivers what is pending when it is dropped.
    ///
    /// # Errors
    ///
    /// As [`init`](crate::init).
    pub fn new() -> Result<Self, Error> {
        let provider = Arc::default();
        if let Some(pipeline) = Context::current().pipeline().cloned() {
            return Ok(Self { pipeline: Some(pipeline), _guard: None, provider });
        }
        let mut shared = lock(&SHARED);
        let guard = match shared.upgrade() {
            Some(guard) => guard,
            None => {
                if let Some(pipeline) = Pipeline::global() {
                    return Ok(Self { pipeline: Some(pipeline), _guard: None, provider });
                }
                let guard = Arc::new(builder().init()?);
                *shared = Arc::downgrade(&guard);
                guard
            }
        };
        Ok(Self { pipeline: guard.pipeline(), _guard: Some(guard), provider })
    }

    /// The same client with a provider for [`chat`](Self::chat) and [`complete`](Self::complete); without one they ask
    /// the one that the config names, see [`provider::for_config`].
    pub fn with_provider(self, provider: impl Provider + 'static) -> Self {
        let provider: Arc<dyn Provider> = Arc::new(provider);
        Self { provider: Arc::new(OnceLock::from(provider)), ..self }
    }

    /// Asks a chat model, and logs the call, also when it fails or its future is dropped.
    ///
    /// # Errors
    ///
    /// When a template variable has no value, when there is no provider, and what the provider says.
    pub async fn chat(&self, chat: Chat) -> Result<Generated, Error> {
        generate::generate(self, chat.into()).await
    }

    /// Asks a model to complete a text, and logs the call, also when it fails or its future is dropped.
    ///
    /// # Errors
    ///
    /// As [`chat`](Self::chat).
    pub async fn complete(&self, complete: Complete) -> Result<Generated, Error> {
        generate::generate(self, complete.into()).await
    }

    /// Asks a chat model, and gives its answer piece by piece. The call is logged when the pieces end, or are dropped, with
    /// what came until then and the time to the first piece.
    ///
    /// # Errors
    ///
    /// All that goes wrong before the answer begins, as [`chat`](Self::chat).
    ///
    /// ```
    /// # use humanloop_runtime::{Chat, Humanloop, Message, provider::Mock};
    /// # async fn example(humanloop: Humanloop) -> Result<(), humanloop_runtime::Error> {
    /// let mut samples = humanloop.chat_stream(Chat::new("gpt-4o").messages([Message::user("Who won?")])).await?;
    /// while let Some(sample) = samples.next().await {
    ///     print!("{}", sample?.output);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn chat_stream(&self, chat: Chat) -> Result<Samples, Error> {
        samples::open(self, chat.into()).await
    }

    /// Asks a model to complete a text, and gives its answer piece by piece, as [`chat_stream`](Self::chat_stream).
    ///
    /// # Errors
    ///
    /// As [`chat_stream`](Self::chat_stream).
    pub async fn complete_stream(&self, complete: Complete) -> Result<Samples, Error> {
        samples::open(self, complete.into()).await
    }

    /// Has the server of `HUMANLOOP_BASE_URL` ask the chat model whose config is deployed in the call's project, to
    /// `environment` or to the default one. The server logs the call.
    ///
    /// # Errors
    ///
    /// When no server is set, and what it says.
    pub async fn chat_deployed(&self, chat: Chat, environment: Option<&str>) -> Result<Generated, Error> {
        stored::ask(&["chat-deployed"], stored::of_chat(chat, ("environment", environment))?).await
    }

    /// Has the server of `HUMANLOOP_BASE_URL` ask the chat model of a stored config. The server logs the call.
    ///
    /// # Errors
    ///
    /// When no server is set, and what it says.
    pub async fn chat_model_config(&self, model_config_id: &str, chat: Chat) -> Result<Generated, Error> {
        stored::ask(&["chat-model-config"], stored::of_chat(chat, ("model_config_id", Some(model_config_id)))?).await
    }

    /// As [`chat_deployed`](Self::chat_deployed); the answer comes piece by piece.
    ///
    /// # Errors
    ///
    /// When no server is set, and all that goes wrong before the answer begins.
    ///
    /// ```no_run
    /// # async fn example(humanloop: humanloop_runtime::Humanloop) -> Result<(), humanloop_runtime::Error> {
    /// use humanloop_runtime::{Chat, Message};
    ///
    /// let chat = Chat::default().project("support").messages([Message::user("Who won?")]);
    /// let mut samples = humanloop.chat_deployed_stream(chat, None).await?;
    /// while let Some(sample) = samples.next().await {
    ///     print!("{}", sample?.output);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn chat_deployed_stream(&self, chat: Chat, environment: Option<&str>) -> Result<ServerSamples, Error> {
        stored::stream(&["chat-deployed"], stored::of_chat(chat, ("environment", environment))?).await
    }

    /// As [`chat_model_config`](Self::chat_model_config); the answer comes piece by piece.
    ///
    /// # Errors
    ///
    /// When no server is set, and all that goes wrong before the answer begins.
    pub async fn chat_model_config_stream(&self, model_config_id: &str, chat: Chat) -> Result<ServerSamples, Error> {
        stored::stream(&["chat-model-config"], stored::of_chat(chat, ("model_config_id", Some(model_config_id)))?).await
    }

    /// As [`chat_deployed_stream`](Self::chat_deployed_stream), for a text to complete.
    ///
    /// # Errors
    ///
    /// When no server is set, and all that goes wrong before the answer begins.
    pub async fn complete_deployed_stream(
        &self,
        complete: Complete,
        environment: Option<&str>,
    ) -> Result<ServerSamples, Error> {
        stored::stream(&["completion-deployed"], stored::of_complete(complete, ("environment", environment))?).await
    }

    /// As [`chat_model_config_stream`](Self::chat_model_config_stream), for a text to complete.
    ///
    /// # Errors
    ///
    /// When no server is set, and all that goes wrong before the answer begins.
    pub async fn complete_model_config_stream(
        &self,
        model_config_id: &str,
        complete: Complete,
    ) -> Result<ServerSamples, Error> {
        let body = stored::of_complete(complete, ("model_config_id", Some(model_config_id)))?;
        stored::stream(&["completion-model-config"], body).await
    }

    /// As [`chat_deployed`](Self::chat_deployed), for a text to complete.
    ///
    /// # Errors
    ///
    /// When no server is set, and what it says.
    pub async fn complete_deployed(&self, complete: Complete, environment: Option<&str>) -> Result<Generated, Error> {
        stored::ask(&["completion-deployed"], stored::of_complete(complete, ("environment", environment))?).await
    }

    /// As [`chat_model_config`](Self::chat_model_config), for a text to complete.
    ///
    /// # Errors
    ///
    /// When no server is set, and what it says.
    pub async fn complete_model_config(&self, model_config_id: &str, complete: Complete) -> Result<Generated, Error> {
        let body = stored::of_complete(complete, ("model_config_id", Some(model_config_id)))?;
        stored::ask(&["completion-model-config"], body).await
    }

    /// Logs a call that was made elsewhere, and gives its reference id. It never waits for the delivery.
    ///
    /// # Errors
    ///
    /// None at present; a log that cannot be delivered is counted, as those of annotated functions are.
    pub async fn log(&self, log: Log) -> Result<String, Error> {
        let mut log = log.into_api();
        let start = Start::now();
        let reference_id = complete_log(&mut log, start);
        log.outcome = Some(log.outcome());
        self.push(Entry::Log(Box::new(log)));
        Ok(reference_id)
    }

    /// Logs several calls in order, and gives their reference ids.
    ///
    /// # Errors
    ///
    /// As [`log`](Self::log).
    pub async fn log_all(&self, logs: impl IntoIterator<Item = Log>) -> Result<Vec<String>, Error> {
        let mut references = Vec::new();
        for log in logs {
            references.push(self.log(log).await?);
        }
        Ok(references)
    }

    /// Logs that were made before.
    pub fn logs(&self) -> Logs<'_> {
        Logs::new(self)
    }

    /// Feedback on a log, by its id: what [`log`](Self::log) gave, or the `id` of a generated sample.
    ///
    /// # Errors
    ///
    /// None at present, as [`log`](Self::log).
    pub async fn feedback(&self, log_id: impl Into<String>, feedback: Feedback) -> Result<(), Error> {
        let created_at = feedback.created_at.unwrap_or_else(|| Start::now().timestamp());
        let feedback = Feedback { data_id: Some(log_id.into()), created_at: Some(created_at), ..feedback };
        self.push(Entry::Feedback(Box::new(feedback)));
        Ok(())
    }

    fn update(&self, update: LogUpdate) {
        self.push(Entry::Update(Box::new(update)));
    }

    /// Where logs go: the context says it first, as for annotated functions. Nowhere in a session that sampling leaves out.
    fn pipeline(&self) -> Option<Arc<Pipeline>> {
        let context = Context::current();
        let pipeline = context.pipeline().cloned().or_else(|| self.pipeline.clone())?;
        let taken = context.session.is_none_or(|session| pipeline.settings.takes(session.id()));
        taken.then_some(pipeline)
    }

    fn push(&self, entry: Entry) {
        if let Some(pipeline) = self.pipeline() {
            push(&pipeline, entry);
        }
    }

    /// Who answers a prompt of this config.
    fn provider(&self, config: &ModelConfig) -> Result<Arc<dyn Provider>, Error> {
        if let Some(provider) = self.provider.get() {
            return Ok(provider.clone());
        }
        provider::of(config)
    }
}

/// Hands an entry to the queue; one that is refused is counted there.
pub(crate) fn push(pipeline: &Arc<Pipeline>, mut entry: Entry) {
    if let Entry::Log(log) = &mut entry {
        log.process = Some(pipeline.process.clone());
        log.forget_unsaved();
    }
    pipeline.push_entry(entry);
}

/// Gives a log what its caller left open, and returns its reference id.
fn complete_log(log: &mut api::Log, start: Start) -> String {
    let context = Context::current();
    let ambient = context.session().map(Session::reference_id);
    let names_parent = log.parent_id.is_some() || log.parent_reference_id.is_some();
    let names_session = log.session_id.is_some() || log.session_reference_id.is_some();
    // A parent brings its own session; and the context's parent belongs to the context's session only.
    if !names_parent && (!names_session || log.session_reference_id == ambient && log.session_id.is_none()) {
        log.session_reference_id = ambient;
        log.parent_reference_id = context.parent_reference_id();
    }
    if log.project.is_none() && log.project_id.is_none() {
        log.project = log.config.as_deref().map(|config| config.name().to_owned());
    }
    if log.created_at.is_none() {
        log.created_at = Some(start.timestamp());
        log.sequence = Some(start.sequence);
    }
    log.reference_id.get_or_insert_with(|| id::new().to_string()).clone()
}
