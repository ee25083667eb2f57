//! `humanloop sessions`: what was logged, newest first.

use clap::Args;
use humanloop_api::json;
use humanloop_store::text::{fit, local, nanoseconds, plain, short};
use humanloop_store::{SessionSummary, Store};

use crate::Failure;
use crate::screen::Screen;

/// Arguments of `humanloop sessions`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// How many at most.
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,
    /// Print JSON, one session a line.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(store: &Store, arguments: &Arguments, screen: &mut Screen) -> Result<(), Failure> {
    let sessions = store.sessions(arguments.limit, None)?;
    if arguments.json {
        for session in &sessions {
            screen.line(&as_json(session))?;
        }
        return Ok(());
    }
    let style = screen.style;
    // The words take what the figures leave.
    let figures = 8 + 2 + 19 + 10 + 6 + 7;
    let words = style.width.saturating_sub(figures + 2).max(10);
    screen.line(&style.dim(&format!(
        "{:<8}  {:<19}{:>10}{:>6}{:>7}  {}",
        "SESSION", "STARTED", "TOOK", "LOGS", "FAILED", "INPUT → OUTPUT"
    )))?;
    for session in &sessions {
        let took = if session.running > 0 {
            "running".into()
        } else {
            nanoseconds(session.last.as_nanos() - session.first.as_nanos())
        };
        let failed = format!("{:>7}", session.failed);
        screen.line(
            format!(
                "{}  {}{:>10}{:>6}{}  {}",
                style.bold(&short(session.id)),
                local(session.first),
                took,
                session.logs,
                style.paint(if session.failed > 0 { "31" } else { "2" }, &failed),
                in_and_out(session, words),
            )
            .trim_end(),
        )?;
    }
    Ok(())
}

/// First input and last output, each with its share of the room.
fn in_and_out(session: &SessionSummary, width: usize) -> String {
    let input = plain(session.first_input.as_deref().unwrap_or_default());
    match &session.last_output {
        None => fit(&input, width),
        Some(output) => {
            let input = fit(&input, (width - 3) / 2);
            let input = input.trim_end();
            fit(&format!("{input} → {}", plain(output)), width)
        }
    }
}

/// A session as one JSON object.
pub(crate) fn as_json(session: &SessionSummary) -> String {
    let reference = session.reference.clone().unwrap_or_else(|| session.id.to_string());
    let object: humanloop_api::Object = [
        ("id", json(&session.id.to_string())),
        ("reference_id", json(&reference)),
        ("created_at", json(&session.first)),
        ("updated_at", json(&session.last)),
        ("datapoints_count", json(&session.logs)),
        ("failed", json(&session.failed)),
        ("running", json(&session.running)),
        ("prompt_tokens", json(&session.input_tokens)),
        ("output_tokens", json(&session.output_tokens)),
        ("first_input", json(&session.first_input)),
        ("last_output", json(&session.last_output)),
    ]
    .into_iter()
    .collect();
    json(&object).get().to_owned()
}
