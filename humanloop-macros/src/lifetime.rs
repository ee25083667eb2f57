//! What a type's spelling tells of how long it lives.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::{Generics, Token, Type, TypeParamBound, WherePredicate};

/// Whether a box in the type is `'static`: there is no other lifetime.
pub(crate) fn is_static(ty: &Type) -> bool {
    words(ty.to_token_stream()).iter().all(|word| !word.is_lifetime || word.ident == "static")
}

/// Whether the type names a type parameter that may borrow from something.
pub(crate) fn may_borrow(ty: &Type, generics: &Generics) -> bool {
    let words = words(ty.to_token_stream());
    let is_named = |parameter: &Ident| words.iter().any(|word| !word.is_lifetime && word.ident == *parameter);
    generics.type_params().any(|parameter| {
        let here = has_static(&parameter.bounds);
        !here && !is_static_by_a_clause(&parameter.ident, generics) && is_named(&parameter.ident)
    })
}

fn is_static_by_a_clause(parameter: &Ident, generics: &Generics) -> bool {
    let Some(clause) = &generics.where_clause else { return false };
    clause.predicates.iter().any(|predicate| match predicate {
        WherePredicate::Type(predicate) => match &predicate.bounded_ty {
            Type::Path(ty) => ty.path.is_ident(parameter) && has_static(&predicate.bounds),
            _ => false,
        },
        _ => false,
    })
}

fn has_static(bounds: &Punctuated<TypeParamBound, Token![+]>) -> bool {
    bounds.iter().any(|bound| matches!(bound, TypeParamBound::Lifetime(lifetime) if lifetime.ident == "static"))
}

struct Word {
    ident: Ident,
    is_lifetime: bool,
}

/// All words, those in brackets among them.
fn words(tokens: TokenStream) -> Vec<Word> {
    let mut found = Vec::new();
    let mut is_lifetime = false;
    for tree in tokens {
        match tree {
            TokenTree::Punct(mark) => {
                is_lifetime = mark.as_char() == '\'';
                continue;
            }
            TokenTree::Ident(ident) => found.push(Word { ident, is_lifetime }),
            TokenTree::Group(group) => found.extend(words(group.stream())),
            TokenTree::Literal(_) => {}
        }
        is_lifetime = false;
    }
    found
}

#[cfg(test)]
mod tests {
    use syn::{ReturnType, Signature};

    use super::*;

    #[test]
    fn a_type_parameter_may_borrow_unless_it_is_bound_to_be_static() {
        let check = |text: &str| {
            let signature: Signature = syn::parse_str(text).unwrap();
            let ReturnType::Type(_, ty) = &signature.output else { panic!("{text}") };
            (is_static(ty), may_borrow(ty, &signature.generics))
        };
        assert_eq!(check("fn f<T, U>() -> Box<dyn Stream<Item = (u8, [U; 2])>>"), (true, true));
        assert_eq!(check("fn f<T, U: 'static>() -> Box<dyn Stream<Item = U> + 'static>"), (true, false));
        assert_eq!(check("fn f<T>() -> Box<dyn Stream<Item = T>> where u8: Copy, T: Copy + 'static"), (true, false));
        assert_eq!(check("fn f<'a, T>() -> BoxStream<'a, T>"), (false, true));
        assert_eq!(check("fn f<T>() -> BoxStream<'_, Vec<u8>>"), (false, false));
    }
}
