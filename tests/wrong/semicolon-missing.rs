#[humanloop::tool]
pub fn between(a: i32) -> i32 {
    let b = a + 1
    b
}

#[humanloop::tool]
pub async fn between_async(a: i32) -> i32 {
    let b = a + 1
    b
}
