//! JSON to XML.

use super::FHIR;
use crate::serve::fhir_r4::json::Json;
use crate::serve::fhir_r4::shapes::{Shape, shape};

/// The XML form of a resource, with its declaration; pretty adds white space between elements only.
pub fn write(resource: &Json, pretty: bool) -> String {
    let mut writer = Writer {
        out: String::with_capacity(1024),
        pretty,
    };
    writer
        .out
        .push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    writer.resource(resource, 0, true);
    writer.out
}

struct Writer {
    out: String,
    pretty: bool,
}

impl Writer {
    fn resource(&mut self, resource: &Json, level: usize, root: bool) {
        let name = resource.resource_type();
        let Some(shape) = shape(name) else { return };
        self.line(level);
        self.out.push('<');
        self.out.push_str(name);
        if root {
            self.attribute("xmlns", FHIR);
        }
        self.content(resource, shape, name, level);
    }

    /// Everything after an opening tag's attributes: children and the closing tag, in the order of the shape.
    fn content(&mut self, value: &Json, shape: &Shape, tag: &str, level: usize) {
        let before = self.out.len();
        self.out.push('>');
        let start = self.out.len();
        for element in &shape.elements {
            if is_attribute(shape, element.name) {
                continue;
            }
            for (name, kind) in &element.names {
                self.property(value, name, kind, level + 1);
            }
        }
        if self.out.len() == start {
            self.out.truncate(before);
            self.out.push_str("/>");
            return;
        }
        self.line(level);
        self.close(tag);
    }

    fn property(&mut self, parent: &Json, name: &str, kind: &str, level: usize) {
        let values = parent.each(name);
        let extras = companion(parent, name).map_or(&[][..], Json::items);
        for index in 0..values.len().max(extras.len()) {
            let value = values.get(index).unwrap_or(&Json::Null);
            self.item(
                name,
                value,
                extras.get(index).unwrap_or(&Json::Null),
                kind,
                level,
            );
        }
    }

    fn item(&mut self, name: &str, value: &Json, extras: &Json, kind: &str, level: usize) {
        if kind == "xhtml" {
            self.line(level);
            return self.out.push_str(value.as_text().unwrap_or_default());
        }
        self.line(level);
        self.out.push('<');
        self.out.push_str(name);
        if kind == "Resource" {
            self.out.push('>');
            self.resource(value, level + 1, false);
            self.line(level);
            return self.close(name);
        }
        match shape(kind) {
            Some(shape) => self.complex(name, value, shape, level),
            None => self.primitive(name, value, extras, level),
        }
    }

    fn complex(&mut self, name: &str, value: &Json, shape: &Shape, level: usize) {
        for attribute in ["id", "url"]
            .into_iter()
            .filter(|attribute| is_attribute(shape, attribute))
        {
            if let Some(text) = value.text(attribute) {
                self.attribute(attribute, text);
            }
        }
        self.content(value, shape, name, level);
    }

    fn primitive(&mut self, name: &str, value: &Json, extras: &Json, level: usize) {
        if let Some(id) = extras.text("id") {
            self.attribute("id", id);
        }
        if let Some(text) = value.scalar() {
            self.attribute("value", text);
        }
        match shape("Element").filter(|_| extras.get("extension").is_some()) {
            Some(shape) => self.content(extras, shape, name, level),
            None => self.out.push_str("/>"),
        }
    }

    fn attribute(&mut self, name: &str, value: &str) {
        self.out.push(' ');
        self.out.push_str(name);
        self.out.push_str("=\"");
        for letter in value.chars() {
            match letter {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '"' => self.out.push_str("&quot;"),
                // Written as references, or an XML reader turns them into blanks.
                '\n' => self.out.push_str("&#10;"),
                '\r' => self.out.push_str("&#13;"),
                '\t' => self.out.push_str("&#9;"),
                other => self.out.push(other),
            }
        }
        self.out.push('"');
    }

    fn close(&mut self, tag: &str) {
        self.out.push_str("</");
        self.out.push_str(tag);
        self.out.push('>');
    }

    fn line(&mut self, level: usize) {
        if self.pretty {
            self.out.push('\n');
            self.out.extend(std::iter::repeat_n("  ", level));
        }
    }
}

/// What stands beside a primitive: its id and extensions.
fn companion<'a>(parent: &'a Json, name: &str) -> Option<&'a Json> {
    let named = |key: &str| key.strip_prefix('_') == Some(name);
    parent
        .members()
        .iter()
        .find(|(key, _)| named(key))
        .map(|(_, value)| value)
}

/// The id of an element and the url of an extension are attributes; the id of a resource is an element.
pub(super) fn is_attribute(shape: &Shape, element: &str) -> bool {
    use crate::serve::fhir_r4::shapes::Kind;
    match shape.kind {
        Kind::Resource | Kind::Domain => false,
        Kind::Element | Kind::Backbone => {
            element == "id" || (element == "url" && shape.name == "Extension")
        }
    }
}
