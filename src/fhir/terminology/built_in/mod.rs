//! Code systems that no package lists: known by a grammar, a table of facts, or their syntax alone.
//!
//! A system is a file (or a part of one) and a row in [`BUILT_IN`].

mod countries;
mod currencies;
mod digits;
mod languages;
mod media;
mod table;
mod zones;

use super::code_system::CaseRule;
use super::ucum;
use std::borrow::Cow;

/// One code system.
pub(crate) struct BuiltIn {
    /// Its address.
    pub(crate) url: &'static str,
    /// Its name for people.
    pub(crate) name: &'static str,
    /// Whether case counts.
    pub(crate) case: CaseRule,
    /// Looks at one code.
    pub(crate) look: fn(&str) -> Look,
    /// The value of a property of a code that exists, where the table tells one.
    pub(crate) property: fn(&str, &str) -> Property,
    /// How a value set's value for a property is written in the end, to be compared with what `property` gives.
    pub(crate) normal: fn(&str, &str) -> String,
    /// All codes, where they can be listed.
    pub(crate) codes: Option<fn() -> Vec<Cow<'static, str>>>,
}

/// What a table or grammar says of a code.
pub(crate) enum Look {
    /// It exists; its name, if there is one.
    Known(Option<String>),
    /// It does not: why.
    Unknown(String),
    /// The syntax is right; more cannot be said.
    Undecided,
}

/// What a table or grammar says of a property.
pub(crate) enum Property {
    /// Its value.
    Value(String),
    /// The code has no such property.
    Absent,
    /// The table does not tell.
    Unknown,
}

impl std::fmt::Debug for BuiltIn {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.url)
    }
}

/// No property can be told.
fn untold(_: &str, _: &str) -> Property {
    Property::Unknown
}

fn as_written(_: &str, value: &str) -> String {
    value.to_owned()
}

fn lower_case(_: &str, value: &str) -> String {
    value.to_ascii_lowercase()
}

/// Every absolute address is a code of its own; a relative one may be meant by somebody.
fn address(code: &str) -> Look {
    match (code.contains(char::is_whitespace), code.split_once(':')) {
        (true, _) => Look::Unknown(format!("`{code}` is no address: it has blanks")),
        (false, Some((scheme, rest))) if !scheme.is_empty() && !rest.is_empty() => {
            Look::Known(None)
        }
        (false, _) => Look::Undecided,
    }
}

/// A system of which only the syntax of its codes is known.
const fn syntax(url: &'static str, name: &'static str, look: fn(&str) -> Look) -> BuiltIn {
    BuiltIn {
        url,
        name,
        case: CaseRule::Sensitive,
        look,
        property: untold,
        normal: as_written,
        codes: None,
    }
}

/// All of them.
static BUILT_IN: &[BuiltIn] = &[
    syntax("http://snomed.info/sct", "SNOMED CT", digits::snomed),
    syntax("http://loinc.org", "LOINC", digits::loinc),
    syntax(
        "https://dmd.nhs.uk",
        "the NHS dictionary of medicines and devices",
        digits::dmd,
    ),
    BuiltIn {
        url: ucum::SYSTEM,
        name: "UCUM",
        case: CaseRule::Sensitive,
        look: ucum::look,
        property: ucum::property,
        normal: ucum::normal,
        codes: None,
    },
    BuiltIn {
        url: "urn:ietf:bcp:47",
        name: "the language tags of BCP 47",
        case: CaseRule::Insensitive,
        look: languages::look,
        property: languages::property,
        normal: lower_case,
        codes: None,
    },
    BuiltIn {
        url: "urn:ietf:bcp:13",
        name: "the media types of BCP 13",
        case: CaseRule::Insensitive,
        look: media::look,
        property: untold,
        normal: as_written,
        codes: None,
    },
    syntax("urn:ietf:rfc:3986", "the addresses of RFC 3986", address),
    BuiltIn {
        url: "urn:iso:std:iso:4217",
        name: "the currency codes of ISO 4217",
        case: CaseRule::Sensitive,
        look: currencies::look,
        property: untold,
        normal: as_written,
        codes: Some(currencies::codes),
    },
    BuiltIn {
        url: "urn:iso:std:iso:3166",
        name: "the country codes of ISO 3166",
        case: CaseRule::Sensitive,
        look: countries::look,
        property: untold,
        normal: as_written,
        codes: Some(countries::codes),
    },
    BuiltIn {
        url: "http://unstats.un.org/unsd/methods/m49/m49.htm",
        name: "the region codes of UN M49",
        case: CaseRule::Sensitive,
        look: countries::look_region,
        property: countries::region_property,
        normal: as_written,
        codes: None,
    },
    syntax(
        "urn:iso:std:iso:3166:-2",
        "the subdivision codes of ISO 3166-2",
        countries::look_subdivision,
    ),
    BuiltIn {
        url: "https://www.iana.org/time-zones",
        name: "the time zones of IANA",
        case: CaseRule::Sensitive,
        look: zones::look,
        property: untold,
        normal: as_written,
        codes: Some(zones::codes),
    },
];

pub(super) use countries::is_country;

/// The system of an address.
pub(crate) fn built_in(url: &str) -> Option<&'static BuiltIn> {
    BUILT_IN.iter().find(|system| system.url == url)
}
