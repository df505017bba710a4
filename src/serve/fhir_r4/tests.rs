//! Tests of the core as a whole: requests in, replies out, no sockets.

use super::capability::Bundles;
use super::defects::{DefectId, Defects};
use super::json::{Json, parse};
use super::message::{Headers, Method, Reply, Request};
use super::service::Service;
use jiff::{Timestamp, ToSpan};

mod conformance;
mod defects;
mod interactions;
mod searches;
mod sockets;
mod transactions;

/// The base of the servers under test.
pub const BASE: &str = "http://server.example/fhir";

/// A server and the time that passes for it: a second for each request.
pub struct Probe {
    service: Service,
    now: Timestamp,
}

impl Probe {
    /// A sound server.
    pub fn sound() -> Probe {
        Probe::with(&[], None)
    }

    /// A server with defects, and perhaps a token.
    pub fn with(defects: &[DefectId], token: Option<&str>) -> Probe {
        let service = Service::new(
            BASE,
            token.map(str::to_owned),
            Bundles::Processed,
            Defects::new(defects),
        );
        Probe {
            service,
            now: "2025-01-01T00:00:00Z".parse().unwrap(),
        }
    }

    /// Sends a request: `GET /Patient/1`, then header lines, an empty line and a body.
    pub fn send(&mut self, text: &str) -> Reply {
        self.now = self.now.checked_add(1.second()).unwrap();
        self.service.handle(request(text, self.now))
    }

    /// Sends a request and reads the JSON of the reply.
    pub fn json(&mut self, text: &str) -> Json {
        let reply = self.send(text);
        parse(std::str::from_utf8(&reply.body).unwrap())
            .unwrap_or_else(|fault| panic!("{text}: {fault}"))
    }

    /// Sends a request and gives the status of the reply.
    pub fn status(&mut self, text: &str) -> u16 {
        self.send(text).status
    }

    /// Sends a resource as JSON.
    pub fn write(&mut self, line: &str, body: &str) -> Reply {
        self.send(&format!(
            "{line}\nContent-Type: application/fhir+json\n\n{body}"
        ))
    }

    /// Creates a resource and gives its id.
    pub fn create(&mut self, body: &str) -> String {
        let kind = parse(body).unwrap().resource_type().to_owned();
        let reply = self.write(&format!("POST /{kind}"), body);
        assert_eq!(
            reply.status,
            201,
            "{body}: {}",
            String::from_utf8_lossy(&reply.body)
        );
        let location = reply.headers.get("Location").unwrap();
        location
            .trim_start_matches(&format!("{BASE}/{kind}/"))
            .split('/')
            .next()
            .unwrap()
            .to_owned()
    }
}

/// Reads the text of a request.
pub fn request(text: &str, received: Timestamp) -> Request {
    let (head, body) = text.trim_start().split_once("\n\n").unwrap_or((text, ""));
    let mut lines = head.trim().lines();
    let (method, target) = lines.next().unwrap().split_once(' ').unwrap();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut headers = Headers::default();
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        headers.add(name, value);
    }
    Request {
        method: Method::named(method),
        path: format!("/fhir{path}").trim_end_matches('/').to_owned(),
        query: query.to_owned(),
        headers,
        body: body.trim().as_bytes().to_vec(),
        received,
    }
}

/// The text of the issues of an OperationOutcome.
pub fn issues(outcome: &Json) -> String {
    outcome
        .each("issue")
        .iter()
        .filter_map(|issue| issue.text("diagnostics"))
        .collect::<Vec<_>>()
        .join("; ")
}
