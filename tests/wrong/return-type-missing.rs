#[humanloop::tool]
pub fn sum(a: i32) {
    return a + 1;
}

#[humanloop::tool]
pub async fn sum_async(a: i32) {
    return a + 1;
}
