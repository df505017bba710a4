//! XML to elements in one pass: `value` attributes become values, `id` and `url` attributes become children.

use super::markup::{Attribute, FHIR, References, SCHEMA_INSTANCE, Scanner, Token, XHTML};
use super::{
    Builder, FormIssue, FormIssueKind, Kind, MAX_DEPTH, Manner, Mark, NOT_LISTED, Node, Parts,
    Span, name_hash,
};
use crate::fhir::error::{Fault, Reads, fault};
use std::borrow::Cow;

/// Up to how many children are compared with each other to find those that repeat; beyond, they are sorted.
const FEW: usize = 16;

/// Reads one XML document into elements.
pub(super) fn read(source: &str, manner: Manner) -> Result<Parts, (Fault, Parts)> {
    let start = if source.starts_with('\u{FEFF}') { 3 } else { 0 };
    let builder = Builder::new(source, manner);
    let scanner = match Scanner::new(source, start, References::Refuse) {
        Ok(scanner) => scanner,
        Err(error) => return Err((error, builder.into_parts())),
    };
    let mut reader = Reader {
        scanner,
        builder,
        children: Vec::new(),
    };
    match reader.document() {
        Ok(()) => Ok(reader.builder.into_parts()),
        Err(error) => Err((error, reader.builder.into_parts())),
    }
}

struct Reader<'s> {
    scanner: Scanner<'s>,
    builder: Builder<'s>,
    /// Room for the children of one element.
    children: Vec<usize>,
}

/// A start tag, resolved.
#[derive(Clone, Copy)]
struct Tag<'s> {
    /// The name without its prefix.
    name: &'s str,
    namespace: &'s str,
    at: usize,
    /// Byte offset of the name.
    name_at: usize,
    empty: bool,
}

impl<'s> Reader<'s> {
    /// One element, with white space, comments and instructions around it.
    fn document(&mut self) -> Reads<()> {
        self.encoding()?;
        let mut found = false;
        loop {
            match self.scanner.next()? {
                Token::Open { name, at, empty } if !found => {
                    found = true;
                    let tag = self.tag(name, at, empty);
                    self.root(tag)?;
                }
                Token::Open { at, .. } | Token::Close { at, .. } => {
                    return Err(fault(
                        at,
                        "not well-formed XML: a document has one outermost element",
                    ));
                }
                Token::Text { raw, at, .. } => outside(raw, at)?,
                Token::Comment { .. } | Token::Instruction { .. } => {}
                Token::End if found => return Ok(()),
                Token::End => {
                    let at = self.builder.source.len();
                    return Err(fault(at, "not well-formed XML: there is no element"));
                }
            }
        }
    }

    /// FHIR's XML is in UTF-8. A document that names an encoding with wide characters contradicts its own bytes.
    fn encoding(&mut self) -> Reads<()> {
        let Some((encoding, at)) = self.scanner.encoding else {
            return Ok(());
        };
        let named = encoding.to_ascii_uppercase();
        let sound = matches!(named.as_str(), "UTF-8" | "US-ASCII" | "ASCII");
        if self.builder.manner == Manner::Tolerant && !sound {
            let message = format!("the encoding is `{encoding}`: FHIR's XML is in UTF-8");
            self.note(FormIssueKind::Encoding, None, "", at, &message);
        }
        let wide = ["UTF-16", "UTF-32", "UCS", "ISO-10646"];
        if wide.iter().any(|wide| named.starts_with(wide)) {
            let message = "the body is not in the encoding that it names";
            return Err(fault(at, message));
        }
        Ok(())
    }

    fn tag(&self, qualified: &'s str, at: usize, empty: bool) -> Tag<'s> {
        // The scanner has refused undeclared prefixes.
        let (namespace, name) = self.scanner.resolve(qualified).unwrap_or_default();
        let name_at = at + 1 + qualified.len() - name.len();
        Tag {
            name,
            namespace,
            at,
            name_at,
            empty,
        }
    }

    /// The outermost element names the type of the resource.
    fn root(&mut self, tag: Tag<'s>) -> Reads<()> {
        self.watch_namespace(tag, FHIR, None);
        let name = tag.span();
        let id = self.open(tag, name, 0, Kind::Resource, name);
        self.attributes(id)?;
        self.content(tag, id)
    }

    /// What stands between the tags of an element, up to its end.
    fn content(&mut self, tag: Tag<'s>, id: u32) -> Reads<()> {
        if tag.empty {
            self.builder.close(id);
            return Ok(());
        }
        let mut place = Content {
            id,
            tag,
            held: false,
            crowded: false,
        };
        loop {
            match self.scanner.next()? {
                Token::Open { name, at, empty } => {
                    self.bounded(at)?;
                    let child = self.tag(name, at, empty);
                    self.child(child, &mut place)?;
                }
                Token::Close { .. } => break,
                Token::Text { raw, at, .. } => self.stray_text(raw, at, id),
                Token::Instruction { at } => {
                    let message = "a processing instruction says nothing in FHIR";
                    self.note(
                        FormIssueKind::ProcessingInstruction,
                        Some(id),
                        "",
                        at,
                        message,
                    );
                }
                // The scanner knows that this element is open, and refuses to end.
                Token::Comment { .. } | Token::End => {}
            }
        }
        self.builder.close(id);
        self.number_children(id);
        Ok(())
    }

    /// One child element. Resources start with a capital, elements do not: so `contained` and `resource` are known by
    /// what they hold.
    fn child(&mut self, child: Tag<'s>, place: &mut Content<'s>) -> Reads<()> {
        if place.held {
            return self.crowding(child, place);
        }
        let capital = child
            .name
            .starts_with(|letter: char| letter.is_ascii_uppercase());
        let narrative = child.name == "div" && place.tag.name == "text";
        if child.namespace == XHTML || narrative {
            return self.narrative(child, place.id);
        }
        self.watch_namespace(child, place.tag.namespace, Some(place.id));
        let childless = self.builder.nodes.len() == place.id as usize + 1;
        if capital
            && childless
            && place.id != 0
            && self.builder.nodes[place.id as usize].kind == Kind::Complex
        {
            place.held = true;
            return self.held_resource(child, place.id);
        }
        self.element(child, place.id)
    }

    /// The container becomes the resource: one node, under the container's name, at the resource's place.
    fn held_resource(&mut self, child: Tag<'s>, id: u32) -> Reads<()> {
        let value = child.span();
        let node = &mut self.builder.nodes[id as usize];
        (node.kind, node.value, node.position) = (Kind::Resource, value, child.at as u32);
        self.attributes(id)?;
        self.content(child, id)
    }

    /// FHIR's XML wraps each resource in an element of its own: what follows the first is read and forgotten.
    fn crowding(&mut self, child: Tag<'s>, place: &mut Content<'s>) -> Reads<()> {
        if !place.crowded {
            place.crowded = true;
            let message = "one element holds one resource; repeat the element for more";
            let node = self.builder.nodes[place.id as usize];
            let at = place.tag.at;
            let name = node
                .name
                .of(self.builder.source, &self.builder.pool)
                .to_owned();
            self.note(
                FormIssueKind::CrowdedContainer,
                Some(node.parent),
                &name,
                at,
                message,
            );
        }
        let first = self.builder.nodes.len();
        self.element(child, place.id)?;
        self.builder.forget(first, place.id);
        Ok(())
    }

    /// An element of FHIR, with the value that its `value` attribute gives it.
    fn element(&mut self, tag: Tag<'s>, parent: u32) -> Reads<()> {
        let name = tag.span();
        let id = self.open(tag, name, parent, Kind::Complex, Span::EMPTY);
        let before = self.builder.form_issues.len();
        let bare = self.scanner.attributes.is_empty();
        self.attributes(id)?;
        self.content(tag, id)?;
        let node = self.builder.nodes[id as usize];
        let silent = node.end == id + 1 && node.kind == Kind::Complex;
        if bare && silent && self.builder.form_issues.len() == before {
            let message = "an element must have a value or children";
            self.builder
                .note_named(FormIssueKind::EmptyObject, &node, tag.at, message);
        }
        Ok(())
    }

    /// `value` is the element's own; `id` and `url` are elements that XML writes as attributes.
    fn attributes(&mut self, id: u32) -> Reads<()> {
        for at in 0..self.scanner.attributes.len() {
            let attribute = self.scanner.attributes[at];
            match attribute.name {
                "value" => self.value(attribute, id)?,
                "id" | "url" => self.attribute_element(attribute, id)?,
                _ => self.other_attribute(attribute, id),
            }
        }
        Ok(())
    }

    fn value(&mut self, attribute: Attribute<'s>, id: u32) -> Reads<()> {
        let node = self.builder.nodes[id as usize];
        if node.kind == Kind::Resource {
            self.other_attribute(attribute, id);
            return Ok(());
        }
        if attribute.raw.is_empty() {
            let message = "a value must not be the empty string";
            let at = node.position as usize;
            self.builder
                .note_named(FormIssueKind::EmptyText, &node, at, message);
        }
        let value = self.value_span(attribute)?;
        let node = &mut self.builder.nodes[id as usize];
        (node.kind, node.value) = (Kind::Untyped, value);
        Ok(())
    }

    fn attribute_element(&mut self, attribute: Attribute<'s>, parent: u32) -> Reads<()> {
        if attribute.raw.is_empty() {
            let message = "an attribute must not be empty: leave it out";
            self.note(
                FormIssueKind::EmptyAttribute,
                Some(parent),
                attribute.name,
                attribute.at,
                message,
            );
        }
        let name = Span::in_source(attribute.at, attribute.at + attribute.name.len());
        let value = self.value_span(attribute)?;
        let node = node(
            name,
            attribute.name,
            parent,
            attribute.at,
            Kind::Untyped,
            value,
        );
        self.builder.open(node);
        Ok(())
    }

    fn other_attribute(&mut self, attribute: Attribute<'s>, id: u32) {
        let name = attribute.name;
        let namespace = self.scanner.resolve(name).map(|(namespace, _)| namespace);
        let (kind, message) = if name.contains(':') && namespace == Some(SCHEMA_INSTANCE) {
            if self.builder.manner == Manner::Strict {
                return;
            }
            let message =
                format!("`{name}` is not part of FHIR's XML: readers do not look schemas up");
            (FormIssueKind::SchemaAttribute, message)
        } else {
            (
                FormIssueKind::UnknownAttribute,
                format!("FHIR XML has no attribute `{name}` here"),
            )
        };
        let at = self.builder.nodes[id as usize].position as usize;
        self.note(kind, Some(id), "", at, &message);
    }

    /// A narrative as a text of its own: it brings the namespaces along that elements above it declare.
    fn narrative(&mut self, tag: Tag<'s>, parent: u32) -> Reads<()> {
        let source = self.builder.source;
        let start_tag = &source[tag.at..self.scanner.at];
        let outer: Vec<(&str, &str)> = self.scanner.outer_declarations().collect();
        if !tag.empty {
            self.skip_element()?;
        }
        let whole = &source[tag.at..self.scanner.at];
        let missing = missing_declarations(whole, start_tag, &outer);
        let value = if missing.is_empty() {
            Span::in_source(tag.at, self.scanner.at)
        } else {
            let (name, rest) = whole.split_at(tag.name_at + tag.name.len() - tag.at);
            Span::pooled(&mut self.builder.pool, &format!("{name}{missing}{rest}"))
        };
        self.open(tag, tag.span(), parent, Kind::Xhtml, value);
        Ok(())
    }

    /// Moves past the end tag of the element just opened, through whatever is inside.
    fn skip_element(&mut self) -> Reads<()> {
        let depth = self.scanner.depth();
        while self.scanner.depth() >= depth {
            let token = self.scanner.next()?;
            if let Token::Open { at, .. } = token {
                self.bounded(at)?;
            }
        }
        Ok(())
    }

    fn bounded(&self, at: usize) -> Reads<()> {
        if self.scanner.depth() > MAX_DEPTH {
            return Err(fault(
                at,
                format!("the XML nests deeper than {MAX_DEPTH} levels"),
            ));
        }
        Ok(())
    }

    /// Text between elements is noted, unless it is white space.
    fn stray_text(&mut self, raw: &str, at: usize, id: u32) {
        let blank = raw.trim_start_matches([' ', '\t', '\n', '\r']);
        if blank.is_empty() {
            return;
        }
        let shown: String = blank.trim_end().chars().take(40).collect();
        let message = format!(
            "the text `{shown}` stands between elements: FHIR values are `value` attributes"
        );
        self.note(
            FormIssueKind::StrayText,
            Some(id),
            "",
            at + raw.len() - blank.len(),
            &message,
        );
    }

    /// Elements of another namespace are kept and noted, once for all that is in it: a missing `xmlns` must not look
    /// like an empty resource.
    fn watch_namespace(&mut self, tag: Tag<'s>, above: &str, parent: Option<u32>) {
        if tag.namespace == FHIR || (parent.is_some() && tag.namespace == above) {
            return;
        }
        let message = format!("`{}` is not in the namespace `{FHIR}`", tag.name);
        self.note(
            FormIssueKind::WrongNamespace,
            parent,
            tag.name,
            tag.at,
            &message,
        );
    }

    /// Children that come more than once get their places in the list.
    fn number_children(&mut self, id: u32) {
        let nodes = &mut self.builder.nodes;
        let (mut next, end) = (id as usize + 1, nodes[id as usize].end as usize);
        let mut children = std::mem::take(&mut self.children);
        children.clear();
        while next < end {
            children.push(next);
            next = nodes[next].end as usize;
        }
        let source = self.builder.source;
        let pool = &self.builder.pool;
        let key = |nodes: &[Node], at: usize| (nodes[at].hash, nodes[at].name.of(source, pool));
        if children.len() > FEW {
            children.sort_by(|one, other| {
                key(nodes, *one)
                    .cmp(&key(nodes, *other))
                    .then(one.cmp(other))
            });
        }
        for at in 1..children.len() {
            let near = if children.len() > FEW { at - 1 } else { 0 };
            let this = key(nodes, children[at]);
            let earlier = (near..at)
                .rev()
                .find(|before| key(nodes, children[*before]) == this);
            let Some(earlier) = earlier else { continue };
            let before = &mut nodes[children[earlier]].index;
            if *before == NOT_LISTED {
                *before = 0;
            }
            let index = *before + 1;
            nodes[children[at]].index = index;
        }
        self.children = children;
    }

    /// A node whose content follows; callers close it.
    fn open(&mut self, tag: Tag<'s>, name: Span, parent: u32, kind: Kind, value: Span) -> u32 {
        self.builder
            .open(node(name, tag.name, parent, tag.at, kind, value))
    }

    /// A value without references or line ends is a range of the body.
    fn value_span(&mut self, attribute: Attribute<'s>) -> Reads<Span> {
        match self
            .scanner
            .decoded(attribute.raw, attribute.value_at, true)?
        {
            Cow::Borrowed(text) => Ok(Span::in_source(
                attribute.value_at,
                attribute.value_at + text.len(),
            )),
            Cow::Owned(text) => Ok(Span::pooled(&mut self.builder.pool, &text)),
        }
    }

    /// Notes a fault of form.
    fn note(
        &mut self,
        kind: FormIssueKind,
        parent: Option<u32>,
        name: &str,
        at: usize,
        message: &str,
    ) {
        self.builder
            .note(FormIssue::new(kind, parent, name, at, message));
    }
}

/// An element while what is inside is read.
struct Content<'s> {
    id: u32,
    tag: Tag<'s>,
    /// Whether it has turned out to hold a resource.
    held: bool,
    /// Whether it has been noted that it holds more.
    crowded: bool,
}

fn node(name: Span, text: &str, parent: u32, at: usize, kind: Kind, value: Span) -> Node {
    Node {
        name,
        value,
        hash: name_hash(text),
        parent,
        end: 0,
        position: at as u32,
        index: NOT_LISTED,
        kind,
        mark: Mark::NONE,
    }
}

/// Only white space may stand outside of the outermost element.
fn outside(raw: &str, at: usize) -> Reads<()> {
    let blank = raw.trim_start_matches([' ', '\t', '\n', '\r']);
    if blank.is_empty() {
        return Ok(());
    }
    Err(fault(
        at + raw.len() - blank.len(),
        "not well-formed XML: text stands outside of the outermost element",
    ))
}

impl Tag<'_> {
    fn span(&self) -> Span {
        Span::in_source(self.name_at, self.name_at + self.name.len())
    }
}

/// Declarations, as attributes, of those namespaces that a narrative uses and does not declare itself.
fn missing_declarations(whole: &str, start_tag: &str, outer: &[(&str, &str)]) -> String {
    let prefixed = start_tag
        .split(['>', ' ', '\t', '\r', '\n', '/'])
        .next()
        .is_some_and(|name| name.contains(':'));
    let mut missing = String::new();
    for (prefix, namespace) in outer {
        // A narrative whose `div` has a prefix has no use for the default namespace, which is FHIR's.
        let (declaration, used) = match *prefix {
            "" => (" xmlns=".to_owned(), !prefixed),
            prefix => (
                format!(" xmlns:{prefix}="),
                [' ', '<']
                    .iter()
                    .any(|before| whole.contains(&format!("{before}{prefix}:"))),
            ),
        };
        let spaced = start_tag.replace(['\t', '\r', '\n'], " ");
        if used && !spaced.contains(&declaration) && !missing.contains(&declaration) {
            let quote = if namespace.contains('"') { '\'' } else { '"' };
            missing.push_str(&format!("{declaration}{quote}{namespace}{quote}"));
        }
    }
    missing
}
