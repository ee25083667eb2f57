pub fn send<T: Send>(_: T) {}

#[humanloop::tool]
pub async fn locked(shared: &std::sync::Mutex<u8>) {
    let guard = shared.lock();
    std::future::ready(()).await;
    drop(guard);
}

pub fn all() {
    send(locked(&std::sync::Mutex::new(1)));
}
