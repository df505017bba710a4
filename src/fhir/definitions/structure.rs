//! StructureDefinitions as facts: what validation, snapshots and FHIRPath need of them.

use super::element::ElementDefinition;
use super::given::{all, flag, text, texts};
use crate::fhir::tree::{Element, Resource};
use std::sync::Arc;

/// What a structure describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StructureKind {
    /// `string`, `dateTime`…
    Primitive,
    /// `HumanName`, `Extension`…
    Complex,
    /// `Patient`…
    Resource,
    /// A model of data that is no FHIR resource.
    Logical,
}

/// How a structure stands to its base.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Derivation {
    /// A type of its own.
    Specialization,
    /// A profile.
    Constraint,
}

/// Where an extension may be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtensionContext {
    /// `element`, `extension`, `fhirpath`; STU3's `resource` and `datatype` read as `element`.
    pub kind: Box<str>,
    /// An element path, an extension's address, or an expression.
    pub expression: Box<str>,
}

/// One StructureDefinition.
#[derive(Debug, Clone)]
pub struct Structure {
    /// The canonical address, without version.
    pub url: Box<str>,
    /// The business version.
    pub version: Option<Box<str>>,
    /// The computer name.
    pub name: Box<str>,
    /// What it describes.
    pub kind: StructureKind,
    /// Whether instances of just this type cannot exist.
    pub is_abstract: bool,
    /// The type that it defines or constrains, such as `Patient`; logical models may use an address.
    pub type_name: Box<str>,
    /// The canonical address of what it builds on, as written.
    pub base: Option<Box<str>>,
    /// How it builds on that.
    pub derivation: Derivation,
    /// Publication status: `draft`, `active`, `retired`, `unknown`.
    pub status: Box<str>,
    /// Where it may be used, for an extension.
    pub contexts: Vec<ExtensionContext>,
    /// Expressions that must hold where an extension is used.
    pub context_invariants: Vec<Box<str>>,
    /// Profiles that hold as well (the extension `structuredefinition-imposeProfile`).
    pub imposes: Vec<Box<str>>,
    /// The elements of the snapshot, in order; empty where there is none.
    pub snapshot: Vec<ElementDefinition>,
    /// The elements of the differential, in order.
    pub differential: Vec<ElementDefinition>,
    /// The resource that this was read from.
    pub source: Arc<Resource>,
}

impl Structure {
    /// Reads a StructureDefinition; `None` where the resource is something else or names no address or type.
    pub fn read(source: &Arc<Resource>) -> Option<Self> {
        if source.type_name() != Some("StructureDefinition") {
            return None;
        }
        Self::read_element(source, source.root())
    }

    /// Reads a structure that stands somewhere inside a resource; it is read from a copy of its own text.
    pub fn read_at(element: Element<'_>) -> Option<Self> {
        if element.parent().is_some() {
            return None;
        }
        let bytes = element.resource.source().as_bytes();
        Self::read(&Arc::new(Resource::parse_any(bytes).ok()?))
    }

    /// Reads a StructureDefinition anywhere in a resource, such as a contained one.
    pub(crate) fn read_element(source: &Arc<Resource>, root: Element<'_>) -> Option<Self> {
        let type_name = text(root, "type")?;
        Some(Self {
            url: text(root, "url")?.into(),
            version: text(root, "version").map(Into::into),
            name: text(root, "name").unwrap_or_default().into(),
            kind: kind_of(text(root, "kind").unwrap_or_default()),
            is_abstract: flag(root, "abstract") == Some(true),
            type_name: type_name.into(),
            base: text(root, "baseDefinition").map(Into::into),
            derivation: match text(root, "derivation") {
                Some("constraint") => Derivation::Constraint,
                _ => Derivation::Specialization,
            },
            status: text(root, "status").unwrap_or_default().into(),
            contexts: contexts_of(root),
            context_invariants: texts(root, "contextInvariant"),
            imposes: imposed_by(root),
            snapshot: elements_of(source, root, "snapshot"),
            differential: elements_of(source, root, "differential"),
            source: source.clone(),
        })
    }

    /// Whether this is a profile, and no type of its own.
    pub fn is_profile(&self) -> bool {
        self.derivation == Derivation::Constraint
    }

    /// `url|version`, or the address alone.
    pub fn canonical(&self) -> String {
        match &self.version {
            Some(version) => format!("{}|{version}", self.url),
            None => self.url.to_string(),
        }
    }
}

fn kind_of(code: &str) -> StructureKind {
    match code {
        "primitive-type" => StructureKind::Primitive,
        "complex-type" => StructureKind::Complex,
        "logical" => StructureKind::Logical,
        _ => StructureKind::Resource,
    }
}

/// R4 on: `context[].type` and `expression`; STU3: one `contextType` and many `context` texts.
fn contexts_of(root: Element<'_>) -> Vec<ExtensionContext> {
    let stu3_kind = text(root, "contextType");
    let read = |context: Element<'_>| match (context.value(), stu3_kind) {
        (Some(expression), Some(kind)) => Some(ExtensionContext {
            kind: match kind {
                "extension" => "extension".into(),
                _ => "element".into(),
            },
            expression: match expression {
                "*" => "Element".into(),
                other => other.into(),
            },
        }),
        _ => Some(ExtensionContext {
            kind: text(context, "type")?.into(),
            expression: text(context, "expression")?.into(),
        }),
    };
    all(root, "context").filter_map(read).collect()
}

/// The extension's short name is the same in every release.
fn imposed_by(root: Element<'_>) -> Vec<Box<str>> {
    const IMPOSE: &str =
        "http://hl7.org/fhir/StructureDefinition/structuredefinition-imposeProfile";
    let imposing =
        all(root, "extension").filter(|extension| text(*extension, "url") == Some(IMPOSE));
    imposing
        .filter_map(|extension| text(extension, "valueCanonical").map(Into::into))
        .collect()
}

/// The elements of `snapshot` or `differential`.
pub(crate) fn elements_of(
    source: &Arc<Resource>,
    root: Element<'_>,
    view: &str,
) -> Vec<ElementDefinition> {
    let Some(view) = root.child(view) else {
        return Vec::new();
    };
    let read = all(view, "element").map(|element| ElementDefinition::read(source, element));
    match view.name() {
        "snapshot" => read.map(ElementDefinition::with_base).collect(),
        _ => read.collect(),
    }
}
