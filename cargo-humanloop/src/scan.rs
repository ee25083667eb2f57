//! The text of a source file → the annotated functions in it, as the compiler will see them. Nothing is compiled or run.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::parse::{ParseStream, Parser};
use syn::{LitStr, Signature, Token, Visibility};

use crate::imports::Imports;

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
pub(crate) fn scan(text: &str) -> Result<Vec<Annotated>, String> {
    let text = text.trim_start_matches('\u{feff}');
    let tokens: TokenStream =
        text.parse().map_err(|error: proc_macro2::LexError| format!("line {}: {error}", error.span().start().line))?;
    let imports = Imports::of(&tokens);
    let mut scan = Scan { text, imports, place: Vec::new(), found: Vec::new() };
    scan.walk(&tokens.into_iter().collect::<Vec<_>>());
    Ok(scan.found)
}

struct Scan<'a> {
    text: &'a str,
    imports: Imports,
    place: Vec<String>,
    found: Vec<Annotated>,
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
                    let depth = self.place.len();
                    self.place.extend(named);
                    self.walk(&inside);
                    self.place.truncate(depth);
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
            let Some((signature, length)) = signature(item) else { continue };
            let Some(item) = item.get(..length) else { continue };
            let (Some(first), Some(last)) = (trees.get(2 * place), item.last()) else { continue };
            let bytes = first.span().byte_range().start..last.span().byte_range().end;
            let name = signature.ident.to_string();
            let mut path = self.place.clone();
            path.push(name.trim_start_matches("r#").to_owned());
            self.found.push(Annotated {
                kind,
                name: path.join("::"),
                line: first.span().start().line,
                text: dedent(self.text, bytes),
                options: Item(options),
                item: Item(item.iter().cloned().collect()),
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
        scan(text).unwrap().iter().map(|found| format!("{} {}:{}", found.kind, found.name, found.line)).collect()
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
    fn the_text_and_the_template_file_are_as_written() {
        let text = "mod m {\n    #[humanloop::prompt(template_file = \"p/a.prompt\")]\n    async fn a() -> R;\n}";
        let [found] = scan(text).unwrap().try_into().unwrap();
        assert_eq!(found.text, "#[humanloop::prompt(template_file = \"p/a.prompt\")]\nasync fn a() -> R;");
        assert_eq!(found.template_file().as_deref(), Some("p/a.prompt"));
        assert_eq!(found.item.0.to_string(), "async fn a () -> R ;");
    }

    #[test]
    fn what_is_no_rust_is_said_with_its_line() {
        assert!(scan("fn a() {\n\"").unwrap_err().starts_with("line "));
    }
}
