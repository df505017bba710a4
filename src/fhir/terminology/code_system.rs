//! A CodeSystem resource, indexed: its concepts in document order, their hierarchy and their properties.

use super::concept::Concept;
use super::hierarchy::Hierarchy;
use super::index::Index;
use super::placeholder::Placeholder;
use crate::fhir::definitions::{all, flag, text};
use crate::fhir::tree::{Element, Resource};
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

/// How much of a code system a resource holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// Every code.
    Complete,
    /// Some codes; others exist.
    Fragment,
    /// A few codes to show what it is about.
    Example,
    /// No codes: its description alone.
    NotPresent,
    /// Designations and properties for the codes of another system.
    Supplement,
}

/// Whether codes that differ by case alone differ at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaseRule {
    /// They do.
    Sensitive,
    /// They do not, or the system does not say.
    Insensitive,
}

/// One CodeSystem. Read once, then shared between threads.
#[derive(Debug)]
pub struct CodeSystem {
    url: Box<str>,
    version: Option<Box<str>>,
    title: Box<str>,
    content: Content,
    case: CaseRule,
    supplements: Option<Box<str>>,
    /// Declared property codes and the standard properties that they stand for.
    properties: HashMap<Box<str>, Option<Box<str>>>,
    source: Arc<Resource>,
    slots: Vec<Slot>,
    by_code: Index,
    /// Lower-case codes, for systems where case does not count; made at the first code that is not written exactly.
    folded: OnceLock<HashMap<String, u32>>,
    hierarchy: OnceLock<Hierarchy>,
    /// Made at the first code that is not there.
    placeholders: OnceLock<Vec<Placeholder>>,
}

/// A concept's place in the resource and in the tree.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slot {
    pub(super) node: u32,
    pub(super) parent: Option<u32>,
    /// One past the last concept below.
    pub(super) end: u32,
}

impl CodeSystem {
    /// Reads a CodeSystem; `None` where the resource is something else or has no address.
    pub fn read(source: &Arc<Resource>) -> Option<Self> {
        if source.type_name() != Some("CodeSystem") {
            return None;
        }
        let root = source.root();
        let url = text(root, "url")?;
        let slots = slots_of(root);
        Some(Self {
            url: url.into(),
            version: text(root, "version").map(Into::into),
            title: title_of(root).unwrap_or(url).into(),
            // A system that calls itself complete and lists nothing was published without its codes.
            content: match content_of(text(root, "content")) {
                Content::Complete if slots.is_empty() => Content::NotPresent,
                content @ (Content::Complete
                | Content::Fragment
                | Content::Example
                | Content::NotPresent
                | Content::Supplement) => content,
            },
            case: case_of(flag(root, "caseSensitive")),
            supplements: text(root, "supplements").map(Into::into),
            properties: properties_of(root),
            by_code: codes_of(source, &slots),
            slots,
            source: source.clone(),
            folded: OnceLock::new(),
            hierarchy: OnceLock::new(),
            placeholders: OnceLock::new(),
        })
    }

    /// The canonical address, without version.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The business version.
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// Title, name or address, for people.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// How much of the code system is here.
    pub fn content(&self) -> Content {
        self.content
    }

    /// Whether case counts.
    pub fn case(&self) -> CaseRule {
        self.case
    }

    /// The code system that this supplements.
    pub fn supplements(&self) -> Option<&str> {
        self.supplements.as_deref()
    }

    /// How many concepts are here.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// The concept of a code, by the system's own rule of case.
    pub fn concept(&self, code: &str) -> Option<Concept<'_>> {
        self.index_of(code).map(|index| self.at(index))
    }

    /// All concepts in document order.
    pub fn concepts(&self) -> impl Iterator<Item = Concept<'_>> {
        (0..self.slots.len() as u32).map(|index| self.at(index))
    }

    pub(super) fn index_of(&self, code: &str) -> Option<u32> {
        if let Some(index) = self.by_code.find(code) {
            return Some(index);
        }
        let folded = match self.case {
            CaseRule::Sensitive => None,
            CaseRule::Insensitive => self.folded().get(&code.to_lowercase()).copied(),
        };
        folded.or_else(|| self.placeholder_of(code))
    }

    /// The concept that stands for many codes, this one among them.
    fn placeholder_of(&self, code: &str) -> Option<u32> {
        let placeholders = self
            .placeholders
            .get_or_init(|| self.concepts().filter_map(Placeholder::of).collect());
        let found = placeholders.iter().find(|found| found.covers(code))?;
        Some(found.index)
    }

    pub(super) fn at(&self, index: u32) -> Concept<'_> {
        let slot = self.slots[index as usize];
        Concept {
            system: self,
            index,
            element: Element {
                resource: &self.source,
                id: slot.node,
            },
        }
    }

    pub(super) fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// Who stands above whom: nested concepts, and properties that name parents or children.
    pub(super) fn hierarchy(&self) -> &Hierarchy {
        self.hierarchy.get_or_init(|| Hierarchy::of(self))
    }

    /// The standard property that a declared property stands for, such as `parent`; its own code where it is none.
    pub(super) fn meaning_of<'p>(&'p self, property: &'p str) -> &'p str {
        match self.properties.get(property) {
            Some(Some(standard)) => standard,
            Some(None) | None => property,
        }
    }

    /// Whether the system declares a property.
    pub fn declares(&self, property: &str) -> bool {
        self.properties.contains_key(property)
    }

    fn folded(&self) -> &HashMap<String, u32> {
        self.folded.get_or_init(|| {
            let mut folded = HashMap::with_capacity(self.slots.len());
            for concept in self.concepts() {
                folded
                    .entry(concept.code().to_lowercase())
                    .or_insert(concept.index);
            }
            folded
        })
    }
}

/// What a definition is called: its title, or its name.
pub(super) fn title_of(root: Element<'_>) -> Option<&str> {
    text(root, "title").or_else(|| text(root, "name"))
}

fn content_of(code: Option<&str>) -> Content {
    match code {
        Some("fragment") => Content::Fragment,
        Some("example") => Content::Example,
        Some("not-present") => Content::NotPresent,
        Some("supplement") => Content::Supplement,
        _ => Content::Complete,
    }
}

/// A system that does not say is read kindly: nobody can call a code wrong for its case.
fn case_of(sensitive: Option<bool>) -> CaseRule {
    match sensitive {
        Some(true) => CaseRule::Sensitive,
        Some(false) | None => CaseRule::Insensitive,
    }
}

/// FHIR's own list of properties that mean the same in all systems.
const STANDARD_PROPERTIES: &str = "http://hl7.org/fhir/concept-properties#";

fn properties_of(root: Element<'_>) -> HashMap<Box<str>, Option<Box<str>>> {
    let standard_of = |property| {
        let uri: &str = text(property, "uri")?;
        uri.strip_prefix(STANDARD_PROPERTIES).map(Into::into)
    };
    all(root, "property")
        .filter_map(|property| Some((text(property, "code")?.into(), standard_of(property))))
        .collect()
}

/// Walks the tree without recursion: a concept's nodes directly follow it.
fn slots_of(root: Element<'_>) -> Vec<Slot> {
    let mut slots: Vec<Slot> = Vec::new();
    // Concepts that are open, each with the nodes that are still to be looked at.
    let mut open = vec![(None, root.children())];
    while let Some((above, children)) = open.last_mut() {
        let above = *above;
        let Some(child) = children.next() else {
            open.pop();
            if let Some(closed) = above {
                let end = slots.len() as u32;
                let slot: &mut Slot = &mut slots[closed as usize];
                slot.end = end;
            }
            continue;
        };
        if child.name() != "concept" || text(child, "code").is_none() {
            continue;
        }
        let index = slots.len() as u32;
        slots.push(Slot {
            node: child.id,
            parent: above,
            end: index + 1,
        });
        open.push((Some(index), child.children()));
    }
    slots
}

fn codes_of(source: &Arc<Resource>, slots: &[Slot]) -> Index {
    Index::new(slots.iter().map(|slot| {
        let element = Element {
            resource: source,
            id: slot.node,
        };
        text(element, "code").unwrap_or_default()
    }))
}
