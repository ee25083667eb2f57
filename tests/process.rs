//! How a program ends: whatever way its `main` takes, and whatever signal comes, its logs are delivered.
//!
//! Each part is played by a process of its own, which is this program once more.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use humanloop::Error;
use humanloop::api::Outcome;
use humanloop::store::Store;

const PART: &str = "HUMANLOOP_TEST_PART";

fn main() -> Result<(), Error> {
    match std::env::var(PART).as_deref() {
        Ok("waits for a signal") => waits_for_a_signal(),
        Ok("has dropped its guard") => has_dropped_its_guard(),
        Ok("listens to events") => listens_to_events(),
        Ok(part) => {
            let _humanloop = humanloop::init()?;
            agent(part)
        }
        Err(_) => {
            test();
            Ok(())
        }
    }
}

#[humanloop::tool]
fn step(n: u32) -> u32 {
    n
}

#[humanloop::flow]
fn agent(part: &str) -> Result<(), Error> {
    (0..10).for_each(|n| assert_eq!(step(n), n));
    match part {
        "returns an error" => Err(Error::NoRuntime { call: "agent" }),
        "panics" => panic!("the end"),
        _ => Ok(()),
    }
}

#[cfg_attr(not(unix), expect(dead_code, reason = "signals are of Unix"))]
#[humanloop::flow]
fn waiting() -> Result<(), Error> {
    (0..10).for_each(|n| assert_eq!(step(n), n));
    println!("ready");
    loop {
        std::thread::park();
    }
}

fn waits_for_a_signal() -> Result<(), Error> {
    let _humanloop = humanloop::builder().shutdown_on_signals().shutdown_timeout(Duration::from_secs(600)).init()?;
    waiting()
}

fn has_dropped_its_guard() -> Result<(), Error> {
    drop(humanloop::builder().shutdown_on_signals().init()?);
    waiting()
}

/// Keeps the messages of this crate's events, and loses its temper over each.
struct Listener(std::sync::Arc<std::sync::Mutex<Vec<String>>>);

impl tracing::Subscriber for Listener {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target() == "humanloop"
    }
    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        struct Message(String);
        impl tracing::field::Visit for Message {
            fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
                if field.name() == "message" {
                    self.0 = format!("{value:?}");
                }
            }
        }
        let mut message = Message(String::new());
        event.record(&mut message);
        self.0.lock().unwrap().push(message.0);
        step(1); // not recorded
        panic!("a subscriber that panics");
    }
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

/// Not there, then there again, then unwilling.
struct Moody(u32);

impl humanloop::sink::Sink for Moody {
    fn name(&self) -> String {
        "moody".into()
    }
    fn deliver(&mut self, batch: &[humanloop::api::Entry]) -> humanloop::sink::Delivery {
        use humanloop::sink::Delivery;
        self.0 += 1;
        match self.0 {
            1 => Delivery::all_later(batch, "not now"),
            2 => Delivery::default(),
            _ => Delivery { lost: (0..batch.len()).collect(), ..Delivery::default() },
        }
    }
}

fn listens_to_events() -> Result<(), Error> {
    std::panic::set_hook(Box::new(|_| ()));
    let heard = std::sync::Arc::<std::sync::Mutex<Vec<String>>>::default();
    tracing::subscriber::set_global_default(Listener(heard.clone())).unwrap();
    let guard = humanloop::builder().sink(Moody(0)).quiet().init()?;
    for _ in 0..2 {
        step(1);
        let deadline = Instant::now() + Duration::from_secs(60);
        while guard.flush(Duration::from_secs(1)).stats.waiting() > 0 {
            assert!(Instant::now() < deadline);
        }
    }
    assert_eq!(guard.shutdown(Duration::from_secs(60)).stats.logs, 2);
    assert_eq!(*heard.lock().unwrap(), ["the destination takes logs again", "logs are lost"]);
    heard.lock().unwrap().clear();

    // Nobody listens at this address, so its logs go to disk.
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let guard = humanloop::builder().http(format!("http://{address}"), None).quiet().init()?;
    step(1);
    guard.flush(Duration::from_secs(60));
    assert_eq!(guard.shutdown(Duration::from_secs(60)).spooled, 1);
    assert_eq!(*heard.lock().unwrap(), ["logs wait on disk until their destination takes them"]);
    Ok(())
}

fn test() {
    whatever_way_main_ends_what_it_logged_is_delivered();
    events_tell_a_subscriber_of_losses_and_of_the_way_back();
    #[cfg(unix)]
    {
        signals::a_signal_delivers_and_ends_the_program_as_ever();
        signals::without_a_server_a_signal_leaves_all_on_disk();
        signals::a_second_signal_does_not_wait();
        signals::after_the_guard_a_signal_ends_the_program_at_once();
    }
}

/// A process of that part, in a folder of its own.
struct Part {
    child: Child,
    folder: PathBuf,
}

impl Part {
    fn play(part: &str, base_url: Option<&str>) -> Self {
        static NUMBER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("humanloop-process-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let mut command = Command::new(std::env::current_exe().unwrap());
        for name in ["HUMANLOOP_DB", "HUMANLOOP_BASE_URL", "HUMANLOOP_SPOOL", "HUMANLOOP_QUIET", "HUMANLOOP_DISABLED"] {
            command.env_remove(name);
        }
        command.envs(base_url.map(|url| ("HUMANLOOP_BASE_URL", url)));
        command.env(PART, part).current_dir(&folder);
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        Self { child, folder }
    }

    /// Its exit status, and what it said on stderr.
    fn end(mut self) -> (std::process::ExitStatus, String, PathBuf) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while self.child.try_wait().unwrap().is_none() {
            if Instant::now() > deadline {
                self.child.kill().unwrap();
                panic!("it did not end");
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let output = self.child.wait_with_output().unwrap();
        (output.status, String::from_utf8(output.stderr).unwrap(), self.folder)
    }
}

/// Outcomes of the calls of the only session in a folder's store.
fn outcomes(folder: &Path) -> Vec<Outcome> {
    let store = Store::open_existing(&folder.join(".humanloop/humanloop.db")).unwrap();
    let session = store.latest_session().unwrap().unwrap();
    store.logs(session.id).unwrap().iter().map(humanloop::api::Log::outcome).collect()
}

fn whatever_way_main_ends_what_it_logged_is_delivered() {
    for (part, code, outcome) in
        [("returns", 0, Outcome::Ok), ("returns an error", 1, Outcome::Failed), ("panics", 101, Outcome::Panicked)]
    {
        let (status, stderr, folder) = Part::play(part, None).end();
        assert_eq!(status.code(), Some(code), "{part}: {stderr}");
        let failed = u32::from(outcome != Outcome::Ok);
        assert!(stderr.contains(&format!("humanloop: 11 logs, {failed} failed, 0 lost")), "{part}: {stderr}");
        let outcomes = outcomes(&folder);
        assert_eq!((outcomes.len(), outcomes[0]), (11, outcome), "{part}");
        assert!(outcomes[1..].iter().all(|outcome| *outcome == Outcome::Ok));
        std::fs::remove_dir_all(folder).unwrap();
    }
}

fn events_tell_a_subscriber_of_losses_and_of_the_way_back() {
    let (status, stderr, folder) = Part::play("listens to events", None).end();
    assert!(status.success(), "{stderr}");
    std::fs::remove_dir_all(folder).unwrap();
}

#[cfg(unix)]
mod signals {
    use std::io::{BufRead as _, BufReader};
    use std::net::TcpListener;
    use std::os::unix::process::ExitStatusExt;

    use super::*;

    impl Part {
        /// Waits until it has made its calls.
        fn ready(mut self) -> Self {
            let mut line = String::new();
            BufReader::new(self.child.stdout.take().unwrap()).read_line(&mut line).unwrap();
            assert_eq!(line, "ready\n");
            self
        }

        fn signal(&self, name: &str) {
            let kill = format!("kill -{name} {}", self.child.id());
            assert!(Command::new("sh").args(["-c", &kill]).stderr(Stdio::null()).status().is_ok());
        }
    }

    pub(super) fn a_signal_delivers_and_ends_the_program_as_ever() {
        for (name, number) in [("TERM", 15), ("INT", 2)] {
            let part = Part::play("waits for a signal", None).ready();
            part.signal(name);
            let (status, stderr, folder) = part.end();
            assert_eq!(status.signal(), Some(number), "{stderr}");
            assert!(stderr.contains("humanloop: 11 logs, 0 failed, 1 not ended, 0 lost"), "{stderr}");
            let outcomes = outcomes(&folder);
            assert_eq!((outcomes.len(), outcomes[0]), (11, Outcome::Interrupted));
            std::fs::remove_dir_all(folder).unwrap();
        }
    }

    pub(super) fn without_a_server_a_signal_leaves_all_on_disk() {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let part = Part::play("waits for a signal", Some(&format!("http://{address}"))).ready();
        part.signal("TERM");
        let (status, stderr, folder) = part.end();
        assert_eq!(status.signal(), Some(15), "{stderr}");
        assert!(stderr.contains("1 not ended, 10 on disk for the next start, 0 lost"), "{stderr}");
        std::fs::remove_dir_all(folder).unwrap();
    }

    pub(super) fn a_second_signal_does_not_wait() {
        // It takes connections and says nothing.
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", silent.local_addr().unwrap());
        let mut part = Part::play("waits for a signal", Some(&url)).ready();
        let mut connection = silent.accept().unwrap();
        std::io::Read::read_exact(&mut connection.0, &mut [0]).unwrap(); // the request is on its way
        let deadline = Instant::now() + Duration::from_secs(60);
        while part.child.try_wait().unwrap().is_none() && Instant::now() < deadline {
            part.signal("TERM");
            std::thread::sleep(Duration::from_millis(20));
        }
        let (status, stderr, folder) = part.end();
        assert_eq!(status.signal(), Some(15));
        assert!(!stderr.contains("humanloop: 11 logs"), "it waited: {stderr}");
        std::fs::remove_dir_all(folder).unwrap();
    }

    pub(super) fn after_the_guard_a_signal_ends_the_program_at_once() {
        let part = Part::play("has dropped its guard", None).ready();
        part.signal("TERM");
        let (status, stderr, folder) = part.end();
        assert_eq!((status.signal(), stderr.matches("humanloop:").count()), (Some(15), 1), "{stderr}");
        std::fs::remove_dir_all(folder).unwrap();
    }
}
