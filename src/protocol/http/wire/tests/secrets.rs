//! Credentials on the wire, and never in a record.

use std::collections::BTreeMap;

use super::server::{Reaction, Server};
use super::*;
use crate::protocol::http::config::{
    Algorithm, Basic, Bearer, ClientCredentials, Held, HttpUrl, Secret, SecretPlace,
    SignedCredentials,
};

const CANARY: &str = "c4n4ry/\"secret\"+value";

fn held(text: &str) -> Held {
    Ok(Secret::new(text))
}

fn with_auth(server: &Server, auth: Auth<Held>) -> Wire {
    Wire::new(Config {
        auth: BTreeMap::from([("default".to_owned(), auth)]),
        ..config(server)
    })
}

fn token_url(server: &Server) -> HttpUrl {
    server.url("/token").parse().unwrap()
}

pub(super) fn by_secret(server: &Server, place: SecretPlace) -> Auth<Held> {
    Auth::Oauth2(ClientCredentials {
        token_url: token_url(server),
        client_id: "me".into(),
        client_secret: held(CANARY),
        secret_in: place,
        scope: Some("system/*.read".into()),
        parameters: BTreeMap::from([("audience".into(), "them".into())]),
    })
}

fn json(status: &str, body: &str) -> Reaction {
    Reaction::reply(&format!(
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    ))
}

/// Echoes the whole request, in a header, in the body, and in Base64.
fn echo(request: &str) -> Reaction {
    use base64::Engine;
    let authorization = request
        .lines()
        .find(|line| line.starts_with("Authorization"));
    let value = authorization
        .and_then(|line| line.split_once(": "))
        .map_or("", |(_, value)| value);
    let body = format!(
        "{request}\n{}\n{CANARY}\n{}",
        serde_json::Value::from(CANARY),
        base64::engine::general_purpose::STANDARD.encode(CANARY)
    );
    Reaction::reply(&format!(
        "HTTP/1.1 200 OK\r\nX-Echo: {value}\r\n{}: name\r\nContent-Length: {}\r\n\r\n{body}",
        "X-Plain",
        body.len()
    ))
}

/// No form of the secret is anywhere in a record.
fn assert_clean(recorded: &Recorded, secrets: &[&str]) {
    let bodies = match &recorded.outcome {
        Outcome::Replied(reply) => String::from_utf8_lossy(reply.body.bytes()).into_owned(),
        Outcome::Failed(_) => String::new(),
    };
    let sent = String::from_utf8_lossy(recorded.request.body.bytes()).into_owned();
    let all = format!("{recorded:?}\n{bodies}\n{sent}");
    for secret in secrets {
        assert!(!all.contains(secret), "`{secret}` leaked: {all}");
    }
}

#[tokio::test]
async fn an_echoed_secret_never_reaches_a_record() {
    use base64::Engine;
    let pair = base64::engine::general_purpose::STANDARD.encode(format!("ann:{CANARY}"));
    let plain = "c4n4ry-token.value_1";
    let cases = [
        (
            Auth::Bearer(Bearer { token: held(plain) }),
            plain.to_owned(),
            "Bearer c4n4ry-token.value_1",
        ),
        (
            Auth::Basic(Basic {
                user: "ann".into(),
                password: held(CANARY),
            }),
            pair.clone(),
            "Basic ",
        ),
    ];
    for (auth, secret, sent) in cases {
        let server = Server::answering(echo).await;
        let mut outgoing = get(&server);
        outgoing.method = "POST".into();
        outgoing.url = server.url(&format!("/base/{plain}?token={plain}"));
        outgoing.body = secret.clone().into_bytes();
        outgoing.headers = Headers(vec![("X-Own".into(), secret.clone())]);
        let wire = with_auth(&server, auth);
        wire.redactor.add(&Secret::new(plain));
        wire.redactor.add(&Secret::new(CANARY));
        let recorded = wire.exchange(&outgoing, limits(), &clock).await;
        assert!(
            server.requests()[0].contains(sent),
            "the wire carries it: {:?}",
            server.requests()
        );
        assert_eq!(reply(&recorded).status, 200);
        assert_clean(&recorded, &[&secret, CANARY, &pair, "c4n4ry"]);
        assert!(
            recorded
                .request
                .headers
                .first("Authorization")
                .is_some_and(|value| value.ends_with("‹redacted›"))
        );
    }
}

#[tokio::test]
async fn a_secret_in_a_broken_reply_never_reaches_a_record() {
    let server = Server::start(|_| {
        Reaction::close("c4n4ry-token.value_1 is no HTTP and c4n4ry-token.value_1 neither")
    })
    .await;
    let wire = with_auth(
        &server,
        Auth::Bearer(Bearer {
            token: held("c4n4ry-token.value_1"),
        }),
    );
    let recorded = wire.exchange(&get(&server), limits(), &clock).await;
    assert_eq!(fault(&recorded).kind, FaultKind::Malformed);
    assert_clean(&recorded, &["c4n4ry"]);
    assert!(!format!("{wire:?}").contains("c4n4ry"));
}

#[tokio::test]
async fn tokens_are_fetched_once_and_kept() {
    for (place, proof) in [
        (SecretPlace::Header, "authorization: Basic "),
        (SecretPlace::Body, "client_secret=c4n4ry"),
    ] {
        let server = Server::answering(|request| match request.starts_with("POST /token") {
            true => json(
                "200 OK",
                r#"{"access_token":"t0ken-1","token_type":"Bearer","expires_in":3600}"#,
            ),
            false => echo(request),
        })
        .await;
        let wire = with_auth(&server, by_secret(&server, place));
        let outgoing = get(&server);
        let (first, second, third) = tokio::join!(
            wire.exchange(&outgoing, limits(), &clock),
            wire.exchange(&outgoing, limits(), &clock),
            wire.exchange(&outgoing, limits(), &clock),
        );
        for recorded in [&first, &second, &third] {
            assert_eq!(reply(recorded).status, 200);
            assert_clean(recorded, &["t0ken-1", "c4n4ry"]);
        }
        let requests = server.requests();
        let (token, rest): (Vec<_>, Vec<_>) = requests
            .iter()
            .partition(|text| text.starts_with("POST /token"));
        assert_eq!(token.len(), 1, "asked once");
        assert!(token[0].contains(proof), "{token:?}");
        assert!(
            token[0].ends_with("&audience=them") || token[0].contains("&audience=them&"),
            "{token:?}"
        );
        assert!(
            rest.iter()
                .all(|text| text.contains("Authorization: Bearer t0ken-1"))
        );
    }
}

#[tokio::test]
async fn a_token_is_asked_for_anew_before_it_ends() {
    let server = Server::answering(|request| match request.starts_with("POST /token") {
        true => json("200 OK", r#"{"access_token":"t0ken","expires_in":"100"}"#),
        false => json("200 OK", "{}"),
    })
    .await;
    let wire = with_auth(&server, by_secret(&server, SecretPlace::Header));
    for seconds in [0, 69, 71, 140] {
        let later = move || Instant::from_micros(NOW + seconds * 1_000_000);
        let recorded = wire.exchange(&get(&server), limits(), &later).await;
        assert_eq!(reply(&recorded).status, 200);
    }
    let asked = server
        .requests()
        .iter()
        .filter(|text| text.starts_with("POST /token"))
        .count();
    assert_eq!(asked, 2);
}

#[tokio::test]
async fn tokens_that_cannot_be_had_are_faults() {
    let cases = [
        (
            "401 Unauthorized",
            r#"{"error":"invalid_client","error_description":"c4n4ry/\"secret\"+value is wrong"}"#,
            "invalid_client",
        ),
        ("200 OK", r#"{"token":"x"}"#, "status 200"),
        ("200 OK", "{\"access_token\":\"a\\r\\nb\"}", "status 200"),
        ("200 OK", "<html>", "no JSON"),
    ];
    for (status, body, message) in cases {
        let server = Server::answering(move |_| json(status, body)).await;
        let wire = with_auth(&server, by_secret(&server, SecretPlace::Header));
        for _ in 0..2 {
            let recorded = wire.exchange(&get(&server), limits(), &clock).await;
            let fault = fault(&recorded);
            assert_eq!(
                (fault.kind, fault.owner),
                (FaultKind::Auth, Owner::Supplier),
                "{fault}"
            );
            assert!(fault.message.contains(message), "{fault}");
            assert_clean(&recorded, &["c4n4ry"]);
        }
        assert_eq!(
            server.requests().len(),
            1,
            "a refusal is not asked for again at once"
        );
    }
    let server = Server::closed_port().await;
    let wire = with_auth(&server, by_secret(&server, SecretPlace::Header));
    let recorded = wire.exchange(&get(&server), limits(), &clock).await;
    assert_eq!(fault(&recorded).kind, FaultKind::Auth);
    let hanging = Server::answering(|_| Reaction::hang("")).await;
    let wire = with_auth(&hanging, by_secret(&hanging, SecretPlace::Header));
    let recorded = wire.exchange(&get(&hanging), soon(), &clock).await;
    assert_eq!(
        (fault(&recorded).kind, fault(&recorded).owner),
        (FaultKind::Auth, Owner::Supplier)
    );
}

#[tokio::test]
async fn nothing_is_added_to_a_token_request_and_no_redirect_is_followed() {
    let server = Server::answering(|request| match request.starts_with("POST /token") {
        true => Reaction::reply(
            "HTTP/1.1 307 Temporary Redirect\r\nLocation: /elsewhere\r\nContent-Length: 2\r\n\r\n{}",
        ),
        false => json("200 OK", r#"{"access_token":"t0ken"}"#),
    })
    .await;
    let wire = with_auth(&server, by_secret(&server, SecretPlace::Body));
    let recorded = wire.exchange(&get(&server), limits(), &clock).await;
    assert!(
        fault(&recorded).message.contains("status 307"),
        "{}",
        fault(&recorded)
    );
    let requests = server.requests();
    assert_eq!(requests.len(), 1, "{requests:?}");
    let mut names: Vec<&str> = requests[0]
        .lines()
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| Some(line.split_once(':')?.0))
        .collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "accept",
            "content-length",
            "content-type",
            "host",
            "user-agent"
        ]
    );
}

#[tokio::test]
async fn an_answer_without_end_is_cut_off() {
    let server =
        Server::answering(|_| Reaction::repeat("HTTP/1.1 200 OK\r\n\r\n", " ".repeat(50_000)))
            .await;
    let wire = with_auth(&server, by_secret(&server, SecretPlace::Header));
    let recorded = wire.exchange(&get(&server), limits(), &clock).await;
    assert_eq!(
        (fault(&recorded).kind, fault(&recorded).owner),
        (FaultKind::Auth, Owner::Supplier)
    );
    assert!(
        fault(&recorded).message.contains("longer than"),
        "{}",
        fault(&recorded)
    );
}

#[tokio::test]
async fn a_token_endpoint_that_closes_is_not_asked_again() {
    let server = Server::answering(|_| Reaction::close("")).await;
    let wire = with_auth(&server, by_secret(&server, SecretPlace::Header));
    let recorded = wire.exchange(&get(&server), limits(), &clock).await;
    assert_eq!(
        (fault(&recorded).kind, fault(&recorded).owner),
        (FaultKind::Auth, Owner::Supplier)
    );
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_secret_that_is_not_there_is_our_fault() {
    let missing = || Err::<Secret, _>("the environment variable `X` is not set".to_owned());
    let server = Server::answering(|_| json("200 OK", "")).await;
    let auth = Auth::Basic(Basic {
        user: "ann".into(),
        password: missing(),
    });
    let recorded = with_auth(&server, auth)
        .exchange(&get(&server), limits(), &clock)
        .await;
    assert_eq!(
        (fault(&recorded).kind, fault(&recorded).owner),
        (FaultKind::Auth, Owner::Plugfest)
    );
    assert!(fault(&recorded).message.contains("`X`"));
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_step_may_go_without_credentials_or_with_its_own() {
    let server = Server::answering(|_| json("200 OK", "")).await;
    let wire = with_auth(
        &server,
        Auth::Bearer(Bearer {
            token: held("t0ken"),
        }),
    );
    let mut outgoing = get(&server);
    outgoing.auth = AuthChoice::None;
    wire.exchange(&outgoing, limits(), &clock).await;
    outgoing.auth = AuthChoice::Default;
    outgoing.headers = Headers(vec![("authorization".into(), "Bearer nonsense".into())]);
    wire.exchange(&outgoing, limits(), &clock).await;
    let requests = server.requests();
    assert!(!requests[0].contains("uthorization"), "{}", requests[0]);
    assert!(
        requests[1].contains("authorization: Bearer nonsense") && !requests[1].contains("t0ken")
    );
}

#[tokio::test]
async fn a_signed_assertion_proves_the_client() {
    let key = rcgen::KeyPair::generate().unwrap();
    let server = Server::answering(|request| match request.starts_with("POST /token") {
        true => json("200 OK", r#"{"access_token":"t0ken-1","expires_in":300}"#),
        false => echo(request),
    })
    .await;
    let credentials = |key: &str| {
        Auth::PrivateKeyJwt(SignedCredentials {
            token_url: token_url(&server),
            client_id: "me".into(),
            key: held(key),
            key_id: Some("k1".into()),
            algorithm: Algorithm::ES256,
            scope: None,
            audience: None,
            parameters: BTreeMap::new(),
        })
    };
    let recorded = with_auth(&server, credentials(&key.serialize_pem()))
        .exchange(&get(&server), limits(), &clock)
        .await;
    assert_eq!(reply(&recorded).status, 200);
    let request = server.requests().remove(0);
    let assertion = request
        .split("client_assertion=")
        .nth(1)
        .unwrap_or_default();
    let (header, claims) = verified(assertion, key.public_key_raw());
    assert_eq!(
        (header.kid.as_deref(), header.alg),
        (Some("k1"), jsonwebtoken::Algorithm::ES256)
    );
    assert_eq!(
        (claims["iss"].as_str(), claims["sub"].as_str()),
        (Some("me"), Some("me"))
    );
    assert_eq!(claims["aud"].as_str(), Some(server.url("/token").as_str()));
    assert_eq!(claims["exp"].as_i64(), Some(NOW / 1_000_000 + 240));
    assert_clean(&recorded, &["t0ken-1", assertion]);

    let recorded = with_auth(&server, credentials("no key at all"))
        .exchange(&get(&server), limits(), &clock)
        .await;
    assert_eq!(
        (fault(&recorded).kind, fault(&recorded).owner),
        (FaultKind::Auth, Owner::Plugfest)
    );
    assert_clean(&recorded, &["no key at all"]);
}

fn verified(assertion: &str, point: &[u8]) -> (jsonwebtoken::Header, serde_json::Value) {
    use base64::Engine;
    let encode = |part: &[u8]| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(part);
    let key = jsonwebtoken::DecodingKey::from_ec_components(
        &encode(&point[1..33]),
        &encode(&point[33..]),
    )
    .unwrap();
    let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::ES256);
    validation.validate_exp = false;
    validation.validate_aud = false;
    let token = jsonwebtoken::decode(assertion, &key, &validation).unwrap();
    (token.header, token.claims)
}
