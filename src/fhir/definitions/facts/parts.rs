//! Which parts of a definition are facts: one table for each kind of resource. What no table names is left out.

use super::Wording;

/// How the value of a part is written.
#[derive(Debug, Clone, Copy)]
pub(super) enum Form {
    /// A JSON string.
    Text,
    /// `true` or `false`; a false one that stands in a snapshot says nothing and is left out.
    Flag,
    /// A JSON number, in its own digits.
    Number,
    /// An object of these parts.
    Object(&'static [Part]),
    /// An object of the parts of the table that it stands in.
    Again,
    /// Whatever is there, whole.
    Whole,
}

/// Whether a part is a list in JSON. XML does not show it where there is one alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Times {
    /// It is not.
    Once,
    /// It is.
    Often,
    /// It is, but in STU3.
    OftenSinceR4,
}

/// One part of an object.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    /// Its name; `fixed[x]` stands for every choice of a type.
    pub(super) name: &'static str,
    pub(super) times: Times,
    pub(super) form: Form,
    /// From which wording on it is kept.
    pub(super) wording: Wording,
}

const fn one(name: &'static str, form: Form) -> Part {
    Part {
        name,
        times: Times::Once,
        form,
        wording: Wording::LeaveOut,
    }
}

const fn many(name: &'static str, form: Form) -> Part {
    Part {
        times: Times::Often,
        ..one(name, form)
    }
}

const fn many_since_r4(name: &'static str, form: Form) -> Part {
    Part {
        times: Times::OftenSinceR4,
        ..one(name, form)
    }
}

const fn words(part: Part) -> Part {
    Part {
        wording: Wording::Keep,
        ..part
    }
}

/// The table of a kind of resource, where definitions of this kind are reduced to facts.
pub(super) fn of_kind(kind: &str) -> Option<&'static [Part]> {
    Some(match kind {
        "StructureDefinition" => STRUCTURE_DEFINITION,
        "CodeSystem" => CODE_SYSTEM,
        "ValueSet" => VALUE_SET,
        "SearchParameter" => SEARCH_PARAMETER,
        "OperationDefinition" => OPERATION_DEFINITION,
        "CompartmentDefinition" => COMPARTMENT_DEFINITION,
        "NamingSystem" => NAMING_SYSTEM,
        _ => return None,
    })
}

use Form::{Again, Flag, Number, Object, Text, Whole};

const STRUCTURE_DEFINITION: &[Part] = &[
    one("url", Text),
    one("version", Text),
    one("name", Text),
    words(one("title", Text)),
    one("status", Text),
    one("fhirVersion", Text),
    one("kind", Text),
    one("abstract", Flag),
    one("contextType", Text),
    many("context", Whole),
    many("contextInvariant", Text),
    one("type", Text),
    one("baseDefinition", Text),
    one("derivation", Text),
    one("snapshot", Object(VIEW)),
    one("differential", Object(VIEW)),
];

const VIEW: &[Part] = &[many("element", Object(ELEMENT))];

const ELEMENT: &[Part] = &[
    one("path", Text),
    many("representation", Text),
    one("sliceName", Text),
    one("sliceIsConstraining", Flag),
    one("slicing", Object(SLICING)),
    one("min", Number),
    one("max", Text),
    one("base", Object(BASE)),
    one("contentReference", Text),
    many("type", Object(TYPE)),
    one("defaultValue[x]", Whole),
    one("fixed[x]", Whole),
    one("pattern[x]", Whole),
    one("minValue[x]", Whole),
    one("maxValue[x]", Whole),
    one("maxLength", Number),
    many("constraint", Object(CONSTRAINT)),
    one("mustHaveValue", Flag),
    many("valueAlternatives", Text),
    one("mustSupport", Flag),
    one("isModifier", Flag),
    one("isSummary", Flag),
    one("binding", Object(BINDING)),
];

const SLICING: &[Part] = &[
    many(
        "discriminator",
        Object(&[one("type", Text), one("path", Text)]),
    ),
    one("ordered", Flag),
    one("rules", Text),
];

const BASE: &[Part] = &[one("path", Text), one("min", Number), one("max", Text)];

const TYPE: &[Part] = &[
    one("code", Text),
    many_since_r4("profile", Text),
    many_since_r4("targetProfile", Text),
    many("aggregation", Text),
    one("versioning", Text),
];

const CONSTRAINT: &[Part] = &[
    one("key", Text),
    one("severity", Text),
    one("suppress", Flag),
    words(one("human", Text)),
    one("expression", Text),
    one("source", Text),
];

const BINDING: &[Part] = &[
    one("strength", Text),
    one("valueSet", Text),
    one("valueSet[x]", Whole),
    many("additional", Object(ADDITIONAL)),
];

const ADDITIONAL: &[Part] = &[
    one("purpose", Text),
    one("valueSet", Text),
    many("usage", Whole),
    one("any", Flag),
];

const CODE_SYSTEM: &[Part] = &[
    one("url", Text),
    one("version", Text),
    one("name", Text),
    words(one("title", Text)),
    one("status", Text),
    one("experimental", Flag),
    one("caseSensitive", Flag),
    one("valueSet", Text),
    one("hierarchyMeaning", Text),
    one("compositional", Flag),
    one("versionNeeded", Flag),
    one("content", Text),
    one("supplements", Text),
    one("count", Number),
    many(
        "filter",
        Object(&[
            one("code", Text),
            many("operator", Text),
            one("value", Text),
        ]),
    ),
    many(
        "property",
        Object(&[one("code", Text), one("uri", Text), one("type", Text)]),
    ),
    many("concept", Object(CONCEPT)),
];

const CONCEPT: &[Part] = &[
    one("code", Text),
    one("display", Text),
    words(many("designation", Object(DESIGNATION))),
    many(
        "property",
        Object(&[one("code", Text), one("value[x]", Whole)]),
    ),
    many("concept", Again),
];

const DESIGNATION: &[Part] = &[one("language", Text), one("use", Whole), one("value", Text)];

const VALUE_SET: &[Part] = &[
    one("url", Text),
    one("version", Text),
    one("name", Text),
    words(one("title", Text)),
    one("status", Text),
    one("experimental", Flag),
    one("immutable", Flag),
    one("extensible", Flag),
    one("compose", Object(COMPOSE)),
    one("expansion", Object(EXPANSION)),
];

const COMPOSE: &[Part] = &[
    one("lockedDate", Text),
    one("inactive", Flag),
    many("include", Object(INCLUDE)),
    many("exclude", Object(INCLUDE)),
    many("property", Text),
];

const INCLUDE: &[Part] = &[
    one("system", Text),
    one("version", Text),
    many("concept", Object(CHOSEN)),
    many(
        "filter",
        Object(&[one("property", Text), one("op", Text), one("value", Text)]),
    ),
    many("valueSet", Text),
];

const CHOSEN: &[Part] = &[
    one("code", Text),
    one("display", Text),
    words(many("designation", Object(DESIGNATION))),
];

const EXPANSION: &[Part] = &[
    one("total", Number),
    one("offset", Number),
    many(
        "parameter",
        Object(&[one("name", Text), one("value[x]", Whole)]),
    ),
    many("contains", Object(CONTAINS)),
];

const CONTAINS: &[Part] = &[
    one("system", Text),
    one("abstract", Flag),
    one("inactive", Flag),
    one("version", Text),
    one("code", Text),
    one("display", Text),
    words(many("designation", Object(DESIGNATION))),
    many("contains", Again),
];

const SEARCH_PARAMETER: &[Part] = &[
    one("url", Text),
    one("version", Text),
    one("name", Text),
    one("status", Text),
    one("code", Text),
    many("base", Text),
    one("type", Text),
    one("expression", Text),
    one("processingMode", Text),
    many("target", Text),
    one("multipleOr", Flag),
    one("multipleAnd", Flag),
    many("comparator", Text),
    many("modifier", Text),
    many("chain", Text),
    many(
        "component",
        Object(&[one("definition", Whole), one("expression", Text)]),
    ),
];

const OPERATION_DEFINITION: &[Part] = &[
    one("url", Text),
    one("version", Text),
    one("name", Text),
    one("status", Text),
    one("kind", Text),
    one("affectsState", Flag),
    one("idempotent", Flag),
    one("code", Text),
    one("base", Whole),
    many("resource", Text),
    one("system", Flag),
    one("type", Flag),
    one("instance", Flag),
    one("inputProfile", Text),
    one("outputProfile", Text),
    many("parameter", Object(PARAMETER)),
];

const PARAMETER: &[Part] = &[
    one("name", Text),
    one("use", Text),
    one("min", Number),
    one("max", Text),
    one("type", Text),
    many("allowedType", Text),
    many("targetProfile", Text),
    one("profile", Whole),
    one("searchType", Text),
    one("binding", Object(BINDING)),
    many("part", Again),
];

const COMPARTMENT_DEFINITION: &[Part] = &[
    one("url", Text),
    one("version", Text),
    one("name", Text),
    one("status", Text),
    one("code", Text),
    one("search", Flag),
    many(
        "resource",
        Object(&[one("code", Text), many("param", Text)]),
    ),
];

const NAMING_SYSTEM: &[Part] = &[
    one("url", Text),
    one("version", Text),
    one("name", Text),
    one("status", Text),
    one("kind", Text),
    many(
        "uniqueId",
        Object(&[
            one("type", Text),
            one("value", Text),
            one("preferred", Flag),
        ]),
    ),
];

/// The last parts of the addresses of extensions that say how a definition came about, was published, is worded
/// or shown. All other extensions are kept: they may be rules.
pub(super) const IDLE_EXTENSIONS: &[&str] = &[
    "ancestor",
    "applicable-version",
    "artifact-author",
    "artifact-copyrightLabel",
    "artifact-versionAlgorithm",
    "artifact-versionPolicy",
    "binding-definition",
    "codegen-super",
    "codesystem-comments",
    "codesystem-concept-comments",
    "codesystem-keyWord",
    "codesystem-sourceReference",
    "codesystem-usage",
    "committee",
    "committee-notes",
    "conformance-common-supplements",
    "definition",
    "display-hint",
    "elementdefinition-bestpractice-explanation",
    "elementdefinition-bindingName",
    "elementdefinition-conceptmap",
    "elementdefinition-equivalence",
    "elementdefinition-inheritedExtensibleValueSet",
    "elementdefinition-isCommonBinding",
    "elementdefinition-question",
    "elementdefinition-selector",
    "elementdefinition-translatable",
    "hierarchy",
    "no-binding",
    "package-source",
    "profile-summary",
    "replaces",
    "structuredefinition-applicable-version",
    "structuredefinition-ballot-status",
    "structuredefinition-category",
    "structuredefinition-codegen-super",
    "structuredefinition-display-hint",
    "structuredefinition-explicit-type-name",
    "structuredefinition-fmm",
    "structuredefinition-fmm-no-warnings",
    "structuredefinition-fmm-support",
    "structuredefinition-hierarchy",
    "structuredefinition-interface",
    "structuredefinition-normative-version",
    "structuredefinition-rdf-type",
    "structuredefinition-security-category",
    "structuredefinition-standards-status",
    "structuredefinition-standards-status-reason",
    "structuredefinition-summary",
    "structuredefinition-table-name",
    "structuredefinition-template-status",
    "structuredefinition-wg",
    "structuredefinition-xml-type",
    "summary",
    "translation",
    "valueset-activityStatusDate",
    "valueset-author",
    "valueset-comments",
    "valueset-concept-comments",
    "valueset-concept-definition",
    "valueset-definition",
    "valueset-effectiveDate",
    "valueset-expansionSource",
    "valueset-expirationDate",
    "valueset-keyWord",
    "valueset-sourceReference",
    "valueset-usage",
    "valueset-warning",
];
