//! Structural validation of a resource: names, JSON kinds, cardinalities, primitive grammars, required codes, and the
//! few invariants that a record server lives by.

use super::json::Json;
use super::narrative;
use super::primitive;
use super::problem::{Issue, Problem};
use super::shapes::{Element, Shape, is_resource, shape};

mod invariants;

/// A body with more faults than this is not described any further.
const MAX_ISSUES: usize = 40;

/// Every fault of a resource; none when it is sound.
pub fn faults(resource: &Json) -> Vec<Issue> {
    let mut check = Check { issues: Vec::new() };
    check.whole(resource, "");
    check.issues
}

/// Refuses a resource with faults: 400 when its form is wrong, 422 when it is well-formed but against a rule.
///
/// # Errors
/// The faults as issues.
pub fn demand_sound(resource: &Json) -> Result<(), Problem> {
    let issues = faults(resource);
    if issues.is_empty() {
        return Ok(());
    }
    let malformed = issues
        .iter()
        .any(|issue| matches!(issue.code, "structure" | "value"));
    let mut problem = Problem::new(if malformed { 400 } else { 422 }, "invalid", "");
    problem.issues = issues;
    Err(problem)
}

struct Check {
    issues: Vec<Issue>,
}

impl Check {
    fn report(&mut self, code: &'static str, text: impl Into<String>, place: &str) {
        if self.issues.len() < MAX_ISSUES {
            self.issues.push(Issue::error(code, text, place));
        }
    }

    /// A resource that stands for itself: unlike a contained one, its local references lead inside it.
    fn whole(&mut self, resource: &Json, place: &str) {
        self.resource(resource, place);
        if !invariants::local_references_lead(resource) {
            self.report(
                "invariant",
                "ref-1: a local reference names a contained resource",
                place,
            );
        }
    }

    fn resource(&mut self, resource: &Json, place: &str) {
        if !resource.is_object() {
            return self.report("structure", "a resource is a JSON object", place);
        }
        let name = resource.resource_type();
        let Some(shape) = shape(name).filter(|_| is_resource(name)) else {
            return self.report(
                "structure",
                format!(
                    "`{}` is not a resource type of this server",
                    primitive::shortened(name)
                ),
                place,
            );
        };
        let place = if place.is_empty() { name } else { place };
        self.members(resource, shape, place);
    }

    fn members(&mut self, value: &Json, shape: &Shape, place: &str) {
        let mut known = 0;
        for (name, member) in value.members() {
            if &**name == "resourceType" && is_resource(shape.name) {
                continue;
            }
            known += 1;
            self.member(name, member, value, shape, place);
        }
        if known == 0 && !is_resource(shape.name) {
            self.report("structure", "an object is not empty", place);
        }
        self.presence(value, shape, place);
        invariants::check(shape.name, value, &mut |text| {
            self.report("invariant", text, place)
        });
    }

    fn member(&mut self, name: &str, member: &Json, parent: &Json, shape: &Shape, place: &str) {
        let bare = name.strip_prefix('_').unwrap_or(name);
        let here = format!("{place}.{bare}");
        let Some((element, kind)) = shape.element(bare) else {
            return self.report(
                "structure",
                format!(
                    "`{}` is not an element of {}",
                    primitive::shortened(name),
                    shape.name
                ),
                &here,
            );
        };
        if element.list != member.is_list() {
            let expected = if element.list {
                "a JSON array"
            } else {
                "a single value"
            };
            return self.report("structure", format!("{expected} is expected"), &here);
        }
        if element.list && member.items().is_empty() {
            return self.report("structure", "an array is not empty", &here);
        }
        if name != bare {
            return self.extras(member, kind, &here);
        }
        let aligned = parent.get(&format!("_{name}")).map_or(&[][..], Json::items);
        for (index, item) in member.items().iter().enumerate() {
            let here = if element.list {
                format!("{here}[{index}]")
            } else {
                here.clone()
            };
            self.item(item, element, kind, aligned.get(index), &here);
        }
        if *member == Json::Null {
            self.report("structure", "null is not a value", &here);
        }
    }

    fn item(
        &mut self,
        item: &Json,
        element: &Element,
        kind: &str,
        aligned: Option<&Json>,
        place: &str,
    ) {
        if *item == Json::Null && aligned.is_some_and(Json::is_object) {
            return;
        }
        if kind == "Resource" {
            return if element.name == "contained" {
                self.resource(item, place)
            } else {
                self.whole(item, place)
            };
        }
        if kind == "xhtml" {
            return self.narrative(item, place);
        }
        let Some(shape) = shape(kind) else {
            return self.primitive(item, element, kind, place);
        };
        if !item.is_object() {
            return self.report("structure", "a JSON object is expected", place);
        }
        self.members(item, shape, place);
        self.concept(item, element, kind, place);
    }

    fn primitive(&mut self, item: &Json, element: &Element, kind: &str, place: &str) {
        if let Some(text) = primitive::fault(kind, item) {
            return self.report("value", text, place);
        }
        let (Some(binding), Some(code)) = (element.binding, item.as_text()) else {
            return;
        };
        if !binding.codes.contains(&code) {
            let text = format!(
                "`{}` is not one of the codes {}",
                primitive::shortened(code),
                binding.codes.join(", ")
            );
            self.report("code-invalid", primitive::shortened_to(&text, 300), place);
        }
    }

    /// A bound CodeableConcept is sound when one of its codings of a bound system has a bound code.
    fn concept(&mut self, item: &Json, element: &Element, kind: &str, place: &str) {
        let Some(binding) = element.binding.filter(|_| kind == "CodeableConcept") else {
            return;
        };
        let of_system = |coding: &&Json| {
            coding
                .text("system")
                .is_some_and(|system| binding.systems.contains(&system))
        };
        let codings: Vec<&Json> = item.each("coding").iter().filter(of_system).collect();
        let known = |coding: &&Json| {
            coding
                .text("code")
                .is_some_and(|code| binding.codes.contains(&code))
        };
        if !codings.is_empty() && !codings.iter().any(known) {
            self.report(
                "code-invalid",
                "no coding has a code of the required value set",
                place,
            );
        }
    }

    fn narrative(&mut self, item: &Json, place: &str) {
        let Some(text) = item.as_text() else {
            return self.report("structure", "a JSON string is expected", place);
        };
        match narrative::fault(text) {
            None => {}
            Some(narrative::Fault::Malformed(text)) => self.report("value", text, place),
            Some(narrative::Fault::Active(text)) => self.report("security", text, place),
        }
    }

    /// The `_name` companion of a primitive holds its id and extensions.
    fn extras(&mut self, member: &Json, kind: &str, place: &str) {
        if shape(kind).is_some() || kind == "Resource" {
            return self.report("structure", "only a primitive has a companion", place);
        }
        let Some(element) = shape("Element") else {
            return;
        };
        for item in member.items().iter().filter(|item| **item != Json::Null) {
            if !item.is_object() {
                return self.report("structure", "a JSON object is expected", place);
            }
            self.members(item, element, place);
        }
    }

    fn presence(&mut self, value: &Json, shape: &Shape, place: &str) {
        for element in shape
            .elements
            .iter()
            .filter(|element| element.required || element.choice)
        {
            let there = |(name, _): &&(String, _)| {
                value.get(name).is_some() || value.get(&format!("_{name}")).is_some()
            };
            let count = element.names.iter().filter(there).count();
            if count == 0 && element.required {
                self.report(
                    "required",
                    format!("{}.{} is missing", shape.name, element.name),
                    place,
                );
            }
            if count > 1 {
                self.report(
                    "structure",
                    format!("{}.{} has more than one type", shape.name, element.name),
                    place,
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::fhir_r4::json::parse;

    fn status(text: &str) -> u16 {
        demand_sound(&parse(text).unwrap()).map_or_else(|problem| problem.status, |()| 200)
    }

    #[test]
    fn a_sound_resource_has_no_faults() {
        let text = r##"{"resourceType":"Patient","name":[{"given":[null,"A"],"_given":[{"extension":[{"url":"http://x","valueBoolean":true}]},null]}],
            "_birthDate":{"extension":[{"url":"http://x","valueString":"y"}]},"gender":"male","multipleBirthInteger":2,
            "contained":[{"resourceType":"Organization","id":"o","name":"O"}],"managingOrganization":{"reference":"#o"}}"##;
        assert_eq!(faults(&parse(text).unwrap()), []);
    }

    #[test]
    fn a_wrong_form_is_400() {
        for part in [
            r#""colour":"red""#,
            r#""name":{}"#,
            r#""name":[]"#,
            r#""name":[{}]"#,
            r#""active":"true""#,
            r#""birthDate":"1980-13-01""#,
            r#""gender":null"#,
            r#""name":[{"given":["A",null]}]"#,
            r#""deceasedBoolean":true,"deceasedDateTime":"2020""#,
            r#""_name":[{"id":"a"}]"#,
            r#""text":{"status":"generated","div":"<div>"}"#,
            r#""contained":[{"resourceType":"Nothing"}]"#,
            r#""gender":["male"]"#,
            r#""multipleBirthInteger":1.5"#,
            r#""birthDate":19800101"#,
        ] {
            assert_eq!(
                status(&format!(r#"{{"resourceType":"Patient",{part}}}"#)),
                400,
                "{part}"
            );
        }
        assert_eq!(status(r#"{"resourceType":"Nothing"}"#), 400);
        assert_eq!(status("[]"), 400);
    }

    #[test]
    fn a_broken_rule_is_422() {
        for text in [
            r#"{"resourceType":"Patient","gender":"man"}"#,
            r#"{"resourceType":"Observation","code":{"text":"x"}}"#,
            r#"{"resourceType":"Observation","status":"final"}"#,
            r#"{"resourceType":"Patient","contact":[{"gender":"male"}]}"#,
            r#"{"resourceType":"Patient","identifier":[{"period":{"start":"2021","end":"2020"}}]}"#,
            r##"{"resourceType":"Patient","managingOrganization":{"reference":"#nowhere"}}"##,
            r#"{"resourceType":"Condition","subject":{"reference":"Patient/1"},"clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"nope"}]}}"#,
            r#"{"resourceType":"Patient","text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><script>x()</script></div>"}}"#,
        ] {
            assert_eq!(status(text), 422, "{text}");
        }
    }
}
