//! A program that is killed, and what is left of it.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use humanloop::api::Outcome;
use humanloop::store::Store;

/// Set in the program that is to be killed, which is this test once more.
const VICTIM: &str = "HUMANLOOP_TEST_VICTIM";

#[humanloop::tool]
fn step(n: u32) -> u32 {
    n
}

#[humanloop::flow]
fn agent() {
    step(1);
    step(2);
    std::thread::sleep(Duration::from_secs(60));
}

#[test]
fn after_a_kill_what_ran_is_there_and_the_agent_is_interrupted() {
    if std::env::var_os(VICTIM).is_some() {
        let _humanloop = humanloop::init().unwrap();
        return agent();
    }
    let folder = std::env::temp_dir().join(format!("humanloop-interrupted-{}", std::process::id()));
    let db = folder.join("logs.db");
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "interrupted::after_a_kill_what_ran_is_there_and_the_agent_is_interrupted"])
        .env(VICTIM, "1")
        .env("HUMANLOOP_DB", &db)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();

    let deadline = Instant::now() + Duration::from_secs(30);
    let outcomes = || {
        let store = Store::open_existing(&db).ok()?;
        let session = store.latest_session().ok()??;
        let logs = store.logs(session.id).ok()?;
        Some(logs.iter().map(humanloop::api::Log::outcome).collect::<Vec<_>>())
    };
    while outcomes() != Some(vec![Outcome::Running, Outcome::Ok, Outcome::Ok]) {
        assert!(Instant::now() < deadline, "the logs never came: {:?}", outcomes());
        std::thread::sleep(Duration::from_millis(20));
    }
    victim.kill().unwrap();
    victim.wait().unwrap();

    assert_eq!(outcomes(), Some(vec![Outcome::Interrupted, Outcome::Ok, Outcome::Ok]));
    std::fs::remove_dir_all(folder).unwrap();
}
