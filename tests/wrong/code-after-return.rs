#[humanloop::tool]
pub fn plain(a: u8) -> u8 {
    return a;
    println!();
}

#[humanloop::tool]
pub async fn plain_async(a: u8) -> u8 {
    return a;
    println!();
}

#[humanloop::tool]
pub fn after_a_panic(a: u8) -> u8 {
    panic!("{a}");
    a
}

#[humanloop::tool]
pub fn after_a_loop() -> u8 {
    loop {}
    1
}

#[humanloop::tool]
pub async fn after_a_loop_async() -> u8 {
    loop {}
    1
}
