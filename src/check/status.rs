//! `status`: the reply's status code.

use super::{Check, Kind, Subject};
use crate::model::Finding;

pub(super) const KIND: Kind = Kind {
    name: "status",
    summary: "the reply's status code",
    explanation: "",
    examples: &["status: 412"],
    schema: |generator| generator.subschema_for::<u16>(),
    parse: |node| Ok(Box::new(Status(crate::yaml::decode(node)?))),
};

#[derive(Debug)]
struct Status(u16);

impl Check for Status {
    fn evaluate(&self, subject: &Subject<'_>) -> Finding {
        let Some(reply) = subject.view.exchange.reply() else {
            return Finding::undecidable("no reply came");
        };
        if reply.status == self.0 {
            return Finding::holds(reply.status.to_string(), "reply/status");
        }
        Finding::violates(reply.status.to_string(), "reply/status", self.0.to_string())
    }
}
