use super::*;

#[test]
fn a_chat_completion_gives_text_tokens_and_reason() {
    let response = read(
        r#"{"id":"chatcmpl-1","object":"chat.completion","created":1700000000,"model":"gpt-4-0613",
            "choices":[{"index":0,"message":{"role":"assistant","content":"No","refusal":null},"logprobs":null,"finish_reason":"stop"}],
            "usage":{"prompt_tokens":42,"completion_tokens":1,"total_tokens":43,"prompt_tokens_details":{"cached_tokens":0}},
            "service_tier":"default"}"#,
    );
    let response = response.unwrap();
    let expected =
        Answer { text: "No".into(), message: Some(Message::assistant("No")), finish_reason: Some("stop".into()) };
    assert_eq!(response.answers, [expected]);
    assert_eq!(response.model.as_deref(), Some("gpt-4-0613"));
    let usage = Usage { prompt_tokens: 42, generation_tokens: 1, total_tokens: 43 };
    assert_eq!((response.usage, response.cached_tokens), (Some(usage), Some(0)));
}

#[test]
fn a_legacy_completion_gives_its_text_as_it_came() {
    let response = read(
        r#"{"id":"cmpl-1","object":"text_completion","created":1,"model":"davinci-002",
            "choices":[{"text":"\n Sweden won.","index":0,"logprobs":null,"finish_reason":"length"}]}"#,
    )
    .unwrap();
    assert_eq!(response.text(), "\n Sweden won.");
    assert_eq!((response.message(), response.usage), (None, None));
    assert_eq!(response.finish_reason(), Some("length"));
}

#[test]
fn tool_calls_are_read_with_their_arguments() {
    let call = |calls: &str, reason: &str| {
        let json = format!(
            r#"{{"object":"chat.completion","model":"m","choices":[{{"message":{{"role":"assistant","content":null,{calls}}},"finish_reason":"{reason}"}}]}}"#
        );
        let response = read(&json).unwrap();
        assert_eq!(response.text(), "");
        assert_eq!(response.finish_reason(), Some("tool_call"));
        response.message().unwrap().clone()
    };
    let expected = FunctionCall { name: "search".into(), arguments: Some(r#"{"q":1}"#.into()) };
    let message = call(
        r#""tool_calls":[{"id":"call_1","type":"function","function":{"name":"search","arguments":"{\"q\":1}"}}]"#,
        "tool_calls",
    );
    let expected_call = ToolCall { id: "call_1".into(), kind: "function".into(), function: expected.clone() };
    assert_eq!(message.tool_calls, Some(vec![expected_call]));
    let message = call(r#""function_call":{"name":"search","arguments":"{\"q\":1}"}"#, "function_call");
    assert_eq!(message.tool_call, Some(expected));
}

#[test]
fn a_struct_without_object_is_known_by_its_usage_or_its_time() {
    let choices = r#""choices":[{"message":{"role":"assistant","content":"x"},"finish_reason":null}]"#;
    assert!(
        read(&format!(r#"{{"model":"m","usage":{{"prompt_tokens":1,"completion_tokens":1}},{choices}}}"#)).is_some()
    );
    assert!(read(&format!(r#"{{"model":"m","created":1,{choices}}}"#)).is_some());
    assert!(read(&format!("{{{choices}}}")).is_none());
    assert!(read(&format!(r#"{{"model":"m",{choices}}}"#)).is_none());
}

#[test]
fn a_refusal_is_the_text_when_there_is_no_other() {
    let json = r#"{"object":"chat.completion","model":"m","choices":[{"message":{"role":"assistant","content":null,"refusal":"I cannot."}}]}"#;
    assert_eq!(read(json).unwrap().text(), "I cannot.");
}

#[test]
fn other_json_is_nothing() {
    for json in [
        "",
        "null",
        "\"choices\"",
        "[]",
        r#"{"choices":[]}"#,
        r#"{"choices":["a","b"],"model":"m","created":1}"#,
        r#"{"question":"Which?","choices":[{"text":"A"},{"text":"B"}]}"#,
        r#"{"object":"poll","model":"m","created":1,"choices":[{"text":"A"}]}"#,
        r#"{"object":"chat.completion","model":"m","choices":[{"message":{"role":"user","content":"x"}}]}"#,
        r#"{"object":"chat.completion.chunk","model":"m","created":1,"choices":[{"delta":{"content":"x"}}]}"#,
        r#"{"object":"text_completion","model":"m","choices":[{"finish_reason":"stop"}]}"#,
    ] {
        assert!(read(json).is_none(), "{json}");
    }
}

/// JSON, its text, finish reason, model, tokens of prompt and answer, name and arguments of its call.
type Case = (
    &'static str,
    &'static str,
    Option<&'static str>,
    Option<&'static str>,
    Option<(u64, u64)>,
    Option<(&'static str, &'static str)>,
);

#[test]
fn the_answers_of_every_provider_are_read_also_as_clients_spell_them() {
    let cases: [Case; 9] = [
        (
            r#"{"id":"msg_1","type":"message","role":"assistant","model":"claude-haiku-4-5","content":[{"type":"text","text":"No"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":42,"output_tokens":1}}"#,
            "No",
            Some("stop"),
            Some("claude-haiku-4-5"),
            Some((42, 1)),
            None,
        ),
        (
            r#"{"role":"assistant","model":"m","content":[{"type":"tool_use","id":"t","name":"f","input":{"b":1,"a":2}}],"stop_reason":"tool_use","usage":{"input_tokens":4,"output_tokens":2,"cache_read_input_tokens":null}}"#,
            "",
            Some("tool_call"),
            Some("m"),
            Some((4, 2)),
            Some(("f", r#"{"b":1,"a":2}"#)),
        ),
        (
            r#"{"candidates":[{"content":{"parts":[{"text":"N"},{"text":"o"}],"role":"model"},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":2,"totalTokenCount":7},"modelVersion":"gemini-2.5-pro"}"#,
            "No",
            Some("stop"),
            Some("gemini-2.5-pro"),
            Some((5, 2)),
            None,
        ),
        (
            r#"{"candidates":[{"content":{"parts":[{"function_call":{"name":"f","args":{"q":1}}}]},"finish_reason":"STOP"}],"usage_metadata":{"prompt_token_count":5,"candidates_token_count":2},"model_version":"g"}"#,
            "",
            Some("tool_call"),
            Some("g"),
            Some((5, 2)),
            Some(("f", r#"{"q":1}"#)),
        ),
        (
            r#"{"candidates":[{"finishReason":"SAFETY"}],"usageMetadata":{"promptTokenCount":5}}"#,
            "",
            Some("safety"),
            None,
            Some((5, 0)),
            None,
        ),
        (
            r#"{"id":"resp_1","object":"response","created_at":1,"status":"completed","model":"gpt-4.1","output":[{"type":"reasoning","id":"r","summary":[]},{"type":"message","id":"m","status":"completed","role":"assistant","content":[{"type":"output_text","text":"No","annotations":[]}]}],"usage":{"input_tokens":36,"input_tokens_details":{"cached_tokens":0},"output_tokens":8,"total_tokens":44}}"#,
            "No",
            Some("stop"),
            Some("gpt-4.1"),
            Some((36, 8)),
            None,
        ),
        (
            r#"{"object":"response","status":"completed","model":"m","output":[{"type":"function_call","id":"fc_1","call_id":"call_1","name":"f","arguments":"{\"q\":1}","status":"completed"}],"usage":null}"#,
            "",
            Some("tool_call"),
            Some("m"),
            None,
            Some(("f", r#"{"q":1}"#)),
        ),
        (
            r#"{"object":"response","status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},"model":"m","output":[{"type":"message","content":[{"type":"refusal","refusal":"I cannot."}]}]}"#,
            "I cannot.",
            Some("length"),
            Some("m"),
            None,
            None,
        ),
        (
            r#"{"model":"llama","created":1,"choices":[{"index":0,"message":{"role":"assistant","content":[{"type":"text","text":"No"}]},"finish_reason":"stop"}]}"#,
            "No",
            Some("stop"),
            Some("llama"),
            None,
            None,
        ),
    ];
    for (json, text, reason, model, tokens, call) in cases {
        let response = read(json).unwrap_or_else(|| panic!("not read: {json}"));
        assert_eq!(
            (response.text(), response.finish_reason(), response.model.as_deref()),
            (text, reason, model),
            "{json}"
        );
        assert_eq!(response.usage.map(|usage| (usage.prompt_tokens, usage.generation_tokens)), tokens, "{json}");
        let called = response.tool_calls().first().map(|call| &call.function);
        assert_eq!(called.map(|call| (call.name.as_str(), call.arguments.as_deref().unwrap())), call, "{json}");
        assert_eq!(serde_json::to_string(&response.raw).unwrap(), json, "it is kept as it came");
    }
}

#[test]
fn what_only_looks_like_an_answer_of_others_is_nothing() {
    for json in [
        r#"{"candidates":["Ada","Bob"]}"#,
        r#"{"candidates":[{"name":"Ada"}]}"#,
        r#"{"candidates":[],"usageMetadata":{}}"#,
        r#"{"stop_reason":"late","content":[]}"#,
        r#"{"stop_reason":"x","role":"user","content":[],"usage":{"input_tokens":1}}"#,
        r#"{"output":"text"}"#,
        r#"{"output":[{"type":"message","content":[{"text":"x"}]}],"model":"m"}"#,
        r#"{"object":"chat","output":[]}"#,
    ] {
        assert!(read(json).is_none(), "{json}");
    }
}

#[test]
fn chunks_of_every_provider_are_known_and_other_items_are_not() {
    let text = |json: &str| {
        let mut assembly = Assembly::default();
        let pieces = assembly.add(deltas(json)?).ok()?;
        Some(pieces.into_iter().map(|piece| piece.text).collect::<String>())
    };
    for (json, expected) in [
        (
            r#"{"object":"chat.completion.chunk","model":"m","choices":[{"index":0,"delta":{"content":"x"},"finish_reason":null}]}"#,
            "x",
        ),
        (
            r#"{"id":"1","model":"m","created":1,"choices":[{"index":0,"delta":{"role":"assistant","content":"x"}}],"usage":null}"#,
            "x",
        ),
        (r#"{"object":"text_completion","model":"m","choices":[{"index":0,"text":"x"}]}"#, "x"),
        (r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"x"}}"#, "x"),
        (r#"{"type":"message_start","message":{"model":"m","content":[]}}"#, ""),
        (r#"{"type":"response.output_text.delta","item_id":"m","output_index":0,"content_index":0,"delta":"x"}"#, "x"),
        (r#"{"type":"response.created","response":{"object":"response","status":"in_progress","output":[]}}"#, ""),
        (
            r#"{"candidates":[{"content":{"parts":[{"text":"x"}],"role":"model"}}],"usageMetadata":{"promptTokenCount":1}}"#,
            "x",
        ),
    ] {
        assert_eq!(text(json).as_deref(), Some(expected), "{json}");
    }
    for json in [
        "\"x\"",
        "1",
        "{}",
        r#"{"type":"created","id":1}"#,
        r#"{"choices":["a"]}"#,
        r#"{"choices":[{"name":"a"}],"model":"m"}"#,
        r#"{"candidates":["Ada"]}"#,
    ] {
        assert_eq!(text(json), None, "{json}");
    }
}
