//! Wrong settings, wrong places: what a user is told. The host's functions run all the same.

use std::time::Duration;

use humanloop::Memory;

#[humanloop::tool]
fn double(n: u32) -> u32 {
    2 * n
}

fn told(builder: humanloop::Builder) -> String {
    builder.quiet().start().map(|_| ()).unwrap_err().to_string()
}

fn temporary(name: &str) -> std::path::PathBuf {
    std::env::temp_dir().join(format!("humanloop-{name}-{}", std::process::id()))
}

#[test]
fn a_second_init_is_refused_until_the_first_ends() {
    let memory = Memory::new().unwrap();
    let start = || humanloop::builder().memory(&memory).quiet().init();
    let first = start().unwrap();
    let refused = start().unwrap_err().to_string();
    assert_eq!(
        refused,
        "humanloop is running already: call `init` once, at the start of `main`, and keep its guard; libraries never call it"
    );
    assert_eq!(double(1), 2);
    drop(first);
    drop(start().unwrap());
}

#[test]
fn a_file_that_is_no_store_is_left_alone() {
    let path = temporary("text.db");
    std::fs::write(
        &path,
        "my shopping list, which is longer than a page header of SQLite would be, so that it is read",
    )
    .unwrap();
    let told = told(humanloop::builder().local(&path));
    assert!(told.contains(&path.display().to_string()), "{told}");
    assert!(std::fs::read_to_string(&path).unwrap().starts_with("my shopping list"));
    std::fs::remove_file(path).unwrap();
}

#[test]
fn a_wrong_address_is_refused_at_the_start() {
    for (address, part) in [("nonsense", "nonsense"), ("ftp://127.0.0.1/", "http"), ("", "HUMANLOOP_BASE_URL")] {
        let told = told(humanloop::builder().http(address, None));
        assert!(told.contains("HUMANLOOP_BASE_URL") && told.contains(part), "{address}: {told}");
    }
}

#[test]
fn an_address_elsewhere_needs_a_key() {
    let told = told(humanloop::builder().http("https://logs.example.com", None));
    assert!(told.starts_with("HUMANLOOP_API_KEY is not set"), "{told}");
}

#[test]
fn what_an_address_where_nobody_answers_does_not_take_waits_on_disk() {
    // A port that was free a moment ago: nobody listens there.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let spool = temporary("spool");
    let builder = humanloop::builder().http(format!("http://127.0.0.1:{port}"), None).spool(&spool);
    let guard = builder.quiet().start().unwrap();
    assert_eq!(guard.run(|| double(21)), 42);
    let flushed = guard.flush(Duration::from_secs(30));
    assert!(flushed.complete);
    assert_eq!((flushed.stats.logs, flushed.spooled, flushed.dropped), (1, 1, 0));
    drop(guard);
    std::fs::remove_dir_all(spool).unwrap();
}

#[test]
fn two_programs_write_to_one_store() {
    let folder = temporary("shared");
    let path = folder.join("logs.db");
    let start = || humanloop::builder().local(&path).quiet().start().unwrap();
    let (a, b) = (start(), start());
    std::thread::scope(|threads| {
        for guard in [&a, &b] {
            threads.spawn(|| guard.run(|| (0..500).map(double).sum::<u32>()));
        }
    });
    assert_eq!((a.flush(Duration::from_secs(30)).stats.lost, b.flush(Duration::from_secs(30)).stats.lost), (0, 0));
    drop((a, b));
    let store = humanloop::store::Store::open_existing(&path).unwrap();
    assert_eq!(store.sessions(10_000, None).unwrap().len(), 1000);
    drop(store);
    std::fs::remove_dir_all(folder).unwrap();
}
