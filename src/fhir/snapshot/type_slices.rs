//! What a differential says of the single types of a choice, and how the slices for them are called.

use super::apply::Session;
use super::differential::Change;
use super::facts::Fact;
use super::node::Node;
use super::{SnapshotError, refuse};
use crate::fhir::definitions::ElementType;

/// The most slices of one choice; FHIR has fewer types.
const MAX_SLICES: usize = 200;

/// What a differential says of one type of a choice (or of several, in one slice).
pub(super) struct OfType {
    pub(super) codes: Vec<String>,
    /// The name of the slice.
    pub(super) name: String,
    pub(super) change: Change,
}

impl OfType {
    /// Whether the type must be used.
    pub(super) fn is_mandatory(&self) -> bool {
        self.change.facts.min().is_some_and(|min| min > 0)
    }

    /// The change as if it had been written out with name and type.
    pub(super) fn whole_change(&self) -> Change {
        let mut change = self.change.clone();
        change.slice = Some(self.name.as_str().into());
        if !change.facts.has("type") {
            for code in &self.codes {
                let parts = vec![Fact::text("code", code)];
                change.facts.add(Fact::parts("type", parts));
            }
            change.stated = true;
        }
        change
    }

    /// The slice that the base has for it.
    pub(super) fn slice_in(&self, node: &Node) -> Option<usize> {
        node.slices.iter().position(|slice| {
            let types = distinct(slice.types());
            match (&types[..], &self.codes[..]) {
                ([kind], [code]) => *kind.code == **code,
                _ => slice.slice.as_deref() == Some(&*self.name),
            }
        })
    }
}

impl Session<'_> {
    /// What is said of each type, in order. The names of the slices are given by the types.
    pub(super) fn of_types(
        &self,
        node: &Node,
        whole: Option<&Change>,
        short: &[&Change],
    ) -> Result<Vec<OfType>, SnapshotError> {
        let mut found = Vec::new();
        for change in whole.into_iter().flat_map(|whole| &whole.slices) {
            found.push(self.of_slice(node, change)?);
            if found.len() > MAX_SLICES {
                return Err(refuse(
                    &change.label,
                    "the choice has more slices than there are types",
                ));
            }
        }
        let stem = node.choice_stem().unwrap_or_default();
        for change in short {
            let typed = change.name.strip_prefix(stem).unwrap_or_default();
            let Some(code) = self.type_in_name(typed) else {
                return Err(refuse(&change.label, format!("`{typed}` is no type")));
            };
            if change.stated || !change.children.is_empty() {
                found.push(self.of_short(stem, change, &code)?);
            }
            for slice in &change.slices {
                found.push(self.of_short(stem, slice, &code)?);
            }
        }
        Ok(found)
    }

    /// `value[x]:valueQuantity`: the type is stated, or stands in the name, or is that of the base's slice.
    fn of_slice(&self, node: &Node, change: &Change) -> Result<OfType, SnapshotError> {
        let stem = node.choice_stem().unwrap_or_default();
        let types = distinct(change.facts.types());
        match &types[..] {
            [] => {
                let code = self.type_of_slice(node, change);
                let code = code.ok_or_else(|| {
                    refuse(
                        &change.label,
                        "the slice of a choice does not tell its type",
                    )
                })?;
                self.named(stem, change, code)
            }
            [kind] => self.named(stem, change, kind.code.to_string()),
            several => Ok(OfType {
                codes: several.iter().map(|kind| kind.code.to_string()).collect(),
                name: change.slice.as_deref().unwrap_or_default().to_owned(),
                change: change.clone(),
            }),
        }
    }

    fn type_of_slice(&self, node: &Node, change: &Change) -> Option<String> {
        let slice = change.slice.as_deref()?;
        let named = slice.strip_prefix(node.choice_stem()?);
        named.and_then(|name| self.type_in_name(name)).or_else(|| {
            let mut slices = node.slices.iter();
            let known = slices.find(|known| known.slice.as_deref() == Some(slice))?;
            match &distinct(known.types())[..] {
                [kind] => Some(kind.code.to_string()),
                _ => None,
            }
        })
    }

    /// `valueQuantity`, for short: the type is the one in the name.
    fn of_short(&self, stem: &str, change: &Change, code: &str) -> Result<OfType, SnapshotError> {
        let types = change.facts.types();
        match types.iter().find(|kind| *kind.code != *code) {
            Some(other) => Err(refuse(
                &change.label,
                format!("a slice for `{code}` cannot have the type `{}`", other.code),
            )),
            None => self.named(stem, change, code.to_owned()),
        }
    }

    fn named(&self, stem: &str, change: &Change, code: String) -> Result<OfType, SnapshotError> {
        let named = format!("{stem}{}", capital(&code));
        let given = change.slice.as_deref();
        if let Some(slice) = given
            && slice != named
            && !self.in_slice
        {
            let message = format!("the slice for `{code}` must be called `{named}`, not `{slice}`");
            self.fault(&change.label, message)?;
        }
        Ok(OfType {
            codes: vec![code],
            name: given.map_or(named, str::to_owned),
            change: change.clone(),
        })
    }
}

/// A choice is sliced by the type of the element itself, and in no order.
pub(super) fn check_slicing(whole: &Change) -> Result<(), SnapshotError> {
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

/// STU3 repeats a type for each of its profiles.
pub(super) fn distinct(mut types: Vec<ElementType>) -> Vec<ElementType> {
    types.dedup_by(|right, left| right.code == left.code);
    types
}

pub(super) fn capital(code: &str) -> String {
    let mut letters = code.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}
