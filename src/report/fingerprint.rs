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
    /// How many lines before this one ask the same in the same step: what tells twins apart.
    occurrence: usize,
}

/// The failed checks of a requirement, one entry for each line of a scenario file, in the plan's order.
pub fn by_line(requirement: &Requirement) -> Vec<Line<'_>> {
    let mut lines: Vec<Line<'_>> = Vec::new();
    let mut known: BTreeMap<(&str, u32, &str), usize> = BTreeMap::new();
    let mut asked: BTreeMap<[&str; 4], usize> = BTreeMap::new();
    for check in priorities::failed(requirement) {
        let key = (
            check.place.file.as_str(),
            check.place.line,
            check.check.as_ref(),
        );
        let position = *known.entry(key).or_insert_with(|| {
            let before = asked.entry(question(check)).or_default();
            lines.push(Line {
                check,
                failures: 0,
                occurrence: *before,
            });
            *before += 1;
            lines.len() - 1
        });
        lines[position].failures += 1;
    }
    lines
}

/// What names a check from run to run: file, scenario without its row, step, and the check itself.
fn question(check: &Check) -> [&str; 4] {
    let scenario = check.scenario.split('[').next().unwrap_or_default();
    [&check.place.file, scenario, &check.step, &check.check]
}

/// SHA-256 over what names the failure: not over its line, which moves, nor over what was observed, which varies.
pub fn of(pack: &Pack, requirement: &Requirement, line: &Line<'_>) -> String {
    let mut hasher = Sha256::new();
    for part in [pack.pack.as_str(), &requirement.id]
        .into_iter()
        .chain(question(line.check))
    {
        hasher.update(part.as_bytes());
        hasher.update([0]);
    }
    hasher.update(line.occurrence.to_le_bytes());
    hexadecimal(&hasher.finalize())
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // invariant: writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
