//! The text of the function as its author wrote it: a slice of the file, held against the tokens.
//!
//! The tokens alone have lost the comments and the layout. The slice alone may be something else than the function: the body of
//! a `macro_rules!`, or a file that was saved while the compiler ran. So the slice is taken and then checked.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::text::Fingerprint;

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

/// The version of a function: a hash of its code, apart from comments, documentation and layout.
pub(crate) fn version(item: &TokenStream) -> Fingerprint {
    let mut code = TokenStream::new();
    let mut trees = item.clone().into_iter().peekable();
    while let Some(tree) = trees.next() {
        let attribute = matches!(&tree, TokenTree::Punct(punct) if punct.as_char() == '#');
        match trees.peek() {
            Some(TokenTree::Group(group)) if attribute && is_documentation(&group.stream()) => {
                trees.next();
            }
            _ => code.extend([tree]),
        }
    }
    Fingerprint::of(code)
}

fn is_documentation(attribute: &TokenStream) -> bool {
    matches!(attribute.clone().into_iter().next(), Some(TokenTree::Ident(word)) if word == "doc")
}

/// The text of the annotated function `name`: our attribute, all others, the documentation, the signature and the body.
pub(crate) fn of(item: &TokenStream, name: &str) -> Source {
    if !proc_macro::is_available() {
        return Source::Expanded(item.to_string()); // a unit test
    }
    let mut trees = item.clone().into_iter();
    let Some(first) = trees.next() else { return Source::Hidden };
    let last = trees.last().unwrap_or_else(|| first.clone()).span().unwrap();
    let first = first.span().unwrap();
    let Some(path) = last.local_file() else {
        // rust-analyzer compares offsets before and after the expansion to complete words; a long literal would shift them.
        return if last.source_text().is_none() { Source::Hidden } else { Source::Expanded(item.to_string()) };
    };
    from_file(item, name, &path, first, last).unwrap_or_else(|| Source::Expanded(item.to_string()))
}

fn from_file(
    item: &TokenStream,
    name: &str,
    path: &Path,
    first: proc_macro::Span,
    last: proc_macro::Span,
) -> Option<Source> {
    let file = File::cached(path)?;
    let end_text = last.source_text()?;
    let end = file.offset(last.end().line(), last.end().column())?;
    let mut start = file.offset(first.start().line(), first.start().column())?;
    // Our attribute is not among the item's tokens.
    let call = proc_macro::Span::call_site();
    if call.local_file().as_deref() == Some(path) {
        start = start.min(file.offset(call.start().line(), call.start().column())?);
    }
    // Of `#[cfg_attr(condition, tool)]` the span covers only `tool`.
    if !file.text.get(start..)?.starts_with(['#', '/']) {
        let line = file.text.get(..start)?.rfind('\n').map_or(0, |newline| newline + 1);
        if let Some(attribute) = file.text.get(line..start)?.find("#[cfg_attr") {
            start = line + attribute;
        }
    }
    let slice = file.text.get(start..end)?;
    if !slice.ends_with(&end_text) {
        return None;
    }
    let trust = check(slice, item, name)?;
    let mut literals = BTreeSet::new();
    literal_lines(item.clone(), &mut literals);
    let first_line = file.line(start);
    Some(trust(dedent(file.indentation(start), slice, |line| literals.contains(&(first_line + line)))))
}

type Trust = fn(String) -> Source;

/// Decides whether `slice` is the text of `item`, the function `name`.
fn check(slice: &str, item: &TokenStream, name: &str) -> Option<Trust> {
    let tokens: TokenStream = slice.parse().ok()?;
    let written = without_attributes(tokens);
    if Fingerprint::of(written.iter().cloned().collect()) == Fingerprint::of(without_attributes(item.clone()).into_iter().collect()) {
        return Some(Source::Exact);
    }
    let is_fn = |tree: &TokenTree| matches!(tree, TokenTree::Ident(word) if word == "fn");
    let mut functions = written.windows(2).filter(|pair| pair.first().is_some_and(is_fn));
    let same_name = matches!(functions.next(), Some([_, TokenTree::Ident(found)]) if found == name);
    let alone = functions.next().is_none();
    (same_name && alone && !has_metavariable(written.into_iter().collect())).then_some(Source::Written)
}

/// The tokens after the outer attributes, which other macros take away, add and reorder.
fn without_attributes(tokens: TokenStream) -> Vec<TokenTree> {
    let mut trees: Vec<TokenTree> = tokens.into_iter().collect();
    let attributes = trees
        .chunks(2)
        .take_while(|pair| {
            matches!(pair, [TokenTree::Punct(hash), TokenTree::Group(group)]
                if hash.as_char() == '#' && group.delimiter() == Delimiter::Bracket)
        })
        .count();
    trees.drain(..attributes * 2);
    trees
}

/// Whether there is a `$`, as in the text of a `macro_rules!`.
fn has_metavariable(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|tree| match tree {
        TokenTree::Group(group) => has_metavariable(group.stream()),
        TokenTree::Punct(punct) => punct.as_char() == '$',
        _ => false,
    })
}

/// The lines that begin inside a literal, whose blanks belong to the program.
fn literal_lines(tokens: TokenStream, lines: &mut BTreeSet<usize>) {
    for tree in tokens {
        match tree {
            TokenTree::Group(group) => literal_lines(group.stream(), lines),
            TokenTree::Literal(literal) if literal.to_string().contains('\n') => {
                let span = literal.span().unwrap();
                lines.extend(span.start().line() + 1..=span.end().line());
            }
            _ => {}
        }
    }
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

    /// The byte offset of a line and a column, both from 1; columns count characters.
    fn offset(&self, line: usize, column: usize) -> Option<usize> {
        let start = *self.lines.get(line.checked_sub(1)?)?;
        let rest = self.text.get(start..)?;
        let mut offsets = rest.char_indices().map(|(offset, _)| offset).chain([rest.len()]);
        Some(start + offsets.nth(column.checked_sub(1)?)?)
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
