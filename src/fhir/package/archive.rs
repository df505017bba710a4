//! Packages as `.tgz` archives, which come from strangers.

use std::collections::BTreeSet;
use std::fmt;
use std::io::{self, Read};

use flate2::read::MultiGzDecoder;

use super::tar::{self, EntryKind, Header, TarError};

/// A file of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageFile {
    /// Its path below the archive's folder `package/`: `package.json`, `StructureDefinition-x.json`, `example/Patient-y.json`.
    pub path: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// How much an archive may make us read and hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most bytes of all entries and their headers.
    pub inflated: u64,
    /// Most bytes of one file.
    pub file: u64,
    /// Most entries.
    pub entries: usize,
    /// Most bytes for each byte of the archive, counted from the first megabyte on. Packages of JSON lie between 5 and 20; what gzip
    /// can do at most is 1,032.
    pub ratio: u64,
}

impl Limits {
    /// Ten times what the largest published packages need.
    pub const PACKAGE: Self = Self {
        inflated: 1 << 30,
        file: 256 << 20,
        entries: 100_000,
        ratio: 200,
    };

    fn most(&self, archive: &[u8]) -> u64 {
        const FREE: u64 = 1 << 20;
        let by_ratio = (archive.len() as u64).saturating_mul(self.ratio);
        self.inflated.min(by_ratio.max(FREE))
    }
}

/// Which files of an archive are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Take {
    /// The definitions: JSON files right below `package/`.
    Definitions,
    /// Also JSON files below `package/example/` and `package/other/`.
    Examples,
    /// Every file below `package/`: for unpacking into a cache.
    Everything,
}

impl Take {
    /// Whether a path below `package/` is wanted.
    pub fn wants(self, path: &str) -> bool {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        match self {
            Self::Everything => true,
            Self::Definitions => path.ends_with(".json") && folder.is_empty(),
            Self::Examples => path.ends_with(".json") && matches!(folder, "" | "example" | "other"),
        }
    }
}

/// Whether a visitor wants to see more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visit {
    /// The next file, please.
    Continue,
    /// That was all; what follows is not even looked at.
    Stop,
}

/// Why an archive is refused, and because of which entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveError {
    /// What is wrong.
    pub fault: ArchiveFault,
    /// The entry's name, made printable; `None` where the archive as a whole is wrong.
    pub entry: Option<String>,
}

/// What is wrong with an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArchiveFault {
    /// It cannot be inflated, or its checksum is wrong.
    Gzip(String),
    /// It cannot be read as tar.
    Tar(&'static str),
    /// It inflates to more bytes than this.
    TooLarge(u64),
    /// A file is larger than this.
    FileTooLarge(u64),
    /// It holds more entries than this.
    TooMany(usize),
    /// An entry's name would lead out of the package, or is no name: what is wrong with it.
    Path(&'static str),
    /// An entry is a link.
    Link,
    /// An entry is a device, a pipe, or something that only one program knows.
    Special,
    /// Two entries have one name.
    Duplicate,
    /// There is no `package/package.json`.
    NoPackage,
    /// Whoever takes the files could not.
    Visitor(String),
}

impl fmt::Display for ArchiveError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entry = match &self.entry {
            Some(entry) => format!("its entry `{entry}`"),
            None => "it".to_owned(),
        };
        match &self.fault {
            ArchiveFault::Gzip(why) => write!(formatter, "it cannot be inflated: {why}"),
            ArchiveFault::Tar(why) => formatter.write_str(why),
            ArchiveFault::TooLarge(most) => {
                write!(formatter, "it inflates to more than {most} bytes")
            }
            ArchiveFault::FileTooLarge(most) => {
                write!(formatter, "{entry} is larger than {most} bytes")
            }
            ArchiveFault::TooMany(most) => write!(formatter, "it holds more than {most} entries"),
            ArchiveFault::Path(why) => write!(formatter, "the name of {entry} {why}"),
            ArchiveFault::Link => {
                write!(formatter, "{entry} is a link, and packages hold files only")
            }
            ArchiveFault::Special => write!(formatter, "{entry} is neither file nor folder"),
            ArchiveFault::Duplicate => write!(formatter, "{entry} is there twice"),
            ArchiveFault::NoPackage => {
                formatter.write_str("it has no `package/package.json`, so it is no FHIR package")
            }
            ArchiveFault::Visitor(why) => write!(formatter, "{entry} could not be taken: {why}"),
        }
    }
}

impl std::error::Error for ArchiveError {}

/// The wanted files of a `.tgz`, sorted by path.
///
/// # Errors
/// The first thing that is wrong with any entry, wanted or not: an archive with one bad entry is refused as a whole.
pub fn read_archive(
    archive: &[u8],
    take: Take,
    limits: &Limits,
) -> Result<Vec<PackageFile>, ArchiveError> {
    let mut files = Vec::new();
    visit_archive(archive, limits, &mut |path, content| {
        if take.wants(path) {
            let mut bytes = Vec::new();
            content.read_to_end(&mut bytes)?;
            files.push(PackageFile {
                path: path.to_owned(),
                bytes,
            });
        }
        Ok(Visit::Continue)
    })?;
    if !files.iter().any(|file| file.path == "package.json") {
        return Err(whole(ArchiveFault::NoPackage));
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(files)
}

/// What is called for each file below `package/`: with its path there, and its content, which it may read or not.
pub type Visitor<'a> = dyn FnMut(&str, &mut dyn Read) -> io::Result<Visit> + 'a;

/// Goes through the files below `package/`, in the order of the archive, without holding more than one block of it.
///
/// # Errors
/// As [`read_archive`]; what was visited before an error must be thrown away.
pub fn visit_archive(
    archive: &[u8],
    limits: &Limits,
    visitor: &mut Visitor<'_>,
) -> Result<(), ArchiveError> {
    let mut source = Meter {
        source: MultiGzDecoder::new(archive),
        left: limits.most(archive),
    };
    let mut seen = BTreeSet::new();
    while let Some(header) =
        tar::next_header(&mut source).map_err(|error| broken(error, archive, limits))?
    {
        let name = checked_name(&header.name)?;
        let refuse = |fault| {
            Err(ArchiveError {
                fault,
                entry: Some(name.clone()),
            })
        };
        match header.kind {
            EntryKind::File | EntryKind::Folder => {}
            EntryKind::Link => return refuse(ArchiveFault::Link),
            EntryKind::Other => return refuse(ArchiveFault::Special),
        }
        if header.size > limits.file {
            return refuse(ArchiveFault::FileTooLarge(limits.file));
        }
        // A folder may be told of more than once; it holds nothing by itself.
        if !seen.insert(name.clone()) && header.kind == EntryKind::File {
            return refuse(ArchiveFault::Duplicate);
        }
        if seen.len() > limits.entries {
            return Err(whole(ArchiveFault::TooMany(limits.entries)));
        }
        match content(&mut source, &header, &name, visitor) {
            Ok(Visit::Continue) => {}
            Ok(Visit::Stop) => return Ok(()),
            Err(Stopped::Archive(error)) => return Err(broken(error, archive, limits)),
            Err(Stopped::Visitor(why)) => return refuse(ArchiveFault::Visitor(why)),
        }
    }
    // What follows the end counts, too; and only at the very end does gzip say whether all of it was as it was packed.
    let rest = io::copy(&mut source, &mut io::sink());
    rest.map(|_| ())
        .map_err(|error| broken(error.into(), archive, limits))
}

/// Why an entry's content was not gone through.
enum Stopped {
    Archive(TarError),
    Visitor(String),
}

fn content(
    source: &mut Meter<'_>,
    header: &Header,
    name: &str,
    visitor: &mut Visitor<'_>,
) -> Result<Visit, Stopped> {
    let mut content = Content {
        source: &mut *source,
        left: header.size,
        broken: None,
    };
    let mut next = Visit::Continue;
    if let Some(path) = name
        .strip_prefix("package/")
        .filter(|_| header.kind == EntryKind::File)
    {
        let visited = visitor(path, &mut content);
        if let Some(error) = content.broken.take() {
            return Err(Stopped::Archive(error));
        }
        next = visited.map_err(|error| Stopped::Visitor(error.to_string()))?;
    }
    if next == Visit::Stop {
        return Ok(next);
    }
    let rest = io::copy(&mut content, &mut io::sink());
    if let Some(error) = content.broken.take() {
        return Err(Stopped::Archive(error));
    }
    rest.map_err(|error| Stopped::Archive(error.into()))?;
    tar::skip_padding(source, header.size).map_err(Stopped::Archive)?;
    Ok(next)
}

/// One entry's content. It keeps the archive's faults for us, whatever the visitor makes of them.
struct Content<'a, 'b> {
    source: &'a mut Meter<'b>,
    left: u64,
    broken: Option<TarError>,
}

impl Read for Content<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left)
            .unwrap_or(usize::MAX)
            .min(buffer.len());
        if most == 0 {
            return Ok(0);
        }
        let read = match self.source.read(&mut buffer[..most]) {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            other => other,
        };
        match read {
            Ok(count) => {
                self.left -= count as u64;
                Ok(count)
            }
            Err(error) => {
                let same = io::Error::from(error.kind());
                self.broken = Some(error.into());
                Err(same)
            }
        }
    }
}

/// The inflated bytes, of which there are not more than we want.
struct Meter<'a> {
    source: MultiGzDecoder<&'a [u8]>,
    left: u64,
}

impl Read for Meter<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read(buffer)?;
        match self.left.checked_sub(count as u64) {
            Some(left) => self.left = left,
            None => return Err(io::ErrorKind::FileTooLarge.into()),
        }
        Ok(count)
    }
}

fn broken(error: TarError, archive: &[u8], limits: &Limits) -> ArchiveError {
    whole(match error {
        TarError::Broken(why) => ArchiveFault::Tar(why),
        TarError::Read(error) if error.kind() == io::ErrorKind::FileTooLarge => {
            ArchiveFault::TooLarge(limits.most(archive))
        }
        TarError::Read(error) => ArchiveFault::Gzip(error.to_string()),
    })
}

fn whole(fault: ArchiveFault) -> ArchiveError {
    ArchiveError { fault, entry: None }
}

/// An entry's name as a path that leads nowhere but down: `./` in front and `/` at the end taken off.
fn checked_name(name: &[u8]) -> Result<String, ArchiveError> {
    const MAX_PATH: usize = 1024;
    const MAX_PART: usize = 255;
    let refuse = |why| {
        let shown: String = String::from_utf8_lossy(name).chars().take(200).collect();
        Err(ArchiveError {
            fault: ArchiveFault::Path(why),
            entry: Some(shown.escape_debug().to_string()),
        })
    };
    let Ok(text) = std::str::from_utf8(name) else {
        return refuse("is no UTF-8");
    };
    let text = text.strip_prefix("./").unwrap_or(text);
    let text = text.strip_suffix('/').unwrap_or(text);
    let is_drive = text.as_bytes().get(1) == Some(&b':');
    match text {
        _ if text.contains('\0') => refuse("holds a NUL"),
        _ if text.contains('\\') => refuse("holds a backslash"),
        _ if text.chars().any(char::is_control) => refuse("holds a control character"),
        _ if text.starts_with('/') || is_drive => refuse("is absolute"),
        _ if text.split('/').any(|part| part == "..") => refuse("leads upwards"),
        "." | "" if name.ends_with(b"/") => Ok(String::new()),
        _ if text.split('/').any(|part| part.is_empty() || part == ".") => {
            refuse("has an empty part")
        }
        _ if text.len() > MAX_PATH || text.split('/').any(|part| part.len() > MAX_PART) => {
            refuse("is too long")
        }
        _ => Ok(text.to_owned()),
    }
}

#[cfg(test)]
#[path = "archive_tests.rs"]
mod tests;
