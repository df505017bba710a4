//! One request and its reply, as seen on the wire.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{CaseId, Instant, Payload, RoleId};

/// Header fields in the order in which they were on the wire, repeated ones too.
///
/// Names keep the case in which the HTTP library hands them over; values that are no UTF-8 are read as ISO 8859-1.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Headers(pub Vec<(String, String)>);

impl Headers {
    /// All values of a header, with their position among the headers; names compare case-insensitively (RFC 9110, 5.1).
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = (usize, &'a str)> {
        self.0
            .iter()
            .enumerate()
            .filter(move |(_, (key, _))| key.eq_ignore_ascii_case(name))
            .map(|(position, (_, value))| (position, value.as_str()))
    }

    /// The first value of a header.
    pub fn first(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// What was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The HTTP method, or the protocol's own verb.
    pub method: String,
    /// The whole URL.
    pub url: String,
    /// Header fields that were sent, secrets redacted.
    pub headers: Headers,
    /// The body that was sent.
    pub body: Payload,
}

/// What was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status code.
    pub status: u16,
    /// `HTTP/1.1` and the like.
    pub version: String,
    /// Header fields that were received.
    pub headers: Headers,
    /// The body that was received.
    pub body: Payload,
}

/// Whose fault it is that there is no reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Owner {
    /// The supplier's system.
    Supplier,
    /// plugfest, the pack or its configuration.
    Plugfest,
    /// Nobody that we can name: the way between.
    Network,
}

/// What went wrong instead of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// No connection could be made.
    Connect,
    /// The TLS handshake failed.
    Tls,
    /// The deadline passed.
    Timeout,
    /// The connection ended before the reply did.
    Closed,
    /// What came was not the protocol.
    Malformed,
    /// The body passed the limit of this run.
    BodyLimit,
    /// The headers passed the limit of this run.
    HeaderLimit,
    /// The request was not sent: it leads away from the supplier's endpoints.
    Refused,
    /// Credentials could not be obtained.
    Auth,
}

impl FaultKind {
    /// As records spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Timeout => "timeout",
            Self::Closed => "closed",
            Self::Malformed => "malformed",
            Self::BodyLimit => "body-limit",
            Self::HeaderLimit => "header-limit",
            Self::Refused => "refused",
            Self::Auth => "auth",
        }
    }
}

/// Why there is no reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Whose fault it is.
    pub owner: Owner,
    /// What kind of fault it is.
    pub kind: FaultKind,
    /// In a sentence for people.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.as_str(), self.message)
    }
}

/// How an exchange ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A whole reply came.
    Replied(Reply),
    /// None came.
    Failed(Fault),
}

/// What TLS agreed on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsFacts {
    /// `TLSv1.2` or `TLSv1.3`.
    pub version: String,
    /// The name that the certificate had to carry.
    pub server_name: String,
    /// Whether the chain leads to a trusted root, and if not, why not.
    pub chain: Result<(), String>,
    /// Whether the certificate carries the server's name, and if not, why not.
    pub host_name: Result<(), String>,
    /// When the certificate's validity starts.
    pub not_before: Instant,
    /// When it ends.
    pub not_after: Instant,
}

/// The connection that carried an exchange.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Connection {
    /// The peer's address and port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<String>,
    /// What TLS agreed on; `None` on a plain connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<TlsFacts>,
}

/// How long an exchange took, in microseconds from the moment of sending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timing {
    /// To the reply's header.
    pub first_byte: u64,
    /// To the end of the reply.
    pub total: u64,
}

/// Which half of an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// Judges the role in `from`.
    Request,
    /// Judges the role in `to`.
    Reply,
}

impl Side {
    /// As files spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Reply => "reply",
        }
    }
}

/// One request and its reply, as seen on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// Counts from 1 in the order of recording; the number that reports cite.
    pub number: u32,
    /// The case that it belongs to.
    pub case: CaseId,
    /// Which of the case's steps, counted from 0, cleanup steps after the others.
    pub step: u32,
    /// Counts from 0 where a step polls.
    pub attempt: u32,
    /// Who sent.
    pub from: RoleId,
    /// Who answered.
    pub to: RoleId,
    /// When the request was sent.
    pub at: Instant,
    /// What was asked.
    pub request: Request,
    /// How it ended.
    pub outcome: Outcome,
    /// The connection that carried it.
    pub connection: Connection,
    /// How long it took.
    pub timing: Timing,
}

impl Exchange {
    /// The reply, where one came.
    pub fn reply(&self) -> Option<&Reply> {
        match &self.outcome {
            Outcome::Replied(reply) => Some(reply),
            Outcome::Failed(_) => None,
        }
    }

    /// Headers of one side; `None` where there is no such side.
    pub fn headers(&self, side: Side) -> Option<&Headers> {
        match side {
            Side::Request => Some(&self.request.headers),
            Side::Reply => self.reply().map(|reply| &reply.headers),
        }
    }

    /// The body of one side; `None` where there is no such side.
    pub fn body(&self, side: Side) -> Option<&Payload> {
        match side {
            Side::Request => Some(&self.request.body),
            Side::Reply => self.reply().map(|reply| &reply.body),
        }
    }
}
