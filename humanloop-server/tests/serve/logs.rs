//! Logging and reading over HTTP.

use std::io::Write;

use reqwest::Method;
use serde_json::{Value, json};

use crate::server::Server;

fn log(reference: &str, more: Value) -> Value {
    let mut log = json!({"project": "weather", "session_reference_id": "trip", "reference_id": reference,
        "config": {"type": "tool", "name": "look up"}, "inputs": {"city": "Oslo"}});
    log.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    log
}

#[test]
fn a_log_is_kept_completed_and_read() {
    let server = Server::start();
    let logged = server.post("/v4/logs", &log("one", json!({})), 200);
    assert!(logged["id"].as_str().unwrap().starts_with("data_"), "{logged}");
    let updated =
        server.call(Method::PATCH, "/v4/logs?reference_id=one", &json!({"output": "sun", "referenceId": "x"}), 200);
    assert_eq!((&updated["output"], &updated["id"]), (&json!("sun"), &logged["id"]));

    let child = log(
        "two",
        json!({"parent_reference_id": "one", "output": "rain", "duration": 1.5, "metadata": {"a": 1},
        "feedback": {"type": "rating", "value": "good"}, "judgment": ["dry", "warm"], "source_datapoint_id": "evtc_1", "created_at": "2024-01-02T03:04:05+00:00"}),
    );
    let child = server.post("/v4/logs", &json!([child]), 200)[0].clone();
    let read = server.json(&format!("/v4/logs/{}", child["id"].as_str().unwrap()));
    for (field, value) in [
        ("project", json!("weather")),
        ("session_reference_id", json!("trip")),
        ("parent_id", logged["id"].clone()),
        ("parent_reference_id", json!("one")),
        ("duration", json!(1.5)),
        ("metadata", json!({"a": 1})),
        ("judgment", json!(["dry", "warm"])),
        ("source_datapoint_id", json!("evtc_1")),
        ("evaluation_results", json!([])),
        ("observability_status", json!("completed")),
        ("messages", Value::Null),
        ("created_at", json!("2024-01-02T03:04:05.000000000+00:00")),
    ] {
        assert_eq!(read[field], value, "{field} of {read}");
    }
    assert_eq!((&read["config"]["status"], &read["config"]["name"]), (&json!("committed"), &json!("look up")));
    assert_eq!(read["feedback"][0]["value"], "good");

    let session = server.json("/v4/sessions/trip");
    assert_eq!(session["id"], child["session_id"]);
    assert_eq!((&session["datapoints_count"], &session["projects"][0]["type"]), (&json!(2), &json!("tool")));
    let tree = server.json("/v4/sessions/trip/tree");
    assert_eq!(tree["rows"].as_array().unwrap().len(), 2, "{tree}");
    assert_eq!(server.call(Method::DELETE, "/v4/logs?id=one&id=two", &Value::Null, 204), Value::Null);
    server.call(Method::GET, "/v4/logs/one", &Value::Null, 404);
}

#[test]
fn logs_come_by_project_session_reference_and_page() {
    let server = Server::start();
    let all: Vec<Value> = (0..2_500).map(|n| log(&format!("n{n}"), json!({"output": format!("answer {n}")}))).collect();
    let logged = server.post("/v4/logs", &Value::from(all), 200);
    assert_eq!(logged.as_array().unwrap().len(), 2_500);
    let project = logged[0]["project_id"].as_str().unwrap();
    let page = server.json(&format!("/v4/logs?project_id={project}&page=1&size=10"));
    assert_eq!((&page["total"], &page["page"], &page["size"]), (&json!(2_500), &json!(1), &json!(10)));
    assert_eq!(page["records"][0]["output"], "answer 2489");
    let beyond = server.json(&format!("/v4/logs?project_id={project}&page=999"));
    assert_eq!(beyond["records"], json!([]));
    for query in ["session_reference_id=trip", &format!("session_id={}", logged[0]["session_id"].as_str().unwrap())] {
        assert_eq!(server.json(&format!("/v4/logs?{query}"))["total"], 2_500);
    }
    let one = server.json("/v4/logs?reference_id=n7");
    assert_eq!((&one["total"], &one["records"][0]["output"]), (&json!(1), &json!("answer 7")));
    assert_eq!(server.json(&format!("/v4/logs?project_id={project}&end_date=2001-01-01"))["total"], 0);
    for (query, place) in [
        ("", "project_id"),
        ("?project_id=pr_1&size=0", "size"),
        ("?project_id=pr_1&size=5000", "size"),
        ("?project_id=pr_1&start_date=soon", "start_date"),
    ] {
        let refusal = server.call(Method::GET, &format!("/v4/logs{query}"), &Value::Null, 422);
        assert_eq!(refusal["detail"][0]["loc"], json!(["query", place]), "{refusal}");
    }
    server.call(Method::GET, "/v4/logs?project_id=pr_99", &Value::Null, 404);
}

#[test]
fn children_may_come_first_and_with_their_parent() {
    let server = Server::start();
    let bare = |reference: &str, parent: &str| {
        json!({"project": "p", "reference_id": reference, "parent_reference_id": parent, "output": "x",
               "config": {"type": "tool", "name": "f"}})
    };
    server.post("/v4/logs", &json!([bare("grandchild", "child"), bare("child", "root")]), 200);
    let root = json!({"project": "p", "reference_id": "root", "output": "x", "config": {"type": "tool", "name": "f"},
                      "session_reference_id": "family"});
    server.post("/v4/logs", &root, 200);
    let family = server.json("/v4/logs?session_reference_id=family");
    assert_eq!(family["total"], 3, "{family}");
}

#[test]
fn packed_bodies_are_unpacked() {
    let server = Server::start();
    let body = log("packed", json!({"output": "yes"})).to_string();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(body.as_bytes()).unwrap();
    let zstd = ruzstd::encoding::compress_to_vec(body.as_bytes(), ruzstd::encoding::CompressionLevel::Fastest);
    for (name, bytes) in [("gzip", gzip.finish().unwrap()), ("zstd", zstd)] {
        let send = |bytes: Vec<u8>| server.request(Method::POST, "/v4/logs", &[("content-encoding", name)], bytes);
        assert_eq!(send(bytes).status().as_u16(), 200, "{name}");
        assert_eq!(send(body.clone().into_bytes()).status().as_u16(), 400, "{name}");
    }
    let other = server.request(Method::POST, "/v4/logs", &[("content-encoding", "br")], body);
    assert_eq!(other.status().as_u16(), 415);
}

#[test]
fn what_does_not_fit_is_refused_with_its_place() {
    let server = Server::start();
    for (body, place) in [
        (json!({"config": {"model": "m"}}), json!(["body", "project"])),
        (json!([log("a", json!({})), log("b", json!({"output": 5}))]), json!(["body", 1, "output"])),
        (
            json!([log("a", json!({})), log("b", json!({"session_id": "s"}))]),
            json!(["body", 1, "session_reference_id"]),
        ),
        (log("a", json!({"messages": [{"role": "robot"}]})), json!(["body", "messages", 0, "role"])),
        (log("a", json!({"config": {"type": "dog"}})), json!(["body", "config"])),
        (log("a", json!({"created_at": "yesterday"})), json!(["body", "created_at"])),
        (log("", json!({})), json!(["body", "reference_id"])),
    ] {
        let refusal = server.post("/v4/logs", &body, 422);
        assert_eq!(refusal["detail"][0]["loc"], place, "{refusal}");
    }
    assert_eq!(server.request(Method::POST, "/v4/logs", &[], "{").status().as_u16(), 422);
    for (field, value) in [("session_id", "sesh_nobody"), ("project_id", "pr_77"), ("config_id", "config_77")] {
        let body = json!({"project_id": "pr_1", field: value, "output": "x"});
        server.post("/v4/logs", &body, 404);
    }
    server.call(Method::PATCH, "/v4/logs?reference_id=nobody", &json!({"output": "x"}), 404);
    server.call(Method::PATCH, "/v4/logs", &json!({"output": "x"}), 422);

    server.post("/v4/logs", &log("once", json!({"output": "x"})), 200);
    server.post("/v4/logs", &log("once", json!({"output": "x"})), 200);
    let refusal = server.post("/v4/logs", &log("once", json!({"output": "y"})), 409);
    assert_eq!(refusal["detail"]["type"], "conflict_error");
}

#[test]
fn a_body_that_is_too_big_is_refused_and_a_big_value_is_not() {
    let server = Server::start();
    let big = log("big", json!({"output": "x".repeat(20 << 20)}));
    server.post("/v4/logs", &big, 200);
    assert_eq!(server.json("/v4/logs/big")["output"].as_str().unwrap().len(), 20 << 20);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&vec![b' '; 70 << 20]).unwrap();
    let bomb = server.request(Method::POST, "/v4/logs", &[("content-encoding", "gzip")], gzip.finish().unwrap());
    assert_eq!(bomb.status().as_u16(), 413);
}

#[test]
fn feedback_is_given_and_taken_back() {
    let server = Server::start();
    let logged = server.post("/v4/logs", &log("liked", json!({"output": "x"})), 200);
    let given = server.post("/v4/feedback", &json!({"type": "rating", "value": "good", "data_id": logged["id"]}), 200);
    assert!(given["id"].as_str().unwrap().starts_with("ann_"), "{given}");
    let several = json!([{"type": "comment", "value": "fine", "data_id": logged["id"]}]);
    assert_eq!(server.post("/v4/feedback", &several, 200)[0]["value"], "fine");
    assert_eq!(server.json("/v4/logs/liked")["feedback"].as_array().unwrap().len(), 2);
    server.post("/v4/feedback", &json!({"type": "rating", "unset": true, "data_id": logged["id"]}), 200);
    assert_eq!(server.json("/v4/logs/liked")["feedback"].as_array().unwrap().len(), 1);
    server.post("/v4/feedback", &json!({"type": "rating", "value": "good", "data_id": "data_nobody"}), 404);
    server.post("/v4/feedback", &json!({"type": "rating", "data_id": logged["id"]}), 422);
}

#[test]
fn sessions_without_a_body_and_pages_from_one() {
    let server = Server::start();
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let made = server.request(Method::POST, "/v4/sessions", &headers, "");
    assert_eq!(made.status().as_u16(), 201);
    let made: Value = made.json().unwrap();
    let session = server.json(&format!("/v4/sessions/{}", made["id"].as_str().unwrap()));
    assert_eq!((&session["datapoints_count"], &session["projects"]), (&json!(0), &json!([])));
    let page = server.json("/v4/sessions");
    assert_eq!((&page["page"], &page["size"], &page["total"]), (&json!(1), &json!(10), &json!(1)));
    server.call(Method::GET, "/v4/sessions?page=0", &Value::Null, 422);
    server.call(Method::GET, "/v4/sessions/nobody", &Value::Null, 404);
}
