//! Values inside definitions, and small readers for elements of definitions.

use crate::fhir::tree::{Element, Resource};
use std::fmt;
use std::sync::Arc;

/// A value of any type that a definition holds: a fixed value, a pattern, a limit, an extension's content.
#[derive(Clone)]
pub struct Given {
    resource: Arc<Resource>,
    node: u32,
}

impl Given {
    /// Keeps an element of a definition.
    pub fn new(resource: &Arc<Resource>, element: Element<'_>) -> Self {
        Self {
            resource: resource.clone(),
            node: element.id,
        }
    }

    /// Another element of the same definition.
    pub(crate) fn beside(&self, element: Element<'_>) -> Self {
        Self {
            resource: self.resource.clone(),
            node: element.id,
        }
    }

    /// The element; its name carries the type, such as `fixedCode`.
    pub fn element(&self) -> Element<'_> {
        Element {
            resource: &self.resource,
            id: self.node,
        }
    }

    /// The type in the element's name after a prefix: `code` for `fixedCode` (a primitive's name starts small).
    pub fn type_after(&self, prefix: &str) -> String {
        Self::type_named(self.element().name(), prefix)
    }

    /// The type in a name after a prefix.
    pub(crate) fn type_named(name: &str, prefix: &str) -> String {
        let rest = name.strip_prefix(prefix).unwrap_or(name);
        match super::PRIMITIVES
            .iter()
            .find(|known| known.eq_ignore_ascii_case(rest))
        {
            Some(primitive) => (*primitive).to_owned(),
            None => rest.to_owned(),
        }
    }
}

impl fmt::Debug for Given {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.element().fmt(formatter)
    }
}

/// The text of a child's value.
pub(crate) fn text<'r>(element: Element<'r>, name: &str) -> Option<&'r str> {
    element.child(name)?.value()
}

/// The texts of all children of a name.
pub(crate) fn texts(element: Element<'_>, name: &str) -> Vec<Box<str>> {
    all(element, name)
        .filter_map(|child| child.value().map(Into::into))
        .collect()
}

/// A child's truth value.
pub(crate) fn flag(element: Element<'_>, name: &str) -> Option<bool> {
    text(element, name)?.parse().ok()
}

/// A child's whole number.
pub(crate) fn number(element: Element<'_>, name: &str) -> Option<u32> {
    text(element, name)?.parse().ok()
}

/// All children of a name.
pub(crate) fn all<'r, 'n>(
    element: Element<'r>,
    name: &'n str,
) -> impl Iterator<Item = Element<'r>> + use<'r, 'n> {
    element.children().filter(move |child| child.name() == name)
}

/// The first child whose name starts so and goes on with a type: `fixed` finds `fixedCode`.
pub(crate) fn choice<'r>(element: Element<'r>, prefix: &str) -> Option<Element<'r>> {
    element.children().find(|child| {
        let rest = child.name().strip_prefix(prefix);
        rest.is_some_and(|rest| rest.starts_with(|letter: char| letter.is_ascii_uppercase()))
    })
}

/// The extension of an address.
pub(crate) fn extension<'r>(element: Element<'r>, url: &str) -> Option<Element<'r>> {
    all(element, "extension").find(|extension| text(*extension, "url") == Some(url))
}
