//! Bundles (bundle.html, documents.html, messaging.html): addresses of entries, references among them, documents.

mod document;
mod entries;

use super::Context;
use crate::fhir::definitions::{Version, text};
use crate::fhir::tree::Element;
use crate::fhir::validate::{Issue, IssueKind};
use entries::{Entries, Entry, Target};

/// Looks at one Bundle.
pub(super) fn look(context: &Context<'_>, bundle: Element<'_>, issues: &mut Vec<Issue>) {
    let entries = Entries::of(bundle);
    for entry in &entries.list {
        full_url(context, entry, issues);
    }
    let kind = text(bundle, "type").unwrap_or_default();
    if kind == "document" {
        document::look(context, bundle, &entries, issues);
    }
    for (at, entry) in entries.list.iter().enumerate() {
        if let Some(resource) = entry.resource {
            references(&entries, at, resource, issues);
        }
    }
}

/// A RESTful address names the type and id of its resource.
fn full_url(context: &Context<'_>, entry: &Entry<'_>, issues: &mut Vec<Issue>) {
    let Some((url, resource)) = entry.full_url.zip(entry.resource) else {
        return;
    };
    let Some(base) = entries::base_of(url) else {
        return;
    };
    let kind = resource.resource_type().unwrap_or_default();
    let named = url[base.len() + 1..].split('/').next().unwrap_or_default();
    if context.definitions.structure_of_type(named).is_err() {
        return;
    }
    let Some(id) = text(resource, "id") else {
        let message =
            format!("`{url}` is the address of a resource on a server, and the resource has no id");
        issues.push(Issue::error(
            IssueKind::Value,
            "invalid",
            entry.element,
            message,
        ));
        return;
    };
    if !url.ends_with(&format!("/{kind}/{id}")) {
        let message = format!(
            "`{url}` is the address of a resource on a server, so it must end with `/{kind}/{id}`"
        );
        issues.push(Issue::error(
            IssueKind::Value,
            "invalid",
            entry.element,
            message,
        ));
    }
}

/// References that lead to several entries, or to a resource of another type than they say.
fn references(entries: &Entries<'_>, from: usize, resource: Element<'_>, issues: &mut Vec<Issue>) {
    for found in resource
        .descendants()
        .filter(|element| element.name() == "reference")
    {
        let Some((reference, holder)) = found.value().zip(found.parent()) else {
            continue;
        };
        if reference.starts_with('#') || reference.contains('?') {
            continue;
        }
        match entries.resolve(from, reference) {
            Target::One(at) => wrong_type(&entries.list[at], reference, holder, issues),
            Target::Many(_) if !reference.contains("/_history/") => {
                let message = format!("`{reference}` leads to several entries of the Bundle");
                issues.push(Issue::error(
                    IssueKind::Reference,
                    "forbidden",
                    holder,
                    message,
                ));
            }
            Target::Many(_) | Target::Elsewhere(_) | Target::None => {}
        }
    }
}

/// `Practitioner/1` that leads to an Organization.
fn wrong_type(entry: &Entry<'_>, reference: &str, holder: Element<'_>, issues: &mut Vec<Issue>) {
    let Some(kind) = entry.resource.and_then(Element::resource_type) else {
        return;
    };
    let mut parts = reference
        .split("/_history/")
        .next()
        .unwrap_or_default()
        .rsplit('/');
    let named = parts.nth(1).filter(|named| entries::looks_like_type(named));
    let said = named.or_else(|| text(holder, "type").filter(|kind| !kind.contains(':')));
    if said.is_some_and(|said| said != kind) {
        let message = format!("`{reference}` leads to a {kind}");
        issues.push(Issue::error(
            IssueKind::Reference,
            "required",
            holder,
            message,
        ));
    }
}

/// STU3 states in prose what later releases state as invariants.
fn is_stu3(context: &Context<'_>) -> bool {
    context.definitions.version() == Version::Stu3
}
