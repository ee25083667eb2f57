//! A message of the option `chat_template`, as its expansion describes it.

use humanloop_api::{FunctionCall, Message, Role, ToolCall};

/// A message of the option `chat_template`, its text a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TemplateMessage {
    /// Who speaks.
    pub role: Role,
    /// The template of what is said; empty when an assistant only calls tools.
    pub text: &'static str,
    /// The speaker's name.
    pub name: Option<&'static str>,
    /// The call that a `tool` message answers.
    pub id: Option<&'static str>,
    /// The calls that an assistant makes.
    pub calls: &'static [TemplateCall],
}

/// A call that an assistant makes in a [`TemplateMessage`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TemplateCall {
    /// The tool.
    pub name: &'static str,
    /// What the result names.
    pub id: &'static str,
    /// The arguments, a JSON object in which nothing is replaced.
    pub arguments: &'static str,
}

impl TemplateMessage {
    /// A message of text.
    #[doc(hidden)]
    pub const fn new(role: Role, text: &'static str) -> Self {
        Self { role, text, name: None, id: None, calls: &[] }
    }

    /// The same of a speaker with a name.
    #[doc(hidden)]
    pub const fn name(mut self, name: &'static str) -> Self {
        self.name = Some(name);
        self
    }

    /// The same as the result of a call.
    #[doc(hidden)]
    pub const fn id(mut self, id: &'static str) -> Self {
        self.id = Some(id);
        self
    }

    /// The same with calls.
    #[doc(hidden)]
    pub const fn calls(mut self, calls: &'static [TemplateCall]) -> Self {
        self.calls = calls;
        self
    }

    /// As the wire has it.
    pub(crate) fn message(&self) -> Message {
        let calls: Vec<ToolCall> = self.calls.iter().map(TemplateCall::call).collect();
        let mut message = Message::new(self.role, self.text);
        if self.text.is_empty() && !calls.is_empty() {
            message.content = None;
        }
        message.name = self.name.map(String::from);
        message.tool_call_id = self.id.map(String::from);
        message.tool_calls = (!calls.is_empty()).then_some(calls);
        message
    }
}

impl TemplateCall {
    /// A call of a tool.
    #[doc(hidden)]
    pub const fn new(name: &'static str, id: &'static str, arguments: &'static str) -> Self {
        Self { name, id, arguments }
    }

    fn call(&self) -> ToolCall {
        let function = FunctionCall { name: self.name.into(), arguments: Some(self.arguments.into()) };
        ToolCall { id: self.id.into(), kind: "function".into(), function }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::function::Template;

    #[test]
    fn a_chat_is_the_one_that_a_file_of_the_same_messages_has() {
        const FILE: &str = r#"---
model: m
---
<user name="ada">{{q}}</user>
<assistant><tool name="search" id="1">{"q": "x"}</tool></assistant>
<tool id="1">{{found}}</tool>
<assistant><text>And?</text><tool name="look" id="2">{}</tool></assistant>
<tool id="2"></tool>
"#;
        static CHAT: &[TemplateMessage] = &[
            TemplateMessage::new(Role::User, "{{q}}").name("ada"),
            TemplateMessage::new(Role::Assistant, "").calls(&[TemplateCall::new("search", "1", r#"{"q": "x"}"#)]),
            TemplateMessage::new(Role::Tool, "{{found}}").id("1"),
            TemplateMessage::new(Role::Assistant, "And?").calls(&[TemplateCall::new("look", "2", "{}")]),
            TemplateMessage::new(Role::Tool, "").id("2"),
        ];
        assert_eq!(Template::new("m").chat(CHAT).config(), Template::new("m").file(FILE).config());
    }
}
