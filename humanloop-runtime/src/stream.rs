//! A call whose result is a stream or an iterator: recorded when it ends, or is dropped half-way.

use std::borrow::Cow;
use std::iter::FusedIterator;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use humanloop_api::Kind;
use pin_project_lite::pin_project;

use crate::call::Call;
use crate::clock::Start;
use crate::payload::{self, Form};
use crate::response::{Assembly, deltas};

/// Bytes of items that a log keeps; those that come later are only counted.
const KEPT: usize = 1 << 20;

impl Call {
    /// A stream polled in the call's context; `item` sees each item before it is handed on.
    pub fn stream<S: Stream, F: FnMut(&mut Self, &S::Item)>(self, stream: S, item: F) -> InStream<S, F> {
        InStream { stream, call: self.going_on(), item }
    }

    /// An iterator advanced in the call's context; `item` sees each item before it is handed on.
    pub fn iterator<I: Iterator, F: FnMut(&mut Self, &I::Item)>(self, iterator: I, item: F) -> InIterator<I, F> {
        InIterator { iterator, call: self.going_on(), item }
    }
}

pin_project! {
    /// The stream of an annotated function.
    #[derive(Debug)]
    pub struct InStream<S, F> {
        #[pin]
        stream: S,
        call: Call,
        item: F,
    }
}

impl<S: Stream, F: FnMut(&mut Call, &S::Item)> Stream for InStream<S, F> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let this = self.project();
        this.call.enter();
        let result = catch_unwind(AssertUnwindSafe(|| this.stream.poll_next(cx)));
        this.call.exit(false);
        match result {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(Some(item))) => {
                (this.item)(this.call, &item);
                Poll::Ready(Some(item))
            }
            Ok(Poll::Ready(None)) => {
                this.call.ended();
                Poll::Ready(None)
            }
            Err(payload) => {
                this.call.panicked(&*payload);
                resume_unwind(payload)
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.stream.size_hint()
    }
}

/// The iterator of an annotated function.
#[derive(Debug)]
pub struct InIterator<I, F> {
    iterator: I,
    call: Call,
    item: F,
}

impl<I: Iterator, F: FnMut(&mut Call, &I::Item)> InIterator<I, F> {
    fn advance(&mut self, next: impl FnOnce(&mut I) -> Option<I::Item>) -> Option<I::Item> {
        let Self { iterator, call, item } = self;
        call.enter();
        let result = catch_unwind(AssertUnwindSafe(|| next(iterator)));
        call.exit(false);
        match result {
            Ok(Some(next)) => {
                item(call, &next);
                Some(next)
            }
            Ok(None) => {
                call.ended();
                None
            }
            Err(payload) => {
                call.panicked(&*payload);
                resume_unwind(payload)
            }
        }
    }
}

impl<I: Iterator, F: FnMut(&mut Call, &I::Item)> Iterator for InIterator<I, F> {
    type Item = I::Item;

    fn next(&mut self) -> Option<I::Item> {
        self.advance(I::next)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.iterator.size_hint()
    }
}

impl<I: DoubleEndedIterator, F: FnMut(&mut Call, &I::Item)> DoubleEndedIterator for InIterator<I, F> {
    fn next_back(&mut self) -> Option<I::Item> {
        self.advance(I::next_back)
    }
}

impl<I: ExactSizeIterator, F: FnMut(&mut Call, &I::Item)> ExactSizeIterator for InIterator<I, F> {}

impl<I: FusedIterator, F: FnMut(&mut Call, &I::Item)> FusedIterator for InIterator<I, F> {}

/// The items of a stream so far.
#[derive(Debug, Default)]
pub(crate) struct Items {
    /// A JSON array without its end.
    json: Vec<u8>,
    count: u64,
    left_out: u64,
    /// Seconds until the first.
    first: Option<f64>,
    pieces: Pieces,
    /// What stands in the place of all items.
    whole: Option<Vec<u8>>,
}

/// What the items of a prompt's stream are, as far as they go.
#[derive(Debug, Default)]
enum Pieces {
    #[default]
    Unknown,
    /// Events of a model's stream, put together.
    Events(Box<Assembly>),
    /// Texts, put together.
    Texts(String),
    /// Values of their own.
    Values,
}

/// What the items of a stream add to the end of its log.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    /// A JSON array; of a model's stream its answer, of texts the whole text.
    pub(crate) output: Option<Vec<u8>>,
    /// The members of an object.
    pub(crate) metadata: Vec<u8>,
}

impl Items {
    pub(crate) fn add(&mut self, json: &str, started: Option<Start>, kind: Kind) {
        self.count += 1;
        if self.first.is_none() {
            self.first = started.map(Start::elapsed);
        }
        if kind == Kind::Prompt && self.pieces.add(json) {
            return;
        }
        if self.json.len() + json.len() > KEPT {
            self.left_out += 1;
            return;
        }
        self.json.push(if self.json.is_empty() { b'[' } else { b',' });
        self.json.extend_from_slice(json.as_bytes());
    }

    #[cfg(feature = "http")]
    pub(crate) fn whole(&mut self, json: Vec<u8>) {
        self.whole = Some(json);
    }

    /// Nothing when there was no item.
    pub(crate) fn finish(mut self) -> Gathered {
        if self.count == 0 {
            return Gathered { output: self.whole.take(), ..Gathered::default() };
        }
        let output = match std::mem::take(&mut self.pieces) {
            _ if self.whole.is_some() => self.whole.take().unwrap_or_default(),
            Pieces::Events(mut assembly) => serde_json::to_vec(assembly.settle()).unwrap_or_default(),
            Pieces::Texts(text) if self.json.is_empty() => serde_json::to_vec(&text).unwrap_or_default(),
            _ => {
                let mut array = std::mem::take(&mut self.json);
                if array.is_empty() {
                    array.push(b'[');
                }
                array.push(b']');
                array
            }
        };
        let mut metadata = Vec::new();
        let first = self.first.unwrap_or_default();
        let (count, left_out) = (self.count, self.left_out);
        let summary = format!("{{\"items\":{count},\"left_out\":{left_out},\"first_item_seconds\":{first:.9}}}");
        payload::put(&mut metadata, "stream", |out| {
            out.extend_from_slice(summary.as_bytes());
            Form::Json
        });
        Gathered { output: Some(output), metadata }
    }
}

impl Pieces {
    /// Takes an item that goes on with what the first one began, and says whether it did.
    fn add(&mut self, text: &str) -> bool {
        if let Self::Unknown = self {
            *self = match () {
                () if text.starts_with('"') => Self::Texts(String::new()),
                () if deltas(text).is_some() => Self::Events(Box::default()),
                () => Self::Values,
            };
        }
        match self {
            Self::Events(assembly) => match deltas(text) {
                // A failure on the way is the stream's own to tell.
                Some(deltas) => assembly.add(deltas).is_ok(),
                None => false,
            },
            Self::Texts(all) => match serde_json::from_str::<Cow<'_, str>>(text) {
                Ok(more) if all.len() + more.len() <= KEPT => {
                    all.push_str(&more);
                    true
                }
                _ => false,
            },
            Self::Unknown | Self::Values => false,
        }
    }
}
