//! What a function does apart from its value, beside the same function without an attribute: when it drops what, and which traits
//! its future has.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::task::{Context, Waker};

use futures_util::Stream;
use futures_util::future::{BoxFuture, FutureExt};
use futures_util::stream::{self, BoxStream, StreamExt};
use humanloop::tool;

use crate::record::{run, run_sync};

/// Writes its name down when it is dropped.
#[derive(Clone)]
struct Noted(&'static str, Rc<RefCell<Vec<&'static str>>>);

impl Drop for Noted {
    fn drop(&mut self) {
        self.1.borrow_mut().push(self.0);
    }
}

struct Pair {
    left: Noted,
    _right: Noted,
}

/// The functions in a module without the attribute, and in one with it.
macro_rules! twice {
    ($($item:item)*) => {
        #[allow(clippy::all, clippy::pedantic, clippy::nursery, reason = "the lints are not what is under test here")]
        mod bare {
            use super::*;
            $($item)*
        }
        #[allow(clippy::all, clippy::pedantic, clippy::nursery, reason = "the lints are not what is under test here")]
        mod annotated {
            use super::*;
            $(#[tool] $item)*
        }
    };
}

// What a pattern leaves unbound is dropped after everything else; where it comes first, that is no difference.
twice! {
    pub fn drops(Pair { left, .. }: Pair, _: Noted, first: Noted, _ignored: Noted, last: Noted) -> usize {
        let local = Noted("local", first.1.clone());
        drop(first);
        Noted("in the last expression", local.1.clone()).0.len() + left.0.len() + last.0.len()
    }

    pub fn drops_early(_: Noted, first: Noted, last: &Noted) -> Option<usize> {
        let _local = Noted("local", first.1.clone());
        let length = last.0.parse::<usize>().ok()?;
        Some(length)
    }

    pub fn drops_in_a_panic(first: Noted, second: Noted) -> u8 {
        let local = Noted("local", second.1.clone());
        assert!(local.0.is_empty() && first.0.is_empty(), "on purpose");
        1
    }

    pub async fn drops_later(Pair { left, .. }: Pair, _: Noted, first: Noted, _ignored: Noted, last: Noted) -> usize {
        let local = Noted("local", first.1.clone());
        drop(first);
        tokio::task::yield_now().await;
        Noted("in the last expression", local.1.clone()).0.len() + left.0.len() + last.0.len()
    }

    pub fn drops_in_a_future(first: Noted, second: Noted) -> BoxFuture<'static, usize> {
        let length = first.0.len() + second.0.len();
        std::future::ready(length).boxed()
    }

    pub async fn waits(a: &str, b: u8) -> usize {
        std::future::ready(()).await;
        a.len() + usize::from(b)
    }

    pub fn waits_opaquely(a: u8) -> impl Future<Output = u8> + Send + Sync + use<> {
        async move {
            std::future::ready(()).await;
            a
        }
    }

    pub fn streams(a: u8) -> impl Stream<Item = u8> + Send + Sync + Unpin + use<> {
        stream::iter(0..a)
    }

    pub fn boxed_streams(a: &[u8]) -> BoxStream<'_, &u8> {
        stream::iter(a).boxed()
    }
}

type Log = Rc<RefCell<Vec<&'static str>>>;

/// What is noted while `body` runs.
fn noted(body: impl FnOnce(&dyn Fn(&'static str) -> Noted)) -> Vec<&'static str> {
    let log = Log::default();
    body(&|name| Noted(name, log.clone()));
    log.take()
}

macro_rules! both {
    ($note:ident => $function:ident $body:expr) => {{
        let expected = noted(|$note| {
            use bare::$function;
            $body
        });
        let (found, _) = run_sync(|| {
            noted(|$note| {
                use annotated::$function;
                $body
            })
        });
        assert_eq!(found, expected);
        assert!(expected.len() > 2, "{expected:?}");
    }};
}

#[test]
fn case_57_values_are_dropped_in_the_same_order() {
    let pair = |note: &dyn Fn(&'static str) -> Noted| Pair { left: note("left"), _right: note("right") };
    both!(note => drops {
        drops(pair(note), note("nameless"), note("first"), note("ignored"), note("last"));
    });
    both!(note => drops_early {
        drops_early(note("nameless"), note("first"), &note("last"));
    });
    both!(note => drops_in_a_panic {
        catch_unwind(AssertUnwindSafe(|| drops_in_a_panic(note("first"), note("second")))).unwrap_err();
    });
    both!(note => drops_in_a_future {
        let future = drops_in_a_future(note("first"), note("second"));
        note("the call is done");
        future.now_or_never().unwrap();
    });
}

#[test]
fn case_57_a_future_drops_in_the_same_order_when_it_ends_half_way_and_untouched() {
    let pair = |note: &dyn Fn(&'static str) -> Noted| Pair { left: note("left"), _right: note("right") };
    for polls in 0..3 {
        both!(note => drops_later {
            let mut future =
                Box::pin(drops_later(pair(note), note("nameless"), note("first"), note("ignored"), note("last")));
            for _ in 0..polls {
                let _ = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            }
            note("and now the future");
            drop(future);
        });
    }
}

#[allow(clippy::future_not_send, reason = "what it writes its name into is of one thread")]
impl Noted {
    async fn bare(self, first: Self) -> usize {
        let me = &self;
        tokio::task::yield_now().await;
        me.0.len() + first.0.len()
    }

    #[tool]
    async fn annotated(self, first: Self) -> usize {
        let me = &self;
        tokio::task::yield_now().await;
        me.0.len() + first.0.len()
    }
}

#[test]
fn case_57_a_receiver_is_dropped_behind_the_arguments() {
    let expected = noted(|note| {
        let _ = note("self").bare(note("first")).now_or_never();
    });
    let found = noted(|note| {
        let _ = run_sync(|| note("self").annotated(note("first")).now_or_never());
    });
    assert_eq!(found, expected);
    assert_eq!(expected, ["first", "self"]);
}

const fn is_send_and_sync<T: Send + Sync>(_: &T) {}
const fn is_unpin<T: Unpin>(_: &T) {}

#[tokio::test]
async fn case_57_a_future_and_a_stream_have_the_traits_of_the_bare_ones() {
    is_send_and_sync(&bare::waits("a", 1));
    is_send_and_sync(&annotated::waits("a", 1));
    is_unpin(&bare::streams(1));
    is_unpin(&annotated::streams(1));
    assert_eq!(bare::waits("a", 1).await, run(annotated::waits("a", 1)).await.0);
    assert_eq!(bare::waits_opaquely(1).await, run(annotated::waits_opaquely(1)).await.0);
    let sum = |stream: BoxStream<'_, &u8>| stream.fold(0, |sum, n| std::future::ready(sum + n)).now_or_never();
    let (total, recorded) = run(async { sum(annotated::boxed_streams(&[1, 2])) }).await;
    assert_eq!(total, sum(bare::boxed_streams(&[1, 2])));
    recorded.only(|log| assert_eq!((log.outcome, log.output.as_deref()), ("ok", Some("[1,2]"))));
    assert_eq!(annotated::streams(2).collect::<Vec<_>>().await, bare::streams(2).collect::<Vec<_>>().await);
}
