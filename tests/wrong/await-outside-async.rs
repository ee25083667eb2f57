#[humanloop::tool]
pub fn waits(a: u8) -> u8 {
    std::future::ready(a).await
}
