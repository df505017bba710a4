//! One interaction to perform, whether it came as a request of its own or as an entry of a Bundle; and its answer.

use super::capability::Statement;
use super::defects::{DefectId, Defects};
use super::json::Json;
use super::message::Headers;
use super::prefer::Prefer;
use super::query::Query;
use super::route::Interaction;
use super::search::Scope;
use super::store::{Store, Version};
use jiff::Timestamp;

/// What an interaction happens in.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The base URL, without a slash at its end.
    pub base: &'a str,
    /// When the request arrived.
    pub now: Timestamp,
    /// The defects that are switched on.
    pub defects: &'a Defects,
    /// Whether the interaction stands alone.
    pub standing: Standing,
    /// What the server says of itself.
    pub capabilities: &'a Statement,
}

/// Whether an interaction stands alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is a request of its own, or an entry of a batch.
    Alone,
    /// It is a part of a transaction: what holds only at the end is checked at the end.
    Transaction,
}

impl<'a> Context<'a> {
    /// Whether a defect is switched on.
    pub fn has(&self, defect: DefectId) -> bool {
        self.defects.has(defect)
    }

    /// The present state of a store, to search in.
    pub fn scope(&self, store: &'a Store) -> Scope<'a> {
        Scope {
            store,
            sequence: store.sequence(),
            base: self.base,
            now: self.now,
            defects: self.defects,
        }
    }
}

/// An interaction with all that it depends on.
#[derive(Clone, Debug)]
pub struct Call {
    /// What to do.
    pub interaction: Interaction,
    /// The parameters.
    pub query: Query,
    /// What was sent along.
    pub payload: Payload,
    /// The conditions.
    pub conditions: Conditions,
    /// The preferences.
    pub prefer: Prefer,
    /// Whether it came by GET (which never changes anything) or by another method.
    pub safety: Safety,
}

/// Whether a method may change anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Safety {
    /// GET and HEAD.
    Safe,
    /// Every other method.
    Unsafe,
}

/// The body of a call.
#[derive(Clone, Debug, PartialEq)]
pub enum Payload {
    /// Nothing.
    None,
    /// A resource.
    Resource(Json),
    /// A JSON Patch document.
    JsonPatch(Json),
}

impl Payload {
    /// The resource, if it is one.
    pub fn resource(&self) -> Option<&Json> {
        if let Payload::Resource(resource) = self {
            Some(resource)
        } else {
            None
        }
    }
}

/// The conditions of a call: the values of the headers, or of the parts of `Bundle.entry.request`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Conditions {
    /// `If-Match`
    pub if_match: Option<String>,
    /// `If-None-Match`
    pub if_none_match: Option<String>,
    /// `If-Modified-Since`
    pub if_modified_since: Option<String>,
    /// `If-None-Exist`
    pub if_none_exist: Option<String>,
}

/// What came of a call that was not refused.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Header fields of the interaction: `ETag`, `Last-Modified`, `Location`.
    pub headers: Headers,
    /// The resource that is returned.
    pub body: Option<Json>,
}

impl Answer {
    /// 200 with a resource.
    pub fn ok(body: Json) -> Answer {
        Answer {
            status: 200,
            headers: Headers::default(),
            body: Some(body),
        }
    }

    /// An answer about a version, with its headers.
    pub fn about(status: u16, version: &Version, body: Option<Json>) -> Answer {
        let mut headers = Headers::default();
        if let Some(etag) = version.etag() {
            headers.set("ETag", etag);
        }
        headers.set("Last-Modified", version.last_modified());
        Answer {
            status,
            headers,
            body,
        }
    }
}
