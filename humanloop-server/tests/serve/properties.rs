//! Whatever JSON comes: never a 500, never a panic, and the store stays whole.

use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::server::Server;

/// Requests that are made; with the seed, the same ones each time.
const REQUESTS: u32 = 400;

/// A small generator of numbers (xorshift), so that a failure comes again.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides as u64) as usize
    }

    fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.roll(of.len())]
    }

    /// Any JSON, with those values more often that have broken programs before.
    fn json(&mut self, depth: usize) -> Value {
        match self.roll(if depth == 0 { 12 } else { 16 }) {
            0 => Value::Null,
            1 => json!(self.roll(2) == 0),
            2 => json!(u64::MAX),
            3 => json!(i64::MIN),
            4 => json!(1e308),
            5 => json!(-0.0),
            6 => json!(""),
            7 => json!("\u{0}\u{feff}\u{202e}"),
            8 => json!("'; DROP TABLE log; --"),
            9 => json!("x".repeat(self.roll(5_000))),
            10 => json!("0191c0de-0000-7000-8000-000000000000"),
            11 => json!("{{x}} {{ y.z[0] }} {{"),
            12 | 13 => (0..self.roll(4)).map(|_| self.json(depth - 1)).collect(),
            _ => Value::Object((0..self.roll(5)).map(|n| (format!("k{n}"), self.json(depth - 1))).collect()),
        }
    }

    /// A field of a body: often as it should be, often not.
    fn field(&mut self, name: &str) -> Value {
        if self.roll(30) == 0 {
            return self.json(3);
        }
        match name {
            "project" | "reference_id" | "parent_reference_id" | "session_reference_id" => {
                json!(*self.pick(&["a", "b", "c", "data_a", "\u{0}", "%", "0191c0de-0000-7000-8000-000000000000"]))
            }
            "inputs" | "metadata" | "provider_request" | "provider_response" => {
                Value::Object(Map::from_iter([("x".to_owned(), self.json(4))]))
            }
            "prompt_tokens" | "output_tokens" => json!(*self.pick(&[0, 1, u64::MAX, i64::MAX as u64])),
            "duration" | "prompt_cost" | "output_cost" => json!(*self.pick(&[0.0, -1.0, 1e300, 1e-300])),
            "created_at" => {
                json!(*self.pick(&["2024-01-02T03:04:05+00:00", "1677-09-22T00:00:00Z", "2262-04-11T00:00:00Z"]))
            }
            "config" | "model_config" => match self.roll(3) {
                0 => json!({"type": "tool", "name": self.json(0), "parameters": {"p": self.json(2)}}),
                1 => json!({"type": "tool", "name": "t"}),
                _ => json!({"model": "m", "provider": "mock", "prompt_template": "{{x}}", "max_tokens": -1}),
            },
            "messages" => json!([{"role": "user", "content": "{{x}}"}]),
            "feedback" => json!([{"type": "rating", "value": self.json(1)}]),
            "num_samples" => json!(*self.pick(&[1, 2, 128])),
            "stream" | "save" | "unset" => json!(self.roll(2) == 0),
            "outcome" => json!(*self.pick(&["ok", "running", "failed", "panicked"])),
            "kind" => json!(*self.pick(&["tool", "prompt", "flow"])),
            "project_id" => json!("pr_1"),
            _ => json!(*self.pick(&["", "x", "\u{0}", "{{x}}", "\u{1f600}", "</script>"])),
        }
    }

    fn object(&mut self, names: &[&str]) -> Value {
        let mut object = Map::new();
        for name in names {
            if self.roll(2) == 0 {
                object.insert((*name).into(), self.field(name));
            }
        }
        object.entry("project").or_insert_with(|| json!("a"));
        if names == CALL {
            object.entry("messages").or_insert_with(|| json!([]));
            object.entry("model_config").or_insert_with(|| json!({"model": "m", "provider": "mock"}));
        }
        Value::Object(object)
    }
}

const LOG: [&str; 21] = [
    "reference_id",
    "parent_reference_id",
    "session_reference_id",
    "project_id",
    "inputs",
    "messages",
    "output",
    "error",
    "duration",
    "created_at",
    "metadata",
    "prompt_tokens",
    "output_tokens",
    "prompt_cost",
    "output_cost",
    "config",
    "feedback",
    "save",
    "provider_request",
    "outcome",
    "kind",
];
const CALL: [&str; 8] =
    ["model_config", "messages", "inputs", "num_samples", "stream", "save", "metadata", "session_reference_id"];

#[test]
fn whatever_json_comes_there_is_a_clear_answer_and_the_store_stays_whole() {
    let server = Server::start();
    let mut dice = Dice(0x5eed_cafe_f00d);
    let mut taken = 0;
    for round in 0..REQUESTS {
        let (method, path, body) = match dice.roll(8) {
            0 | 1 => (Method::POST, "/v4/logs", dice.object(&LOG)),
            2 => (Method::POST, "/v4/logs", (0..dice.roll(5)).map(|_| dice.object(&LOG)).collect()),
            3 => (Method::PATCH, "/v4/logs?reference_id=a", dice.object(&LOG)),
            4 => (Method::POST, "/v4/chat", dice.object(&CALL)),
            5 => (Method::POST, "/v4/completion", dice.object(&CALL)),
            6 => (Method::POST, "/v4/feedback", {
                let value = dice.json(1);
                json!({"type": "comment", "value": value, "data_id": *dice.pick(&["a", "b", "nobody"])})
            }),
            _ => {
                let paths = [
                    "/v4/logs",
                    "/v4/chat",
                    "/v4/feedback",
                    "/v4/losses",
                    "/v4/projects",
                    "/v4/model-configs",
                    "/v4/sessions",
                    "/v4/projects/1/deploy-config",
                    "/v4/chat-deployed",
                ];
                (Method::POST, *dice.pick(&paths), dice.json(4))
            }
        };
        let text = body.to_string();
        let response = server.request(method, path, &[("content-type", "application/json")], text.clone());
        let status = response.status().as_u16();
        let answer = response.text().unwrap();
        assert!(status < 500, "round {round}: {path} {text:.1000} got {status}: {answer:.1000}");
        if status >= 400 {
            let answer: Value = serde_json::from_str(&answer).unwrap();
            assert!(answer["detail"].is_object() || answer["detail"].is_array(), "{path}: {answer}");
        } else {
            taken += 1;
        }
    }
    assert!(taken > REQUESTS / 10, "only {taken} requests were any good: the test tests little");

    for path in ["/v4/projects", "/v4/sessions", "/v4/logs?project_id=1&size=1000", "/v4/projects/1/configs"] {
        server.json(path);
    }
    for session in server.json("/v4/sessions?size=1000")["records"].as_array().unwrap() {
        server.json(&format!("/v4/sessions/{}/tree", session["id"].as_str().unwrap()));
    }
    for path in [
        "/v4/logs?project_id=%00",
        "/v4/logs?project_id=1&search=%22%27%25*(",
        "/v4/logs?session_id=%ff",
        "/v4/logs/%ff",
        "/v4/logs?project_id=1&metadata_search=%25_%5c",
        "/v4/sessions/%00",
        "/v4/projects?filter=%25",
        "/v4/model-configs/config_%F0",
        "/v4/projects/999999999999999999999",
        "/v4/logs?project_id=1&page=1000000000&size=1000",
        "/data/sessions?q=%22%27*(%00&after=x&from=soon",
        "/data/sessions?q=%22%27*(%00%ff&state=bad&kind=tool&model=%25",
        "/data/sessions?after=9223372036854775807.9223372036854775807",
        "/data/logs?project=99999999999999999999",
        "/data/logs?project=-1&config=%00&q=a%20b%22",
        "/data/session/%00",
        "/data/session/a/search?q=(",
        "/data/session/00000000-0000-0000-0000-000000000000/search?q=%22(%22*",
        "/data/session/a/file?as=pdf",
        "/data/log/a",
        "/data/log/00000000-0000-0000-0000-000000000000/value?path=//~1~",
        "/data/log/00000000-0000-0000-0000-000000000000/now",
        "/data/project/99999999999999999999",
        "/compare/%2e%2e/%00",
    ] {
        let status = server.get(path).status().as_u16();
        assert!(status < 500, "{path}: {status}");
    }
    let store = humanloop_store::Reader::open(&server.folder.join(".humanloop/humanloop.db")).unwrap();
    let report = store.doctor().unwrap();
    assert!(report.problems.is_empty(), "{report:?}");
}
