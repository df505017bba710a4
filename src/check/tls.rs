//! `tls`: what the connection agreed on.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::arguments::{Duration, OneOrMany};
use super::{Check, EITHER, Examined, Kind, Subject, Weight, settle, words};
use crate::diag::Diagnostic;
use crate::model::{Finding, Instant, Seen, TlsFacts};
use crate::yaml::{Node, decode};

pub(super) const KIND: Kind = Kind {
    name: "tls",
    summary: "what the connection agreed on",
    explanation: "Looks at the connection that carried the exchange. A plain connection violates, whatever is asked. `chain: trusted` means that \
the certificate leads to a root that plugfest, or the supplier file, trusts; `expires-after` counts from the moment of the exchange. \
Where no connection came about, the check is inconclusive. Nothing beside `tls` asks for TLS as such.",
    examples: &[
        "tls: {}",
        "tls: { version: [TLSv1.2, TLSv1.3] }",
        "tls: { chain: trusted, host-name: matches, expires-after: 14d }",
    ],
    weight: Weight::Judges,
    sides: EITHER,
    schema: |generator| generator.subschema_for::<Tls>(),
    parse: |node: &Node| -> Result<Box<dyn Check>, Diagnostic> {
        Ok(Box::new(decode::<Tls>(node)?))
    },
};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(inline)]
struct Tls {
    /// The version is one of these.
    #[serde(default)]
    version: Option<OneOrMany<Version>>,
    /// The chain leads to a trusted root.
    #[serde(default)]
    chain: Option<Chain>,
    /// The certificate is valid for so long from the exchange on.
    #[serde(default)]
    expires_after: Option<Duration>,
    /// The certificate carries the server's name.
    #[serde(default)]
    host_name: Option<HostName>,
}

/// The versions, as records spell them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
enum Version {
    #[serde(rename = "TLSv1.0")]
    V10,
    #[serde(rename = "TLSv1.1")]
    V11,
    #[serde(rename = "TLSv1.2")]
    V12,
    #[serde(rename = "TLSv1.3")]
    V13,
}

impl Version {
    fn as_str(self) -> &'static str {
        match self {
            Self::V10 => "TLSv1.0",
            Self::V11 => "TLSv1.1",
            Self::V12 => "TLSv1.2",
            Self::V13 => "TLSv1.3",
        }
    }
}

/// What may be asked of the chain.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Chain {
    Trusted,
}

/// What may be asked of the name.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum HostName {
    Matches,
}

impl Tls {
    fn examine(&self, subject: &Subject<'_>) -> Examined {
        let Some(facts) = &subject.exchange().connection.tls else {
            subject.reply()?;
            return Err(Finding::violates("a plain connection", "connection", "TLS"));
        };
        let mut seen = Seen::new(facts.version.as_str(), "connection/tls/version");
        if let Some(versions) = &self.version {
            version(versions, facts)?;
        }
        if let Some(Chain::Trusted) = self.chain {
            seen = said(&facts.chain, "a trusted chain", "connection/tls/chain")?;
        }
        if let Some(HostName::Matches) = self.host_name {
            let wanted = format!("a certificate for {}", words::shown(&facts.server_name));
            seen = said(&facts.host_name, &wanted, "connection/tls/host-name")?;
        }
        if let Some(margin) = self.expires_after {
            seen = expiry(margin, facts, subject.exchange().at)?;
        }
        Ok(seen)
    }

    fn told_versions(&self) -> Option<String> {
        self.version.as_ref().map(told)
    }
}

fn told(versions: &OneOrMany<Version>) -> String {
    let names: Vec<&str> = versions.0.iter().map(|version| version.as_str()).collect();
    words::alternatives(&names)
}

fn version(versions: &OneOrMany<Version>, facts: &TlsFacts) -> Examined<()> {
    match versions
        .0
        .iter()
        .any(|version| version.as_str() == facts.version)
    {
        true => Ok(()),
        false => Err(Finding::violates(
            words::shown(&facts.version),
            "connection/tls/version",
            told(versions),
        )),
    }
}

/// The connection noted what TLS thought of the certificate; the check repeats it.
fn said(fact: &Result<(), String>, wanted: &str, place: &str) -> Examined {
    match fact {
        Ok(()) => Ok(Seen::new(wanted, place)),
        Err(problem) => Err(Finding::violates(words::shown(problem), place, wanted)),
    }
}

/// Counts from the exchange, never from the clock: a stored run is judged the same for ever.
fn expiry(margin: Duration, facts: &TlsFacts, at: Instant) -> Examined {
    let wanted = format!("valid for {margin} from {at}");
    if facts.not_before > at {
        let observed = format!("not valid before {}", facts.not_before);
        return Err(Finding::violates(
            observed,
            "connection/tls/not-before",
            wanted,
        ));
    }
    let seen = Seen::new(
        format!("valid to {}", facts.not_after),
        "connection/tls/not-after",
    );
    match facts.not_after.micros_since(at) >= margin.micros {
        true => Ok(seen),
        false => Err(Finding::Violates {
            seen,
            expected: wanted.into(),
        }),
    }
}

impl Check for Tls {
    fn evaluate(&self, subject: &Subject<'_>) -> Finding {
        settle(self.examine(subject))
    }

    fn summary(&self) -> String {
        let asked = [
            self.told_versions(),
            self.chain.map(|Chain::Trusted| "trusted chain".into()),
            self.host_name.map(|HostName::Matches| "host name".into()),
            self.expires_after
                .map(|margin| format!("expires after {margin}")),
        ];
        let asked: Vec<String> = asked.into_iter().flatten().collect();
        match asked.is_empty() {
            true => "at all".into(),
            false => asked.join(", "),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use crate::check::tests::{Case, case};

    // The exchange is at 2026-11-25T13:20:00Z.
    const GOOD: &str = "200 tls=TLSv1.3 expires=2027-11-25T00:00:00Z";
    const BAD: &str = "200 tls=TLSv1.1 chain=self-signed host=another expires=2026-12-01T00:00:00Z";

    pub(in crate::check) const CASES: &[Case] = &[
        case("tls: {}", GOOD, "holds TLSv1.3 @ connection/tls/version"),
        case(
            "tls: {}",
            "200",
            "violates a plain connection @ connection, wanted TLS",
        ),
        case(
            "tls: {}",
            "!connect refused",
            "undecidable no reply came: connect: refused",
        ),
        case(
            "tls: { version: [TLSv1.2, TLSv1.3] }",
            GOOD,
            "holds TLSv1.3 @ connection/tls/version",
        ),
        case(
            "tls: { version: [TLSv1.2, TLSv1.3] }",
            BAD,
            "violates TLSv1.1 @ connection/tls/version, wanted TLSv1.2 or TLSv1.3",
        ),
        case(
            "tls: { chain: trusted }",
            GOOD,
            "holds a trusted chain @ connection/tls/chain",
        ),
        case(
            "tls: { chain: trusted }",
            BAD,
            "violates self-signed @ connection/tls/chain, wanted a trusted chain",
        ),
        case(
            "tls: { host-name: matches }",
            BAD,
            "violates another @ connection/tls/host-name, wanted a certificate for localhost",
        ),
        case(
            "tls: { expires-after: 14d }",
            GOOD,
            "holds valid to 2027-11-25T00:00:00.000000Z @ connection/tls/not-after",
        ),
        case(
            "tls: { expires-after: 14d }",
            BAD,
            "violates valid to 2026-12-01T00:00:00.000000Z @ connection/tls/not-after, wanted valid for 14d from 2026-11-25T13:20:00.000000Z",
        ),
        case(
            "tls: { version: SSLv3 }",
            GOOD,
            "bad-value `SSLv3`: `SSLv3` is not one of the values here",
        ),
        case(
            "tls: { expire: 14d }",
            GOOD,
            "unknown-field `expire`: `expire` means nothing here",
        ),
    ];
}
