#[humanloop::tool]
pub fn dangling<'a>(text: &'a str) -> &'a str {
    let own = text.to_owned();
    &own
}

#[humanloop::tool]
pub async fn dangling_async<'a>(text: &'a str) -> &'a str {
    let own = text.to_owned();
    &own
}

#[humanloop::tool]
pub fn argument(text: String) -> &'static str {
    text.as_str()
}

#[humanloop::tool]
pub async fn argument_async(text: String) -> &'static str {
    text.as_str()
}

#[humanloop::tool]
pub fn closure(count: u8) -> Box<dyn Fn() -> u8> {
    Box::new(|| count)
}
