//! What a recorded call costs: `cargo bench -p humanloop-compare`, about two minutes.
//!
//! Each variant is a process of its own, the variants take turns, and the medians of the rounds are compared. A variant
//! makes sessions of 64 calls, in one thread and in two; the clock runs while the callers call, and not while what they
//! made is delivered. It is the clock of the thread's time on a processor, so that other programs do not count; neither does
//! the work of the threads behind it. Every record has to arrive, or there are no figures. Ratios of one run mean something,
//! single times depend on the machine.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a bench that cannot run gives no figures")]

mod delivery;
mod functions;
mod server;
mod sessions;
mod variants;

use std::time::Duration;

use humanloop_compare::{Figures, take_turns};

use crate::functions::Data;
use crate::sessions::{CALLS, Session};
use crate::variants::Variant;

const VARIABLE: &str = "HUMANLOOP_COMPARE";
const SERVER: &str = "HUMANLOOP_COMPARE_SERVER";
const ROUNDS: usize = 5;
/// Sessions with arguments of 4 KiB.
const LONG: u32 = 16;

fn main() {
    let server = std::env::var(SERVER).unwrap_or_default();
    match std::env::var(VARIABLE) {
        Ok(name) if delivery::NAMES.contains(&&*name) => delivery::measure(&name, &server),
        Ok(name) => measure(&name, &server),
        // `cargo test --benches` runs it, too.
        Err(_) if std::env::args().any(|argument| argument == "--bench") => compare(),
        Err(_) => println!("the figures come with `cargo bench -p humanloop-compare`"),
    }
}

/// Prints nanoseconds of a call of each kind, on the caller's side.
fn measure(name: &str, server: &str) {
    let Variant { sessions, count, drain, arrived } = Variant::new(name, server);
    let data = Data::new();
    let mut made = 0;
    for threads in [1, 2] {
        for (way, sync) in ["sync", "async"].into_iter().enumerate() {
            for (argument, ways) in &sessions {
                // Of the long ones each variant makes 4 MiB in one go: much more, and it is the system's memory that is measured.
                let count = if *argument == "4 KiB" { LONG / threads } else { count };
                run(ways[way], threads, 8, &data);
                drain();
                let spent = run(ways[way], threads, count, &data);
                drain();
                let calls = u64::from(threads * CALLS * count);
                made += calls + u64::from(threads * CALLS * 8);
                println!("{sync} {argument} {threads} = {}", spent.as_nanos() as f64 / calls as f64);
            }
        }
    }
    if let Some(arrived) = arrived() {
        println!("arrived = {}", arrived as f64 / made as f64);
    }
}

/// Runs `count` sessions in each of the threads; the time that all of them took.
fn run(session: Session, threads: u32, count: u32, data: &Data) -> Duration {
    let barrier = &std::sync::Barrier::new(threads as usize);
    let run = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        session(data, &runtime); // what a thread makes once is made now
        barrier.wait();
        let start = on_processor();
        for _ in 1..count {
            session(data, &runtime);
        }
        (on_processor() - start) * count / (count - 1)
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).sum()
    })
}

/// How long this thread was on a processor so far.
fn on_processor() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn compare() {
    let server = server::start();
    let figures = take_turns(VARIABLE, (SERVER, &server), &variants::NAMES, ROUNDS).unwrap();
    calls(&figures);
    let figures = take_turns(VARIABLE, (SERVER, &server), &delivery::NAMES, 3).unwrap();
    println!("\n{:<36}{:>12}{:>12}", "delivery", "store", "HTTP");
    for (name, number) in &figures[0] {
        println!("{name:<36}{number:>12.1}{:>12.1}", figures[1].get(name).copied().unwrap_or(f64::NAN));
    }
}

/// The table of what a call costs its caller.
fn calls(figures: &[Figures]) {
    println!("nanoseconds that a call costs its caller beyond the bare call; ratios of the column `null`\n");
    print!("{:<16}", "call");
    variants::NAMES.iter().for_each(|name| print!("{name:>14}"));
    println!("{:>14}{:>14}", "/ fastrace", "/ otel");
    for threads in [1, 2] {
        for sync in ["sync", "async"] {
            for argument in ["text", "struct", "4 KiB"] {
                let name = format!("{sync} {argument} {threads}");
                let of = |variant: usize| figures[variant].get(&name).copied().unwrap_or(f64::NAN);
                let added = |variant| of(variant) - of(0);
                print!("{name:<16}{:>14.1}", of(0));
                (1..figures.len()).for_each(|variant| print!("{:>14.1}", added(variant)));
                println!("{:>14.3}{:>14.3}", added(2) / added(6), added(2) / added(7));
            }
        }
    }
    print!("{:<16}", "arrived");
    for figures in figures {
        let arrived = figures.get("arrived").map_or("".into(), |part| format!("{:.2} %", 100.0 * part));
        print!("{arrived:>14}");
    }
    println!();
}
