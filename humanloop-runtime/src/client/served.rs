//! An answer of a server of the v4 API that comes piece by piece.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use humanloop_api::{Generated, Sample};

use super::stored::{Server, failed};
use crate::error::Error;
use crate::http::Incoming;
use crate::produce::{Out, produce};
use crate::provider::sse::Events;

type Source = Pin<Box<dyn Stream<Item = Result<Sample, Error>> + Send>>;

/// The pieces of one or more samples that a server has a model make: a [`Sample`] each, whose `output` is what the text goes on
/// with. A sample's last piece has its `finish_reason`. The server logs the call, also when this is dropped.
pub struct ServerSamples {
    ready: VecDeque<Sample>,
    source: Option<Source>,
}

impl fmt::Debug for ServerSamples {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerSamples").field("ready", &self.ready).finish_non_exhaustive()
    }
}

impl ServerSamples {
    pub(super) fn new(server: Server, incoming: Incoming) -> Self {
        let source = produce(move |out| async move { read(&server, incoming, out).await });
        Self { ready: VecDeque::new(), source: Some(Box::pin(source)) }
    }

    /// An answer that is there already.
    pub(super) fn of(generated: Generated) -> Self {
        Self { ready: generated.data.into(), source: None }
    }

    /// The next piece; `None` at the end.
    pub async fn next(&mut self) -> Option<Result<Sample, Error>> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }
}

impl Stream for ServerSamples {
    type Item = Result<Sample, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(sample) = self.ready.pop_front() {
            return Poll::Ready(Some(Ok(sample)));
        }
        let Some(source) = &mut self.source else { return Poll::Ready(None) };
        let next = ready!(source.as_mut().poll_next(cx));
        if !matches!(next, Some(Ok(_))) {
            self.source = None;
        }
        Poll::Ready(next)
    }
}

/// The events to their end; a sample that has none is one that broke off.
async fn read(server: &Server, mut incoming: Incoming, mut out: Out<Result<Sample, Error>>) {
    let mut events = Events::default();
    let mut open: Vec<u32> = Vec::new();
    let mut count = 0_u64;
    loop {
        let (datas, ended) = match incoming.next().await {
            Ok(Some(bytes)) => (events.add(&bytes), false),
            Ok(None) => (events.end().into_iter().collect(), true),
            Err(reason) => return out.send(Err(server.no_answer(&reason))).await,
        };
        for data in datas.iter().filter(|data| data.trim() != "[DONE]") {
            let generated = match server.read(data) {
                Ok(generated) => generated,
                Err(message) => return out.send(Err(failed(None, message))).await,
            };
            for sample in generated.data {
                open.retain(|index| *index != sample.index);
                if sample.finish_reason.is_none() {
                    open.push(sample.index);
                }
                count += 1;
                out.send(Ok(sample)).await;
            }
        }
        if ended && (count == 0 || !open.is_empty()) {
            return out.send(Err(failed(None, "the answer broke off before its end".into()))).await;
        }
        if ended {
            return;
        }
    }
}
