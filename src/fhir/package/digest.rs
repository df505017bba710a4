//! What pins a package: the same definitions, the same digest, wherever they lie.

use sha2::{Digest, Sha256};

use super::{PackageFile, Take};

/// SHA-256 over path and content of the definitions (JSON files right below `package/`, hidden ones left out), sorted by path, each
/// length-prefixed: `sha256:` and 64 digits.
///
/// Not over the archive: a package comes as an archive, as a folder, or from a cache where other tools add indexes of their own, and
/// is one package all the same.
pub fn digest(files: &[PackageFile]) -> String {
    let counts =
        |file: &&PackageFile| Take::Definitions.wants(&file.path) && !file.path.starts_with('.');
    let mut files: Vec<&PackageFile> = files.iter().filter(counts).collect();
    files.sort_by(|one, other| one.path.cmp(&other.path));
    let mut hasher = Sha256::new();
    for file in files {
        for part in [file.path.as_bytes(), &file.bytes] {
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
    }
    let digits: String = hasher
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("sha256:{digits}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> PackageFile {
        PackageFile {
            path: path.to_owned(),
            bytes: text.as_bytes().to_vec(),
        }
    }

    #[test]
    fn order_and_extras_change_nothing_and_content_does() {
        let one = [file("a.json", "1"), file("package.json", "{}")];
        let same = [
            file("package.json", "{}"),
            file(".index.json", "{}"),
            file("example/x.json", "{}"),
            file("a.json", "1"),
            file("notes.txt", ""),
        ];
        assert_eq!(digest(&one), digest(&same));
        for other in [
            [file("a.json", "2"), file("package.json", "{}")],
            [file("b.json", "1"), file("package.json", "{}")],
        ] {
            assert_ne!(digest(&one), digest(&other));
        }
        assert_ne!(
            digest(&[file("a.json", "bc")]),
            digest(&[file("ab.json", "c")])
        );
    }
}
