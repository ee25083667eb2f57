//! `.prompt` files: each rule of the format, each mistake at its place, and that what is printed reads as the same.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends that way")]

use arbtest::arbitrary::{Result, Unstructured};
use humanloop_template::yaml::Value;
use humanloop_template::{Body, Call, Message, Part, PromptFile, Role};

fn file(body: &str) -> String {
    format!("---\nmodel: m\n---\n{body}")
}

fn parsed(text: &str) -> PromptFile {
    PromptFile::parse(text).unwrap_or_else(|mistakes| panic!("{mistakes}\n\n{text}"))
}

fn messages(body: &str) -> Vec<Message> {
    match parsed(&file(body)).body {
        Body::Messages(messages) => messages,
        Body::Text(text) => panic!("a text: {text}"),
    }
}

/// The one text of a file with one message.
fn text(body: &str) -> String {
    match &messages(body)[..] {
        [Message { parts, .. }] => match &parts[..] {
            [Part::Text(text)] => text.clone(),
            other => panic!("not one text: {other:?}"),
        },
        other => panic!("not one message: {other:?}"),
    }
}

fn front(yaml: &str) -> Vec<(String, Value)> {
    parsed(&format!("---\nmodel: m\n{yaml}\n---\nx")).front.into_iter().skip(1).collect()
}

/// What is wrong, each with its place: `2:3 message`.
fn wrong(text: &str) -> Vec<String> {
    let mistakes = PromptFile::parse(text).expect_err(text);
    let show = |mistake: &humanloop_template::Mistake| {
        let (line, column) = mistake.place(mistakes.text());
        format!("{line}:{column} {}", mistake.message)
    };
    mistakes.list().iter().map(show).collect()
}

#[test]
fn a_whole_file_is_read() {
    let prompt = parsed(
        r#"---
model: gpt-4o
temperature: 0.7
max_tokens: -1
stop: ["\n", END]
other: {}
tools: [
  {
    "name": "search",
    "parameters": {"type": "object", "properties": {"q": {"type": "string"}}}
  }
]
---

<system>
  You answer in {{language}}.

    - shortly
</system>

<user name="ada">
  <text>What is this, {{ user.name }}?</text>
  <image url="https://host.example/{{picture}}?a=1&b=2" detail="low" />
</user>
<assistant>
  <tool name="search" id="call_1">{"q": "{{"}</tool>
</assistant>
<tool name="search" id="call_1">
  {{result}}
</tool>
"#,
    );
    assert_eq!(prompt.get("stop"), Some(&Value::List(vec![Value::Text("\n".into()), Value::Text("END".into())])));
    let image = Part::Image { url: "https://host.example/{{picture}}?a=1&b=2".into(), detail: Some("low".into()) };
    let call = Call { name: "search".into(), id: "call_1".into(), arguments: r#"{"q": "{{"}"#.into() };
    let expected = [
        Message::new(Role::System, "You answer in {{language}}.\n\n  - shortly"),
        Message {
            name: Some("ada".into()),
            parts: vec![Part::Text("What is this, {{ user.name }}?".into()), image],
            ..Message::new(Role::User, "")
        },
        Message { parts: vec![], calls: vec![call], ..Message::new(Role::Assistant, "") },
        Message { name: Some("search".into()), id: Some("call_1".into()), ..Message::new(Role::Tool, "{{result}}") },
    ];
    assert_eq!(prompt.body, Body::Messages(expected.into()));
    let names: Vec<String> = prompt.variables.iter().map(|variable| variable.path.to_string()).collect();
    assert_eq!(names, ["language", "user.name", "picture", "result"]);
    assert_eq!(parsed(&prompt.to_string()), prompt);
}

#[test]
fn what_is_layout_and_what_is_text() {
    for (content, expected) in [
        ("", ""),
        ("\n", ""),
        ("  \n \t\n", ""),
        ("Hi", "Hi"),
        ("  Hi \n", "Hi"),
        ("\n  Hi\n", "Hi"),
        ("\nHi\nthere\n", "Hi\nthere"),
        ("\n  a\n    b\n\n  c\n", "a\n  b\n\nc"),
        ("\n\n    a\n  b\n\n", "  a\nb"),
        ("first\n  second", "first\n  second"),
        ("\n\ta\n\t\tb\n", "a\n\tb"),
        ("\n \ta\n  b\n", "\ta\n b"),
        ("\n  Answer:\n  \\\n", "Answer:\n"),
        ("\n  \\  indented\n", "  indented"),
        ("\n  \\ \\\n", " "),
        ("\n  a\\b \\{c\\}\n", "a\\b \\{c\\}"),
        ("\n  \\{{x}}\n", "\\{{x}}"),
        ("\n---\nx: 1\n---\n", "---\nx: 1\n---"),
    ] {
        assert_eq!(text(&format!("<user>{content}</user>")), expected, "{content:?}");
    }
}

#[test]
fn text_that_looks_like_a_tag_survives() {
    for (content, expected) in [
        ("<b>bold</b> & <br/> a < b > c", "<b>bold</b> & <br/> a < b > c"),
        ("<example>\n<user>hi</example>", "<example>\n<user>hi</example>"),
        ("say <system> and </system>", "say <system> and </system>"),
        ("\\</user> ends", "</user> ends"),
        ("\\\\</user> ends", "\\</user> ends"),
        ("\\<text>x\\</text>", "<text>x</text>"),
        ("\\<image url=\"x\"/>", "<image url=\"x\"/>"),
        ("<users>x</users> </usergroup>", "<users>x</users> </usergroup>"),
        ("\\<b>", "\\<b>"),
    ] {
        assert_eq!(text(&format!("<user>{content}</user>")), expected, "{content:?}");
    }
}

#[test]
fn values_of_attributes_have_four_characters_by_name() {
    let named = |value: &str| match parsed(&file(&format!("<user name=\"{value}\">x</user>"))).body {
        Body::Messages(messages) => messages[0].name.clone().unwrap(),
        Body::Text(text) => panic!("{text}"),
    };
    assert_eq!(named("say &quot;hi&quot; to &lt;b>"), "say \"hi\" to <b>");
    assert_eq!(named("a&#10;b &amp;lt; &amp; & &x; &gt;"), "a\nb &lt; & & &x; &gt;");
    assert_eq!(named("{{x}} \\"), "{{x}} \\", "it is no template");
}

#[test]
fn a_body_without_messages_is_a_text_to_complete() {
    let body = |text: &str| match parsed(text).body {
        Body::Text(text) => text,
        Body::Messages(messages) => panic!("{messages:?}"),
    };
    assert_eq!(body(&file("Question: {{q}}\nAnswer:\n")), "Question: {{q}}\nAnswer:");
    assert_eq!(body(&file("\nAnswer:\n\n")), "Answer:\n");
    assert_eq!(body(&file("\n\n  x")), "\n  x");
    assert_eq!(body(&file("<b>not a message</b>")), "<b>not a message</b>");
    assert_eq!(body("---\nmodel: m\nendpoint: complete\n---\n<user>\nx"), "<user>\nx");
    assert_eq!(body(&file("")), "");
}

#[test]
fn line_ends_and_a_byte_order_mark_do_not_matter() {
    let unix = file("\n<system>\n  a\n  b\n</system>\n<user>{{q}}</user>\n");
    let dos = format!("\u{feff}{}", unix.replace('\n', "\r\n"));
    assert_eq!(parsed(&dos), parsed(&unix));
    assert_eq!(parsed("---  \nmodel: m\n---\t\nx"), parsed("---\nmodel: m\n---\nx"));
}

#[test]
fn the_values_of_front_matter_are_yaml() {
    let other = |yaml: &str| match &front(&format!("other: {{a: {yaml}}}"))[0].1 {
        Value::Map(entries) => entries[0].1.clone(),
        other => panic!("{other:?}"),
    };
    for (yaml, expected) in [
        ("1", Value::Int(1)),
        ("-0.5", Value::Float(-0.5)),
        ("1e3", Value::Float(1000.0)),
        ("true", Value::Bool(true)),
        ("~", Value::Null),
        ("plain text", Value::Text("plain text".into())),
        ("'it''s'", Value::Text("it's".into())),
        (r#""\u00e4\ud83e\udda2\n""#, Value::Text("ä🦢\n".into())),
        ("1.2.3", Value::Text("1.2.3".into())),
        ("007", Value::Text("007".into())),
    ] {
        assert_eq!(other(yaml), expected, "{yaml}");
    }
    let nested = front(
        "attributes:\n  team: search   # the owners\n  tags:\n  - a\n  - \"b # c\"\n  owner:\n    name: Ada\n    \"full name\": 'Ada L.'\ntools:\n  - name: search\n    description: |\n      Searches.\n        Twice.\n\n    strict: true\n  - name: look\n    description: |-\n      Looks.\n# the end",
    );
    let json: Vec<String> = nested.iter().map(|(key, value)| format!("{key}={}", value.to_json())).collect();
    assert_eq!(
        json,
        [
            r#"attributes={"team": "search", "tags": ["a", "b # c"], "owner": {"name": "Ada", "full name": "Ada L."}}"#,
            r#"tools=[{"name": "search", "description": "Searches.\n  Twice.\n", "strict": true}, {"name": "look", "description": "Looks."}]"#,
        ]
    );
}

#[test]
fn mistakes_of_front_matter_are_told_all_at_once() {
    let text = "---\nmodle: gpt-4\ntemperature: 3\nmax_tokens: many\nendpoint: chatt\nstop: 1\ntop_k: 4\ntools: [{\"description\": 1}]\nresponse_format: {type: xml}\ntemplate_language: jinja\n---\nHi {{na-me}}\n";
    assert_eq!(
        wrong(text),
        [
            "2:1 `modle` is no key of a prompt; did you mean `model`? (a parameter that only the provider knows goes into `other: {…}`, anything else into `attributes: {…}`)",
            "3:14 `temperature` is a number from 0 to 2",
            "4:13 `max_tokens` is a whole number from 1, or -1 for as many tokens as fit",
            "5:11 `endpoint` is `chat` or `complete`; did you mean `chat`?",
            "6:7 `stop` is a text, or a list of texts",
            "7:1 `top_k` is no key of a prompt; did you mean `top_p`? (a parameter that only the provider knows goes into `other: {…}`, anything else into `attributes: {…}`)",
            "8:8 `tools` is a list of `{\"name\": …, \"description\": …, \"parameters\": {…}}`",
            "9:18 `response_format` is `{\"type\": \"json_object\"}`, or `{\"type\": \"json_schema\", \"json_schema\": {…}}`",
            "10:20 the language `jinja` is not read: leave the key out, and write `{{variables}}` only",
            "11:1 `model` is missing; write `model: gpt-4o`, say, above this line",
            "12:4 `na-me` is no variable; write `{{name}}`, `{{user.name}}` or `{{items[0]}}`, or `\\{{` for the text",
        ]
    );
}

#[test]
fn a_tool_that_a_provider_would_not_take_is_a_mistake() {
    for (tools, mistake) in [
        ("{name: search}", "`tools` is a list of"),
        ("[{name: \" \"}]", "`tools` is a list of"),
        (
            "[{type: function, function: {name: search}}]",
            "write what stands in `function` without the object around it",
        ),
        ("[{name: search}, {name: look}, {name: search}]", "two tools are named `search`"),
        ("[{name: search, paramters: {}}]", "the tool `search` has no `paramters`; did you mean `parameters`?"),
        ("[{name: search, parameters: []}]", "`parameters` of the tool `search` is a JSON Schema, which is an object"),
        ("[{name: search, description: 1}]", "`description` of the tool `search` is a text"),
        ("[{name: search, strict: 1}]", "`strict` of the tool `search` is `true` or `false`"),
    ] {
        let [found] = wrong(&format!("---\nmodel: m\ntools: {tools}\n---\n")).try_into().unwrap();
        assert!(found.starts_with("3:8 ") && found.contains(mistake), "{tools}: {found}");
    }
    let text = "---\nmodel: m\ntools: [{name: web_search, type: web_search_20250305, max_uses: 3}, {id: abc, source: organization}]\n---\n";
    assert!(PromptFile::parse(text).is_ok(), "what only the provider knows stays");
}

#[test]
fn yaml_that_is_not_read_is_refused_by_name() {
    for (yaml, mistake) in [
        ("model: yes", "`yes` is a truth value to some"),
        ("model: &a x", "anchors and aliases are not read"),
        ("model: !!str x", "tags are not read"),
        ("model: >\n  x", "folded texts are not read"),
        ("model: a: b", "a text with a colon has to stand in quotes"),
        ("model: @x", "a text that begins with `@` has to stand in quotes"),
        ("model: \"x", "this text is not closed"),
        ("model: 'x' y", "nothing may follow the value in its line"),
        ("model: [a, b", "this `[` is not closed"),
        ("model: {a: 1,, b: 2}", "a key has to stand here"),
        ("model: \"\\x\"", "write a backslash as"),
        ("model: x\nmodel: z", "`model` is there already"),
        ("model:x", "a blank has to follow the `:`"),
        ("model", "this is no `key: value`"),
        ("model: x\n  seed: 1", "this line is further in"),
        ("\tmodel: x", "a tab is no indentation"),
        ("my key: x", "a key is letters, digits"),
        ("model: - x", "a list begins on a line of its own"),
        ("model: x\n...", "front matter is one document"),
        ("model: 99999999999999999999", "is too big a number"),
    ] {
        let found = wrong(&format!("---\n{yaml}\n---\nx"));
        assert!(found.iter().any(|found| found.contains(mistake)), "{yaml:?}: {found:?}");
    }
    assert_eq!(
        wrong("model: m\n")[0],
        "1:1 a .prompt file begins with a line `---`, then `model: …`, then another line `---`"
    );
    assert_eq!(wrong("---\nmodel: m\n")[0], "1:1 the front matter is not closed; write another line `---` behind it");
    assert_eq!(wrong("").len(), 1);
}

#[test]
fn mistakes_of_the_body_are_told_all_at_once() {
    let body = r#"<system>Hi {{open</system>
between
<usr>x</usr>
<user role="x">{{a b}}</user>
<user>
  <text>a</text> b
</user>
<user>
  Look:
  <image url="x"/>
</user>
<user><image detail="lo" url="x"/><image/></user>
<assistant><tool name="f">{}</tool></assistant>
<assistant><tool name="f" id="1">{a: 1}</tool><tool name="f" id="1">[1]</tool></assistant>
<tool>no id</tool>
</user>
<developer>x</developer>
<system/>
<user name='x'>y</user>
<user
>x</user>
<assistant>never closed
<user>last</user>
"#;
    let found = wrong(&file(body));
    assert_eq!(
        found,
        [
            "4:12 `{{` is not closed in its line; write `{{name}}`, or `\\{{` for the text",
            "5:1 text stands between messages; put it into one, such as `<user>…</user>`",
            "6:1 there is no role `usr`; did you mean `user`?",
            "7:7 `<user>` has no `role`; there is `name`",
            "7:16 `a b` is no variable; write `{{name}}`, `{{user.name}}` or `{{items[0]}}`, or `\\{{` for the text",
            "9:18 between the parts of a message nothing may stand but `<text>`, `<image>`; text belongs into `<text>…</text>`",
            "13:3 text beside an image stands in `<text>…</text>`; to have the tag as text write `\\<image`",
            "15:22 there is no detail `lo`; did you mean `low`?",
            "15:35 an image has an address; write `<image url=\"…\"/>`",
            "16:12 a call has a name and an id; write `<tool name=\"…\" id=\"…\">{…}</tool>`",
            "17:35 a key has to stand here, in double quotes",
            "17:69 the arguments of a call are one JSON object; write `{}` for none",
            "18:1 a result names its call; write `<tool id=\"…\">`",
            "19:1 `</user>` closes nothing here; to have it as text inside a message write `\\</user>`",
            "20:1 there is no role `developer`; write `<system>`",
            "21:1 a message is never `<system/>`; write `<system></system>`",
            "22:7 the value of an attribute stands in double quotes; write `name=\"…\"`",
            "23:1 the tag `<user` is not closed in its line; write `>`",
            "25:1 `<assistant>` is never closed; write `</assistant>` behind its content",
        ],
        "{}",
        found.join("\n")
    );
}

#[test]
fn a_mistake_is_shown_with_its_line_and_a_caret() {
    let mistakes = PromptFile::parse("---\r\nmodel: m\r\n---\r\n<user>\r\n\tÄh {{na me}}?\r\n</user>").unwrap_err();
    assert_eq!(
        mistakes.show("prompts/answer.prompt"),
        "`na me` is no variable; write `{{name}}`, `{{user.name}}` or `{{items[0]}}`, or `\\{{` for the text\n \
         --> prompts/answer.prompt:5:5\n  | \tÄh {{na me}}?\n  | \t   ^^^^^^^^^"
    );
}

// What follows makes files at random.

/// A text of what the format cares about.
fn any_text(u: &mut Unstructured<'_>) -> Result<String> {
    const PIECES: [&str; 26] = [
        "a",
        "Ä",
        " ",
        "  ",
        "\n",
        "\n\n",
        "\t",
        "\\",
        "\\\\",
        "<",
        ">",
        "</user>",
        "<user>",
        "</system>",
        "<text>",
        "</text>",
        "<image url=\"x\"/>",
        "<tool name=\"x\" id=\"y\">",
        "</tool>",
        "</assistant>",
        "{{x}}",
        "\\{{",
        "---",
        "\"",
        "&quot;",
        "<b>",
    ];
    let mut text = String::new();
    for _ in 0..u.int_in_range(0..=8)? {
        text.push_str(u.choose(&PIECES)?);
    }
    Ok(text)
}

fn any_value(u: &mut Unstructured<'_>, depth: u32) -> Result<Value> {
    Ok(match u.int_in_range(0..=if depth == 0 { 4 } else { 6 })? {
        0 => Value::Null,
        1 => Value::Bool(u.arbitrary()?),
        2 => Value::Int(u.arbitrary()?),
        3 => Value::Float(f64::from(u.arbitrary::<i32>()?) / 8.0),
        4 => Value::Text(if u.arbitrary()? { any_text(u)? } else { u.arbitrary()? }),
        5 => Value::List((0..u.int_in_range(0..=3)?).map(|_| any_value(u, depth - 1)).collect::<Result<_>>()?),
        _ => any_map(u, depth - 1)?,
    })
}

fn any_map(u: &mut Unstructured<'_>, depth: u32) -> Result<Value> {
    let mut entries: Vec<(String, Value)> = Vec::new();
    for place in 0..u.int_in_range(0..=3)? {
        entries.push((format!("{place}{}", u.arbitrary::<String>()?), any_value(u, depth)?));
    }
    Ok(Value::Map(entries))
}

fn any_name(u: &mut Unstructured<'_>) -> Result<Option<String>> {
    Ok(if u.arbitrary()? { Some(any_text(u)?) } else { None })
}

fn any_message(u: &mut Unstructured<'_>) -> Result<Message> {
    let role = *u.choose(&[Role::System, Role::User, Role::Assistant, Role::Tool])?;
    let mut message = Message { name: any_name(u)?, ..Message::new(role, any_text(u)?) };
    match role {
        Role::Tool => message.id = Some(any_text(u)?),
        Role::User if u.arbitrary()? => {
            let url = format!("x{}", any_text(u)?.replace("{{", "{"));
            message.parts.push(Part::Image { url, detail: u.choose(&[None, Some("high".into())])?.clone() });
        }
        Role::Assistant if u.arbitrary()? => {
            if u.arbitrary()? {
                message.parts.clear();
            }
            let arguments = any_map(u, 1)?.to_json();
            message.calls.push(Call { name: any_text(u)?, id: any_text(u)?, arguments });
        }
        _ => {}
    }
    Ok(message)
}

fn any_prompt(u: &mut Unstructured<'_>) -> Result<PromptFile> {
    let mut front = vec![("model".into(), Value::Text(format!("m{}", any_text(u)?)))];
    for key in ["other", "attributes"] {
        front.push((key.into(), any_map(u, 2)?));
    }
    let body = if u.arbitrary()? {
        front.push(("endpoint".into(), Value::Text("complete".into())));
        Body::Text(any_text(u)?)
    } else {
        Body::Messages((0..u.int_in_range(1..=3)?).map(|_| any_message(u)).collect::<Result<_>>()?)
    };
    Ok(PromptFile { front, body, variables: Vec::new() })
}

/// Whether all its templates can be read, which random backslashes and braces may prevent.
fn is_sound(prompt: &PromptFile) -> bool {
    let sound = |text: &str| humanloop_template::Template::parse(text).1.is_empty();
    match &prompt.body {
        Body::Text(text) => sound(text),
        Body::Messages(messages) => messages.iter().flat_map(|message| &message.parts).all(|part| match part {
            Part::Text(text) => sound(text),
            Part::Image { url, .. } => sound(url),
        }),
    }
}

#[test]
fn what_is_printed_reads_as_the_same() {
    arbtest::arbtest(|u| {
        let prompt = any_prompt(u)?;
        if is_sound(&prompt) {
            let printed = prompt.to_string();
            assert_eq!(parsed(&printed), prompt, "{printed}");
        }
        Ok(())
    });
}

#[test]
fn any_text_is_read_or_refused_and_what_is_read_prints_and_reads_as_the_same() {
    arbtest::arbtest(|u| {
        const PIECES: [&str; 34] = [
            "---\nmodel: m\n",
            "---\n",
            "endpoint: chat\n",
            "<user>",
            "</user>",
            "<system name=\"x\">",
            "</system>",
            "<assistant>",
            "</assistant>",
            "<tool id=\"1\">",
            "<tool name=\"a\" id=\"b\">",
            "</tool>",
            "<text>",
            "</text>",
            "<image url=\"",
            "\"/>",
            "{}",
            "{{x}}",
            "{{",
            "\\",
            "\n",
            "\r\n",
            "  ",
            "\t",
            "- ",
            "a: ",
            "|\n",
            "[",
            "]",
            "\"",
            "'",
            "#",
            "ä",
            "x",
        ];
        let mut text = if u.arbitrary()? { "---\nmodel: m\n".to_owned() } else { String::new() };
        for _ in 0..u.int_in_range(0..=24)? {
            text.push_str(u.choose(&PIECES)?);
        }
        match PromptFile::parse(&text) {
            Ok(prompt) => assert_eq!(parsed(&prompt.to_string()), prompt, "{text:?}"),
            Err(mistakes) => {
                assert!(!mistakes.list().is_empty());
                // Each can be shown, wherever it points.
                assert!(mistakes.show("file").contains("--> file:"), "{text:?}");
            }
        }
        Ok(())
    });
}

#[test]
fn any_json_is_a_value() {
    arbtest::arbtest(|u| {
        let value = any_value(u, 3)?;
        assert_eq!(Value::parse(&value.to_json()), Ok(value));
        Ok(())
    });
}
