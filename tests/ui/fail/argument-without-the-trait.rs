use humanloop::tool;

struct Plain;

#[tool(debug(a), serialize(b), metadata(c = c))]
fn concrete(a: &Plain, b: Plain, c: Plain) {}

#[tool(serialize(value))]
fn generic<T>(value: T) {}

fn main() {}
