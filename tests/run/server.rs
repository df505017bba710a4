//! A scripted server: it answers each request by what the test says, and tells the test what it was asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

/// What a server does with a request.
pub enum Act {
    /// Sends these bytes and keeps the connection.
    Reply(Vec<u8>),
    /// Sends these bytes and closes the connection.
    Last(Vec<u8>),
    /// Sends the first bytes once and the second again and again, until the other side goes.
    Endless(Vec<u8>, Vec<u8>),
    /// Says nothing, and holds the connection until the other side goes.
    Silence,
}

/// A server on a port that the system chose; it ends with the test process.
pub struct Server {
    pub base: String,
    /// `METHOD path`, as they came.
    pub asked: Receiver<String>,
}

type Script = dyn Fn(usize, &str) -> Act + Send + Sync;

/// Starts a server. The script gets the number of the request, from 0, and its first line with its headers.
pub fn start(script: impl Fn(usize, &str) -> Act + Send + Sync + 'static) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let base = format!(
        "http://{}",
        listener.local_addr().expect("it has an address")
    );
    let (sender, asked) = channel();
    let script: Arc<Script> = Arc::new(script);
    let count = Arc::new(Mutex::new(0));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (script, count, sender) = (script.clone(), count.clone(), sender.clone());
            std::thread::spawn(move || serve(stream, &*script, &count, &sender));
        }
    });
    Server { base, asked }
}

fn serve(mut stream: TcpStream, script: &Script, count: &Mutex<usize>, asked: &Sender<String>) {
    let mut reader = BufReader::new(stream.try_clone().expect("a socket can be shared"));
    while let Some(head) = read_request(&mut reader) {
        let number = {
            let mut count = count.lock().expect("nobody panicked");
            *count += 1;
            *count - 1
        };
        let line = head.lines().next().unwrap_or_default();
        let _ = asked.send(line.trim_end_matches(" HTTP/1.1").to_owned());
        match script(number, &head) {
            Act::Reply(bytes) => {
                if stream.write_all(&bytes).is_err() {
                    return;
                }
            }
            Act::Last(bytes) => {
                let _ = stream.write_all(&bytes);
                return;
            }
            Act::Endless(first, again) => {
                let mut going = stream.write_all(&first).is_ok();
                while going {
                    going = stream.write_all(&again).is_ok();
                }
                return;
            }
            Act::Silence => {
                let _ = reader.read(&mut [0]);
                return;
            }
        }
    }
}

fn read_request(reader: &mut BufReader<TcpStream>) -> Option<String> {
    let mut head = String::new();
    loop {
        let before = head.len();
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
        if head[before..].trim().is_empty() {
            break;
        }
    }
    let length = head.lines().find_map(|line| {
        line.to_ascii_lowercase()
            .strip_prefix("content-length:")?
            .trim()
            .parse()
            .ok()
    });
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    Some(head)
}

/// A reply with a JSON body.
pub fn json(status: u16, body: &str) -> Act {
    with_headers(status, "Content-Type: application/fhir+json\r\n", body)
}

/// A reply with headers of its own.
pub fn with_headers(status: u16, headers: &str, body: &str) -> Act {
    Act::Reply(
        format!(
            "HTTP/1.1 {status} X\r\nContent-Length: {}\r\n{headers}\r\n{body}",
            body.len()
        )
        .into_bytes(),
    )
}
