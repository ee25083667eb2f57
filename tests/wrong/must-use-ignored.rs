#[humanloop::tool]
#[must_use]
pub fn important() -> u8 {
    1
}

#[must_use = "it may be empty"]
#[humanloop::tool]
pub async fn important_async() -> u8 {
    1
}

#[humanloop::tool]
pub fn fallible(a: &str) -> Result<u8, std::num::ParseIntError> {
    a.parse()
}

#[humanloop::tool]
pub async fn all(list: &[u8]) {
    important();
    important_async().await;
    important_async();
    fallible("1");
    list.iter().map(|x| x + 1);
}

#[humanloop::tool]
pub fn lazy(a: &str) -> impl Future<Output = usize> {
    let length = a.len();
    async move { length }
}

pub fn caller() {
    lazy("1");
}
