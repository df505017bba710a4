//! XML to JSON.

use super::FHIR;
use super::write::is_attribute;
use crate::serve::fhir_r4::json::Json;
use crate::serve::fhir_r4::narrative::XHTML;
use crate::serve::fhir_r4::problem::Problem;
use crate::serve::fhir_r4::shapes::{Element, Shape, is_resource, shape};
use roxmltree::{Document, Node};
use std::sync::Arc;

/// Deeper nesting than this is refused, as in the JSON form.
const MAX_DEPTH: usize = 96;

/// Reads the XML form of one resource. What the table of shapes does not know is refused.
///
/// # Errors
/// 400 with what is wrong.
pub fn read(text: &str) -> Result<Json, Problem> {
    let document = Document::parse(text)
        .map_err(|error| Problem::bad_request(format!("the body is not XML: {error}")))?;
    resource(document.root_element(), 0)
}

fn resource(node: Node, depth: usize) -> Result<Json, Problem> {
    let name = node.tag_name().name();
    let shape =
        shape(name).filter(|_| is_resource(name) && node.tag_name().namespace() == Some(FHIR));
    let Some(shape) = shape else {
        return Err(wrong(node, "is not a resource of this server"));
    };
    let mut value = Json::object([("resourceType", name.into())]);
    content(node, shape, &mut value, depth)?;
    Ok(value)
}

/// Reads the attributes and children of an element into an object.
fn content(node: Node, shape: &Shape, value: &mut Json, depth: usize) -> Result<(), Problem> {
    if depth > MAX_DEPTH {
        return Err(wrong(node, "is nested too deeply"));
    }
    for attribute in node
        .attributes()
        .filter(|attribute| attribute.namespace().is_none())
    {
        if !is_attribute(shape, attribute.name()) {
            return Err(wrong(node, "has an attribute that it cannot have"));
        }
        value.set(attribute.name(), attribute.value());
    }
    if node
        .children()
        .any(|child| child.is_text() && child.text().is_some_and(|text| !text.trim().is_empty()))
    {
        return Err(wrong(node, "holds text"));
    }
    for child in node.children().filter(Node::is_element) {
        property(child, shape, value, depth)?;
    }
    Ok(())
}

fn property(child: Node, shape: &Shape, parent: &mut Json, depth: usize) -> Result<(), Problem> {
    let name = child.tag_name().name();
    let Some((element, kind)) = shape.element(name).filter(|_| !is_attribute(shape, name)) else {
        return Err(wrong(child, "is not an element that is known here"));
    };
    let (value, extras) = item(child, kind, depth)?;
    if !element.list && (parent.get(name).is_some() || parent.get(&format!("_{name}")).is_some()) {
        return Err(wrong(child, "is repeated"));
    }
    add(parent, name, element, value, extras);
    Ok(())
}

/// The value of an element, and the companion of a primitive.
fn item(node: Node, kind: &str, depth: usize) -> Result<(Json, Json), Problem> {
    if kind == "xhtml" {
        return Ok((narrative(node)?, Json::Null));
    }
    if kind == "Resource" {
        let inner = node
            .children()
            .find(Node::is_element)
            .ok_or_else(|| wrong(node, "holds no resource"))?;
        return Ok((resource(inner, depth + 1)?, Json::Null));
    }
    let Some(shape) = shape(kind) else {
        return primitive(node, kind, depth);
    };
    let mut value = Json::object([]);
    content(node, shape, &mut value, depth + 1)?;
    Ok((value, Json::Null))
}

fn primitive(node: Node, kind: &str, depth: usize) -> Result<(Json, Json), Problem> {
    let mut extras = Json::object([]);
    for attribute in node.attributes() {
        match attribute.name() {
            "value" => {}
            "id" => extras.set("id", attribute.value()),
            _ => return Err(wrong(node, "has an attribute that it cannot have")),
        }
    }
    for child in node.children().filter(Node::is_element) {
        let Some(shape) = shape("Element") else { break };
        property(child, shape, &mut extras, depth + 1)?;
    }
    let value = node
        .attribute("value")
        .map_or(Json::Null, |text| typed(kind, text));
    if value == Json::Null && extras.members().is_empty() {
        return Err(wrong(node, "has neither a value nor an extension"));
    }
    Ok((
        value,
        if extras.members().is_empty() {
            Json::Null
        } else {
            extras
        },
    ))
}

/// The JSON value of a primitive's text. A text that does not fit stays a string, which validation then refuses.
fn typed(kind: &str, text: &str) -> Json {
    match (kind, text) {
        ("boolean", "true" | "false") => Json::Bool(text == "true"),
        ("integer" | "unsignedInt" | "positiveInt" | "decimal", _) => {
            match crate::serve::fhir_r4::json::parse(text) {
                Ok(number @ Json::Number(_)) => number,
                Ok(_) | Err(_) => Json::from(text),
            }
        }
        _ => Json::from(text),
    }
}

/// The narrative as it was written, with the namespace that it may have inherited.
fn narrative(node: Node) -> Result<Json, Problem> {
    if node.tag_name().namespace() != Some(XHTML) {
        return Err(wrong(node, "is not in the XHTML namespace"));
    }
    let text = &node.document().input_text()[node.range()];
    Ok(Json::from(text))
}

fn add(parent: &mut Json, name: &str, element: &Element, value: Json, extras: Json) {
    let companion = format!("_{name}");
    if !element.list {
        parent.set(name, value);
        return parent.set(&companion, extras);
    }
    let count = parent.each(name).len().max(parent.each(&companion).len());
    append(parent, name, value, count);
    append(parent, &companion, extras, count);
}

/// Appends an item to a list so that it and its companion stay aligned; a list of nothing but nulls is never begun.
fn append(parent: &mut Json, name: &str, item: Json, count: usize) {
    let begun = parent.get(name).is_some();
    if !begun && item == Json::Null {
        return;
    }
    if !begun {
        parent.set(name, Json::List(Arc::new(vec![Json::Null; count])));
    }
    if let Some(items) = parent.get_mut(name).and_then(Json::items_mut) {
        items.resize(count, Json::Null);
        items.push(item);
    }
}

fn wrong(node: Node, what: &str) -> Problem {
    let place = node.document().text_pos_at(node.range().start);
    let name = crate::serve::fhir_r4::primitive::shortened(node.tag_name().name());
    Problem::bad_request(format!("the element `{name}` at line {} {what}", place.row))
}
