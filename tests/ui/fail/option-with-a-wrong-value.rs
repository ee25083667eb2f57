#![allow(unused)]

use humanloop::{prompt, tool};

#[tool(name = 5, project, skip = query, skip_all = true, source = "no", metadata(x), debug(&query))]
fn tool_values(query: &str) {}

#[tool(name = "a", project = , name = "b")]
fn twice() {}

#[prompt(temperature = "hot", max_tokens = 0.5, stop = [1], chat_template = [robot("x")], seed = 1e999, top_p = 1e999)]
fn prompt_values() {}

fn main() {}
