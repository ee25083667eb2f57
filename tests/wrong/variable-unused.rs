#[humanloop::tool]
pub fn plain(a: u8) -> u8 {
    let b = a;
    a
}

#[humanloop::tool]
pub async fn plain_async(a: u8) -> u8 {
    let b = a;
    let mut c = 1;
    c = 2;
    a
}

#[humanloop::tool]
pub fn several(a: Option<u8>) -> u8 {
    for i in 0..3 {}
    match a {
        Some(b) => 1,
        None => 2,
    }
}
