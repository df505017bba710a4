//! Names of packages that say which FHIR they are for.

use super::{PackageName, PackageReference};

/// The packages that hold a FHIR version's own definitions. `hl7.fhir.core` is what all of them were called once.
pub fn is_core(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name == UNDIVIDED || RELEASES.iter().any(|(_, release)| name == core_of(release))
}

const UNDIVIDED: &str = "hl7.fhir.core";

/// How a version of FHIR begins, and how packages for it are marked.
const RELEASES: [(&str, &str); 7] = [
    ("1.0", "r2"),
    ("3.0", "r3"),
    ("4.0", "r4"),
    ("4.1", "r4b"),
    ("4.3", "r4b"),
    ("5.0", "r5"),
    ("6.0", "r6"),
];

fn core_of(release: &str) -> String {
    format!("hl7.fhir.{release}.core")
}

/// How packages for a FHIR version are marked: `r4` for `4.0.1`.
fn release(fhir_version: &str) -> Option<&'static str> {
    let row = RELEASES.iter().find(|(start, _)| {
        let rest = fhir_version.strip_prefix(start);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    });
    row.map(|(_, release)| *release)
}

/// Other names under which a package may be at hand, likeliest first: the core packages before and after they were divided, and the
/// variants `NAME.r4`, `NAME.r5` that one publication makes for each FHIR version.
pub(super) fn other_names(wanted: &PackageReference, fhir_versions: &[String]) -> Vec<PackageName> {
    let name = wanted.name.folded();
    let mut names = Vec::new();
    if name == UNDIVIDED {
        names.extend(release(wanted.range.as_str()).map(core_of));
    } else if is_core(name) {
        names.push(UNDIVIDED.to_owned());
    } else if let Some((plain, _)) = name.rsplit_once('.').filter(|(_, end)| is_mark(end)) {
        names.push(plain.to_owned());
    } else {
        let marks = fhir_versions.iter().filter_map(|version| release(version));
        names.extend(marks.map(|mark| format!("{name}.{mark}")));
    }
    names.iter().filter_map(|name| name.parse().ok()).collect()
}

fn is_mark(end: &str) -> bool {
    RELEASES.iter().any(|(_, mark)| *mark == end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_have_other_names() {
        let others = |wanted: &str, fhir: &[&str]| -> Vec<String> {
            let fhir: Vec<String> = fhir.iter().map(ToString::to_string).collect();
            let names = other_names(&wanted.parse().unwrap(), &fhir);
            names.iter().map(ToString::to_string).collect()
        };
        assert_eq!(others("hl7.fhir.core#3.0.1", &[]), ["hl7.fhir.r3.core"]);
        assert_eq!(others("hl7.fhir.core#4.3.0", &[]), ["hl7.fhir.r4b.core"]);
        assert_eq!(others("hl7.fhir.r3.core#3.0.1", &[]), ["hl7.fhir.core"]);
        assert_eq!(
            others("hl7.terminology#7.0.1", &["4.0.1"]),
            ["hl7.terminology.r4"]
        );
        assert_eq!(
            others("hl7.terminology.r4#7.0.1", &["4.0.1"]),
            ["hl7.terminology"]
        );
        assert!(others("hl7.terminology#7.0.1", &[]).is_empty());
        assert!(
            is_core("HL7.FHIR.R4.CORE")
                && !is_core("hl7.fhir.us.core")
                && !is_core("hl7.fhir.r4.examples")
        );
    }
}
