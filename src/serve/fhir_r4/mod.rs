//! The reference supplier `fhir-r4`: a FHIR R4 REST server in memory, sound unless a defect is switched on.
//!
//! The core is pure: [`service::Service`] turns a request into a reply, without sockets and clocks. A request passes
//! `negotiate` (which form) and `route` (which interaction), becomes a [`call::Call`], is performed by `read` or `write`
//! (and from there by `search`, `patch`, `bundle`, `operations`) on the `store`, and its [`call::Answer`] is written in the
//! chosen form. `defects` may take hold at each of these points. `edge` is the only place that knows HTTP's wire.

use crate::serve::{Defect, Running, Start, Starting};
pub use capability::Bundles;
use defects::Defects;
pub use defects::{DefectId, UnknownDefect};
use edge::{Plaintext, Security};
use service::Service;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

pub mod access;
pub mod bundle;
pub mod call;
pub mod capability;
pub mod defects;
mod edge;
pub mod history;
pub mod json;
pub mod message;
pub mod moment;
pub mod narrative;
pub mod negotiate;
pub mod operations;
pub mod patch;
pub mod prefer;
pub mod primitive;
pub mod problem;
pub mod query;
pub mod read;
pub mod route;
pub mod search;
pub mod seed;
pub mod service;
pub mod shapes;
pub mod store;
#[cfg(test)]
mod tests;
pub mod types;
pub mod validate;
pub mod write;
pub mod xml;

/// The name of this reference supplier.
pub const NAME: &str = "fhir-r4";

/// The path of the base URL.
const BASE_PATH: &str = "/fhir";

/// How a server is started.
#[derive(Clone, Debug)]
pub struct Options {
    /// The address to listen at; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// The defects to switch on.
    pub defects: Vec<DefectId>,
    /// A bearer token that all requests but the one for the CapabilityStatement need.
    pub token: Option<String>,
    /// Whether batches and transactions are processed.
    pub bundles: Bundles,
    /// With this, the server speaks TLS and nothing else.
    pub tls: Option<Arc<rustls::ServerConfig>>,
}

impl Options {
    /// A sound server at that address, open to all.
    pub fn new(listen: SocketAddr) -> Options {
        Options {
            listen,
            defects: Vec::new(),
            token: None,
            bundles: Bundles::Processed,
            tls: None,
        }
    }
}

/// Starts a server by the names of its defects: what the table of reference suppliers calls.
pub fn start(start: Start) -> Starting {
    Box::pin(async move {
        let defects = start.defects.iter().map(|name| name.parse());
        let defects = defects.collect::<Result<Vec<DefectId>, UnknownDefect>>();
        let defects =
            defects.map_err(|unknown| io::Error::new(io::ErrorKind::InvalidInput, unknown))?;
        let bundles = match start
            .without
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .as_slice()
        {
            [] => Bundles::Processed,
            ["transactions"] => Bundles::Refused,
            _ => {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidInput,
                    "fhir-r4 can go without `transactions` only",
                ));
            }
        };
        let Start {
            listen, token, tls, ..
        } = start;
        Server::start(Options {
            listen,
            defects,
            token,
            bundles,
            tls,
        })
        .await
    })
}

/// Every defect that can be switched on.
pub fn defects() -> &'static [Defect] {
    defects::all()
}

/// The server.
pub struct Server;

impl Server {
    /// Starts a server inside the current tokio runtime. It ends when what is returned is dropped.
    ///
    /// # Errors
    /// What the system says to the address.
    pub async fn start(options: Options) -> io::Result<Running> {
        let bound = edge::bind(options.listen).await?;
        let scheme = if options.tls.is_some() {
            "https"
        } else {
            "http"
        };
        let base = format!("{scheme}://{}{BASE_PATH}", bound.address);
        let defects = Defects::new(&options.defects);
        let plaintext = if defects.has(DefectId::PlainHttpBesideTls) {
            Plaintext::Served
        } else {
            Plaintext::Refused
        };
        let security = options
            .tls
            .map_or(Security::Plain, |tls| Security::Tls(tls, plaintext));
        let service = Service::new(&base, options.token, options.bundles, defects);
        let stop = edge::serve(bound, security, service);
        Ok(Running {
            base,
            stop: Some(stop),
        })
    }
}
