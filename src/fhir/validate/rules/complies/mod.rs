//! Profiles that claim to comply with others (the extension `structuredefinition-compliesWithProfile`): whatever is
//! valid by the one must be valid by the other, so the one is nowhere wider (profiling.html, "Comparing Profiles").
//!
//! Both snapshots are walked side by side, and only what is certainly wider counts. Invariants are compared by their
//! text: one that says the same in other words cannot be told from another one.

mod element;
mod slices;
mod values;

use super::Context;
use crate::fhir::definitions::{ElementDefinition, Missing, Structure, Trail, all, choice, text};
use crate::fhir::snapshot;
use crate::fhir::terminology::Packaged;
use crate::fhir::tree::Element;
use crate::fhir::validate::{Issue, IssueKind, Weight};
use std::sync::Arc;

const COMPLIES: &str =
    "http://hl7.org/fhir/StructureDefinition/structuredefinition-compliesWithProfile";

/// Looks at one structure.
pub(super) fn look(context: &Context<'_>, structure: Element<'_>, issues: &mut Vec<Issue>) {
    let claims = all(structure, "extension").filter(|found| text(*found, "url") == Some(COMPLIES));
    let claims: Vec<&str> = claims
        .filter_map(|claim| choice(claim, "value")?.value())
        .collect();
    if claims.is_empty() {
        return;
    }
    let Some(own) = Structure::read_at(structure) else {
        return;
    };
    // A structure without a snapshot is refused elsewhere.
    let Ok(own) = snapshot::complete(context.definitions, &own, &mut Trail::default()) else {
        return;
    };
    for address in claims {
        claim(context, structure, &own, address, issues);
    }
}

fn claim(
    context: &Context<'_>,
    place: Element<'_>,
    own: &Structure,
    address: &str,
    issues: &mut Vec<Issue>,
) {
    let claimed = match context.structure(address) {
        Ok(claimed) => claimed,
        Err(missing) => {
            let why = match &missing {
                Missing::Unknown => "it is not at hand",
                Missing::Unusable(why) => why,
            };
            let message = format!("whether the profile complies with `{address}` is open: {why}");
            issues.push(Issue::undecided(Weight::Minor, place, message));
            return;
        }
    };
    let mut comparison = Comparison::new(context, own, &claimed);
    comparison.elements();
    let Comparison { wider, open, .. } = comparison;
    if !wider.is_empty() {
        let message = format!(
            "the profile does not comply with `{address}`: {}",
            wider.join("; ")
        );
        let issue = Issue::error(IssueKind::Structure, "business-rule", place, message);
        issues.push(issue.of_profile(address));
    } else if !open.is_empty() {
        let message = format!(
            "whether the profile complies with `{address}` is open: {}",
            open.join("; ")
        );
        issues.push(Issue::undecided(Weight::Minor, place, message));
    }
}

/// One comparison under way.
struct Comparison<'c> {
    context: &'c Context<'c>,
    packaged: Packaged,
    own: &'c Structure,
    claimed: &'c Structure,
    /// Where this profile is wider: in words.
    wider: Vec<String>,
    /// What cannot be told.
    open: Vec<String>,
}

impl<'c> Comparison<'c> {
    fn new(context: &'c Context<'c>, own: &'c Structure, claimed: &'c Structure) -> Self {
        // The terminology of the run answers for value sets with addresses; those inside of profiles are compiled here.
        let definitions = context.definitions.with([]);
        Self {
            context,
            packaged: Packaged::new(Arc::new(definitions)),
            own,
            claimed,
            wider: Vec::new(),
            open: Vec::new(),
        }
    }

    fn elements(&mut self) {
        if self.own.type_name != self.claimed.type_name {
            let (own, claimed) = (&self.own.type_name, &self.claimed.type_name);
            self.wider.push(format!(
                "it is about {own}, and the other one about {claimed}"
            ));
            return;
        }
        let claimed = self.claimed;
        let outside = claimed
            .snapshot
            .iter()
            .filter(|element| !element.id.contains(':'));
        for theirs in outside {
            self.counterpart(theirs, &theirs.id);
        }
        for theirs in &claimed.snapshot {
            if theirs.slicing.is_some() && !theirs.id.contains(':') {
                self.slicing(theirs);
            }
        }
    }

    /// Compares an element with the one of an id in this profile, if it may occur there at all.
    fn counterpart(&mut self, theirs: &'c ElementDefinition, id: &str) {
        if self.is_ruled_out(id) {
            return;
        }
        match find(self.own, id) {
            Some(ours) => self.element(theirs, ours),
            None => self.unnamed(theirs),
        }
    }

    /// Whether an element above may not occur, so that whatever is said of it holds.
    fn is_ruled_out(&self, id: &str) -> bool {
        let mut above = id;
        while let Some((holder, _)) = above.rsplit_once('.') {
            above = holder;
            if find(self.own, above).is_some_and(|holder| holder.max == Some(element::NEVER)) {
                return true;
            }
        }
        false
    }
}

/// The element of an id.
fn find<'s>(structure: &'s Structure, id: &str) -> Option<&'s ElementDefinition> {
    structure.snapshot.iter().find(|element| *element.id == *id)
}

#[cfg(test)]
mod tests;
