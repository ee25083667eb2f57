#[deprecated = "use `new`"]
#[humanloop::tool]
pub fn old(a: u8) -> u8 {
    a
}

#[deprecated]
pub struct Old;

#[humanloop::tool]
pub fn plain(a: u8) -> u8 {
    old(a)
}

#[humanloop::tool]
pub async fn plain_async(old_argument: Old) -> Old {
    old(1);
    old_argument
}
