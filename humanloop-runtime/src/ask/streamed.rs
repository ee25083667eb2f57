//! Prompts without a body whose answer comes as a stream: of texts, or of a value that grows.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_core::Stream;
use humanloop_api::Object;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, timeout_at};

use super::{Attempt, Decoded, Ledger, Options, Partial, decode, is_about_format, partial, request};
use crate::call::Call;
use crate::error::Error;
use crate::produce::{Out, produce};
use crate::provider::{self, Pieces, Provider};

pub(super) type Boxed<T> = Pin<Box<dyn Stream<Item = T> + Send>>;

/// The pieces of a model's text, as they come.
pub type Texts<E = Error> = Boxed<Result<String, E>>;

/// A value that grows as the model's answer comes in, and is [`Partial::Done`] in the end.
pub type Partials<T, E = Error> = Boxed<Result<Partial<T>, E>>;

/// What comes out of the block that asks.
enum Step<T> {
    /// For the caller.
    Item(T),
    /// For the log: a piece, in the shape of a provider's stream.
    Piece(Vec<u8>),
    /// For the log: the whole response, in place of its pieces.
    Whole(Vec<u8>),
}

type Steps<T> = Out<Result<Step<T>, Error>>;

pub(super) fn texts<E: From<Error> + Send + 'static>(call: Call, options: Options<String>) -> Texts<E> {
    logged(call, None, move |mut out| async move {
        let mut asked = Asked::open(&options, None).await?;
        while let Some(text) = asked.next(&mut out).await? {
            out.send(Ok(Step::Item(text))).await;
        }
        asked.ended(&options, &mut out).await;
        let text = asked.pieces.response().text().trim().to_owned();
        match options.check.map(|check| check(&text)) {
            Some(Err(words)) => Err(asked.unusable(words)),
            _ => Ok(()),
        }
    })
}

pub(super) fn partials<T, E>(call: Call, options: Options<T>, format: Option<Object>) -> Partials<T, E>
where
    T: DeserializeOwned + Send + 'static,
    E: From<Error> + Send + 'static,
{
    logged(call, format.clone().as_ref(), move |mut out| async move {
        let mut asked = Asked::open(&options, format.as_ref()).await?;
        let mut last = String::new();
        let mut text = String::new();
        while let Some(piece) = asked.next(&mut out).await? {
            text.push_str(&piece);
            let json = partial::so_far(&text).filter(|json| *json != last);
            let Some(json) = json else { continue };
            if let Some(value) = partial::growing(&json) {
                out.send(Ok(Step::Item(Partial::Growing(value)))).await;
            }
            last = json;
        }
        asked.ended(&options, &mut out).await;
        let decoded = decode::of_text(asked.pieces.response().text());
        let checked = decoded.and_then(|Decoded { value, .. }| match &options.check {
            Some(check) => check(&value).map(|()| value),
            None => Ok(value),
        });
        match checked {
            Ok(value) => {
                out.send(Ok(Step::Item(Partial::Done(value)))).await;
                Ok(())
            }
            Err(words) => Err(asked.unusable(words)),
        }
    })
}

/// The stream of the items that `block` sends, in the context of its call, with its log.
fn logged<T, E, F>(
    call: Call,
    format: Option<&Object>,
    block: impl FnOnce(Steps<T>) -> F + Send + 'static,
) -> Boxed<Result<T, E>>
where
    T: Send + 'static,
    E: From<Error> + Send + 'static,
    F: Future<Output = Result<(), Error>> + Send + 'static,
{
    call.is_looked_at(format);
    let unsendable = call.unsendable();
    let steps = produce(move |out: Steps<T>| async move {
        let mut last = out.again();
        let result = match unsendable {
            Some(error) => Err(error),
            None => block(out).await,
        };
        if let Err(error) = result {
            last.send(Err(error)).await;
        }
    });
    let stream = call.stream(steps, |call: &mut Call, step: &Result<Step<T>, Error>| match step {
        Ok(Step::Item(_)) => {}
        Ok(Step::Piece(json)) => call.item(|out, limit| crate::json::copied(json, out, limit)),
        Ok(Step::Whole(json)) => call.whole(json.clone()),
        Err(error) => call.failed(&error.to_string()),
    });
    Box::pin(Items(Box::pin(stream), std::marker::PhantomData))
}

/// The items among the steps.
struct Items<S, E>(Pin<Box<S>>, std::marker::PhantomData<fn() -> E>);

impl<T, E: From<Error>, S: Stream<Item = Result<Step<T>, Error>>> Stream for Items<S, E> {
    type Item = Result<T, E>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match ready!(self.0.as_mut().poll_next(cx)) {
                Some(Ok(Step::Item(item))) => return Poll::Ready(Some(Ok(item))),
                Some(Ok(Step::Piece(_) | Step::Whole(_))) => {}
                Some(Err(error)) => return Poll::Ready(Some(Err(error.into()))),
                None => return Poll::Ready(None),
            }
        }
    }
}

/// An answer on its way.
struct Asked {
    pieces: Pieces,
    model: String,
    limit: Option<(Duration, Instant)>,
}

impl Asked {
    /// Asks the model of the prompt whose call is under way.
    async fn open<T>(options: &Options<T>, format: Option<&Object>) -> Result<Self, Error> {
        let mut request = request(format);
        let model = request.config.model.clone();
        let provider = provider::of(&request.config)?;
        let limit = options.timeout.map(|after| (after, Instant::now() + after));
        if limit.is_some() && tokio::runtime::Handle::try_current().is_err() {
            return Err(Error::NoRuntime { call: "timeout" });
        }
        let mut opened = within(limit, provider.stream(request.clone())).await;
        if matches!(&opened, Ok(Err(error)) if is_about_format(error, &request, format)) {
            request.config.response_format = None;
            opened = within(limit, provider.stream(request)).await;
        }
        let pieces = opened.map_err(|after| Error::TimedOut { after, ledger: Box::default() })??;
        Ok(Self { pieces, model, limit })
    }

    /// The next piece of the text, which the log has seen.
    async fn next<T>(&mut self, out: &mut Steps<T>) -> Result<Option<String>, Error> {
        loop {
            let next = within(self.limit, self.pieces.next()).await;
            let next = next.map_err(|after| Error::TimedOut { after, ledger: Box::new(self.ledger(None)) })?;
            let Some(piece) = next.transpose()? else { return Ok(None) };
            if piece.text.is_empty() {
                continue;
            }
            let delta: Object = [("content", piece.text.as_str())].into_iter().collect();
            let choice: Object = [("delta", delta)].into_iter().collect();
            let mut event = Object::new();
            event.insert("object", "chat.completion.chunk");
            event.insert("model", &self.model);
            event.insert("choices", &[choice]);
            out.send(Ok(Step::Piece(serde_json::to_vec(&event).unwrap_or_default()))).await;
            return Ok(Some(piece.text));
        }
    }

    /// Gives the log the whole response.
    async fn ended<T>(&mut self, options: &Options<impl Sized>, out: &mut Steps<T>) {
        let whole = match options.skip_output {
            true => br#"{"$skipped":true}"#.to_vec(),
            false => serde_json::to_vec(self.pieces.settle()).unwrap_or_default(),
        };
        out.send(Ok(Step::Whole(whole))).await;
    }

    fn unusable(&mut self, words: String) -> Error {
        Error::Unusable(Box::new(self.ledger(Some(words))))
    }

    fn ledger(&mut self, error: Option<String>) -> Ledger {
        let response = self.pieces.settle().clone();
        let cost = crate::answer::cost(&response, &self.model);
        let mut ledger = Ledger::default();
        ledger.attempts.push(Attempt { response, error, cost, ..Attempt::default() });
        ledger
    }
}

/// What the future gives, unless the time is up first.
async fn within<T>(limit: Option<(Duration, Instant)>, future: impl Future<Output = T>) -> Result<T, Duration> {
    match limit {
        None => Ok(future.await),
        Some((after, at)) => timeout_at(at, future).await.map_err(|_| after),
    }
}
