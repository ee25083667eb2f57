//! The logs of a generating call: open while the model is asked, ended with what it answered.

use std::time::Instant;

use axum::http::StatusCode;
use humanloop_api::{Config, Entry, Kind, Log, LogUpdate, Message, Object, Outcome, OutputFormat, Timestamp, id};
use humanloop_runtime::private::count;
use humanloop_runtime::provider::{Answer, Input, Request, Response};
use humanloop_store::Placed;

use super::call::Call;
use crate::api::{Problem, logs, names};
use crate::serve::App;

/// The logs of one call, one a sample.
pub(super) struct Record {
    begun: Instant,
    placed: Vec<Placed>,
    save: bool,
    pub(super) messages: Option<Vec<Message>>,
    pub(super) provider_request: Object,
}

impl Record {
    /// Logs that the call began.
    pub(super) async fn open(app: &App, call: &Call, request: &Request, sent: Object) -> Result<Self, Problem> {
        let begun = Instant::now();
        let messages = match &request.input {
            Input::Messages(messages) => Some(messages.clone()),
            Input::Text(_) => None,
        };
        let mut log = Log {
            project: call.project.clone(),
            project_id: call.project_id.clone(),
            session_id: call.session_id.clone(),
            session_reference_id: call.session_reference_id.clone(),
            parent_id: call.parent_id.clone(),
            parent_reference_id: call.parent_reference_id.clone(),
            inputs: call.inputs.clone(),
            messages: messages.clone(),
            source: call.source.clone(),
            metadata: call.metadata.clone(),
            user: call.user.clone(),
            environment: call.environment.clone(),
            save: call.save,
            source_datapoint_id: call.source_datapoint_id.clone(),
            config: Some(Config::Model(request.config.clone()).into()),
            kind: Some(Kind::Prompt),
            outcome: Some(Outcome::Running),
            created_at: Some(Timestamp::now()),
            process: Some(app.process().clone()),
            provider_request: Some(sent.clone()),
            ..Log::default()
        };
        let save = call.save != Some(false);
        log.forget_unsaved();
        let checked = log.clone();
        app.ask(move |reader| logs::known(reader, &checked)).await?;
        // Samples without a session of their caller's belong together nevertheless.
        if call.samples() > 1
            && [&log.session_id, &log.session_reference_id, &log.parent_id, &log.parent_reference_id]
                .iter()
                .all(|name| name.is_none())
        {
            log.session_reference_id = Some(id::new().to_string());
        }
        let each = (0..call.samples())
            .map(|_| Entry::Log(Box::new(Log { reference_id: Some(id::new().to_string()), ..log.clone() })));
        let placed = app.ingest(each.collect()).await?;
        if placed.is_empty() {
            return Err(Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the call was not logged"));
        }
        Ok(Self { begun, placed, save, messages, provider_request: sent })
    }

    /// Where sample `index` is logged.
    pub(super) fn place(&self, index: usize) -> Option<&Placed> {
        self.placed.get(index)
    }

    /// The answers that have a log, each with its place.
    pub(super) fn samples<'a>(&'a self, answers: &'a [Answer]) -> Vec<(&'a Placed, &'a Answer)> {
        self.placed.iter().zip(answers).collect()
    }

    /// The session's and the project's id.
    pub(super) fn home(&self) -> (String, String) {
        let first = self.placed.first();
        let of = |id: fn(&Placed) -> String| first.map(id).unwrap_or_default();
        (of(|placed| names::session(placed.session)), of(|placed| names::project(placed.project)))
    }

    /// Logs what the model answered; `error` when the answer broke off. Tokens, which the provider counts together,
    /// stand in the first log.
    pub(super) async fn end(
        &self,
        app: &App,
        response: &Response,
        error: Option<(String, Outcome)>,
    ) -> Result<(), Problem> {
        let mut updates = Vec::new();
        for (index, placed) in self.placed.iter().enumerate() {
            let mut update = LogUpdate { duration: Some(self.begun.elapsed().as_secs_f64()), ..LogUpdate::default() };
            match response.answers.get(index) {
                Some(answer) => take(&mut update, answer, self.save),
                None => update.outcome = Some(Outcome::Failed),
            }
            if let Some((error, outcome)) = &error {
                update.error = (!error.is_empty()).then(|| error.clone());
                update.outcome = Some(*outcome);
            } else if update.outcome == Some(Outcome::Failed) {
                update.error = Some("the provider gave fewer answers than were asked for".into());
            }
            if index == 0 {
                count(&mut update, response, response.model.as_deref().unwrap_or_default());
                update.provider_response = self.save.then(|| response.raw.clone());
            }
            update.reference_id = placed.log.to_string();
            updates.push(Entry::Update(Box::new(update)));
        }
        app.ingest(updates).await.map(drop)
    }

    /// Logs that there is no answer.
    pub(super) async fn fail(&self, app: &App, error: &str) -> Result<(), Problem> {
        self.end(app, &Response::default(), Some((error.into(), Outcome::Failed))).await
    }
}

fn take(update: &mut LogUpdate, answer: &Answer, save: bool) {
    update.outcome = Some(Outcome::Ok);
    update.finish_reason.clone_from(&answer.finish_reason);
    if save {
        update.output = Some(answer.text.trim().to_owned());
        update.output_format = Some(OutputFormat::Text);
        update.output_message.clone_from(&answer.message);
    }
}
