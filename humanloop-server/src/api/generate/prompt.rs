//! What a model is asked: templates with their variables replaced.

use humanloop_api::{Message, ModelConfig, Object, Path, json, render, render_message, value_of};
use humanloop_runtime::provider::{Input, Request};

use super::call::{Call, Endpoint};

/// The request to the provider.
pub(super) fn request(call: &Call, mut config: ModelConfig, endpoint: Endpoint) -> Request {
    let inputs = call.inputs.as_ref();
    let input = match endpoint {
        Endpoint::Chat => {
            let template = config.chat_template.iter().flatten();
            let template = template
                .map(|message| render_message(message, |path| value(inputs, path)).unwrap_or_else(|_| message.clone()));
            Input::Messages(template.chain(call.messages.iter().flatten().cloned()).collect())
        }
        Endpoint::Complete => {
            let template = config.prompt_template.as_deref().unwrap_or_default();
            let text = render(template, |path| value(inputs, path)).unwrap_or_else(|_| template.to_owned());
            // A model that only chats is told the text by its user.
            let chats = config.endpoint.as_deref() == Some("chat");
            if chats { Input::Messages(vec![Message::user(text)]) } else { Input::Text(text) }
        }
    };
    for (name, value) in [("logprobs", call.logprobs.map(|n| json(&n))), ("suffix", call.suffix.as_ref().map(json))] {
        if let Some(value) = value {
            config.other.get_or_insert_with(Object::new).insert_raw(name, value);
        }
    }
    let tool_choice = call.tool_choice.clone();
    Request { config, input, samples: call.samples(), user: call.user.clone(), tool_choice }
}

/// What stands for a variable. One without an input stays as it is.
fn value(inputs: Option<&Object>, path: &Path) -> Option<String> {
    inputs.and_then(|inputs| value_of(inputs, path)).or_else(|| Some(format!("{{{{{path}}}}}")))
}
