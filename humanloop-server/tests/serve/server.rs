//! A server of the test's own, on a port of its own choosing.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use reqwest::blocking::{Client, Response};
use reqwest::{Method, redirect};
use serde_json::Value;

/// A running `humanloop serve`; stopped, and its store gone, when dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) url: String,
    pub(crate) folder: PathBuf,
    client: Client,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::with(&[], &[])
    }

    /// With further arguments and variables.
    pub(crate) fn with(arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let folder = std::env::temp_dir().join(format!("humanloop-serve-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir_all(&folder).unwrap();
        let mut command = command(&folder);
        command.args(["serve", "--listen", "127.0.0.1:0"]).args(arguments).envs(variables.iter().copied());
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.split_whitespace().find(|word| word.starts_with("http://")).expect("an address").to_owned();
        let client = Client::builder().no_proxy().redirect(redirect::Policy::none()).build().unwrap();
        Self { child, url, folder, client }
    }

    /// A request to `path`, with these headers.
    pub(crate) fn request(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Vec<u8>>,
    ) -> Response {
        let request = self.client.request(method, format!("{}{path}", self.url)).body(body.into());
        headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).send().unwrap()
    }

    pub(crate) fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path, &[], "")
    }

    /// A call with a JSON body, none with `null`, that is answered this status; what came, `null` when there is nothing.
    pub(crate) fn call(&self, method: Method, path: &str, body: &Value, status: u16) -> Value {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let response = self.request(method, path, &[("content-type", "application/json")], body.clone());
        let (found, text) = (response.status().as_u16(), response.text().unwrap());
        assert_eq!(found, status, "{path} {body:.500}: {text:.2000}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    pub(crate) fn post(&self, path: &str, body: &Value, status: u16) -> Value {
        self.call(Method::POST, path, body, status)
    }

    /// What is answered there.
    pub(crate) fn json(&self, path: &str) -> Value {
        self.call(Method::GET, path, &Value::Null, 200)
    }

    /// The number of its process.
    #[cfg(target_os = "linux")]
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Asks the server to end, and waits until it has.
    pub(crate) fn stop(mut self) -> std::process::ExitStatus {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.child.wait().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The command, in a folder of the test's, without the variables of whoever runs it.
pub(crate) fn command(folder: &std::path::Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_humanloop"));
    command.current_dir(folder);
    for variable in [
        "HUMANLOOP_DB",
        "HUMANLOOP_API_KEY",
        "OPENAI_API_KEY",
        "OPENAI_BASE_URL",
        "ANTHROPIC_API_KEY",
        "GEMINI_API_KEY",
    ] {
        command.env_remove(variable);
    }
    command
}
