//! Where definitions come from: sets of conformance resources, found by canonical address.

use super::given::text;
use crate::fhir::tree::{Element, Resource};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A set of definitions, such as a package.
pub trait Library: Send + Sync {
    /// What it is called in messages, such as `hl7.fhir.r4.core#4.0.1`.
    fn name(&self) -> &str;

    /// The definition of an address: of this version, or the newest one where no version is asked for.
    fn find(&self, url: &str, version: Option<&str>) -> Option<Arc<Resource>>;

    /// All that it holds, in a fixed order.
    fn entries(&self) -> Vec<Entry>;
}

/// What a library tells of one definition without reading it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// The resource type, such as `ValueSet`.
    pub kind: Box<str>,
    /// The canonical address.
    pub url: Box<str>,
    /// The business version.
    pub version: Option<Box<str>>,
    /// For a StructureDefinition, the type it defines or constrains; for a SearchParameter, its code; for a supplement, the
    /// code system that it adds to.
    pub subject: Option<Box<str>>,
}

impl Entry {
    /// Reads the entry of a resource; `None` for one without an address.
    pub fn of(resource: &Resource) -> Option<Self> {
        Self::of_element(resource.root())
    }

    /// Reads the entry of a resource that may stand inside another.
    pub(super) fn of_element(definition: Element<'_>) -> Option<Self> {
        let kind = definition.resource_type()?;
        let subject = match kind {
            "StructureDefinition" => text(definition, "type"),
            "SearchParameter" => text(definition, "code"),
            "CodeSystem" => text(definition, "supplements"),
            _ => None,
        };
        Some(Self {
            kind: kind.into(),
            url: text(definition, "url")?.into(),
            version: text(definition, "version").map(Into::into),
            subject: subject.map(Into::into),
        })
    }
}

/// Loose definitions in memory: files that a user names, or a package that was read whole.
#[derive(Debug)]
pub struct Loose {
    name: String,
    entries: Vec<(Entry, Arc<Resource>)>,
    by_url: BTreeMap<Box<str>, Vec<usize>>,
}

impl Loose {
    /// Keeps all resources that have an address; of two with the same address and version the later one counts.
    pub fn new(
        name: impl Into<String>,
        resources: impl IntoIterator<Item = Arc<Resource>>,
    ) -> Self {
        let mut library = Self {
            name: name.into(),
            entries: Vec::new(),
            by_url: BTreeMap::new(),
        };
        for resource in resources {
            library.add(resource);
        }
        library
    }

    fn add(&mut self, resource: Arc<Resource>) {
        let Some(entry) = Entry::of(&resource) else {
            return;
        };
        let known = self.by_url.entry(entry.url.clone()).or_default();
        let same = known
            .iter()
            .find(|at| self.entries[**at].0.version == entry.version);
        match same {
            Some(at) => self.entries[*at] = (entry, resource),
            None => {
                known.push(self.entries.len());
                self.entries.push((entry, resource));
            }
        }
    }
}

impl Library for Loose {
    fn name(&self) -> &str {
        &self.name
    }

    fn find(&self, url: &str, version: Option<&str>) -> Option<Arc<Resource>> {
        let known = self.by_url.get(url)?;
        let versions = known.iter().map(|at| {
            let (entry, _) = &self.entries[*at];
            (entry.version.as_deref(), *at)
        });
        let at = best_version(versions, version)?;
        Some(self.entries[at].1.clone())
    }

    fn entries(&self) -> Vec<Entry> {
        self.entries
            .iter()
            .map(|(entry, _)| entry.clone())
            .collect()
    }
}

/// Of several versions, the one that is asked for (`4.0` takes `4.0.1`), or the newest where none is.
pub(crate) fn best_version<'v, K>(
    versions: impl Iterator<Item = (Option<&'v str>, K)>,
    wanted: Option<&str>,
) -> Option<K> {
    let fitting = versions.filter(|(version, _)| match wanted {
        Some(wanted) => version.is_none_or(|version| fits(version, wanted)),
        None => true,
    });
    fitting
        .max_by(|left, right| version_order(left.0, right.0))
        .map(|(_, key)| key)
}

/// `4.0` stands for every `4.0.x`.
fn fits(version: &str, wanted: &str) -> bool {
    let rest = version.strip_prefix(wanted);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Numbers compare as numbers; a pre-release comes before its release.
fn version_order(left: Option<&str>, right: Option<&str>) -> std::cmp::Ordering {
    let key = |version: Option<&str>| {
        let version = version.unwrap_or_default();
        let (numbers, label) = version.split_once('-').unwrap_or((version, ""));
        let parts: Vec<u64> = numbers
            .split('.')
            .map(|part| part.parse().unwrap_or(0))
            .collect();
        (parts, label.is_empty(), label.to_owned())
    };
    key(left).cmp(&key(right))
}

#[cfg(test)]
mod tests {
    use super::best_version;

    #[test]
    fn the_newest_version_counts_unless_one_is_named() {
        let versions = || {
            [
                Some("4.0.1"),
                Some("4.10.0"),
                Some("4.9.0"),
                Some("4.10.0-beta"),
            ]
            .into_iter()
        };
        let best =
            |wanted| best_version(versions().map(|version| (version, version)), wanted).flatten();
        assert_eq!(best(None), Some("4.10.0"));
        assert_eq!(best(Some("4.0")), Some("4.0.1"));
        assert_eq!(best(Some("4.1")), None);
        assert_eq!(best(Some("4.10.0-beta")), Some("4.10.0-beta"));
    }
}
