#![allow(unused)]

use humanloop::prompt;

#[prompt(model = "gpt-4", template = "Question: {{user_request}}\nAnswer for {{user_reqest}}, {{nobody}} and {{}}:\n")]
fn answer(user_request: &str) {}

#[prompt(model = "gpt-4", chat_template = [
    system("You are a moderator."),
    user("Request:
        {{ user_request"),
    user("{{anything}}"),
    usr("{{users[x]}}"),
])]
fn moderate() {}

#[prompt(template = "a", chat_template = [user("b")])]
fn two_templates() {}

fn main() {}
