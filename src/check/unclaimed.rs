//! A resource without its claims: where only the base, or only named profiles, are asked about.
//!
//! Line and column of everything else must stay what they are, so the addresses in `meta.profile` are not cut out but made
//! unknown, letter by letter.

use crate::fhir::validate::{Issue, IssueKind};
use crate::fhir::{Element, Format, Resource};

/// Whether anything in a resource claims a profile.
pub(super) fn has_claims(resource: &Resource) -> bool {
    resource
        .root()
        .descendants()
        .any(|element| is_claim(&element))
}

/// The same resource with claims of profiles that nobody knows; `None` where one is written in a way that cannot be replaced.
pub(super) fn unclaimed(resource: &Resource) -> Option<Resource> {
    let mut text = resource.source().to_owned();
    for claim in resource.root().descendants().filter(is_claim) {
        let Some(value) = claim.value() else { continue };
        let start = offset(resource.source(), claim.value_position(0))?;
        let written = resource.source().get(start..start + value.len())?;
        if written != value {
            return None;
        }
        text.replace_range(start..start + value.len(), &unknown(value));
    }
    match resource.format() {
        Format::Json => Resource::parse_json(text.as_bytes()).ok(),
        Format::Xml => Resource::parse_xml(text.as_bytes()).ok(),
    }
}

/// Whether an issue says no more than that an unknown claim is unknown.
pub(super) fn is_about_a_claim(issue: &Issue) -> bool {
    let path = issue
        .place
        .path
        .trim_end_matches(|c: char| c.is_ascii_digit() || c == '[' || c == ']');
    issue.kind == IssueKind::Undecided && path.ends_with(".meta.profile")
}

fn is_claim(element: &Element<'_>) -> bool {
    let meta = element.parent().filter(|above| above.name() == "meta");
    let holder = meta.and_then(Element::parent);
    element.name() == "profile" && holder.is_some_and(|holder| holder.resource_type().is_some())
}

/// An address of the same length that stands for nothing.
fn unknown(address: &str) -> String {
    let scheme = address.find(':').map_or(0, |colon| colon + 1);
    let mask = |c: char| if c.is_ascii_alphanumeric() { 'x' } else { c };
    let (scheme, rest) = address.split_at(scheme);
    scheme.chars().chain(rest.chars().map(mask)).collect()
}

/// The byte of a line and column, both from 1, columns in characters.
fn offset(text: &str, (line, column): (usize, usize)) -> Option<usize> {
    let mut start = 0;
    for _ in 1..line {
        start += text.get(start..)?.find('\n')? + 1;
    }
    let rest = text.get(start..)?;
    let within = rest.char_indices().nth(column.checked_sub(1)?)?;
    Some(start + within.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(resource: &Resource) -> Vec<&str> {
        let elements = resource.root().descendants();
        let claims = elements.filter(is_claim);
        claims.filter_map(Element::value).collect()
    }

    #[test]
    fn claims_become_unknown_and_places_stay() {
        let body = "{\"resourceType\":\"Patient\",\"meta\":{\"profile\":\n[\"https://a.é/B-1\",\"urn:x\"]},\"id\":\"https://a.é/B-1\"}";
        let resource = Resource::parse_json(body.as_bytes()).unwrap();
        let other = unclaimed(&resource).unwrap();
        assert_eq!(claims(&other), ["https://x.é/x-x", "urn:x"]);
        let id = |resource: &Resource| resource.root().child("id").map(|id| id.place());
        assert_eq!(id(&resource), id(&other));
        let xml = "<Patient xmlns=\"http://hl7.org/fhir\"><meta><profile value=\"http://a/b\"/></meta></Patient>";
        let other = unclaimed(&Resource::parse_xml(xml.as_bytes()).unwrap()).unwrap();
        assert_eq!(claims(&other), ["http://x/x"]);
    }
}
