//! A FHIR terminology server, asked only for what packages leave undecided, and only where the user names one.
//!
//! What leaves the machine are codes, displays and addresses of value sets: no resource that is validated, and no name.
//! A server that does not answer, or answers that it does not know, decides nothing: the reason is told beside ours.

mod kept;
mod question;
mod wire;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use crate::diag::Diagnostic;
use crate::fhir::definitions::LEFT_OUT;
use crate::fhir::terminology::{CodeRef, CodeStanding, Known, Membership, Packaged, Terminology};
use crate::fhir::{Element, Format};
use kept::Kept;
use question::{Question, Reply};
use wire::Wire;

/// Packages first, then a terminology server. `Send + Sync`; it blocks while it asks.
#[derive(Debug)]
pub struct TerminologyServer {
    packaged: Arc<Packaged>,
    wire: Wire,
    /// Answers of earlier runs.
    kept: Option<Kept>,
    /// Answers of this run, failures as well: nothing is asked twice.
    heard: Mutex<HashMap<String, Result<Reply, String>>>,
}

/// How many answers of a run are held in memory.
const MAX_HEARD: usize = 100_000;

impl TerminologyServer {
    /// A server at a URL such as `https://tx.example.org/r4`. Nothing is asked yet. Answers are kept in the folder, if
    /// there is one, each server's apart.
    ///
    /// # Errors
    /// `usage` where it is no URL, `terminology-server` where TLS cannot be had.
    pub fn at(
        url: &str,
        packaged: Arc<Packaged>,
        cache: Option<PathBuf>,
    ) -> Result<Self, Diagnostic> {
        let wire = Wire::to(url)?;
        Ok(Self {
            packaged,
            kept: cache.map(|folder| Kept::at(folder, wire.base())),
            wire,
            heard: Mutex::default(),
        })
    }

    /// The server's answer: heard in this run, kept from an earlier one, or asked for now.
    fn ask(&self, question: &Question<'_>) -> Result<Reply, String> {
        let key = question.digest();
        let heard = || self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = heard().get(&key) {
            return known.clone();
        }
        let answer = match self.kept.as_ref().and_then(|kept| kept.read(&key)) {
            Some(reply) => Ok(reply),
            None => self.fetch(question, &key),
        };
        let mut heard = heard();
        if heard.len() < MAX_HEARD {
            heard.insert(key, answer.clone());
        }
        answer
    }

    fn fetch(&self, question: &Question<'_>, key: &str) -> Result<Reply, String> {
        let reply = question.read(&self.wire.post(question.path(), &question.body())?)?;
        if let Some(kept) = &self.kept {
            // A cache that cannot be written costs time, and no answer.
            let _ = kept.write(key, &reply);
        }
        Ok(reply)
    }

    /// Our reason, and why the server did not help.
    fn still_open(&self, ours: &str, why: &str) -> String {
        format!("{ours}; the terminology server {} {why}", self.wire.base())
    }
}

impl Terminology for TerminologyServer {
    fn member(&self, code: &CodeRef<'_>, value_set: &str) -> Membership {
        let ours = match self.packaged.member(code, value_set) {
            Membership::Undecided(why) => why,
            decided @ (Membership::Member | Membership::NotMember(_)) => return decided,
        };
        let coded = CodeRef {
            display: None,
            ..*code
        };
        let by_address = self.ask(&Question::Member(coded, value_set));
        // A server that does not have the value set may be told it, where we may pass it on.
        let answer = by_address.or_else(|why| match self.definition(value_set) {
            Some(definition) => self.ask(&Question::MemberOf(coded, &definition)),
            None => Err(why),
        });
        match answer {
            Ok(reply) if reply.holds => Membership::Member,
            Ok(reply) => Membership::NotMember(self.refusal(code.code, reply)),
            Err(why) => Membership::Undecided(self.still_open(&ours, &why)),
        }
    }

    fn member_of_element(&self, code: &CodeRef<'_>, value_set: Element<'_>) -> Membership {
        self.packaged.member_of_element(code, value_set)
    }

    fn standing(&self, code: &CodeRef<'_>) -> CodeStanding {
        let ours = match self.packaged.standing(code) {
            CodeStanding::Undecided(why) => why,
            decided @ (CodeStanding::Known(_) | CodeStanding::Unknown(_)) => return decided,
        };
        if code.system.is_none() {
            return CodeStanding::Undecided(ours);
        }
        let bare = CodeRef {
            display: None,
            ..*code
        };
        match self.ask(&Question::Standing(bare)) {
            Ok(reply) if reply.holds => CodeStanding::Known(self.known(code, reply)),
            Ok(reply) => CodeStanding::Unknown(self.refusal(code.code, reply)),
            Err(why) => CodeStanding::Undecided(self.still_open(&ours, &why)),
        }
    }

    fn subsumes(&self, system: &str, above: &str, below: &str) -> Option<bool> {
        let ours = self.packaged.subsumes(system, above, below);
        let asked = || {
            let reply = self.ask(&Question::Subsumes(system, above, below));
            reply.ok().map(|reply| reply.holds)
        };
        ours.or_else(asked)
    }

    fn knows_value_set(&self, value_set: &str) -> bool {
        self.packaged.knows_value_set(value_set)
    }
}

impl TerminologyServer {
    /// A display that is not the preferred one may still be right: that is a question of its own.
    fn known(&self, code: &CodeRef<'_>, reply: Reply) -> Known {
        let display_fits = code.display.and_then(|given| {
            let preferred = reply.display.as_deref();
            if preferred.is_some_and(|name| name.eq_ignore_ascii_case(given.trim())) {
                return Some(true);
            }
            self.ask(&Question::Standing(*code))
                .ok()
                .map(|reply| reply.holds)
        });
        Known {
            display: reply.display,
            display_fits,
            is_inactive: reply.is_inactive,
            ..Known::default()
        }
    }

    /// A value set as packages have it; `None` where it is not at hand, or codes were left out of it.
    fn definition(&self, canonical: &str) -> Option<Value> {
        let found = self.packaged.definitions().find(canonical)?;
        let is_whole = !found.source().contains(LEFT_OUT);
        let is_json = found.format() == Format::Json && found.type_name() == Some("ValueSet");
        (is_whole && is_json).then(|| serde_json::from_str(found.source()).ok())?
    }

    fn refusal(&self, code: &str, reply: Reply) -> String {
        let base = self.wire.base();
        match reply.message {
            Some(message) => {
                format!("`{code}` is refused by the terminology server {base}: {message}")
            }
            None => format!("`{code}` is refused by the terminology server {base}"),
        }
    }
}
