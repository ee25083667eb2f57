//! The parameters of a prompt's model: literals are checked here, any other expression by the compiler, as a constant.

use humanloop_template::front;
use humanloop_template::yaml::Value;
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, ExprLit, ExprUnary, Lit, UnOp};

use crate::attr::Args;
use crate::errors::Errors;

/// What a parameter's literal looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Text,
    Texts,
    Number,
    Integer,
    TextOrInteger,
}

impl Form {
    /// Whether a literal is of this form; what is no literal is for the compiler to judge.
    pub(crate) fn fits(self, value: &Expr) -> bool {
        match (value, literal(value)) {
            (Expr::Lit(_), None) => false,
            (Expr::Array(_), None) => self != Self::Texts,
            (_, None) => true,
            (_, Some(Value::Text(_))) => matches!(self, Self::Text | Self::Texts | Self::TextOrInteger),
            (_, Some(Value::Int(_))) => matches!(self, Self::Number | Self::Integer | Self::TextOrInteger),
            (_, Some(Value::Float(_))) => self == Self::Number,
            (_, Some(_)) => self == Self::Texts,
        }
    }
}

/// The value of a literal, or of a list of them.
fn literal(value: &Expr) -> Option<Value> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(Value::Text(text.value())),
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => number.base10_parse().ok().map(Value::Int),
        Expr::Lit(ExprLit { lit: Lit::Float(number), .. }) => {
            number.base10_parse().ok().filter(|number: &f64| number.is_finite()).map(Value::Float)
        }
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => match literal(expr)? {
            Value::Int(number) => Some(Value::Int(-number)),
            Value::Float(number) => Some(Value::Float(-number)),
            _ => None,
        },
        Expr::Array(list) => {
            let texts = list.elems.iter().map(literal).collect::<Option<Vec<_>>>()?;
            texts.iter().all(|text| matches!(text, Value::Text(_))).then_some(Value::List(texts))
        }
        Expr::Group(group) => literal(&group.expr),
        _ => None,
    }
}

/// Every literal that is out of its range, at its place.
pub(crate) fn check(args: &Args, errors: &mut Errors) {
    let model = args.model.iter().map(|model| ("model", model));
    let parameters = args.parameters.iter().map(|(name, value)| (*name, value));
    for (name, value) in model.chain(parameters) {
        let Some(literal) = literal(value) else { continue };
        let wrong = match (name, &literal) {
            ("response_format" | "tools" | "other", Value::Text(text)) => wrong_json(name, text),
            _ => front::wrong(name, &literal),
        };
        if let Some(message) = wrong {
            errors.add_at(value, message);
        }
    }
}

/// What is wrong with the JSON itself, at its place there, or with what it says.
fn wrong_json(name: &str, text: &str) -> Option<String> {
    match Value::parse_json(text) {
        Ok(value) => front::wrong(name, &value),
        Err(mistake) => Some(mistake.show(name, text)),
    }
}

/// `.temperature(0.7)` and so on.
pub(crate) fn settings(args: &Args) -> TokenStream {
    args.parameters.iter().map(|(name, value)| setting(name, value)).collect()
}

fn setting(name: &str, value: &Expr) -> TokenStream {
    let method = Ident::new(name, Span::mixed_site());
    let printed = match (name, literal(value)) {
        ("temperature" | "top_p" | "presence_penalty" | "frequency_penalty", Some(Value::Int(number))) => {
            Literal::f64_unsuffixed(number as f64).into_token_stream()
        }
        ("temperature" | "top_p" | "presence_penalty" | "frequency_penalty", Some(Value::Float(number))) => {
            Literal::f64_unsuffixed(number).into_token_stream()
        }
        ("reasoning_effort", Some(Value::Int(tokens))) => tokens.to_string().into_token_stream(),
        ("max_tokens" | "seed", Some(Value::Int(number))) => Literal::i64_unsuffixed(number).into_token_stream(),
        ("stop", Some(Value::Text(text))) => quote_spanned! { Span::mixed_site() => &[#text] },
        ("stop", Some(_)) => quote_spanned! { Span::mixed_site() => &#value },
        _ => value.into_token_stream(),
    };
    // A constant of another type is an error at its place.
    let at_value = Span::mixed_site().located_at(value.span());
    quote_spanned! { at_value => .#method(#printed) }
}
