//! The source text is held to the rule of the arguments: the literals of a parameter that `skip` or `redact` keeps out of the
//! log, such as the default that another attribute gives it, are taken out of the text, too.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, FnArg, Signature, Visibility};

use crate::arguments;

/// What stands in place of a literal.
const LEFT_OUT: &str = "\"[left out]\"";

/// `text` without the literals of the `hidden` parameters, wherever in it they are repeated.
pub(crate) fn mask(text: String, hidden: &[&str]) -> String {
    if hidden.is_empty() {
        return text;
    }
    // A text that is no function any more has no parameters to tell apart.
    let Ok(tokens) = text.parse::<TokenStream>() else { return String::new() };
    let mut literals = Vec::new();
    match parameters.parse2(tokens.clone()) {
        Ok(parameters) => {
            let is_hidden = |parameter: &&FnArg| match parameter {
                FnArg::Typed(parameter) => {
                    arguments::names(parameter).iter().any(|name| hidden.contains(&name.as_str()))
                }
                FnArg::Receiver(_) => false,
            };
            parameters
                .iter()
                .filter(is_hidden)
                .for_each(|parameter| collect(parameter.to_token_stream(), &mut literals));
        }
        Err(_) => collect(tokens, &mut literals),
    }
    // A longer one may hold a shorter one.
    literals.sort_by_key(|literal| std::cmp::Reverse(literal.len()));
    literals.iter().fold(text, |text, literal| text.replace(literal, LEFT_OUT))
}

fn parameters(input: ParseStream) -> syn::Result<Vec<FnArg>> {
    input.call(Attribute::parse_outer)?;
    input.parse::<Visibility>()?;
    let signature: Signature = input.parse()?;
    input.parse::<TokenStream>()?;
    Ok(signature.inputs.into_iter().collect())
}

/// Adds every literal that may hold a secret: texts, and numbers that are too long to be a count.
fn collect(tokens: TokenStream, found: &mut Vec<String>) {
    for tree in tokens {
        match tree {
            TokenTree::Group(group) => collect(group.stream(), found),
            TokenTree::Literal(literal) => {
                let text = literal.to_string();
                let is_text = text.ends_with(['"', '#']) && text != "\"\"";
                if is_text || text.len() >= 4 && text.starts_with(|first: char| first.is_ascii_digit()) {
                    found.push(text);
                }
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_of_hidden_parameters_are_left_out_and_no_others() {
        let text = r##"#[tool(skip(key))] // not "sk-1"
fn f(#[builder(default = "sk-1")] key: &str, #[builder(default = "en")] language: [u8; 32], pin @ 1234: u32) {
    g(r#"sk-2"#, 1234, "sk-1")
}"##;
        let masked = mask(text.into(), &["key", "pin"]);
        assert_eq!(
            masked,
            r##"#[tool(skip(key))] // not "[left out]"
fn f(#[builder(default = "[left out]")] key: &str, #[builder(default = "en")] language: [u8; 32], pin @ "[left out]": u32) {
    g(r#"sk-2"#, "[left out]", "[left out]")
}"##
        );
        assert_eq!(mask(text.into(), &[]), text);
    }

    #[test]
    fn a_pattern_is_hidden_when_one_of_its_names_is() {
        let text = r#"fn f(#[default(("ab", "cd"))] (a, b): (&str, &str), c: u8) {}"#;
        let masked = r#"fn f(#[default(("[left out]", "[left out]"))] (a, b): (&str, &str), c: u8) {}"#;
        assert_eq!(mask(text.into(), &["b"]), masked);
        assert_eq!(mask(text.into(), &["c"]), text);
    }
}
