#[humanloop::tool]
pub fn by_a_variable(a: u8) -> u8 {
    let a = a.to_string();
    a
}

#[humanloop::tool]
pub async fn by_a_variable_async(a: u8) -> u8 {
    let a = a.to_string();
    a
}

#[humanloop::tool]
pub fn by_a_pattern(a: Option<u8>, b: u8) -> u8 {
    match a {
        Some(b) => b,
        a => b,
    }
}

#[humanloop::tool]
pub fn twice(a: u8, a: u8) -> u8 {
    a
}
