//! Snapshots: the whole of a structure, from its base and what it changes.
//!
//! The base's snapshot and the differential both become trees. The differential is then followed through the base:
//! where it goes below what the base spells out, the content of the type (or of the element that is referred to) is
//! unfolded; where it names slices, the element is copied for each. What comes out is written as a snapshot again.
//! The rules are those of profiling.html and of "interpretation in context" in elementdefinition.html.

mod apply;
mod checks;
mod choices;
pub mod compare;
mod differential;
mod facts;
mod finish;
mod groups;
mod inherited;
mod merge;
mod node;
mod obligations;
mod order;
mod profiles;
mod settle;
mod slices;
mod type_slices;
mod unfold;
mod write;

#[cfg(test)]
mod tests;

use super::definitions::{
    Definitions, Derivation, ElementDefinition, STRUCTURE_BASE, Structure, Trail, Version,
    elements_of,
};
use super::tree::{Format, Resource, to_json};
pub use order::sorted;

use apply::Session;
use differential::Change;
use node::Node;
use std::fmt;
use std::sync::Arc;

/// The most elements of a differential, and of what becomes of it.
pub const MAX_ELEMENTS: usize = 20_000;

/// Why a snapshot cannot be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotError {
    /// The path or id of the element that is at fault, if it is one.
    pub element: Option<String>,
    /// What is wrong: lowercase, no full stop.
    pub message: String,
}

impl fmt::Display for SnapshotError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.element {
            Some(element) => write!(formatter, "`{element}`: {}", self.message),
            None => formatter.write_str(&self.message),
        }
    }
}

impl std::error::Error for SnapshotError {}

/// An error at an element; an empty text stands for the structure as a whole.
fn refuse(element: &str, message: impl Into<String>) -> SnapshotError {
    SnapshotError {
        element: (!element.is_empty()).then(|| element.to_owned()),
        message: message.into(),
    }
}

/// In which order the elements of a differential must stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// In the order of the base, as the specification has it.
    OfTheBase,
    /// In any: many authors' tools sort them only when they publish.
    Any,
}

/// Whose habits a snapshot follows where the specification leaves a choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Practice {
    /// Today's: what is said of the content of a sliced element holds for each slice; a slice may not occur more
    /// often than the whole; slices that must occur raise the minimum of the whole.
    Current,
    /// That of the tools that made the official cases of R4B, which know none of these.
    Former,
}

impl Practice {
    fn of(version: Version) -> Self {
        match version {
            Version::R4B => Self::Former,
            Version::Stu3 | Version::R4 | Version::R5 => Self::Current,
        }
    }
}

/// What becomes of a differential that says what it may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Faults {
    /// It is refused.
    Refused,
    /// It is followed as far as it can be: published profiles are full of small faults, and data is validated against
    /// them all the same.
    Followed,
}

/// Whether the words of a definition are kept, or only what it demands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Words {
    Kept,
    LeftOut,
}

/// How a snapshot is made.
#[derive(Debug, Clone, Copy)]
struct Manner {
    order: Order,
    practice: Practice,
    faults: Faults,
    words: Words,
}

impl Manner {
    /// For validation.
    const FOR_USE: Self = Self {
        order: Order::Any,
        practice: Practice::Current,
        faults: Faults::Followed,
        words: Words::LeftOut,
    };
}

/// The same structure with its snapshot, made from the base that `definitions` knows. Small faults of the differential
/// (a limit that is wider than the base's, a name that should be another) are passed over.
///
/// # Errors
/// The element that cannot be understood, and why.
pub fn complete(
    definitions: &Definitions,
    structure: &Structure,
    trail: &mut Trail,
) -> Result<Structure, SnapshotError> {
    let tree = within_trail(definitions, structure, Manner::FOR_USE, trail)?;
    Ok(Structure {
        snapshot: definitions_of(&tree)?,
        ..structure.clone()
    })
}

/// The StructureDefinition as JSON with a new snapshot, made from the base that `definitions` knows.
///
/// # Errors
/// The first element that says what it may not, and why.
pub fn generate(
    definitions: &Definitions,
    resource: &Arc<Resource>,
    order: Order,
    trail: &mut Trail,
) -> Result<Resource, SnapshotError> {
    let structure = read_in_json(definitions, resource)?;
    let manner = Manner {
        order,
        practice: Practice::of(definitions.version()),
        faults: Faults::Refused,
        words: Words::Kept,
    };
    let tree = within_trail(definitions, &structure, manner, trail)?;
    let text = write::structure(&structure, &tree);
    Resource::parse_json(text.as_bytes()).map_err(|error| refuse("", error.to_string()))
}

/// A StructureDefinition as if it had been JSON: XML does not tell what is a list or a number.
fn read_in_json(
    definitions: &Definitions,
    resource: &Arc<Resource>,
) -> Result<Structure, SnapshotError> {
    let read = match resource.format() {
        Format::Json => Structure::read(resource),
        Format::Xml => Structure::read(&read_back(&to_json(resource, definitions))?),
    };
    read.ok_or_else(|| refuse("", "this is not a usable StructureDefinition"))
}

/// The elements of a tree. Those that nothing was changed of are those of the base; the others are written and read.
fn definitions_of(root: &Node) -> Result<Vec<ElementDefinition>, SnapshotError> {
    let made = read_back(&write::changed_elements(root))?;
    let mut made = elements_of(&made, made.root(), "snapshot").into_iter();
    let mut elements = Vec::with_capacity(root.size());
    root.visit(&mut |path, id, node| match node.facts.unchanged() {
        Some(element) => elements.push(ElementDefinition {
            id: id.into(),
            path: path.into(),
            slice_name: node.slice.as_deref().map(Into::into),
            ..element.clone()
        }),
        None => elements.extend(made.next()),
    });
    Ok(elements)
}

fn read_back(text: &str) -> Result<Arc<Resource>, SnapshotError> {
    let made = Resource::parse_json(text.as_bytes());
    made.map(Arc::new)
        .map_err(|error| refuse("", error.to_string()))
}

fn within_trail(
    definitions: &Definitions,
    structure: &Structure,
    manner: Manner,
    trail: &mut Trail,
) -> Result<Node, SnapshotError> {
    if !trail.enter(&structure.url) {
        return Err(refuse("", format!("`{}` builds on itself", structure.url)));
    }
    let tree = grow(definitions, structure, manner, trail);
    trail.leave();
    tree
}

/// Makes the tree of a structure's snapshot.
fn grow(
    definitions: &Definitions,
    structure: &Structure,
    manner: Manner,
    trail: &mut Trail,
) -> Result<Node, SnapshotError> {
    let change = Change::of_differential(structure)?;
    let base = base_of(definitions, structure, trail)?;
    let mut root = match &base {
        Some(base) => tree_of(definitions, base, manner, trail)?,
        None => apply::bare_root(structure),
    };
    root.name = differential::path_root(&structure.type_name).into();
    let base = base.unwrap_or_else(|| Arc::new(structure.clone()));
    let mut session = Session::new(definitions, structure, base, manner, trail);
    session.settle_inherited(&mut root);
    session.root(&mut root, &change)?;
    session.finish(&mut root)?;
    Ok(root)
}

/// The tree of a base. Snapshots that were made on the way have no words: where these are wanted, they are made again.
fn tree_of(
    definitions: &Definitions,
    base: &Arc<Structure>,
    manner: Manner,
    trail: &mut Trail,
) -> Result<Node, SnapshotError> {
    if manner.words == Words::Kept && base.source.root().child("snapshot").is_none() {
        let manner = Manner {
            words: Words::Kept,
            ..Manner::FOR_USE
        };
        let base = read_in_json(definitions, &base.source)?;
        return within_trail(definitions, &base, manner, trail);
    }
    Node::of_snapshot(&as_written(definitions, base, manner))
}

/// A structure that snapshots take from: in JSON, where the snapshot will be shown.
fn as_written(
    definitions: &Definitions,
    structure: &Arc<Structure>,
    manner: Manner,
) -> Arc<Structure> {
    if manner.words == Words::LeftOut || structure.source.format() == Format::Json {
        return structure.clone();
    }
    match read_in_json(definitions, &structure.source) {
        Ok(read) if !read.snapshot.is_empty() => Arc::new(read),
        Ok(_) | Err(_) => structure.clone(),
    }
}

/// From R5 on, all types build on `Base`, which has no elements; other releases do not define it.
fn is_base_of_everything(definitions: &Definitions, address: &str) -> bool {
    address.strip_prefix(STRUCTURE_BASE) == Some("Base") && definitions.find(address).is_none()
}

/// The base, with its snapshot; `None` for a type that builds on nothing, such as `Element` in R4.
fn base_of(
    definitions: &Definitions,
    structure: &Structure,
    trail: &mut Trail,
) -> Result<Option<Arc<Structure>>, SnapshotError> {
    let everything = |address: &str| is_base_of_everything(definitions, address);
    let Some(address) = structure
        .base
        .as_deref()
        .filter(|address| !everything(address))
    else {
        return match structure.derivation {
            Derivation::Specialization => Ok(None),
            Derivation::Constraint => Err(refuse("", "a profile without a base")),
        };
    };
    if trail.holds(address) {
        return Err(refuse("", format!("`{}` builds on itself", structure.url)));
    }
    let base = definitions
        .structure_within(address, trail)
        .map_err(|missing| refuse("", format!("the base `{address}` is not usable: {missing}")))?;
    if structure.is_profile() && base.type_name != structure.type_name {
        return Err(refuse(
            "",
            format!(
                "a profile on `{}` cannot have a base of the type `{}`",
                structure.type_name, base.type_name
            ),
        ));
    }
    Ok(Some(base))
}
