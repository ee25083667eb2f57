//! Names of the user's and of ours do not meet.

use crate::record::{run, run_sync};

#[humanloop::tool]
fn named_like_ours(self_: u8, caller: u8, result: u8, span: u8, __humanloop_guard: u8, __call: u8, __ret: u8) -> u8 {
    self_ + caller + result + span + __humanloop_guard + __call + __ret
}

#[humanloop::tool]
#[expect(clippy::used_underscore_binding, reason = "the user's own use of the name")]
async fn named_like_ours_async(__call: u8, __ret: u8, __future: u8, _span: u8, caller: u8) -> u8 {
    tokio::task::yield_now().await;
    __call + __ret + __future + _span + caller
}

#[tokio::test]
async fn case_19_an_argument_may_have_any_name_and_the_body_sees_the_users_value() {
    let (sum, recorded) = run_sync(|| named_like_ours(1, 2, 3, 4, 5, 6, 7));
    assert_eq!(sum, 28);
    recorded.is(r#"{"self_":1,"caller":2,"result":3,"span":4,"__humanloop_guard":5,"__call":6,"__ret":7}"#, "28");
    let (sum, recorded) = run(named_like_ours_async(1, 2, 3, 4, 5)).await;
    assert_eq!(sum, 15);
    recorded.is(r#"{"__call":1,"__ret":2,"__future":3,"_span":4,"caller":5}"#, "15");
}

/// The user's own items, by the names of others.
#[allow(dead_code, unused_macros, non_camel_case_types, reason = "the names are there to get in the way")]
mod shadows {
    mod std {}
    mod core {}
    mod alloc {}
    mod serde_json {}
    mod humanloop {}

    pub struct Option;
    pub struct String;
    pub struct Box;
    pub struct Vec;
    pub struct Some;
    pub struct None;
    pub struct Ok(pub Result);
    pub struct Err;
    pub struct Result;
    struct Function;
    struct Call;
    struct Probe;
    struct u8;
    trait Serialize {}
    trait Debug {}
    trait Future {}
    trait Send {}
    macro_rules! line {
        () => {
            compile_error!("the user's own")
        };
    }
    macro_rules! file {
        () => {
            compile_error!("the user's own")
        };
    }
    macro_rules! module_path {
        () => {
            compile_error!("the user's own")
        };
    }

    trait Capture {
        fn put(&self) {}
        fn out(&self) {}
    }

    impl<T> Capture for T {}

    #[::humanloop::tool]
    pub fn sync(_option: Option, _text: &String) -> Result {
        Result
    }

    #[::humanloop::tool(debug(number), metadata(number = number))]
    pub async fn asynchronous(number: i32) -> Ok {
        let _ = number;
        ::tokio::task::yield_now().await;
        Ok(Result)
    }

    #[::humanloop::prompt(model = "gpt-4", template = "{{question}}")]
    pub fn prompt(question: &str) -> Box {
        let _ = question;
        Box
    }
}

#[tokio::test]
async fn case_20_the_users_items_may_have_any_name() {
    let calls = async {
        let shadows::Result = shadows::sync(shadows::Option, &shadows::String);
        let shadows::Ok(shadows::Result) = shadows::asynchronous(1).await;
        let shadows::Box = shadows::prompt("q");
    };
    run(calls).await.1.check(|logs| {
        let names: Vec<&str> = logs.iter().map(|log| log.name.as_str()).collect();
        assert_eq!(names, ["sync", "asynchronous", "prompt"]);
        assert_eq!(logs[1].metadata, r#"{"number":1}"#);
        assert_eq!(logs[0].output.as_deref(), Some(r#"{"$type":"humanloop_forms::names::shadows::Result"}"#));
    });
}
