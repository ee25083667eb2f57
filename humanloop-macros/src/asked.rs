//! A prompt without a body: the call of the model stands in its place.

use proc_macro2::{Literal, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, ExprLit, Lit, ReturnType};

use crate::attr::{Args, Kind};
use crate::errors::Errors;
use crate::item::Function;
use crate::shape::{self, Items, Outer, Output, Shape};
use crate::spec::Spec;
use crate::template;

/// How the model is asked.
pub(crate) struct Asked {
    /// Whether the answer comes in pieces.
    streams: bool,
    /// What the answer becomes; of a stream, its items.
    wanted: TokenStream,
    /// The options of the call, after `Options::default()`.
    options: TokenStream,
}

/// `None` for a function with a body, and for one that cannot do without.
pub(crate) fn check(
    kind: Kind,
    args: &Args,
    function: &Function,
    shape: Shape,
    private: &TokenStream,
    errors: &mut Errors,
) -> Option<Asked> {
    let name = &function.sig.ident;
    if kind != Kind::Prompt {
        return None;
    }
    if function.body.is_some() {
        let retry = args.retry.as_ref().map(|at| ("retry", at.span()));
        let timeout = args.timeout.as_ref().map(|at| ("timeout", at.span()));
        let check = args.check.as_ref().map(|at| ("check", at.span()));
        for (option, at) in [retry, timeout, check].into_iter().flatten() {
            let message =
                format!("`{option}` is for a prompt without a body; the body of `{name}` makes the call itself");
            errors.add(at, message);
        }
        return None;
    }
    if !has_template(args) {
        let message = format!(
            "`{name}` has no body, so the model is asked, and needs a template: write `template = \"…\"` or `chat_template = […]`"
        );
        errors.add_at(name, message);
    } else if args.model.is_none() && !template::names_a_model(args) {
        errors.add_at(name, format!("`{name}` has no body, so a model is asked: write which, `model = \"gpt-4o\"`"));
    }
    let options = options(args, private, errors);
    let (streams, wanted) = wanted(function, shape, private, errors)?;
    if let Some(retry) = args.retry.as_ref().filter(|_| streams) {
        errors.add(retry.span(), "a stream is not asked for again, as its pieces are out already; leave `retry` out");
    }
    Some(Asked { streams, wanted, options })
}

fn has_template(args: &Args) -> bool {
    args.template.is_some() || args.chat_template.is_some() || args.template_file.is_some()
}

/// Whether it is a stream, and the type of the answer or of the items.
fn wanted(
    function: &Function,
    shape: Shape,
    private: &TokenStream,
    errors: &mut Errors,
) -> Option<(bool, TokenStream)> {
    let (sig, name) = (&function.sig, &function.sig.ident);
    let ReturnType::Type(_, ty) = &sig.output else {
        let message =
            format!("`{name}` has no body, so it returns the model's answer: `-> Result<String, humanloop::Error>`");
        errors.add_at(name, message);
        return None;
    };
    match (shape.outer, shape.result) {
        (Outer::Async, Output::Value) => Some((false, shape::annotation(sig))),
        (Outer::Future | Outer::BoxedFuture, Output::Value) => {
            let resolved = shape::resolved(sig);
            if resolved.is_none() {
                errors.add_at(ty, "without a body the answer's type must be seen; write the return type out");
            }
            Some((false, resolved?))
        }
        (Outer::Plain, Output::Items { items: Items::Stream | Items::BoxedStream, fallible: false }) => {
            Some((true, shape::item(sig).unwrap_or_else(|| item_of(ty, private))))
        }
        (Outer::Plain, Output::Value) if shape::is_named(ty, &["Texts", "Partials"]) => {
            Some((true, item_of(ty, private)))
        }
        (Outer::Plain, Output::Value) => {
            let message = format!("`{name}` has no body, so it waits for the model's answer: write `async fn {name}`");
            errors.add_at(sig.fn_token, message);
            None
        }
        _ => {
            let message = "a prompt without a body returns the answer (`async fn … -> Result<String, E>`) or a stream (`fn … -> humanloop::Texts<E>`, `impl Stream<Item = Result<String, E>>`)";
            errors.add_at(ty, message);
            None
        }
    }
}

/// The items of a stream that goes by another name.
fn item_of(ty: &impl ToTokens, private: &TokenStream) -> TokenStream {
    quote_spanned! { Span::mixed_site() => <#ty as #private::Stream>::Item }
}

fn options(args: &Args, private: &TokenStream, errors: &mut Errors) -> TokenStream {
    let mut options = TokenStream::new();
    if let Some(retry) = &args.retry {
        match retry.base10_parse::<u32>() {
            Ok(times) => {
                let times = Literal::u32_unsuffixed(times);
                options.extend(quote_spanned! { Span::mixed_site() => .retry(#times) });
            }
            Err(_) => errors.add(retry.span(), "`retry` is how often to ask again: `retry(2)`"),
        }
    }
    match &args.timeout {
        None => {}
        Some(Expr::Lit(ExprLit { lit, .. })) => match milliseconds(lit) {
            Some(limit) => options.extend(
                quote_spanned! { Span::mixed_site() => .timeout(#private::core::time::Duration::from_millis(#limit)) },
            ),
            None => errors.add(lit.span(), "`timeout` is a number of seconds above 0, or a `Duration`"),
        },
        Some(limit) => options.extend(quote_spanned! { Span::mixed_site() => .timeout(#limit) }),
    }
    if let Some(check) = &args.check {
        let at_check = Span::mixed_site().located_at(check.span());
        options.extend(quote_spanned! { at_check => .check(#check) });
    }
    if args.skip_output {
        options.extend(quote_spanned! { Span::mixed_site() => .skip_output() });
    }
    options
}

/// A literal number of seconds.
fn milliseconds(seconds: &Lit) -> Option<Literal> {
    let seconds: f64 = match seconds {
        Lit::Int(seconds) => seconds.base10_parse().ok()?,
        Lit::Float(seconds) => seconds.base10_parse().ok()?,
        _ => return None,
    };
    let milliseconds = (seconds * 1000.0).round();
    (1.0..1e15).contains(&milliseconds).then(|| Literal::u64_unsuffixed(milliseconds as u64))
}

impl Asked {
    /// What stands behind the capture of the arguments: it takes the call, and logs it from begin to end.
    pub(crate) fn expand(&self, spec: &Spec) -> TokenStream {
        let (private, wanted, options) = (&spec.private, &self.wanted, &self.options);
        // A type that no answer becomes is an error at the return type.
        let at_output = Span::mixed_site().located_at(shape::output_span(&spec.function.sig));
        let wanted = quote_spanned! { at_output => #private::Wanted::<#wanted>::new() };
        let options = quote_spanned! { Span::mixed_site() => #private::Options::default() #options };
        let traits = quote_spanned! { Span::mixed_site() => use #private::answers::*; };
        if self.streams {
            return quote_spanned! { at_output => #traits (&&&#wanted).__stream(__call, #options) };
        }
        let ask = quote_spanned! { at_output => #traits (&&&#wanted).__ask(__call, #options).await };
        match spec.shape.outer {
            Outer::Plain | Outer::Async => ask,
            Outer::Future => quote_spanned! { at_output => async move { #ask } },
            Outer::BoxedFuture => quote_spanned! { at_output => #private::Box::pin(async move { #ask }) },
        }
    }
}
