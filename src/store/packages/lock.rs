//! `plugfest.lock`: which packages were used, and what was in them.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::diag::{Diagnostic, Source as Text};
use crate::fhir::package::PackageId;
use crate::store::write_atomically;
use crate::yaml;

/// The version of the format.
const FORMAT: u32 = 1;
const HEAD: &str = "# The FHIR packages that results rest on, and the digests of their definitions.\n\
    # `plugfest fhir package add` writes this file; keep it under version control.\n";

/// The packages of a lock file, by name and version.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lock {
    /// The packages.
    pub packages: BTreeMap<PackageId, LockedPackage>,
}

/// What is known of a locked package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockedPackage {
    /// `sha256:` and 64 digits, over its definitions: see [`crate::fhir::package::digest`].
    pub digest: String,
    /// Where it came from: a file's name, a registry's URL, or `cache`.
    pub source: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    plugfest: u32,
    packages: Vec<Row>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    version: String,
    digest: String,
    source: String,
}

impl Lock {
    /// Reads a lock file; `None` where there is none.
    ///
    /// # Errors
    /// What is wrong with it, with the place.
    pub fn read(path: &Path) -> Result<Option<Self>, Diagnostic> {
        let name = path.display().to_string();
        match fs::read_to_string(path) {
            Ok(text) => Self::parse(&name, text).map(Some),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Diagnostic::error(
                "missing-file",
                format!("`{name}` cannot be read: {error}"),
            )),
        }
    }

    fn parse(name: &str, text: String) -> Result<Self, Diagnostic> {
        let node = yaml::parse(&Text::new(name, text))?;
        let file: File = yaml::decode(&node)?;
        if file.plugfest != FORMAT {
            let message = format!(
                "`{name}` has format {}, and this plugfest reads format {FORMAT}",
                file.plugfest
            );
            return Err(Diagnostic::error("unknown-version", message).at(&node.place));
        }
        let mut packages = BTreeMap::new();
        for row in file.packages {
            let wrong = |error: crate::fhir::package::SyntaxError| {
                Diagnostic::error("bad-value", error.to_string()).at(&node.place)
            };
            let id = PackageId {
                name: row.name.parse().map_err(wrong)?,
                version: row.version.parse().map_err(wrong)?,
            };
            let locked = LockedPackage {
                digest: row.digest,
                source: row.source,
            };
            packages.insert(id, locked);
        }
        Ok(Self { packages })
    }

    /// The file's text: the same packages, the same bytes.
    pub fn to_text(&self) -> String {
        let mut text = format!("{HEAD}plugfest: {FORMAT}\n");
        text += if self.packages.is_empty() {
            "packages: []\n"
        } else {
            "packages:\n"
        };
        for (id, locked) in &self.packages {
            let rows = [
                ("name", id.name.as_str()),
                ("version", id.version.as_str()),
                ("digest", &locked.digest),
                ("source", &locked.source),
            ];
            for (at, (key, value)) in rows.into_iter().enumerate() {
                let mark = if at == 0 { "-" } else { " " };
                // In quotes, as `4.0` would be a number; a JSON string is a YAML string. Writing to a String cannot fail.
                let _ = writeln!(text, "  {mark} {key}: {}", serde_json::Value::from(value));
            }
        }
        text
    }

    /// Writes the file.
    ///
    /// # Errors
    /// `output`.
    pub fn write(&self, path: &Path) -> Result<(), Diagnostic> {
        write_atomically(path, self.to_text().as_bytes()).map_err(|error| {
            Diagnostic::error(
                "output",
                format!("`{}` cannot be written: {error}", path.display()),
            )
        })
    }

    /// Whether a package's definitions are those that were locked; a package that is not locked is not wrong.
    ///
    /// # Errors
    /// `package-changed`.
    pub fn check(&self, id: &PackageId, digest: &str) -> Result<(), Diagnostic> {
        match self.packages.get(id) {
            Some(locked) if locked.digest != digest => {
                let message = format!("`{id}` holds other definitions than when it was locked");
                Err(Diagnostic::error("package-changed", message)
                    .note("locked", locked.digest.clone())
                    .note("found", digest)
                    .help("published versions do not change: find out which of the two is right; `--replace` takes the new one"))
            }
            Some(_) | None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_read_as_it_was_written() {
        let locked = |digest: &str| LockedPackage {
            digest: digest.to_owned(),
            source: "a \"file\".tgz".to_owned(),
        };
        let ids: [PackageId; 2] = ["b.b#4.0", "a.a#1.0.0"].map(|id| {
            id.parse().unwrap_or_else(|_| PackageId {
                name: "b.b".parse().unwrap(),
                version: "4.0".parse().unwrap(),
            })
        });
        let lock = Lock {
            packages: ids
                .into_iter()
                .map(|id| (id, locked("sha256:00")))
                .collect(),
        };
        let text = lock.to_text();
        assert!(text.find("a.a").unwrap() < text.find("b.b").unwrap());
        assert_eq!(Lock::parse("plugfest.lock", text).unwrap(), lock);
        let empty = Lock::default();
        assert_eq!(
            Lock::parse("plugfest.lock", empty.to_text()).unwrap(),
            empty
        );
        let id: PackageId = "a.a#1.0.0".parse().unwrap();
        assert!(lock.check(&id, "sha256:00").is_ok());
        assert_eq!(
            lock.check(&id, "sha256:01").unwrap_err().code,
            "package-changed"
        );
    }

    #[test]
    fn what_is_no_lock_has_a_place() {
        for (text, code) in [
            ("plugfest: 2\npackages: []\n", "unknown-version"),
            ("plugfest: 1\npackages: {}\n", "wrong-type"),
            ("plugfest: 1\npackages:\n<<<<<<< ours\n", "yaml-syntax"),
            (
                "plugfest: 1\npackages:\n  - { name: ../a, version: '1', digest: x, source: y }\n",
                "bad-value",
            ),
            (
                "plugfest: 1\npackages:\n  - { name: a.b }\n",
                "missing-field",
            ),
        ] {
            let problem = Lock::parse("plugfest.lock", text.to_owned()).unwrap_err();
            assert_eq!(problem.code, code, "{text}");
            assert!(problem.place.is_some(), "{text}");
        }
    }
}
