//! HTTP/1.1: what a step sends under `send: { http: … }`, and how it gets there.
//!
//! [`action`] and its helpers are pure. Only `wire` touches the world.

pub mod action;
mod body;
pub mod config;
mod json_edit;
mod pairs;
pub mod redact;
mod target;
pub mod wire;

pub use target::inside;

use super::Protocol;

pub(super) const ROW: Protocol = Protocol {
    name: "http",
    summary: "an HTTP/1.1 request and its reply",
    schema: |generator| generator.subschema_for::<action::Written>(),
    parse: action::parse,
};
