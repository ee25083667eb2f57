//! `cargo humanloop`: the prompts, tools and flows of a workspace, read from its sources. Nothing is compiled, nothing runs.

mod changes;
mod functions;
mod imports;
mod lock;
mod made;
mod scan;
mod sources;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use changes::Changes;
use clap::{Parser, Subcommand};
use functions::Function;
use sources::{Disk, Revision};

/// What cargo calls: `cargo-humanloop humanloop …`.
#[derive(Debug, Parser)]
#[command(name = "cargo", bin_name = "cargo")]
enum Cargo {
    /// Prompts, tools and flows of a workspace, without running it.
    #[command(subcommand)]
    Humanloop(Task),
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Print every prompt, tool and flow with its place and its version.
    List {
        /// The workspace; else the one of the current folder.
        #[arg(long, value_name = "FOLDER")]
        root: Option<PathBuf>,
    },
    /// Write all versions to `humanloop.lock`.
    Lock {
        /// The workspace; else the one of the current folder.
        #[arg(long, value_name = "FOLDER")]
        root: Option<PathBuf>,
    },
    /// Fail when the sources are not what `humanloop.lock` or a git revision says, and show what changed.
    Check {
        /// Compare with `humanloop.lock`, which is what happens without `--since`, too.
        #[arg(long)]
        locked: bool,
        /// Compare with the sources of a git revision.
        #[arg(long, value_name = "REVISION")]
        since: Option<String>,
        /// The workspace; else the one of the current folder.
        #[arg(long, value_name = "FOLDER")]
        root: Option<PathBuf>,
    },
}

fn main() -> ExitCode {
    let Cargo::Humanloop(task) = Cargo::parse();
    let done = match task {
        Task::List { root } => workspace(root).and_then(|root| list(&root)),
        Task::Lock { root } => workspace(root).and_then(|root| lock(&root)),
        Task::Check { locked, since, root } => {
            workspace(root).and_then(|root| check(&root, locked || since.is_none(), since.as_deref()))
        }
    };
    done.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::from(2)
    })
}

/// The root of the workspace.
fn workspace(root: Option<PathBuf>) -> Result<PathBuf, String> {
    if let Some(root) = root {
        return if root.is_dir() { Ok(root) } else { Err(format!("{} is no folder", root.display())) };
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo).args(["locate-project", "--workspace", "--message-format", "plain"]).output();
    let output = output.map_err(|error| format!("cargo cannot be started: {error}; name the folder: --root FOLDER"))?;
    let manifest = String::from_utf8_lossy(&output.stdout);
    match Path::new(manifest.trim()).parent().filter(|_| output.status.success()) {
        Some(root) => Ok(root.to_owned()),
        None => Err("there is no Cargo.toml here or above; name the folder: --root FOLDER".into()),
    }
}

fn read(root: &Path) -> Result<Vec<Function>, String> {
    warned(functions::of(&Disk(root.to_owned()))?)
}

fn warned((functions, warnings): (Vec<Function>, Vec<String>)) -> Result<Vec<Function>, String> {
    for warning in warnings {
        eprintln!("warning: {warning}");
    }
    Ok(functions)
}

/// Prints; whoever closed the pipe has seen enough.
fn print(text: &str) {
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}

/// What stands in the place of a version.
const MADE: &str = "made by a macro: version known only when it runs";

fn list(root: &Path) -> Result<ExitCode, String> {
    let functions = read(root)?;
    let place = |function: &Function| format!("{}:{}", function.file, function.line);
    let width = |of: &dyn Fn(&Function) -> usize| functions.iter().map(of).max().unwrap_or(0);
    let (names, places) = (width(&|f| f.name.chars().count()), width(&|f| place(f).chars().count()));
    let mut text = String::new();
    for function in &functions {
        let Function { kind, name, .. } = function;
        let version = if function.is_made() { MADE } else { &function.version };
        text.push_str(&format!("{kind:<6}  {name:<names$}  {:<places$}  {version}\n", place(function)));
    }
    print(&text);
    Ok(ExitCode::SUCCESS)
}

fn lock(root: &Path) -> Result<ExitCode, String> {
    let functions = read(root)?;
    let file = root.join(lock::NAME);
    std::fs::write(&file, lock::print(&functions))
        .map_err(|error| format!("{} cannot be written: {error}", file.display()))?;
    print(&format!("{}: {} functions\n", file.display(), functions.len()));
    Ok(ExitCode::SUCCESS)
}

fn check(root: &Path, locked: bool, since: Option<&str>) -> Result<ExitCode, String> {
    let now = read(root)?;
    let mut all_the_same = true;
    if locked {
        let file = root.join(lock::NAME);
        let text = std::fs::read_to_string(&file)
            .map_err(|error| format!("{} cannot be read: {error}; write it: cargo humanloop lock", file.display()))?;
        let before = lock::parse(&text)?;
        let changes = Changes::between(&before, &now);
        if changes.is_empty() {
            print(&format!("{} is as the sources are: {} functions\n", lock::NAME, now.len()));
        } else {
            all_the_same = false;
            print(&changes.to_string());
            eprintln!(
                "error: {} is not as the sources are: {}; after a look at it: cargo humanloop lock",
                lock::NAME,
                changes.summary()
            );
        }
    }
    if let Some(name) = since {
        let before = warned(functions::of(&Revision::new(root.to_owned(), name)?)?)?;
        let changes = Changes::between(&before, &now);
        print(&changes.to_string());
        print(&format!("since {name}: {}\n", changes.summary()));
        all_the_same &= changes.is_empty();
    }
    Ok(if all_the_same { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
