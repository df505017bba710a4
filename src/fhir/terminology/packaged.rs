//! Terminology from packages, tables and grammars: everything that can be told without asking anybody.

use super::built_in::built_in;
use super::code_system::{CodeSystem, Content};
use super::compile::{self, Trail};
use super::system::{Doubt, Found, System};
use super::value_set::{Answer, FUEL, Question, ValueSet};
use super::{CodeRef, CodeStanding, Known, Membership, Terminology, displays, words};
use crate::fhir::definitions::{Canonical, Definitions};
use crate::fhir::tree::{Element, Resource};
use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

/// Answers from definitions. What was compiled once is kept; one instance serves many threads.
pub struct Packaged {
    definitions: Arc<Definitions>,
    systems: RwLock<HashMap<String, Arc<System>>>,
    value_sets: RwLock<HashMap<String, Option<Arc<ValueSet>>>>,
    pub(super) supplements: OnceLock<HashMap<Box<str>, Vec<Arc<CodeSystem>>>>,
}

impl Packaged {
    /// Terminology over definitions; nothing is read before it is asked.
    pub fn new(definitions: Arc<Definitions>) -> Self {
        Self {
            definitions,
            systems: RwLock::default(),
            value_sets: RwLock::default(),
            supplements: OnceLock::new(),
        }
    }

    /// The definitions that it answers from.
    pub fn definitions(&self) -> &Definitions {
        &self.definitions
    }

    /// The compiled value set of a canonical address; `None` where it is not at hand.
    pub fn value_set(&self, canonical: &str) -> Option<Arc<ValueSet>> {
        self.value_set_within(canonical, &mut vec![canonical.to_owned()])
    }

    /// A value set that is no definition of its own, such as a contained one; `None` where the element is something else.
    pub fn compile(&self, element: Element<'_>) -> Option<ValueSet> {
        compile::value_set(self, element, &mut Trail::new())
    }

    /// Whether a code belongs to a compiled value set.
    pub fn member_of(&self, code: &CodeRef<'_>, value_set: &ValueSet) -> Membership {
        let mut question = self.question(code);
        match value_set.ask(&mut question) {
            Answer::Yes => Membership::Member,
            Answer::No => Membership::NotMember(words::not_in(self, code, value_set)),
            Answer::Maybe(doubt) => {
                Membership::Undecided(words::undecided(code, value_set, &doubt))
            }
        }
    }

    /// The code system of a plain code, from the part of the value set that takes it.
    pub fn system_of(&self, code: &str, value_set: &ValueSet) -> Option<String> {
        let code = CodeRef {
            code,
            ..CodeRef::default()
        };
        let mut question = self.question(&code);
        value_set.system_of(&mut question).map(str::to_owned)
    }

    fn question<'q>(&'q self, code: &'q CodeRef<'q>) -> Question<'q> {
        Question {
            packaged: self,
            code,
            fuel: FUEL,
        }
    }

    pub(super) fn value_set_within(
        &self,
        canonical: &str,
        trail: &mut Trail,
    ) -> Option<Arc<ValueSet>> {
        let known = self
            .value_sets
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get(canonical) {
            return known.clone();
        }
        drop(known);
        let compiled = match self.resource(canonical, "ValueSet") {
            Some(resource) => compile::value_set(self, resource.root(), trail),
            None => compile::implicit(canonical),
        };
        let compiled = compiled.map(Arc::new);
        let mut known = self
            .value_sets
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        known
            .entry(canonical.to_owned())
            .or_insert(compiled)
            .clone()
    }

    /// A code system of a version; one that nobody knows is a system, too, and says so when it is asked.
    pub(super) fn system(&self, url: &str, version: Option<&str>) -> Arc<System> {
        let key = match version {
            Some(version) => format!("{url}|{version}"),
            None => url.to_owned(),
        };
        let known = self.systems.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get(&key) {
            return known.clone();
        }
        drop(known);
        let read = Arc::new(self.read_system(url, version, &key));
        let mut known = self.systems.write().unwrap_or_else(PoisonError::into_inner);
        known.entry(key).or_insert(read).clone()
    }

    fn read_system(&self, url: &str, version: Option<&str>, key: &str) -> System {
        let read = |canonical: &str| {
            let resource = self.resource(canonical, "CodeSystem")?;
            CodeSystem::read(&resource).filter(|system| system.content() != Content::Supplement)
        };
        let packaged = read(key);
        let other = match (&packaged, version) {
            (None, Some(_)) => read(url),
            (Some(_), _) | (None, None) => None,
        };
        System {
            url: url.into(),
            packaged,
            built_in: built_in(url),
            other_version: other.and_then(|other| other.version().map(Into::into)),
            asked_version: version.map(Into::into),
        }
    }

    /// A definition of a kind: two kinds may share an address, and then the libraries are asked one by one.
    pub(super) fn resource(&self, canonical: &str, kind: &str) -> Option<Arc<Resource>> {
        let is_kind = |found: &Arc<Resource>| found.type_name() == Some(kind);
        let found = self.definitions.find(canonical)?;
        if is_kind(&found) {
            return Some(found);
        }
        let wanted = Canonical::of(canonical);
        let libraries = self.definitions.libraries().iter().rev();
        libraries
            .filter_map(|library| library.find(wanted.url, wanted.version))
            .find(is_kind)
    }
}

impl Terminology for Packaged {
    fn member(&self, code: &CodeRef<'_>, value_set: &str) -> Membership {
        match self.value_set(value_set) {
            Some(compiled) => self.member_of(code, &compiled),
            None => Membership::Undecided(format!("the value set {value_set} is not at hand")),
        }
    }

    fn standing(&self, code: &CodeRef<'_>) -> CodeStanding {
        let Some(url) = code.system else {
            return CodeStanding::Undecided(format!(
                "`{}` has no code system, and so no meaning",
                code.code
            ));
        };
        let system = self.system(url, code.version);
        match system.find(code.code) {
            Found::Concept(concept) => CodeStanding::Known(displays::known(self, concept, code)),
            Found::BuiltIn(display) => CodeStanding::Known(Known {
                display,
                ..Known::default()
            }),
            Found::No(why) => CodeStanding::Unknown(format!("`{}` is unknown: {why}", code.code)),
            Found::Open(doubt @ (Doubt::System(_) | Doubt::Said(_))) => CodeStanding::Undecided(
                format!("whether `{}` exists cannot be told: {doubt}", code.code),
            ),
        }
    }

    fn subsumes(&self, system: &str, above: &str, below: &str) -> Option<bool> {
        if above == below {
            return Some(true);
        }
        let system = self.system(system, None);
        let packaged = system.packaged.as_ref()?;
        let (Some(above), Some(_)) = (packaged.concept(above), packaged.concept(below)) else {
            return None;
        };
        Some(above.is_above(below))
            .filter(|known| *known || packaged.content() == Content::Complete)
    }

    fn knows_value_set(&self, value_set: &str) -> bool {
        self.value_set(value_set).is_some()
    }
}
