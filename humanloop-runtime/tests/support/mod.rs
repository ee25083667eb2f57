//! A loopback HTTP server that keeps what it was asked, and answers as it is told.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses its part")]

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::Value;

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Received {
    pub method: String,
    /// Path and query, as they stood in the request line.
    pub target: String,
    /// Names in small letters.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Received {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// `POST /v4/logs`.
    pub fn line(&self) -> String {
        format!("{} {}", self.method, self.target)
    }
}

/// What to answer.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
    /// Bytes of each chunk that the body comes in; 0: in one, with its length before it.
    pub chunk: usize,
    /// Whether the connection ends before the body does.
    pub broken: bool,
}

impl Reply {
    pub fn new(status: u16, body: impl Into<String>) -> Self {
        let headers = vec![("content-type", "application/json".into())];
        Self { status, headers, body: body.into(), chunk: 0, broken: false }
    }

    /// Server-sent events, in chunks of so many bytes.
    pub fn events(body: impl Into<String>, chunk: usize) -> Self {
        let headers = vec![("content-type", "text/event-stream; charset=utf-8".into())];
        Self { headers, chunk, ..Self::new(200, body) }
    }

    /// The same, with a connection that ends before the body does.
    pub fn broken(self) -> Self {
        Self { broken: true, ..self }
    }

    pub fn json(body: Value) -> Self {
        Self::new(200, body.to_string())
    }

    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// No answer: the connection is closed.
    pub fn nothing() -> Self {
        Self::new(0, "")
    }

    /// A failure that asks to come again at once.
    pub fn again(status: u16) -> Self {
        Self::new(status, r#"{"error":{"message":"later"}}"#).header("retry-after", "0")
    }
}

/// The server; it runs until the test's process ends.
pub struct Server {
    pub address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Server {
    /// Answers each request by `answer`.
    pub fn new(answer: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> Self {
        Self::at("127.0.0.1:0", answer)
    }

    /// The same at this address.
    pub fn at(address: &str, answer: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let received: Arc<Mutex<Vec<Received>>> = Arc::default();
        let (kept, answer) = (received.clone(), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (kept, answer) = (kept.clone(), answer.clone());
                std::thread::spawn(move || serve(stream.unwrap(), &kept, &*answer));
            }
        });
        Self { address, received }
    }

    /// Answers by script; the last reply goes on.
    pub fn script(replies: impl IntoIterator<Item = Reply>) -> Self {
        let replies: Mutex<Vec<Reply>> = Mutex::new(replies.into_iter().collect());
        Self::new(move |_| {
            let mut replies = replies.lock().unwrap();
            if replies.len() > 1 { replies.remove(0) } else { replies[0].clone() }
        })
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What arrived so far.
    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// Method and target of what arrived so far.
    pub fn lines(&self) -> Vec<String> {
        self.received().iter().map(Received::line).collect()
    }
}

/// An address where nobody listens.
pub fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// One connection, for as many requests as the client sends.
fn serve(stream: TcpStream, kept: &Mutex<Vec<Received>>, answer: &dyn Fn(&Received) -> Reply) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    while let Some(received) = read(&mut reader) {
        kept.lock().unwrap().push(received.clone());
        let Reply { status, headers, body, chunk, broken } = answer(&received);
        if status == 0 {
            return;
        }
        let length = match chunk {
            0 => format!("content-length: {}", body.len()),
            _ => "transfer-encoding: chunked".into(),
        };
        let mut head = format!("HTTP/1.1 {status} X\r\n{length}\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let mut bytes = format!("{head}\r\n").into_bytes();
        match chunk {
            0 => bytes.extend_from_slice(body.as_bytes()),
            size => {
                for piece in body.as_bytes().chunks(size) {
                    bytes.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
                    bytes.extend_from_slice(piece);
                    bytes.extend_from_slice(b"\r\n");
                    // Each piece is on its way before the next.
                    if stream.write_all(&std::mem::take(&mut bytes)).is_err() {
                        return;
                    }
                }
                if !broken {
                    bytes.extend_from_slice(b"0\r\n\r\n");
                }
            }
        }
        if stream.write_all(&bytes).is_err() || broken {
            return;
        }
    }
}

fn read(reader: &mut impl BufRead) -> Option<Received> {
    let mut line = String::new();
    let mut next = |reader: &mut dyn BufRead| {
        line.clear();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        Some(line.trim_end().to_owned())
    };
    let first = next(reader)?;
    let mut words = first.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let header = next(reader)?;
        let Some((name, value)) = header.split_once(':') else { break };
        headers.push((name.to_lowercase(), value.trim().to_owned()));
    }
    let length =
        headers.iter().find(|(name, _)| name == "content-length").map_or(0, |(_, value)| value.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Received { method, target, headers, body: String::from_utf8(body).ok()? })
}
