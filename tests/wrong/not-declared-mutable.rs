#[humanloop::tool]
pub fn argument(list: Vec<u8>) {
    list.push(1);
}

#[humanloop::tool]
pub async fn argument_async(list: Vec<u8>) {
    list.push(1);
}

#[humanloop::tool]
pub fn part_of_a_pattern((list, _): (Vec<u8>, u8)) {
    list.push(1);
}

#[humanloop::tool]
pub fn reassigned(count: u8) -> u8 {
    count = 2;
    count
}

#[humanloop::tool]
pub async fn reassigned_async(count: u8) -> u8 {
    count = 2;
    count
}

#[humanloop::tool]
pub fn behind_a_reference(list: &Vec<u8>) {
    list.push(1);
}

#[humanloop::tool]
pub async fn behind_a_reference_async(list: &Vec<u8>) {
    list.push(1);
}

pub struct Counter(u8);

impl Counter {
    #[humanloop::tool]
    pub fn add(&self) {
        self.0 += 1;
    }

    #[humanloop::tool]
    pub async fn add_async(&self) {
        self.0 += 1;
    }

    #[humanloop::tool]
    pub fn consume(self) -> Self {
        self.0 += 1;
        self
    }
}
