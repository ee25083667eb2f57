#[humanloop::tool]
pub fn tail(a: i32) -> String {
    a
}

#[humanloop::tool]
pub async fn tail_async(a: i32) -> String {
    a
}

#[humanloop::tool]
pub fn nothing(a: i32) {
    a
}

#[humanloop::tool]
pub async fn nothing_async(a: i32) {
    a
}

#[humanloop::tool]
pub fn in_a_call(a: i32) -> String {
    tail("text");
    let b: u8 = "b";
    a.to_string() + b
}

#[humanloop::tool]
pub async fn in_a_call_async(a: i32) -> String {
    tail_async("text").await;
    let b: u8 = "b";
    a.to_string() + b
}
