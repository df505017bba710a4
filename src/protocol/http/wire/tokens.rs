//! Credentials: what goes into `Authorization`, and how tokens are had.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::{EncodingKey, Header};
use tokio::sync::Mutex;
use url::Url;
use url::form_urlencoded;

use super::token_endpoint::{self, Answer};
use super::{Clock, Wire, fault};
use crate::model::{Fault, FaultKind, Instant, Owner};
use crate::protocol::http::config::{
    Algorithm, Auth, Basic, ClientCredentials, Held, HttpUrl, Secret, SecretPlace,
    SignedCredentials,
};
use crate::protocol::http::redact::Redactor;

/// Tokens that were had, by the name of their credentials. The lock of each is held while its token is fetched, so that
/// many exchanges that need one at once ask once.
#[derive(Debug)]
pub(super) struct Tokens(BTreeMap<String, Mutex<Option<Kept>>>);

/// What the token endpoint said, and until when it counts.
#[derive(Debug, Clone)]
struct Kept {
    answer: Result<Secret, Fault>,
    until: Instant,
}

impl Tokens {
    pub(super) fn new<'a>(names: impl Iterator<Item = &'a String>) -> Self {
        Self(names.map(|name| (name.clone(), Mutex::default())).collect())
    }
}

/// A token is asked for anew when it has only this left.
const MARGIN: Duration = Duration::from_secs(30);
/// Where the token endpoint does not say (RFC 6749 only recommends it).
const LIFETIME: u64 = 300;
/// A refusal counts this long: a run of hundreds of exchanges must not lock an account.
const REFUSAL: Duration = Duration::from_secs(10);
/// An assertion may live five minutes at most (SMART Backend Services).
const ASSERTION: i64 = 240;

/// Makes known what must not be recorded.
pub(super) fn redact(auth: &Auth<Held>, redactor: &Redactor) {
    if let Auth::Basic(Basic {
        user,
        password: Ok(password),
    }) = auth
    {
        redactor.add_basic(user, password);
    }
    if let Auth::Oauth2(ClientCredentials {
        client_id,
        client_secret: Ok(secret),
        ..
    }) = auth
    {
        redactor.add_text(&basic(&encoded(client_id), &encoded(secret.expose())));
    }
    auth.map(|held| held.as_ref().map(|secret| redactor.add(secret)).ok());
}

impl Wire {
    /// The value of `Authorization`, where these credentials have one.
    pub(super) async fn authorization(
        &self,
        name: &str,
        auth: &Auth<Held>,
        clock: &Clock,
    ) -> Result<Option<String>, Fault> {
        match auth {
            Auth::None | Auth::MutualTls => Ok(None),
            Auth::Bearer(bearer) => {
                let token = held(&bearer.token)?.expose();
                if !is_sendable(token) {
                    return Err(ours(format!(
                        "the token of credentials `{name}` holds spaces or control characters"
                    )));
                }
                Ok(Some(format!("Bearer {token}")))
            }
            Auth::Basic(Basic { user, password }) => Ok(Some(format!(
                "Basic {}",
                basic(user, held(password)?.expose())
            ))),
            Auth::Oauth2(_) | Auth::PrivateKeyJwt(_) => {
                let token = self.token(name, auth, clock).await?;
                Ok(Some(format!("Bearer {}", token.expose())))
            }
        }
    }

    async fn token(&self, name: &str, auth: &Auth<Held>, clock: &Clock) -> Result<Secret, Fault> {
        let Some(cell) = self.tokens.0.get(name) else {
            return Err(ours(format!("there are no credentials `{name}`")));
        };
        let mut kept = cell.lock().await;
        if let Some(kept) = kept.as_ref().filter(|kept| clock() < kept.until) {
            return kept.answer.clone();
        }
        let answer = match auth {
            Auth::Oauth2(client) => self.by_secret(client, clock()).await,
            Auth::PrivateKeyJwt(client) => self.by_key(client, clock()).await,
            Auth::None | Auth::Bearer(_) | Auth::Basic(_) | Auth::MutualTls => {
                Err(ours(format!("credentials `{name}` need no token")))
            }
        };
        let (answer, lifetime) = match answer {
            Ok((token, lifetime)) => (Ok(token), lifetime.saturating_sub(MARGIN)),
            Err(fault) => (Err(fault), REFUSAL),
        };
        let until = later(clock(), lifetime);
        *kept = Some(Kept {
            answer: answer.clone(),
            until,
        });
        answer
    }

    async fn by_secret(
        &self,
        client: &ClientCredentials<Held>,
        now: Instant,
    ) -> Result<(Secret, Duration), Fault> {
        let secret = held(&client.client_secret)?.expose();
        let (body, authorization) = secret_form(client, secret);
        self.fetch(&client.token_url, body, authorization, now)
            .await
    }

    async fn by_key(
        &self,
        client: &SignedCredentials<Held>,
        now: Instant,
    ) -> Result<(Secret, Duration), Fault> {
        let random = self
            .tls
            .random()
            .ok_or_else(|| ours("this machine has no random numbers"))?;
        let assertion = assertion(client, now, random)?;
        self.redactor.add_text(&assertion);
        let body = assertion_form(client, &assertion);
        self.fetch(&client.token_url, body, None, now).await
    }

    /// Asks the token endpoint. This is no exchange of the run: it is not recorded, but its failure is a fault of those that
    /// need the token.
    async fn fetch(
        &self,
        endpoint: &HttpUrl,
        form: String,
        authorization: Option<String>,
        now: Instant,
    ) -> Result<(Secret, Duration), Fault> {
        let shown = endpoint.as_str();
        let url =
            Url::parse(shown).map_err(|error| ours(format!("`{shown}` is no URL: {error}")))?;
        let answer = token_endpoint::post(&url, form, authorization, &self.tls, now).await;
        let answer = answer.map_err(|fault| Fault {
            message: format!("no token from `{shown}`: {}", fault.message),
            ..fault
        })?;
        let (token, lifetime) = self.answer(&answer, shown)?;
        self.redactor.add(&token);
        Ok((token, lifetime))
    }

    /// RFC 6749, 5.1 and 5.2.
    fn answer(&self, reply: &Answer, shown: &str) -> Result<(Secret, Duration), Fault> {
        let refused = |why: String| {
            let message = format!("no token from `{shown}`: status {}{why}", reply.status);
            fault::fault(Owner::Supplier, FaultKind::Auth, message)
        };
        let body: serde_json::Value = serde_json::from_slice(&reply.body)
            .map_err(|_| refused(", and a body that is no JSON".into()))?;
        let text = |name: &str| body.get(name).and_then(serde_json::Value::as_str);
        let token = text("access_token").filter(|token| is_sendable(token));
        let Some(token) = token.filter(|_| reply.status == 200) else {
            let said = [text("error"), text("error_description")];
            let said: String = said
                .into_iter()
                .flatten()
                .map(|word| format!(", {word}"))
                .collect();
            let redacted = self.redactor.owned(said);
            return Err(refused(
                redacted
                    .chars()
                    .filter(|c| !c.is_control())
                    .take(300)
                    .collect(),
            ));
        };
        let seconds = match body.get("expires_in") {
            Some(serde_json::Value::String(digits)) => digits.parse().ok(),
            Some(other) => other.as_u64(),
            None => None,
        };
        let lifetime = Duration::from_secs(seconds.unwrap_or(LIFETIME).min(86_400));
        Ok((Secret::new(token), lifetime))
    }
}

fn form(
    scope: Option<&str>,
    parameters: &BTreeMap<String, String>,
) -> form_urlencoded::Serializer<'static, String> {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", "client_credentials");
    if let Some(scope) = scope {
        form.append_pair("scope", scope);
    }
    form.extend_pairs(parameters);
    form
}

/// A signed assertion (RFC 7523, 3).
fn assertion(
    client: &SignedCredentials<Held>,
    now: Instant,
    random: [u8; 16],
) -> Result<String, Fault> {
    let pem = held(&client.key)?.expose().as_bytes();
    let algorithm = match client.algorithm {
        Algorithm::RS256 => jsonwebtoken::Algorithm::RS256,
        Algorithm::RS384 => jsonwebtoken::Algorithm::RS384,
        Algorithm::RS512 => jsonwebtoken::Algorithm::RS512,
        Algorithm::ES256 => jsonwebtoken::Algorithm::ES256,
        Algorithm::ES384 => jsonwebtoken::Algorithm::ES384,
    };
    let key = match client.algorithm {
        Algorithm::RS256 | Algorithm::RS384 | Algorithm::RS512 => EncodingKey::from_rsa_pem(pem),
        Algorithm::ES256 | Algorithm::ES384 => EncodingKey::from_ec_pem(pem),
    };
    // The reader's own message might repeat what it read.
    let unusable = |_| {
        ours(format!(
            "the key of client `{}` is no PEM key for {:?}",
            client.client_id, client.algorithm
        ))
    };
    let seconds = now.as_micros() / 1_000_000;
    let claims = serde_json::json!({
        "iss": client.client_id,
        "sub": client.client_id,
        "aud": client.audience.as_deref().unwrap_or(client.token_url.as_str()),
        "iat": seconds,
        "exp": seconds + ASSERTION,
        "jti": random.iter().map(|byte| format!("{byte:02x}")).collect::<String>(),
    });
    let header = Header {
        kid: client.key_id.clone(),
        ..Header::new(algorithm)
    };
    jsonwebtoken::encode(&header, &claims, &key.map_err(unusable)?).map_err(unusable)
}

fn basic(user: &str, password: &str) -> String {
    STANDARD.encode(format!("{user}:{password}"))
}

/// RFC 6749, 2.3.1: both parts of the pair are form-encoded first.
fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// A token goes into a header field: what could break out of it is no token (RFC 6750, 2.1).
fn is_sendable(token: &str) -> bool {
    !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic())
}

fn later(now: Instant, by: Duration) -> Instant {
    let micros = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
    Instant::from_micros(now.as_micros().saturating_add(micros))
}

fn held(secret: &Held) -> Result<&Secret, Fault> {
    secret.as_ref().map_err(ours)
}

fn ours(message: impl Into<String>) -> Fault {
    fault::fault(Owner::Plugfest, FaultKind::Auth, message)
}

/// The form of a client with a secret, and the Authorization header where the secret stands there.
fn secret_form(client: &ClientCredentials<Held>, secret: &str) -> (String, Option<String>) {
    let mut form = form(client.scope.as_deref(), &client.parameters);
    let authorization = match client.secret_in {
        SecretPlace::Header => {
            let pair = basic(&encoded(&client.client_id), &encoded(secret));
            Some(format!("Basic {pair}"))
        }
        SecretPlace::Body => {
            form.append_pair("client_id", &client.client_id);
            form.append_pair("client_secret", secret);
            None
        }
    };
    (form.finish(), authorization)
}

/// The form of a client that signs an assertion.
fn assertion_form(client: &SignedCredentials<Held>, assertion: &str) -> String {
    let mut form = form(client.scope.as_deref(), &client.parameters);
    form.append_pair(
        "client_assertion_type",
        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    );
    form.append_pair("client_assertion", assertion);
    form.finish()
}
