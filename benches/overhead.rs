//! What an annotated call costs its caller: `cargo bench --bench overhead`.
//!
//! Each variant is a process of its own, the variants take turns, and the medians of the rounds are compared: on a shared
//! machine the ratios of one run mean something, single times do not.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a bench that cannot run gives no figures")]

use std::hint::black_box;
use std::process::Command;
use std::time::Instant;

use humanloop::api::Entry;
use humanloop::sink::{Delivery, Sink};

const ROUNDS: usize = 9;
const CALLS: u32 = 200_000;
/// Calls of one session, and between two looks at the clock.
const SESSION: u32 = 64;

fn bare(question: &str, limit: u32) -> u32 {
    question.len() as u32 % limit.max(1)
}

#[humanloop::tool]
fn annotated(question: &str, limit: u32) -> u32 {
    question.len() as u32 % limit.max(1)
}

async fn bare_async(question: &str, limit: u32) -> u32 {
    bare(question, limit)
}

#[humanloop::tool]
async fn annotated_async(question: &str, limit: u32) -> u32 {
    question.len() as u32 % limit.max(1)
}

struct Null;

impl Sink for Null {
    fn name(&self) -> String {
        "nowhere".into()
    }
    fn deliver(&mut self, batch: &[Entry]) -> Delivery {
        black_box(batch);
        Delivery::default()
    }
}

const VARIANTS: [&str; 6] = ["sync bare", "sync off", "sync on", "async bare", "async off", "async on"];

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.iter().position(|argument| argument == "--variant") {
        Some(at) => println!("{}", nanoseconds(&arguments[at + 1])),
        None => compare(),
    }
}

/// Nanoseconds of a call, callers' side only: while the worker catches up, the clock stands.
fn nanoseconds(variant: &str) -> f64 {
    let on = variant.ends_with("on");
    let guard = on.then(|| humanloop::builder().sink(Null).quiet().init().expect("starts"));
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let question = "Which country won Eurovision?!";
    let mut spent = std::time::Duration::ZERO;
    for _ in 0..CALLS / SESSION {
        let start = Instant::now();
        humanloop::Session::new().run(|| match variant {
            "sync bare" => {
                for n in 0..SESSION {
                    black_box(bare(black_box(question), n));
                }
            }
            "sync off" | "sync on" => {
                for n in 0..SESSION {
                    black_box(annotated(black_box(question), n));
                }
            }
            "async bare" => runtime.block_on(async {
                for n in 0..SESSION {
                    black_box(bare_async(black_box(question), n).await);
                }
            }),
            _ => runtime.block_on(async {
                for n in 0..SESSION {
                    black_box(annotated_async(black_box(question), n).await);
                }
            }),
        });
        spent += start.elapsed();
        if let Some(guard) = guard.as_ref().filter(|guard| guard.stats().logs % 16_384 == 0) {
            assert!(guard.flush(std::time::Duration::from_secs(60)).complete);
        }
    }
    if let Some(guard) = &guard {
        assert_eq!(guard.stats().lost, 0, "the figure holds only when nothing is lost");
    }
    spent.as_nanos() as f64 / f64::from(CALLS)
}

fn compare() {
    let this = std::env::current_exe().expect("a path");
    let mut times = vec![Vec::new(); VARIANTS.len()];
    for _ in 0..ROUNDS {
        for (variant, times) in VARIANTS.iter().zip(&mut times) {
            let output = Command::new(&this).args(["--variant", variant]).output().expect("runs");
            let text = String::from_utf8_lossy(&output.stdout);
            times.push(text.trim().parse::<f64>().unwrap_or_else(|_| panic!("{variant}: {output:?}")));
        }
    }
    println!("{:<12} {:>10} {:>10}", "variant", "ns a call", "added");
    let mut base = 0.0;
    for (variant, times) in VARIANTS.iter().zip(&mut times) {
        times.sort_by(f64::total_cmp);
        let median = times[ROUNDS / 2];
        if variant.ends_with("bare") {
            base = median;
        }
        println!("{variant:<12} {median:>10.1} {:>10.1}", median - base);
    }
}
