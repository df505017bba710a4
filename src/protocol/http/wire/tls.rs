//! TLS: everything that a certificate shows is recorded; whether it is trusted is decided before anything is sent.
//!
//! The handshake takes any certificate, so that what is wrong with it can be recorded in full. No request is sent until
//! [`Setup::accept`] has looked at the facts. That the peer holds the certificate's key is always verified.

mod trusted;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    ClientConfig, ConfigBuilder, DigitallySignedStruct, ProtocolVersion, RootCertStore,
    SignatureScheme, WantsVerifier,
};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use url::{Host, Url};

use super::fault::{self, fault};
use super::pool::Key;
use crate::model::{Fault, FaultKind, Instant, Owner, TlsFacts};
use crate::protocol::http::config::{ClientCertificate, Tls, Trust};

/// Whether a client certificate is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Client {
    Anonymous,
    Certified,
}

/// TLS of one system, made ready where it is first needed.
#[derive(Debug)]
pub(super) struct Setup {
    tls: Tls,
    provider: Arc<CryptoProvider>,
    roots: OnceLock<Result<Arc<Roots>, Fault>>,
    anonymous: OnceLock<Result<Arc<ClientConfig>, Fault>>,
    certified: OnceLock<Result<Arc<ClientConfig>, Fault>>,
}

/// Whom to trust.
#[derive(Debug)]
struct Roots {
    store: RootCertStore,
    /// Certificates that the supplier file gives: a server may also show one of these themselves.
    given: Vec<CertificateDer<'static>>,
}

impl Roots {
    /// Whether somebody who is trusted signed this certificate, or it is itself one of those that the supplier file gives.
    fn vouch_for(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        moment: UnixTime,
        algorithms: &WebPkiSupportedAlgorithms,
    ) -> Result<(), rustls::Error> {
        let parsed = ParsedCertificate::try_from(leaf)?;
        let by_roots = verify_server_cert_signed_by_trust_anchor(
            &parsed,
            &self.store,
            intermediates,
            moment,
            algorithms.all,
        );
        let is_given = |given: &CertificateDer<'_>| given.as_ref() == leaf.as_ref();
        match by_roots {
            Err(_) if self.given.iter().any(is_given) && is_valid(leaf, moment) => Ok(()),
            other => other,
        }
    }
}

fn is_valid(leaf: &CertificateDer<'_>, moment: UnixTime) -> bool {
    let Ok((_, read)) = x509_parser::parse_x509_certificate(leaf) else {
        return false;
    };
    let seconds = i64::try_from(moment.as_secs()).unwrap_or(i64::MAX);
    let (from, to) = (read.validity().not_before, read.validity().not_after);
    (from.timestamp()..=to.timestamp()).contains(&seconds)
}

impl Setup {
    pub(super) fn new(tls: Tls) -> Self {
        Self {
            tls,
            provider: Arc::new(ring::default_provider()),
            roots: OnceLock::new(),
            anonymous: OnceLock::new(),
            certified: OnceLock::new(),
        }
    }

    /// Random bytes of cryptographic quality.
    pub(super) fn random(&self) -> Option<[u8; 16]> {
        let mut bytes = [0; 16];
        self.provider.secure_random.fill(&mut bytes).ok()?;
        Some(bytes)
    }

    /// The handshake, and what it showed.
    pub(super) async fn handshake(
        &self,
        key: &Key,
        stream: TcpStream,
        now: Instant,
    ) -> Result<(TlsStream<TcpStream>, TlsFacts), Fault> {
        let config = self.config(key.client)?;
        let roots = self.roots()?;
        let name = self.server_name(&key.host)?;
        let connected = TlsConnector::from(config)
            .connect(name.clone(), stream)
            .await;
        let stream = connected.map_err(|error| fault::no_handshake(&error))?;
        let (_, session) = stream.get_ref();
        let chain = session.peer_certificates().unwrap_or_default();
        let version = session.protocol_version();
        let facts = facts(chain, version, &name, &roots, &self.algorithms(), now)?;
        Ok((stream, facts))
    }

    /// Whether anything may be sent to a server that showed this.
    pub(super) fn accept(&self, facts: &TlsFacts) -> Result<(), Fault> {
        let problem = facts
            .chain
            .as_ref()
            .err()
            .or(facts.host_name.as_ref().err());
        match (self.tls.trust, problem) {
            (Trust::Recorded, _) | (Trust::Required, None) => Ok(()),
            (Trust::Required, Some(problem)) => Err(untrusted(problem)),
        }
    }

    /// For one request to a token endpoint: nothing is sent to a server that [`Setup::accept`] would not accept.
    pub(super) fn for_tokens(&self, url: &Url, now: Instant) -> Result<ClientConfig, Fault> {
        let host = url
            .host()
            .ok_or_else(|| broken_file("the token endpoint", "it names no host"))?;
        let verifier: Arc<dyn ServerCertVerifier> = match self.tls.trust {
            Trust::Recorded => Arc::new(AnyCertificate(self.algorithms())),
            Trust::Required => Arc::new(trusted::Trusted {
                roots: self.roots()?,
                name: self.server_name(&host.to_owned())?,
                moment: moment(now),
                algorithms: self.algorithms(),
            }),
        };
        self.client_config(verifier, self.tls.client.as_ref())
    }

    /// For connections without TLS, where a library must be told of one all the same: it trusts nobody.
    pub(super) fn for_nobody(&self) -> Result<ClientConfig, Fault> {
        let builder = self
            .builder()?
            .with_root_certificates(RootCertStore::empty());
        Ok(builder.with_no_client_auth())
    }

    fn roots(&self) -> Result<Arc<Roots>, Fault> {
        let roots = self.roots.get_or_init(|| roots(&self.tls).map(Arc::new));
        roots.clone()
    }

    fn server_name(&self, host: &Host<String>) -> Result<ServerName<'static>, Fault> {
        let host = match (&self.tls.server_name, host) {
            (Some(name), _) | (None, Host::Domain(name)) => name.clone(),
            (None, Host::Ipv4(address)) => {
                return Ok(ServerName::from(std::net::IpAddr::from(*address)));
            }
            (None, Host::Ipv6(address)) => {
                return Ok(ServerName::from(std::net::IpAddr::from(*address)));
            }
        };
        let wrong = |_| {
            fault(
                Owner::Plugfest,
                FaultKind::Tls,
                format!("`{host}` is no name for a certificate"),
            )
        };
        ServerName::try_from(host.clone()).map_err(wrong)
    }

    fn config(&self, client: Client) -> Result<Arc<ClientConfig>, Fault> {
        let (cell, certificate) = match client {
            Client::Anonymous => (&self.anonymous, None),
            Client::Certified => (&self.certified, self.tls.client.as_ref()),
        };
        let anybody = || Arc::new(AnyCertificate(self.algorithms()));
        cell.get_or_init(|| self.client_config(anybody(), certificate).map(Arc::new))
            .clone()
    }

    fn client_config(
        &self,
        verifier: Arc<dyn ServerCertVerifier>,
        certificate: Option<&ClientCertificate>,
    ) -> Result<ClientConfig, Fault> {
        let builder = self
            .builder()?
            .dangerous()
            .with_custom_certificate_verifier(verifier);
        let mut config = match certificate {
            None => builder.with_no_client_auth(),
            Some(certificate) => {
                let (chain, key) = identity(certificate)?;
                let certified = builder.with_client_auth_cert(chain, key);
                certified.map_err(|error| no_setup(&error))?
            }
        };
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        // A resumed session would show no certificate of its own.
        config.resumption = Resumption::disabled();
        Ok(config)
    }

    fn builder(&self) -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, Fault> {
        ClientConfig::builder_with_provider(self.provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|error| no_setup(&error))
    }

    fn algorithms(&self) -> WebPkiSupportedAlgorithms {
        self.provider.signature_verification_algorithms
    }
}

fn moment(now: Instant) -> UnixTime {
    let seconds = u64::try_from(now.as_micros() / 1_000_000).unwrap_or(0);
    UnixTime::since_unix_epoch(Duration::from_secs(seconds))
}

fn no_setup(error: &rustls::Error) -> Fault {
    let message = format!("TLS cannot be set up: {error}");
    fault(Owner::Plugfest, FaultKind::Tls, message)
}

fn untrusted(problem: &str) -> Fault {
    let message =
        format!("nothing was sent, since the server's certificate is not trusted: {problem}");
    fault(Owner::Supplier, FaultKind::Tls, message)
}

/// Why a library's handshake came to nothing.
pub(super) fn refused(reason: &rustls::Error) -> Fault {
    match matches!(reason, rustls::Error::InvalidCertificate(_)) {
        true => untrusted(&words(reason)),
        false => fault::tls(reason),
    }
}

fn broken_file(what: &str, why: impl std::fmt::Display) -> Fault {
    fault(
        Owner::Plugfest,
        FaultKind::Tls,
        format!("{what} cannot be used: {why}"),
    )
}

fn roots(tls: &Tls) -> Result<Roots, Fault> {
    let Some(given) = &tls.roots else {
        return machine_roots();
    };
    let pem = given.as_ref().map_err(|why| broken_file("`tls.ca`", why))?;
    let given = certificates(pem).map_err(|why| broken_file("`tls.ca`", why))?;
    let mut store = RootCertStore::empty();
    for certificate in &given {
        store
            .add(certificate.clone())
            .map_err(|why| broken_file("`tls.ca`", why))?;
    }
    Ok(Roots { store, given })
}

fn machine_roots() -> Result<Roots, Fault> {
    let mut store = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    store.add_parsable_certificates(found.certs);
    if store.is_empty() {
        return Err(broken_file(
            "the machine's trusted certificates",
            "there are none; give some as `tls.ca`",
        ));
    }
    Ok(Roots {
        store,
        given: Vec::new(),
    })
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let parsed: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let found = parsed.map_err(|error| error.to_string())?;
    if found.is_empty() {
        return Err("there is no PEM certificate in it".into());
    }
    Ok(found)
}

fn identity(
    certificate: &ClientCertificate,
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), Fault> {
    let what = "the client certificate";
    let chain = certificate
        .chain
        .as_ref()
        .map_err(|why| broken_file(what, why))?;
    let chain = certificates(chain).map_err(|why| broken_file(what, why))?;
    let key = certificate
        .key
        .as_ref()
        .map_err(|why| broken_file("the client's key", why))?;
    // The reader's own message might repeat what it read.
    let key = PrivateKeyDer::from_pem_slice(key.expose().as_bytes())
        .map_err(|_| broken_file("the client's key", "it is no private key in PEM"))?;
    Ok((chain, key))
}

fn facts(
    chain: &[CertificateDer<'_>],
    version: Option<ProtocolVersion>,
    name: &ServerName<'_>,
    roots: &Roots,
    algorithms: &WebPkiSupportedAlgorithms,
    now: Instant,
) -> Result<TlsFacts, Fault> {
    let unreadable = |why: String| {
        fault(
            Owner::Supplier,
            FaultKind::Tls,
            format!("the server's certificate cannot be read: {why}"),
        )
    };
    let (leaf, intermediates) = chain
        .split_first()
        .ok_or_else(|| unreadable("there is none".into()))?;
    let (_, read) =
        x509_parser::parse_x509_certificate(leaf).map_err(|error| unreadable(error.to_string()))?;
    let parsed = ParsedCertificate::try_from(leaf).map_err(|error| unreadable(words(&error)))?;
    let validity = read.validity();
    let instant = |time: x509_parser::time::ASN1Time| {
        Instant::from_micros(time.timestamp().saturating_mul(1_000_000))
    };
    let (not_before, not_after) = (instant(validity.not_before), instant(validity.not_after));
    let chain = roots.vouch_for(leaf, intermediates, moment(now), algorithms);
    Ok(TlsFacts {
        version: match version {
            Some(ProtocolVersion::TLSv1_2) => "TLSv1.2".into(),
            Some(ProtocolVersion::TLSv1_3) => "TLSv1.3".into(),
            other => format!("{other:?}"),
        },
        server_name: name.to_str().into_owned(),
        chain: chain.map_err(|error| words(&error)),
        host_name: verify_server_name(&parsed, name).map_err(|error| words(&error)),
        not_before,
        not_after,
    })
}

/// What is wrong with a certificate, in words.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the enum is the library's, grows, and every problem has words of its own"
)]
fn words(error: &rustls::Error) -> String {
    use rustls::CertificateError as Problem;
    let rustls::Error::InvalidCertificate(problem) = error else {
        return error.to_string();
    };
    match problem {
        Problem::Expired | Problem::ExpiredContext { .. } => "it has expired".into(),
        Problem::NotValidYet | Problem::NotValidYetContext { .. } => "it is not valid yet".into(),
        Problem::UnknownIssuer => "nobody who is trusted signed it; a private root belongs under `tls.ca` of the supplier file".into(),
        Problem::BadSignature => {
            "its signature is not by the trusted root of that name".into()
        }
        Problem::NotValidForName => "it carries another name".into(),
        Problem::NotValidForNameContext { presented, .. } => {
            format!("it carries another name: {}", presented.join(", "))
        }
        other => other.to_string(),
    }
}

/// Takes any certificate whose key the peer holds: trust is decided afterwards, from the facts.
#[derive(Debug)]
struct AnyCertificate(WebPkiSupportedAlgorithms);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(message, certificate, signature, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, certificate, signature, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}
