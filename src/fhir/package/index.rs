//! What a package defines, from its `.index.json` or from its files.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use serde_json::value::RawValue;

use super::{PackageFile, Take};

/// The name of the list that most packages carry.
const LIST: &str = ".index.json";
const MANIFEST: &str = "package.json";

/// One resource of a package.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IndexEntry {
    /// The file, below `package/`.
    pub file: String,
    /// Its `resourceType`.
    pub resource_type: String,
    /// Its `id`.
    pub id: Option<String>,
    /// Its canonical URL.
    pub url: Option<String>,
    /// Its business version.
    pub version: Option<String>,
    /// `kind` of a StructureDefinition: `resource`, `complex-type`, `logical`…
    pub kind: Option<String>,
    /// `type` of a StructureDefinition.
    pub type_name: Option<String>,
    /// The code system that a supplement supplements.
    pub supplements: Option<String>,
    /// `content` of a CodeSystem: `complete`, `fragment`, `not-present`…
    pub content: Option<String>,
}

/// Where an index comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IndexOrigin {
    /// The package's own list, which names exactly the files that are there.
    Listed,
    /// The files themselves, and why the list was not used.
    Scanned(String),
}

/// The resources of a package, sorted by file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// The resources.
    pub entries: Vec<IndexEntry>,
    /// Where they were learned.
    pub origin: IndexOrigin,
    /// Files that are no JSON objects, with the reason; they define nothing.
    pub unread: Vec<(String, String)>,
}

impl Index {
    /// The index of a package's definitions: its own list where that is complete and names nothing else, else by reading every file.
    pub fn of(files: &[PackageFile]) -> Self {
        let list = files.iter().find(|file| file.path == LIST);
        let names: BTreeSet<&str> = definitions(files).map(|file| file.path.as_str()).collect();
        let listed = match list {
            Some(list) => listed(&list.bytes, &names),
            None => Err("there is none".to_owned()),
        };
        match listed {
            Ok(entries) => Self {
                entries,
                origin: IndexOrigin::Listed,
                unread: Vec::new(),
            },
            Err(why) => Self::scanned(files, why),
        }
    }

    fn scanned(files: &[PackageFile], why: String) -> Self {
        let (mut entries, mut unread) = (Vec::new(), Vec::new());
        for file in definitions(files) {
            match entry(file) {
                Ok(Some(entry)) => entries.push(entry),
                // JSON that is no resource: many packages carry some.
                Ok(None) => {}
                Err(why) => unread.push((file.path.clone(), why)),
            }
        }
        entries.sort_by(|one, other| one.file.cmp(&other.file));
        Self {
            entries,
            origin: IndexOrigin::Scanned(why),
            unread,
        }
    }

    /// How many resources there are of each type.
    pub fn counts(&self) -> BTreeMap<&str, usize> {
        let mut counts = BTreeMap::new();
        for entry in &self.entries {
            *counts.entry(entry.resource_type.as_str()).or_default() += 1;
        }
        counts
    }
}

/// The files that may be resources.
fn definitions(files: &[PackageFile]) -> impl Iterator<Item = &PackageFile> {
    let is_one =
        |path: &str| Take::Definitions.wants(path) && !path.starts_with('.') && path != MANIFEST;
    files.iter().filter(move |file| is_one(&file.path))
}

/// The entries of a package's own list, sorted by file, where it agrees with the names of the files that are there.
///
/// # Errors
/// Why it is not used: it cannot be read, names a file that is not there or twice, or leaves one out.
pub fn listed(list: &[u8], names: &BTreeSet<&str>) -> Result<Vec<IndexEntry>, String> {
    let list: Value =
        serde_json::from_slice(bare(list)).map_err(|error| format!("it is no JSON: {error}"))?;
    let rows = list
        .get("files")
        .and_then(Value::as_array)
        .ok_or("it has no `files`")?;
    let mut entries = BTreeMap::new();
    for row in rows {
        let text = |key: &str| row.get(key).and_then(Value::as_str).map(str::to_owned);
        let (Some(file), Some(resource_type)) = (text("filename"), text("resourceType")) else {
            return Err("an entry has no `filename` or `resourceType`".to_owned());
        };
        if !names.contains(file.as_str()) {
            return Err(format!(
                "it lists `{}`, which is not there",
                file.escape_debug()
            ));
        }
        let entry = IndexEntry {
            file: file.clone(),
            resource_type,
            id: text("id"),
            url: text("url"),
            version: text("version"),
            kind: text("kind"),
            type_name: text("type"),
            supplements: text("supplements"),
            content: text("content"),
        };
        if entries.insert(file, entry).is_some() {
            return Err("it lists a file twice".to_owned());
        }
    }
    match names.iter().find(|name| !entries.contains_key(**name)) {
        Some(name) => Err(format!("it leaves out `{name}`")),
        None => Ok(entries.into_values().collect()),
    }
}

/// The head of one file; `None` where it is JSON without a `resourceType`.
fn entry(file: &PackageFile) -> Result<Option<IndexEntry>, String> {
    // Values are skipped over, not built: a code system may have a hundred thousand.
    let members: BTreeMap<String, &RawValue> = serde_json::from_slice(bare(&file.bytes))
        .map_err(|error| format!("it is no JSON object: {error}"))?;
    let text = |key: &str| serde_json::from_str::<String>(members.get(key)?.get()).ok();
    let Some(resource_type) = text("resourceType") else {
        return Ok(None);
    };
    let of = |wanted: &str, key: &str| text(key).filter(|_| resource_type == wanted);
    Ok(Some(IndexEntry {
        file: file.path.clone(),
        id: text("id"),
        url: text("url"),
        version: text("version"),
        kind: of("StructureDefinition", "kind"),
        type_name: of("StructureDefinition", "type"),
        supplements: of("CodeSystem", "supplements"),
        content: of("CodeSystem", "content"),
        resource_type,
    }))
}

/// Without a byte order mark.
fn bare(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(list: Option<&str>) -> Vec<PackageFile> {
        let mut texts = vec![
            ("package.json", "{}"),
            (
                "a.json",
                r#"{ "resourceType": "ValueSet", "url": "http://example.org/a", "version": "1", "compose": { "include": [1e999] } }"#,
            ),
            (
                "b.json",
                r#"{ "resourceType": "Patient", "url": 1, "id": "b", "kind": "x" }"#,
            ),
            ("example/c.json", r#"{ "resourceType": "Patient" }"#),
        ];
        texts.extend(list.map(|list| (LIST, list)));
        let file = |(path, text): (&str, &str)| PackageFile {
            path: path.to_owned(),
            bytes: text.as_bytes().to_vec(),
        };
        texts.into_iter().map(file).collect()
    }

    #[test]
    fn files_are_read_where_there_is_no_list() {
        let mut files = package(None);
        files.push(PackageFile {
            path: "x.json".into(),
            bytes: b"[1".to_vec(),
        });
        files.push(PackageFile {
            path: "y.json".into(),
            bytes: b"{\"a\": 1}".to_vec(),
        });
        let index = Index::of(&files);
        assert_eq!(
            index.counts(),
            BTreeMap::from([("Patient", 1), ("ValueSet", 1)])
        );
        assert_eq!(
            index.entries[0].url.as_deref(),
            Some("http://example.org/a")
        );
        assert_eq!(
            (&index.entries[1].url, &index.entries[1].kind),
            (&None, &None)
        );
        assert_eq!(index.unread[0].0, "x.json");
    }

    #[test]
    fn a_list_is_used_where_it_agrees_with_the_files() {
        let good = r#"{ "files": [ { "filename": "b.json", "resourceType": "Patient" }, { "filename": "a.json", "resourceType": "ValueSet" } ] }"#;
        let index = Index::of(&package(Some(good)));
        assert_eq!(index.origin, IndexOrigin::Listed);
        assert_eq!(index.entries[0].file, "a.json");
        for (list, why) in [
            ("{", "it is no JSON"),
            (r#"{ "files": {} }"#, "it has no `files`"),
            (
                r#"{ "files": [ { "filename": "a.json", "resourceType": "ValueSet" } ] }"#,
                "it leaves out `b.json`",
            ),
            (
                r#"{ "files": [ { "filename": "../a.json", "resourceType": "ValueSet" } ] }"#,
                "which is not there",
            ),
            (
                r#"{ "files": [ { "filename": "a.json" } ] }"#,
                "an entry has no",
            ),
        ] {
            let index = Index::of(&package(Some(list)));
            assert!(
                matches!(&index.origin, IndexOrigin::Scanned(said) if said.contains(why)),
                "{:?}",
                index.origin
            );
            assert_eq!(index.entries.len(), 2);
        }
    }
}
