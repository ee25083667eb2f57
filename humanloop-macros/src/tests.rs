//! Attributes as a whole, over tokens: what is refused, what is printed, and how much of it.

use proc_macro2::{TokenStream, TokenTree};

use crate::attr::{self, Kind};
use crate::errors::Errors;
use crate::spec::Capture;
use crate::{attribute, item, spec};

const FUNCTION: &str = "fn search(query: &str, api_key: String) -> Result<String, Error> { Ok(query.to_owned()) }";

fn expansion(kind: Kind, args: &str, item: &str) -> String {
    attribute(kind, args.parse().unwrap(), item.parse().unwrap()).to_string()
}

fn check(kind: Kind, args: &str, item: &str) -> (Option<spec::Spec>, Vec<String>) {
    let mut errors = Errors::default();
    let tokens: TokenStream = item.parse().unwrap();
    let args = attr::parse(kind, args.parse().unwrap(), &mut errors);
    let function = item::parse(kind, tokens.clone(), &mut errors);
    let spec = function.map(|function| spec::check(kind, args, function, &tokens, &mut errors));
    (spec, errors.messages())
}

fn messages(kind: Kind, args: &str, item: &str) -> Vec<String> {
    check(kind, args, item).1
}

#[track_caller]
fn refused(kind: Kind, args: &str, item: &str, expected: &[&str]) {
    assert_eq!(messages(kind, args, item), expected, "#[{}({args})] {item}", kind.name());
}

#[test]
fn every_option_is_read() {
    let args = r#"project = "p", name = "n", description = "d", skip(a), debug(b), serialize(c), redact(d), skip_output,
        metadata(one = 1, "two words" = a.len()), source = false, stream, crate = my::humanloop, model = "m", provider = "openai",
        endpoint = "chat", temperature = 0, max_tokens = 1, top_p = 0.5, stop = ["x", "y"], presence_penalty = -0.5,
        frequency_penalty = 1, seed = -7, chat_template = [system("s"), user("{{a}}"), assistant("z")],"#;
    let (spec, errors) = check(Kind::Prompt, args, "async fn f(a: A, b: B, c: C, d: D) -> S {}");
    assert_eq!(errors, [""; 0]);
    let spec = spec.unwrap();
    assert_eq!(spec.captures, [Capture::Skip, Capture::Debug, Capture::Serialize, Capture::Redact]);
    assert_eq!(spec.variables, [crate::template::Variable { place: 0, whole: true, parts: false }]);
    assert_eq!(spec.description.as_deref(), Some("d"));
    let printed = crate::text::compact(crate::expand::expand(&spec));
    for part in [
        r#".name("n").project("p").description("d")"#,
        r#"::Template::new("m").chat("#,
        r#".provider("openai").endpoint("chat").temperature(0.0).max_tokens(1).top_p(0.5).stop(&["x", "y"])"#,
        r#".presence_penalty( -0.5).frequency_penalty(1.0).seed( -7)"#,
        r#"use my::humanloop::__private as __hl;"#,
        r#"__hl::Source::Hidden"#,
        r#"__call.skipped("a")"#,
        r#"__call.redacted("d")"#,
        r#"__hl::put_debug(&mut __call, "b", &b)"#,
        r#"__hl::put_serialize(&mut __call, "c", &c)"#,
        r#"__hl::put_metadata(&mut __call, "two words", &(a.len()))"#,
        r#"__call.variable("a", __hl::probe(&a).__text())"#,
        r#"__call.skip_item("#,
    ] {
        assert!(printed.contains(part), "{part} in\n{printed}");
    }
}

#[test]
fn unknown_options_are_refused_with_a_suggestion() {
    refused(
        Kind::Prompt,
        r#"modle = "gpt-4""#,
        FUNCTION,
        &["`#[prompt]` has no option `modle`; did you mean `model`?"],
    );
    refused(Kind::Flow, r#"model = "gpt-4""#, FUNCTION, &["`model` is an option of `#[prompt]`, not of `#[flow]`"]);
    let [message] = messages(Kind::Tool, "completely_else", FUNCTION).try_into().unwrap();
    assert!(
        message.starts_with("`#[tool]` has no option `completely_else`; there is `project`, `name`, "),
        "{message}"
    );
    assert!(!message.contains("`model`"), "{message}");
}

#[test]
fn all_mistakes_are_reported_at_once() {
    let args = r#"name = 5, name = "x", "lone", , skip(qurey), temperature = "hot", debug, skip_all = true"#;
    let expected = [
        "`name` is written like this: `name = \"Google Search\"`",
        "`name` is given twice; keep one",
        "expected an option, such as `name = \"Google Search\"`",
        "expected an option before this comma",
        "`temperature` is written like this: `temperature = 0.7`",
        "`debug` is written like this: `debug(request)`",
        "`skip_all` is written like this: `skip_all`",
        "`skip` names no argument `qurey`; did you mean `query`?",
    ];
    let mut found = messages(Kind::Prompt, args, FUNCTION);
    let mut expected = expected.map(str::to_owned).to_vec();
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
}

#[test]
fn numbers_must_fit() {
    let example = "`temperature` is written like this: `temperature = 0.7`";
    refused(Kind::Prompt, "temperature = 1e999", FUNCTION, &[example]);
    let example = "`max_tokens` is written like this: `max_tokens = 256`";
    refused(Kind::Prompt, "max_tokens = 99999999999999999999", FUNCTION, &[example]);
    refused(Kind::Prompt, "max_tokens = 0.5", FUNCTION, &[example]);
}

#[test]
fn an_argument_is_captured_in_one_way() {
    refused(Kind::Tool, "skip(query, query)", FUNCTION, &["`skip` names `query` twice; keep one"]);
    refused(Kind::Tool, "skip(query), redact(query)", FUNCTION, &["`query` is in both `skip` and `redact`; keep one"]);
    refused(Kind::Tool, "metadata(a = 1, a = 2)", FUNCTION, &["metadata `a` is given twice; keep one"]);
    let (spec, errors) = check(Kind::Tool, "skip_all, debug(query)", FUNCTION);
    assert_eq!((spec.unwrap().captures, errors), (vec![Capture::Debug, Capture::Skip], Vec::new()));
}

#[test]
fn self_is_captured_only_when_asked_for() {
    let method = "fn f(&self) {}";
    assert!(check(Kind::Tool, "skip(self)", method).0.unwrap().receiver.is_none());
    assert!(!expansion(Kind::Tool, "", method).contains("\"self\""));
    assert_eq!(check(Kind::Tool, "debug(self)", method).0.unwrap().receiver.unwrap().1, Capture::Debug);
    refused(Kind::Tool, "redact(self)", method, &["`self` is captured only with `debug(self)` or `serialize(self)`"]);
    refused(Kind::Tool, "debug(self)", "fn f() {}", &["`debug` names no argument `self`; there is none"]);
}

#[test]
fn functions_that_cannot_be_recorded_are_refused() {
    refused(Kind::Tool, "", "const fn f() {}", &["`#[tool]` records each call as it runs, so `f` cannot be `const`"]);
    let message = "`f` has no body to record: write one or, in a trait, put `#[tool]` on the implementations";
    refused(Kind::Tool, "", "fn f();", &[message]);
    let message = "`#[flow]` goes on a function: free, in an `impl` block or in a trait; put it on each `fn`";
    for item in ["struct S;", "/// Doc.\npub mod m {}", "impl S { fn f() {} }", "pub(crate) const X: u8 = 1;"] {
        refused(Kind::Flow, "", item, &[message]);
    }
}

#[test]
fn future_and_stream_are_for_what_a_type_does_not_show() {
    assert_eq!(messages(Kind::Tool, "future", "fn f() -> Answer {}"), [""; 0]);
    let both = "fn f() -> BoxFuture<'static, Tokens> {}";
    assert_eq!(messages(Kind::Tool, "future, stream", both), [""; 0]);
    let message = "of an alias, `future` and `stream` cannot be told at once; write the return type out";
    refused(Kind::Tool, "future, stream", "fn f() -> Tokens {}", &[message]);
    assert_eq!(messages(Kind::Tool, "stream", "async fn f() -> Result<Tokens, E> {}"), [""; 0]);
    let message = "`f` is an `async fn`, which is recorded when it resolves; leave `future` out";
    refused(Kind::Tool, "future", "async fn f() -> Answer {}", &[message]);
    refused(Kind::Tool, "future", "fn f() {}", &["`f` returns no future; leave `future` out"]);
    refused(Kind::Tool, "stream", "fn f() -> ! {}", &["`f` returns no stream; leave `stream` out"]);
    refused(Kind::Tool, "stream = true", "fn f() -> S {}", &["`stream` is written like this: `stream`"]);
}

#[test]
fn the_source_leaves_out_the_literals_of_hidden_arguments() {
    let item = r#"fn f(#[builder(default = "sk-1")] key: &str) {}"#;
    let text = |args| match check(Kind::Tool, args, item).0.unwrap().source {
        crate::source::Source::Expanded(text) => text,
        other => panic!("{other:?}"),
    };
    assert!(text("").contains("sk-1"));
    for args in ["skip(key)", "redact(key)", "skip_all"] {
        assert!(!text(args).contains("sk-1"), "{args}");
    }
}

#[test]
fn a_prompt_has_one_template() {
    let message = "a prompt has one of `template`, `chat_template` and `template_file`";
    refused(Kind::Prompt, r#"template = "a", chat_template = [user("b")]"#, FUNCTION, &[message]);
    let message = "there is no role `robot`; there is `system`, `user`, `assistant`, `tool`";
    refused(Kind::Prompt, r#"chat_template = [robot("b")]"#, FUNCTION, &[message]);
}

#[test]
fn beside_errors_the_item_comes_out_as_it_was() {
    for (args, item) in [("nope", FUNCTION), ("", "struct S ;"), ("", "const fn f () { }")] {
        let printed = expansion(Kind::Tool, args, item);
        let item = item.parse::<TokenStream>().unwrap().to_string();
        assert!(printed.starts_with(":: core :: compile_error !") && printed.ends_with(&item), "{printed}");
    }
}

#[test]
fn a_half_typed_body_stays_as_it_is() {
    let printed = expansion(Kind::Tool, "", "fn f(v: Vec<u8>) -> usize { let x = ; v.len() }");
    assert!(printed.contains("static __FUNCTION") && printed.contains("let x = ; v . len ()"), "{printed}");
}

#[test]
fn a_body_that_breaks_off_leaves_all_as_it_is() {
    for body in ["v.", "let x =", "a +", "a as Vec<", "f(a).b.", "a ..="] {
        let item = format!("fn f() {{ {body} }}");
        let unchanged = item.parse::<TokenStream>().unwrap().to_string();
        assert_eq!(expansion(Kind::Tool, "", &item), unchanged);
    }
    for body in ["", "a..", "f()?", "a as Vec<u8>", "a;", "S {}", "x = 1"] {
        let printed = expansion(Kind::Tool, "", &format!("fn f() {{ {body} }}"));
        assert!(printed.contains("static __FUNCTION"), "{body}: {printed}");
    }
}

#[test]
fn inner_attributes_move_to_the_function() {
    let printed = expansion(Kind::Tool, "", "fn f() { #![allow(unused)] #![warn(dead_code)] #[x] body() }");
    assert!(printed.starts_with("#[allow (unused)] #[warn (dead_code)] fn f ()"), "{printed}");
    assert!(printed.contains("# [x] body ()"), "{printed}");
}

#[test]
fn parameters_are_named_without_their_patterns() {
    let item = "fn f(mut a: Vec<u8>, (b, mut c): (u8, u8), S { d, e: [g, ..] }: S, _: u8, r#type: T, ref h: u8, (X(i) | Y(i)): Z, _: &str) {}";
    let function = item::parse(Kind::Tool, item.parse().unwrap(), &mut Errors::default()).unwrap();
    let found: Vec<(&str, &str)> = function.arguments.iter().map(|a| (a.name.as_str(), a.ty.as_str())).collect();
    let expected = [
        ("a", "Vec<u8>"),
        ("b", ""),
        ("c", ""),
        ("d", ""),
        ("g", ""),
        ("_3", "u8"),
        ("type", "T"),
        ("h", "u8"),
        ("i", ""),
        ("_7", "&str"),
    ];
    assert_eq!(found, expected);
    let rebound: Vec<String> = function.arguments.iter().map(|a| a.rebinding().to_string()).collect();
    assert_eq!(rebound[..3], ["let mut a = a ;", "let b = b ;", "let mut c = c ;"]);
    let signature = quote::ToTokens::to_token_stream(&function.sig).to_string();
    assert!(signature.starts_with("fn f (a : Vec < u8 > , (b , c) : (u8 , u8)"), "{signature}");
}

#[test]
fn the_description_is_the_doc_comment_unless_one_is_given() {
    let item = "/// Searches.\n///\n///   Indented.\n#[doc(hidden)]\nfn f() {}";
    assert_eq!(check(Kind::Tool, "", item).0.unwrap().description.as_deref(), Some("Searches.\n\n  Indented."));
    let given = check(Kind::Tool, r#"description = "Finds.""#, item).0.unwrap();
    assert_eq!(given.description.as_deref(), Some("Finds."));
    assert_eq!(check(Kind::Tool, "", "fn f() {}").0.unwrap().description, None);
}

#[test]
fn the_version_leaves_out_comments_and_documentation() {
    let version = |item| check(Kind::Tool, "", item).0.unwrap().version;
    assert_eq!(version("/// One.\nfn f() { 1 }"), version("/// Two.\nfn f()  {\n 1 // comment\n}"));
    assert_ne!(version("fn f() { 1 }"), version("fn f() { 2 }"));
    assert_eq!(version("fn f() { 1 }"), version("#[inline] fn f() { 1 }"));
    let with = |options| check(Kind::Tool, options, "fn f(a: u8) { 1 }").0.unwrap().version;
    assert_ne!(with(""), with("skip(a)"));
}

/// What the attribute adds to a function, as text without needless blanks, apart from the source, parameters and documentation.
fn added(item: &str) -> usize {
    let printed = attribute(Kind::Tool, TokenStream::new(), item.parse().unwrap());
    let source = crate::text::compact(item.parse().unwrap());
    crate::text::compact(without_source(printed)).len() - source.len()
}

fn without_source(tokens: TokenStream) -> TokenStream {
    let empty = |mut tree: TokenTree| {
        if let TokenTree::Literal(literal) = &tree
            && literal.to_string().contains("fn search")
        {
            tree = proc_macro2::Literal::string("").into();
        }
        if let TokenTree::Group(group) = &tree {
            tree = proc_macro2::Group::new(group.delimiter(), without_source(group.stream())).into();
        }
        tree
    };
    tokens.into_iter().map(empty).collect()
}

#[test]
fn a_plain_expansion_stays_under_one_kilobyte() {
    let sync = added("fn search() -> Result<String, Error> { find() }");
    let asynchronous = added("async fn search() -> Result<String, Error> { find().await }");
    let boxed = added("fn search() -> Pin<Box<dyn Future<Output = String>>> { Box::pin(find()) }");
    assert!(sync < 1000 && asynchronous < 1000 && boxed < 1000, "sync {sync}, async {asynchronous}, boxed {boxed}");
    let one = added("fn search(query: &str) -> Result<String, Error> { find() }");
    let two = added("fn search(query: &str, count: usize) -> Result<String, Error> { find() }");
    assert!(two - one < 150, "{} for each argument", two - one);
}

#[test]
fn the_only_closure_is_the_bodys() {
    for item in [FUNCTION, "async fn f(a: u8) -> u8 { a }", "fn f() -> impl Future<Output = u8> { async { 1 } }"] {
        let printed = expansion(Kind::Tool, "", item);
        assert!(printed.matches('|').count() <= 2, "{printed}");
    }
}

#[test]
fn a_parameter_that_would_be_lost_at_run_time_is_refused() {
    let of = |options: &str| {
        let item = "async fn answer(question: &str) -> Result<String, Error>;";
        messages(Kind::Prompt, &format!("model = \"m\", {options}"), item)
    };
    for json in ["{'a': 1}", "{\"a\": tru}", "{a: 1}", "{\"a\": 1} x", "[1]"] {
        let [message] = of(&format!("template = \"x\", other = r#\"{json}\"#")).try_into().unwrap();
        assert!(message.contains("other"), "{message}");
    }
    assert!(of("template = \"x\", other = r#\"{\n  \"a\": [1e3, null, \"\\u00e4\"]\n}\"#").is_empty());
    assert!(of("chat_template = []")[0].contains("`chat_template` has no message"));
    for path in ["/etc/hostname", ""] {
        assert!(of(&format!("template_file = \"{path}\""))[0].contains("begins at the folder of the package"));
    }
}

#[test]
fn mistakes_in_a_template_file_are_all_shown_at_their_places() {
    const ANSWER: &str = "async fn answer(question: &str) -> Result<String, Error>;";
    let of = |file: &str| messages(Kind::Prompt, &format!("template_file = \"../tests/prompts/{file}\""), ANSWER);
    let first_two_lines = |messages: Vec<String>| -> Vec<String> {
        messages.iter().map(|message| message.lines().take(2).collect::<Vec<_>>().join("\n")).collect()
    };
    assert_eq!(
        first_two_lines(of("mistakes.prompt")),
        [
            "`temprature` is no key of a prompt; did you mean `temperature`? (a parameter that only the provider knows goes into `other: {…}`, anything else into `attributes: {…}`)\n --> ../tests/prompts/mistakes.prompt:3:1",
            "`top_p` is a number from 0 to 1\n --> ../tests/prompts/mistakes.prompt:4:8",
            "`{{` is not closed in its line; write `{{name}}`, or `\\{{` for the text\n --> ../tests/prompts/mistakes.prompt:8:9",
        ]
    );
    assert_eq!(
        first_two_lines(of("variables.prompt")),
        [
            "template variable `language` matches no parameter of `answer`; there is `question`\n --> ../tests/prompts/variables.prompt:6:13",
            "template variable `questoin` matches no parameter of `answer`; did you mean `question`?\n --> ../tests/prompts/variables.prompt:10:3",
        ]
    );
    let [no_model] = of("plain.txt").try_into().unwrap();
    assert!(no_model.contains("write which, `model = \"gpt-4o\"`"), "{no_model}");
    let [missing] = messages(
        Kind::Prompt,
        "model = \"m\", template_file = \"nowhere.txt\"",
        "async fn answer(question: &str) -> Result<String, Error>;",
    )
    .try_into()
    .unwrap();
    assert!(missing.contains("nowhere.txt` cannot be read"), "{missing}");
}
