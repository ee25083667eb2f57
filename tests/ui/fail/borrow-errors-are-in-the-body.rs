use humanloop::tool;

#[tool]
fn moved(text: String) -> String {
    drop(text);
    text
}

#[tool]
async fn moved_async(text: String) -> String {
    drop(text);
    text
}

#[tool]
async fn mutability(list: Vec<u8>) {
    list.push(1);
}

#[tool]
fn dangling<'a>(text: &'a str) -> &'a str {
    let own = text.to_owned();
    &own
}

#[tool]
fn lifetimes<'a, 'b>(a: &'a str, b: &'b str) -> &'a str {
    if a.is_empty() { a } else { b }
}

struct Counter(u8);

impl Counter {
    #[tool]
    async fn add(&self) {
        self.0 += 1;
    }
}

fn send<T: Send>(_: T) {}

#[tool]
async fn not_send(a: u8) {
    let shared = std::rc::Rc::new(a);
    std::future::ready(()).await;
    drop(shared);
}

fn main() {
    send(not_send(1));
}
