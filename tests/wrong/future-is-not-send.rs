pub fn send<T: Send>(_: T) {}

#[humanloop::tool]
pub async fn by_a_variable(a: u8) {
    let shared = std::rc::Rc::new(a);
    std::future::ready(()).await;
    drop(shared);
}

#[humanloop::tool]
pub async fn by_a_call(a: u8) {
    by_a_variable(a).await;
}

#[humanloop::tool]
pub fn boxed(a: u8) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async move {
        let shared = std::rc::Rc::new(a);
        std::future::ready(()).await;
        drop(shared);
    })
}

pub fn all() {
    send(by_a_variable(1));
    send(by_a_call(1));
}
