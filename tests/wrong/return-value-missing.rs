#[humanloop::tool]
pub fn empty(a: i32) -> u8 {}

#[humanloop::tool]
pub async fn empty_async(a: i32) -> u8 {}

#[humanloop::tool]
pub fn without_else(a: i32) -> u8 {
    if a > 1 { 1 }
}

#[humanloop::tool]
pub async fn without_else_async(a: i32) -> u8 {
    if a > 1 { 1 }
}

#[humanloop::tool]
pub fn ok(a: i32) -> Result<(), String> {
    println!("{a}");
}

#[humanloop::tool]
pub async fn ok_async(a: i32) -> Result<(), String> {
    println!("{a}");
}
