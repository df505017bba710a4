//! Slices of a choice of types: one for each type that a differential speaks of, by `value[x]:valueQuantity` or, for
//! short, by `valueQuantity`.

use super::apply::{Session, Standing};
use super::differential::Change;
use super::facts::Fact;
use super::node::Node;
use super::slices::slicing;
use super::{Faults, SnapshotError, refuse};
use crate::fhir::definitions::{ElementType, Max, Structure, Version};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What a differential says of one type of a choice (or of several, in one slice).
struct OfType {
    codes: Vec<String>,
    name: String,
    change: Change,
}

impl Session<'_> {
    /// Makes changes that are about single types of a choice.
    pub(super) fn choose(
        &mut self,
        node: &mut Node,
        changes: &[&Change],
    ) -> Result<(), SnapshotError> {
        let (whole, short): (Vec<&Change>, Vec<&Change>) =
            changes.iter().partition(|change| is_whole(node, change));
        let whole = whole.first().copied();
        if let [change] = short[..]
            && whole.is_some_and(|whole| whole.slices.is_empty() && !whole.facts.has("slicing"))
            && !change.stated
            && change.slices.is_empty()
        {
            return self.choose_only(node, whole, change);
        }
        let of_types = self.of_types(node, whole, &short)?;
        let before = node.unsliced();
        let was_sliced = node.is_sliced();
        if let Some(whole) = whole {
            if let Err(fault) = check_slicing(whole)
                && self.manner.faults == Faults::Refused
            {
                return Err(fault);
            }
            self.merge(node, whole, Standing::Inherited)?;
            self.below(node, &whole.children, &whole.label)?;
        }
        for of_type in &of_types {
            self.slice_of_type(node, &before, of_type, of_types.len())?;
        }
        bring_forward(node, &of_types);
        let is_short = whole.is_none_or(|whole| !whole.stated);
        self.close_choice(node, &of_types, was_sliced, is_short);
        Ok(())
    }

    /// Where faults are followed, content of a choice that only one of its types has is content of that type.
    pub(super) fn type_with_content(&mut self, node: &Node, change: &Change) -> Option<Change> {
        let stem = node.choice_stem()?;
        let types = distinct(node.types());
        let is_told = change.facts.has("type") || change.children.is_empty();
        if self.manner.faults == Faults::Refused || is_told || types.len() < 2 {
            return None;
        }
        let has_all = |found: &Arc<Structure>| {
            let root = Node::of_snapshot(found).ok();
            root.is_some_and(|root| {
                let named =
                    |child: &Change| root.children.iter().any(|known| *known.name == *child.name);
                change.children.iter().all(named)
            })
        };
        let mut fitting = types.iter().filter(|kind| {
            let found = self.whole_type(&kind.code);
            found.is_some_and(|found| has_all(&found))
        });
        let (Some(kind), None) = (fitting.next(), fitting.next()) else {
            return None;
        };
        let mut of_type = change.clone();
        of_type.name = format!("{stem}{}", capital(&kind.code)).into();
        Some(of_type)
    }

    /// A choice that is narrowed first, and followed by its short name then.
    fn choose_only(
        &mut self,
        node: &mut Node,
        whole: Option<&Change>,
        short: &Change,
    ) -> Result<(), SnapshotError> {
        if let Some(whole) = whole {
            self.apply(node, whole, Standing::Inherited)?;
        }
        match &distinct(node.types())[..] {
            [_] if !node.is_sliced() => self.below(node, &short.children, &short.label),
            _ => self.choose(node, &[short]),
        }
    }

    /// Narrows a choice to the one type that a short name stands for.
    pub(super) fn narrow(&mut self, node: &mut Node, change: &Change) -> Result<(), SnapshotError> {
        let stem = node.choice_stem().unwrap_or_default();
        let typed = change.name.strip_prefix(stem).unwrap_or_default();
        if let Some(code) = self.type_in_name(typed)
            && node.types().iter().any(|kind| *kind.code == *code)
        {
            keep_types(node, |kind| kind == code);
        }
        self.apply(node, change, Standing::Inherited)
    }

    /// What is said of each type, in order. The names of the slices are given by the types.
    fn of_types(
        &self,
        node: &Node,
        whole: Option<&Change>,
        short: &[&Change],
    ) -> Result<Vec<OfType>, SnapshotError> {
        let slices = whole.into_iter().flat_map(|whole| &whole.slices);
        let mut found = Vec::new();
        for change in slices {
            found.push(self.of_type(node, change, None)?);
        }
        let stem = node.choice_stem().unwrap_or_default();
        for change in short {
            let typed = change.name.strip_prefix(stem).unwrap_or_default();
            let code = self.type_in_name(typed);
            if change.stated || !change.children.is_empty() {
                found.push(self.of_type(node, change, code.as_deref())?);
            }
            for slice in &change.slices {
                found.push(self.of_type(node, slice, code.as_deref())?);
            }
        }
        Ok(found)
    }

    fn of_type(
        &self,
        node: &Node,
        change: &Change,
        code: Option<&str>,
    ) -> Result<OfType, SnapshotError> {
        let stem = node.choice_stem().unwrap_or_default();
        let label = &change.label;
        let types = change.facts.types();
        let named = || {
            let name = change.slice.as_deref()?.strip_prefix(stem)?;
            self.type_in_name(name)
        };
        let known = node
            .slices
            .iter()
            .find(|slice| slice.slice.as_deref() == change.slice.as_deref());
        let of_known = || match &distinct(known?.types())[..] {
            [kind] => Some(kind.code.to_string()),
            _ => None,
        };
        let types = distinct(types);
        let code = match (code, &types[..]) {
            (None, [_, _, ..]) => return self.of_several(change, &types),
            (Some(_), [_, _, ..]) => {
                return Err(refuse(
                    label,
                    "a short name stands for one type, and no more",
                ));
            }
            (Some(code), [kind]) if *kind.code != *code => {
                return Err(refuse(
                    label,
                    format!("a slice for `{code}` cannot have the type `{}`", kind.code),
                ));
            }
            (Some(code), _) => Some(code.to_owned()),
            (None, [kind]) => Some(kind.code.to_string()),
            (None, []) => named().or_else(of_known),
        };
        let code =
            code.ok_or_else(|| refuse(label, "the slice of a choice does not tell its type"))?;
        let named = format!("{stem}{}", capital(&code));
        if let Some(slice) = change.slice.as_deref()
            && slice != named
            && !self.in_slice
        {
            self.fault(
                label,
                format!("the slice for `{code}` must be called `{named}`, not `{slice}`"),
            )?;
        }
        let name = change.slice.as_deref().map_or(named, str::to_owned);
        Ok(OfType {
            codes: vec![code],
            name,
            change: change.clone(),
        })
    }

    /// A slice for several types has the name that its author gave it.
    fn of_several(&self, change: &Change, types: &[ElementType]) -> Result<OfType, SnapshotError> {
        let Some(name) = change.slice.as_deref() else {
            return Err(refuse(&change.label, "a slice of a choice has no name"));
        };
        Ok(OfType {
            codes: types.iter().map(|kind| kind.code.to_string()).collect(),
            name: name.to_owned(),
            change: change.clone(),
        })
    }

    fn slice_of_type(
        &mut self,
        node: &mut Node,
        before: &Node,
        of_type: &OfType,
        count: usize,
    ) -> Result<(), SnapshotError> {
        let mut change = of_type.change.clone();
        change.slice = Some(of_type.name.as_str().into());
        if !change.facts.has("type") {
            for code in &of_type.codes {
                let parts = vec![Fact::text("code", code)];
                change.facts.add(Fact::parts("type", parts));
            }
            change.stated = true;
        }
        if count > 1 && change.facts.min().is_some_and(|min| min > 0) {
            self.fault(
                &change.label,
                "the slice for one type is mandatory, so that those for other types can never be",
            )?;
        }
        let limit = node.max();
        if let Some(at) = slice_of(node, of_type) {
            return self.apply_in_slice(&mut node.slices[at], &change, Standing::Inherited);
        }
        self.spend(&change.label, before.size())?;
        let mut made = before.clone();
        made.slice = change.slice.as_deref().map(Into::into);
        let keeps_min = count == 1;
        let standing = Standing::NewSlice {
            keeps_min,
            among_others: false,
        };
        self.apply_in_slice(&mut made, &change, standing)?;
        if let (Some(limit), Some(max)) = (limit, made.max())
            && max > limit
        {
            made.facts.set_max(limit);
        }
        node.slices.push(made);
        Ok(())
    }

    /// Sets the slicing by type, and takes the types out that are no longer possible.
    fn close_choice(
        &mut self,
        node: &mut Node,
        of_types: &[OfType],
        was_sliced: bool,
        is_short: bool,
    ) {
        let mandatory = node.slices.iter().find(|slice| slice.min() > 0);
        let fixed = mandatory.and_then(|slice| slice.types().first().map(|kind| kind.code.clone()));
        let is_needed = |of_type: &OfType| of_type.change.facts.min().is_some_and(|min| min > 0);
        if let Some(code) = &fixed
            && of_types.iter().any(is_needed)
        {
            node.facts.set_min(1);
            keep_types(node, |kind| kind == &**code);
        }
        let sliced: BTreeSet<&str> = of_types
            .iter()
            .flat_map(|of_type| &of_type.codes)
            .map(|code| &**code)
            .collect();
        let covered = node.types().iter().all(|kind| sliced.contains(&*kind.code));
        let gone = node.max() == Some(Max::Times(0));
        let mut rules = "closed";
        if !was_sliced && !covered && !gone {
            // In STU3 a short name left out all other types; later it says nothing of them, but in extensions.
            let narrows = self.definitions.version() == Version::Stu3 || self.is_in_extension(node);
            if is_short && narrows {
                keep_types(node, |kind| sliced.contains(kind));
            } else {
                rules = "open";
            }
        }
        node.facts.set(slicing("type", "$this", rules));
    }

    fn is_in_extension(&self, node: &Node) -> bool {
        let base = node.facts.get("base").and_then(|base| base.text_of("path"));
        base == Some("Extension.value[x]")
    }
}

/// The slices that a differential speaks of come first, as it has them.
fn bring_forward(node: &mut Node, of_types: &[OfType]) {
    let spoken_of = |slice: &Node| {
        let at = of_types
            .iter()
            .position(|of_type| slice.slice.as_deref() == Some(&*of_type.name));
        at.unwrap_or(of_types.len())
    };
    node.slices.sort_by_key(spoken_of);
}

fn slice_of(node: &Node, of_type: &OfType) -> Option<usize> {
    node.slices.iter().position(|slice| {
        let types = slice.types();
        match &distinct(types)[..] {
            [kind] => of_type.codes.len() == 1 && *kind.code == *of_type.codes[0],
            _ => slice.slice.as_deref() == Some(&*of_type.name),
        }
    })
}

/// A choice is sliced by the type of the element itself, and in no order.
fn check_slicing(whole: &Change) -> Result<(), SnapshotError> {
    let Some(slicing) = whole.facts.get("slicing") else {
        return Ok(());
    };
    if slicing.text_of("ordered") == Some("true") {
        return Err(refuse(&whole.label, "the types of a choice have no order"));
    }
    let parts = slicing.inside();
    let found: Vec<&Fact> = parts
        .iter()
        .filter(|part| part.name() == "discriminator")
        .collect();
    let by_type =
        |part: &Fact| part.text_of("type") == Some("type") && part.text_of("path") == Some("$this");
    match found[..] {
        [] => Ok(()),
        [part] if by_type(part) => Ok(()),
        _ => Err(refuse(
            &whole.label,
            "a choice of types is sliced by `type` of `$this`",
        )),
    }
}

/// Whether a change is about all types of a choice. Some authors leave the brackets out.
fn is_whole(node: &Node, change: &Change) -> bool {
    *change.name == *node.name || Some(&*change.name) == node.choice_stem()
}

/// STU3 repeats a type for each of its profiles.
fn distinct(mut types: Vec<ElementType>) -> Vec<ElementType> {
    types.dedup_by(|right, left| right.code == left.code);
    types
}

fn keep_types(node: &mut Node, keeps: impl Fn(&str) -> bool) {
    node.facts
        .keep(|fact| fact.name() != "type" || fact.as_type().is_none_or(|kind| keeps(&kind.code)));
}

pub(super) fn capital(code: &str) -> String {
    let mut letters = code.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}
