#[humanloop::tool]
pub fn plain(words: &[&str]) -> usize {
    let all = words.iter().collect();
    words.len()
}

#[humanloop::tool]
pub async fn plain_async(words: &[&str]) -> usize {
    let all = words.iter().collect();
    words.len()
}

#[humanloop::tool]
pub fn none() -> u8 {
    let x = None;
    1
}
