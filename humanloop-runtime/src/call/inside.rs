//! Into the context of a call and out of it again: around its body, and at each poll and each item.

use uuid::NonNilUuid;

use crate::call::{Call, Live};
use crate::context::{self, Context};

/// How a call is gone into.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Inside {
    /// Not, or there is nothing to go into.
    #[default]
    Not,
    /// Its own context is in force, and lies where that was the one outside.
    Own,
    /// In the context outside, it is the parent in place of this one.
    Nested(Option<NonNilUuid>),
}

impl Call {
    /// Opens the log, unless it is open, and goes into the call: what is called now is nested under it.
    pub(crate) fn enter(&mut self) {
        if let Some(live) = &mut *self.live {
            live.start();
            live.go_in();
        }
    }

    /// Goes into a future that is polled; whether its body is to be polled.
    pub(super) fn enter_poll(&mut self) -> bool {
        if self.live.as_ref().is_some_and(|live| !live.polled) {
            return self.enter_first_poll();
        }
        if let Some(live) = &mut *self.live {
            live.go_in();
        }
        true
    }

    fn enter_first_poll(&mut self) -> bool {
        if self.is_looked_at(None) {
            return false;
        }
        if let Some(live) = &mut *self.live {
            live.polled = true;
            live.start();
            if live.recording.as_ref().is_none_or(|recording| recording.session.is_none()) {
                live.settle();
            }
            live.go_in();
        }
        true
    }

    /// Goes out of the call. If its body is `over`, the clock stops before its result is captured.
    pub(crate) fn exit(&mut self, over: bool) {
        if let Some(live) = &mut *self.live {
            live.go_out();
        }
        if over {
            self.stop();
        }
    }

    /// Gives the call a context of its own, recorded or not, since what runs in it will not do so on this thread alone, or right
    /// now. A prompt has one, or gets it when it is rendered.
    pub(crate) fn settle(&mut self) {
        if let Some(live) = &mut *self.live {
            live.settle();
        }
    }
}

impl Live {
    fn settle(&mut self) {
        if self.context.is_none() && self.template().is_none() {
            let mut context = Context::current();
            if let Some(recording) = self.recording.as_ref().filter(|recording| recording.mark.is_some()) {
                context.parent = NonNilUuid::new(recording.id);
            }
            self.set_context(context);
        }
    }

    /// Goes into the call, unless that is done.
    #[inline]
    pub(super) fn go_in(&mut self) {
        if matches!(self.inside, Inside::Not) {
            self.go_in_again();
        }
    }

    fn go_in_again(&mut self) {
        if let (None, Some(recording)) = (&self.context, &self.recording)
            && let Some(session) = recording.session
        {
            let id = NonNilUuid::new(recording.id);
            let nest = |current: &mut Context| {
                let is_outside = current.bare_session() == Some(session);
                is_outside.then(|| std::mem::replace(&mut current.parent, id))
            };
            match context::look(nest).flatten() {
                Some(outer) => return self.inside = Inside::Nested(outer),
                // Its future is polled elsewhere.
                None => self.set_context(Context::bare(session, id)),
            }
        }
        if self.context.is_some() {
            context::swap(&mut self.context);
            self.inside = Inside::Own;
        }
    }

    pub(super) fn go_out(&mut self) {
        match std::mem::take(&mut self.inside) {
            Inside::Not => {}
            Inside::Own => context::swap(&mut self.context),
            Inside::Nested(outer) => {
                let _ = context::look(|current| current.parent = outer);
            }
        }
    }
}
