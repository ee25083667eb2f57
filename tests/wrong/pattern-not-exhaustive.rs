#[humanloop::tool]
pub fn plain(a: Option<u8>) -> u8 {
    match a {
        Some(a) => a,
    }
}

#[humanloop::tool]
pub async fn plain_async(a: Option<u8>) -> u8 {
    match a {
        Some(a) => a,
    }
}

#[humanloop::tool]
pub fn parameter(Some(a): Option<u8>) -> u8 {
    a
}

#[humanloop::tool]
pub async fn parameter_async(Some(a): Option<u8>) -> u8 {
    a
}
