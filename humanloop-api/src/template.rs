//! Rendering of `{{variable}}` templates, in one pass.

use std::fmt;

/// A template variable that has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingVariable {
    /// The variable's name.
    pub name: String,
    /// The names that have a value.
    pub known: Vec<String>,
}

impl fmt::Display for MissingVariable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the template variable `{{{{{}}}}}` has no value: ", self.name)?;
        if self.known.is_empty() {
            write!(f, "there are no inputs; add one of that name")
        } else {
            write!(f, "the inputs are `{}`; add one of that name, or correct the template", self.known.join("`, `"))
        }
    }
}

impl std::error::Error for MissingVariable {}

/// `template` with each `{{name}}` replaced by what `value` gives for it; spaces inside the braces do not matter, and
/// a value that holds `{{x}}` itself stays as it is. Braces around anything but a name are text.
///
/// # Errors
///
/// The first variable that `value` gives nothing for; `known` is left empty for the caller to fill.
///
/// ```
/// use humanloop_api::render;
///
/// let text = render("Question: {{ q }}", |name| (name == "q").then(|| "{{x}}?".into()))?;
/// assert_eq!(text, "Question: {{x}}?");
/// assert_eq!(render("{{q}}", |_| None).unwrap_err().name, "q");
/// # Ok::<(), humanloop_api::MissingVariable>(())
/// ```
pub fn render(template: &str, value: impl Fn(&str) -> Option<String>) -> Result<String, MissingVariable> {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(open) = rest.find("{{") {
        let after = &rest[open + 2..];
        let Some(close) = after.find("}}") else { break };
        let name = after[..close].trim();
        if is_name(name) {
            out.push_str(&rest[..open]);
            let Some(text) = value(name) else {
                return Err(MissingVariable { name: name.into(), known: Vec::new() });
            };
            out.push_str(&text);
            rest = &after[close + 2..];
        } else {
            // Not a variable: the first brace is text, and the search goes on behind it.
            out.push_str(&rest[..=open]);
            rest = &rest[open + 1..];
        }
    }
    out.push_str(rest);
    Ok(out)
}

fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c == '_' || c.is_alphabetic()) && chars.all(|c| c == '_' || c.is_alphanumeric())
}
