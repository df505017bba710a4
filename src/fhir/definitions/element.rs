//! ElementDefinitions as facts.

use super::given::{Given, all, choice, flag, number, text, texts};
use crate::fhir::tree::{Element, Resource};
use std::sync::Arc;

/// One element of a snapshot or a differential. What a differential leaves open is `None`.
#[derive(Debug, Clone)]
pub struct ElementDefinition {
    /// Such as `Patient.identifier:nhsNumber.system`.
    pub id: Box<str>,
    /// Such as `Patient.identifier.system`.
    pub path: Box<str>,
    /// The slice that starts here.
    pub slice_name: Option<Box<str>>,
    /// Whether this constrains a slice of the base profile.
    pub slice_is_constraining: Option<bool>,
    /// The fewest times that it may occur.
    pub min: Option<u32>,
    /// The most times that it may occur.
    pub max: Option<Max>,
    /// Path and limits in the type that first defines it.
    pub base: Option<Base>,
    /// `#Bundle.link` or `url#Bundle.link`: the element whose content this repeats.
    pub content_reference: Option<Box<str>>,
    /// The types it may have; empty for a root and a content reference.
    pub types: Vec<ElementType>,
    /// The exact value.
    pub fixed: Option<Given>,
    /// What the value must at least hold.
    pub pattern: Option<Given>,
    /// The least value.
    pub min_value: Option<Given>,
    /// The greatest value.
    pub max_value: Option<Given>,
    /// The most characters.
    pub max_length: Option<u32>,
    /// The invariants.
    pub constraints: Vec<Constraint>,
    /// Whether a system must be able to handle it.
    pub must_support: Option<bool>,
    /// Whether it changes the meaning of others.
    pub is_modifier: Option<bool>,
    /// Whether it belongs to the summary.
    pub is_summary: Option<bool>,
    /// Whether a primitive must have a value, and not extensions alone (R5).
    pub must_have_value: Option<bool>,
    /// The value set it draws from.
    pub binding: Option<Binding>,
    /// How its repetitions are divided.
    pub slicing: Option<Slicing>,
    /// How it stands in XML: `xmlAttr`, `xmlText`, `typeAttr`, `cdaText`, `xhtml`.
    pub representation: Vec<Box<str>>,
    /// The whole definition as it was written.
    pub origin: Given,
}

/// The most times that an element may occur.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Max {
    /// So many times.
    Times(u32),
    /// Without limit.
    Many,
}

impl Max {
    /// Reads a number or `*`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "*" => Some(Self::Many),
            number => number.parse().ok().map(Self::Times),
        }
    }

    /// Whether so many are within the limit.
    pub fn allows(self, count: u32) -> bool {
        match self {
            Self::Times(most) => count <= most,
            Self::Many => true,
        }
    }
}

/// Path and limits in the type that first defines an element.
#[derive(Debug, Clone)]
pub struct Base {
    /// Such as `Resource.id`.
    pub path: Box<str>,
    /// The fewest there.
    pub min: u32,
    /// The most there.
    pub max: Max,
}

/// A type that an element may have.
#[derive(Debug, Clone)]
pub struct ElementType {
    /// Such as `Reference`; a FHIRPath system type reads as the FHIR primitive that it stands for.
    pub code: Box<str>,
    /// Profiles on the type itself (one of them must hold).
    pub profiles: Vec<Box<str>>,
    /// Profiles on the target of a reference (one of them must hold).
    pub target_profiles: Vec<Box<str>>,
    /// `contained`, `referenced`, `bundled`.
    pub aggregation: Vec<Box<str>>,
    /// `either`, `independent`, `specific`.
    pub versioning: Option<Box<str>>,
    /// The regular expression of a primitive.
    pub regex: Option<Box<str>>,
}

/// An invariant.
#[derive(Debug, Clone)]
pub struct Constraint {
    /// Such as `dom-2`.
    pub key: Box<str>,
    /// Whether a breach is an error, and no warning.
    pub severity: Severity,
    /// FHIRPath; an invariant without one cannot be decided.
    pub expression: Option<Box<str>>,
    /// The rule in words, where the source keeps them.
    pub human: Option<Box<str>>,
    /// The address of the structure that states it.
    pub source: Option<Box<str>>,
    /// Whether it is advice (the extension `elementdefinition-bestpractice`).
    pub best_practice: bool,
}

/// How grave a breach of an invariant is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The resource is not valid.
    Error,
    /// Something to look at.
    Warning,
}

/// How a coded element is tied to a value set.
#[derive(Debug, Clone)]
pub struct Binding {
    /// How strictly.
    pub strength: Strength,
    /// The value set's canonical address, as written.
    pub value_set: Option<Box<str>>,
    /// The widest set that is allowed at all (the extension `elementdefinition-maxValueSet`).
    pub max_value_set: Option<Box<str>>,
    /// Further bindings (R5, and the extension `additional-binding` before).
    pub additional: Vec<AdditionalBinding>,
}

/// How strictly a binding holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// A hint.
    Example,
    /// A wish.
    Preferred,
    /// Unless no code of the set fits.
    Extensible,
    /// Always.
    Required,
}

/// One of several bindings of an element.
#[derive(Debug, Clone)]
pub struct AdditionalBinding {
    /// `maximum`, `minimum`, `required`, `extensible`, `candidate`, `current`, `preferred`, `ui`, `starter`, `component`.
    pub purpose: Box<str>,
    /// The value set's canonical address.
    pub value_set: Option<Box<str>>,
    /// Where it applies: UsageContexts, as written.
    pub usage: Vec<Given>,
    /// Whether one repetition in the set is enough.
    pub any: bool,
}

/// How the repetitions of an element are divided.
#[derive(Debug, Clone)]
pub struct Slicing {
    /// What tells the slices apart.
    pub discriminators: Vec<Discriminator>,
    /// Whether slices stand in the order of their definition.
    pub ordered: bool,
    /// Whether others may occur.
    pub rules: SlicingRules,
}

/// Whether repetitions outside of all slices may occur.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlicingRules {
    /// No.
    Closed,
    /// Anywhere.
    Open,
    /// Behind the slices.
    OpenAtEnd,
}

/// What tells slices apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discriminator {
    /// `value`, `exists`, `pattern`, `type`, `profile`, `position`, as written.
    pub kind: Box<str>,
    /// A path in the restricted FHIRPath of discriminators; `$this` for the element itself.
    pub path: Box<str>,
}

impl ElementDefinition {
    /// Reads one definition of a snapshot or a differential.
    pub fn read(source: &Arc<Resource>, element: Element<'_>) -> Self {
        let given = |prefix| choice(element, prefix).map(|found| Given::new(source, found));
        let path = text(element, "path").unwrap_or_default();
        Self {
            id: text(element, "id").unwrap_or(path).into(),
            path: path.into(),
            slice_name: text(element, "sliceName").map(Into::into),
            slice_is_constraining: flag(element, "sliceIsConstraining"),
            min: number(element, "min"),
            max: text(element, "max").and_then(Max::parse),
            base: element.child("base").and_then(base_of),
            content_reference: text(element, "contentReference").map(Into::into),
            types: types_of(element, path),
            fixed: given("fixed"),
            pattern: given("pattern"),
            min_value: given("minValue"),
            max_value: given("maxValue"),
            max_length: number(element, "maxLength"),
            constraints: all(element, "constraint")
                .filter_map(constraint_of)
                .collect(),
            must_support: flag(element, "mustSupport"),
            is_modifier: flag(element, "isModifier"),
            is_summary: flag(element, "isSummary"),
            must_have_value: flag(element, "mustHaveValue"),
            binding: element
                .child("binding")
                .map(|binding| binding_of(source, binding)),
            slicing: element.child("slicing").map(slicing_of),
            representation: texts(element, "representation"),
            origin: Given::new(source, element),
        }
    }

    /// In a snapshot, an element that names no base is its own: the type defines it first.
    pub(super) fn with_base(mut self) -> Self {
        if let (None, Some(min), Some(max)) = (&self.base, self.min, self.max) {
            let path = self.path.clone();
            self.base = Some(Base { path, min, max });
        }
        self
    }

    /// The last name of the path, such as `value[x]`.
    pub fn name(&self) -> &str {
        self.path.rsplit('.').next().unwrap_or_default()
    }
}

fn base_of(base: Element<'_>) -> Option<Base> {
    Some(Base {
        path: text(base, "path")?.into(),
        min: number(base, "min").unwrap_or(0),
        max: text(base, "max").and_then(Max::parse).unwrap_or(Max::Many),
    })
}

/// STU3 repeats a type for each of its profiles: they are joined here, so that each code stands once.
fn types_of(element: Element<'_>, path: &str) -> Vec<ElementType> {
    let mut types: Vec<ElementType> = Vec::new();
    for read in all(element, "type").filter_map(|read| type_of(read, path)) {
        match types.iter_mut().find(|known| known.code == read.code) {
            Some(known) => {
                known
                    .profiles
                    .extend(read.profiles.into_iter().filter(|new| !new.is_empty()));
                known.target_profiles.extend(read.target_profiles);
            }
            None => types.push(read),
        }
    }
    types
}

const STRUCTURE: &str = "http://hl7.org/fhir/StructureDefinition/";

/// One of FHIR's own extensions, by the last part of its address.
fn structure_extension<'r>(holder: Element<'r>, short: &str) -> Option<Element<'r>> {
    all(holder, "extension").find(|extension| {
        let url = text(*extension, "url").and_then(|url| url.strip_prefix(STRUCTURE));
        url == Some(short)
    })
}

/// The value of a primitive has a FHIRPath system type, and names the FHIR type in an extension; in STU3 it has no
/// code at all, and is of the type whose value it is.
pub(crate) fn type_of(element: Element<'_>, path: &str) -> Option<ElementType> {
    let code = element.child("code")?;
    let named = |holder: Element<'_>, short: &str| {
        let found = structure_extension(holder, short)?;
        let value = choice(found, "value")?;
        value.value().map(Box::<str>::from)
    };
    let written = code.value().map(Box::<str>::from);
    let is_fhir_type = written
        .as_deref()
        .is_some_and(|code| !code.starts_with("http://hl7.org/fhirpath/System."));
    let fhir_type = || {
        named(element, "structuredefinition-fhir-type")
            .or_else(|| named(code, "structuredefinition-fhir-type"))
    };
    let stu3_type = || match path.strip_suffix(".value") {
        Some(primitive) if !primitive.contains('.') => Some(primitive.into()),
        _ => named(code, "structuredefinition-json-type"),
    };
    let code_of_it = match (is_fhir_type, &written) {
        (true, _) => written,
        (false, Some(system)) => fhir_type().or_else(|| Some(primitive_of(system))),
        (false, None) => fhir_type().or_else(stu3_type),
    };
    Some(ElementType {
        code: code_of_it?,
        profiles: texts(element, "profile"),
        target_profiles: texts(element, "targetProfile"),
        aggregation: texts(element, "aggregation"),
        versioning: text(element, "versioning").map(Into::into),
        regex: named(element, "regex")
            .or_else(|| named(element, "structuredefinition-regex"))
            .or_else(|| named(code, "structuredefinition-regex")),
    })
}

/// `http://hl7.org/fhirpath/System.String` → `string`.
fn primitive_of(system: &str) -> Box<str> {
    let name = system.rsplit('.').next().unwrap_or(system);
    let mut letters = name.chars();
    let first = letters.next().map(|first| first.to_ascii_lowercase());
    first.into_iter().chain(letters).collect::<String>().into()
}

fn constraint_of(element: Element<'_>) -> Option<Constraint> {
    let best_practice = structure_extension(element, "elementdefinition-bestpractice");
    Some(Constraint {
        key: text(element, "key")?.into(),
        severity: match text(element, "severity") {
            Some("warning") => Severity::Warning,
            _ => Severity::Error,
        },
        expression: text(element, "expression").map(Into::into),
        human: text(element, "human").map(Into::into),
        source: text(element, "source").map(Into::into),
        best_practice: best_practice.and_then(|found| flag(found, "valueBoolean")) == Some(true),
    })
}

fn binding_of(source: &Arc<Resource>, element: Element<'_>) -> Binding {
    Binding {
        strength: match text(element, "strength") {
            Some("required") => Strength::Required,
            Some("extensible") => Strength::Extensible,
            Some("preferred") => Strength::Preferred,
            _ => Strength::Example,
        },
        value_set: canonical_of(element, "valueSet"),
        max_value_set: structure_extension(element, "elementdefinition-maxValueSet")
            .and_then(|found| canonical_of(found, "value")),
        additional: additional_of(source, element),
    }
}

/// R4 on: `valueSet`; STU3: `valueSetUri` or `valueSetReference.reference`.
fn canonical_of(element: Element<'_>, name: &str) -> Option<Box<str>> {
    if let Some(found) = text(element, name) {
        return Some(found.into());
    }
    let found = choice(element, name)?;
    found
        .value()
        .or_else(|| text(found, "reference"))
        .map(Into::into)
}

/// R5 has a property for them; before, an extension carries the same parts.
fn additional_of(source: &Arc<Resource>, element: Element<'_>) -> Vec<AdditionalBinding> {
    let own = all(element, "additional").map(|found| AdditionalBinding {
        purpose: text(found, "purpose").unwrap_or_default().into(),
        value_set: text(found, "valueSet").map(Into::into),
        usage: all(found, "usage")
            .map(|usage| Given::new(source, usage))
            .collect(),
        any: flag(found, "any") == Some(true),
    });
    let extended = all(element, "extension")
        .filter(|found| {
            let url = text(*found, "url").unwrap_or_default();
            url.ends_with("/additional-binding")
        })
        .map(|found| {
            let part = |name: &str| {
                let part = all(found, "extension").find(|part| text(*part, "url") == Some(name))?;
                choice(part, "value")
            };
            let value = |name| part(name).and_then(Element::value);
            AdditionalBinding {
                purpose: value("purpose").unwrap_or_default().into(),
                value_set: value("valueSet").map(Into::into),
                usage: part("usage")
                    .map(|usage| Given::new(source, usage))
                    .into_iter()
                    .collect(),
                any: value("any") == Some("true"),
            }
        });
    own.chain(extended).collect()
}

fn slicing_of(element: Element<'_>) -> Slicing {
    let discriminators = all(element, "discriminator").filter_map(|found| {
        Some(Discriminator {
            kind: text(found, "type")?.into(),
            path: text(found, "path").unwrap_or("$this").into(),
        })
    });
    Slicing {
        discriminators: discriminators.collect(),
        ordered: flag(element, "ordered") == Some(true),
        rules: match text(element, "rules") {
            Some("closed") => SlicingRules::Closed,
            Some("openAtEnd") => SlicingRules::OpenAtEnd,
            _ => SlicingRules::Open,
        },
    }
}
