//! A stream that is written as an async block: it hands its items out one by one, and goes on when the next is wanted.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use futures_core::Stream;

use crate::pipeline::lock;

/// Where the block puts its items.
#[derive(Debug)]
pub(crate) struct Out<T>(Arc<Mutex<Option<T>>>);

impl<T> Out<T> {
    /// The same place, for what comes after.
    pub(crate) fn again(&self) -> Self {
        Self(self.0.clone())
    }

    /// Hands `item` out, and waits until the next one is wanted.
    pub(crate) async fn send(&mut self, item: T) {
        *lock(&self.0) = Some(item);
        // The stream takes the item after this poll; the next poll comes when it is asked again, so no waker is needed.
        poll_fn(|_| if lock(&self.0).is_some() { Poll::Pending } else { Poll::Ready(()) }).await;
    }
}

/// The items of an async block.
pub(crate) struct Produced<T> {
    block: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    place: Arc<Mutex<Option<T>>>,
}

/// The stream of what `block` sends.
pub(crate) fn produce<T, F>(block: impl FnOnce(Out<T>) -> F) -> Produced<T>
where
    F: Future<Output = ()> + Send + 'static,
{
    let place = Arc::new(Mutex::new(None));
    Produced { block: Some(Box::pin(block(Out(place.clone())))), place }
}

impl<T> Stream for Produced<T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let this = &mut *self;
        let Some(block) = &mut this.block else { return Poll::Ready(None) };
        let ended = block.as_mut().poll(cx).is_ready();
        if ended {
            this.block = None;
        }
        match lock(&this.place).take() {
            Some(item) => Poll::Ready(Some(item)),
            None if ended => Poll::Ready(None),
            None => Poll::Pending,
        }
    }
}

impl<T> std::fmt::Debug for Produced<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Produced").field("ended", &self.block.is_none()).finish_non_exhaustive()
    }
}
