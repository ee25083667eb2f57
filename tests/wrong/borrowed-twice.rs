#[humanloop::tool]
pub fn twice(list: &mut Vec<String>) -> usize {
    let first = &list[0];
    list.push(String::new());
    first.len()
}

#[humanloop::tool]
pub async fn twice_async(list: &mut Vec<String>) -> usize {
    let first = &list[0];
    list.push(String::new());
    first.len()
}

#[humanloop::tool]
pub fn own(mut list: Vec<String>) -> usize {
    let first = &mut list;
    let second = &mut list;
    first.push(String::new());
    second.len()
}

#[humanloop::tool]
pub async fn own_async(mut list: Vec<String>) -> usize {
    let first = &mut list;
    let second = &mut list;
    first.push(String::new());
    second.len()
}
