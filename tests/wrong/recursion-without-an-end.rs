#[humanloop::tool]
pub fn forever(a: u8) -> u8 {
    forever(a)
}

#[humanloop::tool]
pub async fn endless(a: u8) -> u8 {
    endless(a).await
}
