//! The faults of narratives, and how much each matters.

/// One fault of a narrative.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NarrativeIssue {
    /// Which rule is broken.
    pub kind: NarrativeIssueKind,
    /// What is wrong: lowercase, no full stop.
    pub message: String,
    /// Byte offset in the narrative; [`Element::value_position`](crate::fhir::Element::value_position) finds its line.
    pub offset: usize,
}

/// The rules that are watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NarrativeIssueKind {
    /// It does not parse as XML.
    NotWellFormed,
    /// It has a document type declaration, with which entities and outside content come.
    Doctype,
    /// The outermost element is no `div`.
    NoDiv,
    /// An element outside the namespace of XHTML.
    Namespace,
    /// An element that narratives must not have.
    Element,
    /// An attribute that narratives must not have, or not there.
    Attribute,
    /// A block such as a table inside a paragraph.
    BlockInParagraph,
    /// A named entity that XML does not have, such as `&nbsp;`.
    Entity,
    /// A link that runs a script.
    ActiveLink,
    /// A link of a scheme that names things and leads nowhere, such as `urn:`.
    DeadLink,
    /// A link that few readers can follow.
    RareLink,
    /// A link that is empty, or has characters that URLs do not have.
    BadLink,
    /// A link to a place inside the narrative that is not there; it may be elsewhere in the resource.
    MissingTarget,
    /// `xml:space`, which changes nothing.
    SpaceAttribute,
    /// Neither text nor an image.
    Empty,
}

/// How much a fault matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NarrativeSeverity {
    /// FHIR forbids it.
    Error,
    /// It is probably not meant.
    Warning,
    /// It is worth knowing.
    Information,
}

impl NarrativeIssueKind {
    /// How much it matters.
    #[must_use]
    pub fn severity(self) -> NarrativeSeverity {
        use NarrativeIssueKind as Kind;
        match self {
            Kind::NotWellFormed
            | Kind::Doctype
            | Kind::NoDiv
            | Kind::Namespace
            | Kind::Element
            | Kind::Attribute
            | Kind::BlockInParagraph
            | Kind::Entity
            | Kind::ActiveLink
            | Kind::DeadLink
            | Kind::BadLink
            | Kind::Empty => NarrativeSeverity::Error,
            Kind::MissingTarget => NarrativeSeverity::Warning,
            Kind::RareLink | Kind::SpaceAttribute => NarrativeSeverity::Information,
        }
    }

    /// The invariants of `Narrative` that do not hold because of it.
    #[must_use]
    pub fn constraints(self) -> &'static [&'static str] {
        use NarrativeIssueKind as Kind;
        match self {
            Kind::NotWellFormed => &["txt-1", "txt-2"],
            Kind::Doctype | Kind::Element | Kind::Attribute => &["txt-1"],
            Kind::Empty => &["txt-2"],
            Kind::NoDiv
            | Kind::Namespace
            | Kind::BlockInParagraph
            | Kind::Entity
            | Kind::ActiveLink
            | Kind::DeadLink
            | Kind::RareLink
            | Kind::BadLink
            | Kind::MissingTarget
            | Kind::SpaceAttribute => &[],
        }
    }
}

impl NarrativeIssue {
    /// [`NarrativeIssueKind::severity`].
    #[must_use]
    pub fn severity(&self) -> NarrativeSeverity {
        self.kind.severity()
    }

    /// [`NarrativeIssueKind::constraints`].
    #[must_use]
    pub fn constraints(&self) -> &'static [&'static str] {
        self.kind.constraints()
    }
}
