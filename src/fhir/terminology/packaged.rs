//! Terminology from packages, tables and grammars: everything that can be told without asking anybody.

use super::built_in::built_in;
use super::code_system::{CodeSystem, Content};
use super::compile::{self, Trail};
use super::index::Table;
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
    /// By address, then by version.
    systems: RwLock<Table<String, Vec<Arc<System>>>>,
    value_sets: RwLock<Table<String, Option<Arc<ValueSet>>>>,
    pub(super) supplements: OnceLock<HashMap<Box<str>, Vec<Arc<CodeSystem>>>>,
}

/// How many versions of one code system are kept.
const MAX_VERSIONS: usize = 32;

/// How many systems and value sets are kept: what strangers write may name any number that do not exist.
const MAX_KEPT: usize = 20_000;

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
        if let Some(known) = self.known_value_set(canonical) {
            return known;
        }
        self.value_set_within(canonical, &mut vec![canonical.to_owned()])
    }

    fn known_value_set(&self, canonical: &str) -> Option<Option<Arc<ValueSet>>> {
        let known = self
            .value_sets
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        known.get(canonical).cloned()
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
        if let Some(known) = self.known_value_set(canonical) {
            return known;
        }
        let compiled = match self.resource(canonical, "ValueSet") {
            Some(resource) => compile::value_set(self, resource.root(), trail),
            None => compile::implicit(canonical),
        };
        let compiled = compiled.map(Arc::new);
        let mut known = self
            .value_sets
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MAX_KEPT {
            return compiled;
        }
        known
            .entry(canonical.to_owned())
            .or_insert(compiled)
            .clone()
    }

    /// A code system of a version; one that nobody knows is a system, too, and says so when it is asked.
    pub(super) fn system(&self, url: &str, version: Option<&str>) -> Arc<System> {
        // `*` is how a value set asks for any version.
        let version = version.filter(|version| *version != "*");
        let of_version = |systems: &Vec<Arc<System>>| {
            let mut systems = systems.iter();
            systems
                .find(|system| system.version.as_deref() == version)
                .cloned()
        };
        let known = self.systems.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get(url).and_then(of_version) {
            return known;
        }
        drop(known);
        let read = Arc::new(self.read_system(url, version));
        let mut known = self.systems.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MAX_KEPT && !known.contains_key(url) {
            return read;
        }
        let known = known.entry(url.to_owned()).or_default();
        if let Some(known) = of_version(known) {
            return known;
        }
        // Hostile codings may name any number of versions; what is beyond the limit is read again.
        if known.len() < MAX_VERSIONS {
            known.push(read.clone());
        }
        read
    }

    fn read_system(&self, url: &str, version: Option<&str>) -> System {
        let read = |canonical: &str| {
            let resource = self.resource(canonical, "CodeSystem")?;
            let system = CodeSystem::read(&resource)?;
            (system.content() != Content::Supplement).then(|| Arc::new(system))
        };
        let (packaged, other) = match version {
            None => (read(url), None),
            Some(version) => match read(&format!("{url}|{version}")) {
                Some(packaged) => (Some(packaged), None),
                None => (None, self.system(url, None).packaged.clone()),
            },
        };
        System {
            url: url.into(),
            version: version.map(Into::into),
            packaged,
            other,
            built_in: built_in(url),
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
            Found::Elsewhere(_) => undecided(code.code, &Doubt::System(&system)),
            Found::Open(doubt) => undecided(code.code, &doubt),
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

    fn member_of_element(&self, code: &CodeRef<'_>, value_set: Element<'_>) -> Membership {
        match self.compile(value_set) {
            Some(compiled) => self.member_of(code, &compiled),
            None => Membership::Undecided("the contained resource is no value set".to_owned()),
        }
    }

    fn knows_value_set(&self, value_set: &str) -> bool {
        self.value_set(value_set).is_some()
    }
}

fn undecided(code: &str, doubt: &Doubt<'_>) -> CodeStanding {
    CodeStanding::Undecided(format!("whether `{code}` exists cannot be told: {doubt}"))
}

impl std::fmt::Debug for Packaged {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Packaged({:?})", self.definitions)
    }
}
