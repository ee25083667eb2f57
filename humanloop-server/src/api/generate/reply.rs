//! The answer of a generating call, whole or one piece of it.

use humanloop_api::{Message, Object, Usage};
use humanloop_runtime::provider::{Answer, Piece, Request, Response};
use humanloop_store::Placed;

use super::call::{Call, Endpoint};
use super::record::Record;
use crate::api::{names, view};

/// The whole answer.
pub(super) fn whole(
    call: &Call,
    request: &Request,
    record: &Record,
    samples: Vec<(&Placed, &Answer)>,
    response: &Response,
    endpoint: Endpoint,
) -> Object {
    let data = samples.iter().enumerate().map(|(index, (placed, answer))| {
        let mut sample = sample(call, placed, index);
        sample.insert("output", answer.text.trim());
        sample.insert("raw_output", &answer.text);
        sample.insert("finish_reason", &answer.finish_reason);
        if endpoint == Endpoint::Chat {
            let messages = record.messages.iter().flatten().map(view::message);
            sample.insert("messages", &messages.collect::<Vec<_>>());
            let text = Message::assistant(answer.text.trim());
            said(&mut sample, answer.message.as_ref().unwrap_or(&text));
        }
        sample
    });
    let data: Vec<Object> = data.collect();
    let mut answer = around(call, record, endpoint);
    answer.insert("usage", &response.usage.map(usage));
    answer.insert("provider_request", &record.provider_request);
    answer.insert("provider_responses", &[&response.raw]);
    answer.insert("data", &data);
    if request.samples > 1 {
        answer.insert("num_samples", &request.samples);
    }
    answer
}

/// One event of a stream: a whole answer in small, whose output is the new piece alone.
pub(super) fn piece(call: &Call, record: &Record, placed: &Placed, piece: &Piece, endpoint: Endpoint) -> Object {
    let mut sample = sample(call, placed, piece.index as usize);
    sample.insert("output", &piece.text);
    sample.insert("raw_output", &piece.text);
    sample.insert("finish_reason", &piece.finish_reason);
    if endpoint == Endpoint::Chat {
        let mut message = Message::assistant(&*piece.text);
        message.tool_calls.clone_from(&piece.tool_calls);
        said(&mut sample, &message);
    }
    let mut answer = around(call, record, endpoint);
    answer.insert("usage", &());
    answer.insert("provider_responses", &[(); 0]);
    answer.insert("data", &[sample]);
    answer
}

/// What is the same in every event, and in a whole answer.
fn around(call: &Call, record: &Record, endpoint: Endpoint) -> Object {
    let (session, project) = record.home();
    let mut answer = Object::new();
    answer.insert("project_id", &project);
    answer.insert("session_id", &session);
    answer.insert("num_samples", &call.samples());
    answer.insert("logprobs", &call.logprobs);
    answer.insert("suffix", &call.suffix);
    answer.insert("user", &call.user);
    answer.insert("metadata", &call.metadata);
    if endpoint == Endpoint::Chat {
        answer.insert("tool_choice", &call.tool_choice);
    }
    answer
}

fn sample(call: &Call, placed: &Placed, index: usize) -> Object {
    let mut sample = Object::new();
    sample.insert("id", &names::log(placed.log));
    sample.insert("index", &index);
    sample.insert("model_config_id", &placed.config.as_deref().map(names::config));
    let inputs = call.inputs.clone().filter(|_| call.return_inputs != Some(false));
    sample.insert("inputs", &inputs.unwrap_or_default());
    sample.insert("tool_results", &[(); 0]);
    sample
}

/// The message, and the old places of what it calls.
fn said(sample: &mut Object, message: &Message) {
    sample.insert("output_message", &view::message(message));
    sample.insert("tool_calls", &message.tool_calls);
    sample.insert("tool_call", &message.tool_calls.iter().flatten().next().map(|call| &call.function));
}

fn usage(usage: Usage) -> Object {
    [
        ("prompt_tokens", usage.prompt_tokens),
        ("generation_tokens", usage.generation_tokens),
        ("total_tokens", usage.total_tokens),
    ]
    .into_iter()
    .collect()
}
