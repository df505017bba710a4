//! Parts of a resource: `_summary` and `_elements`.

use crate::serve::fhir_r4::json::Json;
use crate::serve::fhir_r4::primitive::shortened;
use crate::serve::fhir_r4::problem::Problem;
use crate::serve::fhir_r4::shapes::{Element, shape};

/// How much of a resource is returned.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum View {
    /// All of it.
    #[default]
    Whole,
    /// The elements of the summary.
    Summary,
    /// The narrative, id, meta and what is mandatory.
    Text,
    /// All but the narrative.
    Data,
    /// Nothing but a count.
    Count,
    /// The named elements and what is mandatory.
    Elements(Vec<String>),
}

/// The code system of the tag that marks a part.
const TAGS: &str = "http://terminology.hl7.org/CodeSystem/v3-ObservationValue";

/// Reads `_summary` and `_elements`; where both are given, `_summary` decides.
///
/// # Errors
/// 400 for an unknown summary.
pub fn read(summary: Option<&str>, elements: Option<&str>) -> Result<View, Problem> {
    match summary.unwrap_or_default() {
        "true" => Ok(View::Summary),
        "text" => Ok(View::Text),
        "data" => Ok(View::Data),
        "count" => Ok(View::Count),
        "" | "false" => {
            let names: Vec<String> = elements
                .unwrap_or_default()
                .split(',')
                .map(str::trim)
                .filter(|name| !name.is_empty())
                .map(str::to_owned)
                .collect();
            Ok(if names.is_empty() {
                View::Whole
            } else {
                View::Elements(names)
            })
        }
        other => Err(Problem::bad_request(format!(
            "`{}` is not a summary: true, false, text, data or count",
            shortened(other)
        ))),
    }
}

/// The part of a resource that a view shows, marked as a part.
pub fn apply(view: &View, resource: &Json) -> Json {
    let keeps: &dyn Fn(&Element) -> bool = match view {
        View::Whole => return resource.clone(),
        View::Summary => &|element| element.summary || element.required,
        View::Text => &|element| element.required || element.name == "text",
        View::Data => &|element| element.name != "text",
        View::Count => &|element| element.required,
        View::Elements(names) => {
            &|element| element.required || is_named(names, resource.resource_type(), element.name)
        }
    };
    let mut part = reduced(resource, keeps);
    mark(&mut part);
    part
}

/// Adds the tag `SUBSETTED`.
pub fn mark(resource: &mut Json) {
    let tag = Json::object([
        ("system", TAGS.into()),
        ("code", "SUBSETTED".into()),
        ("display", "subsetted".into()),
    ]);
    let mut meta = resource.remove("meta").unwrap_or_else(|| Json::object([]));
    let tags: Vec<Json> = meta.each("tag").iter().cloned().chain([tag]).collect();
    meta.set("tag", Json::list(tags));
    resource.place(2, "meta", meta);
}

fn reduced(resource: &Json, keeps: &dyn Fn(&Element) -> bool) -> Json {
    let Some(shape) = shape(resource.resource_type()) else {
        return resource.clone();
    };
    let always = ["resourceType", "id", "meta", "implicitRules"];
    let kept = resource.members().iter().filter(|(name, _)| {
        let bare = name.trim_start_matches('_');
        always.contains(&bare)
            || shape
                .element(bare)
                .is_some_and(|(element, _)| keeps(element))
    });
    Json::object(kept.map(|(name, value)| (&**name, value.clone())))
}

/// A name may stand alone or behind its type, and stands for the whole element that it begins with.
fn is_named(names: &[String], resource_type: &str, element: &str) -> bool {
    names.iter().any(|name| {
        let own = name
            .strip_prefix(resource_type)
            .and_then(|rest| rest.strip_prefix('.'))
            .unwrap_or(name);
        own.split('.').next() == Some(element)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::fhir_r4::json::parse;

    #[test]
    fn each_view_keeps_its_part() {
        let text = r#"{"resourceType":"Observation","id":"a","meta":{"versionId":"1"},"text":{"status":"empty"},"status":"final","code":{"text":"c"},"note":[{"text":"n"}],"identifier":[{"value":"v"}]}"#;
        let resource = parse(text).unwrap();
        let names = |view| {
            apply(&view, &resource)
                .members()
                .iter()
                .map(|(name, _)| name.to_string())
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(
            names(View::Whole),
            "resourceType id meta text status code note identifier"
        );
        assert_eq!(names(View::Text), "resourceType id meta text status code");
        assert_eq!(
            names(View::Data),
            "resourceType id meta status code note identifier"
        );
        assert_eq!(
            names(View::Summary),
            "resourceType id meta status code identifier"
        );
        assert_eq!(
            names(View::Elements(vec!["identifier".into()])),
            "resourceType id meta status code identifier"
        );
        assert_eq!(
            names(View::Elements(vec!["Observation.note".into()])),
            "resourceType id meta status code note"
        );
        assert!(
            apply(&View::Text, &resource)
                .to_string()
                .contains("SUBSETTED")
        );
    }
}
