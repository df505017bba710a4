//! One element of both profiles.

use super::Comparison;
use super::values::{bounds, holds};
use crate::fhir::definitions::{Binding, ElementDefinition, ElementType, Max, Severity, Strength};
use crate::fhir::terminology::{CodeRef, Limits, Membership, ValueSet, expand};
use crate::fhir::tree::Element;
use crate::fhir::validate::rules::lineage::derives;
use std::sync::Arc;

/// How many codes of a value set are compared.
const LIMITS: Limits = Limits {
    codes: 5_000,
    steps: 200_000,
};

/// The limit of an element that may not occur.
pub(super) const NEVER: Max = Max::Times(0);

impl<'c> Comparison<'c> {
    /// An element that both profiles spell out.
    pub(super) fn element(&mut self, theirs: &'c ElementDefinition, ours: &'c ElementDefinition) {
        self.counts(theirs, ours);
        // What may not occur needs no value.
        if ours.max == Some(NEVER) {
            return;
        }
        self.types(theirs, ours);
        self.values(theirs, ours);
        self.constraints(theirs, ours);
        if let Some(binding) = &theirs.binding {
            self.binding(binding, ours);
        }
    }

    /// An element that only the claimed profile spells out: here it is as its type defines it.
    pub(super) fn unnamed(&mut self, theirs: &ElementDefinition) {
        let Some(base) = theirs.base.as_ref().filter(|_| theirs.slice_name.is_none()) else {
            return;
        };
        if theirs.min.is_some_and(|min| min > base.min)
            || theirs.max.is_some_and(|max| max < base.max)
        {
            self.wider
                .push(format!("`{}` is limited there, and not here", theirs.id));
        }
    }

    fn counts(&mut self, theirs: &ElementDefinition, ours: &ElementDefinition) {
        let (least, due) = (ours.min.unwrap_or(0), theirs.min.unwrap_or(0));
        if least < due {
            self.wider.push(format!(
                "the least count of `{}` is {least}, and {due} there",
                ours.id
            ));
        }
        let (most, due) = (
            ours.max.unwrap_or(Max::Many),
            theirs.max.unwrap_or(Max::Many),
        );
        if most > due {
            let (most, due) = (shown(most), shown(due));
            self.wider.push(format!(
                "the greatest count of `{}` is {most}, and {due} there",
                ours.id
            ));
        }
    }

    /// Every type is allowed there, too.
    fn types(&mut self, theirs: &ElementDefinition, ours: &ElementDefinition) {
        if theirs.types.is_empty() {
            return;
        }
        for declared in &ours.types {
            let is_known = |known: &ElementType| {
                known.code == declared.code || derives(self.context, &declared.code, &known.code)
            };
            let Some(known) = theirs.types.iter().find(|known| is_known(known)) else {
                self.wider.push(format!(
                    "the type {} of `{}` is not allowed there",
                    declared.code, ours.id
                ));
                continue;
            };
            let stray = declared.target_profiles.iter().find(|target| {
                let mut allowed = known.target_profiles.iter();
                !known.target_profiles.is_empty()
                    && !allowed.any(|allowed| derives(self.context, target, allowed))
            });
            if let Some(stray) = stray {
                self.wider.push(format!(
                    "`{}` may refer to `{stray}`, which is not allowed there",
                    ours.id
                ));
            }
        }
    }

    /// Fixed values, patterns and limits hold here, too.
    fn values(&mut self, theirs: &ElementDefinition, ours: &ElementDefinition) {
        let own = ours.fixed.as_ref().or(ours.pattern.as_ref());
        if let Some(fixed) = &theirs.fixed {
            let is_same = ours.fixed.as_ref().is_some_and(|own| {
                holds(own.element(), fixed.element()) && holds(fixed.element(), own.element())
            });
            if !is_same && !self.says_more_below(ours) {
                self.wider.push(format!(
                    "the value of `{}` is fixed there, and not to the same here",
                    ours.id
                ));
            }
        }
        if let Some(pattern) = &theirs.pattern {
            let is_kept = own.is_some_and(|own| holds(own.element(), pattern.element()));
            if !is_kept && !self.says_more_below(ours) {
                self.wider.push(format!(
                    "the value of `{}` has a pattern there that is not kept here",
                    ours.id
                ));
            }
        }
        if let Some(most) = theirs
            .max_length
            .filter(|most| ours.max_length.is_none_or(|own| own > *most))
        {
            self.wider.push(format!(
                "`{}` is at most {most} characters long there",
                ours.id
            ));
        }
        if !bounds(theirs, ours) && own.is_none() {
            self.wider.push(format!(
                "the value of `{}` has limits there that are not kept here",
                ours.id
            ));
        }
    }

    /// Whether elements below narrow a value, as a pattern of the whole would.
    fn says_more_below(&self, ours: &ElementDefinition) -> bool {
        let prefix = format!("{}.", ours.id);
        let below = self
            .own
            .snapshot
            .iter()
            .filter(|element| element.id.starts_with(&prefix));
        below
            .into_iter()
            .any(|element| element.fixed.is_some() || element.pattern.is_some())
    }

    /// Invariants of the claimed profile stand here by the same expression.
    fn constraints(&mut self, theirs: &ElementDefinition, ours: &ElementDefinition) {
        for constraint in &theirs.constraints {
            let Some(expression) = constraint.expression.as_deref() else {
                continue;
            };
            let is_type_wide = constraint.source.as_deref().is_some_and(|source| {
                let found = self.context.definitions.structure(source);
                found.is_ok_and(|found| !found.is_profile())
            });
            if constraint.severity != Severity::Error || constraint.best_practice || is_type_wide {
                continue;
            }
            let mut own = ours.constraints.iter();
            let is_kept = own.any(|own| {
                let same = own.expression.as_deref().map(squeezed) == Some(squeezed(expression));
                same && own.severity == Severity::Error
            });
            if !is_kept {
                self.wider.push(format!(
                    "the invariant `{expression}` of `{}` is missing here",
                    ours.id
                ));
            }
        }
    }

    /// A binding that counts there is at least as strict here, and to no further codes.
    fn binding(&mut self, theirs: &Binding, ours: &ElementDefinition) {
        if theirs.strength < Strength::Extensible {
            return;
        }
        let Some(own) = &ours.binding else {
            self.wider
                .push(format!("`{}` is bound there, and not here", ours.id));
            return;
        };
        if own.strength < theirs.strength {
            let (own, due) = (strength_word(own.strength), strength_word(theirs.strength));
            self.wider.push(format!(
                "the binding of `{}` is {own}, and {due} there",
                ours.id
            ));
            return;
        }
        if theirs.strength != Strength::Required {
            return;
        }
        let Some((due, wanted)) = theirs.value_set.as_deref().zip(own.value_set.as_deref()) else {
            return;
        };
        if due == wanted && !due.starts_with('#') {
            return;
        }
        self.subset(wanted, due, &ours.id);
    }

    /// Whether all codes of one value set of this profile are in one of the claimed profile.
    fn subset(&mut self, own: &str, theirs: &str, id: &str) {
        let found = self.value_set(own, self.own.source.root());
        let above = self.value_set(theirs, self.claimed.source.root());
        let Some((found, above)) = found.zip(above) else {
            self.open
                .push(format!("a value set of `{id}` is not at hand"));
            return;
        };
        let expansion = expand(&self.packaged, &found, "", LIMITS);
        let mut further = Vec::new();
        let mut is_open = !expansion.undecided.is_empty();
        for entry in &expansion.contains {
            let code = CodeRef {
                system: Some(&entry.system),
                code: &entry.code,
                ..CodeRef::default()
            };
            match self.packaged.member_of(&code, &above) {
                Membership::Member => {}
                Membership::NotMember(_) => further.push(entry.code.as_str()),
                Membership::Undecided(_) => is_open = true,
            }
        }
        if !further.is_empty() {
            further.truncate(10);
            let codes = further.join(", ");
            self.wider.push(format!(
                "`{id}` may have codes that are not allowed there: {codes}"
            ));
        } else if is_open {
            self.open.push(format!(
                "the value sets of `{id}` cannot be compared as a whole"
            ));
        }
    }

    /// A value set by its address, or inside of a profile by `#id`.
    fn value_set(&self, address: &str, holder: Element<'_>) -> Option<Arc<ValueSet>> {
        let Some(id) = address.strip_prefix('#') else {
            return self.packaged.value_set(address);
        };
        let mut contained = crate::fhir::definitions::all(holder, "contained");
        let found =
            contained.find(|inner| crate::fhir::definitions::text(*inner, "id") == Some(id))?;
        self.packaged.compile(found).map(Arc::new)
    }
}

/// An expression without the white space between its parts.
fn squeezed(expression: &str) -> String {
    expression.split_whitespace().collect()
}

fn shown(max: Max) -> String {
    match max {
        Max::Times(most) => most.to_string(),
        Max::Many => "*".to_owned(),
    }
}

fn strength_word(strength: Strength) -> &'static str {
    match strength {
        Strength::Example => "example",
        Strength::Preferred => "preferred",
        Strength::Extensible => "extensible",
        Strength::Required => "required",
    }
}
