//! What a differential may not say.

use super::apply::Session;
use super::differential::Change;
use super::merge::refuse_flag;
use super::node::Node;
use super::{Faults, SnapshotError, refuse};
use crate::fhir::definitions::{ElementType, Given, Max, StructureKind};

/// The most targets of one type; a reference to any of FHIR's resources needs fewer.
const MAX_TARGETS: usize = 500;

impl Session<'_> {
    /// Checks what a change says against the element as it was so far.
    pub(super) fn check_change(
        &mut self,
        node: &Node,
        change: &Change,
        max_before: Option<Max>,
    ) -> Result<(), SnapshotError> {
        let checked = check_limits(node, change, max_before)
            .and_then(|()| check_flags(node, change))
            .and_then(|()| check_binding(node, change))
            .and_then(|()| self.check_types(node, change));
        match (checked, self.manner.faults) {
            (Err(fault), Faults::Refused) => Err(fault),
            (Err(_), Faults::Followed) | (Ok(()), _) => Ok(()),
        }
    }

    /// A type may only be narrowed: to one of those that the base allows, or to one that builds on it.
    fn check_types(&mut self, node: &Node, change: &Change) -> Result<(), SnapshotError> {
        if !change.facts.has("type") || same_types(node, change) {
            return Ok(());
        }
        let known = node.types();
        if self.specializes() {
            // A type of its own says anew what its elements are.
            return Ok(());
        }
        if self.is_root(change) {
            return self.check_root(change);
        }
        for wanted in change.facts.types() {
            if !known.is_empty() {
                self.check_narrowing(&known, &wanted, &change.label)?;
            }
            self.check_profiles(node, &wanted, &change.label)?;
        }
        Ok(())
    }

    fn is_root(&self, change: &Change) -> bool {
        !change.label.contains('.')
            && !change.facts.has("base")
            && *change.name == *super::differential::path_root(&self.structure.type_name)
    }

    /// The root has no type to be narrowed: it is the type.
    fn check_root(&self, change: &Change) -> Result<(), SnapshotError> {
        let is_own = |kind: &ElementType| {
            kind.profiles.is_empty() && self.builds_on(&self.structure.type_name, &kind.code)
        };
        match self.structure.kind == StructureKind::Logical
            || change.facts.types().iter().all(is_own)
        {
            true => Ok(()),
            false => Err(refuse(
                &change.label,
                "the root cannot be constrained to a type or a profile",
            )),
        }
    }

    fn check_narrowing(
        &mut self,
        known: &[ElementType],
        wanted: &ElementType,
        label: &str,
    ) -> Result<(), SnapshotError> {
        let fitting: Vec<&ElementType> = known
            .iter()
            .filter(|kind| self.narrows(&kind.code, &wanted.code))
            .collect();
        if fitting.is_empty() {
            let codes: Vec<&str> = known.iter().map(|kind| &*kind.code).collect();
            return Err(refuse(
                label,
                format!(
                    "the type `{}` is none of those that the base allows: {}",
                    wanted.code,
                    codes.join(", ")
                ),
            ));
        }
        if wanted.target_profiles.len() > MAX_TARGETS {
            return Err(refuse(label, "the type has too many targets"));
        }
        for target in &wanted.target_profiles {
            let fits = fitting.iter().any(|kind| self.targets(kind, target));
            if !fits {
                return Err(refuse(
                    label,
                    format!("the target `{target}` is none of those that the base allows"),
                ));
            }
        }
        Ok(())
    }

    /// Whether references of a type may go to what a profile describes.
    fn targets(&self, kind: &ElementType, target: &str) -> bool {
        kind.target_profiles.is_empty() || self.conforms_to_one(target, &kind.target_profiles)
    }

    /// A profile on a type must be one on that type, or on one that builds on it.
    fn check_profiles(
        &mut self,
        node: &Node,
        wanted: &ElementType,
        label: &str,
    ) -> Result<(), SnapshotError> {
        // bundle.html: the outcome of an entry is an OperationOutcome, though its type is declared as any resource.
        let is_outcome = node.facts.get("base").and_then(|base| base.text_of("path"))
            == Some("Bundle.entry.response.outcome");
        let code = if is_outcome {
            "OperationOutcome"
        } else {
            &wanted.code
        };
        for profile in &wanted.profiles {
            let Some(described) = self.type_described_by(profile) else {
                continue;
            };
            if !self.builds_on(&described, code) {
                return Err(refuse(
                    label,
                    format!("`{profile}` describes the type `{described}`, not `{code}`"),
                ));
            }
        }
        Ok(())
    }

    /// A fixed value or a pattern must be of one of the element's types.
    pub(super) fn check_values(&self, node: &Node, label: &str) -> Result<(), SnapshotError> {
        for prefix in ["fixed", "pattern"] {
            let Some(fact) = node.facts.choice(prefix) else {
                continue;
            };
            let given = Given::type_named(fact.name(), prefix);
            let types = node.types();
            let fits = match types.is_empty() {
                true => node.facts.has("contentReference") || given == *self.structure.type_name,
                false => types.iter().any(|kind| *kind.code == *given),
            };
            if !fits {
                let message =
                    format!("the {prefix} value is a {given}, which is no type of the element");
                self.fault(label, message)?;
            }
        }
        Ok(())
    }

    /// Whether a change to an element is about its types one by one.
    pub(super) fn is_type_slicing(&self, node: &Node, change: &Change) -> bool {
        let Some(_) = node.choice_stem() else {
            return false;
        };
        *change.name != *node.name
            || change.facts.has("slicing")
            || !change.slices.is_empty()
            || node.is_sliced()
    }
}

fn same_types(node: &Node, change: &Change) -> bool {
    let mut known = node.facts.all("type");
    let mut wanted = change.facts.all("type");
    loop {
        match (known.next(), wanted.next()) {
            (None, None) => return true,
            (Some(known), Some(wanted)) if known.says_what(wanted) => {}
            _ => return false,
        }
    }
}

fn check_limits(
    node: &Node,
    change: &Change,
    max_before: Option<Max>,
) -> Result<(), SnapshotError> {
    let (min, max) = (change.facts.min(), change.facts.max());
    if let Some(min) = min
        && min < node.min()
        && change.slice.is_none()
    {
        let message = format!(
            "a minimum of {min} is below that of the base, {}",
            node.min()
        );
        return Err(refuse(&change.label, message));
    }
    if let (Some(max), Some(known)) = (max, max_before)
        && max > known
    {
        return Err(refuse(
            &change.label,
            "the maximum is above that of the base",
        ));
    }
    if let (Some(min), Some(Max::Times(most))) = (min, max)
        && min > most
    {
        let message = format!("the minimum, {min}, is above the maximum, {most}");
        return Err(refuse(&change.label, message));
    }
    Ok(())
}

fn check_flags(node: &Node, change: &Change) -> Result<(), SnapshotError> {
    for name in ["mustSupport", "mustHaveValue"] {
        if node.facts.flag(name) == Some(true) && change.facts.flag(name) == Some(false) {
            return Err(refuse_flag(&change.label, name));
        }
    }
    if let (Some(known), Some(wanted)) =
        (node.facts.flag("isSummary"), change.facts.flag("isSummary"))
        && known != wanted
    {
        return Err(refuse(
            &change.label,
            "a profile cannot change whether an element belongs to the summary",
        ));
    }
    Ok(())
}

fn check_binding(node: &Node, change: &Change) -> Result<(), SnapshotError> {
    let strength = |facts: &super::facts::Facts| {
        let binding = facts.get("binding")?;
        binding.text_of("strength").map(str::to_owned)
    };
    let known = strength(&node.facts);
    match (known.as_deref(), strength(&change.facts).as_deref()) {
        (Some("required"), Some(wanted)) if wanted != "required" => Err(refuse(
            &change.label,
            format!("a required binding cannot become `{wanted}`"),
        )),
        _ => Ok(()),
    }
}
