pub fn send<T: Send>(_: T) {}

#[humanloop::tool]
pub async fn argument(shared: std::rc::Rc<u8>) {
    std::future::ready(()).await;
    drop(shared);
}

#[humanloop::tool]
pub async fn reference(cell: &std::cell::Cell<u8>) {
    std::future::ready(()).await;
    cell.set(1);
}

pub fn all() {
    send(argument(std::rc::Rc::new(1)));
    send(reference(&std::cell::Cell::new(1)));
}
