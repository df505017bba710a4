//! The literal references of a resource.

use crate::serve::fhir_r4::json::Json;

/// Calls back with `Type/id` of every relative literal reference in a resource; a version in it is left out.
pub fn each_reference(resource: Option<&Json>, found: &mut dyn FnMut(&str)) {
    let Some(resource) = resource else { return };
    for (name, member) in resource.members() {
        if &**name == "reference" {
            member
                .as_text()
                .and_then(relative)
                .into_iter()
                .for_each(&mut *found);
        }
        for item in member.items() {
            each_reference(Some(item), found);
        }
    }
}

/// The `Type/id` of a relative reference; nothing for any other.
fn relative(reference: &str) -> Option<&str> {
    let without_version = reference.split("/_history/").next()?;
    let (kind, id) = without_version.split_once('/')?;
    (kind.starts_with(|first: char| first.is_ascii_uppercase()) && !id.contains('/'))
        .then_some(without_version)
}
