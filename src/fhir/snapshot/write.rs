//! The tree as JSON again.

use super::facts::{Fact, Value, is_bare};
use super::Words;
use super::node::Node;
use crate::fhir::definitions::Structure;
use crate::fhir::tree::{Element, Kind};
use std::collections::BTreeMap;

/// The properties of ElementDefinition in their order.
const ORDER: [&str; 45] = [
    "id",
    "extension",
    "modifierExtension",
    "path",
    "representation",
    "sliceName",
    "sliceIsConstraining",
    "label",
    "code",
    "slicing",
    "short",
    "definition",
    "comment",
    "requirements",
    "alias",
    "min",
    "max",
    "base",
    "contentReference",
    "type",
    "nameReference",
    "defaultValue",
    "meaningWhenMissing",
    "orderMeaning",
    "fixed",
    "pattern",
    "example",
    "minValue",
    "maxValue",
    "maxLength",
    "condition",
    "constraint",
    "mustHaveValue",
    "valueAlternatives",
    "mustSupport",
    "isModifier",
    "isModifierReason",
    "isSummary",
    "binding",
    "mapping",
    "strength",
    "description",
    "valueSet",
    "additional",
    "zzz",
];

/// Properties that tell people what an element means, and demand nothing.
const WORDS: [&str; 9] = [
    "definition",
    "comment",
    "requirements",
    "alias",
    "mapping",
    "example",
    "isModifierReason",
    "meaningWhenMissing",
    "orderMeaning",
];

/// Properties of ElementDefinition and its parts that repeat.
const LISTS: [&str; 18] = [
    "extension",
    "modifierExtension",
    "representation",
    "code",
    "alias",
    "type",
    "profile",
    "targetProfile",
    "aggregation",
    "example",
    "condition",
    "constraint",
    "valueAlternatives",
    "mapping",
    "discriminator",
    "additional",
    "usage",
    "element",
];

/// A StructureDefinition with nothing but those elements of the snapshot that are not just as the base has them.
pub(super) fn changed_elements(root: &Node) -> String {
    let mut out = String::with_capacity(64 * 1024);
    out.push_str("{\"resourceType\":\"StructureDefinition\",");
    elements(&mut out, root, Words::LeftOut);
    out.push('}');
    out
}

/// The whole StructureDefinition, with the snapshot in its place.
pub(super) fn structure(structure: &Structure, root: &Node) -> String {
    let mut out = String::with_capacity(64 * 1024);
    out.push_str("{\"resourceType\":\"StructureDefinition\"");
    let mut groups: BTreeMap<usize, (String, Vec<Element<'_>>)> = BTreeMap::new();
    let mut order: Vec<String> = Vec::new();
    for child in structure.source.root().children() {
        let name = child.name();
        if name == "snapshot" {
            continue;
        }
        let at = order.iter().position(|known| known == name).unwrap_or_else(|| {
            order.push(name.to_owned());
            order.len() - 1
        });
        groups.entry(at).or_insert_with(|| (name.to_owned(), Vec::new())).1.push(child);
    }
    let mut written = false;
    for (name, items) in groups.values() {
        if name == "differential" {
            out.push(',');
            elements(&mut out, root, Words::Kept);
            written = true;
        }
        out.push(',');
        property(&mut out, name, items);
    }
    if !written {
        out.push(',');
        elements(&mut out, root, Words::Kept);
    }
    out.push('}');
    out
}

fn elements(out: &mut String, root: &Node, words: Words) {
    out.push_str("\"snapshot\":{\"element\":[");
    let mut first = true;
    root.visit(&mut |path, id, node| {
        if words == Words::LeftOut && node.facts.unchanged().is_some() {
            return;
        }
        if !first {
            out.push(',');
        }
        first = false;
        element(out, path, id, node, words);
    });
    out.push_str("]}");
}

fn rank(name: &str) -> usize {
    let exact = ORDER.iter().position(|known| *known == name);
    exact.unwrap_or_else(|| {
        let prefix = ORDER.iter().position(|known| {
            matches!(*known, "defaultValue" | "fixed" | "pattern" | "minValue" | "maxValue")
                && name.starts_with(known)
        });
        prefix.unwrap_or(ORDER.len())
    })
}

fn element(out: &mut String, path: &str, id: &str, node: &Node, words: Words) {
    out.push_str("{\"id\":");
    quote(out, id);
    let kept = |fact: &&Fact| words == Words::Kept || !WORDS.contains(&fact.name());
    let kept = node.facts.iter().filter(kept);
    let mut facts: Vec<(usize, &Fact)> = kept.map(|fact| (rank(fact.name()), fact)).collect();
    facts.sort_by_key(|(rank, _)| *rank);
    let split = facts.partition_point(|(at, _)| *at < rank("path"));
    write_facts(out, &facts[..split]);
    out.push_str(",\"path\":");
    quote(out, path);
    let rest = &facts[split..];
    let split = rest.partition_point(|(at, _)| *at < rank("sliceName"));
    write_facts(out, &rest[..split]);
    if let Some(slice) = &node.slice {
        out.push_str(",\"sliceName\":");
        quote(out, slice);
    }
    write_facts(out, &rest[split..]);
    out.push('}');
}

/// Facts in order, those of one name together.
fn write_facts(out: &mut String, facts: &[(usize, &Fact)]) {
    let mut rest = facts;
    while let Some((_, first)) = rest.first() {
        let name = first.name();
        let count = rest.iter().take_while(|(_, fact)| fact.name() == name).count();
        let group: Vec<&Fact> = rest[..count].iter().map(|(_, fact)| *fact).collect();
        out.push(',');
        write_group(out, name, &group);
        rest = &rest[count..];
    }
}

fn write_group(out: &mut String, name: &str, group: &[&Fact]) {
    let given: Option<Vec<Element<'_>>> = group
        .iter()
        .map(|fact| match fact {
            Fact::Given(given) => Some(given.element()),
            Fact::Made(_) => None,
        })
        .collect();
    if let Some(given) = given {
        property(out, name, &given);
        return;
    }
    quote(out, name);
    out.push(':');
    let listed = LISTS.contains(&name) || group.len() > 1;
    if listed {
        out.push('[');
    }
    for (at, fact) in group.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        match fact {
            Fact::Given(given) => value(out, given.element()),
            Fact::Made(made) => made_value(out, &made.value),
        }
    }
    if listed {
        out.push(']');
    }
}

fn made_value(out: &mut String, value: &Value) {
    match value {
        Value::Text(text) => quote(out, text),
        Value::Bare(text) => out.push_str(text),
        Value::Parts(parts) => {
            out.push('{');
            let mut done: Vec<&str> = Vec::new();
            for fact in parts {
                let name = fact.name();
                if done.contains(&name) {
                    continue;
                }
                if !done.is_empty() {
                    out.push(',');
                }
                done.push(name);
                let group: Vec<&Fact> =
                    parts.iter().filter(|other| other.name() == name).collect();
                write_group(out, name, &group);
            }
            out.push('}');
        }
    }
}

/// One property with all its items, and `_name` beside it where primitives have extensions.
fn property(out: &mut String, name: &str, items: &[Element<'_>]) {
    let listed = items.len() > 1
        || items.iter().any(|item| item.index().is_some())
        || LISTS.contains(&name);
    let primitive = items.iter().any(|item| item.value().is_some());
    if !primitive {
        quote(out, name);
        out.push(':');
        list(out, listed, items, value);
        return;
    }
    if items.iter().any(|item| item.value().is_some()) {
        quote(out, name);
        out.push(':');
        list(out, listed, items, plain);
    }
    if items.iter().any(|item| item.children().next().is_some()) {
        out.push_str(",\"_");
        escape(out, name);
        out.push_str("\":");
        list(out, listed, items, beside);
    }
}

fn list(
    out: &mut String,
    listed: bool,
    items: &[Element<'_>],
    write: fn(&mut String, Element<'_>),
) {
    if listed {
        out.push('[');
    }
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        write(out, *item);
    }
    if listed {
        out.push(']');
    }
}

fn value(out: &mut String, element: Element<'_>) {
    if element.value().is_some() {
        plain(out, element);
        return;
    }
    object(out, element);
}

fn object(out: &mut String, element: Element<'_>) {
    out.push('{');
    let mut first = true;
    if let Some(kind) = element.resource_type() {
        out.push_str("\"resourceType\":");
        quote(out, kind);
        first = false;
    }
    let children: Vec<Element<'_>> = element.children().collect();
    let mut done: Vec<&str> = Vec::new();
    for child in &children {
        let name = child.name();
        if done.contains(&name) {
            continue;
        }
        done.push(name);
        if !first {
            out.push(',');
        }
        first = false;
        let items: Vec<Element<'_>> =
            children.iter().filter(|other| other.name() == name).copied().collect();
        property(out, name, &items);
    }
    out.push('}');
}

fn plain(out: &mut String, element: Element<'_>) {
    match element.value() {
        Some(text) if is_bare(element) || is_bare_by_name(element, text) => out.push_str(text),
        Some(text) => quote(out, text),
        None => out.push_str("null"),
    }
}

/// XML does not tell numbers and truth values from texts.
fn is_bare_by_name(element: Element<'_>, text: &str) -> bool {
    if element.kind() != Kind::Untyped {
        return false;
    }
    match text {
        "true" | "false" => true,
        _ => matches!(element.name(), "min" | "maxLength") && text.parse::<u64>().is_ok(),
    }
}

fn beside(out: &mut String, element: Element<'_>) {
    match element.children().next() {
        Some(_) => object(out, element),
        None => out.push_str("null"),
    }
}

fn quote(out: &mut String, text: &str) {
    out.push('"');
    escape(out, text);
    out.push('"');
}

fn escape(out: &mut String, text: &str) {
    let mut plain = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.push_str(&text[plain..at]);
        plain = at + 1;
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            other => out.push_str(&format!("\\u{other:04x}")),
        }
    }
    out.push_str(&text[plain..]);
}
