//! Functions that a macro makes: what can be read of them without expanding it.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// The macro whose definition or call the group at `at` is: of `macro_rules! make {..}` and of `make!(..)`.
pub(crate) fn macro_of(trees: &[TokenTree], at: usize) -> Option<String> {
    let before = trees.get(at.saturating_sub(3)..at)?;
    match before {
        [.., TokenTree::Ident(word), TokenTree::Punct(mark)] if mark.as_char() == '!' => Some(word.to_string()),
        [TokenTree::Ident(word), TokenTree::Punct(mark), TokenTree::Ident(name)]
            if word == "macro_rules" && mark.as_char() == '!' =>
        {
            Some(name.to_string())
        }
        _ => None,
    }
}

/// Whether something is put in by `macro_rules!` (`$name`) or by `quote!` (`#name`).
pub(crate) fn has_gaps(tokens: TokenStream) -> bool {
    let trees: Vec<TokenTree> = tokens.into_iter().collect();
    trees.iter().enumerate().any(|(at, tree)| match tree {
        TokenTree::Group(group) => has_gaps(group.stream()),
        TokenTree::Punct(mark) => match (mark.as_char(), trees.get(at + 1)) {
            ('$', _) | ('#', Some(TokenTree::Ident(_))) => true,
            ('#', Some(TokenTree::Group(group))) => group.delimiter() == Delimiter::Parenthesis,
            _ => false,
        },
        _ => false,
    })
}

/// How many tokens the function has: up to its body, or to a semicolon.
pub(crate) fn length(trees: &[TokenTree]) -> usize {
    let is_end = |tree: &TokenTree| match tree {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        TokenTree::Punct(mark) => mark.as_char() == ';',
        _ => false,
    };
    trees.iter().position(is_end).map_or(trees.len(), |end| end + 1)
}

/// The name as it is written behind `fn`, such as `$name`; without a `fn`, what is written, such as `$item`.
pub(crate) fn name(trees: &[TokenTree]) -> String {
    let words = trees.get(behind_fn(trees).unwrap_or(0)..).unwrap_or_default();
    let name: String =
        words.iter().take_while(|tree| !matches!(tree, TokenTree::Group(_))).map(ToString::to_string).collect();
    if name.is_empty() { "…".into() } else { name }
}

/// A call of a macro by the function that it is given, else by the first word: `make!(search)`.
pub(crate) fn call_name(name: &str, arguments: TokenStream) -> String {
    let trees: Vec<TokenTree> = arguments.into_iter().collect();
    let words = trees.get(behind_fn(&trees).unwrap_or(0)..).unwrap_or_default();
    let first = words.iter().find_map(|tree| match tree {
        TokenTree::Ident(word) if word != "pub" => Some(word.to_string()),
        _ => None,
    });
    format!("{name}!({})", first.unwrap_or_default())
}

fn behind_fn(trees: &[TokenTree]) -> Option<usize> {
    trees.iter().position(|tree| matches!(tree, TokenTree::Ident(word) if word == "fn")).map(|at| at + 1)
}
