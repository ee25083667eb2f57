//! The pieces of a model's stream, put together.

use humanloop_api::{Object, ToolCall};

use super::{Answer, Response, Tokens, message, tool_call};

/// What one event of a stream says, in words that all providers share. `answer` counts the samples.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Delta {
    Model(String),
    /// It is a completion's text: there will be no message.
    Completes,
    /// The next part of the text.
    Text {
        answer: usize,
        text: String,
    },
    /// The next part of a call's arguments; `slot` tells the calls apart.
    Call {
        answer: usize,
        slot: usize,
        id: Option<String>,
        name: Option<String>,
        arguments: String,
    },
    /// A call in one piece.
    WholeCall {
        answer: usize,
        id: Option<String>,
        name: String,
        arguments: String,
    },
    Finish {
        answer: usize,
        reason: String,
    },
    Tokens(Tokens),
    /// The provider failed on the way; the text is its own.
    Failed(String),
}

/// One piece of a model's answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Piece {
    /// The number of the sample, from 0.
    pub index: u32,
    /// What the text goes on with; empty in a sample's last piece.
    pub text: String,
    /// The tools that the sample calls, whole, in its last piece.
    pub tool_calls: Option<Vec<ToolCall>>,
    /// Why the model stopped, in a sample's last piece: `stop`, `length`, `tool_call`, …
    pub finish_reason: Option<String>,
}

/// The most samples that a stream may have: a wrong index of a server's must not take all memory.
const MOST: usize = 1024;

/// An answer that grows.
#[derive(Debug, Default)]
pub(crate) struct Assembly {
    response: Response,
    /// The calls of each answer, with their slots.
    calls: Vec<Vec<(usize, ToolCall)>>,
    tokens: Tokens,
    completes: bool,
    settled: bool,
}

impl Assembly {
    /// One that is whole already.
    #[cfg(feature = "http")]
    pub(crate) fn of(response: Response) -> Self {
        Self { response, settled: true, ..Self::default() }
    }

    /// Takes what an event says, and gives the pieces that it brought.
    ///
    /// # Errors
    ///
    /// The provider's own words, when it failed on the way.
    pub(crate) fn add(&mut self, deltas: Vec<Delta>) -> Result<Vec<Piece>, String> {
        let mut pieces = Vec::new();
        self.settled &= deltas.is_empty();
        for delta in deltas {
            match delta {
                Delta::Model(model) => self.response.model = Some(model),
                Delta::Completes => self.completes = true,
                Delta::Text { answer, text } => {
                    if let Some((index, place)) = self.place(answer) {
                        self.response.answers[place].text.push_str(&text);
                        pieces.push(Piece { index, text, ..Piece::default() });
                    }
                }
                Delta::Call { answer, slot, id, name, arguments } => {
                    let Some((_, place)) = self.place(answer) else { continue };
                    let calls = &mut self.calls[place];
                    // The first part of a call brings its id; some servers give all calls the same slot.
                    let other = |call: &ToolCall| id.as_ref().is_some_and(|id| !id.is_empty() && *id != call.id);
                    match calls.iter_mut().rev().find(|(known, call)| *known == slot && !other(call)) {
                        Some((_, call)) => {
                            if let Some(name) = name.filter(|_| call.function.name.is_empty()) {
                                call.function.name = name;
                            }
                            call.function.arguments.get_or_insert_default().push_str(&arguments);
                        }
                        None => {
                            calls.push((slot, tool_call(id.unwrap_or_default(), name.unwrap_or_default(), arguments)));
                        }
                    }
                }
                Delta::WholeCall { answer, id, name, arguments } => {
                    let Some((_, place)) = self.place(answer) else { continue };
                    let calls = &mut self.calls[place];
                    let slot = calls.len();
                    let id = id.filter(|id| !id.is_empty()).unwrap_or_else(|| format!("call_{slot}"));
                    calls.push((slot, tool_call(id, name, arguments)));
                }
                Delta::Finish { answer, reason } => {
                    let Some((index, place)) = self.place(answer) else { continue };
                    let calls = calls_of(&self.calls[place]);
                    // Not every provider says so.
                    let reason = if reason == "stop" && !calls.is_empty() { "tool_call".into() } else { reason };
                    self.response.answers[place].finish_reason = Some(reason.clone());
                    let tool_calls = (!calls.is_empty()).then_some(calls);
                    pieces.push(Piece { index, text: String::new(), tool_calls, finish_reason: Some(reason) });
                }
                Delta::Tokens(tokens) => {
                    self.tokens.update(tokens);
                    self.response.usage = self.tokens.usage();
                    self.response.cached_tokens = self.tokens.cached;
                }
                Delta::Failed(reason) => return Err(reason),
            }
        }
        Ok(pieces)
    }

    /// The index of an answer, and its place; it is made when it is new.
    fn place(&mut self, answer: usize) -> Option<(u32, usize)> {
        let index = u32::try_from(answer).ok().filter(|_| answer < MOST)?;
        if self.response.answers.len() <= answer {
            self.response.answers.resize_with(answer + 1, Answer::default);
            self.calls.resize_with(answer + 1, Vec::new);
        }
        Some((index, answer))
    }

    /// What came so far; messages and JSON are there after [`settle`](Self::settle).
    #[cfg(feature = "http")]
    pub(crate) fn response(&self) -> &Response {
        &self.response
    }

    /// Whether every answer that began has ended.
    #[cfg(feature = "http")]
    pub(crate) fn is_complete(&self) -> bool {
        let answers = &self.response.answers;
        !answers.is_empty() && answers.iter().all(|answer| answer.finish_reason.is_some())
    }

    /// Puts messages and JSON together from what came so far.
    pub(crate) fn settle(&mut self) -> &Response {
        if !std::mem::replace(&mut self.settled, true) {
            for (answer, calls) in self.response.answers.iter_mut().zip(&self.calls) {
                answer.message = (!self.completes).then(|| message(&answer.text, calls_of(calls)));
            }
            self.response.raw = whole(&self.response, self.completes);
        }
        &self.response
    }
}

fn calls_of(calls: &[(usize, ToolCall)]) -> Vec<ToolCall> {
    calls.iter().map(|(_, call)| call.clone()).collect()
}

/// The answer as one JSON, in the shape of OpenAI's, which is the widest known.
fn whole(response: &Response, completes: bool) -> Object {
    let choices: Vec<Object> = (0_u32..)
        .zip(&response.answers)
        .map(|(index, answer)| {
            let mut choice = Object::new();
            choice.insert("index", &index);
            match &answer.message {
                Some(message) => choice.insert("message", message),
                None => choice.insert("text", &answer.text),
            }
            choice.insert("finish_reason", &answer.finish_reason);
            choice
        })
        .collect();
    let mut whole = Object::new();
    whole.insert("object", if completes { "text_completion" } else { "chat.completion" });
    whole.insert("streamed", &true);
    whole.insert("model", &response.model);
    whole.insert("choices", &choices);
    if let Some(usage) = response.usage {
        let mut counts = Object::new();
        counts.insert("prompt_tokens", &usage.prompt_tokens);
        counts.insert("completion_tokens", &usage.generation_tokens);
        counts.insert("total_tokens", &usage.total_tokens);
        if let Some(cached) = response.cached_tokens {
            counts.insert("prompt_tokens_details", &[("cached_tokens", cached)].into_iter().collect::<Object>());
        }
        whole.insert("usage", &counts);
    }
    whole
}
