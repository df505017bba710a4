//! The bytes of a pack. All numbers are little-endian; every one of them is checked when it is read.
//!
//! | part | holds |
//! |---|---|
//! | header | [`MAGIC`]; then u32: size of the texts, count of words, of records, of blocks |
//! | titles | three texts: name, version, notice |
//! | words | texts that recur: kinds, versions, subjects, beginnings of addresses |
//! | records | one for each definition, sorted by address: see [`Record`] |
//! | blocks | where each lies, how long it is, how long it will be |
//! | texts | UTF-8 |
//! | the rest | zlib streams |

use super::PackError;

/// How a pack starts; the digit is the format's version.
pub(super) const MAGIC: [u8; 8] = *b"fhirdef1";

/// The number of a word that is not there.
pub(super) const ABSENT: u16 = u16::MAX;

const HEADER: usize = 24;
const TITLES: usize = 3;
const SPAN: usize = 8;
const RECORD: usize = 24;
const BLOCK: usize = 12;

/// Where the parts of a pack lie.
#[derive(Debug)]
pub(super) struct Layout {
    words: usize,
    pub(super) records: usize,
    blocks: usize,
    words_at: usize,
    records_at: usize,
    blocks_at: usize,
    texts_at: usize,
    packed_at: usize,
}

/// A range of the texts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub(super) start: u32,
    pub(super) length: u32,
}

/// Where one definition lies.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record {
    /// The word that its address starts with, up to the last slash.
    pub(super) prefix: u16,
    pub(super) kind: u16,
    pub(super) version: u16,
    pub(super) subject: u16,
    pub(super) block: u16,
    /// The rest of its address.
    pub(super) tail: Span,
    /// Offset in the inflated block.
    pub(super) start: u32,
    pub(super) length: u32,
}

impl Layout {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, PackError> {
        if !bytes.starts_with(&MAGIC) {
            return Err(PackError::NotAPack);
        }
        let count =
            |at| u32_at(bytes, at).map_or(Err(PackError::Broken("header")), |it| Ok(it as usize));
        let [texts, words, records, blocks] = [count(8)?, count(12)?, count(16)?, count(20)?];
        let words_at = HEADER + TITLES * SPAN;
        let records_at = after(words_at, words, SPAN)?;
        let blocks_at = after(records_at, records, RECORD)?;
        let texts_at = after(blocks_at, blocks, BLOCK)?;
        let packed_at = after(texts_at, texts, 1)?;
        if packed_at > bytes.len() {
            return Err(PackError::Broken("index"));
        }
        Ok(Self {
            words,
            records,
            blocks,
            words_at,
            records_at,
            blocks_at,
            texts_at,
            packed_at,
        })
    }

    /// Name, version and notice.
    pub(super) fn titles<'b>(&self, bytes: &'b [u8]) -> Result<[&'b str; TITLES], PackError> {
        let title = |at: usize| {
            let span = span_at(bytes, HEADER + at * SPAN);
            let text = span.and_then(|span| self.text(bytes, span));
            text.ok_or(PackError::Broken("title"))
        };
        Ok([title(0)?, title(1)?, title(2)?])
    }

    pub(super) fn text<'b>(&self, bytes: &'b [u8], span: Span) -> Option<&'b str> {
        let texts = bytes.get(self.texts_at..self.packed_at)?;
        let end = span.start.checked_add(span.length)?;
        std::str::from_utf8(texts.get(span.start as usize..end as usize)?).ok()
    }

    pub(super) fn word<'b>(&self, bytes: &'b [u8], number: u16) -> Option<&'b str> {
        let number = usize::from(number);
        if number >= self.words {
            return None;
        }
        self.text(bytes, span_at(bytes, self.words_at + number * SPAN)?)
    }

    pub(super) fn record(&self, bytes: &[u8], number: usize) -> Option<Record> {
        if number >= self.records {
            return None;
        }
        let at = self.records_at + number * RECORD;
        Some(Record {
            prefix: u16_at(bytes, at)?,
            kind: u16_at(bytes, at + 2)?,
            version: u16_at(bytes, at + 4)?,
            subject: u16_at(bytes, at + 6)?,
            block: u16_at(bytes, at + 8)?,
            tail: Span {
                start: u32_at(bytes, at + 10)?,
                length: u32::from(u16_at(bytes, at + 14)?),
            },
            start: u32_at(bytes, at + 16)?,
            length: u32_at(bytes, at + 20)?,
        })
    }

    /// The records of an address: found by halving.
    pub(super) fn range<'s>(
        &'s self,
        bytes: &'s [u8],
        prefix: &'s str,
        tail: &'s str,
    ) -> impl Iterator<Item = usize> + 's {
        let address = move |at: usize| {
            let record = self.record(bytes, at)?;
            Some((
                self.word(bytes, record.prefix)?,
                self.text(bytes, record.tail)?,
            ))
        };
        let (mut low, mut high) = (0, self.records);
        while low < high {
            let middle = low + (high - low) / 2;
            // A record that cannot be read is in nobody's way: the search goes on beside it.
            match address(middle).is_some_and(|found| found < (prefix, tail)) {
                true => low = middle + 1,
                false => high = middle,
            }
        }
        (low..self.records).take_while(move |at| address(*at) == Some((prefix, tail)))
    }

    /// The deflated bytes of a block, and how many will come out of them.
    pub(super) fn block<'b>(&self, bytes: &'b [u8], number: u16) -> Option<(&'b [u8], u32)> {
        let number = usize::from(number);
        if number >= self.blocks {
            return None;
        }
        let at = self.blocks_at + number * BLOCK;
        let start = self.packed_at.checked_add(u32_at(bytes, at)? as usize)?;
        let end = start.checked_add(u32_at(bytes, at + 4)? as usize)?;
        Some((bytes.get(start..end)?, u32_at(bytes, at + 8)?))
    }
}

/// An address up to its last slash, and the rest.
pub(super) fn split(url: &str) -> (&str, &str) {
    url.split_at(url.rfind('/').map_or(0, |slash| slash + 1))
}

impl Span {
    pub(super) fn write(self, out: &mut Vec<u8>) {
        out.extend(self.start.to_le_bytes());
        out.extend(self.length.to_le_bytes());
    }
}

impl Record {
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let words = [self.prefix, self.kind, self.version, self.subject];
        words.iter().for_each(|word| out.extend(word.to_le_bytes()));
        out.extend(self.block.to_le_bytes());
        out.extend(self.tail.start.to_le_bytes());
        // The compiler of packs refuses addresses that are longer.
        out.extend((self.tail.length as u16).to_le_bytes());
        out.extend(self.start.to_le_bytes());
        out.extend(self.length.to_le_bytes());
    }
}

fn after(start: usize, count: usize, size: usize) -> Result<usize, PackError> {
    let length = count.checked_mul(size);
    let end = length.and_then(|length| start.checked_add(length));
    end.ok_or(PackError::Broken("index"))
}

fn span_at(bytes: &[u8], at: usize) -> Option<Span> {
    Some(Span {
        start: u32_at(bytes, at)?,
        length: u32_at(bytes, at + 4)?,
    })
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let found = bytes.get(at..at.checked_add(4)?)?;
    found.try_into().ok().map(u32::from_le_bytes)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let found = bytes.get(at..at.checked_add(2)?)?;
    found.try_into().ok().map(u16::from_le_bytes)
}
