//! An annotated function as a constant: what is known of it without a call.

use humanloop_api::{Config, Kind};

use crate::function::Function;
use crate::template_message::TemplateMessage;

/// What the compiler knows of an annotated function: the option `constant = NAME` makes it a constant beside it.
///
/// ```
/// # mod example {
/// # use humanloop_runtime as humanloop;
/// # use humanloop_runtime::private::{Definition, Function, Kind, Source, Template};
/// # const ANSWER: Definition = Definition::of(Function::new(Kind::Prompt, "answer", "", Source::Hidden, "4711", &[]).prompt(&Template::new("gpt-4").template("{{question}}")));
/// // #[humanloop::prompt(constant = ANSWER, model = "gpt-4", template = "{{question}}")]
/// const VERSION: &str = ANSWER.version();
/// const TEMPLATE: Option<&str> = ANSWER.template();
/// # pub(super) fn check() { assert_eq!((VERSION, TEMPLATE), ("4711", Some("{{question}}"))); }
/// # }
/// # example::check();
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Definition(Function);

impl Definition {
    /// Of what the expansion describes.
    #[doc(hidden)]
    pub const fn of(function: Function) -> Self {
        Self(function)
    }

    /// Whether it is a prompt, a tool or a flow.
    pub const fn kind(&self) -> Kind {
        self.0.kind
    }

    /// The name that its logs show: the option `name`, else the function's own.
    pub const fn name(&self) -> &'static str {
        match self.0.name {
            Some(name) => name,
            None => self.0.ident,
        }
    }

    /// A hash of the attribute's options, the function and its template file; layout, comments, documentation and other
    /// attributes do not count. `cargo humanloop list` shows the same.
    pub const fn version(&self) -> &'static str {
        self.0.version
    }

    /// The file that it stands in, as the compiler was given it.
    pub const fn file(&self) -> &'static str {
        self.0.place.file()
    }

    /// The line of its attribute.
    pub const fn line(&self) -> u32 {
        self.0.place.line()
    }

    /// The text of the option `template`, or of the file that `template_file` names.
    pub const fn template(&self) -> Option<&'static str> {
        match &self.0.prompt {
            Some(prompt) => prompt.text(),
            None => None,
        }
    }

    /// The messages of the option `chat_template`.
    pub const fn chat_template(&self) -> &'static [TemplateMessage] {
        match &self.0.prompt {
            Some(prompt) => prompt.messages(),
            None => &[],
        }
    }

    /// What its logs say was called: model, parameters and templates of a prompt; source and parameters of a tool.
    pub fn config(&self) -> Config {
        self.0.config()
    }
}
