//! The prompt of a call: the values of its template's variables, and what is rendered of them.

use std::sync::Arc;

use humanloop_api::MissingVariable;

use crate::call::{Call, Live};
use crate::context::Context;
#[cfg(feature = "http")]
use crate::error::Error;
use crate::function::{Function, Template};
use crate::prompt::Prompt;

impl Call {
    /// The value of a template variable.
    pub fn variable(&mut self, name: &'static str, text: String) {
        if let Some(live) = &mut *self.live {
            live.variables.text(name, text);
        }
    }

    /// The value of a template variable that the template reaches into, as JSON.
    pub(crate) fn value(&mut self, name: &'static str, json: Vec<u8>) {
        if let Some(live) = &mut *self.live {
            live.variables.json(name, json);
        }
    }

    /// Why the prompt cannot be sent: a variable of its template has no value, or an option holds what is no JSON.
    #[cfg(feature = "http")]
    pub(crate) fn unsendable(&self) -> Option<Error> {
        let wrong = self.template().and_then(Template::wrong_json);
        let wrong = wrong.map(|(name, problem)| Error::Setting { name, problem });
        wrong.or_else(|| self.rendered().err().map(Error::MissingVariable))
    }

    /// The prompt that it would send.
    pub(crate) fn rendered(&self) -> Result<Prompt, MissingVariable> {
        match (self.template(), &*self.live) {
            (Some(template), Some(live)) => Prompt::render(template, &live.variables),
            _ => Ok(Prompt::default()),
        }
    }

    /// `None` when nothing is asked of the call.
    pub(crate) fn function(&self) -> Option<&'static Function> {
        self.live.as_ref()?.function
    }

    /// What it renders, if it is a prompt.
    pub(crate) fn template(&self) -> Option<&'static Template> {
        self.live.as_ref()?.template()
    }

    /// The whole of what came in pieces, in their place.
    #[cfg(feature = "http")]
    pub(crate) fn whole(&mut self, json: Vec<u8>) {
        if let Some((recording, _)) = self.recording() {
            recording.items.get_or_insert_default().whole(json);
        }
    }
}

impl Live {
    pub(super) fn template(&self) -> Option<&'static Template> {
        self.function?.prompt
    }

    /// Renders the prompt, and puts it into the body's context; gives the one for the log.
    #[inline]
    pub(super) fn render(&mut self) -> Option<Arc<Prompt>> {
        self.render_of(self.template()?)
    }

    fn render_of(&mut self, template: &Template) -> Option<Arc<Prompt>> {
        if self.context.is_none() {
            let mut context = Context::current();
            context.set_prompt(None);
            self.set_context(context);
        }
        let context = self.context.as_mut()?;
        let prompt = context.prompt().cloned().unwrap_or_else(|| Arc::new(Prompt::new(template, &self.variables)));
        context.set_prompt(Some(prompt.clone()));
        if self.hidden.is_empty() {
            return Some(prompt);
        }
        Some(Arc::new(Prompt::new(template, &self.variables.shown(&self.hidden))))
    }
}
