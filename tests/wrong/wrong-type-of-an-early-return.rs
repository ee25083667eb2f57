#[humanloop::tool]
pub fn returned(a: i32) -> Result<u8, String> {
    if a > 1 {
        return a;
    }
    Ok(1)
}

#[humanloop::tool]
pub async fn returned_async(a: i32) -> Result<u8, String> {
    if a > 1 {
        return a;
    }
    Ok(1)
}

#[humanloop::tool]
pub async fn bare_return(a: i32) -> u8 {
    if a > 1 {
        return;
    }
    1
}

#[humanloop::tool]
pub fn arms(a: Option<u8>) -> u8 {
    match a {
        Some(a) => a,
        None => "none",
    }
}

#[humanloop::tool]
pub async fn arms_async(a: Option<u8>) -> u8 {
    match a {
        Some(a) => a,
        None => "none",
    }
}
