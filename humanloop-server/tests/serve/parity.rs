//! A program's sessions are the same, to the field, in the embedded store and behind `HUMANLOOP_BASE_URL`.

use std::time::Duration;

use humanloop::api::{Feedback, Log, ToolConfig};
use humanloop::provider::{Mock, Provider, Response};
use humanloop::store::Reader;
use humanloop::{Chat, Humanloop, Message, Session};
use serde_json::{Value, json};

use crate::server::Server;

#[humanloop::tool(name = "Look up", metadata(unit = "°C"))]
async fn look_up(city: &str, days: u8) -> Result<Vec<f64>, String> {
    if city == "Atlantis" { Err(format!("{city} is under water")) } else { Ok(vec![1.5; usize::from(days)]) }
}

#[humanloop::prompt(skip(provider), model = "m", temperature = 0.5, template = "Weather of {{city}}: {{found}}")]
async fn answer(provider: &dyn Provider, city: &str, found: &str) -> Result<Response, humanloop::Error> {
    provider.generate(humanloop::current_prompt().into()).await
}

#[humanloop::flow]
async fn agent(city: &str) -> Result<String, String> {
    let found = look_up(city, 2).await?;
    let text = answer(&Mock::new(), city, &format!("{found:?}")).await.map_err(|error| error.to_string())?;
    Ok(text.text().to_owned())
}

async fn program(session: &Session) {
    let explicit = async {
        let humanloop = Humanloop::new().unwrap();
        let logged = humanloop
            .log(humanloop::Log::new(ToolConfig::new("by hand")).inputs([("q", "x")]).output("y"))
            .await
            .unwrap();
        humanloop.feedback(logged, Feedback::new("rating", "good")).await.unwrap();
        let chat = Chat::new("m").project("chats").messages([Message::user("hi")]);
        humanloop.chat(chat).await.unwrap();
    };
    session
        .scope(async {
            agent("Oslo").await.unwrap();
            agent("Atlantis").await.unwrap_err();
            explicit.await;
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_embedded_store_and_the_server_hold_the_same() {
    let server = tokio::task::block_in_place(Server::start);
    let path = server.folder.join("embedded.db");
    let http = format!("{}/v4", server.url);
    let guard = humanloop::builder().local(&path).http(http, None).provider(Mock::new()).quiet().start().unwrap();
    let session = Session::with_reference_id("both");
    guard.scope(program(&session)).await;
    let flushed = tokio::task::block_in_place(|| guard.flush(Duration::from_secs(60)));
    assert!(flushed.complete && flushed.stats.lost == 0, "{flushed:?}");

    let logs = |path| -> Vec<Log> { Reader::open(path).unwrap().logs(session.id()).unwrap() };
    let (embedded, served) = (logs(&path), logs(&server.folder.join(".humanloop/humanloop.db")));
    assert_eq!(embedded.len(), 7, "{embedded:#?}");
    for (embedded, served) in embedded.iter().zip(&served) {
        assert_eq!(json(embedded), json(served));
    }
    assert_eq!(embedded, served);
    let page = tokio::task::block_in_place(|| server.json("/v4/logs?session_reference_id=both"));
    assert_eq!(page["total"], 7);
    let record = page["records"].as_array().unwrap().iter().find(|record| record["error"].is_string()).unwrap().clone();
    assert!(record["error"].as_str().unwrap().contains("Atlantis is under water"));

    fn json(log: &Log) -> Value {
        json!(log)
    }
}

#[humanloop::tool]
fn step(number: u32) -> String {
    "x".repeat(usize::try_from(number % 200).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_program_lost_and_what_it_leaves_out_is_told_to_the_store_and_to_the_server() {
    let server = tokio::task::block_in_place(Server::start);
    let path = server.folder.join("embedded.db");
    let http = format!("{}/v4", server.url);
    let part = 1.0 - 1e-9; // all but one in a thousand million sessions
    let guard =
        humanloop::builder().local(&path).http(http, None).queue_bytes(8000).sample(part).quiet().start().unwrap();
    let session = Session::with_reference_id("lossy");
    let steps = session.scope(async { (0..500).map(step).map(|text| text.len()).sum::<usize>() });
    guard.scope(steps).await;
    let flushed = tokio::task::block_in_place(|| guard.shutdown(Duration::from_secs(60)));
    let lost = flushed.stats.dropped.queue_full;
    assert!(lost > 0 && lost == flushed.stats.lost && flushed.stats.delivered > 0, "{flushed:?}");

    let losses = |path| Reader::open(path).unwrap().losses(session.id()).unwrap();
    let embedded = losses(&path);
    assert_eq!(embedded, losses(&server.folder.join(".humanloop/humanloop.db")));
    assert_eq!(
        embedded.iter().map(|losses| (losses.records(), losses.sample)).collect::<Vec<_>>(),
        [(lost, Some(part))]
    );
    let tree = tokio::task::block_in_place(|| server.json("/data/session/lossy"));
    let said = tree["losses"][0][1].to_string();
    assert!(said.contains(&format!("{lost} records of program {}", std::process::id())), "{said}");
    assert!(said.contains("the queue was full") && said.contains("records 100 % of its sessions"), "{said}");
}
