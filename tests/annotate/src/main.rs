//! Puts `#[::humanloop::tool]` on every function of the given source files, and counts.
//!
//! ```text
//! humanloop-annotate src/lib.rs src/map.rs
//! ```
//!
//! Nothing else in a file changes, and no line moves: the attribute stands on the function's own line. Prints a JSON object with
//! how many functions were annotated, and how many were not and why.

use std::process::ExitCode;

use proc_macro2::{LineColumn, Span, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{ImplItemFn, ItemFn, Macro, Signature, TraitItemFn, Visibility};

const ATTRIBUTE: &str = "#[::humanloop::tool] ";

fn main() -> ExitCode {
    let mut counts = Counts::default();
    for path in std::env::args().skip(1) {
        let annotated =
            std::fs::read_to_string(&path).map_err(|error| error.to_string()).and_then(|text| annotate(&text));
        let written = annotated.and_then(|(text, found)| {
            counts.add(&found);
            std::fs::write(&path, text).map_err(|error| error.to_string())
        });
        if let Err(error) = written {
            eprintln!("{path}: {error}");
            return ExitCode::FAILURE;
        }
    }
    let Counts { annotated, constant, declared, in_macros } = counts;
    println!(
        r#"{{"annotated":{annotated},"const":{constant},"without a body":{declared},"inside macros":{in_macros}}}"#
    );
    ExitCode::SUCCESS
}

/// The functions of a file.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    annotated: usize,
    /// `const fn`, which the attribute refuses.
    constant: usize,
    /// Functions that a trait asks for.
    declared: usize,
    /// Functions in the tokens of a macro, which are no syntax yet: they stay as they are.
    in_macros: usize,
}

impl Counts {
    fn add(&mut self, other: &Self) {
        self.annotated += other.annotated;
        self.constant += other.constant;
        self.declared += other.declared;
        self.in_macros += other.in_macros;
    }
}

/// The text with the attribute on each of its functions.
fn annotate(text: &str) -> Result<(String, Counts), String> {
    let file = syn::parse_file(text).map_err(|error| error.to_string())?;
    let mut functions = Functions::default();
    functions.visit_file(&file);
    let mut places = functions.places;
    places.sort_by_key(|place| (place.line, place.column));
    let mut annotated = String::with_capacity(text.len() + places.len() * ATTRIBUTE.len());
    let mut places = places.into_iter().peekable();
    // `syn` counts neither a byte order mark nor a `#!` line as the file's first line does; no such file is at hand.
    for (number, line) in text.split_inclusive('\n').enumerate() {
        for (column, letter) in line.chars().enumerate() {
            if places.next_if(|place| (place.line, place.column) == (number + 1, column)).is_some() {
                annotated.push_str(ATTRIBUTE);
            }
            annotated.push(letter);
        }
    }
    match places.next() {
        Some(LineColumn { line, column }) => Err(format!("no place {line}:{column}")),
        None => Ok((annotated, functions.counts)),
    }
}

/// Where the attributes go.
#[derive(Default)]
struct Functions {
    places: Vec<LineColumn>,
    counts: Counts,
}

impl Functions {
    fn function(&mut self, start: Span, signature: &Signature) {
        if signature.constness.is_some() {
            self.counts.constant += 1;
        } else {
            self.counts.annotated += 1;
            self.places.push(start.start());
        }
    }
}

/// Behind the other attributes: at the visibility, else at the signature.
fn start(visibility: &Visibility, signature: &Signature) -> Span {
    match visibility {
        Visibility::Inherited => signature.span(),
        visibility => visibility.span(),
    }
}

impl<'ast> Visit<'ast> for Functions {
    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        self.function(start(&item.vis, &item.sig), &item.sig);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        self.function(start(&item.vis, &item.sig), &item.sig);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast TraitItemFn) {
        if item.default.is_some() {
            self.function(item.sig.span(), &item.sig);
        } else {
            self.counts.declared += 1;
        }
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_macro(&mut self, tokens: &'ast Macro) {
        self.counts.in_macros += functions_in(tokens.tokens.clone());
    }
}

/// How often `fn` stands before a name, or before a macro's variable for one.
fn functions_in(tokens: TokenStream) -> usize {
    let trees: Vec<TokenTree> = tokens.into_iter().collect();
    let nested: usize = trees
        .iter()
        .map(|tree| if let TokenTree::Group(group) = tree { functions_in(group.stream()) } else { 0 })
        .sum();
    let named = |next: &TokenTree| match next {
        TokenTree::Ident(_) => true,
        TokenTree::Punct(mark) => mark.as_char() == '$',
        _ => false,
    };
    let own = trees.windows(2).filter(|pair| match pair {
        [TokenTree::Ident(word), next] => word == "fn" && named(next),
        _ => false,
    });
    nested + own.count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_get_the_attribute_and_nothing_else_changes() {
        let text = "\
/// Doc.
#[inline]
pub(crate) async fn a() { fn inner() {} }
unsafe extern \"C\" fn b() {}\r
impl T for é { fn c(&self) -> ! { loop {} } /* é */ pub fn d() {} }
trait T { fn asked(&self); fn given(&self) {} }
const fn e() {}
macro_rules! m { ($n:ident) => { fn $n() {} fn g(f: fn(u8)) {} } }
extern \"C\" { fn h(); }
";
        let (annotated, counts) = annotate(text).unwrap();
        assert_eq!(annotated.replace(ATTRIBUTE, ""), text);
        assert_eq!(counts, Counts { annotated: 6, constant: 1, declared: 1, in_macros: 2 });
        for function in ["pub(crate) async fn a", "fn inner", "unsafe extern", "fn c", "pub fn d", "fn given"] {
            assert!(annotated.contains(&format!("{ATTRIBUTE}{function}")), "{function} in\n{annotated}");
        }
    }
}
