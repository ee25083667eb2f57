//! The text of the function as its author wrote it: a slice of the file, held against the tokens.
//!
//! The tokens alone have lost the comments and the layout. The slice alone may be something else than the function: the body of
//! a `macro_rules!`, or a file that was saved while the compiler ran. So the slice is taken and then checked.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use proc_macro::Span;
use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};

use humanloop_version::Fingerprint;

use crate::attr::Kind;

/// The text, and how far it can be trusted.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// As written, and the same tokens as those compiled.
    Exact(String),
    /// As written; another attribute has changed the tokens since.
    Written(String),
    /// Printed from the tokens: the work of a macro, or a text that cannot be reached.
    Expanded(String),
    /// Left out by `source = false`; or nobody will run this, as in rust-analyzer.
    Hidden,
}

impl Source {
    /// With its text changed by `change`.
    pub(crate) fn map(self, change: impl FnOnce(String) -> String) -> Self {
        match self {
            Self::Exact(text) => Self::Exact(change(text)),
            Self::Written(text) => Self::Written(change(text)),
            Self::Expanded(text) => Self::Expanded(change(text)),
            Self::Hidden => Self::Hidden,
        }
    }
}

/// The version of a function. What another attribute has rewritten counts as it was written, so that the sources alone tell
/// the same.
pub(crate) fn version(
    kind: Kind,
    options: &TokenStream,
    item: &TokenStream,
    source: &Source,
    file: Option<&str>,
) -> Fingerprint {
    let item = match source {
        Source::Written(text) => text.parse().unwrap_or_else(|_| item.clone()),
        _ => item.clone(),
    };
    humanloop_version::function(kind.name(), options.clone(), item, file)
}

/// Whether this is rust-analyzer, which knows neither files nor their text.
pub(crate) fn is_in_editor() -> bool {
    let here = Span::call_site;
    proc_macro::is_available() && here().local_file().is_none() && here().source_text().is_none()
}

/// At a place of the user's, for messages. rust-analyzer takes a word of ours that spans theirs for one of theirs, so there it stands
/// nowhere.
pub(crate) fn at(place: proc_macro2::Span) -> proc_macro2::Span {
    let ours = proc_macro2::Span::mixed_site();
    if is_in_editor() { ours } else { ours.located_at(place) }
}

/// The text of the annotated function `name`: our attribute, all others, the documentation, the signature and the body.
pub(crate) fn of(item: &TokenStream, name: &str) -> Source {
    let expanded = || Source::Expanded(item.to_string());
    let Some(last) = item.clone().into_iter().last() else { return Source::Hidden };
    let Some(last) = compilers(last.span()) else { return expanded() };
    match (last.local_file(), last.source_text()) {
        (Some(path), Some(end)) => from_file(item, name, &path, last, &end).unwrap_or_else(expanded),
        // rust-analyzer compares offsets before and after the expansion to complete words; a long literal would shift them.
        (None, None) => Source::Hidden,
        _ => expanded(),
    }
}

fn from_file(item: &TokenStream, name: &str, path: &Path, last: Span, end_text: &str) -> Option<Source> {
    let file = File::cached(path)?;
    let end = file.offset(last.end().line(), last.end().column())?;
    // The longest text that holds: attributes that other macros have added point anywhere in the file.
    let starts: BTreeSet<usize> = starts(item)
        .filter(|span| span.local_file().as_deref() == Some(path))
        .filter_map(|span| file.start(span.start().line(), span.start().column()))
        .collect();
    let function = item.clone().into_iter().find(|tree| !is_attribute(tree))?.span();
    let function = compilers(function).and_then(|span| file.offset(span.start().line(), span.start().column()));
    starts.into_iter().find_map(|start| {
        let slice = file.text.get(start..end)?;
        let same = || is_same(slice.split_at_checked(function?.checked_sub(start)?)?, item);
        let exact = same().unwrap_or_default().then_some(Source::Exact as Trust);
        let trust = exact.or_else(|| check(slice, item, name)).filter(|_| slice.ends_with(end_text))?;
        let indentation = file.indentation(start);
        if indentation.is_empty() {
            return Some(trust(slice.to_owned()));
        }
        let first_line = file.line(start);
        let literals = literal_lines(item.clone());
        Some(trust(dedent(indentation, slice, |line| literals.contains(&(first_line + line)))))
    })
}

/// The compiler's own span, which knows files; there is none outside of a compilation, as in a unit test.
fn compilers(span: proc_macro2::Span) -> Option<Span> {
    proc_macro::is_available().then(|| span.unwrap())
}

/// Where the text may begin: at our attribute, which is not among the tokens, at another one, or at the function itself.
fn starts(item: &TokenStream) -> impl Iterator<Item = Span> {
    let mut attributes = true;
    let of_item = item.clone().into_iter().take_while(move |tree| {
        let before = attributes;
        attributes = is_attribute(tree);
        before
    });
    of_item.filter_map(|tree| compilers(tree.span())).chain([Span::call_site()])
}

/// Whether a token is the `#` or the `[..]` of an attribute.
fn is_attribute(tree: &TokenTree) -> bool {
    match tree {
        TokenTree::Punct(punct) => punct.as_char() == '#',
        TokenTree::Group(group) => group.delimiter() == Delimiter::Bracket,
        _ => false,
    }
}

/// Whether a text, parted where its attributes end, is that of an item. This is seen by walking along both, which is quicker than
/// to have the text read by the compiler; where it gives up, as at documentation inside of the body, [`check`] decides.
fn is_same((attributes, function): (&str, &str), item: &TokenStream) -> Option<bool> {
    let attributes: TokenStream = attributes.parse().ok()?;
    let rest = after(function, humanloop_version::without_attributes(item.clone()))?;
    Some(rest.is_empty() && attributes.into_iter().all(|tree| is_attribute(&tree)))
}

/// What comes after the tokens in a text that begins with them.
fn after(mut text: &str, tokens: impl IntoIterator<Item = TokenTree>) -> Option<&str> {
    for tree in tokens {
        text = after_blanks(text)?;
        text = match tree {
            TokenTree::Group(group) => {
                let (open, close) = humanloop_version::delimiters(group.delimiter());
                after_blanks(after(text.strip_prefix(open)?, group.stream())?)?.strip_prefix(close)?
            }
            TokenTree::Punct(punct) => text.strip_prefix(punct.as_char())?,
            TokenTree::Ident(_) | TokenTree::Literal(_) => text.strip_prefix(&tree.to_string())?,
        };
    }
    Some(text)
}

/// A text after its blanks and comments.
fn after_blanks(mut text: &str) -> Option<&str> {
    loop {
        text = text.trim_start();
        if text.starts_with("//") {
            text = text.split_once('\n')?.1;
        } else if let Some(comment) = text.strip_prefix("/*") {
            text = after_comment(comment)?;
        } else {
            return Some(text);
        }
    }
}

/// What comes after a `/*` comment, in which there may be others.
fn after_comment(mut text: &str) -> Option<&str> {
    let mut depth = 1;
    while depth > 0 {
        let end = text.find("*/")?;
        let mark = text.get(..=end)?.find("/*");
        depth = if mark.is_some() { depth + 1 } else { depth - 1 };
        text = text.get(mark.unwrap_or(end) + 2..)?;
    }
    Some(text)
}

type Trust = fn(String) -> Source;

/// Decides whether `slice` is the text of `item`, the function `name`.
fn check(slice: &str, item: &TokenStream, name: &str) -> Option<Trust> {
    let tokens: TokenStream = slice.parse().ok()?;
    let written = without_attributes(tokens);
    let compiled = without_attributes(item.clone());
    if Fingerprint::of(written.iter().cloned()) == Fingerprint::of(compiled) {
        return Some(Source::Exact);
    }
    let functions: Vec<&Ident> = written.windows(2).filter_map(named_function).collect();
    let alone = matches!(functions.as_slice(), [found] if *found == name);
    let words = written.iter().take_while(|tree| !is_fn(tree)).all(|tree| !is_separator(tree));
    (alone && words && !has_metavariable(written)).then_some(Source::Written)
}

/// `f` of `fn f`; a function pointer has no name.
fn named_function(pair: &[TokenTree]) -> Option<&Ident> {
    match pair {
        [word, TokenTree::Ident(name)] if is_fn(word) => Some(name),
        _ => None,
    }
}

fn is_fn(tree: &TokenTree) -> bool {
    matches!(tree, TokenTree::Ident(word) if word == "fn")
}

/// Whether a token cannot stand between the attributes and the `fn`, as `pub(crate) unsafe extern "C"` can.
fn is_separator(tree: &TokenTree) -> bool {
    match tree {
        TokenTree::Punct(_) => true,
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        _ => false,
    }
}

fn without_attributes(tokens: TokenStream) -> Vec<TokenTree> {
    humanloop_version::without_attributes(tokens).collect()
}

/// Whether there is a `$`, as in the text of a `macro_rules!`.
fn has_metavariable(tokens: impl IntoIterator<Item = TokenTree>) -> bool {
    tokens.into_iter().any(|tree| match tree {
        TokenTree::Group(group) => has_metavariable(group.stream()),
        TokenTree::Punct(punct) => punct.as_char() == '$',
        _ => false,
    })
}

/// The lines that begin inside a literal, whose blanks belong to the program.
fn literal_lines(tokens: TokenStream) -> BTreeSet<usize> {
    let mut lines = BTreeSet::new();
    for tree in tokens {
        match tree {
            TokenTree::Group(group) => lines.extend(literal_lines(group.stream())),
            TokenTree::Literal(literal) if literal.to_string().contains('\n') => {
                let span = compilers(literal.span());
                lines.extend(span.into_iter().flat_map(|span| span.start().line() + 1..=span.end().line()));
            }
            _ => {}
        }
    }
    lines
}

/// Takes the indentation of the first line, a method's in its `impl`, from all lines that have it.
fn dedent(indentation: &str, text: &str, is_literal: impl Fn(usize) -> bool) -> String {
    let mut lines = Vec::new();
    for (number, line) in text.split('\n').enumerate() {
        let stripped = if number == 0 || is_literal(number) { None } else { line.strip_prefix(indentation) };
        lines.push(stripped.unwrap_or(line));
    }
    lines.join("\n")
}

/// A source file as the compiler reads it: without byte order mark, lines ending in `\n`.
struct File {
    text: String,
    /// The offset of each line, in bytes.
    lines: Vec<usize>,
}

impl File {
    /// Reads a file once for all the functions in it.
    fn cached(path: &Path) -> Option<Rc<Self>> {
        thread_local! {
            static FILES: RefCell<HashMap<PathBuf, Option<Rc<File>>>> = RefCell::default();
        }
        FILES.with_borrow_mut(|files| {
            let read = || std::fs::read_to_string(path).ok().map(|text| Rc::new(Self::new(&text)));
            files.entry(path.to_owned()).or_insert_with(read).clone()
        })
    }

    fn new(text: &str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n");
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(newline, _)| newline + 1)).collect();
        Self { text, lines }
    }

    /// The byte offset of a position; lines and columns count from 1, columns in characters.
    fn offset(&self, line: usize, column: usize) -> Option<usize> {
        let start = *self.lines.get(line.checked_sub(1)?)?;
        let rest = self.text.get(start..)?;
        let mut offsets = rest.char_indices().map(|(offset, _)| offset).chain([rest.len()]);
        Some(start + offsets.nth(column.checked_sub(1)?)?)
    }

    /// The byte offset where an attribute or an item begins.
    fn start(&self, line: usize, column: usize) -> Option<usize> {
        let start = self.offset(line, column)?;
        // Of `#[cfg_attr(condition, tool)]` the span of our attribute covers only `tool`.
        let line = *self.lines.get(self.line(start) - 1)?;
        let attribute = self.text.get(line..start)?.find("#[cfg_attr(");
        Some(attribute.map_or(start, |attribute| line + attribute))
    }

    /// The line of an offset, from 1.
    fn line(&self, offset: usize) -> usize {
        self.lines.partition_point(|start| *start <= offset)
    }

    /// The blanks before an offset, if there is nothing else before it in its line.
    fn indentation(&self, offset: usize) -> &str {
        let start = self.lines.get(self.line(offset) - 1).copied().unwrap_or_default();
        let before = self.text.get(start..offset).unwrap_or_default();
        if before.trim().is_empty() { before } else { "" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters_and_line_ends_are_one_byte() {
        let file = File::new("\u{feff}fn a() {}\r\n\t\"ä🦀\" fn b() {}\r\n");
        assert_eq!(file.text, "fn a() {}\n\t\"ä🦀\" fn b() {}\n");
        let at = |line, column| file.offset(line, column).and_then(|offset| file.text.get(offset..));
        assert_eq!(at(1, 4), Some("a() {}\n\t\"ä🦀\" fn b() {}\n"));
        assert_eq!(at(2, 7), Some("fn b() {}\n"));
        assert_eq!(at(2, 16), Some("\n"));
        assert_eq!([at(0, 1), at(1, 0), at(4, 1), at(3, 2)], [None; 4]);
    }

    #[test]
    fn a_conditional_attribute_is_shown_from_its_beginning() {
        let file = File::new("x\n    #[cfg_attr(test, tool)]\n    #[tool] // cfg_attr");
        assert_eq!(file.start(2, 22), Some(6));
        assert_eq!(file.start(3, 5), file.offset(3, 5));
    }

    #[test]
    fn a_method_moves_to_the_left_but_its_literals_stay() {
        let file = File::new("impl S {\n    fn f() {\n        a(\"\n    b\");\n\n  odd\n    }\n}");
        let text = "fn f() {\n        a(\"\n    b\");\n\n  odd\n    }";
        let start = file.offset(2, 5).unwrap();
        assert_eq!((file.line(start), file.indentation(start)), (2, "    "));
        let dedented = dedent("    ", text, |line| line == 2);
        assert_eq!(dedented, "fn f() {\n    a(\"\n    b\");\n\n  odd\n}");
    }

    #[test]
    fn a_text_is_walked_along_its_tokens() {
        let is_same = |attributes: &str, text: &str, item: &str| is_same((attributes, text), &item.parse().unwrap());
        let item = "#[inline] fn f<'a>(x: &'a str) -> u8 { /* a */ r#\"x\"# + 1.0_f32 >>= b'\\n' }";
        let text = "fn f /* /* // */ */ <'a>(x: &'a str)\n // } \n\n// {\n->u8{ r#\"x\"# + 1.0_f32 >>= b'\\n' }";
        assert_eq!(is_same("#[tool] /* b */ #[inline] // c\n", text, item), Some(true));
        assert_eq!(is_same("#[tool] fn g() {}", text, item), Some(false), "not only attributes");
        assert_eq!(is_same("", &format!("{text} }}"), item), Some(false), "more");
        assert_eq!(is_same("", "fn f() { 2 }", "fn f() { 1 }"), None);
        assert_eq!(is_same("", "fn f() { 1 /* }", "fn f() { 1 }"), None);
        assert_eq!(is_same("", "fn f() { 1 //", "fn f() { 1 }"), None);
    }

    #[test]
    fn a_text_is_exact_written_or_neither() {
        let check = |text: &str, item: &str| check(text, &item.parse().unwrap(), "f").map(|trust| trust(String::new()));
        let exact = Some(Source::Exact(String::new()));
        let written = Some(Source::Written(String::new()));
        assert_eq!(check("#[tool]\nfn f() { 1 } // one", "/// Other attributes.\nfn f() {1}"), exact);
        assert_eq!(
            check("pub(crate) async fn f() -> fn(u8) { 1 }", "pub(crate) fn f() -> fn(u8) { block_on(1) }"),
            written
        );
        assert_eq!(check("fn $name() { $body }", "fn f() { 1 }"), None);
        assert_eq!(check("fn f() { $body }", "fn f() { 1 }"), None);
        assert_eq!(check("fn g() { 1 }", "fn f() { 1 }"), None);
        assert_eq!(check("struct S {} fn f() {}", "fn f() { 1 }"), None);
        assert_eq!(check("fn g() {} fn f() {}", "fn f() { 1 }"), None);
        assert_eq!(check("fn f() {", "fn f() { 1 }"), None);
    }
}
