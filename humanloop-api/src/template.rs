//! Rendering of `{{variable}}` templates, in one pass; the rules stand in the crate `humanloop-template`.

use std::fmt;

pub use humanloop_template::{Path, Step};
use humanloop_template::{Template, did_you_mean};
use serde_json::value::RawValue;

use crate::{Content, ImageUrl, Message, Object, Part};

/// A template variable that has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingVariable {
    /// The variable, as it stands between the braces.
    pub name: String,
    /// The names that have a value.
    pub known: Vec<String>,
}

impl fmt::Display for MissingVariable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the template variable `{{{{{}}}}}` has no value: ", self.name)?;
        let root = self.name.split(['.', '[']).next().unwrap_or_default();
        if self.known.is_empty() {
            write!(f, "there are no inputs; add one of that name")
        } else if root != self.name && self.known.iter().any(|known| known == root) {
            write!(f, "`{root}` has nothing at that place; correct the template, or the value")
        } else {
            let known: Vec<&str> = self.known.iter().map(String::as_str).collect();
            let near = did_you_mean(root, &known);
            let near = if near.starts_with("; did") { near } else { String::new() };
            write!(f, "the inputs are `{}`{near} Add one of that name, or correct the template", known.join("`, `"))
        }
    }
}

impl std::error::Error for MissingVariable {}

/// `template` with each variable replaced by what `value` gives for it. What is no variable, though in braces, is text.
///
/// # Errors
///
/// The first variable that `value` gives nothing for; `known` is left empty for the caller to fill.
///
/// ```
/// use humanloop_api::render;
///
/// let text = render("Question: {{ q }}", |path| (path.name == "q").then(|| "{{x}}?".into()))?;
/// assert_eq!(text, "Question: {{x}}?");
/// assert_eq!(render("{{q}}", |_| None).unwrap_err().name, "q");
/// # Ok::<(), humanloop_api::MissingVariable>(())
/// ```
pub fn render(template: &str, value: impl Fn(&Path) -> Option<String>) -> Result<String, MissingVariable> {
    let (template, _) = Template::parse(template);
    template.render(|path| value(path).ok_or_else(|| MissingVariable { name: path.to_string(), known: Vec::new() }))
}

/// The same for a message: its texts and the addresses of its images are templates, the calls of tools are not.
///
/// # Errors
///
/// As [`render`].
pub fn render_message(message: &Message, value: impl Fn(&Path) -> Option<String>) -> Result<Message, MissingVariable> {
    let content = match &message.content {
        None => None,
        Some(Content::Text(text)) => Some(Content::Text(render(text, &value)?)),
        Some(Content::Parts(parts)) => {
            let parts = parts.iter().map(|part| match part {
                Part::Text { text } => Ok(Part::Text { text: render(text, &value)? }),
                Part::ImageUrl { image_url: ImageUrl { url, detail } } => {
                    let image_url = ImageUrl { url: render(url, &value)?, detail: detail.clone() };
                    Ok(Part::ImageUrl { image_url })
                }
            });
            Some(Content::Parts(parts.collect::<Result<_, MissingVariable>>()?))
        }
    };
    Ok(Message { content, ..message.clone() })
}

/// The text of a template variable: of a text the text itself, of anything else its JSON.
///
/// ```
/// use humanloop_api::{Object, render, value_of};
///
/// let inputs: Object = serde_json::from_str(r#"{"user": {"name": "Ada", "tags": ["x", 1]}}"#)?;
/// let text = render("{{user.name}} {{user.tags}} {{user.tags[1]}}", |path| value_of(&inputs, path)).unwrap();
/// assert_eq!(text, r#"Ada ["x", 1] 1"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn value_of(inputs: &Object, path: &Path) -> Option<String> {
    value_at(inputs.get(&path.name)?, &path.steps)
}

/// The text of what lies at the end of the steps into a value.
pub fn value_at(value: &RawValue, steps: &[Step]) -> Option<String> {
    match steps.split_first() {
        None => Some(serde_json::from_str(value.get()).unwrap_or_else(|_| value.get().to_owned())),
        Some((Step::Field(name), rest)) => {
            let object: Object = serde_json::from_str(value.get()).ok()?;
            value_at(object.get(name)?, rest)
        }
        Some((Step::Item(index), rest)) => {
            let items: Vec<Box<RawValue>> = serde_json::from_str(value.get()).ok()?;
            value_at(items.get(*index)?, rest)
        }
    }
}
