//! What changes while somebody looks, as server-sent events. Each carries the mark to go on from, so nothing is missed after a break.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_core::Stream;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::serve::App;

/// How often the store is asked; programs of other processes write to it, too, and do not tell.
const PAUSE: Duration = Duration::from_millis(250);

#[derive(Deserialize)]
pub(super) struct Since {
    #[serde(default)]
    since: i64,
}

impl Since {
    /// The mark of the last event that arrived, when the browser comes again by itself.
    fn or_last(&self, headers: &HeaderMap) -> i64 {
        let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
        last.unwrap_or(self.since)
    }
}

pub(super) async fn sessions(
    State(app): State<App>,
    Query(since): Query<Since>,
    headers: HeaderMap,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    follow(app, since.or_last(&headers), |store, mark| {
        let changes = store.changes_since(mark)?;
        let sessions: Vec<_> = changes.sessions.iter().map(humanloop_store::SessionSummary::to_object).collect();
        let text = json!({ "sessions": sessions, "upto": changes.upto }).to_string();
        Ok((!sessions.is_empty()).then_some((changes.upto, text)))
    })
}

pub(super) async fn session(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    Query(since): Query<Since>,
    headers: HeaderMap,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    follow(app, since.or_last(&headers), move |store, mark| {
        // The session's own mark moves with each of its logs: cheap to ask.
        let changed = store.session(id)?.map_or(mark, |session| session.changed);
        let changed = changed.max(store.losses_changed_since(mark)?);
        if changed <= mark {
            return Ok(None);
        }
        Ok(Some((changed, store.session_changes_since(id, mark)?)))
    })
}

type Answer = Result<Option<(i64, String)>, humanloop_store::Error>;

/// Asks again and again, from the last mark on, until the browser is gone.
fn follow(
    app: App,
    mut mark: i64,
    ask: impl Fn(&humanloop_store::Reader, i64) -> Answer + Clone + Send + 'static,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        while !sender.is_closed() {
            let ask = ask.clone();
            match app.read(move |store| ask(store, mark)).await {
                Err(_) => return, // the browser comes again
                Ok(None) => {}
                Ok(Some((upto, text))) => {
                    mark = upto;
                    if sender.send(Event::default().id(mark.to_string()).data(text)).await.is_err() {
                        return;
                    }
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
    });
    Sse::new(Events(receiver)).keep_alive(KeepAlive::default())
}

/// The events that a task sends.
struct Events(mpsc::Receiver<Event>);

impl Stream for Events {
    type Item = Result<Event, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(context).map(|event| event.map(Ok))
    }
}
