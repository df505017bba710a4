//! The invariants that the server enforces: one row each.

use crate::serve::fhir_r4::json::Json;
use crate::serve::fhir_r4::moment::span;

/// A rule of a shape: its key in the standard, whether a value keeps it, and what it asks.
struct Rule {
    shape: &'static str,
    key: &'static str,
    kept: fn(&Json) -> bool,
    asks: &'static str,
}

const RULES: &[Rule] = &[
    Rule {
        shape: "Period",
        key: "per-1",
        kept: ordered,
        asks: "a period does not end before it starts",
    },
    Rule {
        shape: "Patient.contact",
        key: "pat-1",
        kept: contact_detailed,
        asks: "a contact has a name, telecom, address or organization",
    },
    Rule {
        shape: "Observation",
        key: "obs-6",
        kept: absent_without_value,
        asks: "a reason for a missing value stands only where the value is missing",
    },
    Rule {
        shape: "Quantity",
        key: "qty-3",
        kept: code_with_system,
        asks: "a unit's code has its system",
    },
    Rule {
        shape: "Extension",
        key: "ext-1",
        kept: one_content,
        asks: "an extension has either extensions or a value",
    },
    Rule {
        shape: "ContactPoint",
        key: "cpt-2",
        kept: value_with_system,
        asks: "a contact value has its system",
    },
];

/// Reports each rule of the shape that the value breaks.
pub fn check(shape: &str, value: &Json, report: &mut dyn FnMut(String)) {
    for rule in RULES
        .iter()
        .filter(|rule| rule.shape == shape && !(rule.kept)(value))
    {
        report(format!("{}: {}", rule.key, rule.asks));
    }
}

fn ordered(period: &Json) -> bool {
    let at = |name| period.text(name).and_then(span).map(|(span, _)| span);
    let (Some(start), Some(end)) = (at("start"), at("end")) else {
        return true;
    };
    start.low < end.high
}

fn contact_detailed(contact: &Json) -> bool {
    ["name", "telecom", "address", "organization"]
        .iter()
        .any(|name| contact.get(name).is_some())
}

fn absent_without_value(observation: &Json) -> bool {
    let valued = observation
        .members()
        .iter()
        .any(|(name, _)| name.starts_with("value"));
    !(valued && observation.get("dataAbsentReason").is_some())
}

fn code_with_system(quantity: &Json) -> bool {
    quantity.get("code").is_none() || quantity.get("system").is_some()
}

fn one_content(extension: &Json) -> bool {
    let valued = extension
        .members()
        .iter()
        .any(|(name, _)| name.trim_start_matches('_').starts_with("value"));
    valued != extension.get("extension").is_some()
}

fn value_with_system(contact: &Json) -> bool {
    contact.get("value").is_none() || contact.get("system").is_some()
}

/// Whether every local reference of a resource names one of its contained resources.
pub fn local_references_lead(resource: &Json) -> bool {
    let mut wanted = Vec::new();
    local_references(resource, &mut wanted);
    let known = |id: &&str| {
        resource
            .each("contained")
            .iter()
            .any(|inner| inner.text("id") == Some(id))
    };
    wanted.iter().all(known)
}

fn local_references<'a>(value: &'a Json, wanted: &mut Vec<&'a str>) {
    for (name, member) in value.members() {
        if &**name == "reference" {
            wanted.extend(
                member
                    .as_text()
                    .and_then(|text| text.strip_prefix('#'))
                    .filter(|id| !id.is_empty()),
            );
        }
        // A resource inside (an entry, a parameter) is checked for itself; a contained one shares the names of its container.
        let apart = &**name == "resource";
        for item in member.items().iter().filter(|_| !apart) {
            local_references(item, wanted);
        }
    }
}
