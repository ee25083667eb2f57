//! A server that is killed while clients write at full rate.

use std::sync::Mutex;
use std::time::Duration;

use humanloop_store::Reader;
use reqwest::blocking::Client;
use serde_json::{Value, json};

use crate::server::{Server, command};

const ROUNDS: u32 = 20;
const CLIENTS: usize = 4;

#[test]
fn a_server_that_is_killed_twenty_times_has_every_log_that_it_answered_for() {
    let folder = std::env::temp_dir().join(format!("humanloop-killed-{}", uuid::Uuid::new_v4()));
    std::fs::create_dir_all(&folder).unwrap();
    let db = folder.join("store.db");
    let answered = Mutex::new(Vec::new());
    for round in 0..ROUNDS {
        let server = Server::with(&["--db", db.to_str().unwrap()], &[]);
        std::thread::scope(|scope| {
            for client in 0..CLIENTS {
                let (url, answered) = (format!("{}/v4/logs", server.url), &answered);
                scope.spawn(move || post_until_it_is_gone(&url, &format!("{round} {client}"), answered));
            }
            // Another place in the work each time.
            std::thread::sleep(Duration::from_millis(60 + 17 * u64::from(round)));
            drop(server); // kills it
        });
    }
    let answered = answered.into_inner().unwrap();
    let reader = Reader::open(&db).unwrap();
    let lost: Vec<&String> =
        answered.iter().filter(|name| reader.log(humanloop_api::id::of_reference(name)).unwrap().is_none()).collect();
    assert!(lost.is_empty(), "{} of {} logs are lost, such as {:?}", lost.len(), answered.len(), lost[0]);
    assert!(answered.len() > 100 * ROUNDS as usize, "only {} logs were written", answered.len());
    let doctor = command(&folder).args(["doctor", "--db"]).arg(&db).output().unwrap();
    assert!(doctor.status.success(), "{doctor:?}");
    let _ = std::fs::remove_dir_all(folder);
}

/// Posts lists of logs, and keeps the names of those that the server answered for.
fn post_until_it_is_gone(url: &str, who: &str, answered: &Mutex<Vec<String>>) {
    let client = Client::builder().no_proxy().build().unwrap();
    for list in 0.. {
        let names: Vec<String> = (0..20).map(|n| format!("{who} {list} {n}")).collect();
        let body: Value = names
            .iter()
            .map(|name| json!({"project": "p", "session_reference_id": who, "reference_id": name, "output": "a result ".repeat(40), "config": {"type": "tool", "name": "t"}}))
            .collect();
        let Ok(response) = client.post(url).body(body.to_string()).send() else { return };
        if response.status().is_success() && response.text().is_ok() {
            answered.lock().unwrap().extend(names);
        }
    }
}
