//! Dividing the repetitions of an element into slices.

use super::apply::{Session, Standing};
use super::differential::Change;
use super::facts::{Fact, Facts};
use super::node::Node;
use super::{Practice, SnapshotError, refuse};
use crate::fhir::definitions::Max;

/// A sliced element as the base has it, which each new slice starts from.
pub(super) struct Before {
    whole: Node,
    was_sliced: bool,
    was_closed: bool,
}

impl Before {
    pub(super) fn of(node: &Node) -> Self {
        let slicing = node.facts.get("slicing");
        Self {
            whole: node.unsliced(),
            was_sliced: node.is_sliced(),
            was_closed: slicing.and_then(|slicing| slicing.text_of("rules")) == Some("closed"),
        }
    }
}

impl Session<'_> {
    /// Slices an element.
    pub(super) fn divide(
        &mut self,
        node: &mut Node,
        before: &Before,
        change: &Change,
    ) -> Result<(), SnapshotError> {
        if let [slice] = &change.slices[..]
            && !before.was_sliced
            && !change.facts.has("slicing")
            && !node.is_extension()
        {
            return self.name_lone_slice(node, slice);
        }
        self.set_slicing(node, before.was_sliced, change)?;
        let shared = self.shared_by_slices(node, change);
        let common = shared.iter().flatten().map(Change::size).sum::<usize>();
        self.toil(&change.label, common.saturating_mul(change.slices.len()))?;
        for slice in &change.slices {
            let merged = shared.as_ref().map(|shared| overlaid(slice, shared));
            let slice = merged.as_ref().unwrap_or(slice);
            self.slice(node, before, slice)?;
        }
        Ok(())
    }

    /// A single slice of an element that nobody has sliced is taken for the element itself, where faults are followed.
    fn name_lone_slice(&mut self, node: &mut Node, slice: &Change) -> Result<(), SnapshotError> {
        self.fault(
            &slice.label,
            "the element is a slice, but neither base nor differential says how it is sliced",
        )?;
        self.apply(node, slice, Standing::Inherited)
    }

    fn set_slicing(
        &mut self,
        node: &mut Node,
        was_sliced: bool,
        change: &Change,
    ) -> Result<(), SnapshotError> {
        let Some(wanted) = change.facts.get("slicing") else {
            if !was_sliced && !node.is_extension() {
                return Err(refuse(
                    &change.label,
                    "the element has slices, but neither base nor differential says how it is sliced",
                ));
            }
            if !was_sliced {
                node.facts.set(by_url());
            }
            node.implicit_slicing |= !change.stated || !was_sliced;
            return Ok(());
        };
        check_discriminators(wanted, &change.label)?;
        if was_sliced && let Some(known) = node.facts.get("slicing").cloned() {
            if let Some(message) = contradiction(&known, wanted) {
                self.fault(&change.label, message)?;
            }
            node.facts.set(merged_slicing(&known, wanted));
            return Ok(());
        }
        let one = |max: Option<Max>| max.is_some_and(|max| max <= Max::Times(1));
        if one(node.max()) && !one(change.facts.max()) && !change.slices.is_empty() {
            self.fault(
                &change.label,
                "an element that does not repeat cannot be sliced",
            )?;
        }
        node.facts.set(wanted.clone());
        Ok(())
    }

    /// What the differential says of the content of all slices, where it says it once, at the element itself.
    fn shared_by_slices(&self, node: &Node, change: &Change) -> Option<Vec<Change>> {
        let stated = change.facts.has("slicing")
            && !node.is_extension()
            && self.manner.practice == Practice::Current;
        let deep = |child: &Change| {
            !is_extension(&child.name) && (!child.slices.is_empty() || child.facts.has("slicing"))
        };
        let simple = !change.children.iter().any(|child| any(child, &deep));
        (stated && simple && !change.children.is_empty()).then(|| change.children.clone())
    }

    /// Applies what the differential says of one slice.
    fn slice(
        &mut self,
        node: &mut Node,
        before: &Before,
        change: &Change,
    ) -> Result<(), SnapshotError> {
        let name = change.slice.as_deref().unwrap_or_default();
        let limit = node.max();
        if let Some(known) = node.slice_named(name) {
            return self.apply_in_slice(known, change, Standing::Inherited);
        }
        let rules = node
            .facts
            .get("slicing")
            .and_then(|slicing| slicing.text_of("rules"));
        let is_closed = rules == Some("closed");
        if before.was_closed && !name.contains('/') {
            self.fault(
                &change.label,
                "the slicing of the base is closed: no slice can be added",
            )?;
        }
        let (mut made, at) = self.new_slice(node, &before.whole, name, change)?;
        let keeps_min = is_closed && !before.was_sliced && node.slices.is_empty();
        let standing = Standing::NewSlice {
            keeps_min,
            among_others: before.was_sliced,
        };
        self.apply_in_slice(&mut made, change, standing)?;
        if self.manner.practice == Practice::Current
            && let (Some(limit), Some(max)) = (limit, made.max())
            && max > limit
            && limit > Max::Times(0)
        {
            made.facts.set_max(limit);
        }
        node.slices.insert(at, made);
        Ok(())
    }

    /// A copy of the element, or of the slice that is divided again, and its place among the slices.
    fn new_slice(
        &mut self,
        node: &Node,
        before: &Node,
        name: &str,
        change: &Change,
    ) -> Result<(Node, usize), SnapshotError> {
        let divided = name.rsplit_once('/').map(|(divided, _)| divided);
        let within = divided.and_then(|divided| {
            let named = |slice: &Node| slice.slice.as_deref() == Some(divided);
            node.slices.iter().position(named)
        });
        let (template, at) = match within {
            Some(at) => {
                let inside = format!("{}/", divided.unwrap_or_default());
                let parts = node.slices[at + 1..].iter().take_while(|slice| {
                    slice
                        .slice
                        .as_deref()
                        .is_some_and(|name| name.starts_with(&inside))
                });
                (node.slices[at].unsliced(), at + 1 + parts.count())
            }
            None => (before.clone(), node.slices.len()),
        };
        self.spend(&change.label, template.size())?;
        let mut made = template;
        made.slice = Some(name.into());
        Ok((made, at))
    }
}

fn is_extension(name: &str) -> bool {
    matches!(name, "extension" | "modifierExtension")
}

fn any(change: &Change, test: &impl Fn(&Change) -> bool) -> bool {
    test(change) || change.children.iter().any(|child| any(child, test))
}

/// A slice's change, with what is said of all slices where the slice itself does not say it.
fn overlaid(slice: &Change, shared: &[Change]) -> Change {
    let mut merged = slice.clone();
    for common in shared {
        let known = merged
            .children
            .iter()
            .position(|child| child.name == common.name);
        match known {
            Some(at) => merged.children[at] = overlaid_element(&merged.children[at], common),
            None => merged.children.push(common.clone()),
        }
    }
    merged
}

/// The slices of extensions, likewise.
fn add_slices(merged: &mut Change, common: &Change) {
    for slice in &common.slices {
        let known = merged
            .slices
            .iter()
            .position(|known| known.slice == slice.slice);
        match known {
            Some(at) => merged.slices[at] = overlaid_element(&merged.slices[at], slice),
            None => merged.slices.push(slice.clone()),
        }
    }
}

fn overlaid_element(own: &Change, common: &Change) -> Change {
    let mut merged = overlaid(own, &common.children);
    add_slices(&mut merged, common);
    let missing = common
        .facts
        .iter()
        .filter(|fact| !own.facts.has(fact.name()));
    missing.for_each(|fact| merged.facts.add(fact.clone()));
    merged.stated |= common.stated;
    merged
}

/// Extensions are sliced by their address wherever nothing else is said.
fn by_url() -> Fact {
    slicing("value", "url", "open")
}

pub(super) fn slicing(kind: &str, path: &str, rules: &str) -> Fact {
    let discriminator = vec![Fact::text("type", kind), Fact::text("path", path)];
    Fact::parts(
        "slicing",
        vec![
            Fact::parts("discriminator", discriminator),
            Fact::bare("ordered", false),
            Fact::text("rules", rules),
        ],
    )
}

fn discriminators(slicing: &Fact) -> Vec<(String, String)> {
    let parts = slicing.inside();
    let found = parts.iter().filter(|part| part.name() == "discriminator");
    let text = |part: &Fact, name: &str| part.text_of(name).unwrap_or_default().to_owned();
    found
        .map(|part| (text(part, "type"), text(part, "path")))
        .collect()
}

/// The kinds of discriminators that FHIR has, in any release.
const KINDS: [&str; 6] = ["value", "exists", "pattern", "type", "profile", "position"];

fn check_discriminators(slicing: &Fact, label: &str) -> Result<(), SnapshotError> {
    let unknown = |(kind, _): &&(String, String)| !KINDS.contains(&kind.as_str());
    match discriminators(slicing).iter().find(unknown) {
        Some((kind, _)) => Err(refuse(
            label,
            format!("`{kind}` is no kind of discriminator"),
        )),
        None => Ok(()),
    }
}

/// A slicing of the base may be made stricter, not different.
fn contradiction(known: &Fact, wanted: &Fact) -> Option<&'static str> {
    let (before, after) = (discriminators(known), discriminators(wanted));
    let kept =
        after.len() >= before.len() && before.iter().zip(&after).all(|(old, new)| old == new);
    if !before.is_empty() && !after.is_empty() && !kept {
        return Some("the discriminators are not those of the base");
    }
    let ordered = |slicing: &Fact| slicing.text_of("ordered").map(str::to_owned);
    if let (Some(before), Some(after)) = (ordered(known), ordered(wanted))
        && before != after
    {
        return Some("the base has the slices ordered otherwise");
    }
    let rules = |slicing: &Fact| slicing.text_of("rules").map(str::to_owned);
    match (rules(known).as_deref(), rules(wanted).as_deref()) {
        (Some("closed"), Some("open")) | (Some("openAtEnd"), Some("open")) => {
            Some("the base has stricter rules for its slices")
        }
        _ => None,
    }
}

fn same_discriminator(left: &Fact, right: &Fact) -> bool {
    ["type", "path"]
        .iter()
        .all(|part| left.text_of(part) == right.text_of(part))
}

fn merged_slicing(known: &Fact, wanted: &Fact) -> Fact {
    let mut facts: Facts = known.inside().into_iter().collect();
    for part in wanted.inside() {
        match part.name() {
            "discriminator" => {
                if !facts
                    .all("discriminator")
                    .any(|old| same_discriminator(old, &part))
                {
                    facts.add(part);
                }
            }
            _ => facts.set(part),
        }
    }
    Fact::parts("slicing", facts.iter().cloned().collect())
}
