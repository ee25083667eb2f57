//! The prompt of a call: the values of its template's variables, and what is rendered of them.

use std::sync::Arc;

use humanloop_api::MissingVariable;

use crate::call::Call;
use crate::context::Context;
#[cfg(feature = "http")]
use crate::error::Error;
use crate::function::Function;
#[cfg(feature = "http")]
use crate::function::Template;
use crate::prompt::{Prompt, Variables};

impl Call {
    /// The value of a template variable.
    pub fn variable(&mut self, name: &'static str, text: String) {
        self.live.get_or_insert_default().variables.text(name, text);
    }

    /// The value of a template variable that the template reaches into, as JSON.
    pub(crate) fn value(&mut self, name: &'static str, json: Vec<u8>) {
        self.live.get_or_insert_default().variables.json(name, json);
    }

    /// Renders the prompt, and puts it into the body's context; gives the one for the log.
    pub(super) fn render(&mut self) -> Option<Arc<Prompt>> {
        let template = self.function.prompt?;
        let live = self.live.get_or_insert_default();
        let context = live.context.get_or_insert_with(Context::current);
        let prompt = context.prompt.get_or_insert_with(|| Arc::new(Prompt::new(template, &live.variables))).clone();
        if live.hidden.is_empty() {
            return Some(prompt);
        }
        Some(Arc::new(Prompt::new(template, &live.variables.shown(&live.hidden))))
    }

    /// Why the prompt cannot be sent: a variable of its template has no value, or an option holds what is no JSON.
    #[cfg(feature = "http")]
    pub(crate) fn unsendable(&self) -> Option<Error> {
        let wrong = self.function.prompt.and_then(Template::wrong_json);
        let wrong = wrong.map(|(name, problem)| Error::Setting { name, problem });
        wrong.or_else(|| self.rendered().err().map(Error::MissingVariable))
    }

    /// The prompt that it would send.
    pub(crate) fn rendered(&self) -> Result<Prompt, MissingVariable> {
        let Some(template) = self.function.prompt else { return Ok(Prompt::default()) };
        match &self.live {
            Some(live) => Prompt::render(template, &live.variables),
            None => Prompt::render(template, &Variables::default()),
        }
    }

    pub(crate) fn function(&self) -> &'static Function {
        self.function
    }

    /// The whole of what came in pieces, in their place.
    #[cfg(feature = "http")]
    pub(crate) fn whole(&mut self, json: Vec<u8>) {
        if let Some((recording, _)) = self.recording() {
            recording.items.get_or_insert_default().whole(json);
        }
    }
}
