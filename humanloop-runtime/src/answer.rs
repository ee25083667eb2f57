//! A model's answer in the words of a log.

use humanloop_api::{LogUpdate, Object, OutputFormat, RawValue};
use serde::Deserialize;

#[cfg(feature = "http")]
use crate::payload::Form;
use crate::prices::{self, Cost};
use crate::response::{self, Answer, Response};

/// A typed value and the response that it was read from, in one JSON.
#[cfg(feature = "http")]
pub(crate) fn envelope(value: &str, response: &str) -> String {
    format!("{MARK}{value},\"response\":{response}}}")
}

/// Appends the output of a call whose answer is `json`. One that is longer than the limit is cut: of its text, or of the value
/// read from it, the beginning stays, and beside it what it says of itself.
#[cfg(feature = "http")]
pub(crate) fn within(json: &[u8], out: &mut Vec<u8>, limit: usize) -> Form {
    if json.len() <= limit {
        out.extend_from_slice(json);
        return Form::Json;
    }
    let text = crate::json::whole_characters(json);
    let envelope = Envelope::of(text);
    let response = envelope.as_ref().map_or(text, |Envelope { response, .. }| response.get());
    let Some(response) = response::read(response) else {
        crate::json::truncated(out, json.len(), json.get(..limit).unwrap_or_default());
        return Form::Json;
    };
    let said = envelope.as_ref().map_or_else(|| response.text(), |Envelope { value, .. }| value.get()).as_bytes();
    let mut value = Vec::new();
    crate::json::truncated(&mut value, said.len(), said.get(..limit.min(said.len())).unwrap_or_default());
    let about = serde_json::to_string(&about(&response, json.len())).unwrap_or_else(|_| "null".into());
    out.extend_from_slice(self::envelope(&String::from_utf8_lossy(&value), &about).as_bytes());
    Form::Json
}

/// A response without its text, in OpenAI's shape, with the mark that it was cut.
#[cfg(feature = "http")]
fn about(response: &Response, bytes: usize) -> Object {
    let mut choice = Object::new();
    choice.insert("message", &[("role", "assistant")].into_iter().collect::<Object>());
    choice.insert("finish_reason", &response.finish_reason());
    let mut about = Object::new();
    about.insert("object", "chat.completion");
    about.insert("model", &response.model);
    about.insert("choices", &[choice]);
    if let Some(usage) = response.usage {
        let mut tokens = Object::new();
        tokens.insert("prompt_tokens", &usage.prompt_tokens);
        tokens.insert("completion_tokens", &usage.generation_tokens);
        if let Some(cached) = response.cached_tokens {
            tokens.insert("prompt_tokens_details", &[("cached_tokens", cached)].into_iter().collect::<Object>());
        }
        about.insert("usage", &tokens);
    }
    if let Some(unit) = response.raw.get("usage_unit") {
        about.insert("usage_unit", unit);
    }
    about.insert("$truncated", &[("bytes", bytes)].into_iter().collect::<Object>());
    about
}

const MARK: &str = "{\"$value\":";

/// What [`envelope`] writes.
#[derive(Deserialize)]
struct Envelope {
    #[serde(rename = "$value")]
    value: Box<RawValue>,
    response: Box<RawValue>,
}

impl Envelope {
    fn of(json: &str) -> Option<Self> {
        json.starts_with(MARK).then(|| serde_json::from_str(json).ok()).flatten()
    }
}

/// Adds to the end of a log what the model answered, when `json` is an answer, and says whether it is. `model` is the one
/// that was asked, for an answer that does not name its own.
pub(crate) fn complete(update: &mut LogUpdate, json: &str, model: &str) -> bool {
    let Some(Envelope { value, response }) = Envelope::of(json) else {
        return response::read(json).map(|response| put(update, response, model)).is_some();
    };
    if let Some(response) = response::read(response.get()) {
        put(update, response, model);
    }
    update.output = Some(value.get().to_owned());
    update.output_format = Some(OutputFormat::Json);
    true
}

/// Adds an answer: its text is the output, and the whole of it stands beside.
pub(crate) fn put(update: &mut LogUpdate, mut response: Response, model: &str) {
    count(update, &response, model);
    if !response.answers.is_empty() {
        let Answer { text, message, finish_reason } = response.answers.swap_remove(0);
        update.output = Some(text);
        update.output_format = Some(OutputFormat::Text);
        update.output_message = message;
        update.finish_reason = finish_reason;
    }
    update.provider_response = Some(response.raw);
}

/// Adds tokens and their cost; `model` is the one that was asked, for an answer that does not name its own.
pub(crate) fn count(update: &mut LogUpdate, response: &Response, model: &str) {
    let Some(usage) = response.usage else {
        let metadata = update.metadata.get_or_insert_with(Object::new);
        metadata.insert("tokens", "unknown: the provider sent no counts");
        return;
    };
    update.prompt_tokens = Some(usage.prompt_tokens);
    update.output_tokens = Some(usage.generation_tokens);
    // The mock counts words, which nobody sells.
    if response.raw.get("usage_unit").is_some() {
        return;
    }
    let cost = cost(response, model);
    update.prompt_cost = cost.as_ref().map(|cost| cost.prompt);
    update.output_cost = cost.as_ref().map(|cost| cost.output);
    let note = prices::note(response.model.as_deref().unwrap_or(model), cost.as_ref());
    update.metadata.get_or_insert_with(Object::new).insert("cost", &note);
}

/// What the answer cost; `None` when there is no price, or no count.
pub(crate) fn cost(response: &Response, model: &str) -> Option<Cost> {
    let (usage, cached) = (response.usage?, response.cached_tokens.unwrap_or(0));
    let prices = prices::current();
    let by_name = |name: &str| prices.cost(name, usage, cached);
    response.model.as_deref().and_then(by_name).or_else(|| by_name(model))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_that_nobody_counted_are_not_0_and_the_log_says_so() {
        let mut update = LogUpdate::default();
        let json = r#"{"object": "chat.completion", "model": "m", "choices": [{"message": {"role": "assistant", "content": "Hi"}}]}"#;
        assert!(complete(&mut update, json, "m"));
        assert_eq!((update.output.as_deref(), update.prompt_tokens, update.output_tokens), (Some("Hi"), None, None));
        let metadata = serde_json::to_string(&update.metadata).unwrap();
        assert_eq!(metadata, r#"{"tokens":"unknown: the provider sent no counts"}"#);
    }
}
