use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;

const SMALL: Limits = Limits {
    inflated: 4 << 20,
    file: 1 << 20,
    entries: 50,
    ratio: 200,
};

/// A header block whose checksum is right.
fn header(name: &[u8], kind: u8, size: u64, magic: &[u8]) -> Vec<u8> {
    let mut block = vec![0; 512];
    block[..name.len().min(100)].copy_from_slice(&name[..name.len().min(100)]);
    block[124..135].copy_from_slice(format!("{size:011o}").as_bytes());
    block[156] = kind;
    block[257..257 + magic.len()].copy_from_slice(magic);
    sealed(block)
}

fn sealed(mut block: Vec<u8>) -> Vec<u8> {
    block[148..156].fill(b' ');
    let sum: u64 = block.iter().map(|byte| u64::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

fn entry(name: &[u8], kind: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = header(name, kind, content.len() as u64, b"ustar\0");
    bytes.extend(content);
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

fn file(name: &str, content: &str) -> Vec<u8> {
    entry(name.as_bytes(), b'0', content.as_bytes())
}

fn manifest() -> Vec<u8> {
    file("package/package.json", "{}")
}

fn gzip(tar: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(tar).unwrap();
    encoder.finish().unwrap()
}

fn archive(entries: &[Vec<u8>]) -> Vec<u8> {
    gzip(&[entries.concat(), vec![0; 1024]].concat())
}

fn read(entries: &[Vec<u8>]) -> Result<Vec<PackageFile>, ArchiveError> {
    read_archive(&archive(entries), Take::Definitions, &SMALL)
}

fn paths(files: &[PackageFile]) -> Vec<&str> {
    files.iter().map(|file| file.path.as_str()).collect()
}

#[test]
fn the_wanted_files_are_taken() {
    let entries = [
        entry(b"package/", b'5', b""),
        entry(b"package/", b'5', b""),
        file("./package/z.json", &"x".repeat(513)),
        manifest(),
        file("package/example/e.json", "{}"),
        file("package/other/o.json", "{}"),
        file("package/xml/x.xml", "<a/>"),
        file("package/deep/er/d.json", "{}"),
        file("README.md", "no"),
    ];
    let taken = |take| read_archive(&archive(&entries), take, &SMALL).unwrap();
    assert_eq!(paths(&taken(Take::Definitions)), ["package.json", "z.json"]);
    assert_eq!(taken(Take::Definitions)[1].bytes.len(), 513);
    assert_eq!(
        paths(&taken(Take::Examples)),
        ["example/e.json", "other/o.json", "package.json", "z.json"]
    );
    assert_eq!(taken(Take::Everything).len(), 6);
}

#[test]
fn long_names_are_read_in_each_dialect() {
    let long = format!("package/{}.json", "n".repeat(150));
    let record = |key: &str, value: &str| {
        let rest = format!(" {key}={value}\n");
        let length = rest.len() + if rest.len() + 2 > 99 { 3 } else { 2 };
        format!("{length}{rest}")
    };
    let pax = entry(b"x", b'x', record("path", &long).as_bytes());
    let gnu = entry(b"././@LongLink", b'L', format!("{long}\0").as_bytes());
    for extended in [pax, gnu] {
        let files = read(&[manifest(), extended, file("cut", "{}")]).unwrap();
        assert_eq!(files[0].path.len(), long.len() - "package/".len());
    }
    let mut prefixed = header(b"p.json", b'0', 0, b"ustar\0");
    prefixed[345..352].copy_from_slice(b"package");
    assert_eq!(
        paths(&read(&[manifest(), sealed(prefixed.clone())]).unwrap()),
        ["p.json", "package.json"]
    );
    // What GNU tar keeps at that place is no prefix.
    prefixed[257..265].copy_from_slice(b"ustar  \0");
    assert_eq!(
        paths(&read(&[manifest(), sealed(prefixed)]).unwrap()),
        ["package.json"]
    );
    let lying = entry(b"x", b'x', record("GNU.sparse.size", "99999999").as_bytes());
    let error = read(&[manifest(), lying, file("package/a.json", "")]).unwrap_err();
    assert_eq!(error.fault, ArchiveFault::Tar("it holds a sparse file"));
    let global = entry(b"g", b'g', record("path", "package/a.json").as_bytes());
    assert!(matches!(
        read(&[global, manifest()]).unwrap_err().fault,
        ArchiveFault::Tar(_)
    ));
    let comment = entry(b"g", b'g', record("comment", "abc").as_bytes());
    assert!(read(&[comment, manifest()]).is_ok());
}

#[test]
fn names_that_lead_elsewhere_are_refused_and_named() {
    for (name, why) in [
        (&b"/etc/passwd"[..], "is absolute"),
        (b"C:/x.json", "is absolute"),
        (b"package/../../x.json", "leads upwards"),
        (b"../x.json", "leads upwards"),
        (b"package/..", "leads upwards"),
        (b"package\\x.json", "holds a backslash"),
        (b"package//x.json", "has an empty part"),
        (b"package/./x.json", "has an empty part"),
        (b"package/x\n.json", "holds a control character"),
        (b"package/\xff.json", "is no UTF-8"),
        (b"", "has an empty part"),
    ] {
        for kind in [b'0', b'5'] {
            let error = read(&[manifest(), entry(name, kind, b"")]).unwrap_err();
            assert_eq!(error.fault, ArchiveFault::Path(why), "{name:?}");
            assert!(
                error.entry.is_some() && error.to_string().contains(why),
                "{error}"
            );
        }
    }
    let nul = entry(b"x", b'x', b"24 path=package/\0a.json\n");
    let error = read(&[manifest(), nul, file("cut", "")]).unwrap_err();
    assert_eq!(error.fault, ArchiveFault::Path("holds a NUL"));
    let endless = format!("{}\0", "package/".repeat(300));
    let endless = entry(b"l", b'L', endless.as_bytes());
    let error = read(&[manifest(), endless, file("cut", "")]).unwrap_err();
    assert!(matches!(error.fault, ArchiveFault::Path(_)), "{error}");
}

#[test]
fn what_is_no_plain_file_is_refused() {
    for (kind, fault) in [
        (b'1', ArchiveFault::Link),
        (b'2', ArchiveFault::Link),
        (b'3', ArchiveFault::Special),
        (b'4', ArchiveFault::Special),
        (b'6', ArchiveFault::Special),
        (b'S', ArchiveFault::Special),
        (b'?', ArchiveFault::Special),
    ] {
        let error = read(&[manifest(), entry(b"package/l.json", kind, b"")]).unwrap_err();
        assert_eq!(
            (error.fault, error.entry.as_deref()),
            (fault, Some("package/l.json"))
        );
    }
    let twice = [
        manifest(),
        file("package/a.json", "1"),
        file("./package/a.json", "2"),
    ];
    let error = read(&twice).unwrap_err();
    assert_eq!(
        (error.fault, error.entry.as_deref()),
        (ArchiveFault::Duplicate, Some("package/a.json"))
    );
    assert_eq!(
        read(&[file("other/package.json", "{}")]).unwrap_err().fault,
        ArchiveFault::NoPackage
    );
}

#[test]
fn bombs_are_stopped() {
    let zeros = vec![b' '; 3 << 20];
    let large = read(&[manifest(), entry(b"package/a.json", b'0', &zeros)]).unwrap_err();
    assert_eq!(
        (large.fault, large.entry.as_deref()),
        (ArchiveFault::FileTooLarge(1 << 20), Some("package/a.json"))
    );
    // By ratio: nothing of it is wanted, and it is not inflated to its end all the same.
    let free = Limits {
        file: 1 << 30,
        inflated: 1 << 30,
        ..SMALL
    };
    let bomb = archive(&[manifest(), entry(b"package/a.bin", b'0', &zeros)]);
    let error = read_archive(&bomb, Take::Definitions, &free).unwrap_err();
    assert_eq!(error.fault, ArchiveFault::TooLarge(1 << 20));
    // By size, also behind the end of the tar.
    let tail = gzip(&[manifest(), vec![0; 1024], zeros].concat());
    assert!(matches!(
        read_archive(&tail, Take::Definitions, &SMALL)
            .unwrap_err()
            .fault,
        ArchiveFault::TooLarge(_)
    ));
    let many: Vec<Vec<u8>> = (0..60)
        .map(|at| file(&format!("package/{at}.json"), ""))
        .collect();
    assert_eq!(read(&many).unwrap_err().fault, ArchiveFault::TooMany(50));
    let header = header(b"x", b'x', 1 << 30, b"ustar\0");
    assert_eq!(
        read(&[header]).unwrap_err().fault,
        ArchiveFault::Tar("an extended header is larger than 64 KiB")
    );
}

#[test]
fn damage_is_seen() {
    let whole = archive(&[manifest(), file("package/a.json", &"abc".repeat(400))]);
    for end in 0..whole.len() {
        assert!(
            read_archive(&whole[..end], Take::Definitions, &SMALL).is_err(),
            "cut at {end}"
        );
    }
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x11;
        // Most damage is seen; what is not (a time in gzip's header) changes no content.
        if let Ok(files) = read_archive(&damaged, Take::Definitions, &SMALL) {
            assert_eq!(
                files,
                read_archive(&whole, Take::Definitions, &SMALL).unwrap()
            );
        }
    }
    for no_tar in [
        &b"no gzip"[..],
        b"",
        &gzip(b""),
        &gzip(&[7; 512]),
        &gzip(&[7; 100]),
    ] {
        assert!(read_archive(no_tar, Take::Definitions, &SMALL).is_err());
    }
    let huge = {
        let mut block = header(b"package/a.json", b'0', 0, b"ustar\0");
        block[124..136].copy_from_slice(&[
            0x80, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        ]);
        sealed(block)
    };
    assert!(matches!(
        read(&[huge]).unwrap_err().fault,
        ArchiveFault::FileTooLarge(_)
    ));
}

#[test]
fn a_visitor_may_stop_and_its_own_trouble_is_told() {
    let mut seen = Vec::new();
    let bytes = archive(&[
        manifest(),
        file("package/a.json", "1"),
        entry(b"package/l", b'2', b""),
    ]);
    visit_archive(&bytes, &SMALL, &mut |path, _| {
        seen.push(path.to_owned());
        Ok(Visit::Stop)
    })
    .unwrap();
    assert_eq!(seen, ["package.json"]);
    let full = visit_archive(&bytes, &SMALL, &mut |_, _| {
        Err(io::ErrorKind::StorageFull.into())
    });
    assert!(matches!(full.unwrap_err().fault, ArchiveFault::Visitor(_)));
}

proptest::proptest! {
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..2048)) {
        let _ = read_archive(&bytes, Take::Everything, &SMALL);
        let _ = read_archive(&gzip(&bytes), Take::Everything, &SMALL);
        let mut block = bytes.clone();
        block.resize(512, 0);
        let _ = read_archive(&gzip(&[sealed(block), bytes].concat()), Take::Everything, &SMALL);
    }
}
