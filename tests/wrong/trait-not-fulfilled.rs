pub trait Search {
    fn search(&self, query: &str) -> usize;
    fn find(&self, query: &str) -> impl Future<Output = usize> + Send;
    fn other(&self);
}

pub struct Index;

impl Search for Index {
    #[humanloop::tool]
    fn search(&self, query: String) -> usize {
        query.len()
    }

    #[humanloop::tool]
    async fn find(&self, query: &str) -> usize {
        let shared = std::rc::Rc::new(query.len());
        std::future::ready(()).await;
        *shared
    }

    #[humanloop::tool]
    fn missing(&self) {}
}
