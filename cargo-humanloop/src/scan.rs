//! The text of a source file → the annotated functions in it, as the compiler will see them. Nothing is compiled or run.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::parse::{ParseStream, Parser};
use syn::{LitStr, Signature, Token, Visibility};

use crate::imports::Imports;
use crate::made;

/// An annotated function, as its file tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Annotated {
    /// `prompt`, `tool` or `flow`.
    pub(crate) kind: &'static str,
    /// Where it stands in the file: `tests::Assistant::answer`.
    pub(crate) name: String,
    /// The line of its attribute.
    pub(crate) line: usize,
    /// Its text, from its attribute on.
    pub(crate) text: String,
    /// What the attribute says in parentheses.
    pub(crate) options: Options,
    /// All that comes after the attributes.
    pub(crate) item: Item,
    /// The macro that makes it, when what it makes is known only when it is expanded.
    pub(crate) made_by: Option<String>,
}

/// What a file holds.
#[derive(Debug)]
pub(crate) struct Found {
    /// Every annotated function, in its order.
    pub(crate) functions: Vec<Annotated>,
    /// The lines of attributes that stand on no function that can be read, and what they are.
    pub(crate) unread: Vec<(usize, &'static str)>,
}

/// Tokens that compare by their text.
#[derive(Clone, Debug)]
pub(crate) struct Item(pub(crate) TokenStream);

impl PartialEq for Item {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_string() == other.0.to_string()
    }
}

impl Eq for Item {}

pub(crate) type Options = Item;

impl Annotated {
    /// The path of the option `template_file`.
    pub(crate) fn template_file(&self) -> Option<String> {
        let trees: Vec<TokenTree> = self.options.0.clone().into_iter().collect();
        trees.windows(3).find_map(|words| match words {
            [TokenTree::Ident(name), TokenTree::Punct(equals), path]
                if name == "template_file" && equals.as_char() == '=' =>
            {
                syn::parse2::<LitStr>(path.clone().into()).ok().map(|path| path.value())
            }
            _ => None,
        })
    }
}

/// Every annotated function of a file, in its order.
///
/// # Errors
///
/// What is wrong with a text that is no Rust, and the line.
pub(crate) fn scan(text: &str) -> Result<Found, String> {
    let text = text.trim_start_matches('\u{feff}');
    let tokens = tokens(text)?;
    let imports = Imports::of(&tokens);
    let found = Found { functions: Vec::new(), unread: Vec::new() };
    let mut scan = Scan { text, imports, place: Vec::new(), macros: Vec::new(), found };
    scan.walk(&tokens.into_iter().collect::<Vec<_>>());
    Ok(scan.found)
}

fn tokens(text: &str) -> Result<TokenStream, String> {
    text.parse().map_err(|error: proc_macro2::LexError| format!("line {}: {error}", error.span().start().line))
}

/// The calls of a macro that makes annotated functions of this kind, in the order of the file.
///
/// # Errors
///
/// As [`scan`].
pub(crate) fn calls(text: &str, name: &str, kind: &'static str) -> Result<Vec<Annotated>, String> {
    let text = text.trim_start_matches('\u{feff}');
    let mut found = Vec::new();
    find_calls(text, &tokens(text)?.into_iter().collect::<Vec<_>>(), name, kind, &mut found);
    Ok(found)
}

fn find_calls(text: &str, trees: &[TokenTree], name: &str, kind: &'static str, found: &mut Vec<Annotated>) {
    for (at, tree) in trees.iter().enumerate() {
        let TokenTree::Group(group) = tree else { continue };
        let is_call = matches!(trees.get(at.saturating_sub(1)), Some(TokenTree::Punct(mark)) if mark.as_char() == '!');
        match trees.get(at.saturating_sub(2)) {
            Some(word) if is_call && at > 1 && made::macro_of(trees, at).as_deref() == Some(name) => {
                let bytes = word.span().byte_range().start..group.span_close().byte_range().end;
                found.push(Annotated {
                    kind,
                    name: made::call_name(name, group.stream()),
                    line: word.span().start().line,
                    text: dedent(text, bytes),
                    options: Item(TokenStream::new()),
                    item: Item(group.stream()),
                    made_by: Some(name.to_owned()),
                });
            }
            _ => find_calls(text, &group.stream().into_iter().collect::<Vec<_>>(), name, kind, found),
        }
    }
}

struct Scan<'a> {
    text: &'a str,
    imports: Imports,
    place: Vec<String>,
    /// The macros in whose definitions or calls the place is.
    macros: Vec<String>,
    found: Found,
}

impl Scan<'_> {
    fn walk(&mut self, trees: &[TokenTree]) {
        // Where the item begins that the current token belongs to.
        let mut begin = 0;
        let mut at = 0;
        while let Some(tree) = trees.get(at) {
            match tree {
                TokenTree::Punct(mark) if mark.as_char() == ';' => begin = at + 1,
                TokenTree::Group(group) => {
                    let inside: Vec<TokenTree> = group.stream().into_iter().collect();
                    let named = (group.delimiter() == Delimiter::Brace)
                        .then(|| name_of(trees.get(begin..at).unwrap_or_default()))
                        .flatten();
                    let of_macro = made::macro_of(trees, at);
                    let depths = (self.place.len(), self.macros.len());
                    self.place.extend(named.or_else(|| of_macro.as_ref().map(|name| format!("{name}!"))));
                    self.macros.extend(of_macro);
                    self.walk(&inside);
                    self.place.truncate(depths.0);
                    self.macros.truncate(depths.1);
                    if group.delimiter() == Delimiter::Brace {
                        begin = at + 1;
                    }
                }
                TokenTree::Punct(mark) if mark.as_char() == '#' && at >= begin => {
                    let attributes = attributes(trees.get(at..).unwrap_or_default());
                    self.item(trees.get(at..).unwrap_or_default(), &attributes);
                    if !attributes.is_empty() {
                        at += 2 * attributes.len();
                        begin = at;
                        continue;
                    }
                }
                _ => {}
            }
            at += 1;
        }
    }

    /// The function that stands behind these attributes, if one of them is ours.
    fn item(&mut self, trees: &[TokenTree], attributes: &[TokenStream]) {
        let ours = attributes.iter().enumerate().flat_map(|(place, attribute)| {
            self.imports.attribute(attribute.clone()).into_iter().map(move |(kind, options)| (place, kind, options))
        });
        for (place, kind, options) in ours.collect::<Vec<_>>() {
            let item = trees.get(2 * attributes.len()..).unwrap_or_default();
            let Some(first) = trees.get(2 * place) else { continue };
            let line = first.span().start().line;
            let read = signature(item).map(|(signature, length)| (signature.ident.to_string(), length));
            let is_made = |length| {
                let item = item.get(..length).unwrap_or_default().iter().cloned().collect();
                made::has_gaps(options.clone()) || made::has_gaps(item)
            };
            let made_by = self.macros.last().filter(|_| read.as_ref().is_none_or(|(_, length)| is_made(*length)));
            let (name, length) = match (read, made_by) {
                (Some(read), _) => read,
                (None, Some(_)) => {
                    let length = made::length(item);
                    (made::name(item.get(..length).unwrap_or_default()), length)
                }
                (None, None) => {
                    self.found.unread.push((line, kind));
                    continue;
                }
            };
            let item = item.get(..length).unwrap_or_default();
            let last = item.last().unwrap_or(first);
            let bytes = first.span().byte_range().start..last.span().byte_range().end;
            let mut path = self.place.clone();
            path.push(name.trim_start_matches("r#").to_owned());
            self.found.functions.push(Annotated {
                kind,
                name: path.join("::"),
                line,
                text: dedent(self.text, bytes),
                options: Item(options),
                item: Item(item.iter().cloned().collect()),
                made_by: made_by.cloned(),
            });
        }
    }
}

/// The contents of the `#[…]`s that come first.
fn attributes(trees: &[TokenTree]) -> Vec<TokenStream> {
    let is_attribute = |pair: &&[TokenTree]| {
        matches!(pair, [TokenTree::Punct(mark), TokenTree::Group(group)]
            if mark.as_char() == '#' && group.delimiter() == Delimiter::Bracket)
    };
    let contents = |pair: &[TokenTree]| match pair {
        [_, TokenTree::Group(group)] => group.stream(),
        _ => TokenStream::new(),
    };
    trees.chunks(2).take_while(is_attribute).map(contents).collect()
}

/// A function's signature, and how many tokens the whole function has.
fn signature(trees: &[TokenTree]) -> Option<(Signature, usize)> {
    let read = |input: ParseStream| {
        input.parse::<Visibility>()?;
        input.parse::<Option<Token![default]>>()?;
        let signature = input.parse::<Signature>()?;
        Ok((signature, input.parse::<TokenStream>()?.into_iter().count()))
    };
    let is_function = trees.iter().take(12).any(|tree| matches!(tree, TokenTree::Ident(word) if word == "fn"));
    let (signature, rest) = is_function.then(|| read.parse2(trees.iter().cloned().collect()).ok()).flatten()?;
    // The body, or the semicolon.
    Some((signature, trees.len() - rest + 1))
}

/// The name of the module, trait, type or function whose braces come after `header`.
fn name_of(header: &[TokenTree]) -> Option<String> {
    let word = |tree: &TokenTree| match tree {
        TokenTree::Ident(word) => Some(word.to_string()),
        _ => None,
    };
    let words: Vec<Option<String>> = header.iter().map(word).collect();
    let at = |name: &str| words.iter().position(|word| word.as_deref() == Some(name));
    if let Some(at) = at("impl") {
        return type_name(header.get(at + 1..)?);
    }
    let at = ["mod", "trait", "fn"].into_iter().find_map(at)?;
    words.get(at + 1).cloned().flatten()
}

/// `Assistant` of `<T: Clone> Answers for assistants::Assistant<T> where …`
fn type_name(header: &[TokenTree]) -> Option<String> {
    let mut depth = 0_i32;
    let mut before = ' ';
    let mut last = None;
    for tree in header {
        match tree {
            TokenTree::Punct(mark) => {
                match mark.as_char() {
                    '<' => depth += 1,
                    '>' if before != '-' => depth -= 1,
                    _ => {}
                }
                before = mark.as_char();
            }
            TokenTree::Ident(word) if depth == 0 && word == "where" => break,
            TokenTree::Ident(word) if depth == 0 && word == "for" => last = None,
            TokenTree::Ident(word) if depth == 0 => last = Some(word.to_string()),
            _ => {}
        }
    }
    last
}

/// The text without the indentation of its first line.
fn dedent(text: &str, bytes: std::ops::Range<usize>) -> String {
    let slice = text.get(bytes.clone()).unwrap_or_default().replace("\r\n", "\n");
    let before = text.get(..bytes.start).unwrap_or_default();
    let indentation = before.rsplit('\n').next().filter(|blanks| blanks.trim().is_empty()).unwrap_or_default();
    let lines: Vec<&str> = slice.split('\n').map(|line| line.strip_prefix(indentation).unwrap_or(line)).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        scan(text)
            .unwrap()
            .functions
            .iter()
            .map(|found| format!("{} {}:{}", found.kind, found.name, found.line))
            .collect()
    }

    #[test]
    fn functions_are_found_wherever_they_stand() {
        let text = r#"
use humanloop::{prompt, tool as record};
use rmcp::flow;

#[prompt(model = "m", template = "{{a}}")]
async fn free(a: &str) -> Result<String, Error>;

mod inner {
    impl<T: Fn() -> u8> Asks for some::Assistant<T> where T: Clone {
        /// Of a method.
        #[inline]
        #[humanloop::prompt(model = "m", template = "x")]
        pub(crate) async fn ask(&self) -> Result<String, Error> { 1 }

        fn outer() { #[record] fn nested() {} }
    }
    trait Asks { #[::humanloop::flow] async fn run(&self) { } }
}

#[cfg_attr(feature = "log", humanloop::tool(skip(key)), inline)] fn conditional(key: &str) -> [u8; { 1 + 1 }] { [0; 2] }
#[flow] fn of_another_crate() {}
#[tool] fn not_imported() {}
macro_rules! make { ($name:ident) => { #[humanloop::tool] fn $name() {} } }
"#;
        assert_eq!(
            names(text),
            [
                "prompt free:5",
                "prompt inner::Assistant::ask:12",
                "tool inner::Assistant::outer::nested:15",
                "flow inner::Asks::run:17",
                "tool conditional:20",
                "tool make!::$name:23",
            ]
        );
    }

    #[test]
    fn a_renamed_crate_and_a_glob_are_known() {
        assert_eq!(names("use humanloop as hl;\n#[hl::tool] fn a() {}"), ["tool a:2"]);
        assert_eq!(names("use humanloop::*;\n#[flow] fn a() {}"), ["flow a:2"]);
        assert_eq!(names("#[my::tool(crate = my::humanloop)] fn a() {}"), ["tool a:1"]);
    }

    #[test]
    fn what_a_macro_makes_is_told_from_what_only_stands_in_one() {
        let text = r#"
macro_rules! make {
    ($name:ident, $model:expr) => {
        #[$crate::humanloop::tool] fn fixed() {}
        #[humanloop::prompt(model = $model, template = "x")] async fn given() -> R;
        $(#[$doc])* #[humanloop::flow] $vis fn $name(a: u8) -> u8 { a }
        #[humanloop::tool] $item
    };
}
wrapped! { #[humanloop::tool] fn passed(#[cfg(unix)] a: u8) {} }
fn derive() -> TokenStream { quote! { #[humanloop::tool] fn #name() {} } }
#[humanloop::tool] struct NoFunction;
make!(search, "m");
fn f() { crate::make! { "x", find } }
"#;
        let found = scan(text).unwrap();
        let shown = |found: &[Annotated]| -> Vec<String> {
            found.iter().map(|f| format!("{} {}:{} {}", f.kind, f.name, f.line, f.made_by.is_some())).collect()
        };
        assert_eq!(
            shown(&found.functions),
            [
                "tool make!::fixed:4 false",
                "prompt make!::given:5 true",
                "flow make!::$name:6 true",
                "tool make!::$item:7 true",
                "tool wrapped!::passed:10 false",
                "tool derive::quote!::#name:11 true",
            ]
        );
        assert_eq!(found.unread, [(12, "tool")]);
        let calls = calls(text, "make", "flow").unwrap();
        assert_eq!(shown(&calls), ["flow make!(search):13 true", "flow make!(find):14 true"]);
        assert_eq!(calls[1].text, "make! { \"x\", find }");
    }

    #[test]
    fn the_text_and_the_template_file_are_as_written() {
        let text = "mod m {\n    #[humanloop::prompt(template_file = \"p/a.prompt\")]\n    async fn a() -> R;\n}";
        let [found] = scan(text).unwrap().functions.try_into().unwrap();
        assert_eq!(found.text, "#[humanloop::prompt(template_file = \"p/a.prompt\")]\nasync fn a() -> R;");
        assert_eq!(found.template_file().as_deref(), Some("p/a.prompt"));
        assert_eq!(found.item.0.to_string(), "async fn a () -> R ;");
    }

    #[test]
    fn what_is_no_rust_is_said_with_its_line() {
        assert!(scan("fn a() {\n\"").unwrap_err().starts_with("line "));
    }
}
