//! A server on this machine that takes logs as ours does, and says how many it took.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde::Deserialize;

/// Starts one, for as long as the program runs; its address.
pub(crate) fn start() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let taken = Arc::<Mutex<HashSet<String>>>::default();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let taken = taken.clone();
            std::thread::spawn(move || serve(stream, &taken));
        }
    });
    address
}

/// How many logs the server has taken.
pub(crate) fn logs_taken(server: &str) -> u64 {
    let mut stream = TcpStream::connect(server.trim_start_matches("http://")).expect("it listens");
    stream.write_all(b"GET /taken HTTP/1.1\r\nConnection: close\r\n\r\n").expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    answer.rsplit("\r\n").next().and_then(|count| count.parse().ok()).expect("a number")
}

#[derive(Deserialize)]
struct Log {
    reference_id: String,
}

/// One connection, for as many requests as come.
fn serve(stream: TcpStream, taken: &Mutex<HashSet<String>>) {
    let mut reader = BufReader::with_capacity(1 << 20, stream.try_clone().expect("a handle"));
    let mut stream = stream;
    loop {
        let (mut first, mut length) = (String::new(), 0);
        if reader.read_line(&mut first).unwrap_or(0) == 0 {
            return;
        }
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) <= 2 {
                break;
            }
            if let Some(number) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = number.trim().parse().unwrap_or(0);
            }
        }
        let mut body = vec![0; length];
        if reader.read_exact(&mut body).is_err() {
            return;
        }
        let answer = if first.starts_with("GET") {
            taken.lock().expect("no panic").len().to_string()
        } else if first.starts_with("PATCH") || first.contains("/losses") {
            "{}".into() // an update of a log, or what the program tells of itself
        } else {
            let logs: Vec<Log> = serde_json::from_slice(&body).expect("a list of logs");
            let answer = vec![r#"{"id":"data_1","config_id":"config_1"}"#; logs.len()].join(",");
            taken.lock().expect("no panic").extend(logs.into_iter().map(|log| log.reference_id));
            format!("[{answer}]")
        };
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json";
        // In one piece: a second one would wait until the client has acknowledged the first.
        let answer = format!("{head}\r\nContent-Length: {}\r\n\r\n{answer}", answer.len());
        if stream.write_all(answer.as_bytes()).is_err() || first.contains("/taken") {
            return;
        }
    }
}
