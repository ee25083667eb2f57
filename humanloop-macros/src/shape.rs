//! How a function returns: a value, a future or a stream of values. A macro sees syntax only, so an alias is a value.

use std::iter::Peekable;

use proc_macro2::token_stream::IntoIter;
use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{
    AngleBracketedGenericArguments, GenericArgument, PathArguments, PathSegment, ReturnType, Signature, Token, Type,
    TypeParamBound,
};

/// How a function returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// `fn f() -> R`
    Value,
    /// `fn f() -> !`
    Never,
    /// `async fn f() -> R`
    Async,
    /// `async fn f() -> !`
    AsyncNever,
    /// `fn f() -> impl Future<Output = R>`
    Future,
    /// `fn f() -> Pin<Box<dyn Future<Output = R>>>` or `BoxFuture<R>`; also what `#[async_trait]` makes of an `async fn`.
    BoxedFuture,
    /// `fn f() -> impl Stream<Item = T>`
    Stream,
    /// `fn f() -> Pin<Box<dyn Stream<Item = T>>>` or `BoxStream<T>`
    BoxedStream,
}

/// Reads it off the signature.
pub(crate) fn of(signature: &Signature) -> Shape {
    let output = match &signature.output {
        ReturnType::Default => Shape::Value,
        ReturnType::Type(_, ty) => of_type(ty),
    };
    match (signature.asyncness, output) {
        (None, output) => output,
        (Some(_), Shape::Never) => Shape::AsyncNever,
        (Some(_), _) => Shape::Async,
    }
}

/// The return type as an expression may name it: `()` for none, `_` for each `impl Trait`.
pub(crate) fn annotation(signature: &Signature) -> TokenStream {
    match &signature.output {
        ReturnType::Default => quote_spanned! { Span::mixed_site().located_at(output_span(signature)) => () },
        ReturnType::Type(_, ty) => infer_impl_trait(ty.to_token_stream()),
    }
}

/// Where the return type stands, or the name of the function that has none.
pub(crate) fn output_span(signature: &Signature) -> Span {
    match &signature.output {
        ReturnType::Default => signature.ident.span(),
        ReturnType::Type(_, ty) => ty.span(),
    }
}

fn of_type(ty: &Type) -> Shape {
    match ty {
        Type::Never(_) => Shape::Never,
        Type::Paren(inside) => of_type(&inside.elem),
        Type::Group(inside) => of_type(&inside.elem),
        Type::ImplTrait(ty) => of_bounds(&ty.bounds).unwrap_or(Shape::Value),
        Type::Path(ty) => ty.path.segments.last().map_or(Shape::Value, of_path),
        _ => Shape::Value,
    }
}

fn of_path(last: &PathSegment) -> Shape {
    if last.ident == "BoxFuture" || last.ident == "LocalBoxFuture" {
        return Shape::BoxedFuture;
    }
    if last.ident == "BoxStream" || last.ident == "LocalBoxStream" {
        return Shape::BoxedStream;
    }
    let boxed = only_type(last, "Pin").and_then(|ty| match ty {
        Type::Path(ty) => only_type(ty.path.segments.last()?, "Box"),
        _ => None,
    });
    let shape = boxed.and_then(|ty| match ty {
        Type::TraitObject(ty) => of_bounds(&ty.bounds),
        _ => None,
    });
    match shape {
        Some(Shape::Future) => Shape::BoxedFuture,
        Some(Shape::Stream) => Shape::BoxedStream,
        _ => Shape::Value,
    }
}

fn of_bounds(bounds: &Punctuated<TypeParamBound, Token![+]>) -> Option<Shape> {
    bounds.iter().find_map(|bound| {
        let TypeParamBound::Trait(bound) = bound else { return None };
        let last = bound.path.segments.last()?;
        let names = |name: &str| {
            generics(last).is_some_and(|generics| {
                generics.args.iter().any(|arg| matches!(arg, GenericArgument::AssocType(ty) if ty.ident == name))
            })
        };
        if last.ident == "Future" && names("Output") {
            Some(Shape::Future)
        } else if last.ident == "Stream" && names("Item") {
            Some(Shape::Stream)
        } else {
            None
        }
    })
}

/// `T` of `name<T>`.
fn only_type<'a>(segment: &'a PathSegment, name: &str) -> Option<&'a Type> {
    match generics(segment)?.args.first()? {
        GenericArgument::Type(ty) if segment.ident == name => Some(ty),
        _ => None,
    }
}

fn generics(segment: &PathSegment) -> Option<&AngleBracketedGenericArguments> {
    match &segment.arguments {
        PathArguments::AngleBracketed(generics) => Some(generics),
        _ => None,
    }
}

/// Replaces each `impl A + B<C>` by `_`.
fn infer_impl_trait(tokens: TokenStream) -> TokenStream {
    let mut output = TokenStream::new();
    let mut trees = tokens.into_iter().peekable();
    while let Some(tree) = trees.next() {
        match tree {
            TokenTree::Ident(word) if word == "impl" => {
                skip_bounds(&mut trees);
                output.extend(quote! { _ });
            }
            TokenTree::Group(group) => {
                let mut inferred = Group::new(group.delimiter(), infer_impl_trait(group.stream()));
                inferred.set_span(group.span());
                output.extend([TokenTree::Group(inferred)]);
            }
            tree => output.extend([tree]),
        }
    }
    output
}

/// Skips the bounds of an `impl`: up to a comma, a semicolon, a `>` that they did not open, or the end.
fn skip_bounds(trees: &mut Peekable<IntoIter>) {
    let mut depth = 0_usize;
    let mut arrow = false; // the `>` of `->` closes nothing
    while let Some(tree) = trees.peek() {
        let mark = match tree {
            TokenTree::Punct(punct) => punct.as_char(),
            _ => ' ',
        };
        match mark {
            ',' | ';' if depth == 0 => return,
            '>' if depth == 0 && !arrow => return,
            '>' if !arrow => depth -= 1,
            '<' => depth += 1,
            _ => {}
        }
        arrow = mark == '-';
        trees.next();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signature(text: &str) -> Signature {
        syn::parse_str(text).unwrap()
    }

    #[test]
    fn shapes_are_read_off_the_signature() {
        let cases = [
            ("fn f()", Shape::Value),
            ("fn f() -> Result<u8, E>", Shape::Value),
            ("fn f() -> !", Shape::Never),
            ("async fn f() -> u8", Shape::Async),
            ("async fn f() -> !", Shape::AsyncNever),
            ("async fn f() -> impl Future<Output = u8>", Shape::Async),
            ("fn f() -> impl Future<Output = u8> + Send + '_", Shape::Future),
            ("fn f() -> impl Send + std::future::Future<Output = Result<u8, E>>", Shape::Future),
            ("fn f() -> Pin<Box<dyn Future<Output = u8> + Send + 'a>>", Shape::BoxedFuture),
            ("fn f() -> ::core::pin::Pin<Box<dyn ::core::future::Future<Output = ()> + 'a>>", Shape::BoxedFuture),
            ("fn f() -> futures::future::BoxFuture<'static, u8>", Shape::BoxedFuture),
            ("fn f() -> impl Stream<Item = u8>", Shape::Stream),
            ("fn f() -> Pin<Box<dyn futures::Stream<Item = u8>>>", Shape::BoxedStream),
            ("fn f() -> LocalBoxStream<'a, u8>", Shape::BoxedStream),
            // Names alone prove nothing.
            ("fn f() -> StreamConfig", Shape::Value),
            ("fn f() -> impl Stream", Shape::Value),
            ("fn f() -> Pin<&mut Box<u8>>", Shape::Value),
            ("fn f() -> impl Iterator<Item = u8>", Shape::Value),
        ];
        for (text, expected) in cases {
            assert_eq!(of(&signature(text)), expected, "{text}");
        }
    }

    #[test]
    fn impl_traits_become_inferred_and_the_rest_stays() {
        let cases = [
            ("fn f()", "()"),
            ("fn f() -> Vec<&'a str>", "Vec<&'a str>"),
            ("fn f() -> impl Iterator<Item = Vec<u8>> + '_", "_"),
            ("fn f() -> Result<impl Fn(u8) -> Vec<u8>, E>", "Result<_, E>"),
            ("fn f() -> (impl A, [impl B<C>; 2])", "(_, [_; 2])"),
            ("fn f() -> Box<dyn Iterator<Item = impl A>>", "Box<dyn Iterator<Item = _>>"),
        ];
        for (text, expected) in cases {
            assert_eq!(crate::text::compact(annotation(&signature(text))), expected, "{text}");
        }
    }
}
