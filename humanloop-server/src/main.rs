//! The command `humanloop`: serves the sessions that programs log, and looks at them.

mod api;
mod delete;
mod detail;
mod doctor;
mod export;
mod import;
mod screen;
mod serve;
mod sessions;
mod show;
mod viewer;

use std::io::ErrorKind;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use humanloop_store::Store;

/// See what your LLM programs did.
#[derive(Parser)]
#[command(name = "humanloop", version, max_term_width = 80)]
struct Arguments {
    /// The store to look at; without it HUMANLOOP_DB, else .humanloop/humanloop.db.
    #[arg(long, global = true, value_name = "FILE")]
    db: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the viewer, and the v4 API that programs log to.
    Serve(serve::Arguments),
    /// List sessions, newest first.
    Sessions(sessions::Arguments),
    /// Draw a session as a tree, or show one log in full.
    Show(show::Arguments),
    /// Write a session to a file.
    Export(export::Arguments),
    /// Take sessions in that were exported, or OpenTelemetry spans.
    Import(import::Arguments),
    /// Delete sessions or logs.
    Delete(delete::Arguments),
    /// Delete old sessions.
    Prune(delete::PruneArguments),
    /// Check whether the store is whole, and how big it is.
    Doctor,
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read the output has seen enough, as `| head` does.
        Err(Failure::Output(error)) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(Failure::Output(error)) => failed(&error),
        Err(Failure::Store(error)) => failed(&error),
        Err(Failure::Serve(error)) => failed(&error),
        Err(Failure::Told(text)) => {
            eprintln!("humanloop: {text}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<(), Failure> {
    let environment = || std::env::var_os("HUMANLOOP_DB").filter(|path| !path.is_empty()).map(PathBuf::from);
    let db = arguments.db.or_else(environment).unwrap_or_else(|| ".humanloop/humanloop.db".into());
    if let Command::Serve(arguments) = &arguments.command {
        return serve::run(&db, arguments);
    }
    let mut screen = screen::Screen::stdout();
    if let Command::Import(arguments) = &arguments.command {
        import::run(&db, arguments, &mut screen)?;
        return Ok(screen.finish()?);
    }
    let mut store = Store::open_existing(&db)?;
    match arguments.command {
        Command::Serve(_) | Command::Import(_) => {}
        Command::Sessions(arguments) => sessions::run(&store, &arguments, &mut screen)?,
        Command::Show(arguments) => show::run(&store, &arguments, &mut screen)?,
        Command::Export(arguments) => export::run(&store, &arguments, &mut screen)?,
        Command::Delete(arguments) => delete::run(&mut store, &arguments, &mut screen)?,
        Command::Prune(arguments) => delete::prune(&mut store, &arguments, &mut screen)?,
        Command::Doctor => doctor::run(&store, &mut screen)?,
    }
    Ok(screen.finish()?)
}

fn failed(error: &dyn std::error::Error) -> ExitCode {
    eprintln!("humanloop: {error}");
    ExitCode::FAILURE
}

/// Why a command did not do what it was asked for.
enum Failure {
    Store(humanloop_store::Error),
    Output(std::io::Error),
    Serve(serve::Error),
    /// Said in whole sentences.
    Told(String),
}

impl From<serve::Error> for Failure {
    fn from(error: serve::Error) -> Self {
        Self::Serve(error)
    }
}

impl From<humanloop_store::Error> for Failure {
    fn from(error: humanloop_store::Error) -> Self {
        Self::Store(error)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Output(error)
    }
}
