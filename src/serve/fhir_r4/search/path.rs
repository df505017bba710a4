//! Where the values of a search parameter stand: a path through a resource, with the type of what is found.

use crate::serve::fhir_r4::json::Json;
use crate::serve::fhir_r4::shapes::shape;

/// A path such as `name.family` or `telecom[system=phone]`.
#[derive(Clone, Debug)]
pub struct Path {
    steps: Vec<Step>,
    /// The type of the values: `HumanName`, `code`, …
    pub kind: &'static str,
    /// The code system of a bound code.
    pub system: Option<&'static str>,
    exists: bool,
}

#[derive(Clone, Debug)]
struct Step {
    name: String,
    filter: Option<(&'static str, &'static str)>,
}

/// The paths that a row of the table stands for: one for each type of a choice.
pub fn paths(resource_type: &'static str, text: &'static str) -> Vec<Path> {
    let (text, exists) = text
        .strip_suffix(".exists()")
        .map_or((text, false), |text| (text, true));
    let mut found = vec![Path {
        steps: Vec::new(),
        kind: resource_type,
        system: None,
        exists,
    }];
    for word in text.split('.') {
        found = found.iter().flat_map(|path| longer(path, word)).collect();
    }
    found
}

impl Path {
    /// The values at the path.
    pub fn values<'a>(&self, resource: &'a Json) -> Vec<&'a Json> {
        let mut found = vec![resource];
        for step in &self.steps {
            let below = found.into_iter().flat_map(|value| value.each(&step.name));
            found = below.filter(|value| step.keeps(value)).collect();
        }
        found
    }

    /// For a path that asks whether something exists: whether it does. `false` counts as not there.
    pub fn existence(&self, resource: &Json) -> Option<bool> {
        self.exists.then(|| {
            self.values(resource)
                .iter()
                .any(|value| **value != Json::Bool(false))
        })
    }
}

impl Step {
    fn keeps(&self, value: &Json) -> bool {
        self.filter
            .is_none_or(|(name, wanted)| value.text(name) == Some(wanted))
    }
}

fn longer(path: &Path, word: &'static str) -> Vec<Path> {
    let (name, filter) = word.split_once('[').map_or((word, None), |(name, filter)| {
        (name, filter.trim_end_matches(']').split_once('='))
    });
    let Some(shape) = shape(path.kind) else {
        return Vec::new();
    };
    let of_choice = shape
        .elements
        .iter()
        .find(|element| element.choice && element.name == name);
    let names = match (of_choice, shape.element(name)) {
        (Some(element), _) => element.names.clone(),
        (None, Some((_, kind))) => vec![(name.to_owned(), kind)],
        (None, None) => Vec::new(),
    };
    let one = |(name, kind): (String, &'static str)| {
        let binding = shape
            .element(&name)
            .and_then(|(element, _)| element.binding);
        let mut longer = path.clone();
        longer.steps.push(Step { name, filter });
        longer.kind = kind;
        longer.system = binding.and_then(|binding| binding.systems.first().copied());
        longer
    };
    names.into_iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::fhir_r4::json::parse;

    #[test]
    fn a_path_finds_its_values() {
        let patient = parse(r#"{"resourceType":"Patient","telecom":[{"system":"phone","value":"1"},{"system":"email","value":"2"}],"deceasedBoolean":false}"#).unwrap();
        let phone = &paths("Patient", "telecom[system=phone]")[0];
        assert_eq!(phone.values(&patient).len(), 1);
        assert_eq!(phone.kind, "ContactPoint");
        let deceased = paths("Patient", "deceased.exists()");
        assert!(
            deceased
                .iter()
                .all(|path| path.existence(&patient) == Some(false))
        );
        assert_eq!(paths("Observation", "effective").len(), 4);
        assert_eq!(
            paths("Patient", "gender")[0].system,
            Some("http://hl7.org/fhir/administrative-gender")
        );
    }
}
