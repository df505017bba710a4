//! What the system says went wrong, as a fault that people understand.

use std::io;

use rustls::AlertDescription;

use crate::model::{Fault, FaultKind, Owner};

pub(super) fn fault(owner: Owner, kind: FaultKind, message: impl Into<String>) -> Fault {
    Fault {
        owner,
        kind,
        message: message.into(),
    }
}

/// No connection could be made.
pub(super) fn no_connection(address: &str, error: &io::Error) -> Fault {
    if error.kind() == io::ErrorKind::ConnectionRefused {
        let message = format!("nothing listens on {address}: the connection was refused");
        return fault(Owner::Supplier, FaultKind::Connect, message);
    }
    let message = format!("no connection to {address}: {error}");
    fault(Owner::Network, FaultKind::Connect, message)
}

/// The handshake ended without an agreement.
pub(super) fn no_handshake(error: &io::Error) -> Fault {
    match tls_error(error) {
        Some(reason) => tls(reason),
        None => fault(
            Owner::Supplier,
            FaultKind::Tls,
            format!("the connection ended within the TLS handshake: {error}"),
        ),
    }
}

/// The TLS reason inside an error of the connection, where there is one.
pub(super) fn tls_error(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref().and_then(|inner| inner.downcast_ref())
}

/// A TLS reason in words.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the enum is the library's, grows, and every reason has words of its own"
)]
pub(super) fn tls(reason: &rustls::Error) -> Fault {
    let message = match reason {
        rustls::Error::AlertReceived(alert) => alert_received(*alert),
        rustls::Error::InvalidMessage(_) => {
            format!("what answered speaks no TLS that plugfest knows ({reason})")
        }
        rustls::Error::PeerIncompatible(_) => {
            format!(
                "the server offers no TLS version or cipher that plugfest speaks, which are those of TLS 1.2 and 1.3 ({reason})"
            )
        }
        other => format!("the TLS handshake failed: {other}"),
    };
    fault(Owner::Supplier, FaultKind::Tls, message)
}

fn alert_received(alert: AlertDescription) -> String {
    let about_us = matches!(
        alert,
        AlertDescription::CertificateRequired
            | AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied
    );
    match about_us {
        true => format!(
            "the server refused the client certificate, or the lack of one (TLS alert {alert:?})"
        ),
        false => format!("the server ended the TLS handshake (TLS alert {alert:?})"),
    }
}
