#[humanloop::tool]
pub fn variable(query: &str) -> usize {
    qurey.len()
}

#[humanloop::tool]
pub async fn variable_async(query: &str) -> usize {
    qurey.len()
}

#[humanloop::tool]
pub fn function(query: &str) -> usize {
    measure(query)
}

#[humanloop::tool]
pub fn ty(query: Text) -> Number {
    query.len()
}

#[humanloop::tool]
pub async fn macro_name(query: &str) -> String {
    formt!("{query}")
}
