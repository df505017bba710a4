//! As much of JSON Schema as the report's own schema uses: enough to hold the report against it.

use serde_json::Value;

/// Everything in which a value differs from a schema; empty where it fits. A keyword that is not known here is a difference too.
pub fn differences(root: &Value, schema: &Value, value: &Value, at: &str) -> Vec<String> {
    let Some(rules) = schema.as_object() else {
        return Vec::new();
    };
    rules
        .iter()
        .flat_map(|(keyword, rule)| difference(root, schema, keyword, rule, value, at))
        .collect()
}

fn difference(
    root: &Value,
    schema: &Value,
    keyword: &str,
    rule: &Value,
    value: &Value,
    at: &str,
) -> Vec<String> {
    let wrong = |holds: bool| {
        if holds {
            Vec::new()
        } else {
            vec![format!("{at}: {keyword} {rule} against {value}")]
        }
    };
    match keyword {
        "$schema" | "title" | "description" | "$defs" | "default" | "format" => Vec::new(),
        "$ref" => {
            let pointer = rule.as_str().unwrap_or_default().trim_start_matches('#');
            root.pointer(pointer)
                .map_or_else(|| wrong(false), |found| differences(root, found, value, at))
        }
        "type" => wrong(types(rule).iter().any(|name| is_a(value, name))),
        "enum" => wrong(
            rule.as_array()
                .is_some_and(|allowed| allowed.contains(value)),
        ),
        "const" => wrong(rule == value),
        // It speaks of numbers only.
        "minimum" => wrong(!value.is_number() || value.as_f64() >= rule.as_f64()),
        "required" => wrong(types(rule).iter().all(|name| value.get(name).is_some())),
        "oneOf" | "anyOf" => {
            let fits = |choice: &&Value| differences(root, choice, value, at).is_empty();
            let fitting = rule.as_array().into_iter().flatten().filter(fits).count();
            wrong(fitting == 1 || (keyword == "anyOf" && fitting > 1))
        }
        "items" => {
            let items = value.as_array().into_iter().flatten().enumerate();
            items
                .flat_map(|(position, item)| {
                    differences(root, rule, item, &format!("{at}/{position}"))
                })
                .collect()
        }
        "properties" | "additionalProperties" => {
            let listed = schema.get("properties").and_then(Value::as_object);
            let fields = value.as_object().into_iter().flatten();
            let of_rule = |name: &str| match keyword {
                "properties" => rule.get(name),
                _ => listed
                    .is_none_or(|listed| !listed.contains_key(name))
                    .then_some(rule),
            };
            fields
                .filter_map(|(name, field)| Some((name, field, of_rule(name)?)))
                .flat_map(|(name, field, rule)| {
                    differences(root, rule, field, &format!("{at}/{name}"))
                })
                .collect()
        }
        unknown => vec![format!("{at}: the keyword {unknown} is not known here")],
    }
}

fn types(rule: &Value) -> Vec<&str> {
    if let Some(name) = rule.as_str() {
        return vec![name];
    }
    let names = rule.as_array().into_iter().flatten();
    names.filter_map(Value::as_str).collect()
}

fn is_a(value: &Value, name: &str) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        _ => false,
    }
}
