//! The tree as JSON again.

use super::Words;
use super::facts::{Fact, Value};
use super::node::Node;
use crate::fhir::definitions::Structure;
use crate::fhir::tree::{Element, Kind};

/// The properties of ElementDefinition in their order. Those that are named with a type stand here without it.
const ORDER: [&str; 37] = [
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
];

/// Which of these are named with their type.
const TYPED: [&str; 5] = ["defaultValue", "fixed", "pattern", "minValue", "maxValue"];

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

/// Properties made here that repeat.
const LISTS: [&str; 10] = [
    "extension",
    "type",
    "profile",
    "targetProfile",
    "aggregation",
    "constraint",
    "discriminator",
    "additional",
    "usage",
    "mapping",
];

/// A StructureDefinition with nothing but those elements of the snapshot that are not just as the base has them.
pub(super) fn changed_elements(root: &Node) -> String {
    let mut writer = Writer::default();
    writer
        .text
        .push_str("{\"resourceType\":\"StructureDefinition\",");
    writer.snapshot(root, Words::LeftOut);
    writer.text.push('}');
    writer.text
}

/// The whole StructureDefinition, with the snapshot before the differential.
pub(super) fn structure(structure: &Structure, root: &Node) -> String {
    let mut writer = Writer::default();
    writer
        .text
        .push_str("{\"resourceType\":\"StructureDefinition\"");
    let children: Vec<Element<'_>> = structure.source.root().children().collect();
    let mut is_written = false;
    for (name, items) in grouped(&children) {
        if name == "snapshot" {
            continue;
        }
        if name == "differential" {
            writer.text.push(',');
            writer.snapshot(root, Words::Kept);
            is_written = true;
        }
        writer.text.push(',');
        writer.property(name, &items);
    }
    if !is_written {
        writer.text.push(',');
        writer.snapshot(root, Words::Kept);
    }
    writer.text.push('}');
    writer.text
}

/// The children of an element by name, in the order in which the names first come.
fn grouped<'r>(children: &[Element<'r>]) -> Vec<(&'r str, Vec<Element<'r>>)> {
    let mut groups: Vec<(&str, Vec<Element<'r>>)> = Vec::new();
    for child in children {
        let name = child.name();
        match groups.iter_mut().rfind(|(known, _)| *known == name) {
            Some((_, items)) => items.push(*child),
            None => groups.push((name, vec![*child])),
        }
    }
    groups
}

#[derive(Default)]
struct Writer {
    text: String,
}

impl Writer {
    fn snapshot(&mut self, root: &Node, words: Words) {
        self.text.push_str("\"snapshot\":{\"element\":[");
        root.visit(&mut |path, id, node| {
            if words == Words::LeftOut && node.facts.unchanged().is_some() {
                return;
            }
            self.separate();
            self.element(path, id, node, words);
        });
        self.text.push_str("]}");
    }

    /// A comma, but at the start of an object or a list.
    fn separate(&mut self) {
        if !self.text.ends_with(['{', '[']) {
            self.text.push(',');
        }
    }

    fn element(&mut self, path: &str, id: &str, node: &Node, words: Words) {
        let kept = |fact: &&Fact| words == Words::Kept || !WORDS.contains(&fact.name());
        let mut facts: Vec<(usize, &Fact)> = node
            .facts
            .iter()
            .filter(kept)
            .map(|fact| (rank(fact.name()), fact))
            .collect();
        facts.sort_by_key(|(rank, _)| *rank);
        let before = |name: &str| facts.partition_point(|(at, _)| *at < rank(name));
        let (path_at, slice_at) = (before("path"), before("sliceName"));
        self.text.push('{');
        self.named("id", id);
        self.facts(&facts[..path_at]);
        self.named("path", path);
        self.facts(&facts[path_at..slice_at]);
        if let Some(slice) = &node.slice {
            self.named("sliceName", slice);
        }
        self.facts(&facts[slice_at..]);
        self.text.push('}');
    }

    fn named(&mut self, name: &str, text: &str) {
        self.separate();
        self.quote(name);
        self.text.push(':');
        self.quote(text);
    }

    /// Facts in order, those of one name together.
    fn facts(&mut self, facts: &[(usize, &Fact)]) {
        for group in facts.chunk_by(|(_, left), (_, right)| left.name() == right.name()) {
            let group: Vec<&Fact> = group.iter().map(|(_, fact)| *fact).collect();
            self.group(&group);
        }
    }

    fn group(&mut self, group: &[&Fact]) {
        let Some(name) = group.first().map(|fact| fact.name()) else {
            return;
        };
        self.separate();
        let given = group.iter().map(|fact| match fact {
            Fact::Given(given) => Some(given.element()),
            Fact::Made(_) => None,
        });
        if let Some(given) = given.collect::<Option<Vec<_>>>() {
            return self.property(name, &given);
        }
        self.quote(name);
        self.text.push(':');
        let is_list = LISTS.contains(&name) || group.len() > 1;
        self.open_list(is_list);
        for fact in group {
            self.separate_items();
            match fact {
                Fact::Given(given) => self.value(given.element()),
                Fact::Made(made) => self.made(&made.value),
            }
        }
        self.close_list(is_list);
    }

    fn made(&mut self, value: &Value) {
        match value {
            Value::Text(text) => self.quote(text),
            Value::Bare(text) => self.text.push_str(text),
            Value::Parts(parts) => {
                self.text.push('{');
                let mut done: Vec<&str> = Vec::new();
                for part in parts.iter().map(Fact::name) {
                    if !done.contains(&part) {
                        done.push(part);
                        let group: Vec<&Fact> =
                            parts.iter().filter(|other| other.name() == part).collect();
                        self.group(&group);
                    }
                }
                self.text.push('}');
            }
        }
    }

    /// One property with all its items, and `_name` beside it where primitives have extensions.
    fn property(&mut self, name: &str, items: &[Element<'_>]) {
        let is_list = items.len() > 1 || items.iter().any(|item| item.index().is_some());
        let is_primitive = items.iter().any(|item| item.value().is_some());
        self.quote(name);
        self.text.push(':');
        if !is_primitive {
            return self.list(is_list, items, Self::object);
        }
        self.list(is_list, items, Self::plain);
        if items.iter().any(|item| item.children().next().is_some()) {
            self.text.push_str(",\"_");
            self.escape(name);
            self.text.push_str("\":");
            self.list(is_list, items, Self::beside);
        }
    }

    fn list(&mut self, is_list: bool, items: &[Element<'_>], write: fn(&mut Self, Element<'_>)) {
        self.open_list(is_list);
        for item in items {
            self.separate_items();
            write(self, *item);
        }
        self.close_list(is_list);
    }

    fn open_list(&mut self, is_list: bool) {
        if is_list {
            self.text.push('[');
        }
    }

    fn close_list(&mut self, is_list: bool) {
        if is_list {
            self.text.push(']');
        }
    }

    /// A comma between two items; the first follows a bracket, or the colon where there is no list.
    fn separate_items(&mut self) {
        if !self.text.ends_with(['[', ':']) {
            self.text.push(',');
        }
    }

    fn value(&mut self, element: Element<'_>) {
        match element.value() {
            Some(_) => self.plain(element),
            None => self.object(element),
        }
    }

    /// Recursion is bounded by the depth of trees.
    fn object(&mut self, element: Element<'_>) {
        self.text.push('{');
        if let Some(kind) = element.resource_type() {
            self.named("resourceType", kind);
        }
        let children: Vec<Element<'_>> = element.children().collect();
        for (name, items) in grouped(&children) {
            self.separate();
            self.property(name, &items);
        }
        self.text.push('}');
    }

    fn plain(&mut self, element: Element<'_>) {
        match (element.value(), element.kind()) {
            (Some(text), Kind::Number | Kind::Boolean) => self.text.push_str(text),
            (Some(text), _) => self.quote(text),
            (None, _) => self.text.push_str("null"),
        }
    }

    fn beside(&mut self, element: Element<'_>) {
        match element.children().next() {
            Some(_) => self.object(element),
            None => self.text.push_str("null"),
        }
    }

    fn quote(&mut self, text: &str) {
        self.text.push('"');
        self.escape(text);
        self.text.push('"');
    }

    fn escape(&mut self, text: &str) {
        let mut rest = text;
        let special = |byte: u8| byte < 0x20 || matches!(byte, b'"' | b'\\');
        while let Some(at) = rest.bytes().position(special) {
            self.text.push_str(&rest[..at]);
            match rest.as_bytes()[at] {
                b'"' => self.text.push_str("\\\""),
                b'\\' => self.text.push_str("\\\\"),
                other => self.text.push_str(&format!("\\u{other:04x}")),
            }
            rest = &rest[at + 1..];
        }
        self.text.push_str(rest);
    }
}

/// The place of a property among all of an ElementDefinition; mappings, and what is not known, come last.
fn rank(name: &str) -> usize {
    let is_named = |known: &&str| {
        **known == *name
            || (TYPED.contains(known) && name.starts_with(known) && is_typed(known, name))
    };
    ORDER.iter().position(is_named).unwrap_or(ORDER.len())
}

fn is_typed(stem: &str, name: &str) -> bool {
    let rest = &name[stem.len()..];
    rest.starts_with(|letter: char| letter.is_ascii_uppercase())
}
