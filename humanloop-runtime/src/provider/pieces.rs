//! A model's answer that comes piece by piece.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;

use crate::error::Error;
use crate::response::{Assembly, Delta, Piece, Response};

type Source = Pin<Box<dyn Stream<Item = Result<Vec<Delta>, Error>> + Send>>;

/// The pieces of a model's answer, as they come; it puts them together on the way.
///
/// ```
/// use humanloop_runtime::api::{Message, ModelConfig};
/// use humanloop_runtime::provider::{Mock, Provider, Request};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), humanloop_runtime::Error> {
/// let request = Request::chat(ModelConfig::new("gpt-4"), [Message::user("Which country won Eurovision 2023?")]);
/// let mut pieces = Mock::new().answer("Sweden won.").stream(request).await?;
/// while let Some(piece) = pieces.next().await {
///     print!("{}", piece?.text);
/// }
/// assert_eq!(pieces.response().text(), "Sweden won.");
/// # Ok(())
/// # }
/// ```
pub struct Pieces {
    source: Option<Source>,
    assembly: Assembly,
    ready: VecDeque<Piece>,
    provider: String,
}

impl fmt::Debug for Pieces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pieces").field("response", self.response()).finish_non_exhaustive()
    }
}

impl Pieces {
    pub(super) fn new(provider: &str, source: impl Stream<Item = Result<Vec<Delta>, Error>> + Send + 'static) -> Self {
        let source: Source = Box::pin(source);
        Self { source: Some(source), assembly: Assembly::default(), ready: VecDeque::new(), provider: provider.into() }
    }

    /// An answer that is there already, in pieces that end behind white space; its [`response`](Self::response) is whole
    /// from the start.
    pub fn of(response: Response) -> Self {
        let mut ready = VecDeque::new();
        for (index, answer) in (0_u32..).zip(&response.answers) {
            let texts = answer.text.split_inclusive(char::is_whitespace);
            ready.extend(texts.map(|text| Piece { index, text: text.into(), ..Piece::default() }));
            let tool_calls = answer.message.as_ref().and_then(|message| message.tool_calls.clone());
            let finish_reason = Some(answer.finish_reason.clone().unwrap_or_else(|| "stop".into()));
            ready.push_back(Piece { index, tool_calls, finish_reason, ..Piece::default() });
        }
        Self { source: None, assembly: Assembly::of(response), ready, provider: String::new() }
    }

    /// The next piece; `None` at the end.
    pub async fn next(&mut self) -> Option<Result<Piece, Error>> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    /// What came so far. Its messages and its JSON are there when the stream has ended, and after [`settle`](Self::settle).
    pub fn response(&self) -> &Response {
        self.assembly.response()
    }

    /// What came so far, with messages and JSON, also of an answer that has not ended.
    pub fn settle(&mut self) -> &Response {
        self.assembly.settle()
    }

    /// Waits for the end, and gives the whole answer.
    ///
    /// # Errors
    ///
    /// What the provider says on the way.
    pub async fn whole(mut self) -> Result<Response, Error> {
        while let Some(piece) = self.next().await {
            piece?;
        }
        Ok(self.settle().clone())
    }

    fn failed(&mut self, message: String) -> Poll<Option<Result<Piece, Error>>> {
        self.source = None;
        self.assembly.settle();
        Poll::Ready(Some(Err(Error::Provider { provider: self.provider.clone(), status: None, message })))
    }
}

impl Stream for Pieces {
    type Item = Result<Piece, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            if let Some(piece) = this.ready.pop_front() {
                return Poll::Ready(Some(Ok(piece)));
            }
            let Some(source) = &mut this.source else { return Poll::Ready(None) };
            match ready!(source.as_mut().poll_next(cx)) {
                Some(Ok(deltas)) => match this.assembly.add(deltas) {
                    Ok(pieces) => this.ready.extend(pieces),
                    Err(message) => return this.failed(message),
                },
                Some(Err(error)) => {
                    this.source = None;
                    this.assembly.settle();
                    return Poll::Ready(Some(Err(error)));
                }
                None if this.assembly.is_complete() => {
                    this.source = None;
                    this.assembly.settle();
                    return Poll::Ready(None);
                }
                None => return this.failed("the answer broke off before its end".into()),
            }
        }
    }
}
