//! Replies of every shape: recorded as they are, or the right fault.

use super::server::{Reaction, Server};
use super::*;

/// What a reply's bytes must become.
enum Becomes {
    Reply(u16, &'static str),
    Fault(FaultKind, &'static str),
}

use Becomes::{Fault as Broken, Reply as Read};

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
async fn replies_that_end_with_the_connection() {
    let cases: &[(&str, &[u8], Becomes)] = &[
        ("a body by length", b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", Read(200, "abc")),
        ("a body until the end", b"HTTP/1.1 200 OK\r\n\r\nabc", Read(200, "abc")),
        ("more than declared", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabc", Read(200, "ab")),
        ("less than declared", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", Broken(FaultKind::Closed, "after 3 of 5 bytes")),
        ("lengths that agree", b"HTTP/1.1 200 OK\r\nContent-Length: 3, 3\r\ncontent-length: 3\r\n\r\nabc", Read(200, "abc")),
        ("lengths that differ", b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc", Broken(FaultKind::Malformed, "`3`, `4`")),
        ("a length below zero", b"HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\nabc", Broken(FaultKind::Malformed, "`-3`")),
        ("a length that is too large", b"HTTP/1.1 200 OK\r\nContent-Length: 100001\r\n\r\nabc", Broken(FaultKind::BodyLimit, "100001")),
        ("a length that is absurd", b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", Broken(FaultKind::Malformed, "Content-Length")),
        ("chunks", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nab\r\n1\r\nc\r\n0\r\nTrailer: t\r\n\r\n", Read(200, "abc")),
        ("chunks and a length", b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", Read(200, "abc")),
        ("chunks that are cut", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", Broken(FaultKind::Closed, "after 2 bytes")),
        ("chunks without an end", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n", Broken(FaultKind::Closed, "after 2 bytes")),
        ("a chunk without a size", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nab\r\n", Broken(FaultKind::Malformed, "no size")),
        ("a chunk of negative size", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nab\r\n", Broken(FaultKind::Malformed, "no size")),
        ("a chunk that is too long", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabcdef\r\n0\r\n\r\n", Broken(FaultKind::Malformed, "longer")),
        ("a chunk of absurd size", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nab", Broken(FaultKind::BodyLimit, "larger")),
        ("another transfer coding", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nabc", Read(200, "abc")),
        ("interim replies", b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 1\r\n\r\na", Read(201, "a")),
        ("an interim reply alone", b"HTTP/1.1 100 Continue\r\n\r\n", Broken(FaultKind::Closed, "")),
        ("another protocol from now on", b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nabc", Read(101, "")),
        ("no body by status", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", Read(304, "")),
        ("HTTP/1.0", b"HTTP/1.0 200 OK\r\n\r\nabc", Read(200, "abc")),
        ("no reason phrase", b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", Read(200, "")),
        ("bare line feeds", b"HTTP/1.1 200 OK\nContent-Length: 3\n\nabc", Read(200, "abc")),
        ("empty lines first", b"\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", Read(200, "abc")),
        ("nothing", b"", Broken(FaultKind::Closed, "before any reply")),
        ("half a header", b"HTTP/1.1 200 OK\r\nContent-Le", Broken(FaultKind::Closed, "within the reply's header")),
        ("another protocol", b"SSH-2.0-OpenSSH_9.6\r\n", Broken(FaultKind::Malformed, "SSH-2.0")),
        ("a page and no header", b"<html>oops</html>", Broken(FaultKind::Malformed, "<html>")),
        ("HTTP/2", b"HTTP/2 200\r\n\r\n", Broken(FaultKind::Malformed, "HTTP/2")),
        ("a status that is no number", b"HTTP/1.1 2x0 OK\r\n\r\n", Broken(FaultKind::Malformed, "")),
        ("a space in a name", b"HTTP/1.1 200 OK\r\nBad Name: x\r\n\r\n", Broken(FaultKind::Malformed, "")),
        ("a zero byte in a value", b"HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n", Broken(FaultKind::Malformed, "")),
        ("bytes that are no text", b"\xff\xfe\x00\x01", Broken(FaultKind::Malformed, "\\xff")),
    ];
    for (name, bytes, becomes) in cases {
        let canned = bytes.to_vec();
        let server = Server::start(move |_| Reaction::close(&canned)).await;
        let recorded = wire(&server)
            .exchange(&get(&server), limits(), &clock)
            .await;
        match becomes {
            Read(status, body) => {
                let reply = reply(&recorded);
                assert_eq!(
                    (reply.status, reply.body.text()),
                    (*status, Some(*body)),
                    "{name}"
                );
            }
            Broken(kind, message) => {
                let fault = fault(&recorded);
                assert_eq!(
                    (fault.kind, fault.owner),
                    (*kind, Owner::Supplier),
                    "{name}: {fault}"
                );
                assert!(fault.message.contains(message), "{name}: {fault}");
            }
        }
    }
}

#[tokio::test]
async fn replies_without_an_end_reach_a_limit() {
    let chunk = format!("1000\r\n{}\r\n", "x".repeat(0x1000));
    let cases = [
        (
            "a header",
            "HTTP/1.1 200 OK\r\nX: ".to_owned(),
            "x".repeat(1000),
            FaultKind::HeaderLimit,
        ),
        (
            "short fields",
            "HTTP/1.1 200 OK\r\n".to_owned(),
            "X: y\r\n".to_owned(),
            FaultKind::HeaderLimit,
        ),
        (
            "interim replies",
            String::new(),
            "HTTP/1.1 100 Continue\r\n\r\n".to_owned(),
            FaultKind::HeaderLimit,
        ),
        (
            "a body",
            "HTTP/1.1 200 OK\r\n\r\n".to_owned(),
            "x".repeat(1000),
            FaultKind::BodyLimit,
        ),
        (
            "chunks",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned(),
            chunk,
            FaultKind::BodyLimit,
        ),
        (
            "a chunk's extension",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1".to_owned(),
            ";x".repeat(100),
            FaultKind::Malformed,
        ),
        (
            "trailers",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n".to_owned(),
            "X: y\r\n".to_owned(),
            FaultKind::HeaderLimit,
        ),
    ];
    for (name, start, more, kind) in cases {
        let server = Server::start(move |_| Reaction::repeat(&start, &more)).await;
        let recorded = wire(&server)
            .exchange(&get(&server), limits(), &clock)
            .await;
        let fault = fault(&recorded);
        assert_eq!(
            (fault.kind, fault.owner),
            (kind, Owner::Supplier),
            "{name}: {fault}"
        );
    }
}

#[tokio::test]
async fn limits_are_exact() {
    let at_limit = format!(
        "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n{}",
        "x".repeat(100_000)
    );
    let server = Server::start(move |_| Reaction::reply(&at_limit)).await;
    let recorded = wire(&server)
        .exchange(&get(&server), limits(), &clock)
        .await;
    assert_eq!(reply(&recorded).body.bytes().len(), 100_000);

    let fields: String = (0..501).map(|n| format!("X-{n}: y\r\n")).collect();
    let many = format!("HTTP/1.1 200 OK\r\n{fields}\r\n");
    let server = Server::start(move |_| Reaction::reply(&many)).await;
    let recorded = wire(&server)
        .exchange(&get(&server), limits(), &clock)
        .await;
    assert_eq!(fault(&recorded).kind, FaultKind::HeaderLimit);
    assert!(
        fault(&recorded).message.contains("500"),
        "{}",
        fault(&recorded)
    );

    let fields: String = (0..499).map(|n| format!("X-{n}: y\r\n")).collect();
    let fitting = format!("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n{fields}\r\n");
    let server = Server::start(move |_| Reaction::reply(&fitting)).await;
    let recorded = wire(&server)
        .exchange(&get(&server), limits(), &clock)
        .await;
    assert_eq!(reply(&recorded).headers.0.len(), 500);
}

#[tokio::test]
async fn fields_are_recorded_as_they_came() {
    let bytes = b"HTTP/1.1 200 OK\r\nX-Case: a\r\nx-case:  b \r\nX-Latin: M\xfcller\r\nX-Utf8: M\xc3\xbcller\r\nX-Empty:\r\nContent-Length: 0\r\n\r\n";
    let server = Server::start(|_| Reaction::reply_bytes(bytes)).await;
    let recorded = wire(&server)
        .exchange(&get(&server), limits(), &clock)
        .await;
    let expected = [
        ("X-Case", "a"),
        ("x-case", "b"),
        ("X-Latin", "Müller"),
        ("X-Utf8", "Müller"),
        ("X-Empty", ""),
        ("Content-Length", "0"),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(reply(&recorded).headers.0, expected);
    assert_eq!(reply(&recorded).version, "HTTP/1.1");
}

#[tokio::test]
async fn servers_that_stop_reach_the_deadline() {
    let cases = [
        "",
        "HTTP/1.1 200 OK\r\nX: ",
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    ];
    for bytes in cases {
        let server = Server::start(move |_| Reaction::hang(bytes)).await;
        let recorded = wire(&server).exchange(&get(&server), soon(), &clock).await;
        let fault = fault(&recorded);
        assert_eq!(
            (fault.kind, fault.owner),
            (FaultKind::Timeout, Owner::Supplier),
            "{bytes:?}"
        );
        assert!(fault.message.contains("30ms"), "{bytes:?}: {fault}");
    }
}

#[tokio::test]
async fn replies_in_single_bytes_are_read() {
    let cases = [
        "HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Length: 3\r\n\r\nabc",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\nContent-Length: 3\n\nabc",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\nT: u\r\n\r\n",
    ];
    for text in cases {
        let server = Server::start(move |_| Reaction::drip(text)).await;
        let wire = wire(&server);
        for _ in 0..2 {
            let recorded = wire.exchange(&get(&server), limits(), &clock).await;
            assert_eq!(reply(&recorded).body.text(), Some("abc"), "{text:?}");
        }
        assert_eq!(server.connections(), 1, "{text:?}");
    }
}

#[tokio::test]
async fn mangled_replies_are_read_or_are_the_suppliers_fault() {
    let seeds: [&[u8]; 3] = [
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nX: y\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nab\r\n1\r\nc\r\n0\r\nT: u\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 404 Not Found\r\nConnection: keep-alive\r\n\r\nabc",
    ];
    let mangled = move |round: usize| {
        let mut bytes = seeds[round % seeds.len()].to_vec();
        // A small generator of its own: the same bytes in every run.
        let mut state = round as u64 * 0x9e37_79b9_7f4a_7c15 + 1;
        for _ in 0..=round % 4 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let position = (state >> 33) as usize % bytes.len();
            match state >> 60 {
                0..4 => bytes[position] = (state >> 40) as u8,
                4..8 => bytes.insert(position, b"\r\n:;0f \xff"[(state >> 50) as usize % 8]),
                8..12 => drop(bytes.remove(position)),
                _ => bytes.truncate(position.max(1)),
            }
        }
        bytes
    };
    let server = Server::start(move |earlier| Reaction::close(mangled(earlier))).await;
    let wire = wire(&server);
    for round in 0..600 {
        let recorded = wire.exchange(&get(&server), limits(), &clock).await;
        if let Outcome::Failed(fault) = &recorded.outcome {
            assert_eq!(fault.owner, Owner::Supplier, "{round}: {fault}");
            assert_ne!(fault.kind, FaultKind::Timeout, "{round}: {fault}");
        }
    }
}
