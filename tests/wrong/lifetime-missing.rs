#[humanloop::tool]
pub fn either(a: &str, b: &str) -> &str {
    if a.is_empty() { a } else { b }
}

#[humanloop::tool]
pub async fn either_async(a: &str, b: &str) -> &str {
    if a.is_empty() { a } else { b }
}

#[humanloop::tool]
pub fn undeclared(a: &'a str) -> usize {
    a.len()
}
