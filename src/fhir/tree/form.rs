//! Faults of form: what a JSON or XML parser accepts and FHIR's rules of the format do not.

use super::{Element, Resource};

/// One fault of form, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormIssue {
    /// Which rule is broken.
    pub kind: FormIssueKind,
    /// FHIRPath place of the element, such as `Patient.name[0].given`.
    pub path: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong: lowercase, no full stop.
    pub message: String,
    parent: u32,
    offset: u32,
}

/// The rules of form that are watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FormIssueKind {
    /// A JSON array without items.
    EmptyArray,
    /// A JSON object without properties, or an XML element with neither value nor children.
    EmptyObject,
    /// A JSON null that aligns no primitive with its extensions.
    Null,
    /// A primitive whose value is the empty string.
    EmptyText,
    /// A JSON array inside an array.
    NestedArray,
    /// `_name` that does not fit `name`: not an object, another length, or beside a complex value.
    MisalignedExtension,
    /// A byte order mark before the body.
    ByteOrderMark,
    /// An XML element outside the FHIR namespace.
    WrongNamespace,
    /// An XML attribute that FHIR does not know.
    UnknownAttribute,
    /// Text between XML elements.
    StrayText,
    /// Several resources in one XML container element.
    CrowdedContainer,
}

impl FormIssue {
    /// A fault at `name` under the node `parent`; the place is filled in when the tree is whole.
    pub(crate) fn new(
        kind: FormIssueKind,
        parent: Option<u32>,
        name: &str,
        offset: usize,
        message: impl Into<String>,
    ) -> Self {
        Self {
            kind,
            path: name.to_owned(),
            line: 0,
            column: 0,
            message: message.into(),
            parent: parent.unwrap_or(u32::MAX),
            offset: offset as u32,
        }
    }

    /// Fills in line, column and the path above, once the tree can be asked.
    pub(crate) fn locate(&mut self, resource: &Resource) {
        (self.line, self.column) = resource.line_and_column(self.offset);
        if self.parent == u32::MAX {
            return;
        }
        let parent = Element {
            resource,
            id: self.parent,
        };
        let above = parent.path();
        self.path = match (above.is_empty(), self.path.is_empty()) {
            (true, _) => std::mem::take(&mut self.path),
            (false, true) => above,
            (false, false) => format!("{above}.{}", self.path),
        };
    }
}
