//! The functions that are called: bare, and with the attribute of each crate.

use std::pin::Pin;
use std::task::{Context, Poll};

use serde::Serialize;

/// Arguments.
#[derive(Debug)]
pub(crate) struct Data {
    /// 30 bytes.
    pub(crate) text: String,
    pub(crate) order: Order,
    /// 4 KiB.
    pub(crate) long: String,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Order {
    id: u64,
    customer: String,
    street: String,
    city: String,
    country: String,
    pieces: u32,
    price: f64,
    paid: bool,
    note: Option<String>,
    tags: Vec<String>,
}

impl Data {
    pub(crate) fn new() -> Self {
        let text = |text: &str| text.to_owned();
        let order = Order {
            id: 4711,
            customer: text("Ada Lovelace"),
            street: text("12 St James's Square"),
            city: text("London"),
            country: text("GB"),
            pieces: 3,
            price: 19.99,
            paid: true,
            note: Some(text("ring twice")),
            tags: vec![text("books"), text("gift")],
        };
        let long = "The quick brown fox jumps over the lazy dog, and says \"hello\".\n".repeat(66)[..4096].to_owned();
        Self { text: text("Which country won Eurovision?!"), order, long }
    }
}

/// Ready when it is polled for the second time.
struct Yield(bool);

impl Future for Yield {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// One function for each kind of argument, sync and async, with an attribute.
macro_rules! functions {
    ($(#[$attribute:meta])*) => {
        use super::{Order, Yield};
        $(#[$attribute])*
        pub(crate) fn text(question: &str, limit: u32) -> u32 {
            question.len() as u32 ^ limit
        }
        $(#[$attribute])*
        pub(crate) fn order(order: &Order, limit: u32) -> u32 {
            order.pieces ^ limit
        }
        $(#[$attribute])*
        pub(crate) fn long(page: &str, limit: u32) -> u32 {
            page.len() as u32 ^ limit
        }
        $(#[$attribute])*
        pub(crate) async fn text_async(question: &str, limit: u32) -> u32 {
            Yield(false).await;
            question.len() as u32 ^ limit
        }
        $(#[$attribute])*
        pub(crate) async fn order_async(order: &Order, limit: u32) -> u32 {
            Yield(false).await;
            order.pieces ^ limit
        }
        $(#[$attribute])*
        pub(crate) async fn long_async(page: &str, limit: u32) -> u32 {
            Yield(false).await;
            page.len() as u32 ^ limit
        }
    };
}

pub(crate) mod bare {
    functions!();
}
pub(crate) mod ours {
    functions!(#[humanloop::tool]);
}
pub(crate) mod spans {
    functions!(#[tracing::instrument(ret)]);
}

/// fastrace takes arguments by format strings, and results by hand.
pub(crate) mod traced {
    use fastrace::local::LocalSpan;
    use fastrace::trace;

    use super::{Order, Yield};

    fn returned(value: u32) -> u32 {
        LocalSpan::add_property(|| ("return", format!("{value:?}")));
        value
    }

    #[trace(properties = { "question": "{question:?}", "limit": "{limit:?}" })]
    pub(crate) fn text(question: &str, limit: u32) -> u32 {
        returned(question.len() as u32 ^ limit)
    }
    #[trace(properties = { "order": "{order:?}", "limit": "{limit:?}" })]
    pub(crate) fn order(order: &Order, limit: u32) -> u32 {
        returned(order.pieces ^ limit)
    }
    #[trace(properties = { "page": "{page:?}", "limit": "{limit:?}" })]
    pub(crate) fn long(page: &str, limit: u32) -> u32 {
        returned(page.len() as u32 ^ limit)
    }
    #[trace(properties = { "question": "{question:?}", "limit": "{limit:?}" })]
    pub(crate) async fn text_async(question: &str, limit: u32) -> u32 {
        Yield(false).await;
        returned(question.len() as u32 ^ limit)
    }
    #[trace(properties = { "order": "{order:?}", "limit": "{limit:?}" })]
    pub(crate) async fn order_async(order: &Order, limit: u32) -> u32 {
        Yield(false).await;
        returned(order.pieces ^ limit)
    }
    #[trace(properties = { "page": "{page:?}", "limit": "{limit:?}" })]
    pub(crate) async fn long_async(page: &str, limit: u32) -> u32 {
        Yield(false).await;
        returned(page.len() as u32 ^ limit)
    }
}
