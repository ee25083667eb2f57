#[humanloop::tool]
pub fn plain(v: Vec<u8>) -> usize {
    v.
}

#[humanloop::tool]
pub async fn plain_async(v: Vec<u8>) -> usize {
    v.
}

pub fn caller() -> usize {
    plain(Vec::new())
}
