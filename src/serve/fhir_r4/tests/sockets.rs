//! The edge: a real socket, with and without TLS.

use crate::serve::fhir_r4::{DefectId, Options, Server};
use crate::serve::{SUPPLIERS, Start, tls};
use rustls::pki_types::ServerName;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

/// Sends a request over a stream and gives all that comes back.
async fn exchange(mut stream: impl AsyncRead + AsyncWrite + Unpin, request: &str) -> String {
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut reply = Vec::new();
    // A server that hangs up has said all that it will.
    let _ended = stream.read_to_end(&mut reply).await;
    String::from_utf8_lossy(&reply).into_owned()
}

fn anywhere() -> SocketAddr {
    "127.0.0.1:0".parse().unwrap()
}

/// The host and port of a base URL.
fn authority(base: &str) -> String {
    base.split('/').nth(2).unwrap().to_owned()
}

const METADATA: &str = "GET /fhir/metadata HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

#[tokio::test]
async fn a_server_answers_until_it_is_shut_down() {
    let running = Server::start(Options::new(anywhere())).await.unwrap();
    let authority = authority(running.base_url());
    let reply = exchange(TcpStream::connect(&authority).await.unwrap(), METADATA).await;
    assert!(reply.starts_with("HTTP/1.1 200 OK\r\n"), "{reply}");
    assert!(
        reply.contains(&format!("http://{authority}/fhir")),
        "the statement does not name its base"
    );
    let head = "HEAD /fhir/Patient/pat-bea HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let reply = exchange(TcpStream::connect(&authority).await.unwrap(), head).await;
    assert!(
        reply.contains("content-length: ") && !reply.contains("content-length: 0"),
        "{reply}"
    );
    assert!(reply.ends_with("\r\n\r\n"), "HEAD has a body: {reply}");
    let large = format!(
        "POST /fhir/Patient HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        17 << 20
    );
    let body = vec![b'a'; 17 << 20];
    let (mut reader, mut writer) = TcpStream::connect(&authority).await.unwrap().into_split();
    let sending = tokio::spawn(async move {
        writer.write_all(large.as_bytes()).await?;
        writer.write_all(&body).await
    });
    let mut start = [0; 12];
    reader.read_exact(&mut start).await.unwrap();
    assert_eq!(&start, b"HTTP/1.1 413");
    drop(reader);
    drop(sending.await);
    running.shutdown();
}

#[tokio::test]
async fn tls_is_spoken_and_nothing_else() {
    let certified = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let configuration = tls::configuration(
        certified.cert.pem().as_bytes(),
        certified.signing_key.serialize_pem().as_bytes(),
    )
    .unwrap();
    for (defects, plain_is_served) in [(vec![], false), (vec![DefectId::PlainHttpBesideTls], true)]
    {
        let options = Options {
            tls: Some(Arc::clone(&configuration)),
            defects,
            ..Options::new(anywhere())
        };
        let running = Server::start(options).await.unwrap();
        assert!(running.base_url().starts_with("https://"));
        let authority = authority(running.base_url());
        let socket = TcpStream::connect(&authority).await.unwrap();
        let secure = connector(certified.cert.der().clone())
            .connect(ServerName::try_from("localhost").unwrap(), socket)
            .await
            .unwrap();
        assert!(
            exchange(secure, METADATA)
                .await
                .starts_with("HTTP/1.1 200 OK")
        );
        let plain = exchange(TcpStream::connect(&authority).await.unwrap(), METADATA).await;
        assert_eq!(
            plain.starts_with("HTTP/1.1 200 OK"),
            plain_is_served,
            "{plain}"
        );
    }
}

fn connector(
    certificate: rustls::pki_types::CertificateDer<'static>,
) -> tokio_rustls::TlsConnector {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(certificate).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap();
    Arc::new(builder.with_root_certificates(roots).with_no_client_auth()).into()
}

#[tokio::test]
async fn the_table_of_suppliers_starts_by_names() {
    let supplier = SUPPLIERS
        .iter()
        .find(|supplier| supplier.name == "fhir-r4")
        .unwrap();
    let defects = vec!["capability-missing".to_owned()];
    let running = (supplier.start)(Start {
        defects,
        ..Start::new(anywhere())
    })
    .await
    .unwrap();
    let reply = exchange(
        TcpStream::connect(authority(running.base_url()))
            .await
            .unwrap(),
        METADATA,
    )
    .await;
    assert!(reply.starts_with("HTTP/1.1 404"), "{reply}");
    let defects = vec!["capability-mising".to_owned()];
    let error = (supplier.start)(Start {
        defects,
        ..Start::new(anywhere())
    })
    .await
    .unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
    assert!(
        error
            .to_string()
            .contains("did you mean `capability-missing`?"),
        "{error}"
    );
    let without = vec!["everything".to_owned()];
    assert!(
        (supplier.start)(Start {
            without,
            ..Start::new(anywhere())
        })
        .await
        .is_err()
    );
    assert!(tls::configuration(b"", b"").is_err());
}
