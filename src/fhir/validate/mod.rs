//! Validation of a resource against its base definition and profiles.

mod issue;
mod rules;

pub use issue::{Grade, Issue, IssueKind, Weight};

use super::definitions::Definitions;
use super::terminology::Terminology;
use super::tree::{Element, Resource};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Validates resources; compiled profiles are kept, so one validator serves many resources and threads.
pub struct Validator {
    definitions: Arc<Definitions>,
    terminology: Arc<dyn Terminology>,
    options: Options,
    resolver: Arc<dyn Resolver>,
}

/// How to validate. The default suits a stranger's resource: nothing is fetched, everything is looked at.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Invariants that are only advice (best practice) count as warnings, and not as hints.
    pub best_practice: bool,
    /// Addresses such as `http://example.org/…` are allowed.
    pub allow_examples: bool,
    /// References inside a Bundle or to a given resource must lead somewhere.
    pub check_references: bool,
    /// Comments in JSON are allowed.
    pub allow_comments: bool,
    /// Texts that look like HTML are errors.
    pub security_checks: bool,
    /// Constraint keys whose breach does not count.
    pub ignored_constraints: BTreeSet<String>,
}

/// What validation may ask the world: other resources. The engine itself never fetches.
pub trait Resolver: Send + Sync {
    /// The resource that a reference leads to; `None` where that is not known.
    fn resolve(&self, reference: &str) -> Option<Arc<Resource>>;
}

/// Resolves nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoResolver;

impl Resolver for NoResolver {
    fn resolve(&self, _: &str) -> Option<Arc<Resource>> {
        None
    }
}

/// What validation says of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Type and id, such as `Patient/1`; `None` where the body names no type.
    pub resource: Option<String>,
    /// In document order.
    pub issues: Vec<Issue>,
}

impl Validator {
    /// A validator over definitions and terminology.
    pub fn new(
        definitions: Arc<Definitions>,
        terminology: Arc<dyn Terminology>,
        options: Options,
    ) -> Self {
        Self {
            definitions,
            terminology,
            options,
            resolver: Arc::new(NoResolver),
        }
    }

    /// The same validator, which may ask for other resources.
    pub fn with_resolver(self, resolver: Arc<dyn Resolver>) -> Self {
        Self { resolver, ..self }
    }

    /// Reads a body in either format and validates it; what cannot be read is an issue, too.
    pub fn validate_bytes(&self, body: &[u8], profiles: &[&str]) -> Report {
        match Resource::parse_any(body) {
            Ok(resource) => Report {
                resource: name_of(&resource),
                issues: self.validate(&resource, profiles),
            },
            Err(error) => Report {
                resource: None,
                issues: vec![Issue::unreadable(&error)],
            },
        }
    }

    /// Everything that is wrong, doubtful or undecided about a resource: against its base, what `meta.profile` claims,
    /// and these profiles. In document order.
    pub fn validate(&self, resource: &Resource, profiles: &[&str]) -> Vec<Issue> {
        let mut issues = Vec::new();
        let _ = (&self.options, profiles);
        self.rules(resource.root(), &mut issues);
        issues
    }

    fn rules(&self, element: Element<'_>, issues: &mut Vec<Issue>) {
        let context = rules::Context {
            definitions: &self.definitions,
            terminology: &*self.terminology,
            options: &self.options,
            resolver: &*self.resolver,
        };
        rules::apply(&context, element, issues);
    }
}

/// Type and id.
fn name_of(resource: &Resource) -> Option<String> {
    let kind = resource.type_name()?;
    match resource.root().child("id").and_then(Element::value) {
        Some(id) => Some(format!("{kind}/{id}")),
        None => Some(kind.to_owned()),
    }
}
