//! Documents (documents.html): what the Composition names is in the Bundle, and nothing else is.

use super::entries::{Entries, Target};
use crate::fhir::definitions::{all, text};
use crate::fhir::tree::Element;
use crate::fhir::validate::rules::Context;
use crate::fhir::validate::{Issue, IssueKind};
use std::collections::{BTreeSet, VecDeque};

/// Looks at a Bundle of type `document`.
pub(super) fn look(
    context: &Context<'_>,
    bundle: Element<'_>,
    entries: &Entries<'_>,
    issues: &mut Vec<Issue>,
) {
    if super::is_stu3(context) {
        dated(bundle, issues);
    }
    let Some(composition) = entries.list.first().and_then(|entry| entry.resource) else {
        return;
    };
    if composition.resource_type() != Some("Composition") {
        let message = "the first entry of a document is its Composition";
        issues.push(Issue::error(
            IssueKind::Structure,
            "invalid",
            bundle,
            message,
        ));
        return;
    }
    for (name, reference) in named_by(composition) {
        resolves(entries, name, reference, issues);
    }
    stylesheets(bundle, entries, issues);
    reachable(bundle, entries, issues);
}

/// STU3: `meta.lastUpdated` is the date of a document.
fn dated(bundle: Element<'_>, issues: &mut Vec<Issue>) {
    let date = bundle
        .child("meta")
        .and_then(|meta| text(meta, "lastUpdated"));
    if date.is_none() {
        let message = "a document has a date, in `meta.lastUpdated`";
        issues.push(Issue::error(
            IssueKind::Cardinality,
            "required",
            bundle,
            message,
        ));
    }
}

/// The references of a Composition that a document must hold.
fn named_by<'b>(composition: Element<'b>) -> Vec<(&'static str, Element<'b>)> {
    let mut found = Vec::new();
    for name in ["subject", "encounter", "author", "custodian"] {
        found.extend(all(composition, name).map(|reference| (name, reference)));
    }
    let parties = all(composition, "attester").flat_map(|attester| all(attester, "party"));
    found.extend(parties.map(|reference| ("attester.party", reference)));
    let details = all(composition, "event").flat_map(|event| all(event, "detail"));
    found.extend(details.map(|reference| ("event.detail", reference)));
    let sections = composition
        .descendants()
        .filter(|element| element.name() == "section");
    for section in sections {
        for name in ["author", "focus", "entry"] {
            found.extend(all(section, name).map(|reference| (name, reference)));
        }
    }
    found
}

fn resolves(entries: &Entries<'_>, name: &str, holder: Element<'_>, issues: &mut Vec<Issue>) {
    let Some(reference) = text(holder, "reference").filter(|reference| !reference.starts_with('#'))
    else {
        return;
    };
    let message = match entries.resolve(0, reference) {
        Target::One(_) => return,
        Target::Many(found) => format!(
            "`{reference}` ({name}) leads to {} entries of the document",
            found.len()
        ),
        Target::Elsewhere(found) => format!(
            "`{reference}` ({name}) leads to no entry of the document: {} of that type and id has another address",
            if found.len() == 1 {
                "the one".to_owned()
            } else {
                format!("each of the {}", found.len())
            },
        ),
        Target::None => format!("`{reference}` ({name}) leads to no entry of the document"),
    };
    issues.push(Issue::error(
        IssueKind::Reference,
        "not-found",
        holder,
        message,
    ));
}

fn stylesheets(bundle: Element<'_>, entries: &Entries<'_>, issues: &mut Vec<Issue>) {
    let links = all(bundle, "link").filter(|link| text(*link, "relation") == Some("stylesheet"));
    for url in links.filter_map(|link| link.child("url")) {
        let address = url.value().unwrap_or_default();
        if !matches!(entries.resolve(0, address), Target::One(_)) && !address.starts_with("data:") {
            let message = format!("the stylesheet `{address}` is not in the document");
            issues.push(Issue::error(
                IssueKind::Reference,
                "not-found",
                url,
                message,
            ));
        }
    }
}

/// Every entry is named by the Composition, or by what it names, or names one of them.
fn reachable(bundle: Element<'_>, entries: &Entries<'_>, issues: &mut Vec<Issue>) {
    let links = links(bundle, entries);
    let mut seen = BTreeSet::from([0]);
    let mut next = VecDeque::from([0]);
    while let Some(at) = next.pop_front() {
        for other in links.get(at).into_iter().flatten() {
            if seen.insert(*other) {
                next.push_back(*other);
            }
        }
    }
    let lost = entries
        .list
        .iter()
        .enumerate()
        .filter(|(at, entry)| entry.resource.is_some() && !seen.contains(at));
    for (_, entry) in lost {
        let name = entry.full_url.unwrap_or("the entry");
        let message = format!("`{name}` is not linked with the Composition in any way");
        issues.push(Issue::error(
            IssueKind::Structure,
            "informational",
            entry.element,
            message,
        ));
    }
}

/// Which entries are linked, in both directions.
fn links(bundle: Element<'_>, entries: &Entries<'_>) -> Vec<Vec<usize>> {
    let mut links = vec![Vec::new(); entries.list.len()];
    for (from, entry) in entries.list.iter().enumerate() {
        let Some(resource) = entry.resource else {
            continue;
        };
        let named = resource
            .descendants()
            .filter(|element| is_link(*element))
            .filter_map(Element::value);
        for reference in named {
            if let Target::One(to) = entries.resolve(from, reference) {
                links[from].push(to);
                links[to].push(from);
            }
        }
    }
    let styles = all(bundle, "link").filter_map(|link| text(link, "url"));
    for url in styles {
        if let Target::One(to) = entries.resolve(0, url) {
            links[0].push(to);
        }
    }
    links
}

/// References, and addresses in values of other types.
fn is_link(element: Element<'_>) -> bool {
    matches!(
        element.name(),
        "reference" | "url" | "valueUri" | "valueUrl" | "valueCanonical" | "uri"
    )
}
