//! What becomes of an element's properties when a differential states it again.

use super::apply::{Session, Standing};
use super::differential::Change;
use super::facts::{Fact, Facts};
use super::node::Node;
use super::settle::name_sources;
use super::{Practice, SnapshotError, refuse};
use crate::fhir::definitions::{Derivation, Version};

/// What is replaced where the differential has it.
const REPLACED: [&str; 6] = [
    "label",
    "short",
    "requirements",
    "comment",
    "maxLength",
    "mustHaveValue",
];

/// The same, for properties that are named with their type.
const REPLACED_CHOICES: [&str; 4] = ["fixed", "pattern", "minValue", "maxValue"];

/// Lists that are added to.
const EXTENDED: [&str; 6] = [
    "code",
    "alias",
    "example",
    "mapping",
    "condition",
    "valueAlternatives",
];

/// What a profile cannot change, and says only where the base does not.
const SETTLED: [&str; 4] = [
    "representation",
    "meaningWhenMissing",
    "orderMeaning",
    "isSummary",
];

impl Session<'_> {
    /// Merges what a change says of an element itself.
    pub(super) fn merge(
        &mut self,
        node: &mut Node,
        change: &Change,
        standing: Standing,
    ) -> Result<(), SnapshotError> {
        let before = node.max();
        if !self.is_plain_copy(standing) {
            self.take_from_type_profile(node, &change.facts.types());
        }
        let limit = node.max();
        if let Standing::NewSlice { keeps_min, .. } = standing
            && !keeps_min
            && !change.facts.has("min")
        {
            node.facts.set_min(0);
        }
        if !change.stated {
            return Ok(());
        }
        self.check_change(node, change, before)?;
        self.merge_facts(node, change);
        if let (Some(limit), Some(max)) = (limit, node.max())
            && max > limit
        {
            node.facts.set_max(limit);
        }
        self.drop_idle_binding(node);
        self.check_values(node, &change.label)
    }

    fn merge_facts(&self, node: &mut Node, change: &Change) {
        let facts = &mut node.facts;
        merge_limits(facts, &change.facts);
        merge_plain(facts, &change.facts);
        merge_flags(facts, &change.facts, node_is_open(&node.name));
        merge_extensions(facts, &change.facts);
        merge_types(facts, &change.facts);
        merge_constraints(facts, &change.facts, &self.structure.url);
        merge_binding(facts, &change.facts, self.definitions.version());
    }

    /// In the former practice a slice that joins others does not ask the profile on its type.
    fn is_plain_copy(&self, standing: Standing) -> bool {
        let joins = matches!(
            standing,
            Standing::NewSlice {
                among_others: true,
                ..
            }
        );
        joins && self.manner.practice == Practice::Former
    }

    /// A binding goes where no type is left that could be bound.
    fn drop_idle_binding(&mut self, node: &mut Node) {
        let types = node.types();
        if types.is_empty() || !node.facts.has("binding") {
            return;
        }
        if !types.iter().any(|kind| self.is_bindable(&kind.code)) {
            node.facts.remove("binding");
        }
    }

    fn is_bindable(&mut self, code: &str) -> bool {
        const BINDABLE: [&str; 7] = [
            "Coding",
            "CodeableConcept",
            "Quantity",
            "uri",
            "string",
            "code",
            "CodeableReference",
        ];
        BINDABLE
            .iter()
            .any(|bindable| self.builds_on(code, bindable))
            || self.has_binding_style(code)
    }

    /// Whether this makes a new type, and no profile.
    pub(super) fn specializes(&self) -> bool {
        self.structure.derivation == Derivation::Specialization
    }
}

/// Extensions say themselves whether they modify.
fn node_is_open(name: &str) -> bool {
    matches!(name, "extension" | "modifierExtension" | "Extension")
}

fn merge_limits(facts: &mut Facts, change: &Facts) {
    for name in ["min", "max"] {
        if let Some(fact) = change.get(name) {
            facts.set(fact.clone());
        }
    }
}

fn merge_plain(facts: &mut Facts, change: &Facts) {
    for name in REPLACED {
        if let Some(fact) = change.get(name) {
            facts.set(fact.clone());
        }
    }
    if let Some(fact) = change.get("definition") {
        facts.set(continued(facts.value("definition"), fact));
    }
    for prefix in REPLACED_CHOICES {
        if let Some(fact) = change.choice(prefix) {
            facts.remove_choice(prefix);
            facts.add(fact.clone());
        }
    }
    for name in EXTENDED {
        for fact in change.all(name) {
            if !facts.all(name).any(|known| known.says_what(fact)) {
                facts.add(fact.clone());
            }
        }
    }
    for name in SETTLED {
        if !facts.has(name) {
            change.all(name).for_each(|fact| facts.add(fact.clone()));
        }
    }
    if let Some(fact) = change.choice("defaultValue")
        && facts.choice("defaultValue").is_none()
    {
        facts.add(fact.clone());
    }
}

/// A definition that starts with three dots goes on from that of the base.
fn continued(before: Option<&str>, fact: &Fact) -> Fact {
    let more = fact.value().and_then(|value| value.strip_prefix("..."));
    match (before, more) {
        (Some(before), Some(more)) => {
            Fact::text("definition", &format!("{before}\r\n{}", more.trim_start()))
        }
        _ => fact.clone(),
    }
}

fn merge_flags(facts: &mut Facts, change: &Facts, may_modify: bool) {
    if let Some(fact) = change.get("mustSupport") {
        facts.set(fact.clone());
    }
    if may_modify || !facts.has("isModifier") {
        for name in ["isModifier", "isModifierReason"] {
            if let Some(fact) = change.get(name) {
                facts.set(fact.clone());
            }
        }
    }
}

/// Extensions are added; one that is stated again takes the place of the base's.
fn merge_extensions(facts: &mut Facts, change: &Facts) {
    for fact in change.all("extension") {
        let url = fact.text_of("url").map(str::to_owned);
        facts.keep(|known| known.name() != "extension" || known.text_of("url") != url.as_deref());
    }
    change
        .all("extension")
        .for_each(|fact| facts.add(fact.clone()));
}

fn merge_types(facts: &mut Facts, change: &Facts) {
    if !change.has("type") {
        return;
    }
    facts.remove("type");
    change.all("type").for_each(|fact| facts.add(fact.clone()));
}

/// Invariants accumulate. A key that is known already stays as it was.
fn merge_constraints(facts: &mut Facts, change: &Facts, source: &str) {
    if !change.has("constraint") {
        return;
    }
    for fact in change.all("constraint") {
        let key = fact.text_of("key");
        if !facts
            .all("constraint")
            .any(|known| known.text_of("key") == key)
        {
            facts.add(fact.clone());
        }
    }
    name_sources(facts, source);
}

/// A binding may be stated in parts: what is left out stays as in the base.
fn merge_binding(facts: &mut Facts, change: &Facts, version: Version) {
    let Some(fact) = change.get("binding") else {
        return;
    };
    let fact = &of_version(fact, version);
    let Some(known) = facts.get("binding") else {
        facts.set(fact.clone());
        return;
    };
    let parts = fact.inside();
    let mut merged: Vec<Fact> = known.inside();
    merged.retain(|part| !replaces_binding_part(&parts, part));
    let further = parts.into_iter().filter(|part| {
        part.name() != "additional" || !merged.iter().any(|known| known.says_what(part))
    });
    let further: Vec<Fact> = further.collect();
    merged.extend(further);
    facts.set(Fact::parts("binding", merged));
}

/// STU3 names value sets by their type; later releases do not know these properties.
fn of_version(binding: &Fact, version: Version) -> Fact {
    let foreign = |part: &Fact| match version {
        Version::Stu3 => false,
        Version::R4 | Version::R4B | Version::R5 => {
            matches!(part.name(), "valueSetUri" | "valueSetReference")
        }
    };
    let parts = binding.inside();
    match parts.iter().any(foreign) {
        true => {
            let known = parts.into_iter().filter(|part| !foreign(part));
            Fact::parts("binding", known.collect())
        }
        false => binding.clone(),
    }
}

/// Whether a part of the base's binding goes for the sake of the new ones. Value sets are named differently in STU3.
fn replaces_binding_part(new: &[Fact], old: &Fact) -> bool {
    match old.name() {
        "additional" => false,
        "description" => true,
        "extension" => {
            let url = old.text_of("url");
            let additional = url.is_some_and(|url| url.ends_with("/additional-binding"));
            !additional
        }
        name if name.starts_with("valueSet") => {
            new.iter().any(|part| part.name().starts_with("valueSet"))
        }
        name => new.iter().any(|part| part.name() == name),
    }
}

pub(super) fn refuse_flag(label: &str, name: &str) -> SnapshotError {
    refuse(
        label,
        format!("`{name}` is true in the base, and cannot become false"),
    )
}
