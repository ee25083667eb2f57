//! Parameter patterns → the names they bind.
//!
//! A parameter is bound twice: in the signature, under the user's name but in the macro's hygiene, where it is captured; and
//! once more by the user's own tokens, as a parameter of the closure that the body is, or just before it. So the body sees
//! the user's variables and nothing else, and what the compiler says of them (`unused_variables`, `unused_mut`, moves) is
//! what it would say without the attribute.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, FnArg, Pat, PatType, Signature, Token};

use crate::source;
use crate::text::compact;

/// One name that a parameter binds.
pub(crate) struct Argument {
    /// The name, without `r#`.
    pub(crate) name: String,
    /// The parameter's type as compact text; empty when the name is a part of a pattern.
    pub(crate) ty: String,
    /// As the signature binds it.
    pub(crate) outer: Ident,
    /// As the body knows it.
    inner: Ident,
    mutability: Option<Token![mut]>,
    attrs: Vec<Attribute>,
}

impl Argument {
    fn new(name: String, outer: Ident, inner: Ident) -> Self {
        Self { name, ty: String::new(), outer, inner, mutability: None, attrs: Vec::new() }
    }

    /// `mut name` from the user's tokens, as a parameter of the closure that the body is.
    pub(crate) fn parameter(&self) -> TokenStream {
        let Self { inner, mutability, attrs, .. } = self;
        quote_spanned! { Span::mixed_site() => #(#attrs)* #mutability #inner }
    }

    /// Whether its value can be handed over, which that of one that may be gone cannot.
    pub(crate) fn is_movable(&self) -> bool {
        self.cfgs().next().is_none()
    }

    /// `let mut name = name;` from the user's tokens, to stand before the body.
    pub(crate) fn rebinding(&self) -> TokenStream {
        let Self { outer, inner, mutability, attrs, .. } = self;
        if is_reserved(inner) {
            return TokenStream::new();
        }
        if self.name.starts_with('_') {
            // Clippy has a lint against `let _x = x;`.
            return quote_spanned! { Span::mixed_site() => #(#attrs)* let (#mutability #inner,) = (#outer,); };
        }
        quote_spanned! { Span::mixed_site() => #(#attrs)* let #mutability #inner = #outer; }
    }

    /// A variable of the same name that nobody uses, where there is no body: the compiler says so of the parameter.
    pub(crate) fn unused(&self) -> TokenStream {
        let Self { inner, attrs, .. } = self;
        if is_reserved(inner) {
            return TokenStream::new();
        }
        quote_spanned! { Span::mixed_site() => #(#attrs)* let #inner = 0_u8; }
    }

    /// A mention of the variable, behind its rebinding: the template uses it, so no lint shall call it unused.
    pub(crate) fn mention(&self) -> TokenStream {
        let inner = &self.inner;
        let cfgs = self.cfgs();
        quote_spanned! { Span::mixed_site() => #(#cfgs)* let _ = &#inner; }
    }

    /// The `#[cfg]`s of the parameter, which every mention of it must repeat.
    pub(crate) fn cfgs(&self) -> impl Iterator<Item = &Attribute> {
        self.attrs.iter().filter(|attr| is_cfg(attr))
    }
}

/// Takes the names out of a signature, and gives its patterns the names of the outer binding.
///
/// A parameter `_` has its place for a name: `_0` is the first after `self`.
pub(crate) fn take(signature: &mut Signature) -> Vec<Argument> {
    let mut arguments = Vec::new();
    let parameters = signature.inputs.iter_mut().filter_map(|input| match input {
        FnArg::Typed(parameter) => Some(parameter),
        FnArg::Receiver(_) => None,
    });
    for (place, parameter) in parameters.enumerate() {
        let mut bound = Vec::new();
        if let Pat::Wild(wild) = &*parameter.pat {
            let unnamed = Ident::new(&format!("__unnamed{place}"), Span::mixed_site().located_at(wild.span()));
            *parameter.pat = syn::parse_quote!(#unnamed);
            bound.push(Argument::new(format!("_{place}"), unnamed.clone(), unnamed));
        } else {
            bindings(&mut parameter.pat, &mut bound);
        }
        let simple = matches!(&*parameter.pat, Pat::Ident(name) if name.subpat.is_none());
        for argument in &mut bound {
            argument.attrs.clone_from(&parameter.attrs);
            if simple {
                argument.ty = compact(parameter.ty.to_token_stream());
            }
        }
        // Lints are about the user's binding, which is the inner one.
        if !bound.is_empty() {
            parameter.attrs.retain(is_cfg);
        }
        arguments.append(&mut bound);
    }
    arguments
}

pub(crate) fn is_cfg(attr: &Attribute) -> bool {
    attr.path().is_ident("cfg") || attr.path().is_ident("cfg_attr")
}

fn bindings(pattern: &mut Pat, found: &mut Vec<Argument>) {
    match pattern {
        Pat::Ident(binding) => {
            let inner = binding.ident.clone();
            binding.ident = outer(inner.clone());
            let name = inner.unraw().to_string();
            let stays = binding.by_ref.is_some() || is_reserved(&inner);
            let mutability = if stays { None } else { binding.mutability.take() };
            // The alternatives of an or-pattern bind the same names.
            if !found.iter().any(|argument| argument.name == name) {
                found.push(Argument { mutability, ..Argument::new(name, binding.ident.clone(), inner) });
            }
            if let Some((_, inside)) = &mut binding.subpat {
                bindings(inside, found);
            }
        }
        Pat::Tuple(tuple) => tuple.elems.iter_mut().for_each(|part| bindings(part, found)),
        Pat::TupleStruct(tuple) => tuple.elems.iter_mut().for_each(|part| bindings(part, found)),
        Pat::Slice(slice) => slice.elems.iter_mut().for_each(|part| bindings(part, found)),
        Pat::Or(or) => or.cases.iter_mut().for_each(|part| bindings(part, found)),
        Pat::Struct(fields) => fields.fields.iter_mut().for_each(|field| bindings(&mut field.pat, found)),
        Pat::Reference(reference) => bindings(&mut reference.pat, found),
        Pat::Paren(paren) => bindings(&mut paren.pat, found),
        // `_` inside a pattern, `..`, constants and macros bind nothing that can be seen here.
        _ => {}
    }
}

/// A mention of what an async block has to hold, behind a `return`: a block captures in the order of what it mentions, and
/// drops in the order of what it captures, which for arguments is from the last to the first, and `self` behind them. Only
/// names that the body mentions, too, or that begin with `_`: of any other the compiler has to say that it is not used.
pub(crate) fn held(arguments: &[Argument], body: &TokenStream) -> Option<TokenStream> {
    let body = body.to_string();
    let is_held = |argument: &&Argument| {
        argument.is_movable() && (argument.name.starts_with('_') || body.contains(argument.name.as_str()))
    };
    let names: Vec<&Ident> = arguments.iter().rev().filter(is_held).map(|argument| &argument.inner).collect();
    (!names.is_empty()).then(|| {
        quote_spanned! { Span::mixed_site() => #[allow(unreachable_code, clippy::used_underscore_binding)] { let _all = (#(#names,)*); } }
    })
}

/// The names that one parameter binds, as [`take`] gives them.
pub(crate) fn names(parameter: &PatType) -> Vec<String> {
    let mut found = Vec::new();
    bindings(&mut parameter.pat.clone(), &mut found);
    found.into_iter().map(|argument| argument.name).collect()
}

/// An expression of the user's that names parameters, so that it finds them in the signature.
pub(crate) fn in_outer_hygiene(expression: impl ToTokens) -> TokenStream {
    expression.into_token_stream().into_iter().map(respan).collect()
}

fn respan(tree: TokenTree) -> TokenTree {
    match tree {
        TokenTree::Group(group) => {
            let mut respanned = Group::new(group.delimiter(), in_outer_hygiene(group.stream()));
            respanned.set_span(group.span());
            respanned.into()
        }
        TokenTree::Ident(word) if word == "self" => word.into(),
        // In an expression the others are keywords.
        TokenTree::Ident(word) if word == "async" || word == "await" || word == "dyn" => word.into(),
        TokenTree::Ident(word) => outer(word).into(),
        // A format string may name variables.
        TokenTree::Literal(mut literal) => {
            literal.set_span(Span::mixed_site().located_at(literal.span()));
            literal.into()
        }
        punct @ TokenTree::Punct(_) => punct,
    }
}

/// A name of the user's, in the hygiene of the macro's own variables. Those begin with `__`, so such a name stays as it is.
fn outer(mut name: Ident) -> Ident {
    if is_reserved(&name) {
        return name;
    }
    let span = source::at(name.span());
    // It is read in the edition of this crate, where more words are keywords than in that of the user's.
    if LATER_KEYWORDS.iter().any(|word| name == word) {
        return Ident::new_raw(&name.to_string(), span);
    }
    name.set_span(span);
    name
}

/// Names in older editions.
const LATER_KEYWORDS: &[&str] = &["async", "await", "dyn", "gen", "try"];

fn is_reserved(name: &Ident) -> bool {
    name.to_string().starts_with("__")
}
