//! The rendered prompt of a function annotated with `prompt`.

use std::borrow::Cow;

use humanloop_api::{
    Message, MissingVariable, ModelConfig, Object, Path, RawValue, raw, render, render_message, value_at,
};

use crate::context::Context;
use crate::function::Template;

/// A rendered prompt: the messages, or the text of a completion, and the model's parameters.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Prompt {
    /// Model, parameters and templates.
    pub config: ModelConfig,
    /// The rendered messages of a chat.
    pub messages: Vec<Message>,
    /// The rendered text of a completion.
    pub text: Option<String>,
}

impl Prompt {
    /// The prompt of `template` with each variable replaced by its value.
    ///
    /// # Errors
    ///
    /// The first variable that has none.
    pub(crate) fn render(template: &Template, variables: &Variables) -> Result<Self, MissingVariable> {
        Self::strict(template, variables).map_err(|missing| MissingVariable { known: variables.names(), ..missing })
    }

    fn strict(template: &Template, variables: &Variables) -> Result<Self, MissingVariable> {
        let config = template.config();
        let value = |path: &Path| variables.value(path);
        let messages = config.chat_template.iter().flatten().map(|message| render_message(message, value));
        let messages = messages.collect::<Result<_, _>>()?;
        let text = config.prompt_template.as_deref().map(|text| render(text, value)).transpose()?;
        Ok(Self { config, messages, text })
    }

    /// The same; a variable without a value stays as it is.
    pub(crate) fn new(template: &Template, variables: &Variables) -> Self {
        Self::strict(template, variables).unwrap_or_else(|_| {
            // The macro has checked that each variable is a parameter; what lies inside of its value only this call knows.
            let config = template.config();
            let value = |path: &Path| Some(variables.value(path).unwrap_or_else(|| format!("{{{{{path}}}}}")));
            let messages = config.chat_template.iter().flatten().flat_map(|message| render_message(message, value));
            let messages = messages.collect();
            let text = config.prompt_template.as_deref().and_then(|text| render(text, value).ok());
            Self { config, messages, text }
        })
    }

    /// The model's name.
    pub fn model(&self) -> &str {
        &self.config.model
    }

    /// The JSON Schema that the answer is to have: that of a typed answer, or the option `response_format`.
    pub fn schema(&self) -> Option<Box<RawValue>> {
        schema_of(self.config.response_format.as_ref()?)
    }

    /// The prompt as the request of OpenAI's API, in any type that is read from its JSON, such as `async-openai`'s
    /// `CreateChatCompletionRequest`: messages and all parameters; of a text to complete, `prompt` in their place.
    ///
    /// # Errors
    ///
    /// When the type does not take this JSON.
    #[cfg(feature = "http")]
    pub fn request<T: serde::de::DeserializeOwned>(self) -> Result<T, crate::Error> {
        let body = crate::provider::openai_body(&self.into());
        let json = serde_json::to_string(&body).unwrap_or_default();
        serde_json::from_str(&json).map_err(|error| crate::Error::Setting {
            name: "Prompt::request",
            problem: format!(
                "`{}` does not take the prompt as OpenAI's API has it: {error}",
                std::any::type_name::<T>()
            ),
        })
    }

    /// The text to complete; for a chat, its messages' texts joined by line breaks.
    pub fn text(&self) -> Cow<'_, str> {
        match &self.text {
            Some(text) => text.into(),
            None => self.messages.iter().map(Message::text).collect::<Vec<_>>().join("\n").into(),
        }
    }
}

/// The schema in a `response_format` of the kind `json_schema`, as OpenAI and v4 have it.
pub(crate) fn schema_of(format: &Object) -> Option<Box<RawValue>> {
    let inner: Object = serde_json::from_str(format.get("json_schema")?.get()).ok()?;
    inner.get("schema").map(ToOwned::to_owned)
}

/// The values of a template's variables.
#[derive(Clone, Debug, Default)]
pub(crate) struct Variables {
    texts: Vec<(&'static str, String)>,
    /// Those that a template reaches into, as JSON.
    values: Vec<(&'static str, Box<RawValue>)>,
}

impl Variables {
    /// Forgets them.
    pub(crate) fn clear(&mut self) {
        self.texts.clear();
        self.values.clear();
    }

    /// The value as a text.
    pub(crate) fn text(&mut self, name: &'static str, text: String) {
        self.texts.push((name, text));
    }

    /// The value as JSON, for templates that reach into it.
    pub(crate) fn json(&mut self, name: &'static str, json: Vec<u8>) {
        self.values.extend(String::from_utf8(json).ok().and_then(raw).map(|json| (name, json)));
    }

    fn value(&self, path: &Path) -> Option<String> {
        let found = |known: &str| known == path.name;
        let text = || self.texts.iter().find(|(known, _)| found(known)).map(|(_, text)| text.clone());
        let json =
            || self.values.iter().find(|(known, _)| found(known)).and_then(|(_, json)| value_at(json, &path.steps));
        if path.steps.is_empty() { text().or_else(json) } else { json() }
    }

    /// The names that have a value.
    fn names(&self) -> Vec<String> {
        let texts = self.texts.iter().map(|(name, _)| name);
        let mut names: Vec<String> =
            texts.chain(self.values.iter().map(|(name, _)| name)).map(ToString::to_string).collect();
        names.dedup();
        names
    }

    /// The same values for the log, those in `hidden` left out.
    pub(crate) fn shown(&self, hidden: &[&str]) -> Self {
        let left_out = |name: &str| format!("[{name} left out]");
        let mut shown = Self::default();
        for (name, text) in &self.texts {
            shown.text(name, if hidden.contains(name) { left_out(name) } else { text.clone() });
        }
        for (name, json) in &self.values {
            // Wherever a template reaches into it, it finds nothing.
            if !hidden.contains(name) {
                shown.values.push((name, json.clone()));
            }
        }
        shown
    }
}

/// The rendered messages and parameters of the prompt whose body calls this; an empty prompt elsewhere.
///
/// It works with logging off, too: the body needs it to call the model.
pub fn current_prompt() -> Prompt {
    Context::current().prompt().map_or_else(Prompt::default, |prompt| Prompt::clone(prompt))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TemplateMessage;
    use humanloop_api::Role;

    fn variables() -> Variables {
        let mut variables = Variables::default();
        variables.text("user", "Ada, 36".into());
        variables.json("user", br#"{"name":"Ada","tags":["{{x}}",2]}"#.to_vec());
        variables
    }

    #[test]
    fn a_template_may_reach_into_a_value() {
        static CHAT: &[TemplateMessage] =
            &[TemplateMessage::new(Role::User, "{{user}}: {{user.name}} {{ user.tags[0] }} {{user.tags}}")];
        let prompt = Prompt::render(&Template::new("m").chat(CHAT), &variables()).unwrap();
        assert_eq!(prompt.messages, [Message::user(r#"Ada, 36: Ada {{x}} ["{{x}}",2]"#)]);
    }

    #[test]
    fn what_is_not_there_stays_in_the_text_and_is_an_error_to_who_asks() {
        let template = Template::new("m").template("{{user.age}} {{user.name}}");
        assert_eq!(Prompt::new(&template, &variables()).text.as_deref(), Some("{{user.age}} Ada"));
        let error = Prompt::render(&template, &variables()).unwrap_err();
        assert_eq!((error.name.as_str(), &error.known[..]), ("user.age", &["user".to_owned()][..]));
        assert!(error.to_string().contains("`user` has nothing at that place"), "{error}");
    }

    #[test]
    fn what_is_hidden_is_not_shown_inside_either() {
        let template = Template::new("m").template("{{user}} {{user.name}}");
        let shown = Prompt::new(&template, &variables().shown(&["user"]));
        assert_eq!(shown.text.as_deref(), Some("[user left out] {{user.name}}"));
    }

    #[test]
    fn a_file_is_the_config_and_the_attribute_stands_above_it() {
        const FILE: &str =
            "---\nmodel: gpt-4o\ntemperature: 0.5\nseed: 1\n---\n<system>Short.</system>\n<user>{{user.name}}</user>\n";
        let template = Template::new("").temperature(0.0).file(FILE);
        let prompt = Prompt::render(&template, &variables()).unwrap();
        assert_eq!((prompt.model(), prompt.config.temperature, prompt.config.seed), ("gpt-4o", Some(0.0), Some(1)));
        assert_eq!(prompt.messages, [Message::system("Short."), Message::user("Ada")]);
        let plain = Prompt::render(&Template::new("m").file("Hi {{user.name}}"), &variables()).unwrap();
        assert_eq!((plain.model(), plain.text.as_deref()), ("m", Some("Hi Ada")));
    }
}
