//! What is said of codes that do not belong, or of which that cannot be told.

use super::CodeRef;
use super::expand::{self, Limits};
use super::packaged::Packaged;
use super::system::Doubt;
use super::value_set::ValueSet;

/// How many codes a message lists.
const LISTED: usize = 8;

/// `foo` is not one of the 4 codes of AdministrativeGender: male, female, other, unknown
pub(super) fn not_in(packaged: &Packaged, code: &CodeRef<'_>, value_set: &ValueSet) -> String {
    let written = written(code);
    let limits = Limits {
        codes: LISTED,
        steps: 300,
    };
    let expansion = expand::expand(packaged, value_set, "", limits);
    let is_whole =
        expansion.undecided.is_empty() && expansion.total == Some(expansion.contains.len());
    if !is_whole || expansion.contains.is_empty() {
        return format!(
            "`{written}` is not in the value set {} ({})",
            value_set.title(),
            value_set.canonical()
        );
    }
    let codes: Vec<_> = expansion
        .contains
        .iter()
        .map(|entry| entry.code.as_str())
        .collect();
    match codes.as_slice() {
        [one] => format!(
            "`{written}` is not `{one}`, the only code of {}",
            value_set.title()
        ),
        codes => format!(
            "`{written}` is not one of the {} codes of {}: {}",
            codes.len(),
            value_set.title(),
            codes.join(", ")
        ),
    }
}

/// whether `foo` is in the value set cannot be told: why
pub(super) fn undecided(code: &CodeRef<'_>, value_set: &ValueSet, doubt: &Doubt<'_>) -> String {
    format!(
        "whether `{}` is in the value set {} cannot be told: {doubt}",
        written(code),
        value_set.title()
    )
}

/// `system#code`, or the code alone.
pub(super) fn written(code: &CodeRef<'_>) -> String {
    match code.system {
        Some(system) => format!("{system}#{}", code.code),
        None => code.code.to_owned(),
    }
}
