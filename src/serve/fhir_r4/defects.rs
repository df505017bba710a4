//! The defects that can be switched on: one row each, with the requirements that it breaks.
//!
//! Each is a behaviour that real servers show. What a row says it breaks is what a test of the requirement finds; where a
//! fault unavoidably breaks more than one requirement, the row names them all.

use super::json::Json;
use super::message::{Reply, Request};
use super::negotiate::Chosen;
use super::problem::Problem;
use super::route::Interaction;
use crate::serve::{Defect, Need};
use std::fmt;
use std::str::FromStr;

mod bundles;
mod capability;
mod conditional;
mod failing;
mod history;
mod negotiation;
mod operating;
mod paging;
mod reading;
mod searching;
mod tools;
mod transport;
mod writing;

/// What a hook may look at.
pub struct Facts<'a> {
    /// The request.
    pub request: &'a Request,
    /// The interaction that it asked for, if its path leads to one.
    pub interaction: Option<&'a Interaction>,
    /// The base URL.
    pub base: &'a str,
    /// The form of the reply.
    pub chosen: Chosen,
}

/// Where a defect takes hold.
enum Hook {
    /// The logic asks for it by its id.
    Switch,
    /// It changes the CapabilityStatement.
    Statement(fn(&mut Json)),
    /// It refuses an interaction that is asked for.
    Refuse(fn(&Request, &Interaction) -> Option<Problem>),
    /// It changes the request before it is read.
    Request(fn(&mut Request)),
    /// It changes the answer before it is written.
    Answer(fn(&Facts, &mut super::call::Answer)),
    /// It changes the finished reply.
    Reply(fn(&Facts, &mut Reply)),
    /// It takes hold at several points.
    All(&'static [Hook]),
}

macro_rules! defects {
    ($($variant:ident $id:literal breaks [$($requirement:literal),*] $(needs [$($need:ident),*])?: $title:literal => $hook:expr;)*) => {
        /// The id of a defect.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum DefectId {
            $(#[doc = $title] $variant,)*
        }

        const IDS: &[DefectId] = &[$(DefectId::$variant,)*];
        const DEFECTS: &[Defect] = &[$(Defect {
            id: $id,
            breaks: &[$($requirement),*],
            title: $title,
            needs: &[$($(Need::$need),*)?],
        },)*];
        const HOOKS: &[Hook] = &[$($hook,)*];
    };
}

include!("defects/table.rs");

/// Every defect, in the order of the table.
pub fn all() -> &'static [Defect] {
    DEFECTS
}

impl DefectId {
    /// The id as it is written on a command line.
    pub fn name(self) -> &'static str {
        DEFECTS[self as usize].id
    }
}

impl fmt::Display for DefectId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// A text that is not the id of a defect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownDefect {
    /// The text.
    pub text: String,
    /// The known id that is most like it, if one is.
    pub suggestion: Option<&'static str>,
}

impl fmt::Display for UnknownDefect {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "`{}` is not a defect of fhir-r4", self.text)?;
        match self.suggestion {
            Some(known) => write!(out, ", did you mean `{known}`?"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for UnknownDefect {}

impl FromStr for DefectId {
    type Err = UnknownDefect;

    fn from_str(text: &str) -> Result<DefectId, UnknownDefect> {
        if let Some(place) = DEFECTS.iter().position(|defect| defect.id == text) {
            return Ok(IDS[place]);
        }
        let near = DEFECTS
            .iter()
            .map(|defect| (strsim::jaro_winkler(defect.id, text), defect.id));
        let nearest = near
            .max_by(|one, other| one.0.total_cmp(&other.0))
            .filter(|(likeness, _)| *likeness > 0.75);
        Err(UnknownDefect {
            text: text.to_owned(),
            suggestion: nearest.map(|(_, id)| id),
        })
    }
}

/// The defects that are switched on.
#[derive(Clone, Debug)]
pub struct Defects {
    on: Vec<DefectId>,
    flags: [bool; DEFECTS.len()],
}

impl Defects {
    /// These defects; the order in which they take hold is that of the table.
    pub fn new(ids: &[DefectId]) -> Defects {
        let mut on = ids.to_vec();
        on.sort_unstable();
        on.dedup();
        let mut flags = [false; DEFECTS.len()];
        for id in &on {
            flags[*id as usize] = true;
        }
        Defects { on, flags }
    }

    /// Whether a defect is switched on.
    pub fn has(&self, id: DefectId) -> bool {
        self.flags[id as usize]
    }

    /// Lets the defects change the CapabilityStatement.
    pub fn change_statement(&self, statement: &mut Json) {
        for hook in self.hooks() {
            if let Hook::Statement(change) = hook {
                change(statement);
            }
        }
    }

    /// Lets the defects refuse an interaction.
    ///
    /// # Errors
    /// The refusal of the first that does.
    pub fn refuse(&self, request: &Request, interaction: &Interaction) -> Result<(), Problem> {
        for hook in self.hooks() {
            if let Hook::Refuse(refusal) = hook
                && let Some(problem) = refusal(request, interaction)
            {
                return Err(problem);
            }
        }
        Ok(())
    }

    /// Lets the defects change a request before it is read.
    pub fn change_request(&self, request: &mut Request) {
        for hook in self.hooks() {
            if let Hook::Request(change) = hook {
                change(request);
            }
        }
    }

    /// Lets the defects change an answer before it is written.
    pub fn change_answer(&self, facts: &Facts, answer: &mut super::call::Answer) {
        for hook in self.hooks() {
            if let Hook::Answer(change) = hook {
                change(facts, answer);
            }
        }
    }

    /// Lets the defects change a finished reply.
    pub fn change_reply(&self, facts: &Facts, reply: &mut Reply) {
        for hook in self.hooks() {
            if let Hook::Reply(change) = hook {
                change(facts, reply);
            }
        }
    }

    fn hooks(&self) -> impl Iterator<Item = &'static Hook> {
        self.on.iter().flat_map(|id| {
            let hook = &HOOKS[*id as usize];
            if let Hook::All(hooks) = hook {
                hooks
            } else {
                std::slice::from_ref(hook)
            }
        })
    }
}
