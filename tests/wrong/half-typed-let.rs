#[humanloop::tool]
pub fn plain(v: Vec<u8>) -> usize {
    let x =
}

#[humanloop::tool]
pub async fn plain_async(v: Vec<u8>) -> usize {
    let x =
}

pub fn caller() -> usize {
    plain(Vec::new())
}
