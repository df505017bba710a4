//! From FHIR XML to elements: `value` attributes become values, `id` and `url` attributes become children.

use super::xml_guard;
use super::{
    Builder, FormIssue, FormIssueKind, Kind, MAX_DEPTH, Manner, Mark, NOT_LISTED, Node, Parts,
    Span, name_hash,
};
use crate::fhir::error::ParseError;
use roxmltree::{Document, Error, NodeType, ParsingOptions};
use std::collections::HashMap;

const FHIR: &str = "http://hl7.org/fhir";
const XHTML: &str = "http://www.w3.org/1999/xhtml";
const SCHEMA_INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

type XmlNode<'a, 'i> = roxmltree::Node<'a, 'i>;

/// Reads an XML body into a tree.
pub(super) fn build(source: &str) -> Result<Parts, ParseError> {
    let body = source.strip_prefix('\u{FEFF}').unwrap_or(source);
    if let Some((at, message)) = xml_guard::costly_tag(body) {
        return Err(ParseError::at(body, at, message));
    }
    let options = ParsingOptions {
        allow_dtd: false,
        ..ParsingOptions::default()
    };
    let document =
        Document::parse_with_options(body, options).map_err(|error| explain(body, &error))?;
    refuse_deep_nesting(body, &document)?;
    let mut elements = Elements {
        builder: Builder::new(body, Manner::Strict),
    };
    elements.root(document.root_element());
    Ok(elements.builder.into_parts())
}

pub(super) fn read(_: &str) -> Result<Parts, (crate::fhir::error::Fault, Parts)> {
    todo!()
}

/// Building recurses, so hostile depth is kept out before it starts.
fn refuse_deep_nesting(source: &str, document: &Document<'_>) -> Result<(), ParseError> {
    let mut open = Vec::new();
    for node in document.descendants().filter(XmlNode::is_element) {
        let parent = node.parent_element().map(|parent| parent.id());
        while open.last().is_some() && open.last().copied() != parent {
            open.pop();
        }
        open.push(node.id());
        if open.len() > MAX_DEPTH {
            let message = format!("the XML nests deeper than {MAX_DEPTH} levels");
            return Err(ParseError::at(source, node.range().start, message));
        }
    }
    Ok(())
}

/// An error of the XML parser in our words and places.
fn explain(source: &str, error: &Error) -> ParseError {
    if matches!(error, Error::DtdDetected) {
        let at = source.find("<!DOCTYPE").unwrap_or_default();
        let message =
            "a document type declaration is refused: FHIR XML has none, and entities are unsafe";
        return ParseError::at(source, at, message);
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
        message: format!("not well-formed XML: {}", lowercase_first(reason)),
    }
}

fn lowercase_first(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters
        .next()
        .map(|first| first.to_lowercase().to_string());
    first.unwrap_or_default() + characters.as_str()
}

struct Elements<'s> {
    builder: Builder<'s>,
}

impl Elements<'_> {
    /// The outermost element names the type of the resource.
    fn root(&mut self, node: XmlNode<'_, '_>) {
        self.watch_namespace(node, None);
        let name = self.name_span(node);
        let id = self.open(node, name, 0, NOT_LISTED, Kind::Resource, name);
        self.content(node, id);
        self.builder.close(id);
    }

    /// A node whose content follows; callers close it.
    fn open(
        &mut self,
        node: XmlNode<'_, '_>,
        name: Span,
        parent: u32,
        index: u32,
        kind: Kind,
        value: Span,
    ) -> u32 {
        self.builder.open(Node {
            name,
            value,
            parent,
            end: 0,
            position: node.range().start as u32,
            index,
            kind,
            hash: name_hash(name.of(self.builder.source, &self.builder.pool)),
            mark: Mark::NONE,
        })
    }

    /// Attributes, then child elements, of one XML element.
    fn content(&mut self, node: XmlNode<'_, '_>, id: u32) {
        self.attributes(node, id);
        let repeated = repetitions(node);
        let mut seen: HashMap<&str, u32> = HashMap::new();
        for child in node.children() {
            match child.node_type() {
                NodeType::Element => {
                    let name = child.tag_name().name();
                    let index = seen.entry(name).or_default();
                    let listed = repeated.get(name).copied().unwrap_or_default() > 1;
                    let place = if listed { *index } else { NOT_LISTED };
                    *index += 1;
                    self.element(child, id, place);
                }
                NodeType::Text if !child.text().unwrap_or_default().trim().is_empty() => {
                    self.issue(
                        FormIssueKind::StrayText,
                        id,
                        "",
                        child,
                        "text stands between elements: FHIR values are `value` attributes",
                    );
                }
                NodeType::Text | NodeType::Comment | NodeType::PI | NodeType::Root => {}
            }
        }
    }

    /// One child element: narrative, a held resource, or an element of FHIR.
    fn element(&mut self, node: XmlNode<'_, '_>, parent: u32, index: u32) {
        let name = self.name_span(node);
        if node.tag_name().namespace() == Some(XHTML) {
            let value = self.narrative(node);
            self.open(node, name, parent, index, Kind::Xhtml, value);
            return;
        }
        self.watch_namespace(node, Some(parent));
        if let Some(resource) = held_resource(node) {
            self.watch_single(node, parent);
            let value = self.name_span(resource);
            let id = self.open(resource, name, parent, index, Kind::Resource, value);
            self.content(resource, id);
            self.builder.close(id);
            return;
        }
        let (kind, value) = self.value(node, parent);
        let id = self.open(node, name, parent, index, kind, value);
        self.content(node, id);
        self.builder.close(id);
    }

    /// The `value` attribute; an element with neither value nor content says nothing, and is noted.
    fn value(&mut self, node: XmlNode<'_, '_>, parent: u32) -> (Kind, Span) {
        let Some(attribute) = node.attribute_node("value") else {
            if !node.has_children() && node.attributes().len() == 0 {
                let name = node.tag_name().name().to_owned();
                self.issue(
                    FormIssueKind::EmptyObject,
                    parent,
                    &name,
                    node,
                    "an element must have a value or children",
                );
            }
            return (Kind::Complex, Span::EMPTY);
        };
        if attribute.value().is_empty() {
            let name = node.tag_name().name().to_owned();
            self.issue(
                FormIssueKind::EmptyText,
                parent,
                &name,
                node,
                "a value must not be the empty string",
            );
        }
        (Kind::Untyped, self.attribute_span(&attribute))
    }

    /// `id` and `url` are elements that XML writes as attributes.
    fn attributes(&mut self, node: XmlNode<'_, '_>, id: u32) {
        for attribute in node.attributes() {
            match (attribute.namespace(), attribute.name()) {
                (None, "value") | (Some(SCHEMA_INSTANCE), _) => {}
                (None, name @ ("id" | "url")) => {
                    let name = Span::pooled(&mut self.builder.pool, name);
                    let value = self.attribute_span(&attribute);
                    self.open(node, name, id, NOT_LISTED, Kind::Untyped, value);
                    let last = self.builder.nodes.len() - 1;
                    self.builder.nodes[last].position = attribute.range().start as u32;
                }
                (_, name) => {
                    let message = format!("FHIR XML has no attribute `{name}` here");
                    self.issue(FormIssueKind::UnknownAttribute, id, "", node, &message);
                }
            }
        }
    }

    /// A narrative as a text of its own: it brings its namespace along where an element above it declares that.
    fn narrative(&mut self, node: XmlNode<'_, '_>) -> Span {
        let whole = &self.builder.source[node.range()];
        let tag = whole.split('>').next().unwrap_or(whole);
        if tag.contains("xmlns") {
            return Span::in_source(node.range().start, node.range().end);
        }
        let end = tag.find(|letter: char| letter.is_whitespace() || letter == '/');
        let name = &tag[..end.unwrap_or(tag.len())];
        let declared = match name.trim_start_matches('<').split_once(':') {
            Some((prefix, _)) => format!("xmlns:{prefix}"),
            None => "xmlns".to_owned(),
        };
        let rest = &whole[name.len()..];
        let text = format!("{name} {declared}=\"{XHTML}\"{rest}");
        Span::pooled(&mut self.builder.pool, &text)
    }

    /// The range of a name in the body, after any namespace prefix.
    fn name_span(&mut self, node: XmlNode<'_, '_>) -> Span {
        let name = node.tag_name().name();
        let tag = node.range().start + 1;
        let prefix = self.builder.source[tag..].find(|character: char| {
            character == ':' || character.is_whitespace() || character == '>' || character == '/'
        });
        let after = prefix.filter(|at| self.builder.source[tag + at..].starts_with(':'));
        let start = tag + after.map_or(0, |at| at + 1);
        if self.builder.source.get(start..start + name.len()) == Some(name) {
            return Span::in_source(start, start + name.len());
        }
        Span::pooled(&mut self.builder.pool, name)
    }

    /// A value without entities is a range of the body.
    fn attribute_span(&mut self, attribute: &roxmltree::Attribute<'_, '_>) -> Span {
        let range = attribute.range_value();
        if self.builder.source.get(range.clone()) == Some(attribute.value()) {
            return Span::in_source(range.start, range.end);
        }
        Span::pooled(&mut self.builder.pool, attribute.value())
    }

    /// Elements of another namespace are kept and noted: a missing `xmlns` must not look like an empty resource.
    fn watch_namespace(&mut self, node: XmlNode<'_, '_>, parent: Option<u32>) {
        if node.tag_name().namespace() == Some(FHIR) {
            return;
        }
        let name = node.tag_name().name();
        let message = format!("`{name}` is not in the namespace `{FHIR}`");
        let issue = FormIssue::new(
            FormIssueKind::WrongNamespace,
            parent,
            name,
            node.range().start,
            message,
        );
        self.builder.note(issue);
    }

    /// FHIR's XML wraps each resource in an element of its own.
    fn watch_single(&mut self, node: XmlNode<'_, '_>, parent: u32) {
        if node.children().filter(XmlNode::is_element).count() > 1 {
            let name = node.tag_name().name();
            self.issue(
                FormIssueKind::CrowdedContainer,
                parent,
                name,
                node,
                "one element holds one resource; repeat the element for more",
            );
        }
    }

    /// Notes a fault of form.
    fn issue(
        &mut self,
        kind: FormIssueKind,
        parent: u32,
        name: &str,
        node: XmlNode<'_, '_>,
        message: &str,
    ) {
        let issue = FormIssue::new(kind, Some(parent), name, node.range().start, message);
        self.builder.note(issue);
    }
}

/// How often each child name comes.
fn repetitions<'a>(node: XmlNode<'a, '_>) -> HashMap<&'a str, u32> {
    let mut counts = HashMap::new();
    for child in node.children().filter(XmlNode::is_element) {
        *counts.entry(child.tag_name().name()).or_default() += 1;
    }
    counts
}

/// Resources start with a capital, elements do not: so `contained` and `resource` are known by what they hold.
fn held_resource<'a, 'i>(node: XmlNode<'a, 'i>) -> Option<XmlNode<'a, 'i>> {
    let first = node.children().find(XmlNode::is_element)?;
    let capital = first
        .tag_name()
        .name()
        .starts_with(|letter: char| letter.is_ascii_uppercase());
    capital.then_some(first)
}
