//! What calls know of themselves, kept from one to the next: a call allocates nothing of its own.

use std::cell::Cell;

use crate::call::Live;
use crate::call::inside::Inside;
use crate::context::Context;
use crate::function::Function;

thread_local! {
    /// What the thread's last call has left, to be used again.
    static LAST: Cell<Option<Box<Live>>> = const { Cell::new(None) };
    /// What those before it have left: of nested calls there are several at once.
    #[expect(clippy::vec_box, reason = "the box goes into a call as it is")]
    static SPARE: Cell<Vec<Box<Live>>> = const { Cell::new(Vec::new()) };
}

/// As many more are kept; calls that are nested deeper allocate.
const SPARES: usize = 8;

impl Live {
    #[inline]
    pub(super) fn of(function: &'static Function) -> Box<Self> {
        let mut live = Self::spare();
        live.function = Some(function);
        live
    }

    #[inline]
    fn spare() -> Box<Self> {
        LAST.try_with(Cell::take).ok().flatten().unwrap_or_else(Self::older)
    }

    #[cold]
    fn older() -> Box<Self> {
        let last = SPARE.try_with(|spare| {
            let mut all = spare.take();
            let last = all.pop();
            spare.set(all);
            last
        });
        last.ok().flatten().unwrap_or_default()
    }

    fn keep(self: Box<Self>) {
        let before = LAST.try_with(|last| last.replace(Some(self)));
        if let Ok(Some(before)) = before {
            before.keep_older();
        }
    }

    #[cold]
    fn keep_older(self: Box<Self>) {
        let _ = SPARE.try_with(|spare| {
            let mut all = spare.take();
            if all.len() < SPARES {
                all.push(self);
            }
            spare.set(all);
        });
    }

    /// Empties it for another call.
    pub(super) fn leave(mut self: Box<Self>) {
        const KEPT: usize = 64 << 10;
        if self.buffer.capacity() > KEPT {
            return;
        }
        self.function = None;
        if let Some(mut context) = self.context.take() {
            *context = Context::default();
            self.emptied = Some(context);
        }
        self.recording = None;
        self.buffer.clear();
        self.variables.clear();
        self.hidden.clear();
        self.inside = Inside::Not;
        self.polled = false;
        self.prepared = None;
        self.keep();
    }
}
