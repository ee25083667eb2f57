//! The template of a prompt, in the attribute or in a file: read as it will be at run time, and held against the parameters.

use std::path::{Path, PathBuf};

use humanloop_template::{Mistake, PromptFile, Template};
use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::LitStr;

use crate::attr::Args;
use crate::errors::{Errors, instead};
use crate::item::Function;
use crate::messages::{self, Message};

/// An argument that a template mentions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Variable {
    /// Its place among the arguments.
    pub(crate) place: usize,
    /// Whether it is mentioned as a whole: `{{user}}`
    pub(crate) whole: bool,
    /// Whether the template reaches into it: `{{user.name}}`
    pub(crate) parts: bool,
}

/// The variables of all templates; each mistake in them points at its text, and shows its place there.
pub(crate) fn check(args: &Args, function: &Function, errors: &mut Errors) -> Vec<Variable> {
    let mut reader = Reader { function, errors, found: Vec::new() };
    let message = "a prompt has one of `template`, `chat_template` and `template_file`";
    if let (Some(template), Some(_)) = (&args.template, &args.chat_template) {
        reader.errors.add(template.span(), message);
    }
    if let Some(path) = args.template_file.as_ref().filter(|_| args.template.is_some() || args.chat_template.is_some())
    {
        reader.errors.add(path.span(), message);
    }
    if let Some(literal) = &args.template {
        reader.text(literal.span(), "template", &literal.value());
    }
    if let Some(at) = args.chat_template.as_ref().filter(|messages| messages.is_empty()).and(args.chat_template_at) {
        reader.errors.add(at, "`chat_template` has no message; write `chat_template = [user(\"{{question}}\")]`");
    }
    if let Some(messages) = &args.chat_template {
        messages::check(messages, reader.errors);
        for text in messages.iter().flat_map(Message::texts) {
            reader.text(text.span(), "template", &text.value());
        }
    }
    if let Some(path) = &args.template_file {
        match read(path) {
            Ok(text) => reader.file(path, &text),
            Err(message) => reader.errors.add(path.span(), message),
        }
    }
    reader.found
}

struct Reader<'a> {
    function: &'a Function,
    errors: &'a mut Errors,
    found: Vec<Variable>,
}

impl Reader<'_> {
    /// A text of which nothing but its variables counts.
    fn text(&mut self, at: Span, name: &str, text: &str) {
        let (template, mistakes) = Template::parse(text);
        for mistake in mistakes {
            self.errors.add(at, mistake.show(name, text));
        }
        for variable in template.variables() {
            self.variable(at, name, text, variable);
        }
    }

    /// A `.prompt` file, or a plain text.
    fn file(&mut self, path: &LitStr, text: &str) {
        let name = path.value();
        match PromptFile::parse(text) {
            Ok(file) => {
                // The places are those of the text in this form.
                let text = normal(text);
                for variable in &file.variables {
                    self.variable(path.span(), &name, &text, variable);
                }
            }
            Err(mistakes) if is_prompt_file(&name) => {
                for mistake in mistakes.list() {
                    self.errors.add(path.span(), mistake.show(&name, mistakes.text()));
                }
            }
            Err(_) => self.text(path.span(), &name, text),
        }
    }

    fn variable(&mut self, at: Span, name: &str, text: &str, variable: &humanloop_template::Variable) {
        let path = &variable.path;
        let arguments = &self.function.arguments;
        let Some(place) = arguments.iter().position(|argument| argument.name == path.name) else {
            let instead = instead(&path.name, arguments.iter().map(|argument| argument.name.as_str()));
            let function = &self.function.sig.ident;
            let message = format!("template variable `{}` matches no parameter of `{function}`; {instead}", path.name);
            self.errors.add(at, Mistake { message, span: variable.span.clone() }.show(name, text));
            return;
        };
        let whole = path.steps.is_empty();
        match self.found.iter_mut().find(|found| found.place == place) {
            Some(found) if whole => found.whole = true,
            Some(found) => found.parts = true,
            None => self.found.push(Variable { place, whole, parts: !whole }),
        }
    }
}

fn is_prompt_file(path: &str) -> bool {
    path.ends_with(".prompt")
}

fn normal(text: &str) -> String {
    text.trim_start_matches('\u{feff}').replace("\r\n", "\n")
}

/// Where the file is: paths are those of the package, as in its manifest.
fn file(path: &LitStr) -> PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default();
    package.join(path.value())
}

/// Its text, or why there is none.
pub(crate) fn read(path: &LitStr) -> Result<String, String> {
    if path.value().is_empty() || Path::new(&path.value()).is_absolute() {
        let message = "`template_file` is a path that begins at the folder of the package's Cargo.toml, such as `prompts/answer.prompt`";
        return Err(message.into());
    }
    let file = file(path);
    std::fs::read_to_string(&file).map_err(|error| {
        format!(
            "`{}` cannot be read: {error}; the path begins at the folder of the package's Cargo.toml",
            file.display()
        )
    })
}

/// Whether the model stands in the file.
pub(crate) fn names_a_model(args: &Args) -> bool {
    // A `.prompt` file without a model is a mistake of its own.
    args.template_file.as_ref().is_some_and(|path| {
        is_prompt_file(&path.value()) || read(path).is_ok_and(|text| PromptFile::parse(&text).is_ok())
    })
}

/// The file's text in the program. The compiler knows of the file then, and builds anew when it changes.
pub(crate) fn include(path: &LitStr, private: &TokenStream) -> TokenStream {
    let relative = LitStr::new(&format!("/{}", path.value()), path.span());
    quote_spanned! { Span::mixed_site() =>
        .file(#private::core::include_str!(#private::core::concat!(#private::core::env!("CARGO_MANIFEST_DIR"), #relative)))
    }
}
