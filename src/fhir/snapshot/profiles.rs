//! Questions about types and profiles, and what an element takes over from a profile on its type.

use super::apply::Session;
use super::as_written;
use super::facts::{Fact, Facts};
use super::node::Node;
use crate::fhir::definitions::{
    Canonical, ElementType, STRUCTURE_BASE, Structure, StructureKind, Trail, text,
};
use crate::fhir::tree::{Format, Resource};
use std::sync::Arc;

/// How many structures may build on each other before a chain is given up.
const MAX_CHAIN: usize = 64;

impl Session<'_> {
    /// A structure with its snapshot; `None` where it is not at hand, or just being made.
    pub(super) fn whole(&mut self, canonical: &str) -> Option<Arc<Structure>> {
        if self.trail.holds(canonical) {
            return None;
        }
        let definitions = self.definitions;
        let look = |trail: &mut Trail| definitions.structure_within(canonical, trail).ok();
        let found = self.trail.deeper(self.depth, look);
        let found = found.filter(|found| !found.snapshot.is_empty())?;
        if found.source.format() == Format::Json {
            return Some(found);
        }
        if let Some(known) = self.written.get(canonical) {
            return Some(known.clone());
        }
        let written = as_written(self.definitions, &found, self.manner);
        self.written.insert(canonical.into(), written.clone());
        Some(written)
    }

    /// The structure of a type's code.
    pub(super) fn whole_type(&mut self, code: &str) -> Option<Arc<Structure>> {
        match code.contains(':') {
            true => self.whole(code),
            false => self.whole(&format!("{STRUCTURE_BASE}{code}")),
        }
    }

    fn raw(&self, canonical: &str) -> Option<Arc<Resource>> {
        let found = self.definitions.find(canonical)?;
        (found.type_name() == Some("StructureDefinition")).then_some(found)
    }

    fn raw_type(&self, code: &str) -> Option<Arc<Resource>> {
        match code.contains(':') {
            true => self.raw(code),
            false => self.raw(&format!("{STRUCTURE_BASE}{code}")),
        }
    }

    /// Whether the definition of a type is at hand.
    pub(super) fn is_known_type(&self, code: &str) -> bool {
        self.raw_type(code).is_some()
    }

    /// The type that a profile is about.
    pub(super) fn type_described_by(&self, profile: &str) -> Option<String> {
        let profile = Canonical::of(profile);
        if profile.fragment.is_some() {
            return None;
        }
        let found = self.raw(profile.url)?;
        text(found.root(), "type").map(str::to_owned)
    }

    /// Whether a type is another one, or builds on it. What is not at hand is given the benefit of the doubt.
    pub(super) fn builds_on(&self, code: &str, other: &str) -> bool {
        let mut here = code.to_owned();
        for _ in 0..MAX_CHAIN {
            if same_type(&here, other) {
                return true;
            }
            let Some(found) = self.raw_type(&here) else {
                return here == code;
            };
            match text(found.root(), "baseDefinition") {
                Some(base) => here = short(base).to_owned(),
                None => return false,
            }
        }
        false
    }

    /// Whether an element of one type may be narrowed to another.
    pub(super) fn narrows(&self, known: &str, wanted: &str) -> bool {
        if same_type(known, wanted) {
            return true;
        }
        let Some(found) = self.raw_type(known) else {
            return false;
        };
        let is_open = text(found.root(), "abstract") == Some("true")
            || text(found.root(), "kind") == Some("logical");
        is_open && self.raw_type(wanted).is_some() && self.builds_on(wanted, known)
    }

    /// Whether a profile is one of several, or builds on one of them. One that is not at hand may.
    pub(super) fn conforms_to_one(&self, profile: &str, targets: &[Box<str>]) -> bool {
        let mut pending = vec![profile.to_owned()];
        for _ in 0..MAX_CHAIN {
            let Some(here) = pending.pop() else {
                return false;
            };
            let url = Canonical::of(&here).url;
            if targets
                .iter()
                .any(|target| Canonical::of(target).url == url)
            {
                return true;
            }
            let Some(found) = self.raw(&here) else {
                return true;
            };
            if let Some(found) = Structure::read(&found) {
                pending.extend(found.imposes.iter().map(|imposed| imposed.to_string()));
                pending.extend(found.base.as_deref().map(str::to_owned));
            }
        }
        true
    }

    /// Types of logical models say by an extension that they can be bound.
    pub(super) fn has_binding_style(&self, code: &str) -> bool {
        const STYLE: &str = "/type-characteristics";
        const OLD_STYLE: &str = "/binding-style";
        let Some(found) = self.raw_type(code) else {
            return false;
        };
        found.root().children().any(|child| {
            let url = text(child, "url").unwrap_or_default();
            child.name() == "extension" && (url.ends_with(OLD_STYLE) || url.ends_with(STYLE))
        })
    }

    /// The type that a name in a choice stands for: `Quantity` and `string` for `valueQuantity` and `valueString`.
    pub(super) fn type_in_name(&self, name: &str) -> Option<String> {
        let mut letters = name.chars();
        let small: String = letters
            .next()
            .map(|first| first.to_ascii_lowercase())
            .into_iter()
            .chain(letters)
            .collect();
        for code in [name, &small] {
            if let Some(found) = self.raw_type(code) {
                let is_profile = text(found.root(), "derivation") == Some("constraint");
                let described = text(found.root(), "type").filter(|_| is_profile);
                return Some(described.unwrap_or(code).to_owned());
            }
        }
        None
    }

    /// An extension, or a resource inside another, is described by the root of its profile; the rest of what the base
    /// says of the element stays.
    pub(super) fn take_from_type_profile(&mut self, node: &mut Node, types: &[ElementType]) {
        let [wanted] = types else { return };
        let Some(profile) = wanted.profiles.first() else {
            return;
        };
        let known = node.types();
        let [open] = &known[..] else { return };
        let is_open = matches!(&*open.code, "Extension" | "Resource");
        if !is_open || open.profiles.first() == Some(profile) {
            return;
        }
        if let Some(described) = self.whole(profile) {
            let is_resource = described.kind == StructureKind::Resource;
            let root = Facts::of_snapshot(&described, 0);
            node.facts = described_by(root, &node.facts, is_resource);
        }
    }
}

/// The root of a profile as the description of an element that uses it.
fn described_by(mut root: Facts, usage: &Facts, is_resource: bool) -> Facts {
    // The invariants of a resource speak of it as `%resource`, which an element inside another resource is not.
    if is_resource {
        root.remove("constraint");
        root.remove("min");
        root.remove("max");
    }
    for name in ["base", "slicing", "type", "sliceName", "contentReference"] {
        root.remove(name);
    }
    for fact in usage.iter() {
        if is_missing(&root, fact) {
            root.add(fact.clone());
        }
    }
    root
}

/// Whether the description of a usage has something to add to that of a profile's root.
fn is_missing(root: &Facts, fact: &Fact) -> bool {
    const LISTS: [&str; 7] = [
        "code",
        "alias",
        "constraint",
        "extension",
        "type",
        "condition",
        "representation",
    ];
    let same = |part: &'static str| {
        let wanted = fact.text_of(part);
        root.all(fact.name())
            .any(|known| known.text_of(part) == wanted)
    };
    match fact.name() {
        "constraint" => !same("key"),
        "extension" => !same("url"),
        "mapping" => false,
        // The extension itself says whether it modifies, and what it does not say is false.
        "isModifier" | "isModifierReason" => false,
        name if LISTS.contains(&name) => true,
        name => {
            let chosen = ["fixed", "pattern", "minValue", "maxValue"]
                .into_iter()
                .find(|prefix| name.starts_with(prefix) && name.len() > prefix.len());
            match chosen {
                Some(prefix) => root.choice(prefix).is_none() || root.all(name).next().is_none(),
                None => !root.has(name),
            }
        }
    }
}

fn short(url: &str) -> &str {
    let url = Canonical::of(url).url;
    url.strip_prefix(STRUCTURE_BASE).unwrap_or(url)
}

fn same_type(left: &str, right: &str) -> bool {
    short(left) == short(right)
}
