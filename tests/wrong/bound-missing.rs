#[humanloop::tool]
pub fn shown<T>(value: T) -> String {
    format!("{value}")
}

#[humanloop::tool]
pub async fn shown_async<T>(value: T) -> String {
    format!("{value}")
}

pub fn sort<T: Ord>(_: &mut [T]) {}

#[humanloop::tool]
pub fn called(list: &mut [f64]) {
    sort(list);
}

#[humanloop::tool]
pub async fn called_async(list: &mut [f64]) {
    sort(list);
}

#[humanloop::tool]
pub fn cloned<T>(value: &T) -> T {
    value.clone()
}

#[humanloop::tool]
pub fn debugged<T: std::fmt::Debug>(value: &T) -> String {
    format!("{value:?}")
}

pub fn caller() {
    struct Opaque;
    debugged(&Opaque);
    debugged(1, 2);
}
