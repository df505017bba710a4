//! What the wire must know of one system: where it may send, with which credentials, and whom it trusts.
//!
//! Plain data: the supplier file gives it with references to secrets, `wire` takes it with the secrets themselves.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use url::Url;

/// One system, ready to be talked to.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// Base URLs: nothing is sent outside of them.
    pub endpoints: Vec<String>,
    /// Credentials by name; `default` goes with every request that names no other.
    pub auth: BTreeMap<String, Auth<Held>>,
    /// Whom to trust, and who to be, where the URL says `https`.
    pub tls: Tls,
}

/// A secret, or why it is not there. A missing one is a fault of the exchanges that need it, and of no others.
pub type Held = Result<Secret, String>;

/// A secret's bytes: never shown, not even by `{:?}`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes a secret into custody.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself. Only what is put on the wire, and the redactor, may ask.
    pub(super) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(super::redact::MARK)
    }
}

/// TLS of one system.
#[derive(Debug, Clone, Default)]
pub struct Tls {
    /// Certificates (PEM) to trust instead of the machine's own.
    pub roots: Option<Result<Vec<u8>, String>>,
    /// The client's certificate chain and key (PEM).
    pub client: Option<ClientCertificate>,
    /// The name that the certificate must carry instead of the URL's host.
    pub server_name: Option<String>,
    /// Whether a certificate that is not trusted ends the exchange.
    pub trust: Trust,
}

/// Who plugfest is, on a TLS connection.
#[derive(Debug, Clone)]
pub struct ClientCertificate {
    /// The chain (PEM), own certificate first.
    pub chain: Result<Vec<u8>, String>,
    /// The private key (PEM).
    pub key: Held,
}

/// What becomes of a server whose certificate is not trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Trust {
    /// Nothing is sent to it.
    #[default]
    Required,
    /// The facts are recorded, and the exchange goes on.
    Recorded,
}

/// Credentials; `S` is a secret, or a reference to one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(
    rename_all = "kebab-case",
    bound(deserialize = "S: serde::de::DeserializeOwned")
)]
#[schemars(rename = "Auth")]
pub enum Auth<S> {
    /// None.
    None,
    /// `Authorization: Bearer …` with a token that does not change.
    Bearer(Bearer<S>),
    /// HTTP Basic (RFC 7617).
    Basic(Basic<S>),
    /// A token by the OAuth 2.0 client credentials grant (RFC 6749, 4.4).
    Oauth2(ClientCredentials<S>),
    /// The same, where the client proves itself with a signed assertion (RFC 7523; SMART Backend Services).
    PrivateKeyJwt(SignedCredentials<S>),
    /// The client certificate under `tls`, and nothing else.
    MutualTls,
}

/// A token that does not change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    bound(deserialize = "S: serde::de::DeserializeOwned")
)]
#[schemars(rename = "Bearer")]
pub struct Bearer<S> {
    /// The token.
    pub token: S,
}

/// A user and a password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    bound(deserialize = "S: serde::de::DeserializeOwned")
)]
#[schemars(rename = "Basic")]
pub struct Basic<S> {
    /// The user.
    pub user: String,
    /// The password.
    pub password: S,
}

/// OAuth 2.0 client credentials.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    bound(deserialize = "S: serde::de::DeserializeOwned")
)]
#[schemars(rename = "ClientCredentials")]
pub struct ClientCredentials<S> {
    /// The token endpoint.
    pub token_url: HttpUrl,
    /// The client.
    pub client_id: String,
    /// Its secret.
    pub client_secret: S,
    /// Where the token endpoint wants the secret: `header` (the default) or `body`.
    #[serde(default)]
    pub secret_in: SecretPlace,
    /// The scope that is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Further parameters of the token request, such as `audience`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, String>,
}

/// Where the client's secret goes in a token request (RFC 6749, 2.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SecretPlace {
    /// As HTTP Basic.
    #[default]
    Header,
    /// As `client_secret` in the form.
    Body,
}

/// OAuth 2.0 client credentials with a signed assertion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    bound(deserialize = "S: serde::de::DeserializeOwned")
)]
#[schemars(rename = "SignedCredentials")]
pub struct SignedCredentials<S> {
    /// The token endpoint.
    pub token_url: HttpUrl,
    /// The client.
    pub client_id: String,
    /// Its private key (PEM).
    pub key: S,
    /// The `kid` under which the supplier knows the public key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
    /// How to sign.
    pub algorithm: Algorithm,
    /// The scope that is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// The `aud` of the assertion; by default the token endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
    /// Further parameters of the token request.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, String>,
}

/// How an assertion is signed (RFC 7518, 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the names are the registered ones")]
pub enum Algorithm {
    RS256,
    RS384,
    RS512,
    ES256,
    ES384,
}

impl<S> Auth<S> {
    /// The same with each secret put through a function: references become secrets.
    pub fn map<T>(&self, mut secret: impl FnMut(&S) -> T) -> Auth<T> {
        match self {
            Self::None => Auth::None,
            Self::MutualTls => Auth::MutualTls,
            Self::Bearer(bearer) => Auth::Bearer(Bearer {
                token: secret(&bearer.token),
            }),
            Self::Basic(basic) => Auth::Basic(Basic {
                user: basic.user.clone(),
                password: secret(&basic.password),
            }),
            Self::Oauth2(client) => Auth::Oauth2(ClientCredentials {
                token_url: client.token_url.clone(),
                client_id: client.client_id.clone(),
                client_secret: secret(&client.client_secret),
                secret_in: client.secret_in,
                scope: client.scope.clone(),
                parameters: client.parameters.clone(),
            }),
            Self::PrivateKeyJwt(client) => Auth::PrivateKeyJwt(SignedCredentials {
                token_url: client.token_url.clone(),
                client_id: client.client_id.clone(),
                key: secret(&client.key),
                key_id: client.key_id.clone(),
                algorithm: client.algorithm,
                scope: client.scope.clone(),
                audience: client.audience.clone(),
                parameters: client.parameters.clone(),
            }),
        }
    }
}

/// An absolute `http` or `https` URL without user or password.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct HttpUrl(String);

impl HttpUrl {
    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Without slashes at the end, as bases of paths are kept.
    pub fn base(&self) -> &str {
        self.0.trim_end_matches('/')
    }
}

/// Why a text is no [`HttpUrl`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UrlProblem {
    /// It is none at all, or of another scheme.
    NoHttp(String),
    /// It holds a user or a password.
    Credentials,
}

impl fmt::Display for UrlProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHttp(why) => write!(f, "no absolute http or https URL: {why}"),
            Self::Credentials => {
                f.write_str("the URL holds a user or a password: they belong under `auth`")
            }
        }
    }
}

impl FromStr for HttpUrl {
    type Err = UrlProblem;
    fn from_str(text: &str) -> Result<Self, UrlProblem> {
        let url = Url::parse(text).map_err(|error| UrlProblem::NoHttp(error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(UrlProblem::NoHttp(format!(
                "its scheme is `{}`",
                url.scheme()
            )));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(UrlProblem::Credentials);
        }
        Ok(Self(text.to_owned()))
    }
}

impl Serialize for HttpUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for HttpUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(|problem: UrlProblem| {
            let code = match problem {
                UrlProblem::NoHttp(_) => "bad-value",
                UrlProblem::Credentials => "unsafe-secret",
            };
            crate::yaml::carry(crate::diag::Diagnostic::error(code, problem.to_string()))
        })
    }
}

impl JsonSchema for HttpUrl {
    fn schema_name() -> Cow<'static, str> {
        "HttpUrl".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^https?://", "description": "an absolute http or https URL" })
    }
}
