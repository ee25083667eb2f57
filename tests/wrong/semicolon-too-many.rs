#[humanloop::tool]
pub fn tail(a: i32) -> String {
    a.to_string();
}

#[humanloop::tool]
pub async fn tail_async(a: i32) -> String {
    a.to_string();
}
