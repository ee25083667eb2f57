//! By which names a file knows the attributes.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::{ItemUse, UseTree};

const KINDS: [&str; 3] = ["prompt", "tool", "flow"];

/// The names that a file's `use` statements bring, wherever in it they stand.
pub(crate) struct Imports {
    /// Names of the crate: `humanloop`, `hl`.
    crates: Vec<String>,
    /// Names of attributes, and what they are.
    attributes: Vec<(String, &'static str)>,
}

impl Imports {
    pub(crate) fn of(tokens: &TokenStream) -> Self {
        let mut imports = Self { crates: vec!["humanloop".into()], attributes: Vec::new() };
        imports.walk(tokens.clone());
        imports
    }

    fn walk(&mut self, tokens: TokenStream) {
        let mut statement: Option<Vec<TokenTree>> = None;
        for tree in tokens {
            match (&tree, &mut statement) {
                (TokenTree::Ident(word), None) if word == "use" => statement = Some(vec![tree]),
                (TokenTree::Punct(mark), Some(_)) if mark.as_char() == ';' => {
                    let whole = statement.take().into_iter().flatten().chain([tree]).collect();
                    if let Ok(item) = syn::parse2::<ItemUse>(whole) {
                        self.add(&item.tree);
                    }
                }
                (_, Some(trees)) => trees.push(tree),
                (TokenTree::Group(group), None) => self.walk(group.stream()),
                _ => {}
            }
        }
    }

    fn add(&mut self, tree: &UseTree) {
        match tree {
            UseTree::Path(path) if path.ident == "humanloop" => self.members(&path.tree),
            UseTree::Rename(rename) if rename.ident == "humanloop" => self.crates.push(rename.rename.to_string()),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.add(tree)),
            _ => {}
        }
    }

    fn members(&mut self, tree: &UseTree) {
        match tree {
            UseTree::Name(name) => self.attribute_named(&name.ident.to_string(), &name.ident.to_string()),
            UseTree::Rename(rename) if rename.ident == "self" => self.crates.push(rename.rename.to_string()),
            UseTree::Rename(rename) => self.attribute_named(&rename.ident.to_string(), &rename.rename.to_string()),
            UseTree::Glob(_) => KINDS.iter().for_each(|kind| self.attribute_named(kind, kind)),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.members(tree)),
            _ => {}
        }
    }

    fn attribute_named(&mut self, ident: &str, name: &str) {
        self.attributes.extend(KINDS.into_iter().find(|kind| *kind == ident).map(|kind| (name.to_owned(), kind)));
    }

    /// Which of our attributes the content of a `#[…]` is, with its options; behind a `cfg_attr` there may be several.
    pub(crate) fn attribute(&self, content: TokenStream) -> Vec<(&'static str, TokenStream)> {
        let mut path = Vec::new();
        let mut options = TokenStream::new();
        for tree in content {
            match tree {
                TokenTree::Ident(word) => path.push(word.to_string()),
                // `$crate::…`, in a macro.
                TokenTree::Punct(mark) if [':', '$'].contains(&mark.as_char()) => {}
                TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis => options = group.stream(),
                _ => return Vec::new(),
            }
        }
        if path == ["cfg_attr"] {
            return split_at_commas(options).into_iter().skip(1).flat_map(|inner| self.attribute(inner)).collect();
        }
        self.kind(&path, &options).map(|kind| (kind, options)).into_iter().collect()
    }

    fn kind(&self, path: &[String], options: &TokenStream) -> Option<&'static str> {
        let known = |name: &String| KINDS.into_iter().find(|kind| kind == name);
        match path {
            [name] => self.attributes.iter().find(|(known, _)| known == name).map(|(_, kind)| *kind),
            [krate, name] if self.crates.contains(krate) => known(name),
            [.., krate, name] if krate == "humanloop" => known(name),
            // By another path it is ours only if it says so.
            [.., name] if names_the_crate(options) => known(name),
            _ => None,
        }
    }
}

/// Whether there is an option `crate = …`.
fn names_the_crate(options: &TokenStream) -> bool {
    split_at_commas(options.clone())
        .into_iter()
        .any(|option| matches!(option.into_iter().next(), Some(TokenTree::Ident(word)) if word == "crate"))
}

fn split_at_commas(tokens: TokenStream) -> Vec<TokenStream> {
    let mut parts = vec![TokenStream::new()];
    for tree in tokens {
        match &tree {
            TokenTree::Punct(mark) if mark.as_char() == ',' => parts.push(TokenStream::new()),
            _ => parts.last_mut().into_iter().for_each(|part| part.extend([tree.clone()])),
        }
    }
    parts
}
