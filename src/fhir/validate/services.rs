//! What invariants ask beside their resource: other resources, profiles, terminology.

use super::Validator;
use super::run::Run;
use crate::fhir::fhirpath::Services;
use crate::fhir::tree::{Element, Resource};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// How deep profiles may ask for profiles through `conformsTo`.
const MAX_DEPTH: u32 = 8;

/// The answers for one validation. Resources that were resolved are kept as long as it lasts.
pub(super) struct Answers<'v> {
    validator: &'v Validator,
    resolved: OnceLock<Box<Link>>,
    depth: AtomicU32,
    last: Mutex<u32>,
    /// Whether a reference could not be resolved since the last question began.
    missed: AtomicBool,
}

/// A list that only grows, so that what it holds can be borrowed while it does.
struct Link {
    reference: String,
    resource: Option<Arc<Resource>>,
    next: OnceLock<Box<Link>>,
}

/// How many resources may be resolved for one resource.
const MAX_RESOLVED: u32 = 10_000;

impl<'v> Answers<'v> {
    pub(super) fn new(validator: &'v Validator) -> Self {
        Self {
            validator,
            resolved: OnceLock::new(),
            depth: AtomicU32::new(0),
            last: Mutex::new(0),
            missed: AtomicBool::new(false),
        }
    }

    /// Whether a reference could not be resolved since this was asked last.
    pub(super) fn took_a_miss(&self) -> bool {
        self.missed.swap(false, Ordering::Relaxed)
    }

    /// The resource of a reference, from the resolver; asked once.
    pub(super) fn resource(&self, reference: &str) -> Option<&Resource> {
        let resolver = self.validator.resolver.as_ref()?;
        let mut place = &self.resolved;
        while let Some(link) = place.get() {
            if link.reference == reference {
                return link.resource.as_deref();
            }
            place = &link.next;
        }
        let mut count = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if *count >= MAX_RESOLVED {
            return None;
        }
        *count += 1;
        let link = place.get_or_init(|| {
            Box::new(Link {
                reference: reference.to_owned(),
                resource: resolver.resolve(reference),
                next: OnceLock::new(),
            })
        });
        link.resource.as_deref()
    }
}

impl Services for Answers<'_> {
    fn conforms_to(&self, element: Element<'_>, profile: &str) -> Option<bool> {
        let shape = self.validator.shapes.find(profile).ok()?;
        if self.depth.fetch_add(1, Ordering::Relaxed) >= MAX_DEPTH {
            self.depth.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        let answers = Answers::new(self.validator);
        answers
            .depth
            .store(self.depth.load(Ordering::Relaxed), Ordering::Relaxed);
        let variables = self.validator.variables(&answers);
        let mut run = Run::new(self.validator, element.resource, &answers, &variables);
        let tally = run.attempt(|run| run.hold_whole(element, shape));
        self.depth.fetch_sub(1, Ordering::Relaxed);
        match (tally.errors, tally.undecided) {
            (0, 0) => Some(true),
            (0, _) => None,
            (_, _) => Some(false),
        }
    }

    fn member_of(&self, element: Element<'_>, value_set: &str) -> Result<Option<bool>, String> {
        super::binding::member_of(self.validator, element, value_set)
    }

    fn resolve(&self, reference: &str) -> Option<Element<'_>> {
        let found = self.resource(reference);
        if found.is_none() {
            self.missed.store(true, Ordering::Relaxed);
        }
        found.map(Resource::root)
    }
}
