//! A handle on one element of a resource: cheap to copy, borrows the tree.

use super::{Kind, NOT_LISTED, Node, Resource, position};
use crate::fhir::types::{self, Types};
use std::fmt;

/// One element of a [`Resource`].
#[derive(Clone, Copy)]
pub struct Element<'r> {
    pub(crate) resource: &'r Resource,
    pub(crate) id: u32,
}

/// Where an element stands: its FHIRPath place, and its line and column in the body.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Such as `Bundle.entry[2].resource.id`; a choice element is named without its type.
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

impl<'r> Element<'r> {
    /// The name on the wire, such as `valueQuantity`; for the root, its resource type or an empty text.
    pub fn name(self) -> &'r str {
        self.resource.text(self.node().name)
    }

    /// [`name_hash`](super::name_hash) of [`Element::name`], worked out when the body was read: tables of definitions
    /// that are keyed by it find an element's row without touching its name.
    pub fn name_hash(self) -> u32 {
        self.node().hash
    }

    /// The text of a primitive's value, exactly as written; `None` for a complex element or a missing value.
    pub fn value(self) -> Option<&'r str> {
        match self.node().kind {
            Kind::Complex | Kind::Resource => None,
            Kind::Text | Kind::Number | Kind::Boolean | Kind::Untyped | Kind::Xhtml => {
                Some(self.resource.text(self.node().value))
            }
        }
    }

    /// What the wire says of the value.
    pub fn kind(self) -> Kind {
        self.node().kind
    }

    /// The type of a resource, such as `Patient`; `None` where this element is no resource.
    pub fn resource_type(self) -> Option<&'r str> {
        (self.node().kind == Kind::Resource).then(|| self.resource.text(self.node().value))
    }

    /// The elements directly below, in document order.
    pub fn children(self) -> Children<'r> {
        Children {
            resource: self.resource,
            next: self.id + 1,
            end: self.node().end,
        }
    }

    /// The first child with exactly this name on the wire.
    pub fn child(self, name: &str) -> Option<Element<'r>> {
        let hash = super::name_hash(name);
        self.children()
            .find(|child| child.name_hash() == hash && child.name() == name)
    }

    /// All elements below, in document order.
    pub fn descendants(self) -> impl Iterator<Item = Element<'r>> {
        let resource = self.resource;
        (self.id + 1..self.node().end).map(move |id| Element { resource, id })
    }

    /// The element above; `None` at the root.
    pub fn parent(self) -> Option<Element<'r>> {
        (self.id != 0).then(|| Element {
            resource: self.resource,
            id: self.node().parent,
        })
    }

    /// The nearest resource that holds this element, itself included; the root where none is typed.
    pub fn nearest_resource(self) -> Element<'r> {
        let mut here = self;
        while here.kind() != Kind::Resource {
            let Some(above) = here.parent() else { break };
            here = above;
        }
        here
    }

    /// The place in its list, from 0; `None` where the wire shows no list.
    pub fn index(self) -> Option<usize> {
        let index = self.node().index;
        (index != NOT_LISTED).then_some(index as usize)
    }

    /// The FHIRPath place, such as `Patient.name[0].given[1]`.
    pub fn path(self) -> String {
        let mut steps = vec![self];
        while let Some(above) = steps[steps.len() - 1].parent() {
            steps.push(above);
        }
        let named = steps.iter().rev().filter(|step| !step.name().is_empty());
        named
            .map(|step| step.segment())
            .collect::<Vec<_>>()
            .join(".")
    }

    /// The place with line and column.
    pub fn place(self) -> Place {
        let (line, column) = self.resource.line_and_column(self.node().position);
        Place {
            path: self.path(),
            line,
            column,
        }
    }

    /// Line and column in the body, both from 1, of a byte offset in [`Element::value`]: escapes and references are
    /// counted as they are written. Where the value was put together otherwise, those of the element.
    pub fn value_position(self, offset: usize) -> (usize, usize) {
        let node = self.node();
        let here = position::in_source(self.resource, node, offset);
        self.resource
            .line_and_column(here.unwrap_or(node.position as usize) as u32)
    }

    /// The name in FHIRPath: that of a choice element loses its type, and its type is returned beside it.
    pub fn choice(self) -> Option<(&'r str, &'static str)> {
        types::split_choice(self.name())
    }

    /// The FHIR type, such as `HumanName`: from the resource's type, the choice, or what `types` knows of the parent.
    pub fn type_name<'t>(self, types: &'t dyn Types) -> Option<&'t str>
    where
        'r: 't,
    {
        types::type_of(self, types)
    }

    pub(crate) fn node(self) -> &'r Node {
        self.resource.node(self.id)
    }

    /// One step of a place; a choice element loses its type, as FHIRPath names it.
    fn segment(self) -> String {
        let choice = self.choice().filter(|_| !types::is_plain_before_r5(self));
        let name = choice.map_or(self.name(), |(base, _)| base);
        match self.index() {
            Some(index) => format!("{name}[{index}]"),
            None => name.to_owned(),
        }
    }
}

impl PartialEq for Element<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id && std::ptr::eq(self.resource, other.resource)
    }
}

impl Eq for Element<'_> {}

impl fmt::Debug for Element<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Element({}, {:?})", self.path(), self.value())
    }
}

/// Iterator over the elements directly below one element.
#[derive(Clone)]
pub struct Children<'r> {
    resource: &'r Resource,
    next: u32,
    end: u32,
}

impl<'r> Iterator for Children<'r> {
    type Item = Element<'r>;

    fn next(&mut self) -> Option<Element<'r>> {
        if self.next >= self.end {
            return None;
        }
        let element = Element {
            resource: self.resource,
            id: self.next,
        };
        self.next = element.node().end;
        Some(element)
    }
}
