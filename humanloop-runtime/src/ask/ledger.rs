//! The attempts of a call: each is counted, and has a log of its own when there is more than one.

use std::fmt;

use humanloop_api::{Entry, Kind, Log, LogUpdate, Object, Outcome, Usage, id};

use crate::answer;
use crate::clock::Start;
use crate::context::Context;
use crate::error::Error;
use crate::function::Function;
use crate::pipeline::Pipeline;
use crate::prices::Cost;
use crate::provider::{Input, Provider, Request};
use crate::response::Response;

/// The attempts of one call, in order.
#[derive(Clone, Default)]
pub struct Ledger {
    /// Each answer that came, and why it could not be used.
    pub attempts: Vec<Attempt>,
    /// The function whose call it is, when that is recorded.
    function: Option<&'static Function>,
}

/// One attempt: an answer, and what became of it.
#[derive(Clone, Debug, Default)]
pub struct Attempt {
    /// What the model answered.
    pub response: Response,
    /// Why it could not be used, in the words of the decoder or of the check.
    pub error: Option<String>,
    /// Seconds until the answer was there.
    pub seconds: f64,
    /// What it cost, in US dollars, as an estimate; `None` when the price is not known.
    pub cost: Option<Cost>,
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger").field("attempts", &self.attempts).finish_non_exhaustive()
    }
}

/// When an attempt began.
pub(super) struct Opened(Start);

impl Opened {
    pub(super) fn now() -> Self {
        Self(Start::now())
    }
}

impl Ledger {
    pub(super) fn new(function: Option<&'static Function>) -> Self {
        Self { function, ..Self::default() }
    }

    /// Tokens of all attempts.
    pub fn usage(&self) -> Usage {
        let counted = self.attempts.iter().filter_map(|attempt| attempt.response.usage);
        counted.fold(Usage::default(), |sum, usage| Usage {
            prompt_tokens: sum.prompt_tokens.saturating_add(usage.prompt_tokens),
            generation_tokens: sum.generation_tokens.saturating_add(usage.generation_tokens),
            total_tokens: sum.total_tokens.saturating_add(usage.total_tokens),
        })
    }

    /// The cost of all attempts in US dollars, an estimate; `None` when the price of one is not known.
    pub fn cost(&self) -> Option<f64> {
        self.attempts.iter().map(|attempt| attempt.cost.as_ref().map(|cost| cost.prompt + cost.output)).sum()
    }

    /// Adds an attempt. A good one that is the first has no log beside that of its call.
    pub(super) fn add(
        &mut self,
        opened: Opened,
        request: &Request,
        provider: &dyn Provider,
        response: Response,
        error: Option<String>,
    ) {
        let seconds = opened.0.elapsed();
        let cost = answer::cost(&response, &request.config.model);
        if error.is_some() || !self.attempts.is_empty() {
            let mut update = LogUpdate { error: error.clone(), ..LogUpdate::default() };
            answer::put(&mut update, response.clone(), &request.config.model);
            self.log(&opened, request, provider, update);
        }
        self.attempts.push(Attempt { response, error, seconds, cost });
    }

    /// An attempt that came to no answer; the first one is told by its call alone.
    pub(super) fn broke(&mut self, opened: Opened, request: &Request, provider: &dyn Provider, error: &Error) {
        if !self.attempts.is_empty() {
            let update = LogUpdate { error: Some(error.to_string()), ..LogUpdate::default() };
            self.log(&opened, request, provider, update);
        }
    }

    fn log(&mut self, opened: &Opened, request: &Request, provider: &dyn Provider, end: LogUpdate) {
        let Some(function) = self.function else { return };
        let context = Context::current();
        let Some(pipeline) = context.pipeline().cloned().or_else(Pipeline::global) else { return };
        let mut metadata = Object::new();
        metadata.insert("attempt", &(self.attempts.len() + 1));
        let mut log = Log {
            project: Some(function.project_name().into()),
            session_reference_id: context.session().map(crate::Session::reference_id),
            parent_reference_id: context.parent_reference_id(),
            reference_id: Some(id::new().to_string()),
            created_at: Some(opened.0.timestamp()),
            sequence: Some(opened.0.sequence),
            config: Some(function.config().into()),
            kind: Some(Kind::Prompt),
            metadata: Some(metadata),
            provider_request: Some(provider.body(request)),
            ..Log::default()
        };
        if let Input::Messages(messages) = &request.input {
            log.messages = Some(messages.clone());
        }
        let outcome = if end.error.is_some() { Outcome::Failed } else { Outcome::Ok };
        log.apply(LogUpdate { duration: Some(opened.0.elapsed()), outcome: Some(outcome), ..end });
        crate::client::push(&pipeline, Entry::Log(Box::new(log)));
    }
}
