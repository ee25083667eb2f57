//! Tokens → text that does not depend on their layout: types, for people.

use humanloop_version::delimiters;
use proc_macro2::{TokenStream, TokenTree};

/// A type on one line with as few spaces as readable code has: `Option<&'a str>`, `impl Fn(u8) -> bool`.
pub(crate) fn compact(tokens: TokenStream) -> String {
    let mut text = String::new();
    print(tokens, &mut text);
    text
}

fn print(tokens: TokenStream, text: &mut String) {
    for tree in tokens {
        match tree {
            TokenTree::Group(group) => {
                let (open, close) = delimiters(group.delimiter());
                text.push_str(open);
                print(group.stream(), text);
                text.push_str(close);
            }
            TokenTree::Punct(punct) => match punct.as_char() {
                mark @ (',' | ';') => text.extend([mark, ' ']),
                mark @ ('+' | '=') => text.extend([' ', mark, ' ']),
                '-' => text.push_str(" -"),
                '>' if text.ends_with(" -") => text.push_str("> "),
                mark @ ('&' | '*' | '\'') => {
                    separate(text);
                    text.push(mark);
                }
                mark => text.push(mark),
            },
            TokenTree::Ident(_) | TokenTree::Literal(_) => {
                separate(text);
                text.push_str(&tree.to_string());
            }
        }
    }
    if text.ends_with([' ']) {
        text.truncate(text.trim_end().len());
    }
}

/// A space between two words.
fn separate(text: &mut String) {
    if text.ends_with(|last: char| last.is_alphanumeric() || matches!(last, '_' | '>')) {
        text.push(' ');
    }
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    #[test]
    fn types_read_as_people_write_them() {
        let cases = [
            (quote! { &'a mut str }, "&'a mut str"),
            (quote! { Option<Vec<String>> }, "Option<Vec<String>>"),
            (quote! { std::collections::HashMap<String, (u8, i32)> }, "std::collections::HashMap<String, (u8, i32)>"),
            (quote! { impl Fn(&str) -> bool + Send + 'static }, "impl Fn(&str) -> bool + Send + 'static"),
            (quote! { &dyn Iterator<Item = u8> }, "&dyn Iterator<Item = u8>"),
            (quote! { [u8; N] }, "[u8; N]"),
            (quote! { *const T }, "*const T"),
            (quote! { <T as Trait>::Out }, "<T as Trait>::Out"),
        ];
        for (tokens, expected) in cases {
            assert_eq!(compact(tokens), expected);
        }
    }
}
