//! Tokens → [`Args`]: a table of options. Unknown, doubled, misspelt and misused ones are refused here, in one place.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Expr, Lit, LitBool, LitInt, LitStr, Path, Token, bracketed, parenthesized};

use crate::errors::{Errors, instead};

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
    pub(crate) model: Option<LitStr>,
    pub(crate) provider: Option<LitStr>,
    pub(crate) endpoint: Option<LitStr>,
    pub(crate) temperature: Option<f64>,
    pub(crate) max_tokens: Option<i64>,
    pub(crate) top_p: Option<f64>,
    pub(crate) stop: Vec<LitStr>,
    pub(crate) presence_penalty: Option<f64>,
    pub(crate) frequency_penalty: Option<f64>,
    pub(crate) seed: Option<i64>,
    pub(crate) template: Option<LitStr>,
    pub(crate) chat_template: Option<Vec<Message>>,
    pub(crate) retry: Option<LitInt>,
    pub(crate) timeout: Option<Expr>,
    pub(crate) check: Option<Expr>,
}

/// One `key = expression` of `metadata(..)`.
pub(crate) struct Metadata {
    pub(crate) key: LitStr,
    pub(crate) value: Expr,
}

/// One `role("text")` of `chat_template = [..]`.
pub(crate) struct Message {
    pub(crate) role: Role,
    pub(crate) text: LitStr,
}

/// Who says a message of a chat template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    System,
    User,
    Assistant,
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
    any("crate", "crate = my_crate::humanloop", |args, input| {
        input.parse::<Token![=]>()?;
        args.krate = Some(input.call(Path::parse_mod_style)?);
        Ok(())
    }),
    prompt("model", r#"model = "gpt-4""#, |args, input| text(input, &mut args.model)),
    prompt("provider", r#"provider = "openai""#, |args, input| text(input, &mut args.provider)),
    prompt("endpoint", r#"endpoint = "chat""#, |args, input| text(input, &mut args.endpoint)),
    prompt("temperature", "temperature = 0.7", |args, input| number(input, &mut args.temperature)),
    prompt("max_tokens", "max_tokens = 256", |args, input| integer(input, &mut args.max_tokens)),
    prompt("top_p", "top_p = 0.9", |args, input| number(input, &mut args.top_p)),
    prompt("stop", r#"stop = ["\n", "END"]"#, |args, input| texts(input, &mut args.stop)),
    prompt("presence_penalty", "presence_penalty = 0.5", |args, input| number(input, &mut args.presence_penalty)),
    prompt("frequency_penalty", "frequency_penalty = 0.5", |args, input| number(input, &mut args.frequency_penalty)),
    prompt("seed", "seed = 42", |args, input| integer(input, &mut args.seed)),
    prompt("template", r#"template = "Question: {{question}}""#, |args, input| text(input, &mut args.template)),
    prompt(
        "chat_template",
        r#"chat_template = [system("Be brief."), user("{{question}}"), assistant("Well:")]"#,
        |args, input| messages(input, &mut args.chat_template),
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
    let mut args = Args::default();
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

fn texts(input: ParseStream, slot: &mut Vec<LitStr>) -> syn::Result<()> {
    input.parse::<Token![=]>()?;
    if input.peek(LitStr) {
        slot.push(input.parse()?);
        return Ok(());
    }
    let content;
    bracketed!(content in input);
    *slot = Punctuated::<LitStr, Token![,]>::parse_terminated(&content)?.into_iter().collect();
    Ok(())
}

fn number(input: ParseStream, slot: &mut Option<f64>) -> syn::Result<()> {
    let literal: Lit = value(input)?;
    let number: f64 = match &literal {
        Lit::Float(float) => float.base10_parse()?,
        Lit::Int(int) => int.base10_parse()?,
        other => return Err(syn::Error::new_spanned(other, "not a number")),
    };
    if !number.is_finite() {
        return Err(syn::Error::new_spanned(literal, "too large"));
    }
    *slot = Some(number);
    Ok(())
}

fn integer(input: ParseStream, slot: &mut Option<i64>) -> syn::Result<()> {
    *slot = Some(value::<LitInt>(input)?.base10_parse()?);
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

impl Parse for Message {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let word: Ident = input.parse()?;
        let role = match word.to_string().as_str() {
            "system" => Role::System,
            "user" => Role::User,
            "assistant" => Role::Assistant,
            _ => return Err(syn::Error::new_spanned(word, "no such role")),
        };
        let content;
        parenthesized!(content in input);
        Ok(Self { role, text: content.parse()? })
    }
}
