//! What a check is asked of.

use std::sync::{Arc, OnceLock};

use crate::model::{Exchange, Payload, Side};
use crate::template::Scope;

/// One side of one exchange, with everything that a check may look at.
pub struct Subject<'a> {
    /// The exchange, with its bodies as they were read.
    pub view: &'a View,
    /// Which side is judged.
    pub side: Side,
    /// Where templates find their values.
    pub scope: &'a dyn Scope,
    /// The exchanges of the steps before.
    pub earlier: &'a dyn Earlier,
}

/// The exchanges of the steps before, by the steps' names.
pub trait Earlier {
    /// The last exchange of a step; `None` where it was not sent.
    fn step(&self, name: &str) -> Option<&View>;
}

/// An exchange with its bodies, each parsed at most once, whoever asks.
#[derive(Debug, Clone)]
pub struct View {
    /// As it was on the wire.
    pub exchange: Arc<Exchange>,
    request: Arc<OnceLock<Reading>>,
    reply: Arc<OnceLock<Reading>>,
}

impl View {
    /// A view of an exchange.
    pub fn new(exchange: Arc<Exchange>) -> Self {
        Self {
            exchange,
            request: Arc::default(),
            reply: Arc::default(),
        }
    }

    /// The body of one side, parsed; `None` where there is no such side.
    pub fn reading(&self, side: Side) -> Option<&Reading> {
        let body = self.exchange.body(side)?;
        let headers = self.exchange.headers(side)?;
        let cell = match side {
            Side::Request => &self.request,
            Side::Reply => &self.reply,
        };
        Some(cell.get_or_init(|| Reading::new(body.clone(), headers.first("content-type"))))
    }
}

/// A body, parsed in the ways that were asked for.
#[derive(Debug)]
pub struct Reading {
    /// As it was on the wire.
    pub body: Payload,
    /// Its declared media type, lower case, without parameters; empty where none was declared.
    pub media_type: String,
}

impl Reading {
    fn new(body: Payload, content_type: Option<&str>) -> Self {
        let declared = content_type
            .unwrap_or_default()
            .split(';')
            .next()
            .unwrap_or_default();
        Self {
            body,
            media_type: declared.trim().to_ascii_lowercase(),
        }
    }
}
