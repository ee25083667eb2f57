#[humanloop::tool]
pub unsafe fn dangerous(a: *const u8) -> u8 {
    *a
}

#[humanloop::tool]
pub fn calls(a: *const u8) -> u8 {
    dangerous(a)
}

#[humanloop::tool]
pub async fn calls_async(a: &u8) -> u8 {
    dangerous(a)
}
