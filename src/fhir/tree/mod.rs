//! The element tree: one flat arena in document order over an owned copy of the body.
//!
//! A node's descendants follow it directly, so that walking is a loop over indices and no node owns memory.
//! Texts are ranges of the body, or of a pool for those that had escapes.
//!
//! The tree owns its body rather than borrow it: an element then needs one lifetime, resources can be kept and sent to
//! other threads, and taking a body over ([`Resource::parse_json_owned`]) or copying it once costs next to nothing
//! beside reading it.

mod element;
mod form;
mod json;
mod json_names;
mod json_text;
mod lines;
pub(crate) mod markup;
mod markup_text;
mod merge;
mod position;
mod reading;
mod scan;
mod write;
mod write_json;
mod write_xml;
mod xml;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_tolerant;
#[cfg(test)]
mod tests_write;

pub use element::{Children, Element, Place};
pub use form::{FormIssue, FormIssueKind};
pub use reading::Reading;
pub use scan::name_hash;
pub use write::{NoShapes, Shape, Shapes, WriteError};
pub use write_json::to_json;
pub use write_xml::to_xml;

use super::error::{ParseError, utf8, utf8_owned};
use lines::Lines;
use std::sync::OnceLock;

/// The deepest nesting of elements that is read; real resources stay below 40.
pub const MAX_DEPTH: usize = 200;

/// Bodies above this size are refused (offsets are 31 bits wide).
pub const MAX_BYTES: usize = 1 << 28;

/// How many faults of form are kept of one body.
pub const MAX_FORM_ISSUES: usize = 1000;

/// The wire format that a resource was read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `application/fhir+json`
    Json,
    /// `application/fhir+xml`
    Xml,
}

impl Format {
    /// Tells the formats apart by the first character of a body: XML starts with `<`.
    pub fn of(body: &[u8]) -> Self {
        let mut letters = body
            .iter()
            .filter(|byte| !byte.is_ascii_whitespace() && !matches!(byte, 0xEF | 0xBB | 0xBF));
        match letters.next() {
            Some(b'<') => Self::Xml,
            _ => Self::Json,
        }
    }
}

/// One resource (or any JSON object) as an element tree that owns its text. `Send + Sync`, read-only.
#[derive(Debug)]
pub struct Resource {
    format: Format,
    source: String,
    pool: String,
    nodes: Vec<Node>,
    form_issues: Vec<FormIssue>,
    lines: OnceLock<Lines>,
}

impl Resource {
    /// Reads a FHIR JSON body. Fails on anything that is not one well-formed JSON object in UTF-8.
    pub fn parse_json(bytes: &[u8]) -> Result<Self, ParseError> {
        within_size(bytes.len())?;
        Self::json(utf8(bytes)?.to_owned())
    }

    /// Reads a FHIR XML body. Fails on anything that is not well-formed, and on any document type declaration.
    pub fn parse_xml(bytes: &[u8]) -> Result<Self, ParseError> {
        within_size(bytes.len())?;
        Self::xml(utf8(bytes)?.to_owned())
    }

    /// [`Resource::parse_json`] of a body that is given away, which saves a copy.
    pub fn parse_json_owned(body: impl Into<Vec<u8>>) -> Result<Self, ParseError> {
        let body = body.into();
        within_size(body.len())?;
        Self::json(utf8_owned(body)?)
    }

    /// [`Resource::parse_xml`] of a body that is given away, which saves a copy.
    pub fn parse_xml_owned(body: impl Into<Vec<u8>>) -> Result<Self, ParseError> {
        let body = body.into();
        within_size(body.len())?;
        Self::xml(utf8_owned(body)?)
    }

    fn json(source: String) -> Result<Self, ParseError> {
        match json::read(&source, Manner::Strict) {
            Ok(parts) => Ok(Self::assemble(Format::Json, source, parts)),
            Err((fault, _)) => Err(ParseError::at(&source, fault.0, fault.1)),
        }
    }

    fn xml(source: String) -> Result<Self, ParseError> {
        match xml::read(&source, Manner::Strict) {
            Ok(parts) => Ok(Self::assemble(Format::Xml, source, parts)),
            Err((fault, _)) => Err(ParseError::at(&source, fault.0, fault.1)),
        }
    }

    /// Makes the tree; only then can faults of form be asked for their places.
    fn assemble(format: Format, source: String, parts: Parts) -> Self {
        let mut resource = Self {
            format,
            source,
            pool: parts.pool,
            nodes: parts.nodes,
            form_issues: Vec::new(),
            lines: OnceLock::new(),
        };
        let mut issues = parts.form_issues;
        for issue in &mut issues {
            issue.locate(&resource);
        }
        issues.sort_by_key(|issue| (issue.line, issue.column));
        resource.form_issues = issues;
        resource
    }

    /// Reads a body in either format, told apart by its first character.
    pub fn parse_any(bytes: &[u8]) -> Result<Self, ParseError> {
        match Format::of(bytes) {
            Format::Xml => Self::parse_xml(bytes),
            Format::Json => Self::parse_json(bytes),
        }
    }

    /// The resource type that the body names, such as `Patient`.
    pub fn type_name(&self) -> Option<&str> {
        self.root().resource_type()
    }

    /// What is well-formed but against FHIR's rules of form: empty arrays, stray nulls, unknown attributes…
    pub fn form_issues(&self) -> &[FormIssue] {
        &self.form_issues
    }

    /// The outermost element.
    pub fn root(&self) -> Element<'_> {
        Element {
            resource: self,
            id: 0,
        }
    }

    /// The wire format that this was read from.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The body as it was read.
    pub fn source(&self) -> &str {
        &self.source
    }

    pub(crate) fn node(&self, id: u32) -> &Node {
        &self.nodes[id as usize]
    }

    pub(crate) fn text(&self, span: Span) -> &str {
        span.of(&self.source, &self.pool)
    }

    /// Line and column of a byte offset. The table for it is made at the first question: most bodies are never asked.
    fn line_and_column(&self, offset: u32) -> (usize, usize) {
        let lines = self.lines.get_or_init(|| Lines::of(&self.source));
        lines.at(&self.source, offset as usize)
    }
}

/// Offsets are kept in 31 bits.
fn within_size(length: usize) -> Result<(), ParseError> {
    if length > MAX_BYTES {
        let message = format!("the body is {length} bytes long, above {MAX_BYTES}");
        return Err(ParseError::at("", 0, message));
    }
    Ok(())
}

/// What an element's own value is, as far as the wire says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// No value of its own: a complex element, or a primitive with nothing but extensions.
    Complex,
    /// A resource, at the root or inside another.
    Resource,
    /// A JSON string.
    Text,
    /// A JSON number; its text is kept as it was written.
    Number,
    /// A JSON `true` or `false`.
    Boolean,
    /// An XML attribute value, which may be any primitive.
    Untyped,
    /// An XHTML `div`, as text.
    Xhtml,
}

/// Whether a reader goes on after a fault that can be mended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    Strict,
    Tolerant,
}

/// One element of the arena: 40 bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Node {
    pub(crate) name: Span,
    /// The primitive's text, or the type of a resource.
    pub(crate) value: Span,
    /// [`name_hash`] of the name.
    pub(crate) hash: u32,
    pub(crate) parent: u32,
    /// One past the last descendant.
    pub(crate) end: u32,
    /// Byte offset of the element in the body.
    pub(crate) position: u32,
    /// Place in its list, or [`NOT_LISTED`].
    pub(crate) index: u32,
    pub(crate) kind: Kind,
    pub(crate) mark: Mark,
}

impl Node {
    /// Whether this is a value that a `_name` may follow.
    fn is_primitive(&self) -> bool {
        matches!(self.kind, Kind::Text | Kind::Number | Kind::Boolean)
    }
}

/// What the JSON reader remembers of a node; [`Mark::BESIDE`] tells writers of a primitive without a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark(u8);

impl Mark {
    pub(crate) const NONE: Self = Self(0);
    /// The first node of a property.
    pub(crate) const HEAD: Self = Self(1);
    /// Came from `_name`.
    pub(crate) const BESIDE: Self = Self(2);
    /// Stands for a null.
    pub(crate) const NULL: Self = Self(4);
    /// Stands for an empty array.
    pub(crate) const VOID: Self = Self(8);
    /// A primitive that has taken up its `_name`.
    pub(crate) const EXTENDED: Self = Self(16);
    /// A property that came before.
    pub(crate) const DROPPED: Self = Self(32);

    pub(crate) fn contains(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(crate) fn insert(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

/// The index of an element that is not in a list.
pub(crate) const NOT_LISTED: u32 = u32::MAX;

/// A range of the body, or of the pool when the top bit of `start` is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    start: u32,
    length: u32,
}

impl Span {
    pub(crate) const EMPTY: Self = Self {
        start: 0,
        length: 0,
    };
    const POOLED: u32 = 1 << 31;

    // Sizes fit: `MAX_BYTES` bounds the body, and the pool only holds texts that were longer in the body.
    pub(crate) fn in_source(start: usize, end: usize) -> Self {
        Self {
            start: start as u32,
            length: (end - start) as u32,
        }
    }

    /// What was pushed to the pool since it had `from` bytes.
    pub(crate) fn pool_tail(pool: &str, from: usize) -> Self {
        Self {
            start: from as u32 | Self::POOLED,
            length: (pool.len() - from) as u32,
        }
    }

    pub(crate) fn is_empty(self) -> bool {
        self.length == 0
    }

    pub(crate) fn is_pooled(self) -> bool {
        self.start & Self::POOLED != 0
    }

    /// Byte offset in the body, for texts that are not in the pool.
    pub(crate) fn start(self) -> usize {
        (self.start & !Self::POOLED) as usize
    }

    /// The same text without its first bytes.
    pub(crate) fn without_start(self, bytes: usize) -> Self {
        Self {
            start: self.start + bytes as u32,
            length: self.length - bytes as u32,
        }
    }

    /// Adds a text to the pool.
    pub(crate) fn pooled(pool: &mut String, text: &str) -> Self {
        let start = pool.len() as u32 | Self::POOLED;
        pool.push_str(text);
        Self {
            start,
            length: text.len() as u32,
        }
    }

    /// The text of a range.
    pub(crate) fn of<'t>(self, source: &'t str, pool: &'t str) -> &'t str {
        let start = (self.start & !Self::POOLED) as usize;
        let text = if self.start & Self::POOLED == 0 {
            source
        } else {
            pool
        };
        &text[start..start + self.length as usize]
    }
}

/// What a reader makes of a body.
pub(crate) struct Parts {
    pub(crate) pool: String,
    pub(crate) nodes: Vec<Node>,
    pub(crate) form_issues: Vec<FormIssue>,
}

/// A tree under construction, shared by both readers.
pub(crate) struct Builder<'s> {
    pub(crate) source: &'s str,
    pub(crate) manner: Manner,
    pub(crate) pool: String,
    pub(crate) nodes: Vec<Node>,
    pub(crate) form_issues: Vec<FormIssue>,
}

impl<'s> Builder<'s> {
    /// Room for about as many nodes as such a body has.
    pub(crate) fn new(source: &'s str, manner: Manner) -> Self {
        Self {
            source,
            manner,
            pool: String::new(),
            nodes: Vec::with_capacity(source.len() / 24 + 1),
            form_issues: Vec::new(),
        }
    }

    /// Adds a node whose descendants are pushed next and end with [`Builder::close`].
    pub(crate) fn open(&mut self, node: Node) -> u32 {
        let id = self.nodes.len() as u32;
        self.nodes.push(Node {
            end: id + 1,
            ..node
        });
        id
    }

    pub(crate) fn close(&mut self, id: u32) {
        self.nodes[id as usize].end = self.nodes.len() as u32;
    }

    /// Takes the last nodes back; faults noted in them stay, at `parent`.
    pub(crate) fn forget(&mut self, first: usize, parent: u32) {
        self.nodes.truncate(first);
        for issue in &mut self.form_issues {
            if issue.parent != u32::MAX && issue.parent as usize >= first {
                issue.parent = parent;
                issue.path.clear();
            }
        }
    }

    /// Notes a fault of form; a body that is full of them is known by the first [`MAX_FORM_ISSUES`].
    pub(crate) fn note(&mut self, issue: FormIssue) {
        if self.form_issues.len() < MAX_FORM_ISSUES {
            self.form_issues.push(issue);
        }
    }

    /// Notes a fault at an element that is perhaps not in the tree.
    #[cold]
    pub(crate) fn note_named(
        &mut self,
        kind: FormIssueKind,
        node: &Node,
        at: usize,
        message: &str,
    ) {
        let mut name = node.name.of(self.source, &self.pool).to_owned();
        if node.index != NOT_LISTED {
            name = format!("{name}[{}]", node.index);
        }
        self.note(FormIssue::new(kind, Some(node.parent), &name, at, message));
    }

    pub(crate) fn into_parts(self) -> Parts {
        Parts {
            pool: self.pool,
            nodes: self.nodes,
            form_issues: self.form_issues,
        }
    }
}
