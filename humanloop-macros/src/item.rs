//! Tokens → [`Function`]: the signature is parsed, the body stays the raw brace group it is.
//!
//! A body that is never parsed costs no time, keeps each of its tokens, and may be half-typed.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Attribute, Expr, ExprLit, Lit, Meta, Signature, Token, Visibility};

use crate::arguments::{self, Argument};
use crate::attr::Kind;
use crate::errors::Errors;

/// A function as the user wrote it.
pub(crate) struct Function {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    /// With the names of the parameters in the macro's hygiene; see [`arguments`].
    pub(crate) sig: Signature,
    pub(crate) arguments: Vec<Argument>,
    /// `None` for a declaration that ends in a semicolon.
    pub(crate) body: Option<Group>,
    /// The body, or the semicolon that stands for it.
    pub(crate) end: Span,
}

/// Reads an item. One that is no function leaves an error and nothing else.
pub(crate) fn parse(kind: Kind, item: TokenStream, errors: &mut Errors) -> Option<Function> {
    let is_function = item.clone().into_iter().any(|tree| matches!(tree, TokenTree::Ident(word) if word == "fn"));
    if is_function {
        return Function::parse.parse2(item).map_err(|error| errors.push(error)).ok();
    }
    let keyword = |input: ParseStream| {
        Attribute::parse_outer(input)?;
        input.parse::<Visibility>()?;
        let span = input.span();
        input.parse::<TokenStream>()?;
        Ok(span)
    };
    let at = keyword.parse2(item).unwrap_or_else(|_| Span::call_site());
    let name = kind.name();
    errors.add(
        at,
        format!("`#[{name}]` goes on a function: free, in an `impl` block or in a trait; put it on each `fn`"),
    );
    None
}

impl Parse for Function {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let mut sig: Signature = input.parse()?;
        let arguments = arguments::take(&mut sig);
        let semicolon: Option<Token![;]> = input.parse()?;
        let (body, end) = match semicolon {
            Some(semicolon) => (None, semicolon.span),
            None => {
                let body = brace_group(input)?;
                let end = body.span();
                (Some(body), end)
            }
        };
        Ok(Self { attrs, vis, sig, arguments, body, end })
    }
}

/// A `{..}`, also where a macro passed it on as a `$body:block`, in invisible delimiters.
fn brace_group(input: ParseStream) -> syn::Result<Group> {
    let mut tree: TokenTree = input.parse()?;
    loop {
        match tree {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => return Ok(group),
            TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
                let mut inside = group.stream().into_iter();
                match (inside.next(), inside.next()) {
                    (Some(only), None) => tree = only,
                    _ => return Err(syn::Error::new(group.span(), NO_BODY)),
                }
            }
            other => return Err(syn::Error::new(other.span(), NO_BODY)),
        }
    }
}

const NO_BODY: &str = "expected the function's body in braces";

impl Function {
    /// Whether the body breaks off inside an expression, as `v.` and `let x =` do: the compiler has said so already.
    pub(crate) fn breaks_off(&self) -> bool {
        let mut before = None;
        let mut last = None;
        for tree in self.body.iter().flat_map(Group::stream) {
            before = last.replace(tree);
        }
        match last {
            // `a..` is whole.
            Some(TokenTree::Punct(mark)) if mark.as_char() == '.' => {
                !matches!(before, Some(TokenTree::Punct(mark)) if mark.as_char() == '.')
            }
            Some(TokenTree::Punct(mark)) => "=,+-*/%^&|:<".contains(mark.as_char()),
            _ => false,
        }
    }

    /// Whether two parameters have one name, of which the compiler has its own words.
    pub(crate) fn binds_twice(&self) -> bool {
        let names: Vec<&str> = self.arguments.iter().map(|argument| argument.name.as_str()).collect();
        names.iter().enumerate().any(|(place, name)| names.iter().take(place).any(|other| other == name))
    }

    /// The doc comment as plain text, without the space after `///`.
    pub(crate) fn documentation(&self) -> Option<String> {
        let mut lines = Vec::new();
        for attr in &self.attrs {
            if let Meta::NameValue(meta) = &attr.meta
                && meta.path.is_ident("doc")
                && let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = &meta.value
            {
                lines.extend(text.value().split('\n').map(|line| line.strip_prefix(' ').unwrap_or(line).to_owned()));
            }
        }
        let text = lines.join("\n");
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }
}
