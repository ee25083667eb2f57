//! Every endpoint of v4 that a client of ours needs, its pages and its streams; what comes live.

use std::io::{BufRead, BufReader};

use reqwest::Method;
use serde_json::{Value, json};

use crate::server::Server;

#[test]
fn every_endpoint_that_clients_need_answers_with_its_status() {
    let server = Server::start();
    let model = json!({"model": "m", "provider": "mock"});
    let registered = server.post("/v4/model-configs", &json!({"project": "p", "model": "m", "provider": "mock"}), 200);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let (project, config) = (text(&registered["project_id"]), text(&registered["config"]["id"]));
    let log = json!({"project": "p", "reference_id": "r", "config": model, "session_reference_id": "s"});
    let logged = server.post("/v4/logs", &log, 200);
    let (log, session) = (text(&logged["id"]), text(&logged["session_id"]));
    let rows = server.json(&format!("/v4/projects/{project}/deployed-configs"));
    let environment = text(&rows[0]["environment_id"]);
    let made = text(&server.post("/v4/projects", &json!({"name": "q"}), 201)["id"]);

    let messages = json!([{"role": "user", "content": "hi"}]);
    let (get, post, patch, delete) = (Method::GET, Method::POST, Method::PATCH, Method::DELETE);
    let calls = [
        (&post, "/chat".into(), json!({"project": "p", "model_config": model, "messages": messages}), 200),
        (&post, "/completion".into(), json!({"project": "p", "model_config": model}), 200),
        (&post, "/chat-deployed".into(), json!({"project": "p", "messages": messages}), 200),
        (&post, "/completion-deployed".into(), json!({"project": "p"}), 200),
        (
            &post,
            "/chat-model-config".into(),
            json!({"project": "p", "model_config_id": config, "messages": messages}),
            200,
        ),
        (&post, "/completion-model-config".into(), json!({"project": "p", "model_config_id": config}), 200),
        (&patch, "/logs?reference_id=r".into(), json!({"output": "x"}), 200),
        (&patch, format!("/logs/{log}"), json!({"duration": 1.0}), 200),
        (&get, format!("/logs?project_id={project}"), Value::Null, 200),
        (&get, format!("/logs/{log}"), Value::Null, 200),
        (&post, "/sessions".into(), Value::Null, 201),
        (&get, format!("/sessions?project_id={project}"), Value::Null, 200),
        (&get, format!("/sessions/{session}"), Value::Null, 200),
        (&post, "/feedback".into(), json!({"type": "rating", "value": "good", "data_id": log}), 200),
        (&get, "/projects".into(), Value::Null, 200),
        (&get, format!("/projects/{project}"), Value::Null, 200),
        (&patch, format!("/projects/{project}"), json!({"active_config_id": config}), 200),
        (&post, format!("/projects/{project}/export"), Value::Null, 200),
        (&get, format!("/projects/{project}/configs"), Value::Null, 200),
        (&get, format!("/projects/{project}/active-config"), Value::Null, 200),
        (&get, format!("/projects/{project}/active-config?environment=production"), Value::Null, 200),
        (&get, format!("/projects/{project}/deployed-configs"), Value::Null, 200),
        (&get, format!("/model-configs/{config}"), Value::Null, 200),
        (&delete, format!("/projects/{project}/active-config"), Value::Null, 200),
        (&get, format!("/projects/{project}/active-config"), Value::Null, 404),
        (&patch, format!("/projects/{project}/deploy-config"), json!({"config_id": config}), 200),
        (&delete, format!("/projects/{project}/deployed-config/{environment}"), Value::Null, 200),
        (&delete, format!("/logs?id={log}"), Value::Null, 204),
        (&get, format!("/logs/{log}"), Value::Null, 404),
        (&delete, format!("/projects/{made}"), Value::Null, 204),
        (&get, "/no-such-path".into(), Value::Null, 404),
        (&delete, "/chat".into(), Value::Null, 405),
    ];
    for (method, path, body, status) in calls {
        server.call(method.clone(), &format!("/v4{path}"), &body, status);
    }
}

#[test]
fn each_list_has_its_own_first_page_and_size() {
    let server = Server::start();
    let logs: Vec<Value> = (0..60)
        .map(|n| json!({"project": "p", "output": format!("{n}"), "config": {"type": "tool", "name": "t"}}))
        .collect();
    let project = server.post("/v4/logs", &logs.into(), 200)[0]["project_id"].as_str().unwrap().to_owned();
    for n in 0..12 {
        server.post("/v4/projects", &json!({"name": format!("other {n}")}), 201);
    }
    let export = format!("/v4/projects/{project}/export");
    for (method, path, first, size, total) in [
        (Method::GET, format!("/v4/logs?project_id={project}"), 0, 50, 60),
        (Method::GET, "/v4/projects".into(), 0, 10, 13),
        (Method::POST, export.clone(), 0, 10, 60),
        (Method::GET, format!("/v4/sessions?project_id={project}"), 1, 10, 60),
    ] {
        let page = server.call(method.clone(), &path, &Value::Null, 200);
        assert_eq!(
            (&page["page"], &page["size"], &page["total"]),
            (&json!(first), &json!(size), &json!(total)),
            "{path}"
        );
        assert_eq!(page["records"].as_array().unwrap().len(), size, "{path}");
        let join = if path.contains('?') { '&' } else { '?' };
        let beyond = server.call(method, &format!("{path}{join}page=1000"), &Value::Null, 200);
        assert_eq!((&beyond["records"], &beyond["total"]), (&json!([]), &json!(total)), "{path}");
    }
    // The newest first.
    let exported = server.call(Method::POST, &format!("{export}?size=2&page=1"), &Value::Null, 200);
    assert_eq!((&exported["records"][0]["output"], &exported["records"][1]["output"]), (&json!("57"), &json!("56")));
}

#[test]
fn samples_of_a_stream_come_apart_each_with_its_id() {
    let server = Server::start();
    let body = json!({"project": "p", "stream": true, "num_samples": 2, "messages": [{"role": "user", "content": "two words"}],
        "model_config": {"model": "m", "provider": "mock"}});
    let text = server.request(Method::POST, "/v4/chat", &[], body.to_string()).text().unwrap();
    let mut said = [String::new(), String::new()];
    let mut ids = [Vec::new(), Vec::new()];
    for event in text.lines().filter_map(|line| line.strip_prefix("data: ")) {
        let event: Value = serde_json::from_str(event).unwrap();
        let [sample] = event["data"].as_array().unwrap().as_slice() else { panic!("one item an event: {event}") };
        let index = usize::try_from(sample["index"].as_u64().unwrap()).unwrap();
        said[index].push_str(sample["output"].as_str().unwrap());
        ids[index].push(sample["id"].as_str().unwrap().to_owned());
    }
    assert_eq!(said, ["ECHO: two words", "ECHO: two words"]);
    ids.iter_mut().for_each(Vec::dedup);
    assert!(ids[0].len() == 1 && ids[1].len() == 1 && ids[0] != ids[1], "{ids:?}");
}

#[test]
fn who_watches_goes_on_from_the_last_event_after_a_break() {
    let server = Server::start();
    let log = |name: &str| json!({"project": name, "session_reference_id": "s", "reference_id": name, "output": "x"});
    let logged = server.post("/v4/logs", &log("one"), 200);
    let session = logged["session_id"].as_str().unwrap().trim_start_matches("sesh_").to_owned();
    let path = format!("/data/session/{session}/live?since=0");
    // The id of the first event, and the names of its logs.
    let first = |headers: &[(&str, &str)]| {
        let mut lines = BufReader::new(server.request(Method::GET, &path, headers, "")).lines().map(Result::unwrap);
        let mut id = String::new();
        loop {
            let line = lines.next().unwrap();
            if let Some(text) = line.strip_prefix("id: ") {
                id = text.to_owned();
            }
            let Some(data) = line.strip_prefix("data: ") else { continue };
            let data: Value = serde_json::from_str(data).unwrap();
            assert_eq!(data["upto"].to_string(), id);
            let rows = data["rows"].as_array().unwrap().clone();
            return (id, rows.iter().map(|row| row[16].as_str().unwrap().to_owned()).collect::<Vec<_>>());
        }
    };
    let (mark, names) = first(&[]);
    assert_eq!(names, ["one"]);
    server.post("/v4/logs", &log("two"), 200); // while nobody watches
    assert_eq!(first(&[("last-event-id", &mark)]).1, ["two"]);
    assert_eq!(first(&[]).1, ["one", "two"]);
}

#[test]
fn who_watches_a_session_is_told_what_its_programs_lost_and_nothing_of_others() {
    let server = Server::start();
    let process = |n: u32| json!({"id": format!("0191c0de-0000-7000-8000-00000000000{n}"), "pid": n});
    let log =
        |n: u32| json!({"project": "p", "session_reference_id": format!("s{n}"), "process": process(n), "output": "x"});
    let session = server.post("/v4/logs", &log(1), 200)["session_id"].as_str().unwrap().to_owned();
    server.post("/v4/logs", &log(2), 200);
    let session = session.trim_start_matches("sesh_");
    let mark = server.json(&format!("/data/session/{session}"))["upto"].to_string();
    for n in [2, 1] {
        let waiting = json!({"records": 5, "at": "2026-11-28T16:00:00Z"});
        let losses = json!({"process": process(n), "lost": {"queue_full": n, "refused": 1}, "waiting": waiting});
        server.post("/v4/losses", &losses, 200);
    }
    for wrong in [json!({"process": process(1), "lost": {"dog": 1}}), json!({"lost": {}}), json!([])] {
        server.post("/v4/losses", &wrong, 422);
    }
    let path = format!("/data/session/{session}/live?since={mark}");
    let lines = BufReader::new(server.request(Method::GET, &path, &[], "")).lines().map(Result::unwrap);
    let data = lines.filter_map(|line| line.strip_prefix("data: ").map(ToOwned::to_owned)).next().unwrap();
    let data: Value = serde_json::from_str(&data).unwrap();
    assert_eq!(data["rows"], json!([]));
    let told = json!([[
        process(1)["id"],
        [
            "2 records of program 1 were lost: 1, the queue was full; 1, the destination did not take it",
            "5 more of program 1 waited on its disk at 2026-11-28 16:00:00 UTC"
        ]
    ]]);
    assert_eq!(data["losses"], told);
}

#[test]
#[cfg(target_os = "linux")]
fn it_opens_the_browser_when_told_to_and_needs_little_memory() {
    use std::os::unix::fs::PermissionsExt;
    let bin = std::env::temp_dir().join(format!("humanloop-open-{}", uuid::Uuid::new_v4()));
    std::fs::create_dir_all(&bin).unwrap();
    let (opener, opened) = (bin.join("xdg-open"), bin.join("opened"));
    std::fs::write(&opener, format!("#!/bin/sh\necho \"$1\" > {0}.part && mv {0}.part {0}\n", opened.display()))
        .unwrap();
    std::fs::set_permissions(&opener, PermissionsExt::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let server = Server::with(&["--open"], &[("PATH", &path)]);
    for _ in 0..600 {
        if opened.exists() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    assert_eq!(std::fs::read_to_string(&opened).unwrap().trim(), server.url);
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.strip_suffix("kB")).unwrap();
    assert!(resident.trim().parse::<u32>().unwrap() < 50_000, "idle, it holds {resident} kB");
    std::fs::remove_dir_all(bin).unwrap();
}
