use std::pin::Pin;

#[humanloop::tool]
pub fn wrong_output(a: u8) -> impl Future<Output = String> {
    async move { a }
}

#[humanloop::tool]
pub fn wrong_output_boxed(a: u8) -> Pin<Box<dyn Future<Output = String>>> {
    Box::pin(async move { a })
}

#[humanloop::tool]
pub fn no_future(a: u8) -> impl Future<Output = u8> {
    a
}

#[humanloop::tool]
pub fn not_boxed(a: u8) -> Pin<Box<dyn Future<Output = u8>>> {
    async move { a }
}

#[humanloop::tool]
pub fn does_not_move(a: u8) -> impl Future<Output = u8> {
    async { a + 1 }
}
