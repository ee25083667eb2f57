#[humanloop::tool]
pub fn parentheses(a: u8) -> u8 { (a) }

#[humanloop::tool]
pub async fn parentheses_async(a: u8) -> u8 { (a) }

#[humanloop::tool]
pub fn braces(a: u8) -> u8 { { a } }

#[humanloop::tool]
pub async fn braces_async(a: u8) -> u8 { { a } }

#[humanloop::tool]
pub fn statement(a: u8) -> u8 {
    let b = (a + 1);
    a == b;
    if (a > b) { a } else { return b };
    b
}

#[humanloop::tool]
pub fn label(a: u8) -> u8 {
    'unused: loop {
        return a;
    }
}

#[humanloop::tool]
pub fn literal() -> u8 {
    256
}

#[humanloop::tool]
pub async fn literal_async() -> u8 {
    let x: u8 = 255 + 1;
    x / 0
}

#[humanloop::tool]
pub fn unneeded_unsafe(a: u8) -> u8 {
    unsafe { a }
}
