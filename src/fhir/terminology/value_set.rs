//! A ValueSet, compiled: what it includes and excludes, ready to be asked for single codes.
//!
//! Nothing is expanded. A whole system is asked for the code, a list is a hash table, a filter is tested on the one
//! concept that is asked about; so compiling costs what reading the resource costs, however many codes there are.

use super::CodeRef;
use super::concept::Status;
use super::filter::{self, Filter};
use super::listed::Listed;
use super::packaged::Packaged;
use super::system::{Doubt, Found, System};
use std::sync::{Arc, OnceLock};

/// One ValueSet. Compiled once, then shared between threads.
#[derive(Debug)]
pub struct ValueSet {
    pub(super) url: Box<str>,
    pub(super) version: Option<Box<str>>,
    pub(super) title: Box<str>,
    pub(super) status: Box<str>,
    pub(super) includes: Vec<Part>,
    pub(super) excludes: Vec<Part>,
    pub(super) inactive: Inactive,
    /// The codes of an expansion that the resource brings along.
    pub(super) expansion: Option<Expanded>,
    /// A supplement that the value set needs to mean what it says, and that is not at hand.
    pub(super) missing_supplement: Option<Box<str>>,
}

/// Whether inactive codes belong to a value set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Inactive {
    Included,
    LeftOut,
}

/// One include or exclude of a compose: all that it says must hold.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) system: Option<Box<str>>,
    pub(super) version: Option<Box<str>>,
    pub(super) choice: Choice,
    pub(super) imports: Vec<Import>,
    handle: OnceLock<Arc<System>>,
}

/// Which codes of the system a part takes.
#[derive(Debug)]
pub(super) enum Choice {
    Whole,
    /// Codes that the pack of definitions does not give away: how many lines were left out.
    LeftOut(u32),
    Listed(Listed),
    Filtered(Vec<Filter>),
}

/// Another value set, or why it cannot be asked.
pub(super) type Import = Result<Arc<ValueSet>, String>;

/// An expansion in a resource.
#[derive(Debug)]
pub(super) struct Expanded {
    /// System and codes.
    pub(super) systems: Vec<(Box<str>, Listed)>,
}

/// Whether a code belongs: the third answer says why that is open.
pub(super) enum Answer<'v> {
    Yes,
    No,
    Maybe(Doubt<'v>),
}

/// How many parts may be looked at for one question: value sets that import each other over many ways end here.
pub(super) const FUEL: u32 = 100_000;

/// A code under examination: what to ask and how much may still be asked.
pub(super) struct Question<'q> {
    pub(super) packaged: &'q Packaged,
    pub(super) code: &'q CodeRef<'q>,
    pub(super) fuel: u32,
}

impl ValueSet {
    /// The canonical address, without version.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The business version.
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// Title, name or address, for people.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The publication status: `draft`, `active`, `retired`, `unknown`.
    pub fn status(&self) -> &str {
        &self.status
    }

    /// `url|version`, or the address alone.
    pub fn canonical(&self) -> String {
        match &self.version {
            Some(version) => format!("{}|{version}", self.url),
            None => self.url.to_string(),
        }
    }

    pub(super) fn ask<'v>(&'v self, question: &mut Question<'_>) -> Answer<'v> {
        if question.fuel == 0 {
            return Answer::Maybe(Doubt::Said(format!(
                "{} imports too many value sets",
                self.title
            )));
        }
        question.fuel -= 1;
        if self.has_no_content() {
            return Answer::Maybe(Doubt::Said(format!(
                "the content of the value set {} is not at hand",
                self.title
            )));
        }
        if let Some(supplement) = &self.missing_supplement {
            return Answer::Maybe(Doubt::Said(format!(
                "it needs the supplement {supplement}, which is not at hand"
            )));
        }
        let answer = match any(&self.includes, question) {
            Answer::Maybe(_) if self.is_in_expansion(question.code) => Answer::Yes,
            Answer::No if self.includes.is_empty() && self.is_in_expansion(question.code) => {
                Answer::Yes
            }
            Answer::Yes => self.unless_excluded(question),
            Answer::Maybe(doubt) => match any(&self.excludes, question) {
                Answer::Yes => Answer::No,
                Answer::No | Answer::Maybe(_) => Answer::Maybe(doubt),
            },
            Answer::No => Answer::No,
        };
        match (answer, self.inactive) {
            (Answer::Yes, Inactive::LeftOut) if self.is_inactive(question) => Answer::No,
            (answer, Inactive::LeftOut | Inactive::Included) => answer,
        }
    }

    fn has_no_content(&self) -> bool {
        self.includes.is_empty() && self.expansion.is_none()
    }

    /// A compose that can be decided counts before an expansion, which is but a picture of it at one time.
    fn is_in_expansion(&self, code: &CodeRef<'_>) -> bool {
        self.expansion
            .as_ref()
            .is_some_and(|codes| codes.holds(code))
    }

    fn unless_excluded<'v>(&'v self, question: &mut Question<'_>) -> Answer<'v> {
        match any(&self.excludes, question) {
            Answer::Yes => Answer::No,
            Answer::No => Answer::Yes,
            Answer::Maybe(doubt) => Answer::Maybe(doubt),
        }
    }

    /// Whether the code's system calls it inactive.
    fn is_inactive(&self, question: &mut Question<'_>) -> bool {
        let code = question.code;
        let Some(system) = code.system.or_else(|| self.system_of(question)) else {
            return false;
        };
        let system = question.packaged.system(system, code.version);
        match system.find(code.code) {
            Found::Concept(concept) | Found::Elsewhere(concept) => {
                concept.status() == Status::Inactive
            }
            Found::BuiltIn(_) | Found::No(_) | Found::Open(_) => false,
        }
    }

    /// The system of the first part that takes a plain code.
    pub(super) fn system_of<'v>(&'v self, question: &mut Question<'_>) -> Option<&'v str> {
        for part in &self.includes {
            if !matches!(part.ask(question), Answer::Yes) {
                continue;
            }
            let imported = || {
                let sets = part
                    .imports
                    .iter()
                    .filter_map(|import| import.as_ref().ok());
                sets.filter_map(|set| set.system_of(question)).next()
            };
            return part.system.as_deref().or_else(imported);
        }
        let expansion = self.expansion.as_ref()?;
        expansion.system_of(question.code.code)
    }
}

/// Whether one of the parts takes the code.
fn any<'v>(parts: &'v [Part], question: &mut Question<'_>) -> Answer<'v> {
    let mut answer = Answer::No;
    for part in parts {
        match part.ask(question) {
            Answer::Yes => return Answer::Yes,
            Answer::Maybe(doubt) => answer = Answer::Maybe(doubt),
            Answer::No => {}
        }
    }
    answer
}

impl Part {
    pub(super) fn new(
        system: Option<&str>,
        version: Option<&str>,
        choice: Choice,
        imports: Vec<Import>,
    ) -> Self {
        Self {
            system: system.map(Into::into),
            version: version.map(Into::into),
            choice,
            imports,
            handle: OnceLock::new(),
        }
    }

    /// The code system, looked up at the first question that needs it.
    pub(super) fn handle(&self, packaged: &Packaged) -> Option<&System> {
        let url = self.system.as_deref()?;
        let resolve = || packaged.system(url, self.version.as_deref());
        Some(self.handle.get_or_init(resolve))
    }

    fn ask<'v>(&'v self, question: &mut Question<'_>) -> Answer<'v> {
        if !self.is_about(question.code) || (self.system.is_none() && self.imports.is_empty()) {
            return Answer::No;
        }
        let mut answer = self.chosen(question);
        for import in &self.imports {
            if matches!(answer, Answer::No) {
                return Answer::No;
            }
            let imported = match import {
                Ok(set) => set.ask(question),
                Err(why) => Answer::Maybe(Doubt::Said(why.clone())),
            };
            answer = match (answer, imported) {
                (Answer::No, _) | (_, Answer::No) => Answer::No,
                (Answer::Yes, Answer::Yes) => Answer::Yes,
                (Answer::Maybe(doubt), _) | (_, Answer::Maybe(doubt)) => Answer::Maybe(doubt),
            };
        }
        answer
    }

    /// Whether the code's system (and version, where both name one) are this part's.
    fn is_about(&self, code: &CodeRef<'_>) -> bool {
        let (Some(ours), Some(theirs)) = (self.system.as_deref(), code.system) else {
            return true;
        };
        let same_version = match (self.version.as_deref(), code.version) {
            (Some(ours), Some(theirs)) => versions_fit(ours, theirs),
            (Some(_) | None, None) | (None, Some(_)) => true,
        };
        ours == theirs && same_version
    }

    fn chosen<'v>(&'v self, question: &Question<'_>) -> Answer<'v> {
        let code = question.code.code;
        if let Choice::Listed(listed) = &self.choice {
            return self.listed(listed, code, question);
        }
        let Some(system) = self.handle(question.packaged) else {
            return Answer::Yes;
        };
        let filters: &[Filter] = match &self.choice {
            Choice::Filtered(filters) => filters,
            Choice::Whole | Choice::Listed(_) | Choice::LeftOut(_) => &[],
        };
        if let Choice::LeftOut(_) = &self.choice {
            // No list and no filter takes a code that cannot exist.
            return match system.find(code) {
                Found::No(_) => Answer::No,
                Found::Concept(_) | Found::Elsewhere(_) | Found::BuiltIn(_) | Found::Open(_) => {
                    Answer::Maybe(Doubt::LeftOut(system))
                }
            };
        }
        match system.find(code) {
            Found::No(_) => Answer::No,
            Found::Concept(concept) => match filter::test_concept(filters, concept) {
                // Whoever has but a part of the system does not see all that stands above a code.
                Answer::No if !system.is_whole() => Answer::Maybe(Doubt::System(system)),
                answer @ (Answer::Yes | Answer::No | Answer::Maybe(_)) => answer,
            },
            // Code systems keep a code's meaning from version to version, so a code of one is taken for one of another.
            Found::Elsewhere(concept) => match filter::test_concept(filters, concept) {
                Answer::No => Answer::Maybe(Doubt::System(system)),
                answer @ (Answer::Yes | Answer::Maybe(_)) => answer,
            },
            Found::BuiltIn(_) => filter::test_built_in(filters, system, code),
            Found::Open(doubt) => filter::test_code(filters, code, doubt),
        }
    }

    /// Case counts in a list as it does in the system.
    fn listed<'v>(&'v self, listed: &Listed, code: &str, question: &Question<'_>) -> Answer<'v> {
        if listed.holds(code) {
            return Answer::Yes;
        }
        let folds = || {
            let system = self.handle(question.packaged)?;
            Some(system.ignores_case() && listed.holds_in_any_case(code))
        };
        match folds() {
            Some(true) => Answer::Yes,
            Some(false) | None => Answer::No,
        }
    }
}

/// `2.1` takes `2.1.3`, and the other way round.
fn versions_fit(left: &str, right: &str) -> bool {
    let starts = |long: &str, short: &str| {
        let rest = long.strip_prefix(short);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    starts(left, right) || starts(right, left)
}

impl Expanded {
    fn holds(&self, code: &CodeRef<'_>) -> bool {
        self.systems.iter().any(|(system, codes)| {
            code.system.is_none_or(|wanted| wanted == &**system) && codes.holds(code.code)
        })
    }

    fn system_of(&self, code: &str) -> Option<&str> {
        let mut systems = self.systems.iter();
        systems.find_map(|(system, codes)| codes.holds(code).then_some(&**system))
    }
}
