//! Deferred output: a parent is logged before its output is known, and updated by its reference id at the end.
//!
//! `cargo run --example deferred`; it calls no service.

#[path = "support/look.rs"]
mod look;

use std::time::Duration;

use humanloop::api::ModelConfig;
use humanloop::{Humanloop, Log, Session};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let guard = humanloop::init()?;
    let humanloop = Humanloop::new()?;
    let session = Session::new();
    let parent_reference_id = uuid::Uuid::new_v4().simple().to_string();

    // Log parent
    let config = ModelConfig {
        max_tokens: Some(-1),
        temperature: Some(0.7),
        prompt_template: Some("A prompt template".into()),
        ..ModelConfig::new("gpt-3.5-turbo")
    };
    let parent = Log::new(config)
        .project("sessions_example_deferred_log")
        .inputs([("input", "parent")])
        .source("sdk")
        .session_reference_id(session.reference_id())
        .reference_id(&parent_reference_id);
    humanloop.log(parent).await?;

    guard.flush(Duration::from_secs(10));
    println!("Before the output is known:");
    look::print_session(&session)?;

    // Other processing and logging here, yielding a final output.
    let output = "updated parent output";

    // Logging of output once it has been calculated.
    humanloop.logs().update_by_ref(&parent_reference_id).output(output).await?;

    guard.flush(Duration::from_secs(10));
    println!("\nAfter the update:");
    look::print_session(&session)
}
