//! The live side of a call: what is known of it between its beginning and its end.

use std::sync::Arc;

use uuid::{NonNilUuid, Uuid};

use crate::call::inside::Inside;
use crate::clock::{Nanoseconds, Start};
use crate::context::{self, Context};
use crate::function::Function;
use crate::ids;
use crate::prompt::{Prompt, Variables};
use crate::route::{Mark, Route};
use crate::session::Session;
use crate::stream::Items;

/// What a call knows of itself.
#[derive(Debug, Default)]
pub(crate) struct Live {
    pub(super) function: Option<&'static Function>,
    /// The body's context; while the body runs, the outer one. `None`: the body runs in the outer context, under the call if that
    /// is recorded.
    pub(super) context: Option<Box<Context>>,
    /// The memory of a call's context before, to be used again.
    pub(super) emptied: Option<Box<Context>>,
    pub(super) recording: Option<Recording>,
    /// Members as `payload` puts them: first the inputs, then the metadata; at the end output or error.
    pub(super) buffer: Vec<u8>,
    pub(super) variables: Variables,
    /// Arguments that are left out of the log, and so of its messages.
    pub(super) hidden: Vec<&'static str>,
    /// How it is gone into right now.
    pub(super) inside: Inside,
    /// Its future was polled.
    pub(super) polled: bool,
    /// The body has made a future or a stream; the call begins where that is first polled, else under this parent.
    pub(super) prepared: Option<Option<NonNilUuid>>,
}

/// What a call that is recorded knows of its log.
#[derive(Debug)]
pub(super) struct Recording {
    pub(super) route: Route,
    pub(super) id: Uuid,
    /// It found no session and opened one of its own.
    pub(super) unbound: bool,
    /// The session, if it was opened in a context that has no more than that: the context need not be kept.
    pub(super) session: Option<Uuid>,
    /// Where the metadata begins in the buffer.
    pub(super) metadata: Option<usize>,
    /// Bytes of one value, at most.
    pub(super) limit: usize,
    pub(super) started: Option<Start>,
    /// Where its beginning was put.
    pub(super) mark: Option<Mark>,
    /// How long the body took.
    pub(super) took: Option<Nanoseconds>,
    pub(super) items: Option<Box<Items>>,
}

impl Live {
    pub(super) fn set_context(&mut self, context: Context) {
        let mut place = self.emptied.take().unwrap_or_default();
        *place = context;
        self.context = Some(place);
    }

    /// Moves a prepared call to the context it is polled in, unless that is none at all.
    pub(super) fn rejoin(&mut self, parent: Option<NonNilUuid>) {
        let (Some(recording), Some(context)) = (&mut self.recording, &mut self.context) else { return };
        let current = Context::current();
        context.parent = parent;
        if current.session.is_some() {
            recording.unbound = false;
            context.session = current.session;
            context.parent = current.parent;
        }
    }

    /// The body begins: the log is opened, unless it is.
    pub(super) fn start(&mut self) {
        let prompt = self.render();
        if let Some(parent) = self.prepared.take() {
            self.rejoin(parent);
        }
        self.open_log(prompt);
    }

    /// A call without a context of its own is gone into at once.
    fn open_log(&mut self, mut prompt: Option<Arc<Prompt>>) {
        let (Some(function), Some(recording)) = (self.function, &mut self.recording) else { return };
        if recording.started.is_some() {
            return;
        }
        let started = Start::now();
        recording.started = Some(started);
        if recording.id.is_nil() {
            recording.id = ids::at(started.timestamp(), started.tick());
        }
        let (id, unbound, buffer) = (recording.id, recording.unbound, &self.buffer);
        let inputs = recording.metadata.unwrap_or(buffer.len());
        let metadata = buffer.len() - inputs;
        let length = |length| u32::try_from(length).unwrap_or(u32::MAX);
        let mut open = |context: &mut Context| {
            recording.route.open(buffer, |record| {
                record.function = Some(function);
                record.id = id;
                record.session = context.session.as_ref().map(Session::id).unwrap_or_default();
                record.name = context.session.as_ref().and_then(Session::name).cloned();
                record.parent = context.parent;
                record.unbound = unbound;
                record.started = started;
                record.inputs = length(inputs);
                record.metadata = length(metadata);
                record.prompt = prompt.take();
            })
        };
        recording.mark = match &mut self.context {
            Some(context) => open(context),
            None => context::look(|current| {
                let mark = open(current)?;
                recording.session = current.bare_session();
                self.inside = Inside::Nested(std::mem::replace(&mut current.parent, NonNilUuid::new(id)));
                Some(mark)
            })
            .flatten(),
        };
        if recording.mark.is_none() {
            self.recording = None; // counted as lost; its end would belong to no log
        } else if let Some(context) = &mut self.context {
            context.parent = NonNilUuid::new(id);
        }
    }
}
