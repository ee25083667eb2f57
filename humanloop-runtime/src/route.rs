//! The way of a call's records to the lane of the thread that it is on.

use std::cell::RefCell;
use std::num::NonZeroU64;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use uuid::Uuid;

use crate::chunk::{Chunk, EVENTS};
use crate::function::Function;
use crate::kept::Kept;
use crate::payload::Form;
use crate::pipeline::{GENERATION, GLOBAL, Pipeline, Settings, lock};
use crate::queue::{Lane, Refused};
use crate::record::{EVENT, End, Event, Record};
use crate::stats::Cause;

thread_local! {
    /// `END` lets go of what is in it.
    static LOCAL: RefCell<Kept<Local>> = const { RefCell::new(Kept::new(Local::new())) };
    static END: ThreadEnd = const { ThreadEnd };
}

/// This thread's lanes.
struct Local {
    generation: u64,
    global: Option<Place>,
    scoped: Vec<Place>,
    /// The thread ends: a lane is let go as soon as it was looked at.
    ends: bool,
}

struct ThreadEnd;

impl Drop for ThreadEnd {
    fn drop(&mut self) {
        let _ = LOCAL.try_with(|local| {
            if let Ok(mut local) = local.try_borrow_mut() {
                local.ends = true;
                local.let_go();
            }
        });
    }
}

struct Place {
    pipeline: Arc<Pipeline>,
    lane: Arc<Lane<Event>>,
}

/// Where the beginning of a call was put: the number of its chunk, and its place there. It fits into a register; what goes over the
/// stack here has to wait for all that was just written to the lane.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark(NonZeroU64);

impl Mark {
    const PLACES: u64 = EVENTS as u64;

    fn new(chunk: u64, place: usize) -> Option<Self> {
        NonZeroU64::new(chunk * Self::PLACES + place as u64).map(Self)
    }

    /// Its place, if it is in this chunk.
    fn place(self, chunk: u64) -> Option<usize> {
        (self.0.get() / Self::PLACES == chunk).then_some((self.0.get() % Self::PLACES) as usize)
    }
}

/// Where the records of a call go.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    /// `None`: to what `init` started.
    scoped: Option<Arc<Pipeline>>,
    generation: u64,
}

impl Route {
    /// The way to `pipeline`.
    pub(crate) fn to(pipeline: Arc<Pipeline>) -> Self {
        Self { scoped: Some(pipeline), generation: 0 }
    }

    /// The way to `scoped`, else to what `init` started.
    #[inline]
    pub(crate) fn new(scoped: Option<Arc<Pipeline>>) -> Option<(Self, Settings)> {
        if let Some(pipeline) = scoped {
            let settings = pipeline.settings;
            return Some((Self::to(pipeline), settings));
        }
        let generation = GENERATION.load(Ordering::Acquire);
        let settings = LOCAL.try_with(|local| {
            let mut local = local.try_borrow_mut().ok()?;
            local.refresh(generation);
            let settings = local.global.as_ref().map(|place| place.pipeline.settings);
            local.leave();
            settings
        });
        let settings = settings.ok().flatten()?;
        Some((Self { scoped: None, generation }, settings))
    }

    /// Hands over what a call was called with; whether it was taken, else it is counted as lost.
    #[inline]
    pub(crate) fn open(&self, payload: &[u8], write: impl FnOnce(&mut Record)) -> Option<Mark> {
        self.with_lane(|pipeline, lane| {
            let pushed = pipeline.queue.push(lane, EVENT + payload.len(), false, |chunk| {
                let (number, at) = (chunk.number, append(chunk, payload));
                let (event, place) = chunk.next();
                if let Some(record) = event.call() {
                    record.at = at;
                    record.begins = true;
                    record.end = None;
                    write(record);
                }
                Mark::new(number, place)
            });
            match pushed {
                Ok(_) => lane.tally.opened.add(1),
                Err(refused) => pipeline.counts.refuse(cause(refused)),
            }
            pushed.ok().flatten()
        })?
    }

    /// Hands over the end of a call whose beginning is at `mark`, if that is still in the lane. It gets in also when the queue is
    /// full, without its output.
    #[inline]
    pub(crate) fn close(&self, call: Closing, end: End, payload: &[u8]) {
        self.with_lane(|pipeline, lane| {
            let size = EVENT + payload.len();
            let pushed = pipeline.queue.push(lane, size, false, |chunk| call.put(chunk, end, payload));
            lane.tally.closed.add(1);
            if end.outcome.is_bad() {
                lane.tally.failed.add(1);
            }
            if let Err(refused) = pushed {
                call.refused(refused, end, payload, pipeline, lane);
            }
        });
    }

    #[inline]
    pub(crate) fn with_lane<R>(&self, run: impl FnOnce(&Pipeline, &Lane<Event>) -> R) -> Option<R> {
        let ran = LOCAL.try_with(|local| {
            let mut local = local.try_borrow_mut().ok()?;
            let place = match &self.scoped {
                Some(pipeline) => local.scoped(pipeline)?,
                None => {
                    local.refresh(self.generation);
                    if local.generation != self.generation {
                        return None; // it began under an earlier `init`
                    }
                    local.global.as_ref()?
                }
            };
            let result = run(&place.pipeline, &place.lane);
            local.leave();
            Some(result)
        });
        ran.unwrap_or_else(|_| {
            self.lose();
            None
        })
    }

    /// The thread has no lanes any more.
    #[cold]
    fn lose(&self) {
        if let Some(pipeline) = self.scoped.clone().or_else(Pipeline::global) {
            pipeline.counts.refuse(Cause::Stopped);
        }
    }
}

/// A call whose end is handed over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Closing {
    pub(crate) mark: Mark,
    pub(crate) id: Uuid,
    pub(crate) function: &'static Function,
}

impl Closing {
    #[inline]
    fn put(self, chunk: &mut Chunk<Event>, end: End, payload: &[u8]) {
        let end = Some(End { at: append(chunk, payload), ..end });
        let place = self.mark.place(chunk.number);
        if let Some(Event::Call(record)) = place.and_then(|place| chunk.event(place))
            && record.id == self.id
        {
            record.end = end;
        } else {
            self.put_apart(chunk, end);
        }
    }

    #[cold]
    fn put_apart(self, chunk: &mut Chunk<Event>, end: Option<End>) {
        if let Some(record) = chunk.next().0.call() {
            *record = Record { function: Some(self.function), id: self.id, end, ..Record::default() };
        }
    }

    #[cold]
    fn refused(self, refused: Refused, mut end: End, payload: &[u8], pipeline: &Pipeline, lane: &Lane<Event>) {
        let mut pushed = Err(refused);
        if refused == Refused::Full {
            let mut cut = Vec::new();
            match end.form {
                // It takes less than what would stand for it.
                Some(Form::Unsigned | Form::Signed) => {
                    cut.extend_from_slice(payload.get(..size_of::<u64>()).unwrap_or(payload));
                }
                Some(Form::Json | Form::Text) => {
                    crate::json::truncated(&mut cut, end.output as usize, b"");
                    end.form = Some(Form::Json);
                }
                None => {}
            }
            (end.output, end.error, end.metadata) = (cut.len() as u32, 0, 0);
            pushed = pipeline.queue.push(lane, EVENT + cut.len(), true, |chunk| self.put(chunk, end, &cut));
        }
        if let Err(refused) = pushed {
            pipeline.counts.lose(cause(refused), 1, None);
        }
    }
}

impl Local {
    const fn new() -> Self {
        Self { generation: 0, global: None, scoped: Vec::new(), ends: false }
    }

    #[inline]
    fn refresh(&mut self, generation: u64) {
        if self.generation != generation {
            self.look_again();
        }
    }

    #[cold]
    fn look_again(&mut self) {
        let global = lock(&GLOBAL);
        self.generation = GENERATION.load(Ordering::Acquire);
        self.global = global.as_ref().and_then(Place::new);
    }

    /// At the end of the thread each use of the lanes may be the last.
    #[inline]
    fn leave(&mut self) {
        if self.ends {
            self.let_go();
        }
    }

    /// The lanes are looked up anew when there is another record.
    #[cold]
    fn let_go(&mut self) {
        *self = Self { ends: self.ends, ..Self::new() };
    }

    fn scoped(&mut self, pipeline: &Arc<Pipeline>) -> Option<&Place> {
        let found = self.scoped.iter().position(|place| Arc::ptr_eq(&place.pipeline, pipeline));
        let at = match found {
            Some(at) => at,
            None => {
                self.scoped.retain(|place| !place.pipeline.queue.is_stopped());
                self.scoped.push(Place::new(pipeline)?);
                self.scoped.len() - 1
            }
        };
        self.scoped.get(at)
    }
}

impl Place {
    fn new(pipeline: &Arc<Pipeline>) -> Option<Self> {
        let _ = END.try_with(|ThreadEnd| ());
        Some(Self { pipeline: pipeline.clone(), lane: pipeline.queue.lane()? })
    }
}

/// Appends a payload to a chunk, which is not full; where it begins.
#[inline]
fn append(chunk: &mut Chunk<Event>, payload: &[u8]) -> u16 {
    let at = chunk.bytes.len() as u16;
    chunk.bytes.extend_from_slice(payload);
    at
}

pub(crate) fn cause(refused: Refused) -> Cause {
    match refused {
        Refused::Full => Cause::QueueFull,
        Refused::Stopped => Cause::Stopped,
    }
}

#[cfg(all(test, feature = "local"))]
mod tests {
    use super::*;
    use crate::config::builder;
    use crate::context::Context;
    use crate::sink::memory::Memory;

    #[test]
    fn a_thread_that_has_ended_holds_no_lane() {
        struct Last(Arc<Pipeline>);
        impl Drop for Last {
            fn drop(&mut self) {
                assert_eq!(Route::to(self.0.clone()).with_lane(|_, _| ()), Some(()));
            }
        }
        thread_local! {
            static LAST: RefCell<Option<Last>> = const { RefCell::new(None) };
        }
        let guard = builder().memory(&Memory::new().unwrap()).quiet().start().unwrap();
        let pipeline = guard.run(|| Context::current().pipeline().cloned()).unwrap();
        assert!(guard.flush(std::time::Duration::from_secs(30)).complete); // the worker has begun, and has its own
        let before = Arc::strong_count(&pipeline);
        let here = pipeline.clone();
        let thread = std::thread::spawn(move || {
            LAST.set(Some(Last(here.clone()))); // dropped after our own
            Route::to(here).with_lane(|_, _| ())
        });
        assert_eq!(thread.join().unwrap(), Some(()));
        assert_eq!(Arc::strong_count(&pipeline), before);
    }
}
