//! Validation of a resource against its base definition and profiles.

mod binding;
mod constrain;
mod decide;
mod errata;
mod extension;
mod form;
mod invariant;
mod issue;
mod limits;
mod moment;
mod must_support;
pub mod outcome;
mod primitive;
mod profiles;
mod reference;
mod rules;
mod run;
mod services;
mod shape;
mod slicing;
mod suggest;
#[cfg(test)]
mod tests;
mod text;
mod value;
mod walk;
mod whole;

pub use issue::{Grade, Issue, IssueKind, Weight};
pub use must_support::{MustSupport, MustSupports};

use super::definitions::{Definitions, Version};
use super::fhirpath::{Casts, Nothing, Variables};
use super::terminology::Terminology;
use super::tree::{Element, Format, Reading, Resource};
use binding::{Memory, Standing};
use run::Run;
use services::Answers;
use shape::{ShapeId, Shapes};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Validates resources; compiled profiles are kept, so one validator serves many resources and threads.
pub struct Validator {
    terminology: Arc<dyn Terminology>,
    options: Options,
    resolver: Option<Arc<dyn Resolver>>,
    shapes: Shapes,
    extension_shape: ShapeId,
    standings: Memory<Standing>,
    other_versions: Option<Arc<OtherVersions>>,
}

/// How to validate. The default suits a stranger's resource: nothing is fetched, everything is looked at.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Invariants that are only advice (best practice) count as warnings; otherwise they are not asked.
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
    /// What an extension without a definition at hand is.
    pub unknown_extensions: UnknownExtensions,
    /// A display that is none of its code's own is a warning, and not an error.
    pub wrong_displays_are_warnings: bool,
    /// The type that the address of a reference names (`Patient/1`) is not held against the definition, unless the
    /// reference leads to something.
    pub ignore_types_in_addresses: bool,
    /// Contained resources are not looked at.
    pub skip_contained: bool,
    /// What references lead to outside of the resource is held against the profiles that the definition names.
    pub follow_references: bool,
    /// Whether a reference that must lead into the same Bundle is at fault outside of any Bundle, too; `None` leaves it
    /// to the release.
    pub aggregation_outside_bundles: Option<bool>,
    /// The moment that `now()` tells, such as `2026-11-24T10:00:00.000Z`; invariants that ask for it are undecided
    /// without one.
    pub clock: Option<String>,
}

/// What an extension is whose definition is not at hand. A modifier extension is refused in any case: without its
/// definition nobody knows what the element means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UnknownExtensions {
    /// Undecided: FHIR lets anybody add extensions.
    #[default]
    Undecided,
    /// An error.
    Refused,
}

/// Definitions of another release, for extensions that carry its elements.
pub type OtherVersions = dyn Fn(Version) -> Option<Arc<Definitions>> + Send + Sync;

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
        let shapes = Shapes::new(definitions);
        Self {
            extension_shape: shapes.id_of_type("Extension"),
            shapes,
            terminology,
            options,
            resolver: None,
            standings: Memory::default(),
            other_versions: None,
        }
    }

    /// The same with definitions of other releases, for extensions that carry their elements.
    #[must_use]
    pub fn with_other_versions(self, find: Arc<OtherVersions>) -> Self {
        Self {
            other_versions: Some(find),
            ..self
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

    /// The definitions that it holds resources against.
    pub fn definitions(&self) -> &Definitions {
        self.shapes.definitions()
    }

    /// Everything that is wrong, doubtful or undecided about a resource: against its base, what `meta.profile` claims,
    /// and these profiles. In document order.
    pub fn validate(&self, resource: &Resource, profiles: &[&str]) -> Vec<Issue> {
        let answers = Answers::new(self);
        let variables = self.variables(&answers);
        let mut run = Run::new(self, resource, &answers, &variables);
        run.form();
        run.any_resource(resource.root());
        for profile in profiles {
            run.given_profile(resource.root(), profile);
        }
        run.finish()
    }

    /// What invariants are evaluated with. Constraints that R4 itself publishes cast many items at once, and those of
    /// STU3 compare with nothing.
    fn variables<'a>(&'a self, answers: &'a Answers<'a>) -> Variables<'a> {
        let variables = Variables::new()
            .with_types(self.definitions())
            .with_casts(Casts::EachItem)
            .with_nothing(match self.definitions().version() {
                Version::Stu3 => Nothing::Compared,
                Version::R4 | Version::R4B | Version::R5 => Nothing::Open,
            })
            .with_services(answers);
        let clock = self.options.clock.as_deref();
        let with_clock = clock.and_then(|instant| variables.clone().with_clock(instant));
        with_clock.unwrap_or(variables)
    }

    fn other_version(&self, version: Version) -> Option<Arc<Definitions>> {
        self.other_versions.as_ref().and_then(|find| find(version))
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
