//! Certificates of every kind.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::server::{Reaction, Server};
use super::*;
use crate::protocol::http::config::{ClientCertificate, Secret, SecretPlace, Tls, Trust};

/// Who signs in these tests.
struct Authority {
    certificate: Certificate,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params
            .distinguished_name
            .push(rcgen::DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2040, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        Self {
            certificate,
            issuer: Issuer::new(params, key),
        }
    }

    /// A certificate for a name, until the start of a year.
    fn sign(&self, name: &str, until: i32) -> (Certificate, KeyPair) {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = date_time_ymd(2025, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        let key = KeyPair::generate().unwrap();
        (params.signed_by(&key, &self.issuer).unwrap(), key)
    }

    fn pem(&self) -> Vec<u8> {
        self.certificate.pem().into_bytes()
    }
}

fn server_config(
    (certificate, key): &(Certificate, KeyPair),
    clients: Option<&Authority>,
) -> rustls::ServerConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .unwrap();
    let chain: Vec<CertificateDer<'static>> = vec![certificate.der().clone()];
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(authority) => {
            let mut roots = rustls::RootCertStore::empty();
            roots.add(authority.certificate.der().clone()).unwrap();
            let verifier = rustls::server::WebPkiClientVerifier::builder_with_provider(
                Arc::new(roots),
                provider,
            );
            builder.with_client_cert_verifier(verifier.build().unwrap())
        }
    };
    builder.with_single_cert(chain, key).unwrap()
}

async fn start(identity: &(Certificate, KeyPair), clients: Option<&Authority>) -> Server {
    let hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    Server::secure(server_config(identity, clients), move |_| {
        Reaction::reply(hello)
    })
    .await
}

fn trusting(server: &Server, tls: Tls) -> Wire {
    Wire::new(Config {
        tls,
        ..config(server)
    })
}

fn roots(authority: &Authority) -> Tls {
    Tls {
        roots: Some(Ok(authority.pem())),
        ..Tls::default()
    }
}

#[tokio::test]
async fn a_trusted_server_and_its_facts() {
    let authority = Authority::new("known");
    let server = start(&authority.sign("127.0.0.1", 2030), None).await;
    let wire = trusting(&server, roots(&authority));
    for _ in 0..2 {
        let recorded = wire.exchange(&get(&server), limits(), &clock).await;
        assert_eq!(reply(&recorded).body.text(), Some("hello"));
        let facts = recorded.connection.tls.unwrap();
        assert_eq!(
            (facts.version.as_str(), facts.server_name.as_str()),
            ("TLSv1.3", "127.0.0.1")
        );
        assert_eq!((facts.chain, facts.host_name), (Ok(()), Ok(())));
        assert_eq!(facts.not_after.to_string(), "2030-01-01T00:00:00.000000Z");
    }
    assert_eq!(server.connections(), 1, "kept, with its facts");
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
async fn servers_that_are_not_trusted_are_sent_nothing_but_their_facts_are_known() {
    let namesake = Authority::new("known");
    let (authority, stranger) = (Authority::new("known"), Authority::new("stranger"));
    let cases = [
        (
            "expired",
            authority.sign("127.0.0.1", 2026),
            "expired",
            (false, true),
        ),
        (
            "another name",
            authority.sign("other.test", 2030),
            "other.test",
            (true, false),
        ),
        (
            "nobody known",
            stranger.sign("127.0.0.1", 2030),
            "tls.ca",
            (false, true),
        ),
        (
            "the name of somebody known",
            namesake.sign("127.0.0.1", 2030),
            "signature",
            (false, true),
        ),
    ];
    for (name, identity, message, verdicts) in cases {
        let server = start(&identity, None).await;
        let recorded = trusting(&server, roots(&authority))
            .exchange(&get(&server), limits(), &clock)
            .await;
        let fault = fault(&recorded);
        assert_eq!(
            (fault.kind, fault.owner),
            (FaultKind::Tls, Owner::Supplier),
            "{name}"
        );
        assert!(fault.message.contains(message), "{name}: {fault}");
        assert!(server.requests().is_empty(), "{name}");
        let facts = recorded.connection.tls.as_ref().unwrap();
        assert_eq!(
            (facts.chain.is_ok(), facts.host_name.is_ok()),
            verdicts,
            "{name}: {facts:?}"
        );

        let tls = Tls {
            trust: Trust::Recorded,
            ..roots(&authority)
        };
        let recorded = trusting(&server, tls)
            .exchange(&get(&server), limits(), &clock)
            .await;
        assert_eq!(reply(&recorded).status, 200, "{name}");
        let facts = recorded.connection.tls.as_ref().unwrap();
        assert_eq!(
            (facts.chain.is_ok(), facts.host_name.is_ok()),
            verdicts,
            "{name}: {facts:?}"
        );
    }
}

#[tokio::test]
async fn the_expected_name_can_be_given_and_a_certificate_can_be_pinned() {
    let authority = Authority::new("known");
    let server = start(&authority.sign("record.test", 2030), None).await;
    let tls = Tls {
        server_name: Some("record.test".into()),
        ..roots(&authority)
    };
    let recorded = trusting(&server, tls)
        .exchange(&get(&server), limits(), &clock)
        .await;
    assert_eq!(reply(&recorded).status, 200);

    let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.not_after = date_time_ymd(2030, 1, 1);
    let key = KeyPair::generate().unwrap();
    let own = params.self_signed(&key).unwrap();
    let pem = own.pem().into_bytes();
    let server = start(&(own, key), None).await;
    let tls = Tls {
        roots: Some(Ok(pem)),
        ..Tls::default()
    };
    let recorded = trusting(&server, tls)
        .exchange(&get(&server), limits(), &clock)
        .await;
    assert_eq!(reply(&recorded).status, 200);
}

#[tokio::test]
async fn a_client_certificate_opens_the_door() {
    let authority = Authority::new("known");
    let server = start(&authority.sign("127.0.0.1", 2030), Some(&authority)).await;
    let recorded = trusting(&server, roots(&authority))
        .exchange(&get(&server), limits(), &clock)
        .await;
    assert_eq!(
        (fault(&recorded).kind, fault(&recorded).owner),
        (FaultKind::Tls, Owner::Supplier)
    );
    assert!(
        fault(&recorded).message.contains("client certificate"),
        "{}",
        fault(&recorded)
    );

    let tls = Tls {
        client: Some(client_certificate(&authority)),
        ..roots(&authority)
    };
    let recorded = trusting(&server, tls.clone())
        .exchange(&get(&server), limits(), &clock)
        .await;
    assert_eq!(reply(&recorded).status, 200);

    let config = Config {
        tls,
        auth: [("default".to_owned(), Auth::MutualTls)].into(),
        ..config(&server)
    };
    let wire = Wire::new(config);
    let mut outgoing = get(&server);
    let recorded = wire.exchange(&outgoing, limits(), &clock).await;
    assert_eq!(reply(&recorded).status, 200);
    outgoing.auth = AuthChoice::None;
    let recorded = wire.exchange(&outgoing, limits(), &clock).await;
    assert_eq!(
        fault(&recorded).kind,
        FaultKind::Tls,
        "without credentials, no certificate is shown"
    );
}

#[tokio::test]
async fn files_that_cannot_be_used_are_our_fault() {
    let authority = Authority::new("known");
    let server = start(&authority.sign("127.0.0.1", 2030), None).await;
    let client = |chain: &[u8], key: &str| ClientCertificate {
        chain: Ok(chain.to_vec()),
        key: Ok(Secret::new(key)),
    };
    let cases = [
        Tls {
            roots: Some(Err("the file `ca.pem` cannot be read".into())),
            ..Tls::default()
        },
        Tls {
            roots: Some(Ok(b"no pem".to_vec())),
            ..Tls::default()
        },
        Tls {
            client: Some(client(b"no pem", "no pem")),
            ..roots(&authority)
        },
        Tls {
            client: Some(client(&authority.pem(), "c4n4ry key")),
            ..roots(&authority)
        },
        Tls {
            server_name: Some("not a name".into()),
            ..roots(&authority)
        },
    ];
    for tls in cases {
        let recorded = trusting(&server, tls)
            .exchange(&get(&server), limits(), &clock)
            .await;
        assert_eq!(
            (fault(&recorded).kind, fault(&recorded).owner),
            (FaultKind::Tls, Owner::Plugfest),
            "{}",
            fault(&recorded)
        );
        assert!(!fault(&recorded).message.contains("c4n4ry"));
    }
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_is_named_so() {
    let plain = Server::start(|_| Reaction::reply("")).await;
    for reply in ["HTTP/1.1 400 Bad Request\r\n\r\n", ""] {
        let server = Server::start_impatient(reply).await;
        let mut outgoing = get(&server);
        outgoing.url = outgoing.url.replace("http://", "https://");
        let config = Config {
            endpoints: vec![outgoing.url.clone()],
            tls: roots(&Authority::new("known")),
            ..config(&plain)
        };
        let limits = if reply.is_empty() { soon() } else { limits() };
        let recorded = Wire::new(config).exchange(&outgoing, limits, &clock).await;
        let expected = if reply.is_empty() {
            FaultKind::Timeout
        } else {
            FaultKind::Tls
        };
        assert_eq!(fault(&recorded).kind, expected, "{}", fault(&recorded));
    }
}

#[tokio::test]
async fn raw_bytes_go_through_tls_too() {
    let authority = Authority::new("known");
    let server = start(&authority.sign("127.0.0.1", 2030), None).await;
    let mut outgoing = get(&server);
    outgoing.raw = Some(b"GET / HTTP/1.1\r\nHost : x\r\n\r\n".to_vec());
    let recorded = trusting(&server, roots(&authority))
        .exchange(&outgoing, limits(), &clock)
        .await;
    assert_eq!(reply(&recorded).body.text(), Some("hello"));
    assert!(recorded.connection.tls.is_some());
    assert_eq!(server.requests().len(), 1);
}

/// A server that gives tokens and answers to them.
async fn start_with_tokens(
    identity: &(Certificate, KeyPair),
    clients: Option<&Authority>,
) -> Server {
    Server::secure(server_config(identity, clients), |request| {
        let body = match request.starts_with("POST /token") {
            true => r#"{"access_token":"t0ken","expires_in":3600}"#,
            false => "hello",
        };
        ok(body)
    })
    .await
}

fn asking_for_tokens(server: &Server, tls: Tls) -> Wire {
    let auth = super::secrets::by_secret(server, SecretPlace::Header);
    Wire::new(Config {
        tls,
        auth: [("default".to_owned(), auth)].into(),
        ..config(server)
    })
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
async fn a_token_endpoint_is_trusted_like_an_endpoint() {
    let (authority, stranger) = (Authority::new("known"), Authority::new("stranger"));
    let client = client_certificate(&authority);
    let certified = Tls {
        client: Some(client),
        ..roots(&authority)
    };
    let known = || authority.sign("127.0.0.1", 2030);
    let given = stranger.sign("127.0.0.1", 2030);
    let itself = Tls {
        roots: Some(Ok(given.0.pem().into_bytes())),
        ..Tls::default()
    };
    let renamed = |name: &str| Tls {
        server_name: Some(name.into()),
        ..roots(&authority)
    };
    let recorded = Tls {
        trust: Trust::Recorded,
        ..roots(&authority)
    };
    let cases = [
        ("known", known(), None, roots(&authority), None),
        ("certified", known(), Some(&authority), certified, None),
        ("itself", given, None, itself, None),
        (
            "renamed",
            authority.sign("a.test", 2030),
            None,
            renamed("a.test"),
            None,
        ),
        (
            "only recorded",
            stranger.sign("127.0.0.1", 2030),
            None,
            recorded,
            None,
        ),
        (
            "no certificate",
            known(),
            Some(&authority),
            roots(&authority),
            Some("client certificate"),
        ),
        (
            "expired",
            authority.sign("127.0.0.1", 2026),
            None,
            roots(&authority),
            Some("it has expired"),
        ),
        (
            "stranger",
            stranger.sign("127.0.0.1", 2030),
            None,
            roots(&authority),
            Some("nobody who is trusted"),
        ),
        (
            "other name",
            authority.sign("b.test", 2030),
            None,
            roots(&authority),
            Some("b.test"),
        ),
        (
            "other name than renamed",
            known(),
            None,
            renamed("a.test"),
            Some("another name"),
        ),
    ];
    for (case, identity, clients, tls, problem) in cases {
        let server = start_with_tokens(&identity, clients).await;
        let wire = asking_for_tokens(&server, tls);
        let recorded = wire.exchange(&get(&server), limits(), &clock).await;
        let Some(problem) = problem else {
            assert_eq!(reply(&recorded).body.text(), Some("hello"), "{case}");
            assert_eq!(server.requests().len(), 2, "{case}");
            continue;
        };
        let fault = fault(&recorded);
        assert_eq!(
            (fault.kind, fault.owner),
            (FaultKind::Auth, Owner::Supplier),
            "{case}: {fault}"
        );
        assert!(fault.message.contains(problem), "{case}: {fault}");
        assert!(server.requests().is_empty(), "{case}: no secret was sent");
    }
}

fn client_certificate(authority: &Authority) -> ClientCertificate {
    let (certificate, key) = authority.sign("client.test", 2030);
    ClientCertificate {
        chain: Ok(certificate.pem().into_bytes()),
        key: Ok(Secret::new(key.serialize_pem())),
    }
}
