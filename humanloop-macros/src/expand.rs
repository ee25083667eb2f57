//! [`Spec`] → the function, with one call into the runtime around its body. Cannot fail.
//!
//! Every token that is not the user's has the span of the attribute and the macro's hygiene, so no name of ours meets one of
//! theirs, and the lints know whose code is whose. The user's tokens, the braces among them, keep their spans.

use proc_macro2::{Delimiter, Group, Ident, Literal, Span, TokenStream, TokenTree};
use quote::quote_spanned;

use crate::arguments::in_outer_hygiene;
use crate::shape::{self, Shape};
use crate::source::Source;
use crate::spec::{Capture, Spec};

/// `quote!` in the macro's hygiene.
macro_rules! ours {
    ($($tokens:tt)*) => { quote_spanned! { Span::mixed_site() => $($tokens)* } };
}

/// Prints the annotated function.
pub(crate) fn expand(spec: &Spec) -> TokenStream {
    let private = &spec.private;
    let (attrs, vis, sig) = (&spec.function.attrs, &spec.function.vis, &spec.function.sig);
    let (inner_attrs, statements) = split_inner_attributes(spec.body.stream());
    let description = description(spec);
    let inputs = inputs(spec);
    let call = call(spec, &statements);
    let body = in_users_braces(
        spec,
        ours! {
            static __FUNCTION: #private::Function = #description;
            let mut __call = #private::open(&__FUNCTION);
            #inputs
            #call
        },
    );
    ours! { #(#attrs)* #inner_attrs #vis #sig #body }
}

/// The same braces as the body's, without which the lints take the function for generated code.
fn in_users_braces(spec: &Spec, statements: TokenStream) -> Group {
    let mut group = Group::new(Delimiter::Brace, statements);
    group.set_span(spec.body.span());
    group
}

/// A closure and an async block refuse `#![attributes]`, so they go on the function: `#[attributes]`.
fn split_inner_attributes(body: TokenStream) -> (TokenStream, TokenStream) {
    let mut trees: Vec<TokenTree> = body.into_iter().collect();
    let is = |tree: &TokenTree, mark| matches!(tree, TokenTree::Punct(punct) if punct.as_char() == mark);
    let count = trees
        .chunks(3)
        .take_while(|words| matches!(words, [hash, bang, TokenTree::Group(_)] if is(hash, '#') && is(bang, '!')))
        .count();
    let statements = trees.split_off(count * 3);
    (trees.into_iter().filter(|tree| !is(tree, '!')).collect(), statements.into_iter().collect())
}

/// The static that describes the function.
fn description(spec: &Spec) -> TokenStream {
    let private = &spec.private;
    let kind = variant(spec.kind);
    let ident = spec.function.sig.ident.to_string();
    let source = match &spec.source {
        Source::Exact(text) => ours! { Exact(#text) },
        Source::Written(text) => ours! { Written(#text) },
        Source::Expanded(text) => ours! { Expanded(#text) },
        Source::Hidden => ours! { Hidden },
    };
    let version = &spec.version;
    let parameters = spec.function.arguments.iter().map(|argument| {
        let (cfgs, name, ty) = (argument.cfgs(), &argument.name, &argument.ty);
        ours! { #(#cfgs)* (#name, #ty) }
    });
    let name = spec.args.name.as_ref().map(|text| ours! { .name(#text) });
    let project = spec.args.project.as_ref().map(|text| ours! { .project(#text) });
    let about = spec.description.as_ref().map(|text| ours! { .description(#text) });
    let prompt = prompt(spec);
    ours! {
        #private::Function::new(
            #private::Kind::#kind, #ident,
            #private::core::module_path!(), #private::core::file!(), #private::core::line!(),
            #private::Source::#source, #version, &[#(#parameters),*]
        ) #name #project #about #prompt
    }
}

/// A variant of a runtime's enum, which has the same names as ours.
fn variant(variant: impl std::fmt::Debug) -> Ident {
    Ident::new(&format!("{variant:?}"), Span::mixed_site())
}

/// The model and the template of a `#[prompt]`.
fn prompt(spec: &Spec) -> Option<TokenStream> {
    let (private, args) = (&spec.private, &spec.args);
    let model = match &args.model {
        Some(model) => ours! { #model },
        None if args.template.is_some() || args.chat_template.is_some() => ours! { "" },
        None => return None,
    };
    let mut settings = TokenStream::new();
    let mut set = |name: &str, value: Option<TokenStream>| {
        let name = Ident::new(name, Span::mixed_site());
        settings.extend(value.map(|value| ours! { .#name(#value) }));
    };
    let float = |number: Option<f64>| number.map(|number| Literal::f64_unsuffixed(number)).map(|number| ours! { #number });
    let integer = |number: Option<i64>| number.map(|number| Literal::i64_unsuffixed(number)).map(|number| ours! { #number });
    set("template", args.template.as_ref().map(|text| ours! { #text }));
    set("chat", args.chat_template.as_ref().map(|messages| {
        let messages = messages.iter().map(|message| {
            let role = variant(message.role);
            let text = &message.text;
            ours! { (#private::Role::#role, #text) }
        });
        ours! { &[#(#messages),*] }
    }));
    set("provider", args.provider.as_ref().map(|text| ours! { #text }));
    set("endpoint", args.endpoint.as_ref().map(|text| ours! { #text }));
    set("temperature", float(args.temperature));
    set("max_tokens", integer(args.max_tokens));
    set("top_p", float(args.top_p));
    let stop = &args.stop;
    set("stop", (!stop.is_empty()).then(|| ours! { &[#(#stop),*] }));
    set("presence_penalty", float(args.presence_penalty));
    set("frequency_penalty", float(args.frequency_penalty));
    set("seed", integer(args.seed));
    Some(ours! { .prompt(#private::Template::new(#model) #settings) })
}

/// The capture of what goes in. It comes before the body, which may consume its arguments.
fn inputs(spec: &Spec) -> TokenStream {
    let private = &spec.private;
    let arguments = &spec.function.arguments;
    let variables = spec.variables.iter().filter_map(|place| arguments.get(*place)).map(|argument| {
        let (name, value) = (&argument.name, &argument.outer);
        ours! { __call.variable(#name, (&&&&#private::Probe(&#value)).__text()); }
    });
    let variables = (!spec.variables.is_empty()).then(|| ours! { { use #private::capture::*; #(#variables)* } });

    let receiver = spec.receiver.iter().map(|(word, how)| capture(spec, *how, "self", word));
    let values = arguments.iter().zip(&spec.captures).map(|(argument, how)| {
        let statement = capture(spec, *how, &argument.name, &argument.outer);
        let mut cfgs = argument.cfgs().peekable();
        if cfgs.peek().is_some() { ours! { #(#cfgs)* { #statement } } } else { statement }
    });
    let metadata = spec.args.metadata.iter().map(|entry| {
        let (key, value) = (&entry.key, in_outer_hygiene(&entry.value));
        ours! { #private::put_metadata(&mut __call, #key, &(#value)); }
    });
    let captures: Vec<TokenStream> = receiver.chain(values).chain(metadata).collect();
    if captures.is_empty() {
        return variables.unwrap_or_default();
    }
    let traits = spec.captures.contains(&Capture::Probe).then(|| ours! { use #private::capture::*; });
    ours! { #variables if __call.on() { #traits #(#captures)* } }
}

fn capture(spec: &Spec, how: Capture, name: &str, value: &Ident) -> TokenStream {
    let private = &spec.private;
    // A bound that does not hold is an error at the parameter.
    let at_parameter = Span::mixed_site().located_at(value.span());
    match how {
        Capture::Probe => ours! { (&&&&#private::Probe(&#value)).__put(&mut __call, #name); },
        Capture::Skip => ours! { __call.skipped(#name); },
        Capture::Redact => ours! { __call.redacted(#name); },
        Capture::Debug => {
            quote_spanned! { at_parameter => #private::put_debug(&mut __call, #name, &#value); }
        }
        Capture::Serialize => {
            quote_spanned! { at_parameter => #private::put_serialize(&mut __call, #name, &#value); }
        }
    }
}

/// The body in its call, and the capture of what comes out.
fn call(spec: &Spec, statements: &TokenStream) -> TokenStream {
    let private = &spec.private;
    let output = shape::annotation(&spec.function.sig);
    let rebindings: TokenStream = spec.function.arguments.iter().map(|argument| argument.rebinding()).collect();
    let outcome = outcome(spec);

    // The annotation keeps a type error in the body; so does the `return` that is never reached.
    let closure = in_users_braces(spec, ours! { #rebindings #statements });
    let closure = ours! { move || -> #output #closure };
    let returning = in_users_braces(spec, ours! { if false { return #private::never::<#output>(); } #statements });
    let future = ours! {
        async move {
            let __ret = __call.future(__future).await;
            #outcome
            __ret
        }
    };
    match spec.shape {
        Shape::Value => ours! { let __ret = __call.run(#closure); #outcome __ret },
        Shape::Never => ours! { __call.run(#closure) },
        Shape::Async => ours! { #rebindings let __ret = __call.future(async move #returning).await; #outcome __ret },
        Shape::AsyncNever => {
            let body = in_users_braces(spec, statements.clone());
            ours! { #rebindings __call.future(async move #body).await }
        }
        Shape::Future => ours! { let __future = __call.run(#closure); #future },
        Shape::BoxedFuture => ours! { let __future = __call.run(#closure); #private::Box::pin(#future) },
        Shape::Stream => todo!(),
        Shape::BoxedStream => todo!(),
    }
}

/// The capture of what the body returned.
fn outcome(spec: &Spec) -> TokenStream {
    let private = &spec.private;
    let split = ours! { (&&&&#private::Probe(&__ret)).__split() };
    let end = if spec.args.skip_output {
        ours! { __call.skip_output(#split.is_err()); }
    } else {
        ours! {
            match #split {
                #private::core::result::Result::Ok(__ok) => (&&&&#private::Probe(__ok)).__out(&mut __call),
                #private::core::result::Result::Err(__err) => (&&&&#private::Probe(__err)).__err(&mut __call),
            }
        }
    };
    ours! { if __call.on() { use #private::capture::*; #end } }
}
