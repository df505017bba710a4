//! Packs: definitions as facts in one compact file, found without reading the rest of it.
//!
//! Related definitions lie together in deflated blocks of some 32 KiB; an index of fixed-size records, sorted by
//! address, is searched in place. Opening a pack allocates nothing and reads its header only, so that a program that
//! needs three definitions pays for three.

mod compile;
mod format;
mod recent;
#[cfg(test)]
mod tests;

pub use compile::{Compiled, compile};

use super::library::{Entry, Library, best_version};
use crate::fhir::tree::Resource;
use format::{Layout, Record};
use recent::Recent;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// The largest block that is inflated; the largest definition of the core packages has some 2 MB.
const MAX_BLOCK: u32 = 1 << 26;

/// No more than this can come out of each deflated byte.
const MAX_RATIO: u64 = 1032;

/// A compiled library.
#[derive(Debug)]
pub struct Pack {
    bytes: Cow<'static, [u8]>,
    layout: Layout,
    name: String,
    recent: Recent,
}

/// Why bytes are no pack, or resources cannot become one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PackError {
    /// It does not start as packs do, or was made by another version of the format.
    NotAPack,
    /// A part lies outside of the file: which.
    Broken(&'static str),
    /// More of something than the format can number: what.
    TooMany(&'static str),
}

impl fmt::Display for PackError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAPack => formatter.write_str("not a pack of definitions in this format"),
            Self::Broken(part) => write!(formatter, "the pack's {part} lies outside of the file"),
            Self::TooMany(what) => write!(formatter, "too many {what} for one pack"),
        }
    }
}

impl std::error::Error for PackError {}

impl Pack {
    /// The number of what packs hold and how: another one, and a pack that was kept should be made anew.
    pub const FORMAT: u32 = 2;

    /// Opens a pack. What it holds is looked at only when it is asked for; a definition that cannot be read then is
    /// as good as absent.
    ///
    /// # Errors
    /// Bytes that are no pack, or whose parts do not fit into the file.
    pub fn open(bytes: impl Into<Cow<'static, [u8]>>) -> Result<Self, PackError> {
        let bytes = bytes.into();
        let layout = Layout::read(&bytes)?;
        let [name, version, _] = layout.titles(&bytes)?;
        Ok(Self {
            name: format!("{name}#{version}"),
            recent: Recent::default(),
            layout,
            bytes,
        })
    }

    /// How many definitions it holds.
    pub fn len(&self) -> usize {
        self.layout.records
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What must be said to readers of its contents, such as whose codes they are; may be empty.
    pub fn notice(&self) -> &str {
        let titles = self.layout.titles(&self.bytes);
        titles.map_or("", |[_, _, notice]| notice)
    }

    /// The facts of a definition as JSON, as [`Library::find`] reads them.
    pub fn facts(&self, url: &str, version: Option<&str>) -> Option<Vec<u8>> {
        let record = self.record(url, version)?;
        let block = self.block(record.block)?;
        let end = record.start.checked_add(record.length)?;
        let found = block.get(record.start as usize..end as usize)?;
        Some(found.to_vec())
    }

    fn record(&self, url: &str, version: Option<&str>) -> Option<Record> {
        let (prefix, tail) = format::split(url);
        let same = self.layout.range(&self.bytes, prefix, tail);
        let versions = same.filter_map(|at| {
            let record = self.layout.record(&self.bytes, at)?;
            let version = match record.version {
                format::ABSENT => None,
                word => Some(self.layout.word(&self.bytes, word)?),
            };
            Some((version, record))
        });
        best_version(versions, version)
    }

    /// A block, inflated; the last few are kept, since related definitions lie together.
    fn block(&self, number: u16) -> Option<Arc<[u8]>> {
        if let Some(known) = self.recent.get(number) {
            return Some(known);
        }
        let (packed, length) = self.layout.block(&self.bytes, number)?;
        if length > MAX_BLOCK || u64::from(length) > packed.len() as u64 * MAX_RATIO {
            return None;
        }
        let block = inflate(packed, length as usize)?;
        self.recent.keep(number, &block);
        Some(block)
    }
}

/// Inflates exactly so many bytes; zlib's own checksum tells whether they are right.
fn inflate(packed: &[u8], length: usize) -> Option<Arc<[u8]>> {
    let mut out = Vec::with_capacity(length);
    let mut inflater = flate2::Decompress::new(true);
    let status = inflater.decompress_vec(packed, &mut out, flate2::FlushDecompress::Finish);
    let whole = matches!(status, Ok(flate2::Status::StreamEnd)) && out.len() == length;
    whole.then(|| out.into())
}

impl Library for Pack {
    fn name(&self) -> &str {
        &self.name
    }

    fn find(&self, url: &str, version: Option<&str>) -> Option<Arc<Resource>> {
        let record = self.record(url, version)?;
        let block = self.block(record.block)?;
        let end = record.start.checked_add(record.length)?;
        let facts = block.get(record.start as usize..end as usize)?;
        Resource::parse_json(facts).ok().map(Arc::new)
    }

    fn entries(&self) -> Vec<Entry> {
        let layout = &self.layout;
        let word = |number: u16| match number {
            format::ABSENT => None,
            number => layout.word(&self.bytes, number).map(Box::<str>::from),
        };
        let records = (0..layout.records).filter_map(|at| layout.record(&self.bytes, at));
        let entries = records.filter_map(|record| {
            let prefix = layout.word(&self.bytes, record.prefix)?;
            let tail = layout.text(&self.bytes, record.tail)?;
            Some(Entry {
                kind: word(record.kind)?,
                url: format!("{prefix}{tail}").into(),
                version: word(record.version),
                subject: word(record.subject),
            })
        });
        entries.collect()
    }
}
