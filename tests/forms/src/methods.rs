//! Methods, traits, `async_trait`.

use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use humanloop::{flow, tool};

use crate::record::{run, run_sync};

struct Store(u8);

#[async_trait]
trait Search: Send + Sync {
    async fn search(&self, query: &str) -> Result<String, String>;

    #[tool]
    async fn count(&self, mut list: Vec<u8>) -> usize {
        tokio::task::yield_now().await;
        list.push(0);
        list.len()
    }

    async fn generic<T: Send + Sync + Clone>(&mut self, value: &T) -> T
    where
        Self: Sized;
}

#[async_trait]
impl Search for Store {
    /// Searches.
    #[tool]
    async fn search(&self, query: &str) -> Result<String, String> {
        tokio::task::yield_now().await; // as people write it
        if query.is_empty() {
            return Err("empty".into());
        }
        Ok(format!("{query} {}", self.0))
    }

    #[tool]
    async fn generic<T: Send + Sync + Clone>(&mut self, value: &T) -> T {
        self.0 += 1;
        value.clone()
    }
}

#[tokio::test]
async fn case_25_a_method_of_async_trait_is_recorded_over_its_awaits() {
    let mut store = Store(1);
    let (found, recorded) = run(async { store.search("q").await }).await;
    assert_eq!(found.as_deref(), Ok("q 1"));
    recorded.is(r#"{"query":"q"}"#, "q 1");
    recorded.only(|log| {
        assert_eq!(log.description.as_deref(), Some("Searches."));
        let source = log.source.as_deref().unwrap();
        assert!(source.starts_with("/// Searches.\n#[tool]\nasync fn search(&self, query: &str)"), "{source}");
        assert!(source.contains("// as people write it"), "{source}");
    });
    let (found, recorded) = run(async { store.search("").await }).await;
    assert_eq!(found, Err("empty".into()));
    recorded.only(|log| assert_eq!((log.outcome, log.error.as_deref()), ("failed", Some("empty"))));
    let (count, recorded) = run(async { store.count(vec![1]).await }).await;
    assert_eq!(count, 2);
    recorded.is(r#"{"list":[1]}"#, "2");
    let (value, recorded) = run(async { store.generic(&"x").await }).await;
    assert_eq!((value, store.0), ("x", 2));
    recorded.only(|log| assert_eq!(log.inputs, r#"{"value":{"$type":"&&str"}}"#));
}

trait Native {
    fn native(&self, query: &str) -> impl Future<Output = String> + Send;

    #[flow]
    fn twice(&self, query: &str) -> String {
        query.repeat(2)
    }
}

impl Native for Store {
    #[tool]
    async fn native(&self, query: &str) -> String {
        tokio::task::yield_now().await;
        format!("{query} {}", self.0)
    }
}

#[tokio::test]
async fn case_26_native_async_methods_of_a_trait_are_recorded() {
    let store = Store(3);
    let (found, recorded) = run(store.native("q")).await;
    assert_eq!(found, "q 3");
    recorded.is(r#"{"query":"q"}"#, "q 3");
    let (found, recorded) = run_sync(|| store.twice("q"));
    assert_eq!(found, "qq");
    recorded.only(|log| assert_eq!((log.kind, log.output.as_deref()), ("flow", Some("qq"))));
}

/// No `Debug`, no `Serialize`.
struct Counter(u8);

impl Counter {
    #[tool]
    fn new(start: u8) -> Self {
        Self(start)
    }

    #[tool]
    fn get(&self) -> u8 {
        self.0
    }

    #[tool]
    fn add(&mut self, more: u8) -> &mut u8 {
        self.0 += more;
        &mut self.0
    }

    #[tool]
    async fn shared(self: Arc<Self>) -> u8 {
        tokio::task::yield_now().await;
        self.0
    }

    #[tool]
    fn pinned(self: Pin<&mut Self>) -> u8 {
        self.0
    }

    #[tool]
    fn consume(mut self) -> u8 {
        self.0 += 1;
        self.0
    }
}

#[derive(Debug)]
struct Visible(u8);

impl Visible {
    #[tool(debug(self))]
    fn shown(&self, more: u8) -> u8 {
        self.0 + more
    }
}

#[tokio::test]
async fn case_27_self_is_never_captured_unless_asked_for() {
    let (mut counter, recorded) = run_sync(|| Counter::new(1));
    recorded.is(r#"{"start":1}"#, r#"{"$type":"humanloop_forms::methods::Counter"}"#);
    let (value, recorded) = run_sync(|| *counter.add(2) + counter.get() + Pin::new(&mut counter).pinned());
    assert_eq!(value, 9);
    recorded.check(|logs| {
        assert_eq!(logs.iter().map(|log| log.inputs.as_str()).collect::<Vec<_>>(), [r#"{"more":2}"#, "{}", "{}"]);
    });
    assert_eq!(run(Arc::new(Counter(9)).shared()).await.0, 9);
    assert_eq!(run_sync(|| counter.consume()).0, 4);
    let (value, recorded) = run_sync(|| Visible(1).shown(2));
    assert_eq!(value, 3);
    recorded.is(r#"{"self":{"$debug":"Visible(1)"},"more":2}"#, "3");
}
