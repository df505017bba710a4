//! What is asked of a resource as a whole: its contained resources, its id, and the rules of its type.

use super::reference::address_of;
use super::run::Run;
use super::{IssueKind, rules};
use crate::fhir::tree::{Element, Kind};
use std::collections::BTreeSet;

impl<'v> Run<'v> {
    /// The rules of a resource's type, and that what it contains is used.
    pub(super) fn whole_resource(&mut self, resource: Element<'v>) {
        let skips = self.validator.options.skip_contained;
        if !skips && resource.child("contained").is_some() {
            self.contained_resources(resource);
        }
        if self.trial.is_none() {
            self.rules(resource);
        }
    }

    fn rules(&mut self, resource: Element<'v>) {
        let mut issues = Vec::new();
        let context = rules::Context {
            definitions: self.shapes().definitions(),
            terminology: &*self.validator.terminology,
            resolver: self.validator.resolver.as_deref(),
        };
        rules::apply(&context, resource, &mut issues);
        for issue in issues {
            self.adopt(issue);
        }
    }

    /// Each has an id of its own (within 64 characters, as all ids), and is referred to (`dom-3`).
    fn contained_resources(&mut self, resource: Element<'v>) {
        let used = used_fragments(resource);
        let mut ids = BTreeSet::new();
        let contained = resource
            .children()
            .filter(|child| child.name() == "contained");
        for inner in contained.filter(|inner| inner.kind() == Kind::Resource) {
            let Some(id) = inner.child("id").and_then(Element::value) else {
                self.error(IssueKind::Structure, "invalid", inner, || {
                    "a contained resource needs an id".to_owned()
                });
                self.unused(inner, "");
                continue;
            };
            if !ids.insert(id) {
                self.error(IssueKind::Structure, "business-rule", inner, || {
                    format!("another contained resource has the id `{id}` already")
                });
            }
            if !used.contains(id) && !refers_to_container(inner) && !in_narrative(resource, id) {
                self.unused(inner, id);
            }
        }
    }

    fn unused(&mut self, inner: Element<'v>, id: &str) {
        if self.validator.options.ignored_constraints.contains("dom-3") {
            return;
        }
        let issue = self.error(IssueKind::Invariant, "invariant", inner, || {
            format!("nothing refers to the contained resource `{id}`, nor does it refer to what contains it")
        });
        if let Some(issue) = issue {
            issue.constraint = Some("dom-3".to_owned());
        }
    }
}

/// All ids that references and addresses anywhere in a resource name as `#id`.
fn used_fragments(resource: Element<'_>) -> BTreeSet<&str> {
    let values = resource.descendants().filter_map(Element::value);
    values.filter_map(|value| value.strip_prefix('#')).collect()
}

/// Narrative may show a contained image or lead to a contained resource.
fn in_narrative(resource: Element<'_>, id: &str) -> bool {
    let divs = resource
        .descendants()
        .filter(|element| element.name() == "div");
    let mut texts = divs.filter_map(Element::value);
    texts.any(|text| {
        let mut links = text.split("=\"#").chain(text.split("='#")).skip(1);
        links.any(|rest| {
            rest.strip_prefix(id)
                .is_some_and(|rest| rest.starts_with(['"', '\'']))
        })
    })
}

fn refers_to_container(inner: Element<'_>) -> bool {
    let mut all = inner.descendants();
    all.any(|element| element.name() == "reference" && address_of(element) == Some("#"))
}
