//! Narrative and addresses: what their types ask beyond their formats.

use super::primitive::{Primitive, shown};
use super::run::{At, Run};
use super::{Grade, IssueKind};
use crate::fhir::narrative::{self, NarrativeIssue, NarrativeSeverity};
use crate::fhir::tree::Element;
use std::collections::BTreeSet;

impl<'v> Run<'v> {
    /// The `div` of a narrative.
    pub(super) fn narrative(&mut self, element: Element<'v>) {
        let Some(div) = element.child("div") else {
            return;
        };
        let Some(text) = div.value() else { return };
        let faults = narrative::check(text);
        for fault in &faults {
            let grade = match fault.severity() {
                NarrativeSeverity::Error => Grade::Error,
                NarrativeSeverity::Warning => Grade::Warning,
                NarrativeSeverity::Information => Grade::Information,
            };
            let issue = self.report(grade, IssueKind::Value, "invalid", div, || {
                fault.message.clone()
            });
            if let Some(issue) = issue {
                (issue.place.line, issue.place.column) = div.value_position(fault.offset);
            }
        }
        let broken: BTreeSet<&str> = faults
            .iter()
            .flat_map(NarrativeIssue::constraints)
            .copied()
            .collect();
        for key in broken {
            let issue = self.error(IssueKind::Invariant, "invariant", div, || {
                format!("the invariant `{key}` does not hold: a narrative is formatted text, and has some")
            });
            if let Some(issue) = issue {
                issue.constraint = Some(key.to_owned());
            }
        }
    }

    /// The size that an attachment states is that of its data.
    pub(super) fn attachment(&mut self, element: Element<'v>) {
        let part = |name: &str| element.child(name).and_then(Element::value);
        let (Some(size), Some(data)) = (part("size"), part("data")) else {
            return;
        };
        let digits = data
            .bytes()
            .filter(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'));
        let actual = digits.count() * 3 / 4;
        if size.parse::<usize>().is_ok_and(|stated| stated != actual) {
            self.error(IssueKind::Value, "invalid", element, || {
                format!(
                    "the attachment states {} bytes, and holds {actual}",
                    shown(size)
                )
            });
        }
    }

    /// An identifier in the system of all URIs is a URI.
    pub(super) fn identifier(&mut self, element: Element<'v>) {
        let part = |name: &str| element.child(name).and_then(Element::value);
        if part("system") != Some("urn:ietf:rfc:3986") {
            return;
        }
        if let Some(value) = part("value").filter(|value| !value.contains(':')) {
            self.error(IssueKind::Value, "invalid", element, || {
                format!(
                    "`{}` is no URI, as identifiers of `urn:ietf:rfc:3986` are",
                    shown(value)
                )
            });
        }
    }

    /// URIs beyond their format: canonical addresses are absolute, and those for examples may be unwelcome.
    pub(super) fn address(
        &mut self,
        element: Element<'v>,
        at: &At<'v>,
        primitive: Primitive,
        value: &'v str,
    ) {
        if !self.validator.options.allow_examples && self.is_example(value) {
            self.error(IssueKind::Value, "business-rule", element, || {
                format!(
                    "`{}` is an address for examples, which are not allowed here",
                    shown(value)
                )
            });
        }
        let is_canonical = primitive == Primitive::Canonical;
        if is_canonical && !value.contains(':') && !value.starts_with('#') {
            self.error(IssueKind::Value, "invalid", element, || {
                format!("`{}` is no canonical address: it must be absolute, or name a contained resource with `#`", shown(value))
            });
            return;
        }
        if is_canonical {
            self.canonical_target(element, at, value);
        }
    }

    /// What a canonical address stands for, where that is known, is of a type that the definition allows.
    fn canonical_target(&mut self, element: Element<'v>, at: &At<'v>, value: &'v str) {
        let definition = at.shape.definition(at.node);
        let targets = definition
            .types
            .iter()
            .flat_map(|declared| declared.target_profiles.iter());
        let names: Vec<&str> = targets
            .filter_map(|target| target.rsplit('/').next())
            .collect();
        // Profiles that are claimed are looked up where they are applied.
        // A questionnaire's response has a rule of its own for what it answers.
        if at.path() == "QuestionnaireResponse.questionnaire" {
            return;
        }
        if names.is_empty() || names == ["StructureDefinition"] || value.starts_with('#') {
            return;
        }
        let Some(found) = self.shapes().definitions().find(value) else {
            return;
        };
        let Some(type_name) = found.type_name() else {
            return;
        };
        if names.iter().any(|name| self.is_a(type_name, name)) {
            return;
        }
        self.error(IssueKind::Reference, "invalid", element, || {
            format!(
                "`{value}` is a {type_name}, and may be {}",
                super::suggest::list(names.iter())
            )
        });
    }
}
