#[humanloop::tool]
pub fn plain(a: u8) -> u8 {
    use std::fmt::Debug;
    a
}

#[humanloop::tool]
pub async fn plain_async(a: u8) -> u8 {
    use std::fmt::Debug;
    a
}
