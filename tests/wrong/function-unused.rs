#[humanloop::tool]
fn plain(a: u8) -> u8 {
    a
}

#[humanloop::tool]
async fn plain_async(a: u8) -> u8 {
    a
}

#[humanloop::tool]
fn calls_itself(a: u8) -> u8 {
    if a == 0 { 0 } else { calls_itself(a - 1) }
}

struct Counter(u8);

impl Counter {
    #[humanloop::tool]
    fn method(&self) -> u8 {
        self.0
    }
}

pub fn all() -> u8 {
    Counter(1).0
}
