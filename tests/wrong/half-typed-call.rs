#[humanloop::tool]
pub fn plain(v: Vec<u8>) -> usize {
    v.get(1, 
}

pub fn caller() -> usize {
    plain(Vec::new())
}
