//! The tar format, as far as packages use it: POSIX ustar and pax, and GNU's long names.
//!
//! Written here rather than taken from a library, because what a stranger may make us hold in memory (long names, extended headers,
//! sparse files) and what is refused (links, devices) are the whole point of reading it.

use std::io::{self, Read};

/// Size of a block, in bytes: headers are one, contents are padded to whole ones.
const BLOCK: usize = 512;
/// The largest extended header or long name, in bytes.
const MAX_EXTENDED: u64 = 64 * 1024;

/// One entry's header, long names and extended headers applied.
#[derive(Debug)]
pub(super) struct Header {
    /// The name, as bytes that may be anything.
    pub(super) name: Vec<u8>,
    pub(super) kind: EntryKind,
    /// How many bytes of content follow.
    pub(super) size: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EntryKind {
    File,
    Folder,
    Link,
    /// A device, a pipe, or a kind that only one tar program knows.
    Other,
}

/// Why an archive cannot be read.
#[derive(Debug)]
pub(super) enum TarError {
    /// It is no tar, and what is wrong with it.
    Broken(&'static str),
    /// What the reader below says.
    Read(io::Error),
}

impl From<io::Error> for TarError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::UnexpectedEof {
            return Self::Broken("it is cut short");
        }
        Self::Read(error)
    }
}

/// The next entry; `None` at the end. Extended headers are taken in on the way.
pub(super) fn next_header(source: &mut dyn Read) -> Result<Option<Header>, TarError> {
    let mut told = Told::default();
    loop {
        let Some(block) = block(source)? else {
            return Ok(None);
        };
        let size = number(&block[124..136])?;
        match block[156] {
            b'x' => told.extended(&extended(source, size)?)?,
            // For all entries that follow. Nobody needs it for names or sizes, so it may not set them.
            b'g' => told.global(&extended(source, size)?)?,
            b'L' => told.name = Some(until_nul(&extended(source, size)?).to_vec()),
            b'K' => drop(extended(source, size)?),
            kind => return Ok(Some(told.header(&block, kind, size))),
        }
    }
}

/// Skips what pads a content to whole blocks.
pub(super) fn skip_padding(source: &mut dyn Read, size: u64) -> Result<(), TarError> {
    let mut rest = [0; BLOCK];
    let used = usize::try_from(size % BLOCK as u64).unwrap_or_default();
    if used > 0 {
        source.read_exact(&mut rest[used..])?;
    }
    Ok(())
}

/// What extended headers told of the entry that follows.
#[derive(Debug, Default)]
struct Told {
    name: Option<Vec<u8>>,
    size: Option<u64>,
}

impl Told {
    fn header(self, block: &[u8; BLOCK], kind: u8, size: u64) -> Header {
        let name = self.name.unwrap_or_else(|| name(block));
        let is_folder = name.ends_with(b"/");
        Header {
            kind: match kind {
                b'0' | b'\0' | b'7' if is_folder => EntryKind::Folder,
                b'0' | b'\0' | b'7' => EntryKind::File,
                b'5' => EntryKind::Folder,
                b'1' | b'2' => EntryKind::Link,
                _ => EntryKind::Other,
            },
            size: self.size.unwrap_or(size),
            name,
        }
    }

    fn extended(&mut self, records: &[u8]) -> Result<(), TarError> {
        for (key, value) in pax(records)? {
            match key {
                b"path" => self.name = Some(value.to_vec()),
                b"size" => self.size = Some(decimal(value)?),
                // A sparse file says that it is larger than it is.
                _ if key.starts_with(b"GNU.sparse.") => {
                    return Err(TarError::Broken("it holds a sparse file"));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn global(&mut self, records: &[u8]) -> Result<(), TarError> {
        let sets = |key: &[u8]| key == b"path" || key == b"size" || key.starts_with(b"GNU.sparse.");
        match pax(records)?.iter().any(|(key, _)| sets(key)) {
            true => Err(TarError::Broken("a global header sets names or sizes")),
            false => Ok(()),
        }
    }
}

/// The next header block; `None` at the first block of zeros, or where the archive ends between entries.
fn block(source: &mut dyn Read) -> Result<Option<[u8; BLOCK]>, TarError> {
    let mut block = [0; BLOCK];
    let mut filled = 0;
    while filled < BLOCK {
        match source.read(&mut block[filled..]) {
            Ok(0) if filled == 0 => return Ok(None),
            Ok(0) => return Err(TarError::Broken("it is cut short")),
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
    if block.iter().all(|byte| *byte == 0) {
        return Ok(None);
    }
    match number(&block[148..156]) {
        Ok(sum) if sum == checksum(&block) => Ok(Some(block)),
        Ok(_) | Err(_) => Err(TarError::Broken(
            "it is no tar, or damaged: a header's checksum is wrong",
        )),
    }
}

/// The sum of a header's bytes, those of the sum itself counted as spaces.
fn checksum(block: &[u8; BLOCK]) -> u64 {
    let byte = |(at, byte): (usize, &u8)| {
        if (148..156).contains(&at) {
            32
        } else {
            u64::from(*byte)
        }
    };
    block.iter().enumerate().map(byte).sum()
}

/// Octal digits, ended by a space or NUL; or, as GNU writes large ones, a binary number whose first bit is set.
fn number(field: &[u8]) -> Result<u64, TarError> {
    const WRONG: TarError = TarError::Broken("a number in a header cannot be read");
    if field.first() == Some(&0x80) {
        let (high, low) = field[1..].split_at(field.len() - 1 - 8.min(field.len() - 1));
        let value = low
            .iter()
            .fold(0, |value: u64, byte| value << 8 | u64::from(*byte));
        return if high.iter().all(|byte| *byte == 0) {
            Ok(value)
        } else {
            Err(WRONG)
        };
    }
    let text = until_nul(field).trim_ascii();
    if !text.iter().all(|digit| (b'0'..=b'7').contains(digit)) {
        return Err(WRONG);
    }
    Ok(text
        .iter()
        .fold(0, |value, digit| value << 3 | u64::from(digit - b'0')))
}

fn decimal(text: &[u8]) -> Result<u64, TarError> {
    let number = std::str::from_utf8(text)
        .ok()
        .and_then(|text| text.parse().ok());
    number.ok_or(TarError::Broken(
        "a size in an extended header cannot be read",
    ))
}

/// The name of a plain header. Only POSIX archives have a prefix; GNU keeps other things at its place.
fn name(block: &[u8; BLOCK]) -> Vec<u8> {
    let (name, prefix) = (until_nul(&block[..100]), until_nul(&block[345..500]));
    if &block[257..263] != b"ustar\0" || prefix.is_empty() {
        return name.to_vec();
    }
    [prefix, name].join(&b'/')
}

fn until_nul(field: &[u8]) -> &[u8] {
    field.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// The content of an extended header.
fn extended(source: &mut dyn Read, size: u64) -> Result<Vec<u8>, TarError> {
    if size > MAX_EXTENDED {
        return Err(TarError::Broken("an extended header is larger than 64 KiB"));
    }
    let mut content = vec![0; usize::try_from(size).unwrap_or_default()];
    source.read_exact(&mut content)?;
    skip_padding(source, size)?;
    Ok(content)
}

/// A key and its value.
type Record<'a> = (&'a [u8], &'a [u8]);

/// The records of a pax header: `LENGTH KEY=VALUE\n`, the length counting itself.
fn pax(mut rest: &[u8]) -> Result<Vec<Record<'_>>, TarError> {
    const WRONG: TarError = TarError::Broken("an extended header cannot be read");
    let mut records = Vec::new();
    while !rest.is_empty() {
        let space = rest.iter().position(|byte| *byte == b' ').ok_or(WRONG)?;
        let length = decimal(&rest[..space])
            .ok()
            .and_then(|length| usize::try_from(length).ok())
            .ok_or(WRONG)?;
        // The shortest record holds a space, an equals sign and a newline.
        let record = rest
            .get(space + 1..length)
            .and_then(|record| record.strip_suffix(b"\n"))
            .ok_or(WRONG)?;
        let equals = record.iter().position(|byte| *byte == b'=').ok_or(WRONG)?;
        records.push((&record[..equals], &record[equals + 1..]));
        rest = &rest[length..];
    }
    Ok(records)
}
