//! Expansion: the codes of a value set, as far as they can be listed.

use super::CodeRef;
use super::concept::Status;
use super::packaged::Packaged;
use super::system::System;
use super::value_set::{Answer, Choice, FUEL, Part, Question, ValueSet};
use std::collections::BTreeSet;

/// How much an expansion may hold and cost.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The most codes that are returned; more are counted.
    pub codes: usize,
    /// The most codes that are looked at.
    pub steps: usize,
}

/// A value set's codes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expansion {
    /// The codes, in the order of the value set.
    pub contains: Vec<Entry>,
    /// How many codes there are in all, where that is known.
    pub total: Option<usize>,
    /// What could not be listed: why.
    pub undecided: Vec<String>,
}

/// One code of an expansion.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// The code system.
    pub system: String,
    /// The code.
    pub code: String,
    /// Its name.
    pub display: Option<String>,
    /// Whether it may not be used any more.
    pub is_inactive: bool,
    /// Whether it only groups others.
    pub is_abstract: bool,
}

/// The codes of a value set whose code or display contains a text (case does not count; an empty text takes all).
pub fn expand(
    packaged: &Packaged,
    value_set: &ValueSet,
    filter: &str,
    limits: Limits,
) -> Expansion {
    let mut work = Work {
        packaged,
        filter: filter.to_lowercase(),
        limits,
        steps: 0,
        count: 0,
        seen: BTreeSet::new(),
        expansion: Expansion::default(),
    };
    work.set(value_set, value_set);
    let mut expansion = work.expansion;
    expansion.undecided.sort();
    expansion.undecided.dedup();
    expansion.total = expansion.undecided.is_empty().then_some(work.count);
    expansion
}

struct Work<'p> {
    packaged: &'p Packaged,
    filter: String,
    limits: Limits,
    steps: usize,
    count: usize,
    seen: BTreeSet<(String, String)>,
    expansion: Expansion,
}

impl Work<'_> {
    /// Offers all codes that parts can list; the whole value set then says which of them belong.
    fn set(&mut self, listing: &ValueSet, whole: &ValueSet) {
        for part in &listing.includes {
            self.part(part, whole);
        }
        let stands_alone = listing.includes.is_empty();
        for (system, codes) in listing.expansion.iter().flat_map(|found| &found.systems) {
            // An expansion also fills what the compose leaves open.
            if !stands_alone && self.expansion.undecided.is_empty() {
                break;
            }
            for listed in &codes.codes {
                self.offer(
                    whole,
                    Entry {
                        system: system.to_string(),
                        code: listed.code.to_string(),
                        display: listed.display.as_deref().map(str::to_owned),
                        is_inactive: listed.is_inactive,
                        is_abstract: listed.is_abstract,
                    },
                );
            }
        }
    }

    fn part(&mut self, part: &Part, whole: &ValueSet) {
        let Some(url) = part.system.as_deref() else {
            return self.imports(part, whole);
        };
        let Some(system) = part.handle(self.packaged) else {
            return;
        };
        if let Choice::Listed(listed) = &part.choice {
            for listed in &listed.codes {
                let mut entry = entry_of(system, &listed.code);
                entry.display = listed
                    .display
                    .as_deref()
                    .map(str::to_owned)
                    .or(entry.display);
                self.offer(whole, entry);
            }
            return;
        }
        if let Choice::LeftOut(count) = part.choice {
            let title = system.title();
            return self.note(format!(
                "{count} codes or filters of {title} are left out here"
            ));
        }
        self.system(url, system, whole);
    }

    /// All codes of a system, where they can be listed.
    fn system(&mut self, url: &str, system: &System, whole: &ValueSet) {
        if let Some(packaged) = system.at_hand() {
            for concept in packaged.concepts() {
                if self.is_exhausted() {
                    return;
                }
                self.offer(whole, entry_of(system, concept.code()));
            }
            if system.is_whole() {
                return;
            }
        }
        match system.built_in.and_then(|built_in| built_in.codes) {
            Some(codes) => {
                for code in codes() {
                    self.offer(whole, entry_of(system, &code));
                }
            }
            None => self.note(format!(
                "the codes of {} ({url}) cannot be listed",
                system.title()
            )),
        }
    }

    /// Codes that must be in several value sets are all in the first.
    fn imports(&mut self, part: &Part, whole: &ValueSet) {
        match part.imports.first() {
            Some(Ok(set)) if !self.is_exhausted() => {
                self.steps += 1;
                self.set(set, whole);
            }
            Some(Err(why)) => self.note(why.clone()),
            Some(Ok(_)) | None => {}
        }
    }

    fn offer(&mut self, whole: &ValueSet, entry: Entry) {
        if self.is_exhausted() {
            return;
        }
        self.steps += 1;
        let code = CodeRef {
            system: Some(&entry.system),
            code: &entry.code,
            ..CodeRef::default()
        };
        let mut question = Question {
            packaged: self.packaged,
            code: &code,
            fuel: FUEL,
        };
        match whole.ask(&mut question) {
            Answer::Yes => {}
            Answer::No => return,
            Answer::Maybe(doubt) => {
                let why = format!("`{}`: {doubt}", entry.code);
                return self.note(why);
            }
        }
        if self.fits(&entry) && self.seen.insert((entry.system.clone(), entry.code.clone())) {
            self.count += 1;
            if self.expansion.contains.len() < self.limits.codes {
                self.expansion.contains.push(entry);
            }
        }
    }

    fn fits(&self, entry: &Entry) -> bool {
        let has = |text: &str| text.to_lowercase().contains(&self.filter);
        self.filter.is_empty() || has(&entry.code) || entry.display.as_deref().is_some_and(has)
    }

    /// A million codes are enough: the rest is not looked at, and that is said.
    fn is_exhausted(&mut self) -> bool {
        let exhausted = self.steps >= self.limits.steps;
        if exhausted {
            self.note(format!("more than {} codes", self.limits.steps));
        }
        exhausted
    }

    fn note(&mut self, why: String) {
        if self.expansion.undecided.len() < 20 && !self.expansion.undecided.contains(&why) {
            self.expansion.undecided.push(why);
        }
    }
}

fn entry_of(system: &System, code: &str) -> Entry {
    let concept = system.at_hand().and_then(|known| known.concept(code));
    Entry {
        system: system.url.to_string(),
        code: concept.map_or(code, |concept| concept.code()).to_owned(),
        display: concept
            .and_then(|concept| concept.display())
            .map(str::to_owned),
        is_inactive: concept.is_some_and(|concept| concept.status() == Status::Inactive),
        is_abstract: concept.is_some_and(|concept| concept.is_abstract()),
    }
}
