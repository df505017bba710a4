//! What a check is asked of.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use super::reading::{Reading, Unreadable};
use super::{Examined, Knowledge, words};
use crate::fhir::{Place, Resource};
use crate::model::{Exchange, Fault, FaultKind, Finding, Headers, Outcome, Reply, Side};
use crate::template::{Escape, Scope, Template, Unresolved};

/// One side of one exchange, with everything that a check may look at.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The exchange, with its bodies as they were read.
    pub view: &'a View,
    /// Which side is judged.
    pub side: Side,
    /// Where templates find their values.
    pub scope: &'a dyn Scope,
    /// The exchanges of the steps before.
    pub earlier: &'a dyn Earlier,
    /// What is known of FHIR.
    pub knowledge: &'a Knowledge,
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

impl<'a> Subject<'a> {
    /// The exchange.
    pub fn exchange(&self) -> &'a Exchange {
        &self.view.exchange
    }

    /// The reply; else what its absence means.
    ///
    /// # Errors
    /// Without a reply nothing can be said of it. But what came and was no HTTP is an answer: the wrong one.
    pub fn reply(&self) -> Result<&'a Reply, Finding> {
        match &self.exchange().outcome {
            Outcome::Replied(reply) => Ok(reply),
            Outcome::Failed(fault) => Err(without_reply(fault)),
        }
    }

    /// The headers of the side that is judged.
    ///
    /// # Errors
    /// As [`Subject::reply`]; a request that was never sent is no evidence either.
    pub fn headers(&self) -> Result<&'a Headers, Finding> {
        match self.side {
            Side::Reply => Ok(&self.reply()?.headers),
            Side::Request => self.sent().map(|()| &self.exchange().request.headers),
        }
    }

    /// The body of the side that is judged.
    ///
    /// # Errors
    /// As [`Subject::headers`].
    pub fn reading(&self) -> Result<&'a Reading, Finding> {
        self.headers()?;
        // invariant: a side that has headers has a body, if an empty one.
        self.view
            .reading(self.side)
            .ok_or_else(|| Finding::undecidable("no reply came"))
    }

    /// The FHIR resource of the side that is judged.
    ///
    /// # Errors
    /// As [`Subject::reading`]; a violation where the body is none.
    pub(super) fn resource(&self, expected: &str) -> Examined<&'a Resource> {
        let resource = self.reading()?.resource();
        resource.map_err(|problem| self.unreadable(problem, expected))
    }

    /// `reply/body#Bundle.entry[2].resource.id:12:7`
    pub(super) fn element_place(&self, place: &Place) -> Arc<str> {
        let body = words::body_place(self.side);
        format!("{body}#{}:{}:{}", place.path, place.line, place.column).into()
    }

    /// Where the request never left, there is no request to judge; where it did, a missing reply does not matter.
    fn sent(&self) -> Result<(), Finding> {
        let Outcome::Failed(fault) = &self.exchange().outcome else {
            return Ok(());
        };
        match fault.kind {
            FaultKind::Refused | FaultKind::Auth | FaultKind::Connect | FaultKind::Tls => Err(
                Finding::undecidable(format!("no request was sent: {fault}")),
            ),
            FaultKind::Timeout
            | FaultKind::Closed
            | FaultKind::Malformed
            | FaultKind::BodyLimit
            | FaultKind::HeaderLimit => Ok(()),
        }
    }

    /// A text with its holes filled.
    ///
    /// # Errors
    /// Undecidable where an earlier step did not yield the value; broken where a function cannot take what it is given.
    pub(super) fn fill<'t>(&self, template: &'t Template) -> Examined<Cow<'t, str>> {
        template.render(self.scope).map_err(unfilled)
    }

    /// The same, values escaped for the language around them.
    pub(super) fn fill_for<'t>(
        &self,
        template: &'t Template,
        escape: Escape,
    ) -> Examined<Cow<'t, str>> {
        template
            .render_escaped(self.scope, escape)
            .map_err(unfilled)
    }

    /// A violation by a body that cannot be read: whoever sent it is at fault.
    pub(super) fn unreadable(&self, problem: &Unreadable, expected: &str) -> Finding {
        let place = match problem.line {
            0 => words::body_place(self.side),
            line => words::body_position(self.side, line, problem.column),
        };
        Finding::violates(words::shown(&problem.to_string()), place, expected)
    }
}

/// The one place that decides what a missing reply means.
fn without_reply(fault: &Fault) -> Finding {
    let words = words::shown(&fault.to_string());
    match fault.kind {
        FaultKind::Malformed => Finding::violates(words, "reply", "an HTTP reply"),
        FaultKind::Connect
        | FaultKind::Tls
        | FaultKind::Timeout
        | FaultKind::Closed
        | FaultKind::BodyLimit
        | FaultKind::HeaderLimit
        | FaultKind::Refused
        | FaultKind::Auth => Finding::undecidable(format!("no reply came: {words}")),
    }
}

/// What an earlier step did not keep is missing data; a function that refuses its argument is a mistake.
fn unfilled(unresolved: Unresolved) -> Finding {
    match unresolved.problem {
        None => Finding::undecidable(unresolved.to_string()),
        Some(_) => Finding::broken(unresolved.to_string()),
    }
}
