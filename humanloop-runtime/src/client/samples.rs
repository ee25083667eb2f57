//! Calls of models whose answer comes piece by piece.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use humanloop_api::{self as api, LogUpdate, Object, Outcome, Sample};

use super::Humanloop;
use super::generate::{Begun, Parts, begin, first_update, log_further, sample_id};
use super::running::Running;
use crate::error::Error;
use crate::provider::{Piece, Pieces, Provider};
use crate::response::Response;

/// The pieces of one or more samples: a [`Sample`] each, whose `output` is what the text goes on with. A sample's last
/// piece has its `finish_reason`, and the tools that it calls.
pub struct Samples {
    pieces: Pieces,
    /// `None` when the log is closed.
    running: Option<Running>,
    log: api::Log,
    ids: Vec<String>,
    count: u64,
    /// Seconds.
    first: Option<f64>,
}

impl fmt::Debug for Samples {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Samples").field("ids", &self.ids).field("pieces", &self.count).finish_non_exhaustive()
    }
}

pub(super) async fn open(humanloop: &Humanloop, parts: Parts) -> Result<Samples, Error> {
    let Begun { log, running, ready } = begin(humanloop, parts);
    let opened = async {
        let (provider, request) = ready?;
        provider.stream(request).await
    };
    match opened.await {
        Ok(pieces) => Ok(Samples { pieces, running: Some(running), log, ids: Vec::new(), count: 0, first: None }),
        Err(error) => {
            let text = Some(error.to_string());
            running.end(LogUpdate { error: text, outcome: Some(Outcome::Failed), ..LogUpdate::default() });
            Err(error)
        }
    }
}

impl Samples {
    /// The next piece; `None` at the end.
    pub async fn next(&mut self) -> Option<Result<Sample, Error>> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    /// The whole response, when the pieces have ended.
    pub fn response(&self) -> &Response {
        self.pieces.response()
    }

    fn sample(&mut self, piece: Piece) -> Sample {
        self.count += 1;
        if let Some(running) = self.running.as_ref().filter(|_| self.first.is_none()) {
            self.first = Some(running.duration());
        }
        let index = piece.index as usize;
        while self.ids.len() <= index {
            self.ids.push(sample_id(&self.log, self.ids.len()));
        }
        Sample {
            id: self.ids[index].clone(),
            index: piece.index,
            output: piece.text.clone(),
            raw_output: piece.text,
            finish_reason: piece.finish_reason,
            tool_calls: piece.tool_calls,
            ..Sample::default()
        }
    }

    /// Closes the log with what came.
    fn end(&mut self, outcome: Outcome, error: Option<String>) {
        let Some(running) = self.running.take() else { return };
        let response = self.pieces.settle();
        log_further(&running, &self.log, &self.ids, response);
        let mut update = LogUpdate { outcome: Some(outcome), error, ..first_update(&self.log, response) };
        if let Some(first) = self.first {
            let mut stream = Object::new();
            stream.insert("items", &self.count);
            stream.insert("left_out", &0);
            stream.insert("first_item_seconds", &first);
            update.metadata.get_or_insert_default().insert("stream", &stream);
        }
        running.end(update);
    }
}

impl Stream for Samples {
    type Item = Result<Sample, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        Poll::Ready(match ready!(Pin::new(&mut this.pieces).poll_next(cx)) {
            Some(Ok(piece)) => Some(Ok(this.sample(piece))),
            Some(Err(error)) => {
                this.end(Outcome::Failed, Some(error.to_string()));
                Some(Err(error))
            }
            None => {
                this.end(Outcome::Ok, None);
                None
            }
        })
    }
}

/// Dropped before its end, it is a call that was given up.
impl Drop for Samples {
    fn drop(&mut self) {
        let outcome = if std::thread::panicking() { Outcome::Panicked } else { Outcome::Cancelled };
        self.end(outcome, None);
    }
}
