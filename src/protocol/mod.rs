//! Protocols: what a step sends, and how it gets there.
//!
//! Each is a folder and one row of [`PROTOCOLS`]: `action.rs` is pure (what to send), `wire.rs` does it.

pub mod http;

use std::fmt;

use schemars::{Schema, SchemaGenerator};

use crate::diag::Diagnostic;
use crate::model::{Files, Headers};
use crate::template::{Scope, Unresolved};
use crate::yaml::Node;

/// A protocol: one row.
pub struct Protocol {
    /// The key under `send`.
    pub name: &'static str,
    /// What it is, in a line.
    pub summary: &'static str,
    /// The JSON Schema of what stands under the key.
    pub schema: fn(&mut SchemaGenerator) -> Schema,
    /// Reads what stands under the key; fixtures that it names are looked up in the pack's files.
    #[expect(
        clippy::type_complexity,
        reason = "a row of a table says its whole shape"
    )]
    pub parse: fn(&Node, &Files) -> Result<Box<dyn Action>, Diagnostic>,
}

impl fmt::Debug for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "protocol `{}`", self.name)
    }
}

/// Something to send, once its values are known.
pub trait Action: fmt::Debug + Send + Sync {
    /// The message, put together from the values at this step.
    ///
    /// # Errors
    /// A value that is missing, or a URL that leads away from the supplier's endpoints: then nothing is sent.
    fn prepare(&self, surroundings: &Surroundings<'_>) -> Result<Outgoing, Unsendable>;

    /// Whether it changes something at the supplier's, as far as its kind tells (an HTTP PUT does, a GET does not).
    fn effect(&self) -> Effect;
}

/// Whether a message changes something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It only reads.
    Reads,
    /// It may create, change or delete.
    Writes,
}

/// What an action may look at when it is put together.
pub struct Surroundings<'a> {
    /// Values by name.
    pub scope: &'a dyn Scope,
    /// The supplier's endpoints: name → base URL without a trailing slash.
    pub endpoints: &'a [(String, String)],
    /// The endpoint that paths are joined to, unless the step names another.
    pub endpoint: &'a str,
    /// Headers that every request of the pack has, unless the step says otherwise.
    pub headers: &'a Headers,
}

/// A message, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// The HTTP method.
    pub method: String,
    /// The whole URL.
    pub url: String,
    /// All headers that the scenario asks for, without `Host`, `Content-Length`, `User-Agent` and credentials.
    pub headers: Headers,
    /// The body.
    pub body: Vec<u8>,
    /// Where credentials come from.
    pub auth: AuthChoice,
    /// The exact bytes to put on the connection instead, for deliberately malformed requests.
    pub raw: Option<Vec<u8>>,
}

/// Which credentials go with a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuthChoice {
    /// Those of the supplier's system.
    Default,
    /// None.
    None,
    /// A named entry of the supplier file.
    Named(String),
}

/// Why nothing is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unsendable {
    /// A value is missing.
    Unresolved(Unresolved),
    /// The URL leads away from the supplier's endpoints: the text says which.
    Elsewhere(String),
    /// The action cannot be put together for another reason: the scenario is at fault.
    Broken(String),
}

/// All protocols.
pub static PROTOCOLS: &[Protocol] = &[http::ROW];
