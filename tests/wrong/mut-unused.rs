#[humanloop::tool]
pub fn plain(mut a: u8) -> u8 {
    a
}

#[humanloop::tool]
pub async fn plain_async(mut a: u8) -> u8 {
    a
}

#[humanloop::tool]
pub fn pattern((mut a, b): (u8, u8)) -> u8 {
    a + b
}

#[humanloop::tool]
pub fn local(a: u8) -> u8 {
    let mut b = a;
    b
}

pub struct Counter(u8);

impl Counter {
    #[humanloop::tool]
    pub fn consume(mut self) -> u8 {
        self.0
    }

    #[humanloop::tool]
    pub async fn consume_async(mut self) -> u8 {
        self.0
    }
}
