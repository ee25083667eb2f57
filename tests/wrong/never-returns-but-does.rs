#[humanloop::tool]
pub fn ends(a: u8) -> ! {
    println!("{a}");
}

#[humanloop::tool]
pub async fn ends_async(a: u8) -> ! {
    println!("{a}");
}
