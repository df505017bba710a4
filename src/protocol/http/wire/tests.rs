//! The wire against servers that play scripts, in this process, on a port that the system picks.

mod framing;
mod secrets;
mod server;
mod tls;

use std::time::Duration;

use super::*;
use server::{Reaction, Server};

/// 2026-06-01T00:00:00Z: certificates and tokens are judged at this moment.
const NOW: i64 = 1_780_272_000_000_000;

fn clock() -> Instant {
    Instant::from_micros(NOW)
}

fn limits() -> Limits {
    Limits {
        deadline: Duration::from_secs(20),
        body_max: 100_000,
        header_max: 10_000,
        headers_count: 500,
    }
}

/// A deadline for servers that never answer. Nothing is said of the time that passes, only that it ends.
fn soon() -> Limits {
    Limits {
        deadline: Duration::from_millis(30),
        ..limits()
    }
}

fn wire(server: &Server) -> Wire {
    Wire::new(config(server))
}

fn config(server: &Server) -> Config {
    Config {
        endpoints: vec![server.url("/base")],
        ..Config::default()
    }
}

fn get(server: &Server) -> Outgoing {
    Outgoing {
        method: "GET".into(),
        url: server.url("/base/x?a=b"),
        headers: Headers::default(),
        body: Vec::new(),
        auth: AuthChoice::Default,
        raw: None,
    }
}

fn reply(recorded: &Recorded) -> &Reply {
    match &recorded.outcome {
        Outcome::Replied(reply) => reply,
        Outcome::Failed(fault) => panic!("no reply: {fault}"),
    }
}

fn fault(recorded: &Recorded) -> &Fault {
    match &recorded.outcome {
        Outcome::Failed(fault) => fault,
        Outcome::Replied(reply) => panic!("a reply: {reply:?}"),
    }
}

fn ok(body: &str) -> Reaction {
    Reaction::reply(&format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    ))
}

#[tokio::test]
async fn exactly_what_was_asked_is_sent_and_recorded() {
    let server = Server::start(|_| ok("hello")).await;
    let mut outgoing = get(&server);
    outgoing.method = "PUT".into();
    outgoing.body = b"{\"a\": 1.10}".to_vec();
    outgoing.headers = Headers(vec![
        ("X-One".into(), "1".into()),
        ("x-one".into(), "ü".into()),
    ]);
    let recorded = wire(&server).exchange(&outgoing, limits(), &clock).await;
    let host = server.address.to_string();
    let expected = format!(
        "PUT /base/x?a=b HTTP/1.1\r\nHost: {host}\r\nUser-Agent: plugfest/{}\r\nX-One: 1\r\nx-one: ü\r\nContent-Length: 11\r\n\r\n{{\"a\": 1.10}}",
        env!("CARGO_PKG_VERSION")
    );
    assert_eq!(server.requests(), [expected]);
    let names: Vec<&str> = recorded
        .request
        .headers
        .0
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(
        names,
        ["Host", "User-Agent", "X-One", "x-one", "Content-Length"]
    );
    assert_eq!(recorded.request.body.bytes(), outgoing.body);
    assert_eq!(reply(&recorded).body.text(), Some("hello"));
    assert_eq!(recorded.connection.peer, Some(host));
    assert!(
        recorded.timing.total >= recorded.timing.first_byte,
        "{:?}",
        recorded.timing
    );
    assert_eq!(recorded.at, clock());
}

#[tokio::test]
async fn connections_are_kept_where_both_sides_want_it() {
    let cases = [
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", 1),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
            1,
        ),
        ("HTTP/1.1 204 No Content\r\n\r\n", 1),
        (
            "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nhi",
            1,
        ),
        (
            "HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 2\r\n\r\nhi",
            3,
        ),
        ("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", 3),
        ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nhi", 3),
    ];
    for (bytes, connections) in cases {
        let server = Server::start(move |_| Reaction::reply(bytes)).await;
        let wire = wire(&server);
        for _ in 0..3 {
            let recorded = wire.exchange(&get(&server), limits(), &clock).await;
            assert!(reply(&recorded).status < 300, "{bytes:?}");
        }
        assert_eq!(server.connections(), connections, "{bytes:?}");
    }
}

#[tokio::test]
async fn a_kept_connection_that_breaks_is_no_silent_retry() {
    let server = Server::start(|earlier| match earlier {
        0 => ok("first"),
        1 => Reaction::close(""),
        _ => ok("later"),
    })
    .await;
    let wire = wire(&server);
    let first = wire.exchange(&get(&server), limits(), &clock).await;
    assert_eq!(reply(&first).status, 200);
    let second = wire.exchange(&get(&server), limits(), &clock).await;
    assert_eq!(
        (fault(&second).kind, fault(&second).owner),
        (FaultKind::Closed, Owner::Supplier)
    );
    assert!(
        fault(&second).message.contains("kept from an earlier"),
        "{}",
        fault(&second)
    );
    assert_eq!(server.requests().len(), 2, "nothing was sent again");
    for _ in 0..2 {
        let later = wire.exchange(&get(&server), limits(), &clock).await;
        assert_eq!(reply(&later).status, 200);
    }
    assert_eq!(server.connections(), 3, "from now on, nothing is kept");
}

#[tokio::test]
async fn no_redirect_and_no_decompression() {
    let server = Server::start(|earlier| match earlier {
        0 => Reaction::reply("HTTP/1.1 302 Found\r\nLocation: /base/y\r\nContent-Length: 0\r\n\r\n"),
        _ => Reaction::reply_bytes(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00"),
    })
    .await;
    let wire = wire(&server);
    let redirect = wire.exchange(&get(&server), limits(), &clock).await;
    assert_eq!(reply(&redirect).status, 302);
    let gzip = wire.exchange(&get(&server), limits(), &clock).await;
    assert_eq!(reply(&gzip).body.bytes(), b"\x1f\x8b\x08\x00");
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn head_has_no_body_whatever_it_declares() {
    let server =
        Server::start(|_| Reaction::reply("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n")).await;
    let mut outgoing = get(&server);
    outgoing.method = "HEAD".into();
    let recorded = wire(&server).exchange(&outgoing, limits(), &clock).await;
    assert!(reply(&recorded).body.is_empty());
}

#[tokio::test]
async fn raw_bytes_go_as_they_are() {
    let server =
        Server::start(|_| Reaction::reply("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"))
            .await;
    let mut outgoing = get(&server);
    outgoing.method = "RAW".into();
    outgoing.raw = Some(b"GET /x HTTP/1.1\r\nHost : a\r\nhost: b\r\n\r\n".to_vec());
    let wire = wire(&server);
    for _ in 0..2 {
        let recorded = wire.exchange(&outgoing, limits(), &clock).await;
        assert_eq!(reply(&recorded).status, 400);
        assert_eq!(Some(recorded.request.body.bytes()), outgoing.raw.as_deref());
        assert_eq!(
            (
                recorded.request.method.as_str(),
                recorded.request.headers.0.len()
            ),
            ("RAW", 0)
        );
    }
    assert_eq!(
        server.requests()[0].as_bytes(),
        outgoing.raw.as_deref().unwrap_or_default()
    );
    assert_eq!(
        server.connections(),
        2,
        "connections of raw requests are not kept"
    );
}

#[tokio::test]
async fn a_reply_may_come_before_the_whole_request_is_sent() {
    let early =
        "HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 3\r\n\r\nbig";
    let server = Server::start_impatient(early).await;
    let mut outgoing = get(&server);
    outgoing.method = "POST".into();
    outgoing.body = vec![b'x'; 30_000_000];
    let recorded = wire(&server).exchange(&outgoing, limits(), &clock).await;
    assert_eq!(reply(&recorded).status, 413);
}

#[tokio::test]
async fn what_cannot_be_reached_says_why() {
    let server = Server::start(|_| ok("")).await;
    let mut outgoing = get(&server);
    outgoing.url = "http://127.0.0.1:1/elsewhere".into();
    let elsewhere = wire(&server).exchange(&outgoing, limits(), &clock).await;
    assert_eq!(
        (fault(&elsewhere).kind, fault(&elsewhere).owner),
        (FaultKind::Refused, Owner::Plugfest)
    );

    let closed = Server::closed_port().await;
    let refused = wire(&closed)
        .exchange(&get(&closed), limits(), &clock)
        .await;
    assert_eq!(
        (fault(&refused).kind, fault(&refused).owner),
        (FaultKind::Connect, Owner::Supplier)
    );
    assert!(
        fault(&refused)
            .message
            .contains(&closed.address.to_string()),
        "{}",
        fault(&refused)
    );

    let config = Config {
        endpoints: vec!["http://no-such-host.invalid".into()],
        ..Config::default()
    };
    outgoing.url = "http://no-such-host.invalid/x".into();
    let unknown = Wire::new(config)
        .exchange(&outgoing, limits(), &clock)
        .await;
    assert_eq!(
        (fault(&unknown).kind, fault(&unknown).owner),
        (FaultKind::Connect, Owner::Network)
    );
    assert!(
        fault(&unknown).message.contains("no-such-host.invalid"),
        "{}",
        fault(&unknown)
    );
}

#[tokio::test]
async fn an_exchange_may_run_on_any_thread() {
    fn on_any_thread<T: Send>(future: T) -> T {
        future
    }
    let server = Server::start(|_| ok("")).await;
    let (wire, outgoing) = (wire(&server), get(&server));
    let recorded = on_any_thread(wire.exchange(&outgoing, limits(), &clock)).await;
    assert_eq!(reply(&recorded).status, 200);
}

#[tokio::test]
async fn credentials_that_are_not_there_are_our_fault() {
    let server = Server::start(|_| ok("")).await;
    let mut outgoing = get(&server);
    outgoing.auth = AuthChoice::Named("reader".into());
    let recorded = wire(&server).exchange(&outgoing, limits(), &clock).await;
    assert_eq!(
        (fault(&recorded).kind, fault(&recorded).owner),
        (FaultKind::Auth, Owner::Plugfest)
    );
    assert_eq!(server.connections(), 0);
}
