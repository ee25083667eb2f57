#![allow(unused)]

use humanloop::prompt;

#[prompt(
    model = "",
    endpoint = "chatt",
    temperature = 2.5,
    max_tokens = 0,
    top_p = -0.1,
    presence_penalty = 3,
    frequency_penalty = -2.5,
    stop = "",
    reasoning_effort = -1,
    response_format = r#"{"type": "jsn"}"#,
    tools = r#"[{"name": "search", "paramters": {}}]"#,
    other = "[1]"
)]
fn ranges() {}

#[prompt(
    model = "m",
    template = "x",
    tools = r#"[
        {"name": "search", "description": "Searches" "parameters": {}}
    ]"#
)]
fn tools_that_are_no_json() {}

#[prompt(model = "m", template = "x", tools = r#"[{"type": "function", "function": {"name": "search"}}]"#)]
fn tools_as_the_wire_has_them() {}

fn main() {}
