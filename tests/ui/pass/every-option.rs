//! Every option, on each attribute that takes it.

#![deny(warnings, unused)]

use humanloop::{flow, prompt, tool};

mod elsewhere {
    pub use ::humanloop as renamed;
}

#[derive(Debug)]
struct Request {
    tenant: String,
}

#[derive(Debug, serde::Serialize)]
struct Query(u8);

impl Query {
    #[flow(debug(self), source = true)]
    fn debugged(&self) -> u8 { self.0 }

    #[flow(serialize(self), skip_output)]
    fn serialized(self) -> u8 { self.0 }
}

#[tool(
    project = "p",
    name = "N",
    description = "D",
    skip(key),
    debug(request),
    serialize(query),
    redact(password),
    metadata(tenant = request.tenant, "two words" = query.0 + 1),
    skip_output,
    source = false,
    constant = TOOL_OPTIONS,
    crate = elsewhere::renamed,
)]
fn tool_options(request: &Request, query: &Query, key: &str, password: &str) -> Result<usize, String> {
    Ok(request.tenant.len() + usize::from(query.0) + key.len() + password.len())
}

#[flow(skip_all, debug(a))]
async fn flow_options(a: u8, b: u8) -> u8 { a + b }

#[prompt(
    model = "gpt-4",
    provider = "openai",
    endpoint = "chat",
    temperature = 0.7,
    max_tokens = 1,
    top_p = 1,
    stop = ["\n", "END"],
    presence_penalty = -0.5,
    frequency_penalty = 0,
    seed = 42,
    tools = r#"[{"name": "search", "description": "Searches.", "parameters": {"type": "object"}, "strict": true}]"#,
    chat_template = [
        system("You are a moderator."),
        user(name = "ada", "{{user_request}}"),
        assistant(tool(name = "search", id = "call_1", r#"{"q": "abuse"}"#)),
        tool(id = "call_1", "nothing about {{ user_request }}"),
        assistant("Well, {{ user_request }}", tool(name = "search", id = "call_2", "{}"),),
        tool(name = "search", id = "call_2", ""),
    ],
)]
fn chat(user_request: &str) -> usize { user_request.len() }

#[prompt(template = "Question: {{question}} {{ r }}", stop = "\n", redact(r))]
fn complete(question: &str, r: u8) -> usize { question.len() + usize::from(r) }

#[prompt(model = "gpt-4", template = "{{question}}")]
async fn used_in_the_template_alone(question: &str) {}

#[prompt]
fn bare(question: &str) -> usize { question.len() }

fn main() {
    assert_eq!(TOOL_OPTIONS.name(), "N");
    let request = Request { tenant: "t".into() };
    assert_eq!(tool_options(&request, &Query(1), "k", "p"), Ok(4));
    drop(flow_options(1, 2));
    assert_eq!(Query(1).debugged() + Query(1).serialized(), 2);
    drop(used_in_the_template_alone(""));
    assert_eq!((chat("a"), complete("b", 1), bare("c")), (1, 2, 1));
}
