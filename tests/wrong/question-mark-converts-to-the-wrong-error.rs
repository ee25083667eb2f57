pub struct Failure;

#[humanloop::tool]
pub fn parse(a: &str) -> Result<u8, Failure> {
    Ok(a.parse::<u8>()?)
}

#[humanloop::tool]
pub async fn parse_async(a: &str) -> Result<u8, Failure> {
    Ok(a.parse::<u8>()?)
}
