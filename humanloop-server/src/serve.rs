//! `humanloop serve`: the v4 API and the viewer over one store, safe by default.

use std::fmt;
use std::io::{self, Write};
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::middleware::{from_fn, from_fn_with_state, map_request};
use axum::routing::get;
use clap::Args;
use tokio::net::TcpListener;

mod access;
mod app;
mod browser;
mod guard;
mod login;

pub(crate) use app::App;

use access::Access;

use crate::viewer::{Editor, Sources};

/// How long requests that are under way may take when the server is told to stop.
const GRACE: Duration = Duration::from_secs(5);

/// Arguments of `humanloop serve`.
#[derive(Args)]
#[command(after_help = "\
With a key, the API wants it in the header X-API-KEY; a browser is asked for it once, and
keeps a cookie that is not the key. The key is best given by --api-key-file or
HUMANLOOP_API_KEY: other users of this machine can read the arguments of a program.

Calls of models (POST /v4/chat and the like) use the keys that come with the request,
else OPENAI_API_KEY, OPENAI_BASE_URL and the like. Keys are never stored.")]
pub(crate) struct Arguments {
    /// Where to listen; port 0 takes a free one. Any address but this machine's own needs a key.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8000")]
    listen: String,
    /// A key that clients and browsers must know; may be given more than once.
    #[arg(long, value_name = "KEY")]
    api_key: Vec<String>,
    /// A file of such keys, one a line; lines that begin with # are comments.
    #[arg(long, value_name = "FILE")]
    api_key_file: Option<PathBuf>,
    /// The folder of the program's workspace: the viewer then shows how a function differs from what ran. Its Rust files can be
    /// read by those who may use the server.
    #[arg(long, value_name = "DIR")]
    source: Option<PathBuf>,
    /// What the viewer opens a function of that folder in: vscode, vscodium, cursor, windsurf, zed, idea, textmate, or
    /// an address such as `myeditor://{path}:{line}`.
    #[arg(long, value_name = "EDITOR", default_value = "vscode", requires = "source")]
    editor: Editor,
    /// Open the viewer in the browser.
    #[arg(long)]
    open: bool,
}

/// Why there is no server.
#[derive(Debug)]
pub(crate) enum Error {
    /// The address cannot be listened at.
    Listen { address: String, reason: String },
    /// A key is missing or of no use.
    Key(String),
    /// The operating system gives no threads or signals.
    Runtime(io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listen { address, reason } => {
                write!(f, "cannot listen at {address}: {reason}; name another address, such as `--listen 127.0.0.1:0`")
            }
            Self::Key(problem) => f.write_str(problem),
            Self::Runtime(error) => write!(f, "the server cannot start: {error}"),
        }
    }
}

impl std::error::Error for Error {}

/// Serves until SIGTERM or SIGINT.
pub(crate) fn run(db: &Path, arguments: &Arguments) -> Result<(), crate::Failure> {
    let address = resolve(&arguments.listen)?;
    let access = Access::read(&arguments.api_key, arguments.api_key_file.as_deref())?;
    access.suffices(address)?;
    let sources = arguments.source.clone().map(|root| Sources { root, editor: arguments.editor.clone() });
    let app = App::open(db, access, sources)?; // a store that cannot be used is no server
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Error::Runtime)?;
    let served = runtime.block_on(serve(app, address, db, arguments.open));
    // A thread that waits for a model must not hold the end up.
    runtime.shutdown_background();
    Ok(served?)
}

async fn serve(app: App, address: SocketAddr, db: &Path, open: bool) -> Result<(), Error> {
    let failed = |error: io::Error| Error::Listen { address: address.to_string(), reason: error.to_string() };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let url = format!("http://{}", listener.local_addr().map_err(failed)?);
    let stop = stop_signal().map_err(Error::Runtime)?;
    // Whoever started the server may have no interest in its output.
    let _ = writeln!(io::stdout(), "humanloop: {url} serves {}", db.display());
    if open {
        browser::open(&url);
    }
    let (stopping, mut stopped) = tokio::sync::watch::channel(());
    let graceful = axum::serve(listener, router(app)).with_graceful_shutdown(async move {
        stop.await;
        drop(stopping);
    });
    let overdue = async move {
        let _ = stopped.changed().await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        ended = graceful => ended.map_err(Error::Runtime),
        () = overdue => Ok(()),
    }
}

/// Every request passes the guards first, also one to a path that is not there.
fn router(app: App) -> Router {
    let inside = Router::new()
        .route("/health", get(health))
        .nest("/v4", crate::api::router())
        .merge(login::router())
        .merge(crate::viewer::router())
        .with_state(app.clone());
    Router::new()
        .fallback_service(inside)
        .layer(map_request(guard::plain_path))
        .layer(from_fn_with_state(app.clone(), access::check))
        .layer(from_fn_with_state(app, guard::same_site))
        .layer(from_fn(guard::headers))
}

/// Whether the server is up and the store can be read.
async fn health(State(app): State<App>) -> Result<&'static str, crate::api::Problem> {
    app.read(humanloop_store::Reader::latest_session).await?;
    Ok("ok\n")
}

/// The address that the text means.
fn resolve(text: &str) -> Result<SocketAddr, Error> {
    let wrong = |reason: &str| Error::Listen { address: format!("`{text}`"), reason: reason.into() };
    let mut addresses =
        text.to_socket_addrs().map_err(|_| wrong("it is no address of the form HOST:PORT, such as 127.0.0.1:8000"))?;
    addresses.next().ok_or_else(|| wrong("the name has no address"))
}

/// Ends when the server is told to stop.
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        Ok(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        })
    }
    #[cfg(not(unix))]
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}
