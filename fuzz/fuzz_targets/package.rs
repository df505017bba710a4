//! Any bytes as a package: the archive, its manifest and its index.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plugfest::fhir::package::{Index, Limits, Manifest, Take, read_archive};

fuzz_target!(|archive: &[u8]| {
    let Ok(files) = read_archive(archive, Take::Everything, &Limits::PACKAGE) else {
        return;
    };
    assert!(
        files
            .iter()
            .all(|file| !file.path.starts_with('/')
                && !file.path.split('/').any(|step| step == ".."))
    );
    for file in files.iter().filter(|file| file.path == "package.json") {
        let _ = Manifest::parse(&file.bytes);
    }
    let _ = Index::of(&files).counts();
});
