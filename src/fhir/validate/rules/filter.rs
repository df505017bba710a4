//! Filters of ValueSets (valueset.html, "Value Set Compose Rules"; codesystem-property types): values that the property
//! can have. Properties are known by the CodeSystem where that is at hand.

use super::{Context, expression_constraint};
use crate::fhir::definitions::{all, text};
use crate::fhir::terminology::{CodeRef, CodeStanding};
use crate::fhir::tree::Element;
use crate::fhir::validate::{Issue, IssueKind};

const SNOMED_CT: &str = "http://snomed.info/sct";

/// Looks at one value set.
pub(super) fn look(context: &Context<'_>, value_set: Element<'_>, issues: &mut Vec<Issue>) {
    let Some(compose) = value_set.child("compose") else {
        return;
    };
    let parts = compose
        .children()
        .filter(|part| matches!(part.name(), "include" | "exclude"));
    for part in parts {
        let Some(system) = text(part, "system") else {
            continue;
        };
        for filter in all(part, "filter") {
            if let Some(why) = fault(context, system, filter) {
                issues.push(Issue::error(IssueKind::Value, "invalid", filter, why));
            }
        }
    }
}

/// What is wrong with a filter's value.
fn fault(context: &Context<'_>, system: &str, filter: Element<'_>) -> Option<String> {
    let property = text(filter, "property")?;
    let operation = text(filter, "op")?;
    let value = text(filter, "value")?;
    match (system, operation) {
        // Whether a property is there at all is asked alike for all types.
        (_, "exists" | "regex") => None,
        (SNOMED_CT, "=") if property == "constraint" => {
            let is_wrong = !expression_constraint::is_well_formed(value);
            is_wrong.then(|| format!("`{value}` is no expression constraint of SNOMED CT"))
        }
        (SNOMED_CT, _) => None,
        (_, "in" | "not-in") => {
            let mut values = value.split(',').map(str::trim);
            values.find_map(|value| unfit(context, system, property, value))
        }
        (_, "=") => unfit(context, system, property, value),
        _ => None,
    }
}

/// A value that no code can have in this property.
fn unfit(context: &Context<'_>, system: &str, property: &str, value: &str) -> Option<String> {
    match &*type_of(context, system, property)? {
        "boolean" if !matches!(value, "true" | "false") => Some(format!(
            "the property `{property}` is true or false, and not `{value}`"
        )),
        "Coding" => coded(context, property, value),
        // Numbers and dates are also compared (`lt2`), in ways that code systems define themselves.
        _ => None,
    }
}

/// The type of a property by its code system; `None` where that is not known.
fn type_of(context: &Context<'_>, system: &str, property: &str) -> Option<String> {
    let found = context.find(system)?;
    let is_system = found.type_name() == Some("CodeSystem");
    let mut declared = all(found.root(), "property").filter(|_| is_system);
    let declared = declared.find(|declared| text(*declared, "code") == Some(property))?;
    text(declared, "type").map(str::to_owned)
}

/// `system(|version)#code`, with a code that the system has.
fn coded(context: &Context<'_>, property: &str, value: &str) -> Option<String> {
    let written = value
        .split_once('#')
        .filter(|(system, code)| system.contains(':') && !code.is_empty());
    let Some((system, code)) = written else {
        return Some(format!(
            "the property `{property}` is a Coding: its value is `system#code` or `system|version#code`, not `{value}`"
        ));
    };
    let (system, version) = match system.split_once('|') {
        Some((system, version)) => (system, Some(version)),
        None => (system, None),
    };
    let code = CodeRef {
        system: Some(system),
        version,
        code,
        display: None,
    };
    match context.terminology.standing(&code) {
        CodeStanding::Unknown(why) => Some(format!(
            "the value `{value}` of the property `{property}` is no code: {why}"
        )),
        CodeStanding::Known(_) | CodeStanding::Undecided(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::fhir::definitions::Version;
    use crate::fhir::validate::rules::tests::issues_beside;
    use serde_json::json;

    fn filtered(system: &str, property: &str, operation: &str, value: &str) -> usize {
        let systems = [
            json!({"resourceType": "CodeSystem", "url": "http://example.org/cs", "status": "active", "content": "complete",
                "property": [{"code": "kind", "type": "Coding"}, {"code": "size", "type": "integer"}, {"code": "old", "type": "boolean"}]}),
            json!({"resourceType": "CodeSystem", "url": "http://example.org/kinds", "status": "active", "content": "complete",
                "concept": [{"code": "a"}]}),
        ];
        let filter = json!({"property": property, "op": operation, "value": value});
        let value_set = json!({"resourceType": "ValueSet", "compose": {"include": [{"system": system, "filter": [filter]}]}});
        issues_beside(Version::R4, &value_set, &systems).len()
    }

    #[test]
    fn a_value_has_the_type_of_its_property() {
        let own = |property, value| filtered("http://example.org/cs", property, "=", value);
        assert_eq!(own("kind", "http://example.org/kinds#a"), 0);
        assert_eq!(own("kind", "http://example.org/kinds#b"), 1);
        assert_eq!(own("kind", "http://example.org/elsewhere#b"), 0);
        assert_eq!(own("kind", "a"), 1);
        assert_eq!((own("size", "1"), own("size", "lt2")), (0, 0));
        assert_eq!((own("old", "true"), own("old", "yes")), (0, 1));
        assert_eq!(own("unknown", "anything"), 0);
        assert_eq!(filtered("http://example.org/cs", "old", "in", "true, x"), 1);
        assert_eq!(
            filtered("http://example.org/cs", "kind", "exists", "true"),
            0
        );
    }

    #[test]
    fn expression_constraints_are_read() {
        let constraint = |value| filtered(super::SNOMED_CT, "constraint", "=", value);
        assert_eq!((constraint("<< 404684003"), constraint("1 << 2")), (0, 1));
    }
}
