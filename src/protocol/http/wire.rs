//! HTTP/1.1 on the wire, as evidence wants it.
//!
//! This is our own client, and not a library's, because records must be true: it sends what the scenario asked for and
//! `Host`, `User-Agent` and `Content-Length`, and nothing else. No `Accept`, no redirect, no retry (not even the silent one that
//! pools do when a kept connection turns out to be closed), no proxy, no decompression, no cookies. Names of header fields and
//! their order are recorded as they came; what TLS agreed on is read from the very connection that carried the exchange.
//! It also sends bytes that no library would send (`raw`), with the same reader of replies.
//!
//! Bounds: a deadline over everything, the reply's header in bytes and fields, the reply's body in bytes. Replies that break
//! the framing of RFC 9112 become a [`Fault`]; those that merely are odd are recorded as they are. Not recorded: interim
//! replies (1xx, skipped), trailers, reason phrases, and bytes after the end of a reply.

mod dial;
mod fault;
mod framing;
mod pool;
mod reply;
mod request;
mod tls;
mod token_endpoint;
mod tokens;

use std::time::Duration;

use tokio::time::{Instant as Monotonic, timeout_at};
use url::Url;

use self::dial::{Channel, Stream};
use self::pool::{Key, Pool};
use self::reply::{Conversation, Keep};
use super::config::{Auth, Config};
use super::redact::Redactor;
use crate::model::{
    Connection, Fault, FaultKind, Headers, Instant, Outcome, Owner, Payload, Reply, Request, Timing,
};
use crate::protocol::{AuthChoice, Outgoing};

/// What an exchange may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// From the start to the last byte of the reply, credentials and connection included.
    pub deadline: Duration,
    /// The largest body of a reply, in bytes.
    pub body_max: usize,
    /// The largest header of a reply, in bytes.
    pub header_max: usize,
    /// The most header fields of a reply.
    pub headers_count: usize,
}

/// The system clock, or a test's.
pub type Clock = dyn Fn() -> Instant + Send + Sync;

/// An exchange as it was, secrets redacted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// When it began.
    pub at: Instant,
    /// What was sent.
    pub request: Request,
    /// What came back, or why nothing did.
    pub outcome: Outcome,
    /// The connection that carried it.
    pub connection: Connection,
    /// How long it took.
    pub timing: Timing,
}

/// The way to one system of a supplier. Shared by everybody who talks to it; connections and tokens are kept.
#[derive(Debug)]
pub struct Wire {
    config: Config,
    redactor: Redactor,
    pool: Pool,
    tls: tls::Setup,
    tokens: tokens::Tokens,
}

impl Wire {
    /// The way to a system. Nothing is read or connected yet: what cannot be used becomes a fault of the exchanges that need it.
    pub fn new(config: Config) -> Self {
        let redactor = Redactor::default();
        for auth in config.auth.values() {
            tokens::redact(auth, &redactor);
        }
        if let Some(Ok(key)) = config.tls.client.as_ref().map(|client| &client.key) {
            redactor.add(key);
        }
        Self {
            tls: tls::Setup::new(config.tls.clone()),
            tokens: tokens::Tokens::new(config.auth.keys()),
            pool: Pool::default(),
            redactor,
            config,
        }
    }

    /// Sends a message and records what became of it. Never fails, never hangs: every trouble is a [`Fault`] in the record.
    pub async fn exchange(&self, outgoing: &Outgoing, limits: Limits, clock: &Clock) -> Recorded {
        let at = clock();
        let started = Monotonic::now();
        let mut trace = Trace::new(outgoing, started);
        let attempt = self.attempt(outgoing, limits, clock, &mut trace);
        let result = match timeout_at(started + limits.deadline, attempt).await {
            Ok(result) => result,
            Err(_) => Err(trace.phase.too_late(limits.deadline)),
        };
        let outcome = match result {
            Ok(reply) => Outcome::Replied(self.redacted_reply(reply)),
            Err(fault) => Outcome::Failed(Fault {
                message: self.redactor.owned(fault.message),
                ..fault
            }),
        };
        Recorded {
            at,
            timing: trace.timing(),
            request: self.redacted_request(outgoing, trace.headers),
            outcome,
            connection: trace.connection,
        }
    }

    /// Credentials, connection, request, reply: everything that the deadline is over.
    async fn attempt(
        &self,
        outgoing: &Outgoing,
        limits: Limits,
        clock: &Clock,
        trace: &mut Trace,
    ) -> Result<Reply, Fault> {
        let url = self.allowed(&outgoing.url)?;
        let auth = self.auth(&outgoing.auth)?;
        let own = outgoing.headers.first("authorization").is_some() || outgoing.raw.is_some();
        let authorization = match auth.filter(|_| !own) {
            Some((name, auth)) => {
                trace.phase = Phase::Credentials;
                self.authorization(name, auth, clock).await?
            }
            None => None,
        };
        let (bytes, headers) = match &outgoing.raw {
            Some(raw) => (raw.clone(), Headers::default()),
            None => request::encode(outgoing, &url, authorization),
        };
        trace.headers = headers;
        let sending = Sending {
            url: &url,
            bytes: &bytes,
            is_head: outgoing.method == "HEAD" || bytes.starts_with(b"HEAD "),
            connection: match outgoing.raw {
                Some(_) => Freshness::New,
                None => Freshness::Any,
            },
            client: self.client_certificate(auth.map(|(_, auth)| auth)),
        };
        self.converse(&sending, limits, clock(), trace).await
    }

    /// The URL, where it lies inside an endpoint: the action saw to that already, but this is the last door.
    fn allowed(&self, url: &str) -> Result<Url, Fault> {
        let refused = |why: String| fault::fault(Owner::Plugfest, FaultKind::Refused, why);
        let parsed =
            Url::parse(url).map_err(|error| refused(format!("`{url}` is no URL: {error}")))?;
        let mut endpoints = self.config.endpoints.iter();
        if endpoints.any(|endpoint| super::inside(&parsed, endpoint)) {
            return Ok(parsed);
        }
        Err(refused(format!(
            "`{url}` lies outside the supplier's endpoints"
        )))
    }

    /// The credentials that a message chooses. A system without `default` has none to send.
    fn auth(
        &self,
        choice: &AuthChoice,
    ) -> Result<Option<(&str, &Auth<super::config::Held>)>, Fault> {
        let name = match choice {
            AuthChoice::None => return Ok(None),
            AuthChoice::Default => "default",
            AuthChoice::Named(name) => name,
        };
        match self.config.auth.get_key_value(name) {
            Some((name, auth)) => Ok(Some((name, auth))),
            None if name == "default" => Ok(None),
            None => Err(fault::fault(
                Owner::Plugfest,
                FaultKind::Auth,
                format!("the supplier file has no credentials `{name}` for this system"),
            )),
        }
    }

    /// The client certificate belongs to the connection, and goes with every request; but where it is itself one of the
    /// credentials, only with those that choose it.
    fn client_certificate(&self, chosen: Option<&Auth<super::config::Held>>) -> tls::Client {
        let is_credential = |auth: &Auth<_>| matches!(auth, Auth::MutualTls);
        let is_chosen = chosen.is_some_and(is_credential);
        if self.config.tls.client.is_none()
            || !is_chosen && self.config.auth.values().any(is_credential)
        {
            return tls::Client::Anonymous;
        }
        tls::Client::Certified
    }

    /// One request and its reply, on a kept connection or a new one.
    async fn converse(
        &self,
        sending: &Sending<'_>,
        limits: Limits,
        now: Instant,
        trace: &mut Trace,
    ) -> Result<Reply, Fault> {
        trace.phase = Phase::Connecting;
        trace.started = Monotonic::now();
        let key = Key::of(sending.url, sending.client)?;
        let kept = match sending.connection {
            Freshness::Any => self.pool.take(&key),
            Freshness::New => None,
        };
        let mut channel = match kept {
            Some(channel) => channel,
            None => self.dial(&key, now, trace).await?,
        };
        trace.connection.clone_from(&channel.facts);
        trace.phase = Phase::Waiting;
        trace.started = Monotonic::now();
        let mut conversation = Conversation::new(&mut channel, sending.bytes, &self.redactor);
        let result = conversation.reply(sending.is_head, limits, trace).await;
        trace.finished = Some(Monotonic::now());
        match result {
            Ok((reply, keep)) => {
                if keep == Keep::Yes && sending.connection == Freshness::Any {
                    self.pool.give(key, channel);
                }
                Ok(reply)
            }
            Err(fault) => {
                if fault.kind == FaultKind::Closed && channel.served > 0 {
                    self.pool.distrust(key);
                }
                Err(fault)
            }
        }
    }

    /// A new connection; on `https`, one to a server that may be sent something.
    async fn dial(&self, key: &Key, now: Instant, trace: &mut Trace) -> Result<Channel, Fault> {
        let (stream, peer) = dial::connect(key).await?;
        trace.connection.peer = Some(peer.to_string());
        if !key.is_tls {
            return Ok(Channel::new(
                Stream::Plain(stream),
                trace.connection.clone(),
            ));
        }
        trace.phase = Phase::Handshake;
        let (stream, facts) = self.tls.handshake(key, stream, now).await?;
        trace.connection.tls = Some(facts.clone());
        self.tls.accept(&facts)?;
        Ok(Channel::new(
            Stream::Tls(Box::new(stream)),
            trace.connection.clone(),
        ))
    }

    fn redacted_request(&self, outgoing: &Outgoing, headers: Headers) -> Request {
        let body = outgoing.raw.as_ref().unwrap_or(&outgoing.body);
        Request {
            method: outgoing.method.clone(),
            url: self.redactor.text(&outgoing.url).into_owned(),
            headers: self.redactor.headers(headers),
            body: self.redactor.payload(Payload::new(body.as_slice())),
        }
    }

    fn redacted_reply(&self, reply: Reply) -> Reply {
        Reply {
            headers: self.redactor.headers(reply.headers),
            body: self.redactor.payload(reply.body),
            ..reply
        }
    }
}

/// One message, encoded.
struct Sending<'a> {
    url: &'a Url,
    bytes: &'a [u8],
    is_head: bool,
    connection: Freshness,
    client: tls::Client,
}

/// Which connection may carry a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Freshness {
    /// A kept one, or a new one.
    Any,
    /// A new one, which is closed afterwards: malformed bytes leave a connection in a state that nobody knows.
    New,
}

/// What is known of an exchange while it goes on: also what is left where it is cut off.
#[derive(Debug)]
struct Trace {
    phase: Phase,
    headers: Headers,
    connection: Connection,
    started: Monotonic,
    first_byte: Option<Monotonic>,
    finished: Option<Monotonic>,
}

impl Trace {
    fn new(outgoing: &Outgoing, started: Monotonic) -> Self {
        Self {
            phase: Phase::Connecting,
            headers: outgoing.headers.clone(),
            connection: Connection::default(),
            started,
            first_byte: None,
            finished: None,
        }
    }

    fn timing(&self) -> Timing {
        let micros = |until: Monotonic| {
            u64::try_from(until.duration_since(self.started).as_micros()).unwrap_or(u64::MAX)
        };
        Timing {
            first_byte: self.first_byte.map_or(0, micros),
            total: micros(self.finished.unwrap_or_else(Monotonic::now)),
        }
    }
}

/// How far an exchange has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Credentials,
    Connecting,
    Handshake,
    Waiting,
    Header(usize),
    Body {
        received: usize,
        declared: Option<u64>,
    },
}

impl Phase {
    /// The fault of an exchange that was cut off here.
    fn too_late(self, deadline: Duration) -> Fault {
        let within = format!("within {deadline:?}");
        let (owner, kind, message) = match self {
            Self::Credentials => (
                Owner::Supplier,
                FaultKind::Auth,
                format!("the token endpoint gave no token {within}"),
            ),
            Self::Connecting => (
                Owner::Network,
                FaultKind::Timeout,
                format!("no connection was made {within}"),
            ),
            Self::Handshake => (
                Owner::Supplier,
                FaultKind::Timeout,
                format!("the TLS handshake was not over {within}"),
            ),
            Self::Waiting => (
                Owner::Supplier,
                FaultKind::Timeout,
                format!("no reply came {within}"),
            ),
            Self::Header(received) => (
                Owner::Supplier,
                FaultKind::Timeout,
                format!(
                    "the reply's header was not over {within}: {received} bytes of it had come"
                ),
            ),
            Self::Body {
                received,
                declared: Some(declared),
            } => (
                Owner::Supplier,
                FaultKind::Timeout,
                format!(
                    "the reply's body was not over {within}: {received} of {declared} bytes had come"
                ),
            ),
            Self::Body {
                received,
                declared: None,
            } => (
                Owner::Supplier,
                FaultKind::Timeout,
                format!("the reply's body was not over {within}: {received} bytes of it had come"),
            ),
        };
        fault::fault(owner, kind, message)
    }
}

#[cfg(test)]
mod tests;
