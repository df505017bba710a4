//! What writers need to know of types, and what they cannot write.

use super::{Element, Kind, Mark};
use std::fmt;

/// How an element of a type is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape<'t> {
    /// Its type, such as `HumanName` or `boolean`; for an element with children of its own, its path, such as
    /// `Patient.contact`. It is what [`Shapes::shape`] is asked about the elements below.
    pub type_name: &'t str,
    /// Whether it may come more than once, so that JSON writes an array even for one.
    pub repeats: bool,
    /// Its place among the elements of its parent, which XML keeps to.
    pub order: u32,
}

/// Knowledge of how elements are written: XML does not show what is a number or a list, JSON does not keep the order.
pub trait Shapes {
    /// The shape of an element by its name on the wire, such as (`Patient`, `deceasedBoolean`); `None` where it is not
    /// known.
    fn shape(&self, parent_type: &str, element: &str) -> Option<Shape<'_>>;
}

/// Knows nothing: enough to write JSON of what was JSON, and XML of what was XML.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoShapes;

impl Shapes for NoShapes {
    fn shape(&self, _: &str, _: &str) -> Option<Shape<'_>> {
        None
    }
}

/// What the other format has no way to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteError {
    /// FHIRPath place of the element.
    pub path: String,
    /// Why it cannot be written: lowercase, no full stop.
    pub message: String,
}

impl WriteError {
    pub(super) fn at(element: Element<'_>, message: impl Into<String>) -> Self {
        Self {
            path: element.path(),
            message: message.into(),
        }
    }
}

impl fmt::Display for WriteError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.path, self.message)
    }
}

impl std::error::Error for WriteError {}

/// The type to ask about the children of an element: a resource names its own.
pub(super) fn type_below<'t>(element: Element<'t>, shape: Option<Shape<'t>>) -> &'t str {
    let resource = element.resource_type();
    resource
        .or(shape.map(|shape| shape.type_name))
        .unwrap_or_default()
}

/// Whether an element is a primitive: FHIR writes the names of primitive types in lower case, and only theirs.
pub(super) fn is_primitive(element: Element<'_>, shape: Option<Shape<'_>>) -> bool {
    match element.kind() {
        Kind::Text | Kind::Number | Kind::Boolean | Kind::Untyped | Kind::Xhtml => true,
        Kind::Resource => false,
        Kind::Complex => {
            element.node().mark.contains(Mark::BESIDE)
                || shape.is_some_and(|shape| is_primitive_type(shape.type_name))
        }
    }
}

/// A path such as `patient.x` of a logical model is none.
fn is_primitive_type(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase()) && !name.contains('.')
}
