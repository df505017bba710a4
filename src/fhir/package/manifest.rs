//! `package.json`: what a package says of itself.

use serde_json::{Map, Value};

use super::{PackageId, PackageName, PackageReference, PackageVersion, SyntaxError, VersionRange};

/// The largest manifest that is read, in bytes.
const MAX_BYTES: usize = 1 << 20;
/// The most dependencies of one package.
const MAX_DEPENDENCIES: usize = 1000;

/// A package's own words about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// Its name and version.
    pub id: PackageId,
    /// `fhir.core`, `fhir.ig`, `IG`, `Tool`…: as written, since everybody writes something else.
    pub kind: Option<String>,
    /// A line for people.
    pub title: Option<String>,
    /// The start of the canonical URLs of what it defines.
    pub canonical: Option<String>,
    /// Under which conditions it may be used, as an SPDX word.
    pub licence: Option<String>,
    /// The FHIR versions that it is for, such as `4.0.1`.
    pub fhir_versions: Vec<String>,
    /// What it stands upon, in the order of the file.
    pub dependencies: Vec<PackageReference>,
    /// Dependencies that cannot be read, as written, and why.
    pub unread: Vec<SyntaxError>,
}

impl Manifest {
    /// Reads a `package.json`. What is not understood and not needed is left aside.
    ///
    /// # Errors
    /// Where it is no JSON object, or has no name or version.
    pub fn parse(bytes: &[u8]) -> Result<Self, ManifestError> {
        if bytes.len() > MAX_BYTES {
            return Err(ManifestError("is larger than 1 MiB".to_owned()));
        }
        // Some publishers write a byte order mark.
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        let json: Value = serde_json::from_slice(bytes)
            .map_err(|error| ManifestError(format!("is no JSON: {error}")))?;
        let Value::Object(json) = json else {
            return Err(ManifestError("holds no JSON object".to_owned()));
        };
        let id = PackageId {
            name: word(&json, "name")?.parse::<PackageName>().map_err(wrong)?,
            version: word(&json, "version")?
                .parse::<PackageVersion>()
                .map_err(wrong)?,
        };
        let (dependencies, unread) = dependencies(&json);
        Ok(Self {
            id,
            kind: text(&json, "type"),
            title: text(&json, "title").or_else(|| text(&json, "description")),
            canonical: text(&json, "canonical"),
            licence: text(&json, "license"),
            fhir_versions: fhir_versions(&json),
            dependencies,
            unread,
        })
    }
}

/// Why a `package.json` cannot be used: what it is or lacks, to stand after its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestError(pub String);

impl std::fmt::Display for ManifestError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for ManifestError {}

fn wrong(error: SyntaxError) -> ManifestError {
    ManifestError(format!("cannot be used: {error}"))
}

fn word<'a>(json: &'a Map<String, Value>, key: &str) -> Result<&'a str, ManifestError> {
    let value = json.get(key).and_then(Value::as_str);
    value.ok_or_else(|| ManifestError(format!("has no `{key}`")))
}

fn text(json: &Map<String, Value>, key: &str) -> Option<String> {
    let text = json.get(key)?.as_str()?;
    Some(text.to_owned()).filter(|text| !text.is_empty())
}

/// `fhirVersions`, or one of the names that it had before; where all are missing, the core package that is depended upon says it.
fn fhir_versions(json: &Map<String, Value>) -> Vec<String> {
    for key in ["fhirVersions", "fhir-version-list", "fhirVersion"] {
        let values = match json.get(key) {
            Some(Value::Array(values)) => values.iter().filter_map(Value::as_str).collect(),
            Some(Value::String(value)) => vec![value.as_str()],
            _ => Vec::new(),
        };
        if !values.is_empty() {
            return values.into_iter().map(str::to_owned).collect();
        }
    }
    let dependencies = json.get("dependencies").and_then(Value::as_object);
    let cores = dependencies.into_iter().flatten();
    let cores = cores.filter(|(name, _)| super::core::is_core(name));
    cores
        .filter_map(|(_, version)| Some(version.as_str()?.to_owned()))
        .collect()
}

fn dependencies(json: &Map<String, Value>) -> (Vec<PackageReference>, Vec<SyntaxError>) {
    let (mut read, mut unread) = (Vec::new(), Vec::new());
    let written = json.get("dependencies").and_then(Value::as_object);
    for (key, value) in written.into_iter().flatten().take(MAX_DEPENDENCIES) {
        match dependency(key, value.as_str()) {
            Ok(reference) => read.push(reference),
            Err(error) => unread.push(error),
        }
    }
    (read, unread)
}

/// A name and a range; one package in two versions is written with an alias, as `"old@npm:a.b": "1.0.0"` or `"old": "npm:a.b@1.0.0"`.
fn dependency(key: &str, value: Option<&str>) -> Result<PackageReference, SyntaxError> {
    let Some(value) = value else {
        return Err(SyntaxError::new(
            "dependency",
            key,
            "its version is no text",
        ));
    };
    if let Some(aliased) = value.strip_prefix("npm:") {
        return aliased.parse();
    }
    let name = key.split_once("@npm:").map_or(key, |(_, name)| name);
    Ok(PackageReference {
        name: name.parse()?,
        range: value.parse::<VersionRange>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_is_read() {
        let text = br#"{ "name": "a.b", "version": "1.0.0-ballot", "type": "IG", "title": "", "description": "About",
            "fhirVersions": ["4.0.1"], "canonical": "http://example.org", "license": "CC0-1.0",
            "dependencies": { "hl7.fhir.r4.core": "4.0.1", "old@npm:a.c": "1.0.0", "a.c-new": "npm:a.c@2.0.x", "a d": "1.0.0", "a.e": 1 } }"#;
        let manifest = Manifest::parse(text).unwrap();
        assert_eq!(manifest.id.to_string(), "a.b#1.0.0-ballot");
        assert_eq!(manifest.title.as_deref(), Some("About"));
        let names: Vec<String> = manifest
            .dependencies
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(names, ["hl7.fhir.r4.core#4.0.1", "a.c#1.0.0", "a.c#2.0.x"]);
        assert_eq!(manifest.unread.len(), 2);
    }

    #[test]
    fn old_names_of_the_fhir_version_count() {
        for (more, wanted) in [
            (r#""fhir-version-list": ["3.0.1"]"#, "3.0.1"),
            (r#""fhirVersion": "4.3.0""#, "4.3.0"),
            (
                r#""dependencies": { "hl7.fhir.r3.core": "3.0.2" }"#,
                "3.0.2",
            ),
        ] {
            let text = format!("\u{feff}{{ \"name\": \"a.b\", \"version\": \"1.0.0\", {more} }}");
            assert_eq!(
                Manifest::parse(text.as_bytes()).unwrap().fhir_versions,
                [wanted]
            );
        }
    }

    #[test]
    fn what_is_no_manifest_is_refused() {
        let deep = "[".repeat(100_000);
        for text in [
            "",
            "[]",
            "{",
            r#"{"name":"a.b"}"#,
            r#"{"name":"../b","version":"1"}"#,
            r#"{"name":"a","version":"../1"}"#,
            r#"{"name":1,"version":"1"}"#,
            &deep,
        ] {
            assert!(Manifest::parse(text.as_bytes()).is_err());
        }
    }
}
