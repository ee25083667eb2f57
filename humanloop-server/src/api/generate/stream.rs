//! A streamed answer: server-sent events as the official clients read them.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_core::Stream;
use humanloop_api::{Outcome, json};
use humanloop_runtime::provider::{Pieces, Provider, Request};
use tokio::sync::mpsc::{self, Receiver, Sender};

use super::call::{Call, Endpoint};
use super::record::Record;
use super::{refused, reply};
use crate::api::Problem;
use crate::serve::App;

/// Events that wait for a client that reads slowly; the provider is made to wait with them.
const WAITING: usize = 32;

/// The stream; what fails before its first piece is a plain answer, as the clients pass over errors in a stream.
pub(super) async fn answer(
    app: App,
    provider: Arc<dyn Provider>,
    request: Request,
    call: Call,
    record: Record,
    endpoint: Endpoint,
) -> Result<Response, Problem> {
    let pieces = match provider.stream(request).await {
        Ok(pieces) => pieces,
        Err(error) => {
            record.fail(&app, &error.to_string()).await?;
            return Err(refused(&error));
        }
    };
    let (sender, events) = mpsc::channel(WAITING);
    // On its own, so that the log is ended whether or not the client stays.
    tokio::spawn(send(app, pieces, call, record, endpoint, sender));
    Ok(([(header::CONTENT_TYPE, "text/event-stream")], Body::from_stream(Events(events))).into_response())
}

async fn send(
    app: App,
    mut pieces: Pieces,
    call: Call,
    record: Record,
    endpoint: Endpoint,
    events: Sender<io::Result<Bytes>>,
) {
    let mut ending = None;
    while let Some(piece) = pieces.next().await {
        let piece = match piece {
            Ok(piece) => piece,
            Err(error) => {
                ending = Some((error.to_string(), Outcome::Failed));
                break;
            }
        };
        let Some(placed) = record.place(piece.index as usize) else { continue };
        let event = reply::piece(&call, &record, placed, &piece, endpoint);
        let line = Bytes::from(format!("data: {}\n\n", json(&event).get()));
        if events.send(Ok(line)).await.is_err() {
            ending = Some((String::new(), Outcome::Cancelled));
            break;
        }
    }
    let failed = ending.as_ref().map(|(text, _)| text.clone());
    // Ended before the stream is: who has read it finds the log. When it cannot be, nobody is there to be told.
    let ended = record.end(&app, pieces.settle(), ending).await;
    if failed.is_some() || ended.is_err() {
        // No event would be noticed: the connection breaks off.
        let _ = events.send(Err(io::Error::other(failed.unwrap_or_default()))).await;
    }
}

/// The receiving end as the body of an answer.
struct Events(Receiver<io::Result<Bytes>>);

impl Stream for Events {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(context)
    }
}
