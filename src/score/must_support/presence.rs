//! Whether a resource has an element that a profile describes, slices too as far as their discriminators are plain.

use crate::fhir::Element;
use crate::fhir::definitions::{ElementDefinition, Structure};

/// Whether an element is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    /// It is.
    Present,
    /// It is not.
    Absent,
    /// It stands in a slice that cannot be told from others here.
    Unknown,
}

/// Whether a resource has an element of its profile.
pub(super) fn present(
    resource: Element<'_>,
    structure: &Structure,
    wanted: &ElementDefinition,
) -> Presence {
    let mut here = vec![resource];
    let mut id = String::new();
    for (depth, segment) in wanted.id.split('.').enumerate() {
        if depth == 0 {
            segment.clone_into(&mut id);
            continue;
        }
        let (name, slice) = segment
            .split_once(':')
            .map_or((segment, None), |(name, slice)| (name, Some(slice)));
        let unsliced = format!("{id}.{name}");
        id = format!("{id}.{segment}");
        let below = here.iter().flat_map(|element| element.children());
        let named = below.filter(|child| has_name(*child, name));
        let Some(slice) = slice else {
            here = named.collect();
            continue;
        };
        let Some(sieve) = Sieve::of(structure, &unsliced, &id, name, slice) else {
            // Where there is nothing of the name, there is nothing of any slice of it.
            return match named.count() {
                0 => Presence::Absent,
                _ => Presence::Unknown,
            };
        };
        here = named.filter(|child| sieve.takes(*child)).collect();
    }
    match here.is_empty() {
        true => Presence::Absent,
        false => Presence::Present,
    }
}

fn has_name(element: Element<'_>, name: &str) -> bool {
    match name.strip_suffix("[x]") {
        None => element.name() == name,
        Some(base) => element.choice().is_some_and(|(own, _)| own == base),
    }
}

/// What tells the elements of a slice from others.
enum Sieve<'s> {
    /// The name on the wire, for a slice by type.
    Name(&'s str),
    /// The address of an extension.
    Extension(&'s str),
    /// What stands at each path below the element.
    Values(Vec<(Vec<&'s str>, Element<'s>)>),
}

impl<'s> Sieve<'s> {
    /// `None` where the slice cannot be told by these means.
    fn of(
        structure: &'s Structure,
        unsliced: &str,
        id: &str,
        name: &str,
        slice: &'s str,
    ) -> Option<Self> {
        let find = |id: &str| structure.snapshot.iter().find(|element| *element.id == *id);
        if name.ends_with("[x]") {
            return Some(Self::Name(slice));
        }
        let definition = find(id)?;
        if matches!(name, "extension" | "modifierExtension") {
            let profile = definition.types.first()?.profiles.first()?;
            return Some(Self::Extension(
                profile.split('|').next().unwrap_or(profile),
            ));
        }
        let slicing = find(unsliced)?.slicing.as_ref()?;
        if slice.contains('/') || slicing.discriminators.is_empty() {
            return None;
        }
        let wanted = slicing.discriminators.iter().map(|discriminator| {
            if !matches!(&*discriminator.kind, "value" | "pattern") {
                return None;
            }
            let path = &*discriminator.path;
            let (steps, below) = match path {
                "$this" => (Vec::new(), id.to_owned()),
                path if path.contains(['(', '$']) => return None,
                path => (path.split('.').collect(), format!("{id}.{path}")),
            };
            let definition = find(&below)?;
            let given = definition.fixed.as_ref().or(definition.pattern.as_ref())?;
            Some((steps, given.element()))
        });
        wanted.collect::<Option<_>>().map(Self::Values)
    }

    fn takes(&self, element: Element<'_>) -> bool {
        match self {
            Self::Name(name) => element.name() == *name,
            Self::Extension(url) => element.child("url").and_then(Element::value) == Some(url),
            Self::Values(wanted) => wanted.iter().all(|(steps, given)| {
                let at = steps.iter().fold(vec![element], |here, name| {
                    let below = here.into_iter().flat_map(Element::children);
                    below.filter(|child| child.name() == *name).collect()
                });
                at.into_iter().any(|found| holds(found, *given))
            }),
        }
    }
}

/// Whether an element has at least what a pattern gives. Depth is bounded by the pattern's tree.
fn holds(element: Element<'_>, pattern: Element<'_>) -> bool {
    if let Some(value) = pattern.value() {
        return element.value() == Some(value);
    }
    pattern.children().all(|wanted| {
        let mut same = element
            .children()
            .filter(|child| child.name() == wanted.name());
        same.any(|child| holds(child, wanted))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fhir::Resource;
    use std::sync::Arc;

    const PROFILE: &str = r#"{"resourceType": "StructureDefinition", "url": "http://test.example/p", "type": "Patient", "snapshot": {"element": [
        {"id": "Patient", "path": "Patient"},
        {"id": "Patient.birthDate", "path": "Patient.birthDate"},
        {"id": "Patient.deceased[x]", "path": "Patient.deceased[x]"},
        {"id": "Patient.name.given", "path": "Patient.name.given"},
        {"id": "Patient.extension:sex", "path": "Patient.extension", "type": [{"code": "Extension", "profile": ["http://test.example/sex|1"]}]},
        {"id": "Patient.identifier", "path": "Patient.identifier", "slicing": {"discriminator": [{"type": "value", "path": "system"}], "rules": "open"}},
        {"id": "Patient.identifier:nhs", "path": "Patient.identifier"},
        {"id": "Patient.identifier:nhs.system", "path": "Patient.identifier.system", "fixedUri": "http://nhs"},
        {"id": "Patient.identifier:nhs.value", "path": "Patient.identifier.value"},
        {"id": "Patient.telecom", "path": "Patient.telecom", "slicing": {"discriminator": [{"type": "profile", "path": "$this"}], "rules": "open"}},
        {"id": "Patient.telecom:home", "path": "Patient.telecom"}]}}"#;

    #[test]
    fn elements_and_slices_are_seen() {
        let profile = Arc::new(Resource::parse_json(PROFILE.as_bytes()).unwrap());
        let structure = Structure::read(&profile).unwrap();
        let full = r#"{"resourceType": "Patient", "birthDate": "2020", "deceasedBoolean": true, "name": [{"family": "A"}, {"given": ["B"]}],
            "extension": [{"url": "http://test.example/sex", "valueCode": "x"}], "identifier": [{"system": "http://a", "value": "1"}, {"system": "http://nhs", "value": "2"}],
            "telecom": [{}]}"#;
        let poor = r#"{"resourceType": "Patient", "name": [{"family": "A"}], "extension": [{"url": "http://other"}],
            "identifier": [{"system": "http://a", "value": "1"}, {"system": "http://nhs"}]}"#;
        let look = |body: &str| {
            let resource = Resource::parse_json(body.as_bytes()).unwrap();
            let elements = structure.snapshot.iter().skip(1);
            let found = elements
                .map(|element| (present(resource.root(), &structure, element), &*element.id));
            let of = |wanted: Presence| {
                found
                    .clone()
                    .filter(move |(presence, _)| *presence == wanted)
                    .map(|(_, id)| id.to_owned())
                    .collect::<Vec<_>>()
            };
            (of(Presence::Absent), of(Presence::Unknown))
        };
        assert_eq!(
            look(full),
            (vec![], vec!["Patient.telecom:home".to_owned()])
        );
        let absent = [
            "Patient.birthDate",
            "Patient.deceased[x]",
            "Patient.name.given",
            "Patient.extension:sex",
            "Patient.identifier:nhs.value",
            "Patient.telecom",
            "Patient.telecom:home",
        ];
        assert_eq!(look(poor), (absent.map(str::to_owned).into(), vec![]));
    }
}
