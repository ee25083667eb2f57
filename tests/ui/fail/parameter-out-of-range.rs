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
    other = "[1]"
)]
fn ranges() {}

fn main() {}
