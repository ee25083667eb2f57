//! Mistakes are collected, each points at its word, and the item comes out beside them.

use std::fmt::Display;

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};

/// Every mistake of one attribute, so that all of them are shown in one go.
#[derive(Default)]
#[must_use]
pub(crate) struct Errors(Option<syn::Error>);

impl Errors {
    /// Adds a mistake that is underlined at `at`.
    pub(crate) fn add(&mut self, at: Span, message: impl Display) {
        self.push(syn::Error::new(at, message));
    }

    /// Adds a mistake that is underlined over all of `at`.
    pub(crate) fn add_at(&mut self, at: impl ToTokens, message: impl Display) {
        self.push(syn::Error::new_spanned(at, message));
    }

    /// Adds what a parser reported.
    pub(crate) fn push(&mut self, error: syn::Error) {
        match &mut self.0 {
            Some(first) => first.combine(error),
            None => self.0 = Some(error),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    #[cfg(test)]
    pub(crate) fn messages(self) -> Vec<String> {
        self.0.into_iter().flatten().map(|error| error.to_string()).collect()
    }

    /// The mistakes as compiler errors, and the item as it was, so that its callers still resolve.
    pub(crate) fn beside(self, item: TokenStream) -> TokenStream {
        let errors = self.0.map(syn::Error::into_compile_error);
        let item = with_body(item);
        quote! { #errors #item }
    }
}

/// Gives a function without a body one, since the compiler would add an error of its own to ours.
fn with_body(item: TokenStream) -> TokenStream {
    let mut trees: Vec<TokenTree> = item.into_iter().collect();
    if let Some(TokenTree::Punct(last)) = trees.last()
        && last.as_char() == ';'
        && trees.iter().any(|tree| matches!(tree, TokenTree::Ident(word) if word == "fn"))
    {
        trees.pop();
        trees.push(Group::new(Delimiter::Brace, quote! { loop {} }).into());
    }
    trees.into_iter().collect()
}

/// What to say after "no such name": the one that was probably meant, else all there are.
pub(crate) fn instead<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    let near = names.iter().map(|name| (distance(word, name), name)).min();
    match near {
        Some((distance, name)) if distance <= 1 + word.chars().count() / 4 => format!("did you mean `{name}`?"),
        Some(_) => format!("there is {}", names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")),
        None => "there is none".to_owned(),
    }
}

/// The Levenshtein distance: how many characters to insert, remove or replace.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.chars().enumerate() {
        let mut diagonal = i;
        let mut before = i + 1;
        for (b, above) in right.iter().zip(row.iter_mut().skip(1)) {
            let here = (diagonal + usize::from(a != *b)).min(before + 1).min(*above + 1);
            diagonal = *above;
            *above = here;
            before = here;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_single_character_changes() {
        let pairs = [("", "abc", 3), ("abc", "", 3), ("model", "modle", 2), ("query", "qurey", 2), ("same", "same", 0)];
        for (left, right, expected) in pairs {
            assert_eq!(distance(left, right), expected, "{left} to {right}");
        }
    }

    #[test]
    fn a_near_name_is_suggested_and_a_far_one_lists_all() {
        assert_eq!(instead("qurey", ["query", "api_key"]), "did you mean `query`?");
        assert_eq!(instead("password", ["query", "api_key"]), "there is `query`, `api_key`");
        assert_eq!(instead("password", []), "there is none");
    }

    #[test]
    fn a_function_without_a_body_gets_one_and_other_items_stay() {
        let shown = |item: TokenStream| Errors::default().beside(item).to_string();
        assert_eq!(shown(quote! { fn f() -> u8; }), quote! { fn f() -> u8 { loop {} } }.to_string());
        assert_eq!(shown(quote! { struct S; }), quote! { struct S; }.to_string());
    }
}
