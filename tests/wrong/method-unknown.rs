#[humanloop::tool]
pub fn method(query: &str) -> usize {
    query.lenn()
}

#[humanloop::tool]
pub async fn method_async(query: &str) -> usize {
    query.lenn()
}

pub struct Counter {
    count: u8,
}

impl Counter {
    #[humanloop::tool]
    pub fn field(&self) -> u8 {
        self.cuont
    }

    #[humanloop::tool]
    pub async fn field_async(&self) -> u8 {
        self.cuont + count
    }
}
