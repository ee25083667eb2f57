//! The names, ids and calls of a chat's messages; all mistakes are told at once.

#![allow(unused)]

use humanloop::prompt;

#[prompt(model = "gpt-4", chat_template = [
    tol(id = "call_1", "found"),
    system(),
    user("one", "two"),
    user(nam = "ada", "{{questoin}}"),
    user(name = "", name = "b", "x"),
    user(id = "call_1", "x"),
    user("x", tool(name = "search", id = "call_1", "{}")),
])]
fn messages(question: &str) {}

#[prompt(model = "gpt-4", chat_template = [
    tool(id = "call_1", "a result comes behind its call"),
    assistant("Let me look.", tool(name = "search", id = "call_1", r#"{"q": "x", }"#)),
    tool(id = "call_2", "found"),
    tool("found"),
    assistant(tool(name = "search", id = "call_1", "[1]")),
    assistant(tool("{}"), tool(name = "search", id = "call_3")),
    assistant(tools(name = "search", id = "call_4", "{}")),
    assistant(tool(name = "search", id = "call_5", r#"{"q": {{question}}}"#)),
    assistant(tool(name = "search", id = "call_6", tool(), "{}", "{}")),
])]
fn calls(question: &str) {}

fn main() {}
