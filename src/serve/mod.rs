//! Reference suppliers: servers of our own that are sound, and that can be made unsound in ways that have names.
//!
//! A pack is proved against them: every scenario is run once against the sound supplier, and once for each defect.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

pub mod fhir_r4;
pub mod tls;

/// A fault of a reference supplier that can be switched on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Defect {
    /// The id, as it is written on a command line.
    pub id: &'static str,
    /// The ids of the requirements that it breaks.
    pub breaks: &'static [&'static str],
    /// What goes wrong, in a sentence.
    pub title: &'static str,
    /// How the supplier must be started for it to show; nothing for most.
    pub needs: &'static [Need],
}

/// A way to start a supplier without which a defect does not show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// With [`Start::token`].
    Token,
    /// With [`Start::tls`].
    Tls,
}

/// A requirement that a sound reference supplier does not satisfy, because of what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lack {
    /// The requirement.
    pub requirement: &'static str,
    /// Why.
    pub because: &'static str,
}

/// A defect that no check of the packs can see, for people who look with other means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unseen {
    /// The defect.
    pub defect: &'static str,
    /// Why no check sees it.
    pub because: &'static str,
}

/// One kind of reference supplier.
pub struct ReferenceSupplier {
    /// The name, as it is written on a command line.
    pub name: &'static str,
    /// What it is, in a sentence.
    pub summary: &'static str,
    /// The packs that are proved against it.
    pub packs: &'static [&'static str],
    /// What even the sound supplier does not satisfy.
    pub lacks: &'static [Lack],
    /// Defects that no check sees.
    pub unseen: &'static [Unseen],
    /// The defects that it knows.
    pub defects: fn() -> &'static [Defect],
    /// Starts it inside the current tokio runtime.
    pub start: fn(Start) -> Starting,
}

/// A supplier that is about to run. It fails with `InvalidInput` for an unknown defect or feature, and with what the system says to
/// the address.
pub type Starting = Pin<Box<dyn Future<Output = io::Result<Running>> + Send>>;

/// How a reference supplier is started.
#[derive(Clone, Debug)]
pub struct Start {
    /// The address to listen at; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// The ids of the defects to switch on.
    pub defects: Vec<String>,
    /// A bearer token that requests for protected data need.
    pub token: Option<String>,
    /// With this, it speaks TLS and nothing else; see [`tls::configuration`].
    pub tls: Option<Arc<rustls::ServerConfig>>,
    /// What it shall not offer, though it could. `fhir-r4` can go without `transactions`.
    pub without: Vec<String>,
}

impl Start {
    /// A sound supplier at that address, without TLS, open to all.
    pub fn new(listen: SocketAddr) -> Start {
        Start {
            listen,
            defects: Vec::new(),
            token: None,
            tls: None,
            without: Vec::new(),
        }
    }
}

/// A supplier that runs until it is dropped.
#[derive(Debug)]
pub struct Running {
    base: String,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
}

impl Running {
    /// The base URL of its endpoint, without a slash at its end.
    pub fn base_url(&self) -> &str {
        &self.base
    }

    /// Ends it; dropping does the same.
    pub fn shutdown(mut self) {
        self.stop.take();
    }
}

/// Every reference supplier: one row each.
pub const SUPPLIERS: &[ReferenceSupplier] = &[ReferenceSupplier {
    name: fhir_r4::NAME,
    summary: "a FHIR R4 REST server in memory",
    packs: &["fhir-r4-rest"],
    lacks: &[Lack {
        requirement: "FHIR-SEC-001",
        because: "it serves plain HTTP, on the loopback address",
    }],
    unseen: &[Unseen {
        defect: "plain-http-beside-tls",
        because: "it shows with TLS only, and proofs run without",
    }],
    defects: fhir_r4::defects,
    start: fhir_r4::start,
}];
