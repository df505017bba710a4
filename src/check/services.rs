//! What FHIRPath asks beside the body: whether a resource conforms to a profile, whether a code is in a value set.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::Knowledge;
use super::unclaimed::{is_about_a_claim, unclaimed};
use crate::fhir::terminology::{CodeRef, Membership, Terminology};
use crate::fhir::validate::{Issue, IssueKind, Weight};
use crate::fhir::{Element, Format, Resource, Services};

/// The answers of what a run knows. References that lead out of the body lead nowhere: a check looks at one exchange.
pub(super) struct Answers<'k>(pub(super) &'k Knowledge);

impl Services for Answers<'_> {
    /// A part of a resource is no resource: that cannot be told here.
    fn conforms_to(&self, element: Element<'_>, profile: &str) -> Option<bool> {
        element.resource_type()?;
        self.0.definitions().structure(profile).ok()?;
        let resource = match element.parent() {
            None => unclaimed(element.resource)?,
            Some(_) => unclaimed(&alone(element)?)?,
        };
        let validator = self.0.validator();
        let mut issues = validator.validate(&resource, &[profile]);
        issues.retain(|issue| !is_about_a_claim(issue));
        if issues.iter().any(Issue::is_error) {
            return Some(false);
        }
        let is_open =
            |issue: &Issue| issue.kind == IssueKind::Undecided && issue.weight == Weight::Decisive;
        (!issues.iter().any(is_open)).then_some(true)
    }

    fn member_of(&self, element: Element<'_>, value_set: &str) -> Result<Option<bool>, String> {
        let terminology = self.0.terminology();
        if !terminology.knows_value_set(value_set) {
            return Ok(None);
        }
        let mut open = None;
        for code in codes(element) {
            match terminology.member(&code, value_set) {
                Membership::Member => return Ok(Some(true)),
                Membership::NotMember(_) => {}
                Membership::Undecided(why) => open = Some(why),
            }
        }
        open.map_or(Ok(Some(false)), Err)
    }

    fn resolve(&self, _: &str) -> Option<Element<'_>> {
        None
    }

    fn subsumes(&self, ancestor: Element<'_>, descendant: Element<'_>) -> Option<bool> {
        let terminology = self.0.terminology();
        let mut open = false;
        for above in codes(ancestor) {
            for below in codes(descendant).filter(|below| below.system == above.system) {
                match terminology.subsumes(above.system?, above.code, below.code) {
                    Some(true) => return Some(true),
                    Some(false) => {}
                    None => open = true,
                }
            }
        }
        (!open).then_some(false)
    }
}

/// The codes of a CodeableConcept, a Coding, or a code by itself.
fn codes<'e>(element: Element<'e>) -> impl Iterator<Item = CodeRef<'e>> {
    let plain = element.value().map(|code| CodeRef {
        code,
        ..CodeRef::default()
    });
    let own = element.child("code").is_some().then_some(element);
    let codings = element
        .children()
        .filter(|child| child.name() == "coding")
        .chain(own);
    plain.into_iter().chain(codings.filter_map(coding))
}

fn coding(element: Element<'_>) -> Option<CodeRef<'_>> {
    let text = |name: &str| element.child(name).and_then(Element::value);
    Some(CodeRef {
        system: text("system"),
        version: text("version"),
        code: text("code")?,
        display: text("display"),
    })
}

/// A resource inside another one, by itself; text by text as it was written. `None` where that cannot be cut out: in XML.
fn alone(element: Element<'_>) -> Option<Resource> {
    let whole = element.resource;
    if whole.format() == Format::Xml {
        return None;
    }
    let mut here: &RawValue = serde_json::from_str(whole.source()).ok()?;
    for step in steps(element) {
        let mut properties: BTreeMap<Cow<'_, str>, &RawValue> =
            serde_json::from_str(here.get()).ok()?;
        here = properties.remove(step.name())?;
        if let Some(index) = step.index() {
            let items: Vec<&RawValue> = serde_json::from_str(here.get()).ok()?;
            here = items.get(index)?;
        }
    }
    Resource::parse_json(here.get().as_bytes()).ok()
}

/// The way from the root, which is not one of them, to an element.
fn steps(element: Element<'_>) -> Vec<Element<'_>> {
    let upwards = std::iter::successors(Some(element), |here| here.parent());
    let mut steps: Vec<_> = upwards.collect();
    steps.pop();
    steps.reverse();
    steps
}
