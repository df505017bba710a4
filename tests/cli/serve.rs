//! `serve`: reference suppliers over the wire.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use assert_cmd::assert::OutputAssertExt;
use serde_json::Value;

use crate::{plugfest, rows, say};

#[test]
fn reference_suppliers_and_their_defects_are_listed() {
    let listed: Vec<Value> = rows(&["pack", "list", "--format", "json"]);
    let ids: Vec<&str> = listed
        .iter()
        .filter_map(|row| row["pack"].as_str())
        .collect();
    assert!(ids.contains(&"fhir-r4-rest"));
    for supplier in rows(&["serve", "--list", "--format", "json"]) {
        let name = supplier["name"].as_str().expect("a name").to_owned();
        let defects = rows(&["serve", &name, "--list-defects", "--format", "json"]);
        assert_eq!(supplier["defects"].as_u64(), Some(defects.len() as u64));
        for defect in defects {
            let breaks = defect["breaks"].as_array().expect("a list");
            assert!(!breaks.is_empty(), "{defect}");
            assert!(
                defect["title"]
                    .as_str()
                    .is_some_and(|title| !title.is_empty()),
                "{defect}"
            );
        }
    }
}

/// A server of ours that ends with the test.
struct Server {
    child: Child,
    out: BufReader<std::process::ChildStdout>,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn serve(words: &[&str]) -> (Server, String) {
    let mut command = plugfest(Path::new("."), &[&["serve", "fhir-r4"], words].concat());
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary runs");
    let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut line = String::new();
    out.read_line(&mut line).expect("the first line");
    (Server { child, out }, line.trim_end().to_owned())
}

/// The status line of a GET, by hand: nothing of the crate takes part.
fn get(base: &str, path: &str, header: &str) -> String {
    let rest = base.strip_prefix("http://").expect("http");
    let (host, root) = rest.split_once('/').expect("a path");
    let mut stream = std::net::TcpStream::connect(host).expect("a connection");
    write!(
        stream,
        "GET /{root}{path} HTTP/1.1\r\nHost: {host}\r\n{header}Connection: close\r\n\r\n"
    )
    .expect("a request");
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply).expect("a reply");
    let reply = String::from_utf8_lossy(&reply);
    reply.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn a_reference_supplier_says_where_it_is_and_asks_for_its_token() {
    let (_server, base) = serve(&["--token", "let-me-in"]);
    assert_eq!(get(&base, "/metadata", ""), "HTTP/1.1 200 OK");
    assert_eq!(get(&base, "/Patient", ""), "HTTP/1.1 401 Unauthorized");
    assert_eq!(
        get(&base, "/Patient", "Authorization: Bearer let-me-in\r\n"),
        "HTTP/1.1 200 OK"
    );
    let (_server, base) = serve(&["--defect", "capability-missing"]);
    assert_ne!(get(&base, "/metadata", ""), "HTTP/1.1 200 OK");
}

#[cfg(unix)]
#[test]
fn a_reference_supplier_ends_well_when_it_is_told_to() {
    for signal in ["-TERM", "-INT"] {
        let (mut server, base) = serve(&[]);
        assert!(base.starts_with("http://127.0.0.1:"), "{base}");
        let id = server.child.id().to_string();
        Command::new("kill").args([signal, &id]).assert().success();
        let status = server.child.wait().expect("an end");
        assert_eq!(status.code(), Some(0), "{signal}");
        let mut rest = String::new();
        server.out.read_to_string(&mut rest).expect("the rest");
        assert!(
            rest.is_empty(),
            "only the URL goes to standard output: {rest}"
        );
    }
}

#[test]
fn an_address_that_is_taken_is_our_failure_not_the_users() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("an address");
    let address = taken.local_addr().expect("an address").to_string();
    let said = say(&["serve", "fhir-r4", "--listen", &address]);
    assert_eq!((said.code, said.out.as_str()), (4, ""), "{}", said.err);
}
