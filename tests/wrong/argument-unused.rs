#[humanloop::tool]
pub fn plain(used: u8, unused: &str) -> u8 {
    used
}

#[humanloop::tool]
pub async fn plain_async(used: u8, unused: &str) -> u8 {
    used
}

#[humanloop::tool(debug(unused), skip(used))]
pub fn captured(used: u8, unused: &str) -> u8 {
    used
}

#[humanloop::tool]
pub fn pattern((left, right): (u8, u8), [first, ..]: [u8; 3]) -> u8 {
    left + first
}

pub struct Point {
    pub x: u8,
    pub y: u8,
}

#[humanloop::tool]
pub async fn fields(Point { x, y: height }: Point) -> u8 {
    x
}

#[humanloop::tool]
pub fn assigned(mut value: u8) -> u8 {
    value = 3;
    value
}

#[humanloop::tool]
pub async fn assigned_last(mut value: u8) {
    value = 3;
}

#[humanloop::flow(metadata(count = count))]
pub fn in_metadata(count: u8) {}
