//! Elements to XML.

use super::markup::FHIR;
use super::write::{Shape, Shapes, WriteError, type_below};
use super::{Element, Format, Kind, Resource};
use crate::fhir::narrative::{self, NarrativeIssueKind};

/// Writes a resource as XML, without white space between elements. Of what was JSON, `shapes` tell the order of elements
/// that XML asks for; what was XML keeps its order where they know nothing ([`NoShapes`](super::NoShapes)).
///
/// # Errors
///
/// XML has no way to write control characters, names such as `a b`, narratives that are not well-formed, and an object
/// that names no resource type.
///
/// ```
/// use plugfest::fhir::{NoShapes, Resource, to_xml};
/// let body = r#"{"resourceType": "Patient", "active": true, "name": [{"id": "n", "family": "A & B"}]}"#;
/// let xml = to_xml(&Resource::parse_json(body.as_bytes())?, &NoShapes)?;
/// let wanted = r#"<Patient xmlns="http://hl7.org/fhir"><active value="true"/><name id="n"><family value="A &amp; B"/></name></Patient>"#;
/// assert_eq!(xml, wanted);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn to_xml(resource: &Resource, shapes: &dyn Shapes) -> Result<String, WriteError> {
    let root = resource.root();
    let Some(name) = root.resource_type() else {
        return Err(WriteError::at(root, "XML needs the type of the resource"));
    };
    let mut writer = Writer {
        shapes,
        text: String::with_capacity(resource.source().len()),
    };
    writer.start(root, name)?;
    writer.text.push_str(&format!(" xmlns=\"{FHIR}\""));
    writer.content(root, name, None, root.children().collect())?;
    Ok(writer.text)
}

struct Writer<'w> {
    shapes: &'w dyn Shapes,
    text: String,
}

impl<'w> Writer<'w> {
    /// One element under its own name. Recursion is bounded by the depth of the tree.
    fn element<'r>(
        &mut self,
        element: Element<'r>,
        shape: Option<Shape<'w>>,
    ) -> Result<(), WriteError>
    where
        'r: 'w,
    {
        if is_narrative(element, shape) {
            return self.narrative(element);
        }
        let name = element.name();
        self.start(element, name)?;
        if let Some(resource_type) = element.resource_type() {
            self.text.push('>');
            self.start(element, resource_type)?;
            self.content(element, resource_type, None, element.children().collect())?;
            self.text.push_str(&format!("</{name}>"));
            return Ok(());
        }
        let (attributes, rest) = self.attributes_first(element, shape);
        for attribute in attributes {
            self.attribute(
                attribute,
                attribute.name(),
                attribute.value().unwrap_or_default(),
            )?;
        }
        if let Some(value) = element.value() {
            self.attribute(element, "value", value)?;
        }
        self.content(element, name, shape, rest)
    }

    fn start(&mut self, element: Element<'_>, name: &str) -> Result<(), WriteError> {
        if !is_name(name) {
            return Err(WriteError::at(
                element,
                format!("`{name}` is no name in XML"),
            ));
        }
        self.text.push('<');
        self.text.push_str(name);
        Ok(())
    }

    /// The children that XML writes as attributes: the `id` of an element, the `url` of an extension. In a tree that was
    /// XML they come first if they were; in one that was JSON they may come anywhere.
    fn attributes_first<'r>(
        &self,
        element: Element<'r>,
        shape: Option<Shape<'w>>,
    ) -> (Vec<Element<'r>>, Vec<Element<'r>>) {
        let extension = shape.map_or(
            matches!(element.name(), "extension" | "modifierExtension"),
            |shape| shape.type_name == "Extension",
        );
        let ordered = element.resource.format() == Format::Xml;
        let (mut attributes, mut rest): (Vec<Element<'r>>, Vec<Element<'r>>) = Default::default();
        for child in element.children() {
            let plain = child.value().is_some()
                && child.children().next().is_none()
                && child.index().is_none();
            let fits = child.name() == "id" || (child.name() == "url" && extension);
            let first = rest.is_empty() || !ordered;
            let again = attributes
                .iter()
                .any(|attribute| attribute.name() == child.name());
            if plain && fits && first && !again {
                attributes.push(child);
            } else {
                rest.push(child);
            }
        }
        (attributes, rest)
    }

    /// The rest of the start tag, the children in their order, and the end tag.
    fn content<'r>(
        &mut self,
        element: Element<'r>,
        name: &str,
        shape: Option<Shape<'w>>,
        children: Vec<Element<'r>>,
    ) -> Result<(), WriteError>
    where
        'r: 'w,
    {
        if children.is_empty() {
            self.text.push_str("/>");
            return Ok(());
        }
        self.text.push('>');
        let parent = type_below(element, shape);
        let mut shaped: Vec<(Element<'r>, Option<Shape<'w>>)> = children
            .into_iter()
            .map(|child| (child, self.shapes.shape(parent, child.name())))
            .collect();
        // Elements that are not known come last, in their own order.
        shaped.sort_by_key(|(_, shape)| shape.map_or(u32::MAX, |shape| shape.order));
        for (child, shape) in shaped {
            self.element(child, shape)?;
        }
        self.text.push_str(&format!("</{name}>"));
        Ok(())
    }

    fn attribute(
        &mut self,
        element: Element<'_>,
        name: &str,
        value: &str,
    ) -> Result<(), WriteError> {
        self.text.push_str(&format!(" {name}=\""));
        for character in value.chars() {
            match character {
                '&' => self.text.push_str("&amp;"),
                '<' => self.text.push_str("&lt;"),
                '"' => self.text.push_str("&quot;"),
                '\n' => self.text.push_str("&#10;"),
                '\r' => self.text.push_str("&#13;"),
                '\t' => self.text.push_str("&#9;"),
                '\0'..=' ' | '\u{FFFE}' | '\u{FFFF}' if character != ' ' => {
                    let message = format!(
                        "XML has no way to write the character `{}`",
                        character.escape_debug()
                    );
                    return Err(WriteError::at(element, message));
                }
                other => self.text.push(other),
            }
        }
        self.text.push('"');
        Ok(())
    }

    /// A narrative is written as it is, so it must be XML by itself.
    fn narrative(&mut self, element: Element<'_>) -> Result<(), WriteError> {
        let text = element.value().unwrap_or_default().trim();
        let breaks = |kind| {
            matches!(
                kind,
                NarrativeIssueKind::NotWellFormed
                    | NarrativeIssueKind::Doctype
                    | NarrativeIssueKind::Entity
            )
        };
        if let Some(issue) = narrative::check(text)
            .into_iter()
            .find(|issue| breaks(issue.kind))
        {
            return Err(WriteError::at(element, issue.message));
        }
        let declaration = text
            .strip_prefix("<?xml")
            .and_then(|rest| rest.split_once("?>"));
        self.text
            .push_str(declaration.map_or(text, |(_, rest)| rest));
        Ok(())
    }
}

/// XHTML in JSON is a text, and known by its type, or else by its place.
fn is_narrative(element: Element<'_>, shape: Option<Shape<'_>>) -> bool {
    match (element.kind(), shape) {
        (Kind::Xhtml, _) => true,
        (Kind::Text, Some(shape)) => shape.type_name == "xhtml",
        (Kind::Text, None) => {
            let above = element.parent().is_some_and(|above| above.name() == "text");
            let markup = element
                .value()
                .is_some_and(|value| value.trim_start().starts_with('<'));
            element.name() == "div" && above && markup
        }
        (Kind::Complex | Kind::Resource | Kind::Number | Kind::Boolean | Kind::Untyped, _) => false,
    }
}

/// Whether a name can be that of an XML element without a prefix.
fn is_name(name: &str) -> bool {
    let letter = |first: char| first.is_ascii_alphabetic() || first == '_';
    name.starts_with(letter)
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
}
