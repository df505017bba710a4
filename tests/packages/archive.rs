//! Archives as tests need them: sound ones, and ones that no tool would make.

use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

/// One entry: its name, its kind as tar spells it (`0` is a file, `2` a link), its content.
pub type Entry<'a> = (&'a str, u8, &'a [u8]);

/// A `.tgz` of some entries.
pub fn tgz(entries: &[Entry<'_>]) -> Vec<u8> {
    let mut tar = Vec::new();
    for (name, kind, content) in entries {
        let mut header = [0; 512];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
        header[148..156].fill(b' ');
        header[156] = *kind;
        header[257..263].copy_from_slice(b"ustar\0");
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        tar.extend(header);
        tar.extend(*content);
        tar.resize(tar.len().next_multiple_of(512), 0);
    }
    tar.extend([0; 1024]);
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&tar).expect("memory");
    encoder.finish().expect("memory")
}

/// A sound package: `name#version`, its dependencies, and canonicals that it defines, as `url` or `url|version`.
pub fn package(id: &str, dependencies: &[&str], canonicals: &[&str]) -> Vec<u8> {
    let manifest = manifest(id, dependencies);
    let resources: Vec<(String, Vec<u8>)> = canonicals
        .iter()
        .enumerate()
        .map(|(at, canonical)| {
            let (url, version) = canonical.split_once('|').unwrap_or((canonical, "1.0.0"));
            let resource = json!({ "resourceType": "ValueSet", "id": format!("v{at}"), "url": url, "version": version });
            (format!("package/ValueSet-v{at}.json"), resource.to_string().into_bytes())
        })
        .collect();
    let mut entries: Vec<Entry<'_>> = vec![("package/package.json", b'0', &manifest)];
    entries.extend(
        resources
            .iter()
            .map(|(name, text)| (name.as_str(), b'0', text.as_slice())),
    );
    tgz(&entries)
}

/// A `package.json`.
pub fn manifest(id: &str, dependencies: &[&str]) -> Vec<u8> {
    let (name, version) = id.split_once('#').expect("name#version");
    let dependencies: serde_json::Map<_, _> = dependencies
        .iter()
        .map(|one| {
            let (name, range) = one.split_once('#').expect("name#range");
            (name.to_owned(), range.into())
        })
        .collect();
    json!({ "name": name, "version": version, "fhirVersions": ["4.0.1"], "dependencies": dependencies }).to_string().into_bytes()
}

/// Writes an archive.
pub fn write(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, bytes).expect("a file");
    path
}
