//! `#[async_trait]` expands first; its methods are recorded when their futures resolve.

#![deny(warnings, unused)]

use async_trait::async_trait;
use humanloop::tool;

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
    #[tool(debug(query))]
    async fn search(&self, query: &str) -> Result<String, String> {
        tokio::task::yield_now().await;
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

#[async_trait(?Send)]
trait Local {
    async fn local(&self) -> u8;
}

#[async_trait(?Send)]
impl Local for Store {
    #[tool]
    async fn local(&self) -> u8 {
        let shared = std::rc::Rc::new(self.0);
        tokio::task::yield_now().await;
        *shared
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut store = Store(1);
    assert_eq!(store.search("q").await.unwrap(), "q 1");
    assert_eq!(store.search("").await.unwrap_err(), "empty");
    assert_eq!(store.count(vec![1]).await, 2);
    assert_eq!(store.generic(&"x").await, "x");
    assert_eq!(store.local().await, 2);
}
