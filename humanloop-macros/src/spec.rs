//! [`Args`] + [`Function`] → [`Spec`]. Every rule of the attributes is checked here, so that printing cannot fail.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{FnArg, LitStr, ReturnType, Type};

use crate::asked::{self, Asked};
use crate::attr::{Args, Kind};
use crate::errors::{Errors, instead};
use crate::item::Function;
use crate::mask::mask;
use crate::parameters;
use crate::shape::{self, Shape};
use crate::source::{self, Source};
use crate::template::{self, Variable};

/// All that the expansion needs to know.
pub(crate) struct Spec {
    pub(crate) kind: Kind,
    /// The path of what expansions may name.
    pub(crate) path: TokenStream,
    /// Its short name inside the function.
    pub(crate) private: TokenStream,
    pub(crate) args: Args,
    pub(crate) description: Option<String>,
    pub(crate) source: Source,
    pub(crate) version: String,
    pub(crate) function: Function,
    pub(crate) body: Group,
    /// How the model is asked, for a prompt without a body.
    pub(crate) asked: Option<Asked>,
    pub(crate) shape: Shape,
    /// How each of the function's arguments is captured, in order.
    pub(crate) captures: Vec<Capture>,
    /// The receiver, if it is captured.
    pub(crate) receiver: Option<(Ident, Capture)>,
    /// The arguments that the template mentions.
    pub(crate) variables: Vec<Variable>,
}

/// How an argument is captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Capture {
    /// By what its type can do.
    Probe,
    /// `debug(x)`
    Debug,
    /// `serialize(x)`
    Serialize,
    /// `skip(x)`, `skip_all`
    Skip,
    /// `redact(x)`
    Redact,
}

/// Checks everything there is to check. `item` is what `function` was read from.
pub(crate) fn check(kind: Kind, args: Args, function: Function, item: &TokenStream, errors: &mut Errors) -> Spec {
    check_signature(kind, &function, errors);
    check_shape(&args, &function, errors);
    check_metadata(&args, errors);
    let receiver = captured_receiver(&args, &function);
    let captures = captures(&args, &function, errors);
    let variables = template::check(&args, &function, errors);
    parameters::check(&args, errors);
    let description = args.description.as_ref().map(LitStr::value).or_else(|| function.documentation());
    let source = source::of(item, &function.sig.ident.to_string());
    let file = args.template_file.as_ref().and_then(|path| template::read(path).ok());
    let version = source::version(kind, &args.written, item, &source, file.as_deref()).to_string();
    let source = if args.hide_source { Source::Hidden } else { source };
    let source = source.map(|text| mask(text, &hidden(&function, &captures)));
    let path = match &args.krate {
        Some(path) => quote! { #path::__private },
        None => quote_spanned! { Span::mixed_site() => ::humanloop::__private },
    };
    let private = quote_spanned! { Span::mixed_site() => __hl };
    let shape = shape::of(&function.sig, args.future.is_some(), args.stream.is_some());
    let asked = asked::check(kind, &args, &function, shape, &private, errors);
    let body = function.body.clone().unwrap_or_else(|| {
        let mut body = Group::new(Delimiter::Brace, TokenStream::new());
        body.set_span(function.end);
        body
    });
    Spec {
        kind,
        path,
        private,
        args,
        description,
        source,
        version,
        function,
        body,
        asked,
        shape,
        captures,
        receiver,
        variables,
    }
}

fn check_signature(kind: Kind, function: &Function, errors: &mut Errors) {
    let kind = kind.name();
    let name = &function.sig.ident;
    if let Some(word) = &function.sig.constness {
        errors.add_at(word, format!("`#[{kind}]` records each call as it runs, so `{name}` cannot be `const`"));
    }
    if function.body.is_none() && kind != "prompt" {
        let message =
            format!("`{name}` has no body to record: write one or, in a trait, put `#[{kind}]` on the implementations");
        errors.add(function.end, message);
    }
    if let Some(dots) = &function.sig.variadic {
        errors.add_at(dots, format!("`#[{kind}]` cannot pass on variable arguments"));
    }
}

/// `future` and `stream` are for what the return type does not show.
fn check_shape(args: &Args, function: &Function, errors: &mut Errors) {
    let name = &function.sig.ident;
    if let Some(at) = args.future.filter(|_| function.sig.asyncness.is_some()) {
        errors.add(at, format!("`{name}` is an `async fn`, which is recorded when it resolves; leave `future` out"));
    }
    let returns = match &function.sig.output {
        ReturnType::Default => false,
        ReturnType::Type(_, ty) => !matches!(&**ty, Type::Never(_)),
    };
    if let (Some(at), Some(_), None) = (args.stream, args.future, shape::resolved(&function.sig))
        && returns
    {
        let message = "of an alias, `future` and `stream` cannot be told at once; write the return type out";
        errors.add(at, message);
    }
    for (option, at) in [("future", args.future), ("stream", args.stream)] {
        if let Some(at) = at.filter(|_| !returns) {
            errors.add(at, format!("`{name}` returns no {option}; leave `{option}` out"));
        }
    }
}

fn check_metadata(args: &Args, errors: &mut Errors) {
    for (place, entry) in args.metadata.iter().enumerate() {
        if args.metadata.iter().take(place).any(|before| before.key.value() == entry.key.value()) {
            errors.add(entry.key.span(), format!("metadata `{}` is given twice; keep one", entry.key.value()));
        }
    }
}

/// The lists of arguments, in the order in which they are written in the documentation.
fn lists(args: &Args) -> [(&'static str, &[Ident], Capture); 4] {
    [
        ("skip", &args.skip, Capture::Skip),
        ("debug", &args.debug, Capture::Debug),
        ("serialize", &args.serialize, Capture::Serialize),
        ("redact", &args.redact, Capture::Redact),
    ]
}

fn captures(args: &Args, function: &Function, errors: &mut Errors) -> Vec<Capture> {
    let has_receiver = function.sig.receiver().is_some();
    let default = if args.skip_all { Capture::Skip } else { Capture::Probe };
    let mut captures: Vec<(Capture, &str)> = function.arguments.iter().map(|_| (default, "")).collect();
    for (option, names, capture) in lists(args) {
        for word in names {
            let name = word.unraw().to_string();
            if word == "self" && has_receiver {
                if option == "redact" {
                    errors.add(word.span(), "`self` is captured only with `debug(self)` or `serialize(self)`");
                }
                continue;
            }
            let place = function.arguments.iter().position(|argument| argument.name == name);
            match place.and_then(|place| captures.get_mut(place)) {
                None => {
                    let names = function.arguments.iter().map(|argument| argument.name.as_str());
                    errors
                        .add(word.span(), format!("`{option}` names no argument `{name}`; {}", instead(&name, names)));
                }
                Some((_, before)) if *before == option => {
                    errors.add(word.span(), format!("`{option}` names `{name}` twice; keep one"));
                }
                Some((_, before)) if !before.is_empty() => {
                    errors.add(word.span(), format!("`{name}` is in both `{before}` and `{option}`; keep one"));
                }
                Some(slot) => *slot = (capture, option),
            }
        }
    }
    captures.into_iter().map(|(capture, _)| capture).collect()
}

/// The arguments that stay out of the log.
fn hidden<'a>(function: &'a Function, captures: &[Capture]) -> Vec<&'a str> {
    let captured = function.arguments.iter().zip(captures);
    let hidden = captured.filter(|(_, capture)| matches!(capture, Capture::Skip | Capture::Redact));
    hidden.map(|(argument, _)| argument.name.as_str()).collect()
}

fn captured_receiver(args: &Args, function: &Function) -> Option<(Ident, Capture)> {
    let Some(FnArg::Receiver(receiver)) = function.sig.inputs.first() else { return None };
    let wanted = |names: &[Ident]| names.iter().any(|name| name == "self");
    let capture = if wanted(&args.debug) {
        Capture::Debug
    } else if wanted(&args.serialize) {
        Capture::Serialize
    } else {
        return None;
    };
    Some((Ident::new("self", receiver.self_token.span), capture))
}
