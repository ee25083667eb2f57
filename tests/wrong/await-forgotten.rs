async fn answer() -> u8 {
    1
}

#[humanloop::tool]
pub async fn value() -> u8 {
    answer()
}

#[humanloop::tool]
pub async fn statement() {
    answer();
}
