//! Faults of form: what breaks the rules of JSON, XML or FHIR's use of them, and still leaves a tree to look at.

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
    pub(super) parent: u32,
    offset: u32,
}

/// The rules of form that are watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
    /// An `xsi:schemaLocation` or another attribute of XML Schema instances; noted by [`Resource::read_xml`] only.
    SchemaAttribute,
    /// An XML attribute without content.
    EmptyAttribute,
    /// Text between XML elements.
    StrayText,
    /// A processing instruction inside the resource.
    ProcessingInstruction,
    /// Several resources in one XML container element.
    CrowdedContainer,
    /// Bytes that are not UTF-8, read as U+FFFD; noted once, at the first of them.
    NotUtf8,
    /// An XML declaration that names another encoding than UTF-8, or a body in one; noted by [`Resource::read_xml`] and
    /// [`Resource::read_json`] only.
    Encoding,
    /// A comment in JSON.
    Comment,
    /// A comma with nothing after it, or nothing before it.
    ExtraComma,
    /// Two JSON values or properties without a comma between them.
    MissingComma,
    /// A property name and a value without a colon between them.
    MissingColon,
    /// A property name without quotes.
    UnquotedName,
    /// A text without quotes.
    UnquotedValue,
    /// Single quotes where JSON has double quotes.
    SingleQuotes,
    /// A property that comes twice in one object; the first is kept.
    DuplicateProperty,
    /// A number that JSON does not know, such as `01`, `+1`, `.5` or `1.`.
    NumberForm,
    /// A bare control character in a JSON string.
    ControlCharacter,
    /// An escape in a JSON string that JSON does not know, or half of a surrogate pair.
    BadEscape,
}

impl FormIssueKind {
    /// Whether the rule is one of JSON, XML or UTF-8 itself, so that [`Resource::parse_json`] and
    /// [`Resource::parse_xml`] refuse the body; the other rules are FHIR's.
    #[must_use]
    pub fn is_syntax(self) -> bool {
        use FormIssueKind as Kind;
        match self {
            Kind::NotUtf8
            | Kind::Comment
            | Kind::ExtraComma
            | Kind::MissingComma
            | Kind::MissingColon
            | Kind::UnquotedName
            | Kind::UnquotedValue
            | Kind::SingleQuotes
            | Kind::DuplicateProperty
            | Kind::NumberForm
            | Kind::ControlCharacter
            | Kind::BadEscape => true,
            Kind::EmptyArray
            | Kind::EmptyObject
            | Kind::Null
            | Kind::EmptyText
            | Kind::NestedArray
            | Kind::MisalignedExtension
            | Kind::ByteOrderMark
            | Kind::Encoding
            | Kind::WrongNamespace
            | Kind::UnknownAttribute
            | Kind::SchemaAttribute
            | Kind::EmptyAttribute
            | Kind::StrayText
            | Kind::ProcessingInstruction
            | Kind::CrowdedContainer => false,
        }
    }

    /// Whether readers commonly take it in their stride, so that it is worth a warning and no more: a byte order mark,
    /// which RFC 8259 lets a reader ignore, and a processing instruction, which XML lets anybody ignore.
    #[must_use]
    pub fn is_harmless(self) -> bool {
        matches!(self, Self::ByteOrderMark | Self::ProcessingInstruction)
    }
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

    /// The same as a fault that ends the reading.
    pub(crate) fn fault(&self) -> crate::fhir::error::Fault {
        crate::fhir::error::fault(self.offset as usize, self.message.clone())
    }

    /// Fills in line and column where no tree came of the body.
    pub(crate) fn locate_in(&mut self, source: &str) {
        (self.line, self.column) =
            crate::fhir::error::line_and_column(source, self.offset as usize);
    }
}
