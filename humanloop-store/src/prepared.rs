//! Entries made ready to be written, before and outside of any transaction: ids, previews, texts, hashes, compression.

use humanloop_api::{
    Entry, Feedback, FeedbackValue, Log, LogUpdate, Message, Object, Outcome, OutputFormat, Timestamp, id,
};
use serde::Serialize;
use uuid::Uuid;

use crate::content::Content;
use crate::ingest::json;
use crate::ingest::place::{id_of, is_id, named_session, parent_of};
use crate::preview;
use crate::sums::Counts;

/// An entry with all that can be made of it without asking the store.
#[derive(Debug)]
pub(crate) enum Prepared {
    Log(Box<PreparedLog>),
    Update(Box<PreparedUpdate>),
    Feedback(PreparedFeedback),
}

#[derive(Debug)]
pub(crate) struct PreparedLog {
    pub(crate) id: Uuid,
    /// Whether its reference id says more than its id.
    pub(crate) has_reference: bool,
    /// The session that it names.
    pub(crate) session: Option<Uuid>,
    pub(crate) parent: Option<Uuid>,
    /// Whether the parent's reference id says more than its id.
    pub(crate) has_parent_reference: bool,
    pub(crate) start: i64,
    pub(crate) counts: Counts,
    pub(crate) first_token: Option<i64>,
    pub(crate) input_preview: Option<String>,
    pub(crate) inputs: Option<Content>,
    pub(crate) said: Said,
    pub(crate) details: Option<Content>,
    pub(crate) feedback: Vec<String>,
}

#[derive(Debug)]
pub(crate) struct PreparedUpdate {
    pub(crate) id: Uuid,
    /// What it says of the outcome; `None` leaves it.
    pub(crate) outcome: Option<Outcome>,
    pub(crate) counts: Counts,
    pub(crate) first_token: Option<i64>,
    pub(crate) said: Said,
    /// What has no place of its own, as the JSON of an update.
    pub(crate) late: Option<String>,
}

/// The texts that a log and an update have in common.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) messages: Option<Content>,
    pub(crate) output: Option<Content>,
    pub(crate) error: Option<Content>,
    pub(crate) output_preview: Option<String>,
    pub(crate) error_preview: Option<String>,
}

#[derive(Debug)]
pub(crate) struct PreparedFeedback {
    pub(crate) log: Uuid,
    pub(crate) body: String,
}

impl Prepared {
    pub(crate) fn of(entry: &Entry) -> Self {
        match entry {
            Entry::Log(log) => Self::Log(Box::new(PreparedLog::of(log))),
            Entry::Update(update) => Self::Update(Box::new(PreparedUpdate::of(update))),
            Entry::Feedback(feedback) => Self::Feedback(PreparedFeedback {
                log: id_of(feedback.data_id.as_deref().unwrap_or_default(), "data_"),
                body: json(feedback),
            }),
        }
    }
}

/// Whether an entry is made ready in no time: what it holds is short.
pub(crate) fn is_quick(entry: &Entry) -> bool {
    const SHORT: usize = 1_000;
    match entry {
        Entry::Log(log) => {
            let inputs = || log.inputs.iter().flat_map(|inputs| inputs.iter().map(|(_, value)| value.get().len()));
            log.messages.is_none()
                && log.provider_request.is_none()
                && log.provider_response.is_none()
                && log.output_message.is_none()
                && log.metadata.is_none()
                && [&log.output, &log.error, &log.stdout]
                    .iter()
                    .all(|text| text.as_ref().is_none_or(|text| text.len() < SHORT))
                && inputs().sum::<usize>() < SHORT
        }
        Entry::Update(_) => false,
        Entry::Feedback(_) => true,
    }
}

impl Said {
    fn of(
        messages: Option<&[Message]>,
        output: Option<&str>,
        format: Option<OutputFormat>,
        error: Option<&str>,
    ) -> Self {
        Self {
            messages: messages.map(|messages| Content::json(json(&messages))),
            output: output.map(Content::text),
            error: error.map(Content::text),
            output_preview: preview::of_output(output, format),
            error_preview: error.and_then(preview::line),
        }
    }
}

impl PreparedLog {
    pub(crate) fn of(log: &Log) -> Self {
        let said = Said::of(log.messages.as_deref(), log.output.as_deref(), log.output_format, log.error.as_deref());
        let id = log.reference_id.as_deref().map_or_else(id::new, |reference| id_of(reference, "data_"));
        let parent = parent_of(log);
        Self {
            id,
            has_reference: log.reference_id.as_deref().is_some_and(|reference| !is_id(reference, id)),
            session: named_session(log).map(|text| id_of(text, "sesh_")),
            parent: parent.map(|(parent, _)| parent),
            has_parent_reference: parent.is_some_and(|(_, reference)| reference.is_some()),
            start: log.created_at.unwrap_or_else(Timestamp::now).as_nanos(),
            counts: Counts {
                outcome: log.outcome(),
                input_tokens: number(log.prompt_tokens),
                output_tokens: number(log.output_tokens),
                cost: cost(log.prompt_cost, log.output_cost),
                duration: log.duration.map(nanoseconds),
            },
            first_token: log.first_token.map(nanoseconds),
            input_preview: log.inputs.as_ref().and_then(preview::of_inputs).or_else(|| last_message(log)),
            inputs: log.inputs.as_ref().map(|inputs| Content::json(json(inputs))),
            said: Said {
                output_preview: said
                    .output_preview
                    .or_else(|| log.output_message.as_ref().and_then(|message| preview::line(&message.text()))),
                ..said
            },
            details: details(log).map(Content::json),
            feedback: log
                .feedback
                .clone()
                .map(humanloop_api::OneOrMany::into_vec)
                .unwrap_or_default()
                .iter()
                .map(json)
                .collect(),
        }
    }
}

impl PreparedUpdate {
    pub(crate) fn of(update: &LogUpdate) -> Self {
        Self {
            id: id_of(&update.reference_id, "data_"),
            outcome: update.outcome.or(match (&update.error, &update.output) {
                (Some(_), _) => Some(Outcome::Failed),
                (None, Some(_)) => Some(Outcome::Ok),
                (None, None) => None,
            }),
            counts: Counts {
                outcome: Outcome::Ok,
                input_tokens: number(update.prompt_tokens),
                output_tokens: number(update.output_tokens),
                cost: cost(update.prompt_cost, update.output_cost),
                duration: update.duration.map(nanoseconds),
            },
            first_token: update.first_token.map(nanoseconds),
            said: Said::of(
                update.messages.as_deref(),
                update.output.as_deref(),
                update.output_format,
                update.error.as_deref(),
            ),
            late: late(update),
        }
    }
}

/// A chat without inputs is known by what was said last.
fn last_message(log: &Log) -> Option<String> {
    preview::line(&log.messages.as_ref()?.last()?.text())
}

/// What of a log has no column of its own, as JSON that reads as a log; nothing for most logs.
fn details(log: &Log) -> Option<String> {
    // Every field by name: a new one has to find its place, here or in a column.
    let Log {
        project: _,
        project_id: _,
        session_id: _,
        session_reference_id: _,
        parent_id: _,
        parent_reference_id: _,
        reference_id: _,
        inputs: _,
        messages: _,
        output: _,
        output_format: _,
        output_message,
        finish_reason,
        error: _,
        duration: _,
        first_token: _,
        created_at: _,
        source,
        metadata,
        stdout,
        user,
        environment,
        save,
        prompt_tokens: _,
        output_tokens: _,
        prompt_cost,
        output_cost,
        provider_request,
        provider_response,
        config: _,
        config_id: _,
        feedback: _,
        kind: _,
        outcome: _,
        sequence: _,
        process: _,
        function: _,
        unbound,
        judgment,
        source_datapoint_id,
    } = log;
    let text = json(&Details {
        output_message: output_message.as_ref(),
        finish_reason: finish_reason.as_deref(),
        source: source.as_deref(),
        metadata: metadata.as_ref(),
        stdout: stdout.as_deref(),
        user: user.as_deref(),
        environment: environment.as_deref(),
        save: *save,
        prompt_cost: *prompt_cost,
        output_cost: *output_cost,
        provider_request: provider_request.as_ref(),
        provider_response: provider_response.as_ref(),
        unbound: *unbound,
        judgment: judgment.as_ref(),
        source_datapoint_id: source_datapoint_id.as_deref(),
    });
    (text != "{}").then_some(text)
}

/// Those fields of a log that have no column, borrowed from it.
#[derive(Serialize)]
struct Details<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    output_message: Option<&'a Message>,
    #[serde(skip_serializing_if = "Option::is_none")]
    finish_reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<&'a Object>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stdout: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    environment: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    save: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt_cost: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_cost: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider_request: Option<&'a Object>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider_response: Option<&'a Object>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unbound: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    judgment: Option<&'a FeedbackValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_datapoint_id: Option<&'a str>,
}

/// What of an update has no column of its own.
fn late(update: &LogUpdate) -> Option<String> {
    let rest = LogUpdate {
        output_message: update.output_message.clone(),
        finish_reason: update.finish_reason.clone(),
        provider_response: update.provider_response.clone(),
        metadata: update.metadata.clone(),
        prompt_cost: update.prompt_cost,
        output_cost: update.output_cost,
        ..LogUpdate::default()
    };
    (rest != LogUpdate::default()).then(|| json(&rest))
}

/// A number of SQLite's.
pub(crate) fn number(tokens: Option<u64>) -> Option<i64> {
    tokens.map(|tokens| i64::try_from(tokens).unwrap_or(i64::MAX))
}

fn nanoseconds(seconds: f64) -> i64 {
    (seconds * 1e9).round() as i64 // saturates
}

/// 1e-9 dollars.
pub(crate) fn cost(prompt: Option<f64>, output: Option<f64>) -> Option<i64> {
    (prompt.is_some() || output.is_some()).then(|| nanoseconds(prompt.unwrap_or(0.0) + output.unwrap_or(0.0)))
}

/// Whether two feedbacks are about the same: one takes the other back.
pub(crate) fn same_question(a: &Feedback, b: &Feedback) -> bool {
    let value_fits = |value: &Option<FeedbackValue>| value.is_none() || *value == b.value;
    a.kind == b.kind && a.user == b.user && value_fits(&a.value)
}
