//! Google's Gemini: `generateContent`. A stream is a row of such answers, each with the next part of the text.

use humanloop_api::RawValue;
use serde::Deserialize;

use super::{Answer, Delta, Failure, Response, Tokens, message, tool_call};

/// In Google's spelling, or in that of Rust clients.
#[derive(Debug, Deserialize)]
struct Whole {
    candidates: Vec<Candidate>,
    #[serde(default, rename = "usageMetadata", alias = "usage_metadata")]
    usage: Option<Usage>,
    #[serde(default, rename = "modelVersion", alias = "model_version")]
    model: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Candidate {
    index: Option<usize>,
    content: Option<Content>,
    #[serde(rename = "finishReason", alias = "finish_reason")]
    finish_reason: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Content {
    parts: Option<Vec<Part>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Part {
    text: Option<String>,
    thought: Option<bool>,
    #[serde(rename = "functionCall", alias = "function_call")]
    call: Option<Call>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Call {
    id: Option<String>,
    name: Option<String>,
    args: Option<Box<RawValue>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Usage {
    #[serde(rename = "promptTokenCount", alias = "prompt_token_count")]
    prompt: Option<u64>,
    #[serde(rename = "candidatesTokenCount", alias = "candidates_token_count")]
    output: Option<u64>,
    #[serde(rename = "thoughtsTokenCount", alias = "thoughts_token_count")]
    thoughts: Option<u64>,
    #[serde(rename = "cachedContentTokenCount", alias = "cached_content_token_count")]
    cached: Option<u64>,
}

impl Usage {
    /// Thoughts are paid for as output, and Google counts them apart.
    fn tokens(self) -> Tokens {
        let output = self.output.map(|tokens| tokens.saturating_add(self.thoughts.unwrap_or(0))).or(self.thoughts);
        Tokens { prompt: self.prompt, output, cached: self.cached }
    }
}

/// v4's words for why a model stops.
fn reason(reason: &str, calls: bool) -> String {
    match reason.to_ascii_lowercase().as_str() {
        "stop" if calls => "tool_call".into(),
        "max_tokens" | "maxtokens" => "length".into(),
        other => other.into(),
    }
}

/// Google names no call, but each answer to one has to name it.
fn call_id(call: &Call, slot: usize) -> String {
    call.id.clone().filter(|id| !id.is_empty()).unwrap_or_else(|| format!("call_{slot}"))
}

/// Reads an answer; parts of its candidates, or its usage, are its mark.
pub(super) fn read(json: &str) -> Option<Response> {
    let Whole { candidates, usage, model } = serde_json::from_str(json).ok()?;
    let has_parts = |candidate: &Candidate| candidate.content.as_ref().is_some_and(|content| content.parts.is_some());
    if candidates.is_empty() || usage.is_none() && !candidates.iter().all(has_parts) {
        return None;
    }
    let answers = candidates.into_iter().map(|candidate| {
        let mut text = String::new();
        let mut calls = Vec::new();
        for part in candidate.content.and_then(|content| content.parts).unwrap_or_default() {
            if part.thought != Some(true) {
                text.push_str(&part.text.unwrap_or_default());
            }
            if let Some(call) = part.call {
                let id = call_id(&call, calls.len());
                let arguments = call.args.map_or("{}".into(), |args| args.get().to_owned());
                calls.push(tool_call(id, call.name.unwrap_or_default(), arguments));
            }
        }
        let finish_reason = candidate.finish_reason.map(|word| reason(&word, !calls.is_empty()));
        let message = Some(message(&text, calls));
        Answer { text, message, finish_reason }
    });
    Some(Response::new(json, answers.collect(), model, usage.map(Usage::tokens).unwrap_or_default()))
}

/// An event of a stream; the last one may only count.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Chunk {
    candidates: Option<Vec<Candidate>>,
    #[serde(rename = "usageMetadata", alias = "usage_metadata")]
    usage: Option<Usage>,
    #[serde(rename = "modelVersion", alias = "model_version")]
    model: Option<String>,
    error: Option<Failure>,
}

/// Reads one event of a stream.
pub(super) fn deltas(json: &str) -> Option<Vec<Delta>> {
    let Chunk { candidates, usage, model, error } = serde_json::from_str(json).ok()?;
    if let Some(error) = error {
        return Some(vec![Delta::Failed(error.message.unwrap_or_else(|| json.into()))]);
    }
    if candidates.is_none() && usage.is_none() {
        return None;
    }
    let mut deltas: Vec<Delta> = model.map(Delta::Model).into_iter().collect();
    for (place, candidate) in candidates.into_iter().flatten().enumerate() {
        let answer = candidate.index.unwrap_or(place);
        for part in candidate.content.and_then(|content| content.parts).unwrap_or_default() {
            if let Some(text) = part.text.filter(|text| part.thought != Some(true) && !text.is_empty()) {
                deltas.push(Delta::Text { answer, text });
            }
            if let Some(call) = part.call {
                let arguments = call.args.map_or("{}".into(), |args| args.get().to_owned());
                deltas.push(Delta::WholeCall { answer, id: call.id, name: call.name.unwrap_or_default(), arguments });
            }
        }
        if let Some(word) = candidate.finish_reason {
            deltas.push(Delta::Finish { answer, reason: reason(&word, false) });
        }
    }
    deltas.extend(usage.map(|usage| Delta::Tokens(usage.tokens())));
    Some(deltas)
}
