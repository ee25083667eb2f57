//! The version of an annotated function: a hash of what it says, computed by the attribute when it is compiled, and by
//! `cargo humanloop` from the source alone.
//!
//! ```
//! use humanloop_version::{function, Fingerprint};
//! # use proc_macro2::TokenStream;
//! # fn tokens(text: &str) -> TokenStream { text.parse().unwrap() }
//!
//! let options = tokens(r#"model = "gpt-4", template = "{{question}}""#);
//! let written = tokens("/// Answers.\nasync fn answer(question: &str) -> String; // soon");
//! let reformatted = tokens("async fn answer( question : &str ) -> String;");
//! let version = function("prompt", options.clone(), written, None);
//! assert_eq!(version, function("prompt", options.clone(), reformatted.clone(), None));
//! assert_ne!(version, function("tool", options, reformatted, None));
//! ```

use std::fmt;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// The version of a function: of the attribute that makes it a `kind` (`"prompt"`, `"tool"`, `"flow"`), its `options`,
/// the `item` below it, and the text of its template file.
///
/// It leaves out layout, comments, documentation and the other attributes of the function.
pub fn function(kind: &str, options: TokenStream, item: TokenStream, file: Option<&str>) -> Fingerprint {
    let mut hash = Fingerprint::new();
    hash.token(kind);
    hash.token("(");
    hash.tokens(options);
    hash.token(")");
    hash.tokens(without_attributes(item));
    if let Some(text) = file {
        hash.token(&text.trim_start_matches('\u{feff}').replace("\r\n", "\n"));
    }
    hash
}

/// The tokens after the outer attributes, which other macros take away, add and reorder.
pub fn without_attributes(tokens: TokenStream) -> impl Iterator<Item = TokenTree> {
    tokens.into_iter().skip_while(|tree| match tree {
        TokenTree::Punct(punct) => punct.as_char() == '#',
        TokenTree::Group(group) => group.delimiter() == Delimiter::Bracket,
        _ => false,
    })
}

/// A 128-bit FNV-1a hash of the tokens: the same for any layout, any comments and any compiler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint(u128);

impl Fingerprint {
    const fn new() -> Self {
        Self(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d)
    }

    /// Of the tokens, but for their documentation.
    pub fn of(tokens: impl IntoIterator<Item = TokenTree>) -> Self {
        let mut hash = Self::new();
        hash.tokens(tokens);
        hash
    }

    fn tokens(&mut self, tokens: impl IntoIterator<Item = TokenTree>) {
        let mut trees = tokens.into_iter().peekable();
        while let Some(tree) = trees.next() {
            match (&tree, trees.peek()) {
                (TokenTree::Punct(punct), Some(TokenTree::Group(group)))
                    if punct.as_char() == '#' && is_documentation(&group.stream()) =>
                {
                    trees.next();
                }
                (TokenTree::Group(group), _) => {
                    let (open, close) = delimiters(group.delimiter());
                    self.token(open);
                    self.tokens(group.stream());
                    self.token(close);
                }
                (TokenTree::Punct(punct), _) => self.token(punct.as_char().encode_utf8(&mut [0; 4])),
                _ => self.token(&tree.to_string()),
            }
        }
    }

    fn token(&mut self, text: &str) {
        if text.is_empty() {
            return; // an invisible delimiter, which only a macro leaves behind
        }
        for byte in text.as_bytes() {
            self.byte(*byte);
        }
        self.byte(0xff); // no byte of UTF-8, so it keeps the tokens apart
    }

    #[inline]
    fn byte(&mut self, byte: u8) {
        self.0 = (self.0 ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
    }
}

fn is_documentation(attribute: &TokenStream) -> bool {
    matches!(attribute.clone().into_iter().next(), Some(TokenTree::Ident(word)) if word == "doc")
}

/// What opens a group of tokens, and what closes it.
pub fn delimiters(delimiter: Delimiter) -> (&'static str, &'static str) {
    match delimiter {
        Delimiter::Parenthesis => ("(", ")"),
        Delimiter::Bracket => ("[", "]"),
        Delimiter::Brace => ("{", "}"),
        Delimiter::None => ("", ""),
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> TokenStream {
        text.parse().unwrap()
    }

    #[test]
    fn a_fingerprint_depends_on_tokens_alone() {
        let of = |text: &str| Fingerprint::of(tokens(text));
        assert_eq!(of("fn f ( ) { 1+1 } // sum"), of("fn f() {\n    1 + 1\n}"));
        assert_eq!(of("fn f() { /// One.\n 1 }"), of("fn f() { 1 }"));
        assert_ne!(of("fn f() { 1 + 1 }"), of("fn f() { 1 + 2 }"));
        assert_ne!(of("fn f() { ab }"), of("fn f() { a b }"));
        assert_eq!(of("fn f() {}").to_string().len(), 32);
    }

    #[test]
    fn a_version_is_of_all_that_the_prompt_says() {
        let of = |options: &str, item: &str, file| function("prompt", tokens(options), tokens(item), file);
        let version = of("model = \"m\"", "fn f() -> String { g() }", Some("Hi {{a}}"));
        let same = of("model=\"m\"", "#[inline]\n/// F.\nfn f() -> String { /* g */ g() }", Some("\u{feff}Hi {{a}}"));
        assert_eq!(version, same);
        let others = [
            of("model = \"n\"", "fn f() -> String { g() }", Some("Hi {{a}}")),
            of("model = \"m\"", "fn f() -> u8 { g() }", Some("Hi {{a}}")),
            of("model = \"m\"", "fn f() -> String { g() }", Some("Hi {{b}}")),
            of("model = \"m\"", "fn f() -> String { g() }", None),
        ];
        assert!(!others.contains(&version));
    }
}
