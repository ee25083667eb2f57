#[humanloop::tool]
pub fn plain(a: u8, b: &str) -> usize {
    b.len() + usize::from(a)
}

#[humanloop::tool]
pub async fn plain_async(a: u8, b: &str) -> usize {
    b.len() + usize::from(a)
}

pub struct Counter(u8);

impl Counter {
    #[humanloop::tool]
    pub fn add(&mut self, more: u8) -> u8 {
        self.0 += more;
        self.0
    }
}

pub fn caller(counter: &Counter) {
    plain(1);
    plain("1", 1);
    let _ = async { plain_async(1, 2).await + plain_async(1, "", 3).await };
    counter.add();
    counter.add(1);
    plain(1, "").no_method();
}
