//! The tree: one flat arena in document order, owned, with the place of every node.

use super::guard;
use super::lines::Lines;
use roxmltree::{Error, ParsingOptions};
use std::collections::HashMap;
use std::fmt;
use std::sync::OnceLock;

/// The deepest nesting of elements that is read.
pub const MAX_DEPTH: usize = 256;

/// An XML document. `Send + Sync`, read-only.
#[derive(Debug)]
pub struct Document {
    source: String,
    nodes: Vec<Record>,
    namespaces: Vec<String>,
    lines: OnceLock<Lines>,
}

/// A body that cannot be read as XML, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    /// Line of the fault, from 1.
    pub line: usize,
    /// Column of the fault in characters, from 1.
    pub column: usize,
    /// What is wrong: lowercase, no full stop.
    pub message: String,
}

impl fmt::Display for ParseError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "line {}, column {}: {}",
            self.line, self.column, self.message
        )
    }
}

impl std::error::Error for ParseError {}

/// What a node is. Comments and processing instructions are left out of the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NodeKind {
    /// What stands above the outermost element.
    Root,
    /// An element.
    Element,
    /// An attribute.
    Attribute,
    /// Character data.
    Text,
}

#[derive(Debug)]
struct Record {
    kind: NodeKind,
    name: String,
    namespace: Option<usize>,
    text: String,
    parent: usize,
    /// One past the last descendant.
    end: usize,
    offset: usize,
    twins: Twins,
}

/// Whether siblings share a node's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Twins {
    None,
    /// Some do, and this is the so many-th of them, from 1.
    Position(u32),
}

impl Document {
    /// Reads a document in UTF-8. Fails on what is not well-formed, on a document type declaration, and on nesting
    /// deeper than [`MAX_DEPTH`].
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        let source = utf8(bytes)?;
        if let Some((at, message)) = guard::costly_tag(source) {
            return Err(error_at(source, at, message));
        }
        let options = ParsingOptions {
            allow_dtd: false,
            ..ParsingOptions::default()
        };
        let tree = roxmltree::Document::parse_with_options(source, options)
            .map_err(|error| explain(source, &error))?;
        let mut document = Self {
            source: source.to_owned(),
            nodes: Vec::new(),
            namespaces: Vec::new(),
            lines: OnceLock::new(),
        };
        document.add(tree.root(), 0, 0)?;
        Ok(document)
    }

    /// The node above the outermost element.
    pub fn root(&self) -> Node<'_> {
        Node {
            document: self,
            id: 0,
        }
    }

    /// The outermost element.
    pub fn root_element(&self) -> Node<'_> {
        let root = self.root();
        let element = root
            .children()
            .find(|child| child.kind() == NodeKind::Element);
        // A document that parsed has one.
        element.unwrap_or(root)
    }

    /// Adds a node and what is below it. Recursion is bounded by `MAX_DEPTH`.
    fn add(
        &mut self,
        node: roxmltree::Node<'_, '_>,
        parent: usize,
        depth: usize,
    ) -> Result<(), ParseError> {
        if depth > MAX_DEPTH {
            let message = format!("the XML nests deeper than {MAX_DEPTH} levels");
            return Err(error_at(&self.source, node.range().start, message));
        }
        let kind = match node.node_type() {
            roxmltree::NodeType::Root => NodeKind::Root,
            roxmltree::NodeType::Element => NodeKind::Element,
            roxmltree::NodeType::Text => NodeKind::Text,
            roxmltree::NodeType::Comment | roxmltree::NodeType::PI => return Ok(()),
        };
        let text = if kind == NodeKind::Text {
            node.text()
        } else {
            None
        };
        let name = node.tag_name();
        let id = self.push(
            kind,
            (name.namespace(), name.name()),
            text.unwrap_or_default(),
            parent,
            node.range().start,
        );
        for attribute in node.attributes() {
            let name = (attribute.namespace(), attribute.name());
            let offset = attribute.range().start;
            self.push(NodeKind::Attribute, name, attribute.value(), id, offset);
        }
        for child in node.children() {
            self.add(child, id, depth + 1)?;
        }
        self.nodes[id].end = self.nodes.len();
        self.count_twins(id);
        Ok(())
    }

    /// Numbers the children that share a name, once for all, so that asking for places stays cheap.
    fn count_twins(&mut self, parent: usize) {
        let mut seen: HashMap<(NodeKind, &str), (usize, u32)> = HashMap::new();
        let mut positions = Vec::new();
        let parent = Node {
            document: self,
            id: parent,
        };
        for child in parent.children() {
            let (first, count) = seen
                .entry((child.kind(), child.name()))
                .or_insert((child.id, 0));
            *count += 1;
            if *count > 1 {
                positions.push((*first, 1));
                positions.push((child.id, *count));
            }
        }
        for (id, position) in positions {
            self.nodes[id].twins = Twins::Position(position);
        }
    }

    /// Adds one node; `add` closes it.
    fn push(
        &mut self,
        kind: NodeKind,
        name: (Option<&str>, &str),
        text: &str,
        parent: usize,
        offset: usize,
    ) -> usize {
        let id = self.nodes.len();
        let namespace = name.0.map(|namespace| self.namespace(namespace));
        self.nodes.push(Record {
            kind,
            name: name.1.to_owned(),
            namespace,
            text: text.to_owned(),
            parent,
            end: id + 1,
            offset,
            twins: Twins::None,
        });
        id
    }

    /// Documents use few namespaces: each is kept once.
    fn namespace(&mut self, namespace: &str) -> usize {
        let known = self.namespaces.iter().rposition(|known| known == namespace);
        known.unwrap_or_else(|| {
            self.namespaces.push(namespace.to_owned());
            self.namespaces.len() - 1
        })
    }
}

/// One node of a [`Document`]: cheap to copy.
#[derive(Clone, Copy)]
pub struct Node<'d> {
    document: &'d Document,
    pub(super) id: usize,
}

/// Where a node stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Local names from the outermost element down, such as `/r/item[2]/@code`; repeated elements are counted from 1.
    pub path: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} (line {}, column {})",
            self.path, self.line, self.column
        )
    }
}

impl<'d> Node<'d> {
    /// What the node is.
    pub fn kind(self) -> NodeKind {
        self.record().kind
    }

    /// The name without prefix; empty for text and the root.
    pub fn name(self) -> &'d str {
        &self.record().name
    }

    /// The namespace of the name.
    pub fn namespace(self) -> Option<&'d str> {
        let namespace = self.record().namespace?;
        Some(&self.document.namespaces[namespace])
    }

    /// The string-value: the text of a text node or attribute, all text inside an element.
    pub fn text(self) -> String {
        match self.kind() {
            NodeKind::Text | NodeKind::Attribute => self.record().text.clone(),
            NodeKind::Root | NodeKind::Element => self.inner_texts().collect(),
        }
    }

    /// How long the string-value is, in bytes.
    pub(super) fn text_length(self) -> usize {
        match self.kind() {
            NodeKind::Text | NodeKind::Attribute => self.record().text.len(),
            NodeKind::Root | NodeKind::Element => self.inner_texts().map(str::len).sum(),
        }
    }

    fn inner_texts(self) -> impl Iterator<Item = &'d str> {
        let inside = &self.document.nodes[self.id..self.record().end];
        let texts = inside.iter().filter(|record| record.kind == NodeKind::Text);
        texts.map(|record| record.text.as_str())
    }

    /// The node above; `None` for the root.
    pub fn parent(self) -> Option<Node<'d>> {
        (self.id != 0).then(|| self.at(self.record().parent))
    }

    /// Elements and texts directly below, in document order.
    pub fn children(self) -> impl Iterator<Item = Node<'d>> {
        let end = self.record().end;
        let mut next = self.id + 1;
        let all = std::iter::from_fn(move || {
            let node = (next < end).then(|| self.at(next))?;
            next = node.record().end;
            Some(node)
        });
        all.filter(|node| node.kind() != NodeKind::Attribute)
    }

    /// Elements and texts anywhere below, in document order.
    pub fn descendants(self) -> impl Iterator<Item = Node<'d>> {
        let inside = (self.id + 1..self.record().end).map(move |id| self.at(id));
        inside.filter(|node| node.kind() != NodeKind::Attribute)
    }

    /// The attributes, in document order.
    pub fn attributes(self) -> impl Iterator<Item = Node<'d>> {
        let after = (self.id + 1..self.record().end).map(move |id| self.at(id));
        after.take_while(|node| node.kind() == NodeKind::Attribute)
    }

    /// The value of an attribute in no namespace.
    pub fn attribute(self, name: &str) -> Option<&'d str> {
        let mut attributes = self.attributes();
        let found = attributes
            .find(|attribute| attribute.name() == name && attribute.namespace().is_none())?;
        Some(&found.record().text)
    }

    /// How many nodes there are below, attributes included.
    pub(super) fn size(self) -> usize {
        self.record().end - self.id
    }

    /// Where the node stands.
    pub fn place(self) -> Place {
        let document = self.document;
        let lines = document.lines.get_or_init(|| Lines::of(&document.source));
        let (line, column) = lines.at(&document.source, self.record().offset);
        Place {
            path: self.path(),
            line,
            column,
        }
    }

    /// Names from the outermost element down.
    fn path(self) -> String {
        let mut segments = Vec::new();
        let mut here = self;
        while let Some(parent) = here.parent() {
            segments.push(here.segment());
            here = parent;
        }
        segments.reverse();
        format!("/{}", segments.join("/"))
    }

    /// One step of a place.
    fn segment(self) -> String {
        let name = match self.kind() {
            NodeKind::Attribute => return format!("@{}", self.name()),
            NodeKind::Text => "text()",
            NodeKind::Element | NodeKind::Root => self.name(),
        };
        match self.record().twins {
            Twins::None => name.to_owned(),
            Twins::Position(position) => format!("{name}[{position}]"),
        }
    }

    fn at(self, id: usize) -> Node<'d> {
        Node {
            document: self.document,
            id,
        }
    }

    fn record(self) -> &'d Record {
        &self.document.nodes[self.id]
    }
}

impl PartialEq for Node<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id && std::ptr::eq(self.document, other.document)
    }
}

impl Eq for Node<'_> {}

impl fmt::Debug for Node<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Node({})", self.path())
    }
}

/// An error of the XML parser in our words and places.
fn explain(source: &str, error: &Error) -> ParseError {
    if matches!(error, Error::DtdDetected) {
        let at = source.find("<!DOCTYPE").unwrap_or_default();
        let message = "a document type declaration is refused, since entities are unsafe";
        return error_at(source, at, message.to_owned());
    }
    let place = error.pos();
    let reason = error.to_string();
    // The place comes with the message; here it has fields of its own.
    let reason = reason
        .rsplit_once(" at ")
        .map_or(reason.as_str(), |(reason, _)| reason);
    ParseError {
        line: place.row as usize,
        column: place.col as usize,
        message: format!("not well-formed XML: {reason}"),
    }
}

/// XML allows other encodings; the standards that plugfest tests do not.
fn utf8(bytes: &[u8]) -> Result<&str, ParseError> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|error| {
        let good = error.valid_up_to();
        let before = std::str::from_utf8(&bytes[..good]).unwrap_or_default();
        let byte = bytes.get(good).copied().unwrap_or_default();
        error_at(before, good, format!("the byte 0x{byte:02X} is not UTF-8"))
    })
}

/// An error at a byte offset.
fn error_at(source: &str, offset: usize, message: String) -> ParseError {
    let (line, column) = Lines::of(source).at(source, offset);
    ParseError {
        line,
        column,
        message,
    }
}
