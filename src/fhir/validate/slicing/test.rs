//! Puts the questions of a plan to a repetition.

use super::Fit;
use super::criteria::{Test, Wants, parts};
use super::route::{self, Hop};
use crate::fhir::tree::Element;
use crate::fhir::validate::run::Run;
use crate::fhir::validate::value::{Exactness, agrees};
use crate::fhir::validate::{binding, reference};

impl<'v> Run<'v> {
    /// Whether a repetition passes all tests of a slice.
    pub(super) fn fits(&mut self, element: Element<'v>, tests: &'v [Test], position: usize) -> Fit {
        let mut fit = Fit::Inside;
        for test in tests {
            match self.fits_test(element, test, position) {
                Fit::Inside => {}
                Fit::Outside => return Fit::Outside,
                Fit::Open => fit = Fit::Open,
            }
        }
        fit
    }

    fn fits_test(&mut self, element: Element<'v>, test: &'v Test, position: usize) -> Fit {
        let mut found = vec![element];
        let mut leads_nowhere = None;
        for hop in &test.route {
            if matches!(hop, Hop::Resolve) {
                let (resolved, lost) = self.resolved(&found);
                leads_nowhere = leads_nowhere.or(lost);
                found = resolved;
            } else {
                found = route::step(&found, hop);
            }
        }
        match (&test.wants, leads_nowhere) {
            (Wants::Type(codes), Some(reference)) if found.is_empty() => {
                type_in_text(reference, codes)
            }
            (_, Some(_)) if found.is_empty() => Fit::Open,
            (wants, _) => self.wants(&found, wants, position),
        }
    }

    /// What references lead to, and one of them that leads nowhere known.
    fn resolved(&mut self, from: &[Element<'v>]) -> (Vec<Element<'v>>, Option<Element<'v>>) {
        let mut found = Vec::new();
        let mut lost = None;
        for element in from {
            match self.target_of(*element) {
                Some(target) => found.push(target),
                None => lost = Some(*element),
            }
        }
        (found, lost)
    }

    fn wants(&mut self, found: &[Element<'v>], wants: &'v Wants, position: usize) -> Fit {
        let yes = |truth: bool| if truth { Fit::Inside } else { Fit::Outside };
        match wants {
            Wants::Value(given) => yes(found
                .iter()
                .any(|own| agrees(*own, given.element(), Exactness::Pattern))),
            Wants::PartOf(given, rest) => {
                let parts = parts(given, rest);
                yes(parts.iter().all(|part| {
                    found
                        .iter()
                        .any(|own| agrees(*own, *part, Exactness::Pattern))
                }))
            }
            Wants::Existence(wanted) => yes(found.is_empty() != *wanted),
            Wants::Position(wanted) => yes(position == *wanted),
            Wants::Type(codes) => yes(found.iter().any(|own| self.is_of_types(*own, codes))),
            Wants::Code(value_set) => self.any(found, |run, own| {
                binding::member_of(run.validator, own, value_set)
                    .ok()
                    .flatten()
            }),
            Wants::Profile(profiles) => self.any(found, |run, own| {
                let mut open = false;
                for (_, id) in profiles {
                    match run.conforms(own, *id) {
                        Some(true) => return Some(true),
                        Some(false) => {}
                        None => open = true,
                    }
                }
                (!open).then_some(false)
            }),
            Wants::All(all) => all_of(all.iter().map(|one| self.wants(found, one, position))),
            Wants::Below(tests) => {
                let fits = found.iter().map(|own| self.fits(*own, tests, position));
                let fits: Vec<_> = fits.collect();
                if fits.contains(&Fit::Inside) {
                    Fit::Inside
                } else if fits.contains(&Fit::Open) {
                    Fit::Open
                } else {
                    Fit::Outside
                }
            }
        }
    }

    /// Whether any element answers a question with yes.
    fn any(
        &mut self,
        found: &[Element<'v>],
        mut question: impl FnMut(&mut Self, Element<'v>) -> Option<bool>,
    ) -> Fit {
        let mut fit = Fit::Outside;
        for own in found {
            match question(self, *own) {
                Some(true) => return Fit::Inside,
                Some(false) => {}
                None => fit = Fit::Open,
            }
        }
        fit
    }

    /// The type of a resource or a choice; anything else has the type that its definition gives it.
    fn is_of_types(&self, element: Element<'v>, codes: &[Box<str>]) -> bool {
        let name = match element.resource_type() {
            Some(name) => name,
            None => match element.choice() {
                Some((_, name)) => name,
                None => return true,
            },
        };
        codes.iter().any(|code| self.is_a(name, code))
    }
}

fn all_of(fits: impl Iterator<Item = Fit>) -> Fit {
    let mut all = Fit::Inside;
    for fit in fits {
        match fit {
            Fit::Inside => {}
            Fit::Outside => return Fit::Outside,
            Fit::Open => all = Fit::Open,
        }
    }
    all
}

/// The type that a reference names in its address, where it cannot be followed.
fn type_in_text(reference: Element<'_>, codes: &[Box<str>]) -> Fit {
    match reference::type_in_address(reference) {
        Some(name) if codes.iter().any(|code| **code == *name) => Fit::Inside,
        Some(_) => Fit::Outside,
        None => Fit::Open,
    }
}
