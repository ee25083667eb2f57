//! The attributes of the `humanloop` crate, which re-exports and explains them.
//!
//! Tokens are parsed ([`attr`], [`item`]), checked ([`spec`]) and printed ([`expand`]), in this order and in these modules.

mod arguments;
mod attr;
mod errors;
mod expand;
mod item;
mod shape;
mod source;
mod spec;
mod template;
mod text;

use attr::Kind;
use errors::Errors;
use proc_macro2::TokenStream;

/// Records each call of a function as a log of a tool.
#[proc_macro_attribute]
pub fn tool(args: proc_macro::TokenStream, item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    attribute(Kind::Tool, args.into(), item.into()).into()
}

/// Records each call of a function as a log of a prompt: a call of a language model.
#[proc_macro_attribute]
pub fn prompt(args: proc_macro::TokenStream, item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    attribute(Kind::Prompt, args.into(), item.into()).into()
}

/// Records each call of a function as a log of a flow: the parent of what it calls.
#[proc_macro_attribute]
pub fn flow(args: proc_macro::TokenStream, item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    attribute(Kind::Flow, args.into(), item.into()).into()
}

/// Parses, checks, prints. The item comes out in any case: instrumented, or as it was beside the errors.
fn attribute(kind: Kind, args: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let args = attr::parse(kind, args, &mut errors);
    if let Some(function) = item::parse(kind, item.clone(), &mut errors) {
        let spec = spec::check(kind, args, function, &item, &mut errors);
        if errors.is_empty() {
            return expand::expand(&spec);
        }
    }
    errors.beside(item)
}
