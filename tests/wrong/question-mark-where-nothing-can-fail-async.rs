#[humanloop::tool]
pub async fn parse(a: &str) -> u8 {
    a.parse::<u8>()?
}

#[humanloop::tool]
pub async fn on_an_option(a: Option<u8>) -> Result<u8, String> {
    Ok(a?)
}

#[humanloop::tool]
pub async fn nothing(a: &str) {
    a.parse::<u8>()?;
}
