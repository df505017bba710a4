//! Names of failures that stay the same from run to run, so that services see what is new and what was mended.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::priorities;
use super::view::{Check, Pack, Requirement};

/// The failures of one requirement at one line of a scenario.
pub struct Line<'a> {
    /// The first of them.
    pub check: &'a Check,
    /// How many there are: one for each row of the scenario.
    pub failures: usize,
}

/// The failed checks of a requirement, one entry for each line of a scenario file, in the plan's order.
pub fn by_line(requirement: &Requirement) -> Vec<Line<'_>> {
    let mut lines: Vec<Line<'_>> = Vec::new();
    let mut known: BTreeMap<(&str, u32, &str), usize> = BTreeMap::new();
    for check in priorities::failed(requirement) {
        let key = (
            check.place.file.as_str(),
            check.place.line,
            check.check.as_ref(),
        );
        let position = *known.entry(key).or_insert_with(|| {
            lines.push(Line { check, failures: 0 });
            lines.len() - 1
        });
        lines[position].failures += 1;
    }
    lines
}

/// SHA-256 over what names the failure: not over its line, which moves, nor over what was observed, which varies.
pub fn of(pack: &Pack, requirement: &Requirement, line: &Line<'_>) -> String {
    let scenario = line.check.scenario.split('[').next().unwrap_or_default();
    let mut hasher = Sha256::new();
    for part in [
        &pack.pack,
        &requirement.id,
        &line.check.place.file,
        scenario,
        &line.check.step,
        &line.check.check,
    ] {
        hasher.update(part.as_bytes());
        hasher.update([0]);
    }
    hexadecimal(&hasher.finalize())
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // invariant: writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
