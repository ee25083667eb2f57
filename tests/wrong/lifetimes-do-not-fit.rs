#[humanloop::tool]
pub fn either<'a, 'b>(a: &'a str, b: &'b str) -> &'a str {
    if a.is_empty() { a } else { b }
}

#[humanloop::tool]
pub async fn either_async<'a, 'b>(a: &'a str, b: &'b str) -> &'a str {
    if a.is_empty() { a } else { b }
}

#[humanloop::tool]
pub fn stored<'a>(list: &mut Vec<&'a str>, text: &str) {
    list.push(text);
}

#[humanloop::tool]
pub async fn stored_async<'a>(list: &mut Vec<&'a str>, text: &str) {
    list.push(text);
}

#[humanloop::tool]
pub fn to_a_thread(text: &str) {
    std::thread::spawn(move || println!("{text}"));
}

#[humanloop::tool]
pub async fn to_a_thread_async(text: &str) {
    std::thread::spawn(move || println!("{text}"));
}
