//! Tokens → [`Args`]: a table of options. Unknown, doubled, misspelt and misused ones are refused here, in one place.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Expr, LitBool, LitInt, LitStr, Path, Token, bracketed, parenthesized};

use crate::errors::{Errors, instead};
use crate::messages::Message;
use crate::parameters::Form;

/// Which attribute it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Tool,
    Prompt,
    Flow,
}

impl Kind {
    /// The attribute's name, as the user writes it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Tool => "tool",
            Self::Prompt => "prompt",
            Self::Flow => "flow",
        }
    }
}

/// What stands in the attribute's parentheses.
#[derive(Default)]
pub(crate) struct Args {
    /// All of it, as it is written.
    pub(crate) written: TokenStream,
    pub(crate) project: Option<LitStr>,
    pub(crate) name: Option<LitStr>,
    pub(crate) description: Option<LitStr>,
    pub(crate) skip: Vec<Ident>,
    pub(crate) skip_all: bool,
    pub(crate) skip_output: bool,
    pub(crate) debug: Vec<Ident>,
    pub(crate) serialize: Vec<Ident>,
    pub(crate) redact: Vec<Ident>,
    pub(crate) metadata: Vec<Metadata>,
    pub(crate) hide_source: bool,
    pub(crate) future: Option<Span>,
    pub(crate) stream: Option<Span>,
    pub(crate) krate: Option<Path>,
    pub(crate) constant: Option<Ident>,
    pub(crate) model: Option<Expr>,
    /// The parameters of the model, as they are written.
    pub(crate) parameters: Vec<(&'static str, Expr)>,
    pub(crate) template: Option<LitStr>,
    pub(crate) chat_template: Option<Vec<Message>>,
    /// Its brackets.
    pub(crate) chat_template_at: Option<Span>,
    pub(crate) template_file: Option<LitStr>,
    pub(crate) retry: Option<LitInt>,
    pub(crate) timeout: Option<Expr>,
    pub(crate) check: Option<Expr>,
}

/// One `key = expression` of `metadata(..)`.
pub(crate) struct Metadata {
    pub(crate) key: LitStr,
    pub(crate) value: Expr,
}

/// One option: its name, what it looks like, where it may stand and how it is read.
struct Entry {
    name: &'static str,
    example: &'static str,
    prompt_only: bool,
    read: Read,
}

type Read = fn(&mut Args, ParseStream) -> syn::Result<()>;

const fn any(name: &'static str, example: &'static str, read: Read) -> Entry {
    Entry { name, example, prompt_only: false, read }
}

const fn prompt(name: &'static str, example: &'static str, read: Read) -> Entry {
    Entry { name, example, prompt_only: true, read }
}

/// Every option there is.
const OPTIONS: &[Entry] = &[
    any("project", r#"project = "support""#, |args, input| text(input, &mut args.project)),
    any("name", r#"name = "Google Search""#, |args, input| text(input, &mut args.name)),
    any("description", r#"description = "Searches Google""#, |args, input| text(input, &mut args.description)),
    any("skip", "skip(api_key)", |args, input| arguments(input, &mut args.skip)),
    any("skip_all", "skip_all", |args, _| flag(&mut args.skip_all)),
    any("skip_output", "skip_output", |args, _| flag(&mut args.skip_output)),
    any("debug", "debug(request)", |args, input| arguments(input, &mut args.debug)),
    any("serialize", "serialize(request)", |args, input| arguments(input, &mut args.serialize)),
    any("redact", "redact(api_key)", |args, input| arguments(input, &mut args.redact)),
    any("metadata", "metadata(tenant = request.tenant)", |args, input| list(input, &mut args.metadata)),
    any("source", "source = false", |args, input| value::<LitBool>(input).map(|on| args.hide_source = !on.value)),
    any("future", "future", |args, input| mark(input, &mut args.future)),
    any("stream", "stream", |args, input| mark(input, &mut args.stream)),
    any("constant", "constant = ANSWER", |args, input| value(input).map(|name| args.constant = Some(name))),
    any("crate", "crate = my_crate::humanloop", |args, input| {
        input.parse::<Token![=]>()?;
        args.krate = Some(input.call(Path::parse_mod_style)?);
        Ok(())
    }),
    prompt("model", r#"model = "gpt-4""#, |args, input| {
        args.model = Some(value_of(input, Form::Text)?);
        Ok(())
    }),
    prompt("provider", r#"provider = "openai""#, |args, input| parameter(args, input, "provider", Form::Text)),
    prompt("endpoint", r#"endpoint = "chat""#, |args, input| parameter(args, input, "endpoint", Form::Text)),
    prompt("temperature", "temperature = 0.7", |args, input| parameter(args, input, "temperature", Form::Number)),
    prompt("max_tokens", "max_tokens = 256", |args, input| parameter(args, input, "max_tokens", Form::Integer)),
    prompt("top_p", "top_p = 0.9", |args, input| parameter(args, input, "top_p", Form::Number)),
    prompt("stop", r#"stop = ["\n", "END"]"#, |args, input| parameter(args, input, "stop", Form::Texts)),
    prompt("presence_penalty", "presence_penalty = 0.5", |args, input| {
        parameter(args, input, "presence_penalty", Form::Number)
    }),
    prompt("frequency_penalty", "frequency_penalty = 0.5", |args, input| {
        parameter(args, input, "frequency_penalty", Form::Number)
    }),
    prompt("seed", "seed = 42", |args, input| parameter(args, input, "seed", Form::Integer)),
    prompt("reasoning_effort", r#"reasoning_effort = "low""#, |args, input| {
        parameter(args, input, "reasoning_effort", Form::TextOrInteger)
    }),
    prompt("response_format", r##"response_format = r#"{"type": "json_object"}"#"##, |args, input| {
        parameter(args, input, "response_format", Form::Text)
    }),
    prompt("other", r##"other = r#"{"logit_bias": {"50256": -100}}"#"##, |args, input| {
        parameter(args, input, "other", Form::Text)
    }),
    prompt("tools", r##"tools = r#"[{"name": "search", "parameters": {"type": "object"}}]"#"##, |args, input| {
        parameter(args, input, "tools", Form::Text)
    }),
    prompt("template_file", r#"template_file = "prompts/answer.prompt""#, |args, input| {
        text(input, &mut args.template_file)
    }),
    prompt("template", r#"template = "Question: {{question}}""#, |args, input| text(input, &mut args.template)),
    prompt(
        "chat_template",
        r#"chat_template = [system("Be brief."), user("{{question}}"), assistant("Well:")]"#,
        |args, input| {
            args.chat_template_at = Some(input.span());
            messages(input, &mut args.chat_template)
        },
    ),
    prompt("retry", "retry(2)", |args, input| {
        let content;
        parenthesized!(content in input);
        args.retry = Some(content.parse()?);
        Ok(())
    }),
    prompt("timeout", "timeout = 30", |args, input| value(input).map(|limit| args.timeout = Some(limit))),
    prompt("check", "check = is_plausible", |args, input| value(input).map(|check| args.check = Some(check))),
];

/// Reads the attribute's parentheses. What is wrong goes to `errors`; what is right is read all the same.
pub(crate) fn parse(kind: Kind, tokens: TokenStream, errors: &mut Errors) -> Args {
    let mut args = Args { written: tokens.clone(), ..Args::default() };
    let mut seen = Vec::new();
    for words in split_at_commas(tokens, errors) {
        let mut words = words.into_iter();
        let name = match words.next() {
            Some(TokenTree::Ident(name)) => name,
            Some(other) => {
                errors.add(other.span(), "expected an option, such as `name = \"Google Search\"`");
                continue;
            }
            None => continue,
        };
        let Some(entry) = find(kind, &name, errors) else { continue };
        if seen.contains(&entry.name) {
            errors.add(name.span(), format!("`{}` is given twice; keep one", entry.name));
            continue;
        }
        seen.push(entry.name);
        // The parser works in parentheses with the option's span, so that "unexpected end" points at the option.
        let mut rest = Group::new(Delimiter::Parenthesis, words.collect());
        rest.set_span(name.span());
        let read = |input: ParseStream| {
            let content;
            parenthesized!(content in input);
            (entry.read)(&mut args, &content)
        };
        if let Err(error) = read.parse2(TokenTree::from(rest).into()) {
            errors.add(error.span(), format!("`{}` is written like this: `{}`", entry.name, entry.example));
        }
    }
    args
}

fn find(kind: Kind, name: &Ident, errors: &mut Errors) -> Option<&'static Entry> {
    let allowed = |entry: &&Entry| kind == Kind::Prompt || !entry.prompt_only;
    let entry = OPTIONS.iter().find(|entry| name == entry.name);
    match entry {
        Some(entry) if allowed(&entry) => return Some(entry),
        Some(_) => {
            errors.add(name.span(), format!("`{name}` is an option of `#[prompt]`, not of `#[{}]`", kind.name()));
        }
        None => {
            let names = OPTIONS.iter().filter(allowed).map(|entry| entry.name);
            let instead = instead(&name.to_string(), names);
            errors.add(name.span(), format!("`#[{}]` has no option `{name}`; {instead}", kind.name()));
        }
    }
    None
}

/// The options one by one, so that a mistake in one of them does not hide those in the others.
fn split_at_commas(tokens: TokenStream, errors: &mut Errors) -> Vec<Vec<TokenTree>> {
    let mut options = Vec::new();
    let mut option = Vec::new();
    for tree in tokens {
        match tree {
            TokenTree::Punct(comma) if comma.as_char() == ',' => {
                if option.is_empty() {
                    errors.add(comma.span(), "expected an option before this comma");
                }
                options.push(std::mem::take(&mut option));
            }
            tree => option.push(tree),
        }
    }
    options.push(option);
    options
}

// The forms an option can have. A mistake they return only says where; the table's example says what to write.

fn value<T: Parse>(input: ParseStream) -> syn::Result<T> {
    input.parse::<Token![=]>()?;
    input.parse()
}

fn flag(slot: &mut bool) -> syn::Result<()> {
    *slot = true;
    Ok(())
}

/// A flag that remembers where it stands; the parser works with the option's span.
fn mark(input: ParseStream, slot: &mut Option<Span>) -> syn::Result<()> {
    *slot = Some(input.span());
    Ok(())
}

fn text(input: ParseStream, slot: &mut Option<LitStr>) -> syn::Result<()> {
    *slot = Some(value(input)?);
    Ok(())
}

/// An expression; a literal is of the form that the parameter has.
fn value_of(input: ParseStream, form: Form) -> syn::Result<Expr> {
    let value: Expr = value(input)?;
    if form.fits(&value) { Ok(value) } else { Err(syn::Error::new_spanned(value, "of another form")) }
}

fn parameter(args: &mut Args, input: ParseStream, name: &'static str, form: Form) -> syn::Result<()> {
    args.parameters.push((name, value_of(input, form)?));
    Ok(())
}

fn arguments(input: ParseStream, slot: &mut Vec<Ident>) -> syn::Result<()> {
    let content;
    parenthesized!(content in input);
    *slot = Punctuated::<Ident, Token![,]>::parse_terminated_with(&content, Ident::parse_any)?.into_iter().collect();
    Ok(())
}

fn list<T: Parse>(input: ParseStream, slot: &mut Vec<T>) -> syn::Result<()> {
    let content;
    parenthesized!(content in input);
    *slot = Punctuated::<T, Token![,]>::parse_terminated(&content)?.into_iter().collect();
    Ok(())
}

fn messages(input: ParseStream, slot: &mut Option<Vec<Message>>) -> syn::Result<()> {
    input.parse::<Token![=]>()?;
    let content;
    bracketed!(content in input);
    *slot = Some(Punctuated::<Message, Token![,]>::parse_terminated(&content)?.into_iter().collect());
    Ok(())
}

impl Parse for Metadata {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let key = if input.peek(LitStr) {
            input.parse()?
        } else {
            let key = Ident::parse_any(input)?;
            LitStr::new(&key.unraw().to_string(), key.span())
        };
        Ok(Self { key, value: value(input)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_option_is_refused_when_it_is_misspelt_doubled_or_written_otherwise() {
        let refused = |args: &str, message: &str| {
            let mut errors = Errors::default();
            parse(Kind::Prompt, args.parse().unwrap(), &mut errors);
            let messages = errors.messages();
            assert!(messages.iter().any(|found| found == message), "{args}: {message} is not in {messages:?}");
        };
        for Entry { name, example, .. } in OPTIONS {
            let misspelt = example.replacen(name, &format!("{name}x"), 1);
            refused(&misspelt, &format!("`#[prompt]` has no option `{name}x`; did you mean `{name}`?"));
            refused(&format!("{example}, {example}"), &format!("`{name}` is given twice; keep one"));
            let otherwise = if example.contains('=') { format!("{name}(1)") } else { format!("{name} = 1") };
            refused(&otherwise, &format!("`{name}` is written like this: `{example}`"));
        }
    }
}
