#[humanloop::tool]
pub fn call(a: &mut Vec<i32>) -> i32 {
    a.push(1)
    a.len() as i32
}

#[humanloop::tool]
pub async fn call_async(a: &mut Vec<i32>) -> i32 {
    a.push(1)
    a.len() as i32
}
