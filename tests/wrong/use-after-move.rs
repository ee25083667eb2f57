#[humanloop::tool]
pub fn moved(text: String) -> String {
    drop(text);
    text
}

#[humanloop::tool]
pub async fn moved_async(text: String) -> String {
    drop(text);
    text
}

#[humanloop::tool]
pub fn into_a_closure(text: String) -> String {
    std::thread::spawn(move || drop(text));
    text
}

pub struct Holder(String);

impl Holder {
    #[humanloop::tool]
    pub fn field(&self) -> String {
        self.0
    }

    #[humanloop::tool]
    pub async fn field_async(&self) -> String {
        self.0
    }

    #[humanloop::tool]
    pub fn whole(self) -> String {
        drop(self);
        self.0
    }
}
