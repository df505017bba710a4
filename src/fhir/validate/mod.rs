//! Validation of a resource against its base definition and profiles.

mod binding;
mod decide;
mod form;
mod invariant;
mod issue;
mod moment;
mod primitive;
mod rules;
mod run;
mod services;
mod shape;
mod slicing;
mod stubs;
mod suggest;
mod walk;

pub use issue::{Grade, Issue, IssueKind, Weight};

use super::definitions::Definitions;
use super::terminology::Terminology;
use super::tree::{Element, Format, Kind, Reading, Resource};
use run::Run;
use services::Answers;
use shape::{ShapeId, Shapes};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Validates resources; compiled profiles are kept, so one validator serves many resources and threads.
pub struct Validator {
    definitions: Arc<Definitions>,
    terminology: Arc<dyn Terminology>,
    options: Options,
    resolver: Option<Arc<dyn Resolver>>,
    shapes: Shapes,
    extension_shape: ShapeId,
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
        let shapes = Shapes::new(definitions.clone());
        Self {
            extension_shape: shapes.id_of_type("Extension"),
            shapes,
            definitions,
            terminology,
            options,
            resolver: None,
        }
    }

    /// The same validator, which may ask for other resources.
    pub fn with_resolver(self, resolver: Arc<dyn Resolver>) -> Self {
        Self {
            resolver: Some(resolver),
            ..self
        }
    }

    /// Reads a body in either format, as far as it can be read, and validates it.
    pub fn validate_bytes(&self, body: &[u8], profiles: &[&str]) -> Report {
        let reading = match Format::of(body) {
            Format::Xml => Resource::read_xml(body),
            Format::Json => Resource::read_json(body),
        };
        match reading {
            Reading::Read(resource) => Report {
                resource: name_of(&resource),
                issues: self.validate(&resource, profiles),
            },
            Reading::Refused { error, issues } => {
                let noted = issues.iter().map(form::issue_of);
                Report {
                    resource: None,
                    issues: noted.chain([Issue::unreadable(&error)]).collect(),
                }
            }
        }
    }

    /// Everything that is wrong, doubtful or undecided about a resource: against its base, what `meta.profile` claims,
    /// and these profiles. In document order.
    pub fn validate(&self, resource: &Resource, profiles: &[&str]) -> Vec<Issue> {
        let answers = Answers::new(self);
        let mut run = Run::new(self, resource, &answers);
        run.form();
        run.any_resource(resource.root());
        let _ = profiles;
        let mut issues = run.finish();
        self.rules(resource, &mut issues);
        issues
    }

    /// What single resource types demand, of every resource in the tree.
    fn rules(&self, resource: &Resource, issues: &mut Vec<Issue>) {
        let context = rules::Context {
            definitions: &self.definitions,
            terminology: &*self.terminology,
            resolver: self.resolver.as_deref(),
        };
        let known = issues.len();
        rules::apply(&context, resource.root(), issues);
        let inside = resource
            .root()
            .descendants()
            .filter(|element| element.kind() == Kind::Resource);
        for inside in inside {
            rules::apply(&context, inside, issues);
        }
        if issues.len() > known {
            issues.sort_by_key(|issue| (issue.place.line, issue.place.column));
        }
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
