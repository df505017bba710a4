//! Which package's definition a canonical URL means, and where packages contradict each other.

use std::collections::BTreeMap;

use super::{Index, IndexEntry, PackageId, PackageVersion};

/// All canonicals of a list of packages, the later of which are the more specific: dependencies stand before what needs them.
#[derive(Debug, Default)]
pub struct Canonicals<'a> {
    packages: Vec<&'a PackageId>,
    by_url: BTreeMap<&'a str, Vec<Definition<'a>>>,
}

/// One definition: the place of its package in the list, and its entry.
#[derive(Debug, Clone, Copy)]
struct Definition<'a> {
    package: usize,
    entry: &'a IndexEntry,
}

/// What a canonical means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found<'a> {
    /// This definition of this package.
    One(&'a PackageId, &'a IndexEntry),
    /// Only other versions are there, which are these.
    OtherVersions(Vec<&'a str>),
    /// Nobody defines it.
    Nothing,
}

/// Two packages, or twice the same, that define the same canonicals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clash {
    /// Whose definitions are used: the later package's.
    pub winner: PackageId,
    /// Whose are not.
    pub loser: PackageId,
    /// Canonicals that both define in the same version: the loser's can never be had. Sorted.
    pub same_version: Vec<String>,
    /// Canonicals that both define, in different versions: the loser's is had by its version only. Sorted.
    pub other_version: Vec<String>,
}

impl<'a> Canonicals<'a> {
    /// Of packages in the order in which they are loaded.
    pub fn of(packages: impl IntoIterator<Item = (&'a PackageId, &'a Index)>) -> Self {
        let mut all = Self::default();
        for (package, index) in packages {
            let place = all.packages.len();
            all.packages.push(package);
            for entry in &index.entries {
                if let Some(url) = &entry.url {
                    let definition = Definition {
                        package: place,
                        entry,
                    };
                    all.by_url.entry(url).or_default().push(definition);
                }
            }
        }
        all
    }

    /// Resolves `url`, `url|version` or `url|4.0` (any version that begins so); a `#fragment` is left aside.
    ///
    /// With a version: that one, of the latest package that has it. Without: of the latest package that defines the URL, its highest
    /// version.
    pub fn find(&self, canonical: &str) -> Found<'a> {
        let bare = canonical.split('#').next().unwrap_or(canonical);
        let (url, version) = match bare.split_once('|') {
            Some((url, version)) => (url, Some(version).filter(|version| !version.is_empty())),
            None => (bare, None),
        };
        let Some(definitions) = self.by_url.get(url) else {
            return Found::Nothing;
        };
        let fits = |definition: &&Definition<'_>| match version {
            Some(wanted) => is_version(definition.entry.version.as_deref(), wanted),
            None => true,
        };
        let best = definitions
            .iter()
            .filter(fits)
            .max_by_key(|definition| rank(definition, version));
        match best {
            Some(best) => Found::One(self.packages[best.package], best.entry),
            None => Found::OtherVersions(
                definitions
                    .iter()
                    .filter_map(|one| one.entry.version.as_deref())
                    .collect(),
            ),
        }
    }

    /// Which packages define the same canonicals, a row for each pair of them, in the order of the list.
    pub fn clashes(&self) -> Vec<Clash> {
        let mut pairs: BTreeMap<(usize, usize), Clash> = BTreeMap::new();
        for (url, definitions) in &self.by_url {
            for (at, loser) in definitions.iter().enumerate() {
                // Each loses to the next one only: three packages give two rows, not three.
                let Some(winner) = definitions.get(at + 1) else {
                    continue;
                };
                let clash = pairs
                    .entry((winner.package, loser.package))
                    .or_insert_with(|| Clash {
                        winner: self.packages[winner.package].clone(),
                        loser: self.packages[loser.package].clone(),
                        same_version: Vec::new(),
                        other_version: Vec::new(),
                    });
                match winner.entry.version == loser.entry.version {
                    true => clash.same_version.push((*url).to_owned()),
                    false => clash.other_version.push((*url).to_owned()),
                }
            }
        }
        pairs.into_values().collect()
    }
}

/// The spelled version itself goes before one that begins so, then the later package, then the higher version, then the later file.
fn rank<'a>(
    definition: &Definition<'a>,
    wanted: Option<&str>,
) -> (bool, usize, Option<PackageVersion>, &'a str) {
    let version = definition.entry.version.as_deref();
    let spelled = wanted.is_some() && version == wanted;
    let order = version.and_then(|version| version.parse().ok());
    (spelled, definition.package, order, &definition.entry.file)
}

/// Whether a version is the wanted one, or begins with it at a dot: FHIR lets `|4.0` mean any 4.0.
fn is_version(version: Option<&str>, wanted: &str) -> bool {
    let Some(rest) = version.and_then(|version| version.strip_prefix(wanted)) else {
        return false;
    };
    rest.is_empty() || rest.starts_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fhir::package::IndexOrigin;

    fn index(rows: &[(&str, &str, Option<&str>)]) -> Index {
        let entry = |(file, url, version): &(&str, &str, Option<&str>)| IndexEntry {
            file: (*file).to_owned(),
            url: Some((*url).to_owned()),
            version: version.map(str::to_owned),
            ..IndexEntry::default()
        };
        Index {
            entries: rows.iter().map(entry).collect(),
            origin: IndexOrigin::Listed,
            unread: Vec::new(),
        }
    }

    #[test]
    fn the_later_package_wins_and_versions_are_had_by_name() {
        let [base, guide]: [PackageId; 2] =
            ["a.base#1.0.0", "a.guide#2.0.0"].map(|id| id.parse().unwrap());
        let of_base = index(&[
            ("x.json", "u:x", Some("4.0.1")),
            ("y.json", "u:y", Some("1.0")),
            ("z.json", "u:z", None),
        ]);
        let of_guide = index(&[
            ("x1.json", "u:x", Some("3.9.0")),
            ("x2.json", "u:x", Some("3.10.0")),
            ("y.json", "u:y", Some("1.0")),
        ]);
        let all = Canonicals::of([(&base, &of_base), (&guide, &of_guide)]);
        let file = |canonical: &str| match all.find(canonical) {
            Found::One(package, entry) => format!("{package}/{}", entry.file),
            other @ (Found::OtherVersions(_) | Found::Nothing) => format!("{other:?}"),
        };
        for (canonical, wanted) in [
            ("u:x", "a.guide#2.0.0/x2.json"),
            ("u:x|", "a.guide#2.0.0/x2.json"),
            ("u:x#frag", "a.guide#2.0.0/x2.json"),
            ("u:x|4.0.1", "a.base#1.0.0/x.json"),
            ("u:x|4.0", "a.base#1.0.0/x.json"),
            ("u:x|3.9.0#frag", "a.guide#2.0.0/x1.json"),
            ("u:y|1.0", "a.guide#2.0.0/y.json"),
            (
                "u:x|3.1",
                "OtherVersions([\"4.0.1\", \"3.9.0\", \"3.10.0\"])",
            ),
            ("u:z", "a.base#1.0.0/z.json"),
            ("u:no", "Nothing"),
        ] {
            assert_eq!(file(canonical), wanted, "{canonical}");
        }
        let clashes = all.clashes();
        assert_eq!(clashes.len(), 2);
        assert_eq!((&clashes[0].winner, &clashes[0].loser), (&guide, &base));
        assert_eq!(
            (
                clashes[0].same_version.as_slice(),
                clashes[0].other_version.as_slice()
            ),
            (&["u:y".to_owned()][..], &["u:x".to_owned()][..])
        );
        assert_eq!((&clashes[1].winner, &clashes[1].loser), (&guide, &guide));
    }
}
