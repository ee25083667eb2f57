#[humanloop::tool]
pub fn wrong_item(count: u8) -> impl Iterator<Item = String> {
    0..count
}

#[humanloop::tool]
pub fn borrows(list: Vec<String>) -> impl Iterator<Item = &'static str> {
    list.iter().map(|word| word.as_str())
}

#[humanloop::tool]
pub fn does_not_move(count: u8) -> impl Iterator<Item = u8> {
    (0..3).map(|x| x + count)
}
