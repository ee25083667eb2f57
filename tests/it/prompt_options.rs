//! Prompts by their options: templates in files, values of every kind, chats with tools, all parameters, and their version.

use humanloop::provider::Mock;
use humanloop::{Error, prompt};

use super::prompts::recorded;

/// Who asks.
#[derive(Debug, serde::Serialize)]
struct User {
    name: &'static str,
}

#[prompt(template_file = "tests/prompts/answer.prompt", max_tokens = 9)]
async fn from_a_file(user: User, questions: &[&str]) -> Result<String, Error>;

#[derive(Debug, serde::Serialize)]
#[serde(rename_all = "lowercase")]
enum Language {
    German,
}

/// Neither `Serialize` nor text.
#[derive(Debug)]
struct Place(#[expect(dead_code, reason = "it is shown")] u8, &'static str);

#[prompt(
    model = "gpt-4",
    template = "{{none}} {{some}} {{list}} {{html}} {{place}} {{user.name}} {{letter}}{{yes}} {{language}}"
)]
#[expect(clippy::too_many_arguments, reason = "a value of each kind")]
async fn of_values(
    none: Option<u8>,
    some: Option<&str>,
    list: &[Option<f64>],
    html: &str,
    place: Place,
    user: Option<&User>,
    letter: char,
    yes: bool,
    language: Language,
    _unnamed: &str,
) -> Result<String, Error>;

#[test]
fn values_are_text_or_json_or_debug_and_nothing_is_escaped() {
    let ada = User { name: "<Ada> {{none}}" };
    let place = Place(1, "x");
    assert_eq!(place.1, "x");
    let asked = of_values(
        None,
        Some("a"),
        &[None, Some(0.5)],
        "<b>&amp;</b>",
        place,
        Some(&ada),
        'c',
        true,
        Language::German,
        "unsaid",
    );
    let prompt = humanloop::prompt_of(asked).unwrap();
    assert_eq!(prompt.text(), r#"null a [null,0.5] <b>&amp;</b> Place(1, "x") <Ada> {{none}} ctrue german"#);
    let asked = of_values(None, None, &[], "", Place(1, ""), None, 'c', true, Language::German, "");
    assert!(matches!(humanloop::prompt_of(asked), Err(Error::MissingVariable(_))), "nobody has no name");
}

const NO_TOOLS: &str = r#"{"name": "search"}"#;

#[prompt(model = "gpt-4", template = "{{question}}", tools = NO_TOOLS)]
async fn with_a_constant_that_is_no_list(question: &str) -> Result<String, Error>;

#[tokio::test]
async fn a_constant_that_is_no_json_of_its_option_is_an_error_and_not_left_out() {
    let (asked, logs) = recorded(Mock::new(), with_a_constant_that_is_no_list("Who?")).await;
    let error = asked.unwrap_err().to_string();
    assert!(error.starts_with("tools: it is no JSON list of objects: invalid type: map"), "{error}");
    assert_eq!(logs[0].error.as_deref(), Some(&*error));
}

const MODEL: &str = "gpt-4";
const WARMTH: f64 = 0.25;

#[prompt(
    model = MODEL, provider = "openai", endpoint = "complete", temperature = WARMTH * 2.0, max_tokens = 10 * 2, top_p = 1,
    stop = ["\n", "END"], presence_penalty = -1, frequency_penalty = 0.5, seed = -7, reasoning_effort = "low",
    response_format = r#"{"type": "json_object"}"#, other = r#"{"logit_bias": {"50256": -100}}"#,
    template_file = "tests/prompts/plain.txt",
)]
async fn with_every_parameter(question: &str) -> Result<String, Error>;

#[tokio::test]
async fn a_template_may_be_a_file_and_reach_into_values() {
    let mock = Mock::new().answer_when("Ada asks: Who won? (of [\"Who won?\",\"When?\"])", "Sweden");
    let (text, logs) = recorded(mock, from_a_file(User { name: "Ada" }, &["Who won?", "When?"])).await;
    assert_eq!(text.unwrap(), "Sweden");
    let config = serde_json::to_value(&logs[0].config).unwrap();
    assert_eq!(
        (&config["model"], &config["temperature"], &config["max_tokens"]),
        (&"gpt-4".into(), &0.5.into(), &9.into())
    );
}

/// What it found before.
#[prompt(
    model = "gpt-4",
    tools = r#"[{"name": "search", "description": "Searches.", "parameters": {"type": "object"}}]"#,
    chat_template = [
        system("Search before you answer."),
        user(name = "ada", "{{question}}"),
        assistant(tool(name = "search", id = "call_1", r#"{"q": "eurovision"}"#)),
        tool(id = "call_1", "{{found}}"),
        assistant("And again.", tool(name = "search", id = "call_2", r#"{}"#)),
        tool(id = "call_2", "nothing"),
    ],
    constant = WITH_TOOLS,
)]
async fn with_tools(question: &str, found: &str) -> Result<String, Error>;

#[tokio::test]
async fn a_chat_may_hold_calls_and_results_and_offer_tools() {
    let mock = Mock::new().answer("Sweden");
    let (text, logs) = recorded(mock, with_tools("Who won?", "<b>Sweden</b> {{question}}")).await;
    assert_eq!(text.unwrap(), "Sweden");
    let prompt = humanloop::prompt_of(with_tools("Who won?", "<b>Sweden</b> {{question}}")).unwrap();
    let asked: serde_json::Value = prompt.request().unwrap();
    let messages = &asked["messages"];
    assert_eq!((&messages[1]["name"], &messages[1]["content"]), (&"ada".into(), &"Who won?".into()));
    let call = serde_json::json!({"id": "call_1", "type": "function",
        "function": {"name": "search", "arguments": r#"{"q": "eurovision"}"#}});
    assert_eq!(messages[2]["tool_calls"], serde_json::json!([call]));
    assert!(messages[2].get("content").is_none_or(serde_json::Value::is_null), "{messages}");
    let result = serde_json::json!({"role": "tool", "tool_call_id": "call_1", "content": "<b>Sweden</b> {{question}}"});
    assert_eq!(messages[3], result);
    assert_eq!((&messages[4]["content"], &messages[5]["tool_call_id"]), (&"And again.".into(), &"call_2".into()));
    assert_eq!(asked["tools"][0]["function"]["name"], "search");
    let config = serde_json::to_value(&logs[0].config).unwrap();
    assert_eq!(config["tools"][0]["parameters"], serde_json::json!({"type": "object"}));
    assert_eq!(config["chat_template"][3]["content"], "{{found}}");
    let [.., result] = WITH_TOOLS.chat_template() else { panic!("it has messages") };
    assert_eq!((result.text, result.id), ("nothing", Some("call_2")));
}

#[tokio::test]
async fn every_parameter_is_in_the_config_from_literals_and_constants() {
    let (_, logs) = recorded(Mock::new().answer("Sweden"), with_every_parameter("Who won?")).await;
    let config = serde_json::to_value(&logs[0].config).unwrap();
    let expected = serde_json::json!({
        "model": "gpt-4", "provider": "openai", "endpoint": "complete", "temperature": 0.5, "max_tokens": 20, "top_p": 1.0,
        "stop": ["\n", "END"], "presence_penalty": -1.0, "frequency_penalty": 0.5, "seed": -7, "reasoning_effort": "low",
        "response_format": {"type": "json_object"}, "other": {"logit_bias": {"50256": -100}},
        "prompt_template": "Question: {{question}}\nAnswer:\n",
    });
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(&config[key], value, "{key} in {config}");
    }
}
