#[humanloop::tool]
pub fn plain(v: ) -> usize {
    1
}

pub fn caller() -> usize {
    plain(Vec::new())
}
