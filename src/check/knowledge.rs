//! What checks know of FHIR in a run: the release, the packages at hand, terminology. Data that somebody else brought.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::fhir::definitions::{Definitions, Library, Version};
use crate::fhir::terminology::{Packaged, Terminology};
use crate::fhir::validate::{Options, Validator};

/// What is known of FHIR. Nothing is read before a check asks; what was read once serves the whole run and all its threads.
pub struct Knowledge {
    release: Version,
    libraries: Vec<Arc<dyn Library>>,
    missing: Vec<String>,
    clock: Option<String>,
    definitions: OnceLock<Arc<Definitions>>,
    terminology: OnceLock<Arc<Packaged>>,
    validators: Mutex<BTreeMap<Rules, Arc<Validator>>>,
}

/// By which rules a validator judges.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rules {
    /// The keys of constraints that do not count.
    pub(super) ignored: BTreeSet<String>,
    /// What becomes of advice.
    pub(super) advice: Advice,
}

/// What becomes of constraints that are only advice (best practice).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Advice {
    /// Nobody looks at them.
    #[default]
    Passes,
    /// Those that do not hold are warnings.
    Warns,
}

impl Knowledge {
    /// The core definitions of a release, and nothing else.
    pub fn core(release: Version) -> Self {
        Self {
            release,
            libraries: Vec::new(),
            missing: Vec::new(),
            clock: None,
            definitions: OnceLock::new(),
            terminology: OnceLock::new(),
            validators: Mutex::default(),
        }
    }

    /// The same with packages above the core, the later ones first asked.
    #[must_use]
    pub fn with_packages(self, libraries: Vec<Arc<dyn Library>>) -> Self {
        Self { libraries, ..self }
    }

    /// The same, where packages (`name#version`) that somebody asks for are not at hand.
    #[must_use]
    pub fn without(self, missing: Vec<String>) -> Self {
        Self { missing, ..self }
    }

    /// The same at a moment (`2026-11-24T10:00:00.000Z`): what invariants take for now.
    #[must_use]
    pub fn at(self, clock: impl Into<String>) -> Self {
        Self {
            clock: Some(clock.into()),
            ..self
        }
    }

    /// The release of FHIR.
    pub fn release(&self) -> Version {
        self.release
    }

    /// The packages that are asked for and not at hand.
    pub fn missing(&self) -> &[String] {
        &self.missing
    }

    /// The definitions.
    pub fn definitions(&self) -> &Arc<Definitions> {
        let make = || Arc::new(Definitions::core(self.release).with(self.libraries.clone()));
        self.definitions.get_or_init(make)
    }

    /// Answers about codes.
    pub(super) fn terminology(&self) -> &Arc<Packaged> {
        let make = || Arc::new(Packaged::new(self.definitions().clone()));
        self.terminology.get_or_init(make)
    }

    /// The validator by which nothing is left out.
    pub fn validator(&self) -> Arc<Validator> {
        self.validator_by(&Rules::default())
    }

    /// The validator of some rules: one for all who ask for the same, so that what it compiles is kept.
    pub(super) fn validator_by(&self, rules: &Rules) -> Arc<Validator> {
        let mut validators = self
            .validators
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = validators.get(rules) {
            return known.clone();
        }
        let options = Options {
            ignored_constraints: rules.ignored.clone(),
            best_practice: rules.advice == Advice::Warns,
            clock: self.clock.clone(),
            ..Options::default()
        };
        let terminology: Arc<dyn Terminology> = self.terminology().clone();
        let made = Validator::new(self.definitions().clone(), terminology, options);
        let made = Arc::new(made);
        validators.insert(rules.clone(), made.clone());
        made
    }

    /// `: the package a#1 is not at hand`; nothing where all are.
    pub(super) fn lacks(&self) -> String {
        match self.missing.as_slice() {
            [] => String::new(),
            [one] => format!("; the package {one} is not at hand"),
            many => format!("; the packages {} are not at hand", many.join(", ")),
        }
    }

    fn names(&self) -> Vec<&str> {
        self.libraries
            .iter()
            .map(|library| library.name())
            .collect()
    }
}

/// Two runs know the same where the release, the packages and the moment are the same.
impl PartialEq for Knowledge {
    fn eq(&self, other: &Self) -> bool {
        self.release == other.release
            && self.missing == other.missing
            && self.clock == other.clock
            && self.names() == other.names()
    }
}

impl Eq for Knowledge {}

impl fmt::Debug for Knowledge {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "Knowledge({}, {:?}, without {:?})",
            self.release,
            self.names(),
            self.missing
        )
    }
}
