//! Slices of both profiles: those of the claimed profile are found here by what tells them apart, whatever their names.

use super::values::holds;
use super::{Comparison, find};
use crate::fhir::definitions::{ElementDefinition, Given, Max, Slicing, SlicingRules, Structure};

impl<'c> Comparison<'c> {
    /// The slices of an element of the claimed profile.
    pub(super) fn slicing(&mut self, theirs: &'c ElementDefinition) {
        let Some(slicing) = &theirs.slicing else {
            return;
        };
        // Extensions and types are told apart by definition, and slicing of them is added by snapshots themselves.
        let Some(ours) = find(self.own, &theirs.id) else {
            return;
        };
        let is_closed = |element: &ElementDefinition| {
            let slicing = element.slicing.as_ref();
            slicing.is_some_and(|slicing| slicing.rules == SlicingRules::Closed)
        };
        if is_closed(theirs) && !is_closed(ours) && ours.max != Some(super::element::NEVER) {
            self.wider.push(format!(
                "the slicing of `{}` is closed there, and not here",
                theirs.id
            ));
            return;
        }
        for slice in slices_of(self.claimed, &theirs.id) {
            match self.same_slice(slicing, slice, &ours.id) {
                Some(own) => self.slice(slice, own),
                None => self.missing(slice, is_closed(ours)),
            }
        }
    }

    /// The slice of this profile that takes what a slice of the claimed profile takes.
    fn same_slice(
        &self,
        slicing: &Slicing,
        theirs: &ElementDefinition,
        holder: &str,
    ) -> Option<&'c ElementDefinition> {
        let own = slices_of(self.own, holder);
        let by_values = own.iter().find(|own| {
            let mut paths = slicing.discriminators.iter();
            let agrees = paths.all(|discriminator| {
                let due = told_by(self.claimed, theirs, &discriminator.path);
                let own = told_by(self.own, own, &discriminator.path);
                due.zip(own)
                    .is_some_and(|(due, own)| holds(own.element(), due.element()))
            });
            !slicing.discriminators.is_empty() && agrees
        });
        let named = |own: &&&ElementDefinition| own.slice_name == theirs.slice_name;
        // Where no value tells slices apart, their names have to.
        let is_told = slicing
            .discriminators
            .iter()
            .all(|discriminator| told_by(self.claimed, theirs, &discriminator.path).is_some());
        match by_values {
            None if !is_told => own.iter().find(named),
            found => found,
        }
        .copied()
    }

    /// The same slice in both: itself, and all that is said of elements below.
    fn slice(&mut self, theirs: &'c ElementDefinition, ours: &'c ElementDefinition) {
        self.element(theirs, ours);
        let claimed = self.claimed;
        let prefix = format!("{}.", theirs.id);
        for below in claimed
            .snapshot
            .iter()
            .filter(|below| below.id.starts_with(&prefix))
        {
            let rest = &below.id[prefix.len()..];
            if !rest.contains(':') {
                self.counterpart(below, &format!("{}.{rest}", ours.id));
            }
        }
    }

    /// A slice that is missing here: nothing can fit it where slicing is closed, and anything where it is open.
    fn missing(&mut self, theirs: &ElementDefinition, is_closed: bool) {
        let is_required = theirs.min.is_some_and(|min| min > 0);
        let is_limited = theirs.max.is_some_and(|max| max < Max::Many) && !is_closed;
        if is_required || is_limited {
            self.wider
                .push(format!("there is no slice here that fits `{}`", theirs.id));
        }
    }
}

/// The slices of an element: one level, without slices of slices.
fn slices_of<'s>(structure: &'s Structure, id: &str) -> Vec<&'s ElementDefinition> {
    let prefix = format!("{id}:");
    let is_slice = |element: &&ElementDefinition| {
        let name = element.id.strip_prefix(&prefix);
        name.is_some_and(|name| !name.contains(['.', '/']))
    };
    structure.snapshot.iter().filter(is_slice).collect()
}

/// The value that tells a slice apart along the path of a discriminator: fixed or a pattern, there or above.
fn told_by(structure: &Structure, slice: &ElementDefinition, path: &str) -> Option<Given> {
    let given =
        |element: &ElementDefinition| element.fixed.clone().or_else(|| element.pattern.clone());
    if path == "$this" {
        return given(slice);
    }
    let steps: Vec<&str> = path.split('.').collect();
    (0..=steps.len()).rev().find_map(|kept| {
        let (there, further) = steps.split_at(kept);
        let id = there
            .iter()
            .fold(slice.id.to_string(), |id, step| format!("{id}.{step}"));
        let found = given(find(structure, &id)?)?;
        let mut value = found.element();
        for step in further {
            value = value.child(step)?;
        }
        Some(found.beside(value))
    })
}
