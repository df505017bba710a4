//! From resources to a pack: the same resources give the same bytes, in whatever order they come.

use super::PackError;
use super::format::{ABSENT, Layout, MAGIC, Record, Span, split};
use crate::fhir::definitions::facts::{self, Reduction, RootConstraints};
use crate::fhir::definitions::given::text;
use crate::fhir::definitions::library::Entry;
use crate::fhir::tree::{Element, Kind, Resource};
use flate2::{Compression, write::ZlibEncoder};
use std::collections::{BTreeMap, HashMap};
use std::io::Write;

/// Definitions are gathered until a block has about this size: enough to deflate well, little enough to inflate fast.
const BLOCK_SIZE: usize = 32 * 1024;

/// What is said of LOINC codes wherever they are passed on.
const LOINC_NOTICE: &str = "Some codes and their names come from LOINC, which belongs to Regenstrief Institute and \
    the LOINC Committee and may be used free of charge under the licence at https://loinc.org/license";

/// A pack that was made, and what became of its sources.
#[derive(Debug, Clone)]
pub struct Compiled {
    /// The pack.
    pub bytes: Vec<u8>,
    /// How many definitions it holds of each kind.
    pub kept: BTreeMap<String, usize>,
    /// How many resources were left out of each kind: of no use to the engine, or without an address.
    pub left_out: BTreeMap<String, usize>,
    /// Addresses (with version) that stood in several resources of different content; the longest counts.
    pub clashes: Vec<String>,
}

/// Makes a pack of resources; the entries of Bundles count as resources.
///
/// # Errors
/// More of something than the format can number.
pub fn compile(
    name: &str,
    version: &str,
    resources: &[impl AsRef<Resource>],
    reduction: Reduction,
) -> Result<Compiled, PackError> {
    let definitions: Vec<Element<'_>> = resources
        .iter()
        .flat_map(|resource| unbundled(resource.as_ref().root()))
        .collect();
    let mut roots = RootConstraints::new();
    for definition in &definitions {
        facts::note_root_constraints(&mut roots, *definition);
    }
    let mut left_out = BTreeMap::new();
    let mut items = Vec::new();
    for definition in definitions {
        match Item::of(definition, reduction, &roots) {
            Some(item) => items.push(item),
            None => {
                let kind = definition.resource_type().unwrap_or("(none)");
                *left_out.entry(kind.to_owned()).or_default() += 1;
            }
        }
    }
    let clashes = settle(&mut items);
    let mut kept = BTreeMap::new();
    for item in &items {
        *kept.entry(item.entry.kind.to_string()).or_default() += 1;
    }
    Ok(Compiled {
        bytes: Writer::default().write([name, version], items)?,
        kept,
        left_out,
        clashes,
    })
}

/// The resources of a Bundle, or the resource itself.
fn unbundled(root: Element<'_>) -> Vec<Element<'_>> {
    if root.resource_type() != Some("Bundle") {
        return vec![root];
    }
    let entries = root.children().filter(|child| child.name() == "entry");
    let resources = entries.filter_map(|entry| entry.child("resource"));
    resources
        // Some sources have an element around the resource.
        .map(|holder| match holder.kind() == Kind::Resource {
            true => holder,
            false => holder.children().next().unwrap_or(holder),
        })
        .collect()
}

/// One definition on its way into a pack.
struct Item {
    entry: Entry,
    rank: u8,
    facts: String,
}

impl Item {
    fn of(definition: Element<'_>, reduction: Reduction, roots: &RootConstraints) -> Option<Self> {
        let entry = Entry::of_element(definition)?;
        let facts = facts::of(definition, reduction, roots)?;
        Some(Self {
            rank: rank(definition),
            entry,
            facts,
        })
    }

    fn address(&self) -> (&str, &str) {
        split(&self.entry.url)
    }

    /// Neighbours in this order share a block: what one reader is likely to want together.
    fn neighbourhood(&self) -> (u8, &str, &str, Option<&str>, &str, &str) {
        let (prefix, tail) = self.address();
        let version = self.entry.version.as_deref();
        (
            self.rank,
            tail,
            prefix,
            version,
            &self.entry.kind,
            &self.facts,
        )
    }

    /// The order of the index.
    fn place(&self) -> ((&str, &str), Option<&str>, &str) {
        (
            self.address(),
            self.entry.version.as_deref(),
            &self.entry.kind,
        )
    }
}

/// Types first, since everything needs them; then resources, profiles, and value sets beside their code systems.
fn rank(definition: Element<'_>) -> u8 {
    let is_profile = text(definition, "derivation") == Some("constraint");
    match (definition.resource_type(), text(definition, "kind")) {
        (Some("StructureDefinition"), Some("primitive-type")) if !is_profile => 0,
        (Some("StructureDefinition"), Some("complex-type")) if !is_profile => 1,
        (Some("StructureDefinition"), _) if !is_profile => 2,
        (Some("StructureDefinition"), _) => 3,
        (Some("CodeSystem" | "ValueSet"), _) => 4,
        (Some("SearchParameter"), _) => 5,
        _ => 6,
    }
}

/// Leaves one of each kind, address and version; tells which had different contents.
fn settle(items: &mut Vec<Item>) -> Vec<String> {
    // The longest facts come first among those of one place, so that they are the ones that stay.
    items.sort_by(|left, right| {
        let sizes = right.facts.len().cmp(&left.facts.len());
        let contents = || left.facts.cmp(&right.facts);
        left.place()
            .cmp(&right.place())
            .then(sizes)
            .then_with(contents)
    });
    let mut clashes = Vec::new();
    items.dedup_by(|later, kept| {
        let is_same = later.place() == kept.place();
        if is_same && later.facts != kept.facts {
            clashes.push(match &kept.entry.version {
                Some(version) => format!("{}|{version}", kept.entry.url),
                None => kept.entry.url.to_string(),
            });
        }
        is_same
    });
    clashes.dedup();
    clashes
}

#[derive(Default)]
struct Writer {
    texts: String,
    words: Vec<Span>,
    known: HashMap<String, u16>,
    records: Vec<Record>,
    blocks: Vec<[u32; 3]>,
    packed: Vec<u8>,
}

impl Writer {
    fn write(mut self, [name, version]: [&str; 2], items: Vec<Item>) -> Result<Vec<u8>, PackError> {
        let has_loinc = items
            .iter()
            .any(|item| item.facts.contains("\"http://loinc.org\""));
        let notice = if has_loinc { LOINC_NOTICE } else { "" };
        let mut titles = Vec::new();
        for title in [name, version, notice] {
            titles.push(self.text(title)?);
        }
        let places = self.pack(&items)?;
        for (item, place) in items.iter().zip(places) {
            let record = self.record(item, place)?;
            self.records.push(record);
        }
        let out = self.assemble(&titles)?;
        // invariant: what is written can be read; a mistake here must not reach a file.
        Layout::read(&out)?;
        Ok(out)
    }

    /// Deflates the facts in neighbourly order; returns where those of each item lie.
    fn pack(&mut self, items: &[Item]) -> Result<Vec<Place>, PackError> {
        let mut order: Vec<usize> = (0..items.len()).collect();
        order.sort_by(|left, right| {
            let [left, right] = [&items[*left], &items[*right]];
            left.neighbourhood().cmp(&right.neighbourhood())
        });
        let mut places = vec![Place::default(); items.len()];
        let mut block = String::new();
        let mut rank = None;
        for at in order {
            let item = &items[at];
            let is_full = block.len() + item.facts.len() > BLOCK_SIZE || rank != Some(item.rank);
            if is_full && !block.is_empty() {
                self.close(&mut block)?;
            }
            rank = Some(item.rank);
            places[at] = Place {
                block: number(self.blocks.len(), "blocks")?,
                start: size(block.len())?,
                length: size(item.facts.len())?,
            };
            block.push_str(&item.facts);
        }
        if !block.is_empty() {
            self.close(&mut block)?;
        }
        Ok(places)
    }

    fn close(&mut self, block: &mut String) -> Result<(), PackError> {
        let deflated = deflate(block.as_bytes()).ok_or(PackError::TooMany("bytes"))?;
        let place = [self.packed.len(), deflated.len(), block.len()];
        let [start, packed, length] = place.map(size);
        self.blocks.push([start?, packed?, length?]);
        self.packed.extend(deflated);
        block.clear();
        Ok(())
    }

    fn record(&mut self, item: &Item, place: Place) -> Result<Record, PackError> {
        let (prefix, tail) = item.address();
        if tail.len() > usize::from(u16::MAX) {
            return Err(PackError::TooMany("letters in an address"));
        }
        Ok(Record {
            prefix: self.word(Some(prefix))?,
            kind: self.word(Some(&item.entry.kind))?,
            version: self.word(item.entry.version.as_deref())?,
            subject: self.word(item.entry.subject.as_deref())?,
            block: place.block,
            tail: self.text(tail)?,
            start: place.start,
            length: place.length,
        })
    }

    /// The number of a text that recurs.
    fn word(&mut self, text: Option<&str>) -> Result<u16, PackError> {
        let Some(text) = text else {
            return Ok(ABSENT);
        };
        if let Some(known) = self.known.get(text) {
            return Ok(*known);
        }
        let new = number(self.words.len(), "words")?;
        let span = self.text(text)?;
        self.words.push(span);
        self.known.insert(text.to_owned(), new);
        Ok(new)
    }

    fn text(&mut self, text: &str) -> Result<Span, PackError> {
        let span = Span {
            start: size(self.texts.len())?,
            length: size(text.len())?,
        };
        self.texts.push_str(text);
        Ok(span)
    }

    fn assemble(self, titles: &[Span]) -> Result<Vec<u8>, PackError> {
        let mut out = MAGIC.to_vec();
        let counts = [
            self.texts.len(),
            self.words.len(),
            self.records.len(),
            self.blocks.len(),
        ];
        for count in counts {
            out.extend(size(count)?.to_le_bytes());
        }
        titles
            .iter()
            .chain(&self.words)
            .for_each(|span| span.write(&mut out));
        self.records
            .iter()
            .for_each(|record| record.write(&mut out));
        for number in self.blocks.iter().flatten() {
            out.extend(number.to_le_bytes());
        }
        out.extend(self.texts.as_bytes());
        out.extend(self.packed);
        Ok(out)
    }
}

/// Where the facts of a definition lie.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    block: u16,
    start: u32,
    length: u32,
}

fn deflate(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok()
}

fn size(length: usize) -> Result<u32, PackError> {
    u32::try_from(length).map_err(|_| PackError::TooMany("bytes"))
}

/// The number of one more; the highest stands for none.
fn number(count: usize, what: &'static str) -> Result<u16, PackError> {
    let number = u16::try_from(count).ok().filter(|number| *number != ABSENT);
    number.ok_or(PackError::TooMany(what))
}
