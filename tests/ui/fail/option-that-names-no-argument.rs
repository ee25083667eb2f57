#![allow(unused)]

use humanloop::tool;

#[tool(skip(qurey), redact(password), debug(self))]
fn search(query: &str, api_key: &str) {}

#[tool(skip(query, query), redact(api_key), debug(api_key))]
fn in_two_lists(query: &str, api_key: &str) {}

#[tool(metadata(tenant = 1, tenant = 2))]
fn metadata_twice() {}

struct S;

impl S {
    #[tool(redact(self))]
    fn method(&self) {}
}

fn main() {}
