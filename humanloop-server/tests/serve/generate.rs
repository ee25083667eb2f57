//! Generating calls, answered by the provider `mock`, and what is kept of projects and configs.

use reqwest::Method;
use serde_json::{Value, json};

use crate::server::Server;

fn chat(more: Value) -> Value {
    let mut call = json!({"project": "p", "messages": [{"role": "user", "content": "two words"}], "provider_api_keys": {"openai": "sk-secret"},
        "model_config": {"model": "m", "provider": "mock", "chat_template": [{"role": "system", "content": "{{tone}} {{gone}}"}]},
        "inputs": {"tone": "dry"}});
    call.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    call
}

#[test]
fn a_chat_is_answered_and_logged() {
    let server = Server::start();
    let answer = server.post("/v4/chat", &chat(json!({"session_reference_id": "s", "num_samples": 2})), 200);
    let sample = &answer["data"][1];
    assert_eq!((&sample["output"], &sample["index"]), (&json!("ECHO: two words"), &json!(1)));
    assert_eq!(sample["messages"][0]["content"], "dry {{gone}}");
    assert_eq!(sample["output_message"]["role"], "assistant");
    assert_eq!(answer["usage"]["total_tokens"], 10, "{answer}");
    let logs = server.json("/v4/logs?session_reference_id=s");
    assert_eq!(logs["total"], 2);
    let log = server.json(&format!("/v4/logs/{}", answer["data"][0]["id"].as_str().unwrap()));
    assert_eq!(
        (&log["output"], &log["outcome"], &log["finish_reason"]),
        (&json!("ECHO: two words"), &json!("ok"), &json!("stop"))
    );
    assert_eq!(log["config_id"], answer["data"][0]["model_config_id"]);
    assert_eq!((&log["config"]["max_tokens"], &log["config"]["endpoint"]), (&json!(-1), &json!("chat")));
    assert!(!log.to_string().contains("sk-secret"));
}

#[test]
fn a_stream_is_one_answer_in_small_an_event() {
    let server = Server::start();
    for path in ["/v4/chat", "/v4/completion"] {
        let body = match path {
            "/v4/chat" => chat(json!({"stream": true})),
            _ => json!({"project": "p", "stream": true, "inputs": {"q": "two words"},
                        "model_config": {"model": "m", "provider": "mock", "prompt_template": "{{q}}"}}),
        };
        let response = server.request(Method::POST, path, &[("accept", "application/json")], body.to_string());
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let text = response.text().unwrap();
        let events: Vec<Value> = text
            .lines()
            .filter_map(|line| line.strip_prefix("data: "))
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let said: String = events.iter().map(|event| event["data"][0]["output"].as_str().unwrap()).collect();
        assert_eq!(said, "ECHO: two words");
        let (last, others) = events.split_last().unwrap();
        assert_eq!(last["data"][0]["finish_reason"], "stop");
        assert!(others.iter().all(|event| event["data"][0]["finish_reason"].is_null()));
        let id = last["data"][0]["id"].as_str().unwrap();
        assert!(events.iter().all(|event| event["data"][0]["id"] == id));
        let log = server.json(&format!("/v4/logs/{id}"));
        assert_eq!((&log["output"], &log["outcome"]), (&json!("ECHO: two words"), &json!("ok")), "{log}");
    }
}

#[test]
fn calls_that_do_not_fit_are_refused() {
    let server = Server::start();
    let mut without = chat(json!({}));
    without.as_object_mut().unwrap().remove("messages");
    for (body, place) in [
        (chat(json!({"projekt": "x"})), json!(["body", "projekt"])),
        (chat(json!({"model_config": {"model": "m", "temprature": 1}})), json!(["body", "model_config", "temprature"])),
        (
            chat(json!({"model_config": {"model": "m", "max_tokens": "5"}})),
            json!(["body", "model_config", "max_tokens"]),
        ),
        (chat(json!({"num_samples": 0})), json!(["body", "num_samples"])),
        (without, json!(["body", "messages"])),
    ] {
        let refusal = server.post("/v4/chat", &body, 422);
        assert_eq!(refusal["detail"][0]["loc"], place, "{refusal}");
    }
    let refusal = server.post("/v4/chat", &chat(json!({"provider_api_keys": {}, "model_config": {"model": "m"}})), 422);
    assert!(refusal["detail"]["message"].as_str().unwrap().contains("OPENAI_API_KEY"), "{refusal}");
    server.post("/v4/chat", &chat(json!({"session_id": "sesh_nobody"})), 404);
}

#[test]
fn nothing_that_was_said_is_kept_when_it_is_not_to_be_saved() {
    let server = Server::start();
    let answer = server.post("/v4/chat", &chat(json!({"save": false})), 200);
    assert_eq!(answer["data"][0]["output"], "ECHO: two words");
    let log = server.json(&format!("/v4/logs/{}", answer["data"][0]["id"].as_str().unwrap()));
    assert_eq!((&log["save"], &log["outcome"]), (&json!(false), &json!("ok")));
    assert!(!log.to_string().contains("two words"), "{log}");
}

#[test]
fn configs_are_registered_deployed_and_called() {
    let server = Server::start();
    let config = json!({"project": "shop", "model": "m", "provider": "mock", "endpoint": "chat", "temperature": 0.5});
    let registered = server.post("/v4/model-configs", &config, 200);
    let id = registered["config"]["id"].as_str().unwrap().to_owned();
    assert_eq!(server.post("/v4/model-configs", &config, 200)["config"]["id"], id);
    let project = registered["project_id"].as_str().unwrap();
    assert_eq!(server.json(&format!("/v4/model-configs/{id}"))["temperature"], 0.5);

    let active = server.json(&format!("/v4/projects/{project}/active-config"));
    assert_eq!(active["config"]["id"], id);
    let call = |more: Value| {
        let mut call = json!({"project": "shop", "messages": [{"role": "user", "content": "hi"}]});
        call.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        call
    };
    for (path, more) in [
        ("/v4/chat-deployed", json!({})),
        ("/v4/chat-deployed", json!({"environment": "production"})),
        ("/v4/chat-model-config", json!({"model_config_id": id})),
    ] {
        let answer = server.post(path, &call(more), 200);
        assert_eq!(
            (&answer["data"][0]["output"], &answer["data"][0]["model_config_id"]),
            (&json!("ECHO: hi"), &json!(id))
        );
    }
    server.post("/v4/chat-model-config", &call(json!({})), 422);
    server.post("/v4/chat-deployed", &call(json!({"environment": "moon"})), 404);

    let rows = server.json(&format!("/v4/projects/{project}/deployed-configs"));
    assert_eq!((&rows[0]["environment_tag"], &rows[0]["model_config_id"]), (&json!("default"), &json!(id)));
    let environment = rows[0]["environment_id"].as_str().unwrap();
    let path = format!("/v4/projects/{project}/deployed-config/{environment}");
    server.call(Method::DELETE, &path, &Value::Null, 200);
    server.call(Method::DELETE, &path, &Value::Null, 404);
    server.post("/v4/chat-deployed", &call(json!({})), 404);
    let order = json!({"config_id": id, "environments": [{"id": environment}]});
    let deployed = server.call(Method::PATCH, &format!("/v4/projects/{project}/deploy-config"), &order, 200);
    assert_eq!(deployed[0]["model_config_id"], id);
    assert_eq!(server.json(&format!("/v4/projects/{project}/configs"))[0]["num_datapoints"], 3);
}

#[test]
fn projects_are_made_listed_renamed_exported_and_deleted() {
    let server = Server::start();
    let made = server.post("/v4/projects", &json!({"name": "Alpha"}), 201);
    server.post("/v4/projects", &json!({"name": "Alpha"}), 409);
    server.post("/v4/projects", &json!({"name": "beta"}), 201);
    server.post("/v4/logs", &json!({"project": "beta", "output": "x", "config": {"type": "tool", "name": "t"}}), 200);
    let listed = server.json("/v4/projects?sort_by=name&order=asc&filter=ALPH");
    assert_eq!((&listed["total"], &listed["records"][0]["id"]), (&json!(1), &made["id"]));
    assert_eq!(listed["records"][0]["feedback_types"][0]["type"], "rating");
    let path = format!("/v4/projects/{}", made["id"].as_str().unwrap());
    assert_eq!(server.call(Method::PATCH, &path, &json!({"name": "gamma"}), 200)["name"], "gamma");
    server.call(Method::PATCH, &path, &json!({"name": "beta"}), 409);
    let beta = server.json("/v4/projects?filter=beta")["records"][0]["id"].as_str().unwrap().to_owned();
    let exported = server.call(Method::POST, &format!("/v4/projects/{beta}/export"), &Value::Null, 200);
    assert_eq!((&exported["total"], &exported["records"][0]["output"]), (&json!(1), &json!("x")));
    server.call(Method::DELETE, &path, &Value::Null, 204);
    server.call(Method::GET, &path, &Value::Null, 404);
}
