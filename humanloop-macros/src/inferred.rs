//! A type as an expression may name it: with `_` for each `impl Trait`.

use std::iter::Peekable;

use proc_macro2::token_stream::IntoIter;
use proc_macro2::{Group, TokenStream, TokenTree};
use quote::quote;

/// Replaces each `impl A + B<C>` by `_`.
pub(crate) fn inferred(tokens: TokenStream) -> TokenStream {
    let mut output = TokenStream::new();
    let mut trees = tokens.into_iter().peekable();
    while let Some(tree) = trees.next() {
        match tree {
            TokenTree::Ident(word) if word == "impl" => {
                skip_bounds(&mut trees);
                output.extend(quote! { _ });
            }
            TokenTree::Group(group) => {
                let mut inferred = Group::new(group.delimiter(), inferred(group.stream()));
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
