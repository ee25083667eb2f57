//! `chat_template = [..]`: its messages, their names and ids, and the calls of tools in them.

use humanloop_template::yaml::Value;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{LitStr, Token, parenthesized};

use crate::errors::{Errors, instead};

/// One `role(..)`, or the `tool(..)` in an assistant's message.
pub(crate) struct Message {
    /// `system`, `user`, `assistant` or `tool`.
    role: Ident,
    parts: Vec<Part>,
}

/// What stands in a message's parentheses.
enum Part {
    /// `"text"`
    Text(LitStr),
    /// `id = "call_1"`
    Setting(Ident, LitStr),
    /// `tool(..)`
    Call(Message),
}

const ROLES: [&str; 4] = ["system", "user", "assistant", "tool"];

impl Parse for Message {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let role = input.call(Ident::parse_any)?;
        let content;
        parenthesized!(content in input);
        let parts = Punctuated::<Part, Token![,]>::parse_terminated(&content)?;
        Ok(Self { role, parts: parts.into_iter().collect() })
    }
}

impl Parse for Part {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        if input.peek(LitStr) {
            return input.parse().map(Self::Text);
        }
        if input.peek2(Token![=]) {
            let name = input.call(Ident::parse_any)?;
            input.parse::<Token![=]>()?;
            return Ok(Self::Setting(name, input.parse()?));
        }
        input.parse().map(Self::Call)
    }
}

impl Message {
    /// What is said; its variables are checked with those of the other templates.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &LitStr> {
        self.parts.iter().filter_map(|part| match part {
            Part::Text(text) => Some(text),
            _ => None,
        })
    }

    fn calls(&self) -> impl Iterator<Item = &Self> {
        self.parts.iter().filter_map(|part| match part {
            Part::Call(call) => Some(call),
            _ => None,
        })
    }

    fn setting(&self, wanted: &str) -> Option<&LitStr> {
        self.parts.iter().find_map(|part| match part {
            Part::Setting(name, value) if name == wanted => Some(value),
            _ => None,
        })
    }

    /// The message as the runtime describes it.
    pub(crate) fn expand(&self, private: &TokenStream) -> TokenStream {
        let role = variant(&self.role.to_string());
        let text = self.texts().next().map_or_else(|| "".to_token_stream(), ToTokens::to_token_stream);
        let name = self.setting("name").map(|name| quote_spanned! { Span::mixed_site() => .name(#name) });
        let id = self.setting("id").map(|id| quote_spanned! { Span::mixed_site() => .id(#id) });
        let calls: Vec<TokenStream> = self.calls().map(|call| call.expand_call(private)).collect();
        let calls = (!calls.is_empty()).then(|| quote_spanned! { Span::mixed_site() => .calls(&[#(#calls),*]) });
        quote_spanned! { Span::mixed_site() =>
            #private::TemplateMessage::new(#private::Role::#role, #text) #name #id #calls
        }
    }

    fn expand_call(&self, private: &TokenStream) -> TokenStream {
        let (name, id, arguments) = (self.setting("name"), self.setting("id"), self.texts().next());
        quote_spanned! { Span::mixed_site() => #private::TemplateCall::new(#name, #id, #arguments) }
    }
}

/// The variant of the runtime's roles.
fn variant(word: &str) -> Ident {
    let mut letters = word.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    Ident::new(&first.into_iter().chain(letters).collect::<String>(), Span::mixed_site())
}

/// Everything but what the texts say.
pub(crate) fn check(messages: &[Message], errors: &mut Errors) {
    let mut checker = Checker { errors, ids: Vec::new() };
    for message in messages {
        checker.message(message);
    }
}

struct Checker<'a> {
    errors: &'a mut Errors,
    /// Those of the calls so far.
    ids: Vec<String>,
}

impl Checker<'_> {
    fn message(&mut self, message: &Message) {
        let word = message.role.to_string();
        if !ROLES.contains(&word.as_str()) {
            self.errors.add(message.role.span(), format!("there is no role `{word}`; {}", instead(&word, ROLES)));
            return;
        }
        let known: &[&str] = if word == "tool" { &["name", "id"] } else { &["name"] };
        self.settings(message, known);
        if word == "tool" {
            self.answer(message);
        }
        for call in message.calls() {
            if word == "assistant" {
                self.call(call);
            } else {
                let wrong = format!("in `{word}` stands a text; only an assistant's message holds calls");
                self.errors.add(call.role.span(), wrong);
            }
        }
        if message.texts().next().is_none() && message.calls().next().is_none() {
            self.errors.add(message.role.span(), format!("`{word}` says nothing; write `{word}(\"…\")`"));
        }
        for text in message.texts().skip(1) {
            self.errors.add(text.span(), "a message has one text; write both as one");
        }
    }

    /// The names and ids of a message or call, each once.
    fn settings(&mut self, message: &Message, known: &[&str]) {
        let mut seen = Vec::new();
        for part in &message.parts {
            let Part::Setting(name, value) = part else { continue };
            let word = name.to_string();
            if !known.contains(&word.as_str()) {
                let instead = instead(&word, known.iter().copied());
                self.errors.add(name.span(), format!("`{}` has no `{word}`; {instead}", message.role));
            } else if seen.contains(&word) {
                self.errors.add(name.span(), format!("`{word}` is given twice; keep one"));
            } else if value.value().trim().is_empty() {
                self.errors.add(value.span(), format!("`{word}` is empty"));
            }
            seen.push(word);
        }
    }

    /// `tool(id = "call_1", "found")`: the result of a call that stands above it.
    fn answer(&mut self, message: &Message) {
        let Some(id) = message.setting("id") else {
            let wrong = "a result names its call; write `tool(id = \"call_1\", \"…\")`";
            self.errors.add(message.role.span(), wrong);
            return;
        };
        let word = id.value();
        if !self.ids.contains(&word) {
            let instead = instead(&word, self.ids.iter().map(String::as_str));
            let wrong = format!("no assistant above makes a call with the id `{word}`; {instead}");
            self.errors.add(id.span(), wrong);
        }
    }

    /// `tool(name = "search", id = "call_1", "{}")` in an assistant's message.
    fn call(&mut self, call: &Message) {
        let word = call.role.to_string();
        if word != "tool" {
            let wrong =
                format!("an assistant's message holds a text and calls, no `{word}`; {}", instead(&word, ["tool"]));
            self.errors.add(call.role.span(), wrong);
            return;
        }
        self.settings(call, &["name", "id"]);
        if call.setting("name").is_none() || call.setting("id").is_none() {
            let wrong = "a call has a name and an id; write `tool(name = \"search\", id = \"call_1\", \"{}\")`";
            self.errors.add(call.role.span(), wrong);
        }
        if let Some(id) = call.setting("id") {
            if self.ids.contains(&id.value()) {
                self.errors.add(id.span(), format!("two calls have the id `{}`", id.value()));
            }
            self.ids.push(id.value());
        }
        for inner in call.calls() {
            self.errors.add(inner.role.span(), "a call holds its arguments, no call");
        }
        match call.texts().next() {
            None => self
                .errors
                .add(call.role.span(), "the arguments of a call are one JSON object; write `\"{}\"` for none"),
            Some(arguments) => self.arguments(arguments),
        }
        for text in call.texts().skip(1) {
            self.errors.add(text.span(), "a call has one JSON object; write both as one");
        }
    }

    fn arguments(&mut self, arguments: &LitStr) {
        let text = arguments.value();
        let wrong = match Value::parse_json(&text) {
            Ok(Value::Map(_)) => return,
            Ok(_) => "the arguments of a call are one JSON object; write `\"{}\"` for none".to_owned(),
            // A brace in the place of a key, or of a value.
            Err(mistake) if text.get(mistake.span.start..).is_some_and(|rest| rest.starts_with('{')) => {
                "in the arguments of a call nothing is replaced".to_owned()
            }
            Err(mistake) => mistake.show("arguments", &text),
        };
        self.errors.add(arguments.span(), wrong);
    }
}
