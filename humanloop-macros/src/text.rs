//! Tokens → text that does not depend on their layout: types for people, and a hash for the version.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

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

fn delimiters(delimiter: Delimiter) -> (&'static str, &'static str) {
    match delimiter {
        Delimiter::Parenthesis => ("(", ")"),
        Delimiter::Bracket => ("[", "]"),
        Delimiter::Brace => ("{", "}"),
        Delimiter::None => ("", ""),
    }
}

/// A 128-bit FNV-1a hash of the tokens: the same for any layout, any comments and any compiler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fingerprint(u128);

impl Fingerprint {
    pub(crate) fn of(tokens: impl IntoIterator<Item = TokenTree>) -> Self {
        let mut hash = Self(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d);
        hash.tokens(tokens);
        hash
    }

    fn tokens(&mut self, tokens: impl IntoIterator<Item = TokenTree>) {
        for tree in tokens {
            match tree {
                TokenTree::Group(group) => {
                    let (open, close) = delimiters(group.delimiter());
                    self.token(open);
                    self.tokens(group.stream());
                    self.token(close);
                }
                TokenTree::Punct(punct) => self.token(punct.as_char().encode_utf8(&mut [0; 4])),
                tree => self.token(&tree.to_string()),
            }
        }
    }

    fn token(&mut self, text: &str) {
        if text.is_empty() {
            return; // an invisible delimiter, which only a macro leaves behind
        }
        // 0xff is no byte of UTF-8, so it keeps the tokens apart.
        for byte in text.bytes().chain([0xff]) {
            self.0 = (self.0 ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
        }
    }
}

impl std::fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:032x}", self.0)
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

    #[test]
    fn a_fingerprint_depends_on_tokens_alone() {
        let of = |text: &str| Fingerprint::of(text.parse::<TokenStream>().unwrap());
        assert_eq!(of("fn f ( ) { 1+1 } // sum"), of("fn f() {\n    1 + 1\n}"));
        assert_ne!(of("fn f() { 1 + 1 }"), of("fn f() { 1 + 2 }"));
        assert_ne!(of("fn f() { ab }"), of("fn f() { a b }"));
        assert_eq!(of("fn f() {}").to_string().len(), 32);
    }
}
