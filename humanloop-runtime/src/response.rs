//! Reading of model responses: the text, the tokens and why it stopped, from the JSON that a client's struct serializes to.

use humanloop_api::{Content, FunctionCall, Message, Role, ToolCall};
use serde::Deserialize;

/// What a model answered, in the words of the record.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Response {
    /// The text of the first answer, as the provider gave it; empty when the model only calls tools.
    pub(crate) text: String,
    /// The message of a chat.
    pub(crate) message: Option<Message>,
    pub(crate) model: Option<String>,
    pub(crate) prompt_tokens: Option<u64>,
    pub(crate) output_tokens: Option<u64>,
    /// `stop`, `length`, `tool_call`, …
    pub(crate) finish_reason: Option<String>,
}

/// Reads the JSON of a model's response; `None` when it is anything else.
pub(crate) fn read(json: &str) -> Option<Response> {
    // Most of what functions return is no response: a glance spares the parsing.
    let completion = json.contains("\"choices\"").then(|| Completion::parse(json)).flatten()?;
    completion.is_marked().then(|| completion.into_response()).flatten()
}

/// The answer of OpenAI's `chat/completions` or `completions`, and of the many servers that speak the same.
#[derive(Debug, Deserialize)]
pub(crate) struct Completion {
    #[serde(default)]
    object: Option<String>,
    #[serde(default)]
    pub(crate) model: Option<String>,
    #[serde(default)]
    created: Option<f64>,
    #[serde(default)]
    pub(crate) usage: Option<Usage>,
    choices: Vec<WireChoice>,
}

/// Tokens; absent where the provider did not count them.
#[derive(Debug, Deserialize)]
pub(crate) struct Usage {
    #[serde(default)]
    pub(crate) prompt_tokens: Option<u64>,
    #[serde(default)]
    pub(crate) completion_tokens: Option<u64>,
}

/// One of the answers.
#[derive(Debug)]
pub(crate) struct Choice {
    pub(crate) text: String,
    pub(crate) message: Option<Message>,
    pub(crate) finish_reason: Option<String>,
}

#[derive(Debug, Deserialize)]
struct WireChoice {
    #[serde(default)]
    message: Option<WireMessage>,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    finish_reason: Option<String>,
}

#[derive(Debug, Deserialize)]
struct WireMessage {
    role: Role,
    #[serde(default)]
    content: Option<Content>,
    #[serde(default)]
    refusal: Option<String>,
    #[serde(default)]
    tool_calls: Option<Vec<WireCall>>,
    #[serde(default)]
    function_call: Option<WireFunction>,
}

#[derive(Debug, Deserialize)]
struct WireCall {
    #[serde(default)]
    id: Option<String>,
    #[serde(default, rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    function: Option<WireFunction>,
    /// A tool that takes text in place of JSON.
    #[serde(default)]
    custom: Option<WireFunction>,
}

#[derive(Debug, Deserialize)]
struct WireFunction {
    name: String,
    #[serde(default, alias = "input")]
    arguments: Option<String>,
}

impl Completion {
    /// Reads what is known to be an answer of the provider; `None` when it has not its shape.
    pub(crate) fn parse(json: &str) -> Option<Self> {
        let completion: Self = serde_json::from_str(json).ok()?;
        let answers = |choice: &WireChoice| match &choice.message {
            Some(message) => message.role == Role::Assistant,
            None => choice.text.is_some(),
        };
        (!completion.choices.is_empty() && completion.choices.iter().all(answers)).then_some(completion)
    }

    /// Whether it says of itself what it is: any program may have `choices` with a `text`.
    fn is_marked(&self) -> bool {
        match self.object.as_deref() {
            Some("chat.completion" | "text_completion") => true,
            // Some clients' structs leave the word out.
            None | Some("") => {
                let counted = self.usage.as_ref().is_some_and(|usage| usage.prompt_tokens.is_some());
                self.model.is_some() && (counted || self.created.is_some())
            }
            Some(_) => false,
        }
    }

    /// The answers in order.
    pub(crate) fn into_choices(self) -> Vec<Choice> {
        self.choices.into_iter().map(WireChoice::read).collect()
    }

    fn into_response(self) -> Option<Response> {
        let usage = self.usage.as_ref();
        let prompt_tokens = usage.and_then(|usage| usage.prompt_tokens);
        let output_tokens = usage.and_then(|usage| usage.completion_tokens);
        let model = self.model.clone();
        let Choice { text, message, finish_reason } = self.into_choices().into_iter().next()?;
        Some(Response { text, message, model, prompt_tokens, output_tokens, finish_reason })
    }
}

impl WireChoice {
    fn read(self) -> Choice {
        // v4 has one word for what providers call by two.
        let finish_reason = self.finish_reason.map(|reason| match reason.as_str() {
            "tool_calls" | "function_call" => "tool_call".into(),
            _ => reason,
        });
        match self.message {
            None => Choice { text: self.text.unwrap_or_default(), message: None, finish_reason },
            Some(wire) => {
                let message = wire.read();
                Choice { text: message.text(), message: Some(message), finish_reason }
            }
        }
    }
}

impl WireMessage {
    fn read(self) -> Message {
        let calls = self.tool_calls.map(|calls| calls.into_iter().filter_map(WireCall::read).collect::<Vec<_>>());
        Message {
            role: self.role,
            content: self.content.or(self.refusal.map(Content::Text)),
            name: None,
            tool_call_id: None,
            tool_calls: calls.filter(|calls| !calls.is_empty()),
            tool_call: self.function_call.map(WireFunction::read),
        }
    }
}

impl WireCall {
    fn read(self) -> Option<ToolCall> {
        Some(ToolCall {
            id: self.id.unwrap_or_default(),
            kind: self.kind.unwrap_or_else(|| "function".into()),
            function: self.function.or(self.custom)?.read(),
        })
    }
}

impl WireFunction {
    fn read(self) -> FunctionCall {
        FunctionCall { name: self.name, arguments: self.arguments }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chat_completion_gives_text_tokens_and_reason() {
        let response = read(
            r#"{"id":"chatcmpl-1","object":"chat.completion","created":1700000000,"model":"gpt-4-0613",
                "choices":[{"index":0,"message":{"role":"assistant","content":"No","refusal":null},"logprobs":null,"finish_reason":"stop"}],
                "usage":{"prompt_tokens":42,"completion_tokens":1,"total_tokens":43,"prompt_tokens_details":{"cached_tokens":0}},
                "service_tier":"default"}"#,
        );
        let expected = Response {
            text: "No".into(),
            message: Some(Message::assistant("No")),
            model: Some("gpt-4-0613".into()),
            prompt_tokens: Some(42),
            output_tokens: Some(1),
            finish_reason: Some("stop".into()),
        };
        assert_eq!(response, Some(expected));
    }

    #[test]
    fn a_legacy_completion_gives_its_text_as_it_came() {
        let response = read(
            r#"{"id":"cmpl-1","object":"text_completion","created":1,"model":"davinci-002",
                "choices":[{"text":"\n Sweden won.","index":0,"logprobs":null,"finish_reason":"length"}]}"#,
        )
        .unwrap();
        assert_eq!(response.text, "\n Sweden won.");
        assert_eq!(response.message, None);
        assert_eq!((response.prompt_tokens, response.output_tokens), (None, None));
        assert_eq!(response.finish_reason.as_deref(), Some("length"));
    }

    #[test]
    fn tool_calls_are_read_with_their_arguments() {
        let call = |calls: &str, reason: &str| {
            let json = format!(
                r#"{{"object":"chat.completion","model":"m","choices":[{{"message":{{"role":"assistant","content":null,{calls}}},"finish_reason":"{reason}"}}]}}"#
            );
            let response = read(&json).unwrap();
            assert_eq!(response.text, "");
            assert_eq!(response.finish_reason.as_deref(), Some("tool_call"));
            response.message.unwrap()
        };
        let expected = FunctionCall { name: "search".into(), arguments: Some(r#"{"q":1}"#.into()) };
        let message = call(
            r#""tool_calls":[{"id":"call_1","type":"function","function":{"name":"search","arguments":"{\"q\":1}"}}]"#,
            "tool_calls",
        );
        let expected_call = ToolCall { id: "call_1".into(), kind: "function".into(), function: expected.clone() };
        assert_eq!(message.tool_calls, Some(vec![expected_call]));
        let message = call(r#""function_call":{"name":"search","arguments":"{\"q\":1}"}"#, "function_call");
        assert_eq!(message.tool_call, Some(expected));
    }

    #[test]
    fn a_struct_without_object_is_known_by_its_usage_or_its_time() {
        let choices = r#""choices":[{"message":{"role":"assistant","content":"x"},"finish_reason":null}]"#;
        assert!(
            read(&format!(r#"{{"model":"m","usage":{{"prompt_tokens":1,"completion_tokens":1}},{choices}}}"#))
                .is_some()
        );
        assert!(read(&format!(r#"{{"model":"m","created":1,{choices}}}"#)).is_some());
        assert!(read(&format!("{{{choices}}}")).is_none());
        assert!(read(&format!(r#"{{"model":"m",{choices}}}"#)).is_none());
    }

    #[test]
    fn a_refusal_is_the_text_when_there_is_no_other() {
        let json = r#"{"object":"chat.completion","model":"m","choices":[{"message":{"role":"assistant","content":null,"refusal":"I cannot."}}]}"#;
        assert_eq!(read(json).unwrap().text, "I cannot.");
    }

    #[test]
    fn other_json_is_nothing() {
        for json in [
            "",
            "null",
            "\"choices\"",
            "[]",
            r#"{"choices":[]}"#,
            r#"{"choices":["a","b"],"model":"m","created":1}"#,
            r#"{"question":"Which?","choices":[{"text":"A"},{"text":"B"}]}"#,
            r#"{"object":"poll","model":"m","created":1,"choices":[{"text":"A"}]}"#,
            r#"{"object":"chat.completion","model":"m","choices":[{"message":{"role":"user","content":"x"}}]}"#,
            r#"{"object":"chat.completion.chunk","model":"m","created":1,"choices":[{"delta":{"content":"x"}}]}"#,
            r#"{"object":"text_completion","model":"m","choices":[{"finish_reason":"stop"}]}"#,
        ] {
            assert_eq!(read(json), None, "{json}");
        }
    }
}
