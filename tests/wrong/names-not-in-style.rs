#[humanloop::tool]
pub fn Plain(someValue: u8) -> u8 {
    let OtherValue = someValue;
    OtherValue
}

#[humanloop::tool]
pub async fn Plain_async<t>(someValue: t) -> t {
    someValue
}
