//! [`Spec`] → the function, with one call into the runtime around its body. Cannot fail.
//!
//! Every token that is not the user's has the span of the attribute and the macro's hygiene, so no name of ours meets one of
//! theirs, and the lints know whose code is whose. The user's tokens, the braces among them, keep their spans.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use crate::arguments::{Argument, in_outer_hygiene, is_cfg};
use crate::shape::{self, Items, Outer, Output};
use crate::source::{self, Source};
use crate::spec::{Capture, Spec};
use crate::{arguments, parameters, template};

/// `quote!` in the macro's hygiene.
macro_rules! ours {
    ($($tokens:tt)*) => { quote_spanned! { Span::mixed_site() => $($tokens)* } };
}

/// Prints the annotated function.
pub(crate) fn expand(spec: &Spec) -> TokenStream {
    let (path, private) = (&spec.path, &spec.private);
    let (attrs, vis, sig) = (&spec.function.attrs, &spec.function.vis, &spec.function.sig);
    let (inner_attrs, statements) = split_inner_attributes(spec.body.stream());
    let description = description(spec);
    let call = match &spec.asked {
        Some(asked) => {
            let (inputs, unsent, asking) = (inputs(spec), unsent(spec), asked.expand(spec));
            ours! { #inputs #unsent #asking }
        }
        None => call(spec, &statements),
    };
    let body = in_users_braces(
        spec,
        ours! {
            use #path as #private;
            static __FUNCTION: #private::Function = #description;
            let mut __call = #private::open(&__FUNCTION);
            #call
        },
    );
    let constant = constant(spec);
    ours! { #(#attrs)* #inner_attrs #vis #sig #body #constant }
}

/// What a prompt without a body is given, and neither sends nor records on request.
fn unsent(spec: &Spec) -> Option<TokenStream> {
    let arguments = spec.function.arguments.iter().zip(&spec.captures).enumerate();
    let unsent = arguments.filter(|(place, (argument, capture))| {
        let in_metadata =
            || spec.args.metadata.iter().any(|entry| mentions(entry.value.to_token_stream(), &argument.name));
        let on_request = matches!(capture, Capture::Debug | Capture::Serialize);
        !on_request && !spec.variables.iter().any(|variable| variable.place == *place) && !in_metadata()
    });
    let unsent: TokenStream = unsent.map(|(_, (argument, _))| argument.unused()).collect();
    (!unsent.is_empty()).then(|| ours! { { #unsent } })
}

/// Whether a name stands among the tokens.
fn mentions(tokens: TokenStream, name: &str) -> bool {
    tokens.into_iter().any(|tree| match tree {
        TokenTree::Ident(word) => word.unraw() == name,
        TokenTree::Group(group) => mentions(group.stream(), name),
        TokenTree::Literal(literal) => literal.to_string().contains(name),
        TokenTree::Punct(_) => false,
    })
}

/// The constant beside the function, with its visibility: an associated one beside a method.
fn constant(spec: &Spec) -> Option<TokenStream> {
    let name = spec.args.constant.as_ref()?;
    let (path, private) = (&spec.path, &spec.private);
    let (vis, description) = (&spec.function.vis, description(spec));
    let cfgs = spec.function.attrs.iter().filter(|attr| is_cfg(attr));
    let doc = format!("`{}`, as the compiler knows it.", spec.function.sig.ident.unraw());
    Some(ours! {
        #(#cfgs)* #[doc = #doc]
        #vis const #name: #path::Definition = { use #path as #private; #private::Definition::of(#description) };
    })
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
    let ident = spec.function.sig.ident.unraw().to_string();
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
    let name = setting("name", &spec.args.name);
    let project = setting("project", &spec.args.project);
    let about = setting("description", &spec.description);
    let prompt = prompt(spec);
    ours! {
        #private::Function::new(
            #private::Kind::#kind, #ident,
            #private::core::module_path!(),
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
    let texts = args.template.is_some() || args.chat_template.is_some() || args.template_file.is_some();
    if args.model.is_none() && !texts {
        return None;
    }
    let model = args.model.as_ref().map_or_else(|| "".to_token_stream(), ToTokens::to_token_stream);
    let chat = args.chat_template.as_ref().map(|messages| {
        let messages = messages.iter().map(|message| message.expand(private));
        ours! { .chat(&[#(#messages),*]) }
    });
    let file = args.template_file.as_ref().map(|path| template::include(path, private));
    let settings: TokenStream = [setting("template", &args.template), chat, file, Some(parameters::settings(args))]
        .into_iter()
        .flatten()
        .collect();
    Some(ours! { .prompt(&#private::Template::new(#model) #settings) })
}

/// `.name(value)`, if there is a value.
fn setting(name: &str, value: &Option<impl ToTokens>) -> Option<TokenStream> {
    let name = Ident::new(name, Span::mixed_site());
    value.as_ref().map(|value| ours! { .#name(#value) })
}

/// The capture of what goes in. It comes before the body, which may consume its arguments.
fn inputs(spec: &Spec) -> TokenStream {
    let private = &spec.private;
    let arguments = &spec.function.arguments;
    let variables = spec.variables.iter().filter_map(|variable| {
        let argument = arguments.get(variable.place)?;
        let (name, value) = (&argument.name, &argument.outer);
        let whole = variable.whole.then(|| ours! { __call.variable(#name, #private::probe(&#value).__text()); });
        // A type that cannot be reached into is an error at the parameter.
        let at_parameter = source::at(value.span());
        let parts = variable
            .parts
            .then(|| quote_spanned! { at_parameter => #private::put_value(&mut __call, #name, &#value); });
        Some(under_cfgs(argument, ours! { #whole #parts }))
    });
    let variables: TokenStream = variables.collect();

    let receiver = spec.receiver.iter().map(|(word, how)| capture(spec, *how, "self", word));
    let values = arguments
        .iter()
        .zip(&spec.captures)
        .map(|(argument, how)| under_cfgs(argument, capture(spec, *how, &argument.name, &argument.outer)));
    let metadata = spec.args.metadata.iter().map(|entry| {
        let (key, value) = (&entry.key, in_outer_hygiene(&entry.value));
        let value = quote_spanned! { source::at(entry.value.span()) => &(#value) };
        ours! { #private::put_metadata(&mut __call, #key, #value); }
    });
    let captures: Vec<TokenStream> = receiver.chain(values).chain(metadata).collect();
    if captures.is_empty() {
        return variables;
    }
    ours! { #variables if __call.on() { #(#captures)* } }
}

/// A statement that is gone when its parameter is.
fn under_cfgs(argument: &Argument, statement: TokenStream) -> TokenStream {
    let mut cfgs = argument.cfgs().peekable();
    if cfgs.peek().is_none() {
        return statement;
    }
    ours! { #(#cfgs)* { #statement } }
}

fn capture(spec: &Spec, how: Capture, name: &str, value: &Ident) -> TokenStream {
    let private = &spec.private;
    // A bound that does not hold is an error at the parameter.
    let value = quote_spanned! { source::at(value.span()) => &#value };
    match how {
        Capture::Probe => ours! { #private::probe(#value).__put(&mut __call, #name); },
        Capture::Skip => ours! { __call.skipped(#name); },
        Capture::Redact => ours! { __call.redacted(#name); },
        Capture::Debug => ours! { #private::put_debug(&mut __call, #name, #value); },
        Capture::Serialize => ours! { #private::put_serialize(&mut __call, #name, #value); },
    }
}

/// The capture of what goes in, the body in its call, and the capture of what comes out.
fn call(spec: &Spec, statements: &TokenStream) -> TokenStream {
    let private = &spec.private;
    let signature = &spec.function.sig;
    let arguments = &spec.function.arguments;
    let inputs = inputs(spec);
    let output = shape::annotation(signature);
    let mentions = spec.variables.iter().filter_map(|variable| arguments.get(variable.place)).map(Argument::mention);
    // With the span of the user's `fn`, the compiler names what the closure captures.
    let at_fn = signature.fn_token.span;
    // What is noticed only here, such as a borrow that does not live long enough or the end of a function that should never
    // return, points at the body.
    let at_body = source::at(spec.body.span());

    if spec.shape.outer == Outer::Async {
        // A block has no annotation, which keeps a type error in the body; a `return` that is never reached does the same.
        let at_output = source::at(shape::output_span(signature));
        let private = private.clone().into_iter().map(|mut word| {
            word.set_span(at_output);
            word
        });
        let returning = match spec.shape.result {
            Output::Never => ours! { #(#private)*::never_ending(); },
            _ => quote_spanned! { at_output => return #(#private)*::never::<#output>(); },
        };
        let held = arguments::held(arguments, statements);
        let returning = ours! { let _ = if false { #returning #held }; };
        let body = in_users_braces(spec, ours! { #returning #(#mentions)* #statements });
        let block = quote_spanned! { at_fn => async move #body };
        // What the block captures its future holds once; what is bound inside of it, or borrowed and still in scope, twice. So the
        // arguments are borrowed in a scope of their own, and come out of it as they were.
        let values: Vec<&Ident> =
            arguments.iter().filter(|argument| argument.is_movable()).map(|argument| &argument.outer).collect();
        let inputs = if values.is_empty() {
            inputs
        } else {
            ours! { let (#(#values,)*) = { #(let #values = #values;)* #inputs (#(#values,)*) }; }
        };
        let rebindings = arguments.iter().map(Argument::rebinding);
        let recorded = result(spec, quote_spanned! { at_body => __call.future(#block).await });
        return ours! { #inputs #(#rebindings)* #recorded };
    }

    if let Some(output) = shape::function(signature) {
        let rebindings = arguments.iter().map(Argument::rebinding);
        let body = in_users_braces(spec, ours! { #(#rebindings)* #(#mentions)* #statements });
        return ours! { #inputs let __within = __call.within(#output); #body };
    }

    // The closure's parameters are the function's, as far as there is a `run` for so many.
    let (parameters, others): (Vec<&Argument>, Vec<&Argument>) =
        arguments.iter().partition(|argument| argument.is_movable());
    let (parameters, more) = parameters.split_at(parameters.len().min(PARAMETERS));
    let rebindings = others.iter().chain(more).map(|argument| argument.rebinding());
    let values: Vec<&Ident> = parameters.iter().map(|argument| &argument.outer).collect();
    let body = in_users_braces(spec, ours! { #(#rebindings)* #(#mentions)* #statements });
    let parameters = parameters.iter().map(|argument| argument.parameter());
    let closure = quote_spanned! { at_fn => move |#(#parameters),*| -> #output #body };
    let is_value = spec.shape.outer == Outer::Plain && !matches!(spec.shape.result, Output::Items { .. });
    let method = if is_value { "run" } else { "prepare" };
    let count = if values.is_empty() { String::new() } else { values.len().to_string() };
    let method = Ident::new(&format!("{method}{count}"), Span::mixed_site());
    let ran = quote_spanned! { at_body => __call.#method(#(#values,)* #closure) };
    let recorded = match spec.shape.outer {
        Outer::Plain | Outer::Async => result(spec, ran),
        Outer::Future => {
            let block = resolving(spec);
            ours! { let __future = #ran; #block }
        }
        Outer::BoxedFuture => {
            let block = resolving(spec);
            ours! { let __future = #ran; #private::Box::pin(#block) }
        }
    };
    ours! { #inputs #recorded }
}

/// The runtime has a `run12`, and no `run13`.
const PARAMETERS: usize = 12;

/// The future that the function returns, recorded when it resolves.
fn resolving(spec: &Spec) -> TokenStream {
    // What is no future is reported at the type that says it is one.
    let at_output = source::at(shape::output_span(&spec.function.sig));
    let resolved = shape::resolved(&spec.function.sig);
    // The block around it does not know what it resolves to, which an error that only `?` converts depends on.
    let ty = resolved.as_ref().map(|ty| quote_spanned! { at_output => ::<#ty, _> });
    let recorded = result(spec, quote_spanned! { at_output => __call.resolving #ty (__future).await });
    match (spec.shape.result, resolved) {
        // A block has no annotation, which the box around a stream needs to become one of a trait.
        (Output::Items { .. }, Some(ty)) => ours! { async move { let __ret: #ty = { #recorded }; __ret } },
        _ => ours! { async move { #recorded } },
    }
}

/// What becomes of the result, which `ran` is the expression of: it is captured and handed on.
fn result(spec: &Spec, ran: TokenStream) -> TokenStream {
    let private = &spec.private;
    let (items, fallible) = match spec.shape.result {
        Output::Never => return ran,
        Output::Value => {
            let outcome = outcome(spec);
            // A borrow that does not live long enough may be noticed only here, so it points into the body.
            let at_body = source::at(spec.body.span());
            let ret = quote_spanned! { at_body => __ret };
            // The value of an `async fn` may be a future, which is the caller's to await.
            let allow = (spec.shape.outer == Outer::Async).then(|| ours! { #[allow(clippy::async_yields_async)] });
            return ours! { #allow let __ret = #ran; #outcome #ret };
        }
        Output::Items { items, fallible } => (items, fallible),
    };
    let outcome = outcome(spec);
    // Inside the closure the compiler has yet to find out what the items are; it takes our word.
    let ty = shape::item(&spec.function.sig).map(|item| ours! { : &#item });
    let item = ours! { |mut __call, __ret #ty| { #outcome } };
    let recorded = match items {
        Items::Stream => ours! { __call.stream(__items, #item) },
        Items::BoxedStream => ours! { #private::Box::pin(__call.stream(__items, #item)) },
        Items::Iterator => ours! { __call.iterator(__items, #item) },
        Items::BoxedIterator => ours! { #private::Box::new(__call.iterator(__items, #item)) },
    };
    if !fallible {
        return ours! { let __items = #ran; #recorded };
    }
    let failed = if spec.args.skip_output {
        ours! { __call.skip_output(true); }
    } else {
        ours! { #private::fault(&__err).__err(&mut __call); }
    };
    ours! {
        match #ran {
            #private::Ok(__items) => #private::Ok(#recorded),
            #private::Err(__err) => {
                if __call.on() { #failed }
                #private::Err(__err)
            }
        }
    }
}

/// The capture of what the body returned, or of an item of its stream: `__ret` is a variable, or a reference to it.
fn outcome(spec: &Spec) -> TokenStream {
    let private = &spec.private;
    let is_item = matches!(spec.shape.result, Output::Items { .. });
    let value = if is_item {
        ours! { __ret }
    } else {
        ours! { &__ret }
    };
    let (out, skip) = if is_item { ("__item", "skip_item") } else { ("__out", "skip_output") };
    let (out, skip) = (Ident::new(out, Span::mixed_site()), Ident::new(skip, Span::mixed_site()));
    let split = ours! { #private::probe(#value).__split() };
    let capture = if spec.args.skip_output {
        ours! { __call.#skip(#split.is_err()); }
    } else {
        ours! {
            match #split {
                #private::Ok(__ok) => #private::probe(__ok).#out(&mut __call),
                #private::Err(__err) => #private::fault(__err).__err(&mut __call),
            }
        }
    };
    ours! { if __call.on() { #capture } }
}
