//! Prompts with a body: each calls its model by a client crate that knows nothing of humanloop, and returns what that
//! client returns. The log has the text, the tokens and the model all the same.

pub mod async_openai;
pub mod genai;

#[cfg(test)]
#[path = "../../it/loopback.rs"]
mod loopback;
#[cfg(test)]
mod tests;
