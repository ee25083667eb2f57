//! A session of calls, in the way of each crate.

use std::hint::black_box;

use fastrace::future::FutureExt as _;
use fastrace::prelude::{Span, SpanContext};
use tokio::runtime::Runtime;
use tracing::Instrument as _;

use crate::functions::{Data, bare, ours, spans, traced};

/// Calls of a session.
pub(crate) const CALLS: u32 = 64;

/// Makes the calls of one session.
pub(crate) type Session = fn(&Data, &Runtime);

/// A kind of argument, by its name in the table, sync and async.
pub(crate) type Sessions = [(&'static str, [Session; 2]); 3];

/// The sessions with the functions of a module, in what is around them.
macro_rules! sessions {
    ($module:ident in $around:path, $around_async:path) => {
        [
            ("text", sessions!($module in $around, $around_async, text, text_async, text)),
            ("struct", sessions!($module in $around, $around_async, order, order_async, order)),
            ("4 KiB", sessions!($module in $around, $around_async, long, long_async, long)),
        ]
    };
    ($module:ident in $around:path, $around_async:path, $sync:ident, $async:ident, $argument:ident) => {
        [
            |data, _| $around(|| {
                for n in 0..CALLS {
                    black_box($module::$sync(black_box(&data.$argument), n));
                }
            }),
            |data, runtime| runtime.block_on($around_async(async {
                for n in 0..CALLS {
                    black_box($module::$async(black_box(&data.$argument), n).await);
                }
            })),
        ]
    };
}

pub(crate) const BARE: Sessions = sessions!(bare in plainly, plainly_async);
pub(crate) const OURS: Sessions = sessions!(ours in in_session, in_session_async);
pub(crate) const SPANS: Sessions = sessions!(spans in in_span, in_span_async);
pub(crate) const TRACED: Sessions = sessions!(traced in in_trace, in_trace_async);

fn plainly(body: impl FnOnce()) {
    body();
}

async fn plainly_async(body: impl Future<Output = ()>) {
    body.await;
}

fn in_session(body: impl FnOnce()) {
    humanloop::Session::new().run(body);
}

async fn in_session_async(body: impl Future<Output = ()>) {
    humanloop::Session::new().scope(body).await;
}

fn in_span(body: impl FnOnce()) {
    tracing::info_span!("session").in_scope(body);
}

async fn in_span_async(body: impl Future<Output = ()>) {
    body.instrument(tracing::info_span!("session")).await;
}

fn in_trace(body: impl FnOnce()) {
    let root = Span::root("session", SpanContext::random());
    let _guard = root.set_local_parent();
    body();
}

async fn in_trace_async(body: impl Future<Output = ()>) {
    body.in_span(Span::root("session", SpanContext::random())).await;
}
