//! placeholder while the real one is being written
use humanloop_api::Message;
pub(crate) struct Response { pub(crate) text: String, pub(crate) message: Option<Message>, pub(crate) model: Option<String>, pub(crate) prompt_tokens: Option<u64>, pub(crate) output_tokens: Option<u64>, pub(crate) finish_reason: Option<String> }
pub(crate) fn read(_: &str) -> Option<Response> { None }
