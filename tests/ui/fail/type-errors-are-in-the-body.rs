use humanloop::tool;

struct Failure;

#[tool]
fn tail(a: i32) -> String {
    a
}

#[tool]
async fn tail_async(a: i32) -> String {
    a
}

#[tool]
async fn returned(a: i32) -> Result<u8, String> {
    if a > 0 {
        return a;
    }
    Ok(1)
}

#[tool]
fn question_mark(a: &str) -> Result<u8, Failure> {
    Ok(a.parse::<u8>()?)
}

#[tool]
async fn question_mark_async(a: &str) -> Result<u8, Failure> {
    Ok(a.parse::<u8>()?)
}

#[tool]
fn nothing(a: i32) {
    a
}

#[tool]
async fn semicolon(a: i32) -> String {
    a.to_string();
}

#[tool]
fn unknown(query: &str) -> usize {
    qurey.lenn()
}

#[tool]
fn bound<T>(value: T) -> String {
    format!("{value}")
}

fn main() {}
