//! How a function returns: a value, a future or a stream of values. A macro sees syntax only, so an alias is a value.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{
    AngleBracketedGenericArguments, GenericArgument, PathArguments, PathSegment, ReturnType, Signature, Token, Type,
    TypeParamBound,
};

use crate::inferred::inferred;
use crate::lifetime;
use crate::text::compact;

/// How a function returns: what stands around the result, and the result itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) outer: Outer,
    pub(crate) result: Output,
}

/// What a caller has to do for the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outer {
    /// Nothing: `fn f() -> R`
    Plain,
    /// Await: `async fn f() -> R`
    Async,
    /// Await: `fn f() -> impl Future<Output = R>`
    Future,
    /// Await: `fn f() -> Pin<Box<dyn Future<Output = R>>>` or `BoxFuture<R>`, what `#[async_trait]` makes of an `async fn`, or an
    /// alias of these with the option `future`.
    BoxedFuture,
}

/// The result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    /// Any value.
    Value,
    /// `!`
    Never,
    /// Items that come one by one; `fallible` when a `Result` stands around them.
    Items { items: Items, fallible: bool },
}

/// Items that come one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Items {
    /// `impl Stream<Item = T>`
    Stream,
    /// `Pin<Box<dyn Stream<Item = T>>>`, `BoxStream<T>`, or an alias of these with the option `stream`.
    BoxedStream,
    /// `impl Iterator<Item = T>` with the option `stream`.
    Iterator,
    /// `Box<dyn Iterator<Item = T>>` with the option `stream`.
    BoxedIterator,
}

/// Reads it off the signature; the options `future` and `stream` tell what an alias hides.
pub(crate) fn of(signature: &Signature, future: bool, stream: bool) -> Shape {
    let outer = if signature.asyncness.is_some() { Outer::Async } else { Outer::Plain };
    let ReturnType::Type(_, ty) = &signature.output else { return Shape { outer, result: Output::Value } };
    let shape = spelt(outer, ty, future, stream);
    // What stands around a box of `dyn Future<Output = T>` can be `'static` only if `T` is, unlike the future in the box.
    let boxes = matches!(shape.result, Output::Items { items: Items::BoxedStream | Items::BoxedIterator, .. });
    if (boxes || shape.outer == Outer::BoxedFuture)
        && lifetime::is_static(ty)
        && lifetime::may_borrow(ty, &signature.generics)
    {
        return Shape { outer, result: Output::Value };
    }
    shape
}

fn spelt(outer: Outer, ty: &Type, future: bool, stream: bool) -> Shape {
    let plain = |outer, result| Shape { outer, result };
    if outer == Outer::Async {
        return plain(Outer::Async, result(ty, stream));
    }
    match future_of(ty) {
        Some((outer, Some(output))) => plain(outer, result(output, stream)),
        Some((outer, None)) => plain(outer, alias(stream)),
        None if future => plain(Outer::BoxedFuture, alias(stream)),
        None => plain(Outer::Plain, result(ty, stream)),
    }
}

/// The return type as an expression may name it: `()` for none, `_` for each `impl Trait`.
pub(crate) fn annotation(signature: &Signature) -> TokenStream {
    match &signature.output {
        ReturnType::Default => quote_spanned! { Span::mixed_site().located_at(output_span(signature)) => () },
        ReturnType::Type(_, ty) => inferred(ty.to_token_stream()),
    }
}

/// The return type as text, if it is an `impl Fn(..)` that the compiler has to see from the body to know the parameters of the
/// closure that is returned.
pub(crate) fn function(signature: &Signature) -> Option<String> {
    let ReturnType::Type(_, ty) = &signature.output else { return None };
    is_function(ty).then(|| compact(ty.to_token_stream()))
}

fn is_function(ty: &Type) -> bool {
    match inside(ty) {
        Type::Tuple(tuple) => tuple.elems.iter().any(is_function),
        Type::ImplTrait(ty) => ty.bounds.iter().any(|bound| {
            let TypeParamBound::Trait(bound) = bound else { return false };
            bound.path.segments.last().is_some_and(|last| matches!(last.arguments, PathArguments::Parenthesized(_)))
        }),
        _ => false,
    }
}

/// What a future that the function returns resolves to, if the return type tells it.
pub(crate) fn resolved(signature: &Signature) -> Option<TokenStream> {
    match &signature.output {
        ReturnType::Type(_, ty) => future_of(ty)?.1.map(|output| inferred(output.to_token_stream())),
        ReturnType::Default => None,
    }
}

/// What the items of a stream or an iterator are, if the return type tells it.
pub(crate) fn item(signature: &Signature) -> Option<TokenStream> {
    let ReturnType::Type(_, ty) = &signature.output else { return None };
    let resolved = match (signature.asyncness, future_of(ty)) {
        (None, Some((_, output))) => output?,
        _ => &**ty,
    };
    let ok = last_segment(resolved).and_then(|last| only_type(last, "Result")).unwrap_or(resolved);
    item_of(ok).map(|item| inferred(item.to_token_stream()))
}

fn item_of(ty: &Type) -> Option<&Type> {
    let of_bounds = |bounds| associated(bounds, &["Stream"], "Item").or_else(|| associated(bounds, ITERATORS, "Item"));
    if let Type::ImplTrait(ty) = inside(ty) {
        return of_bounds(&ty.bounds);
    }
    let last = last_segment(ty)?;
    if let Some(item) = of_alias(last, BOXED_STREAMS) {
        return Some(item);
    }
    of_bounds(bounds_of_box(only_type(last, "Pin").unwrap_or(ty))?)
}

/// Where the return type stands, or the name of the function that has none.
pub(crate) fn output_span(signature: &Signature) -> Span {
    match &signature.output {
        ReturnType::Default => signature.ident.span(),
        ReturnType::Type(_, ty) => ty.span(),
    }
}

/// A result of which nothing is known.
fn alias(stream: bool) -> Output {
    if stream { Output::Items { items: Items::BoxedStream, fallible: false } } else { Output::Value }
}

/// What a type is, apart from parentheses and the invisible groups of macros.
fn inside(ty: &Type) -> &Type {
    match ty {
        Type::Paren(group) => inside(&group.elem),
        Type::Group(group) => inside(&group.elem),
        _ => ty,
    }
}

fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match inside(ty) {
        Type::Path(ty) => ty.path.segments.last(),
        _ => None,
    }
}

/// Whether the last word of a type's path is one of `names`.
pub(crate) fn is_named(ty: &Type, names: &[&str]) -> bool {
    last_segment(ty).is_some_and(|last| names.iter().any(|name| last.ident == name))
}

/// The future that a type is, with its output if the type tells it.
fn future_of(ty: &Type) -> Option<(Outer, Option<&Type>)> {
    if let Type::ImplTrait(ty) = inside(ty) {
        return associated(&ty.bounds, &["Future"], "Output").map(|output| (Outer::Future, Some(output)));
    }
    let last = last_segment(ty)?;
    if let Some(output) = of_alias(last, &["BoxFuture", "LocalBoxFuture"]) {
        return Some((Outer::BoxedFuture, Some(output)));
    }
    let output = associated(bounds_of_box(only_type(last, "Pin")?)?, &["Future"], "Output")?;
    Some((Outer::BoxedFuture, Some(output)))
}

fn result(ty: &Type, stream: bool) -> Output {
    if matches!(inside(ty), Type::Never(_)) {
        return Output::Never;
    }
    if let Some(items) = items_of(ty, stream) {
        return Output::Items { items, fallible: false };
    }
    let ok = last_segment(ty).and_then(|last| only_type(last, "Result"));
    match ok.and_then(|ty| items_of(ty, stream)) {
        Some(items) => Output::Items { items, fallible: true },
        None if stream => Output::Items { items: Items::BoxedStream, fallible: ok.is_some() },
        None => Output::Value,
    }
}

/// The items that a type gives; iterators count only if they are asked for.
fn items_of(ty: &Type, iterators: bool) -> Option<Items> {
    if let Type::ImplTrait(ty) = inside(ty) {
        let iterator = || associated(&ty.bounds, ITERATORS, "Item").filter(|_| iterators).map(|_| Items::Iterator);
        return associated(&ty.bounds, &["Stream"], "Item").map(|_| Items::Stream).or_else(iterator);
    }
    let last = last_segment(ty)?;
    if of_alias(last, BOXED_STREAMS).is_some() {
        return Some(Items::BoxedStream);
    }
    if let Some(ty) = only_type(last, "Pin") {
        return associated(bounds_of_box(ty)?, &["Stream"], "Item").map(|_| Items::BoxedStream);
    }
    associated(bounds_of_box(ty)?, ITERATORS, "Item").filter(|_| iterators).map(|_| Items::BoxedIterator)
}

const BOXED_STREAMS: &[&str] = &["BoxStream", "LocalBoxStream"];

const ITERATORS: &[&str] = &["Iterator", "DoubleEndedIterator", "ExactSizeIterator", "FusedIterator"];

/// `A + B` of `Box<dyn A + B>`.
fn bounds_of_box(ty: &Type) -> Option<&Punctuated<TypeParamBound, Token![+]>> {
    match inside(only_type(last_segment(ty)?, "Box")?) {
        Type::TraitObject(ty) => Some(&ty.bounds),
        _ => None,
    }
}

/// `T` of `Future<Output = T>` among bounds. The trait's name alone proves nothing.
fn associated<'a>(
    bounds: &'a Punctuated<TypeParamBound, Token![+]>,
    names: &[&str],
    associated: &str,
) -> Option<&'a Type> {
    bounds.iter().find_map(|bound| {
        let TypeParamBound::Trait(bound) = bound else { return None };
        let last = bound.path.segments.last().filter(|last| names.iter().any(|name| last.ident == name))?;
        generics(last)?.args.iter().find_map(|arg| match arg {
            GenericArgument::AssocType(ty) if ty.ident == associated => Some(&ty.ty),
            _ => None,
        })
    })
}

/// `T` of `BoxFuture<'a, T>`. What has other arguments is somebody's own alias, such as `BoxFuture<T, E>`.
fn of_alias<'a>(segment: &'a PathSegment, names: &[&str]) -> Option<&'a Type> {
    let arguments = &generics(segment).filter(|_| names.iter().any(|name| segment.ident == name))?.args;
    match (arguments.first(), arguments.get(1), arguments.len()) {
        (Some(GenericArgument::Type(ty)), None, 1) => Some(ty),
        (Some(GenericArgument::Lifetime(_)), Some(GenericArgument::Type(ty)), 2) => Some(ty),
        _ => None,
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn signature(text: &str) -> Signature {
        syn::parse_str(text).unwrap()
    }

    const VALUE: Output = Output::Value;

    const fn items(items: Items) -> Output {
        Output::Items { items, fallible: false }
    }

    const fn fallible(items: Items) -> Output {
        Output::Items { items, fallible: true }
    }

    #[test]
    fn shapes_are_read_off_the_signature() {
        let cases = [
            ("fn f()", Outer::Plain, VALUE),
            ("async fn f()", Outer::Async, VALUE),
            ("fn f() -> Result<u8, E>", Outer::Plain, VALUE),
            ("fn f() -> !", Outer::Plain, Output::Never),
            ("async fn f() -> u8", Outer::Async, VALUE),
            ("async fn f() -> !", Outer::Async, Output::Never),
            ("async fn f() -> impl Future<Output = u8>", Outer::Async, VALUE),
            ("fn f() -> impl Future<Output = u8> + Send + '_", Outer::Future, VALUE),
            ("fn f() -> impl Send + std::future::Future<Output = Result<u8, E>>", Outer::Future, VALUE),
            ("fn f() -> Pin<Box<dyn Future<Output = u8> + Send + 'a>>", Outer::BoxedFuture, VALUE),
            (
                "fn f() -> ::core::pin::Pin<Box<dyn ::core::future::Future<Output = ()> + 'a>>",
                Outer::BoxedFuture,
                VALUE,
            ),
            ("fn f() -> futures::future::BoxFuture<'static, u8>", Outer::BoxedFuture, VALUE),
            ("fn f() -> impl Stream<Item = u8>", Outer::Plain, items(Items::Stream)),
            ("async fn f() -> impl Stream<Item = u8>", Outer::Async, items(Items::Stream)),
            ("fn f() -> Pin<Box<dyn futures::Stream<Item = u8>>>", Outer::Plain, items(Items::BoxedStream)),
            ("fn f() -> LocalBoxStream<'a, u8>", Outer::Plain, items(Items::BoxedStream)),
            ("async fn f() -> Result<BoxStream<'static, u8>, E>", Outer::Async, fallible(Items::BoxedStream)),
            ("fn f() -> anyhow::Result<impl Stream<Item = u8>>", Outer::Plain, fallible(Items::Stream)),
            ("fn f() -> BoxFuture<'a, Result<BoxStream<'a, u8>>>", Outer::BoxedFuture, fallible(Items::BoxedStream)),
            ("fn f() -> impl Future<Output = BoxStream<'a, u8>>", Outer::Future, items(Items::BoxedStream)),
            // Of somebody's own alias nothing is known; a box of what may borrow holds nothing else.
            ("fn f() -> BoxFuture<T, E>", Outer::Plain, VALUE),
            ("async fn f() -> BoxStream", Outer::Async, VALUE),
            ("fn f<T: Future<Output = U> + 'static, U>(t: T) -> Pin<Box<dyn Future<Output = U>>>", Outer::Plain, VALUE),
            ("fn f<U>() -> Result<BoxStream<'static, U>, E>", Outer::Plain, VALUE),
            ("fn f<U>() -> BoxStream<'_, U>", Outer::Plain, items(Items::BoxedStream)),
            // Names alone prove nothing.
            ("fn f() -> StreamConfig", Outer::Plain, VALUE),
            ("fn f() -> impl Stream", Outer::Plain, VALUE),
            ("fn f() -> Pin<&mut Box<u8>>", Outer::Plain, VALUE),
            ("fn f() -> impl Iterator<Item = u8>", Outer::Plain, VALUE),
        ];
        for (text, outer, result) in cases {
            assert_eq!(of(&signature(text), false, false), Shape { outer, result }, "{text}");
        }
    }

    #[test]
    fn options_tell_what_a_type_does_not() {
        let stream = |text| of(&signature(text), false, true).result;
        assert_eq!(stream("fn f() -> impl Iterator<Item = u8> + '_"), items(Items::Iterator));
        assert_eq!(stream("fn f() -> impl ExactSizeIterator<Item = u8>"), items(Items::Iterator));
        assert_eq!(stream("fn f() -> Box<dyn Iterator<Item = u8> + 'a>"), items(Items::BoxedIterator));
        assert_eq!(stream("fn f() -> io::Result<Box<dyn Iterator<Item = u8>>>"), fallible(Items::BoxedIterator));
        assert_eq!(stream("fn f() -> Tokens"), items(Items::BoxedStream));
        assert_eq!(stream("async fn f() -> Result<Tokens>"), fallible(Items::BoxedStream));
        assert_eq!(of(&signature("fn f() -> Answer"), true, false), Shape { outer: Outer::BoxedFuture, result: VALUE });
        assert_eq!(of(&signature("fn f() -> BoxFuture<'a, Tokens>"), true, true).result, items(Items::BoxedStream));
    }

    #[test]
    fn items_are_known_where_the_type_tells_them() {
        let item = |text| item(&signature(text)).map(crate::text::compact);
        let known = Some("Result<&'a str, E>".to_owned());
        assert_eq!(item("fn f() -> impl Stream<Item = Result<&'a str, E>> + Send"), known);
        assert_eq!(item("async fn f() -> io::Result<Pin<Box<dyn Stream<Item = Result<&'a str, E>>>>>"), known);
        assert_eq!(item("fn f() -> BoxFuture<'a, Result<BoxStream<'a, Result<&'a str, E>>>>"), known);
        assert_eq!(item("fn f() -> Box<dyn Iterator<Item = Result<&'a str, E>>>"), known);
        assert_eq!(item("fn f() -> impl Iterator<Item = (u8, impl Display)>"), Some("(u8, _)".to_owned()));
        assert_eq!(item("fn f() -> Tokens"), None);
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
