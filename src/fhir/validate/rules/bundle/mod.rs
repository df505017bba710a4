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
            references(context, &entries, at, resource, issues);
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
fn references(
    context: &Context<'_>,
    entries: &Entries<'_>,
    from: usize,
    resource: Element<'_>,
    issues: &mut Vec<Issue>,
) {
    let joins_urns = context.definitions.version() != Version::R5;
    for found in resource
        .descendants()
        .filter(|element| element.name() == "reference")
    {
        let Some((reference, holder)) = found.value().zip(found.parent()) else {
            continue;
        };
        if let Some((kind, query)) = reference.split_once('?') {
            conditional(kind, query, holder, issues);
            continue;
        }
        if reference.starts_with('#') {
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
            Target::None if joins_urns => {
                if let Some(at) = entries.by_urn(from, reference) {
                    wrong_type(&entries.list[at], reference, holder, issues);
                }
            }
            Target::Many(_) | Target::Elsewhere(_) | Target::None => {}
        }
    }
}

/// A conditional reference (http.html, "Conditional References") is a search: a type, and parameters with names and
/// values. Addresses with a query are none.
fn conditional(kind: &str, query: &str, holder: Element<'_>, issues: &mut Vec<Issue>) {
    if !entries::looks_like_type(kind) {
        return;
    }
    let is_parameter = |part: &str| {
        let Some((name, _)) = part.split_once('=') else {
            return false;
        };
        let is_part = |letter: u8| letter.is_ascii_alphanumeric() || b"_-.:%[]".contains(&letter);
        !name.is_empty() && name.bytes().all(is_part)
    };
    if !query.split('&').all(is_parameter) {
        let message = format!(
            "`{kind}?{query}` is no conditional reference: a search has the form `name=value&…`"
        );
        issues.push(Issue::error(
            IssueKind::Reference,
            "invalid",
            holder,
            message,
        ));
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

#[cfg(test)]
mod tests {
    use crate::fhir::definitions::Version;
    use crate::fhir::validate::rules::tests::issues_beside;
    use serde_json::{Value, json};

    fn errors(version: Version, bundle: &Value) -> usize {
        issues_beside(version, bundle, &[])
            .iter()
            .filter(|issue| issue.is_error())
            .count()
    }

    fn referring(version: Version, reference: &str, full_url: &str) -> usize {
        let from = json!({"fullUrl": "urn:uuid:54fc3e09-e279-4b74-a8ff-2649ec968642",
            "resource": {"resourceType": "Patient", "managingOrganization": {"reference": reference}}});
        let to = json!({"fullUrl": full_url, "resource": {"resourceType": "Organization"}});
        errors(
            version,
            &json!({"resourceType": "Bundle", "type": "collection", "entry": [from, to]}),
        )
    }

    #[test]
    fn a_reference_names_the_type_that_it_leads_to() {
        let urn = "urn:uuid:5d9588d8-3cd6-4b32-8fb7-ad13694e069d";
        let named = |kind: &str| format!("{kind}/5d9588d8-3cd6-4b32-8fb7-ad13694e069d");
        assert_eq!(referring(Version::R4, urn, urn), 0);
        assert_eq!(referring(Version::R4, &named("Organization"), urn), 0);
        assert_eq!(referring(Version::R4, &named("Practitioner"), urn), 1);
        assert_eq!(referring(Version::R5, &named("Practitioner"), urn), 0);
    }

    #[test]
    fn a_conditional_reference_is_a_search() {
        let searched = |query: &str| {
            referring(
                Version::R4,
                query,
                "urn:uuid:5d9588d8-3cd6-4b32-8fb7-ad13694e069d",
            )
        };
        assert_eq!(
            searched("Device?identifier=http://example.org|12&_tag:not=a"),
            0
        );
        assert_eq!(searched("Device?identifier=1234&?=="), 1);
        assert_eq!(searched("Device?"), 1);
        assert_eq!(searched("http://example.org/Device?x"), 0);
    }

    #[test]
    fn a_server_address_ends_with_type_and_id() {
        let addressed = |url: &str| {
            let entry = json!({"fullUrl": url, "resource": {"resourceType": "Patient", "id": "a"}});
            errors(
                Version::R4,
                &json!({"resourceType": "Bundle", "type": "collection", "entry": [entry]}),
            )
        };
        assert_eq!(addressed("http://example.org/fhir/Patient/a"), 0);
        assert_eq!(addressed("http://example.org/fhir/Patient/b"), 1);
    }
}
