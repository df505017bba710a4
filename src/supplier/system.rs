//! One system of a supplier: which roles it plays, where, and how to be let in.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Rate, SecretReference, Size, Vault, Wait};
use crate::diag::Diagnostic;
use crate::model::{PackId, RoleId};
use crate::protocol::http::config::{self, Auth, ClientCertificate, Config, HttpUrl, Trust};

/// One system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct System {
    /// The roles that it plays, each `pack/role`, or `pack` for all roles of a pack.
    pub plays: Vec<Seat>,
    /// Base URLs by the names that packs ask for; `"*"` serves any name that is not listed.
    pub endpoints: BTreeMap<String, HttpUrl>,
    /// Credentials: one kind, or several under names of which one is `default`.
    #[serde(default, skip_serializing_if = "AuthEntries::is_empty")]
    pub auth: AuthEntries,
    /// Whom to trust, and who to be, on `https`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<TlsFiles>,
    /// How much the system can bear.
    #[serde(default)]
    pub limits: Limits,
}

/// TLS, by files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TlsFiles {
    /// Certificates (PEM) to trust instead of the machine's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca: Option<String>,
    /// The client certificate to show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<ClientFiles>,
    /// The name that the server's certificate must carry instead of the URL's host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_name: Option<String>,
    /// Go on where the certificate is not trusted; every report says so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub insecure: bool,
}

/// A client certificate, by files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClientFiles {
    /// The path of the chain (PEM), own certificate first.
    pub cert: String,
    /// The path of the private key (PEM).
    pub key: String,
}

/// How much a system can bear; what is not given has a default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// How many exchanges at a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jobs: Option<std::num::NonZeroU16>,
    /// How many exchanges in a second, minute or hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
    /// How long an exchange may take; 30 s unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Wait>,
    /// The largest reply body that is read; 32 MB unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Size>,
    /// The largest reply header that is read; 256 kB unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headers: Option<Size>,
}

impl Limits {
    /// How long an exchange may take.
    pub fn timeout(&self) -> Duration {
        self.timeout.map_or(Duration::from_secs(30), Wait::duration)
    }

    /// The largest reply body that is read, in bytes.
    pub fn body(&self) -> u64 {
        self.body.map_or(32_000_000, Size::bytes)
    }

    /// The largest reply header that is read, in bytes.
    pub fn headers(&self) -> u64 {
        self.headers.map_or(256_000, Size::bytes)
    }
}

impl System {
    /// A system that plays every role, with one base URL for everything.
    pub(super) fn anything_at(url: HttpUrl) -> Self {
        Self {
            plays: vec![Seat::Any],
            endpoints: BTreeMap::from([(ANY.to_owned(), url)]),
            auth: AuthEntries::default(),
            tls: None,
            limits: Limits::default(),
        }
    }

    /// The base URL of an endpoint, without a slash at the end.
    pub fn endpoint(&self, name: &str) -> Option<&str> {
        let url = self.endpoints.get(name).or_else(|| self.endpoints.get(ANY));
        url.map(HttpUrl::base)
    }

    /// All endpoints as an action wants them, those in `wanted` among them where `"*"` stands in for them.
    pub fn endpoints_for(&self, wanted: &[&str]) -> Vec<(String, String)> {
        let named = self.endpoints.iter().filter(|(name, _)| *name != ANY);
        let mut all: Vec<_> = named
            .map(|(name, url)| (name.clone(), url.base().to_owned()))
            .collect();
        for name in wanted {
            if all.iter().any(|(known, _)| known == name) {
                continue;
            }
            all.extend(
                self.endpoint(name)
                    .map(|url| ((*name).to_owned(), url.to_owned())),
            );
        }
        all
    }

    /// What the wire needs, secrets and certificates looked up. What is missing becomes a fault of the exchanges that need
    /// it; [`System::missing`] tells beforehand.
    pub fn config(&self, vault: &dyn Vault) -> Config {
        let endpoints = self.endpoints.values().map(|url| url.base().to_owned());
        let auth = self.auth.0.iter();
        Config {
            endpoints: endpoints.collect(),
            auth: auth
                .map(|(name, auth)| (name.clone(), auth.map(|reference| reference.resolve(vault))))
                .collect(),
            tls: self
                .tls
                .as_ref()
                .map(|tls| tls.config(vault))
                .unwrap_or_default(),
        }
    }

    /// A diagnostic for each secret and certificate that is not there.
    pub fn missing(&self, vault: &dyn Vault) -> Vec<Diagnostic> {
        let config = self.config(vault);
        let mut problems = Vec::new();
        for auth in config.auth.values() {
            auth.map(|held| problems.extend(held.as_ref().err().cloned()));
        }
        let client = config.tls.client.as_ref();
        problems.extend(config.tls.roots.and_then(Result::err));
        problems.extend(client.and_then(|client| client.chain.as_ref().err().cloned()));
        problems.extend(client.and_then(|client| client.key.as_ref().err().cloned()));
        let diagnostics = problems.into_iter();
        diagnostics
            .map(|problem| Diagnostic::error("no-secret", problem))
            .collect()
    }
}

impl TlsFiles {
    fn config(&self, vault: &dyn Vault) -> config::Tls {
        let file = |path: &String| {
            let bytes = vault.file(path);
            bytes.map_err(|why| format!("the file `{path}` cannot be read: {why}"))
        };
        config::Tls {
            roots: self.ca.as_ref().map(file),
            client: self.client.as_ref().map(|client| ClientCertificate {
                chain: file(&client.cert),
                key: SecretReference::File(client.key.clone()).resolve(vault),
            }),
            server_name: self.server_name.clone(),
            trust: match self.insecure {
                true => Trust::Recorded,
                false => Trust::Required,
            },
        }
    }
}

/// The name that stands for any other.
pub(super) const ANY: &str = "*";

/// A seat that a system can take.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Seat {
    /// Any role of any pack: `*`.
    Any,
    /// Any role of a pack: `pack`.
    Pack(PackId),
    /// A role of a pack: `pack/role`.
    Role(PackId, RoleId),
}

/// How well a seat fits a role: the more it says, the better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    None,
    Any,
    Pack,
    Role,
}

impl Seat {
    pub(super) fn fit(&self, pack: &PackId, role: &RoleId) -> Fit {
        match self {
            Self::Any => Fit::Any,
            Self::Pack(own) if own == pack => Fit::Pack,
            Self::Role(own, own_role) if own == pack && own_role == role => Fit::Role,
            Self::Pack(_) | Self::Role(_, _) => Fit::None,
        }
    }
}

impl fmt::Display for Seat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str(ANY),
            Self::Pack(pack) => write!(f, "{pack}"),
            Self::Role(pack, role) => write!(f, "{pack}/{role}"),
        }
    }
}

impl FromStr for Seat {
    type Err = crate::model::IdError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('/') {
            _ if text == ANY => Ok(Self::Any),
            Some((pack, role)) => Ok(Self::Role(pack.parse()?, role.parse()?)),
            None => Ok(Self::Pack(text.parse()?)),
        }
    }
}

impl Serialize for Seat {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Seat {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for Seat {
    fn schema_name() -> Cow<'static, str> {
        "Seat".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "description": "`pack/role`, or `pack` for all roles of a pack" })
    }
}

/// Credentials by name; empty means none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuthEntries(pub BTreeMap<String, Auth<SecretReference>>);

impl AuthEntries {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The entry that goes with every request that names no other.
pub(super) const DEFAULT: &str = "default";

/// The kinds, as [`Auth`] spells them: by these the short form is known from names of entries.
const KINDS: [&str; 6] = [
    "none",
    "bearer",
    "basic",
    "oauth2",
    "private-key-jwt",
    "mutual-tls",
];

impl Serialize for AuthEntries {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for AuthEntries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Entries)
    }
}

struct Entries;

impl<'de> Visitor<'de> for Entries {
    type Value = AuthEntries;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("credentials")
    }

    fn visit_str<E: de::Error>(self, word: &str) -> Result<AuthEntries, E> {
        match word {
            "none" => Ok(AuthEntries::default()),
            "mutual-tls" => Ok(AuthEntries(BTreeMap::from([(
                DEFAULT.into(),
                Auth::MutualTls,
            )]))),
            other => Err(E::unknown_variant(other, &KINDS)),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<AuthEntries, A::Error> {
        let mut entries = BTreeMap::new();
        while let Some(key) = map.next_key::<String>()? {
            if entries.is_empty() && KINDS.contains(&key.as_str()) {
                entries.insert(DEFAULT.to_owned(), short_form(&key, &mut map)?);
                return match map.next_key::<String>()? {
                    None => Ok(AuthEntries(entries)),
                    Some(second) => Err(de::Error::custom(format!(
                        "`{second}` stands beside `{key}`: give several credentials names, one of them `default`"
                    ))),
                };
            }
            entries.insert(key, map.next_value()?);
        }
        if !entries.is_empty() && !entries.contains_key(DEFAULT) {
            return Err(de::Error::missing_field(DEFAULT));
        }
        Ok(AuthEntries(entries))
    }
}

fn short_form<'de, A: MapAccess<'de>>(
    kind: &str,
    map: &mut A,
) -> Result<Auth<SecretReference>, A::Error> {
    match kind {
        "bearer" => map.next_value().map(Auth::Bearer),
        "basic" => map.next_value().map(Auth::Basic),
        "oauth2" => map.next_value().map(Auth::Oauth2),
        "private-key-jwt" => map.next_value().map(Auth::PrivateKeyJwt),
        "mutual-tls" => map.next_value::<()>().map(|()| Auth::MutualTls),
        _ => map.next_value::<()>().map(|()| Auth::None),
    }
}

impl JsonSchema for AuthEntries {
    fn schema_name() -> Cow<'static, str> {
        "AuthEntries".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<Auth<SecretReference>>();
        json_schema!({
            "description": "one kind of credentials, or several under names of which one is `default`",
            "anyOf": [
                one,
                {
                    "type": "object",
                    "additionalProperties": one,
                    "required": ["default"],
                    "propertyNames": { "not": { "enum": KINDS } },
                },
            ],
        })
    }
}
