//! How a search compares, and what defects do to that: apart, so that the sound rules can be read without them.

use super::Scope;
use super::criterion::{Criterion, Modifier};
use super::fold::fold;
use super::matching::{self, TextRule};
use super::parameters::{Kind, Parameter};
use super::path::Path;
use super::value::{Prefix, Wanted};
use crate::serve::fhir_r4::defects::DefectId;
use crate::serve::fhir_r4::moment::Span;
use crate::serve::fhir_r4::route::Target;
use crate::serve::fhir_r4::store::Version;
use crate::serve::fhir_r4::types;

const DAY: i64 = 86_400_000_000;

impl Scope<'_> {
    /// Whether a text fits by the rule of a modifier.
    pub fn text_fits(&self, modifier: &Modifier, wanted: &str, text: &str) -> bool {
        match modifier {
            Modifier::Exact if self.has(DefectId::ExactIgnoresCase) => fold(text) == fold(wanted),
            Modifier::Exact if self.has(DefectId::ExactIsAStart) => text.starts_with(wanted),
            Modifier::Exact => matching::text_fits(TextRule::Exact, wanted, text),
            Modifier::Contains if !self.has(DefectId::ContainsIsAStart) => {
                matching::text_fits(TextRule::Anywhere, wanted, text)
            }
            Modifier::Contains
            | Modifier::None
            | Modifier::Not
            | Modifier::Text
            | Modifier::Identifier
            | Modifier::Above
            | Modifier::Below
            | Modifier::Type(_) => self.starts(wanted, text),
        }
    }

    fn starts(&self, wanted: &str, text: &str) -> bool {
        if self.has(DefectId::StringsAreCaseSensitive) {
            let plain = |text: &str| {
                text.chars()
                    .map(|letter| {
                        if letter.is_uppercase() {
                            letter.to_string()
                        } else {
                            fold(&letter.to_string())
                        }
                    })
                    .collect::<String>()
            };
            return plain(text).starts_with(&plain(wanted));
        }
        if self.has(DefectId::StringsMindAccents) {
            return text.to_lowercase().starts_with(&wanted.to_lowercase());
        }
        if self.has(DefectId::StringsMatchAnywhere) {
            return matching::text_fits(TextRule::Anywhere, wanted, text);
        }
        if self.has(DefectId::StringsMatchWhole) {
            return fold(text) == fold(wanted);
        }
        matching::text_fits(TextRule::Start, wanted, text)
    }

    /// Whether a token fits.
    pub fn token_fits(&self, path: &Path, wanted: &Wanted, token: (Option<&str>, &str)) -> bool {
        let Wanted::Token(system, code) = wanted else {
            return false;
        };
        if path.kind == "id" && self.has(DefectId::IdsInAnyCase) {
            return code
                .as_deref()
                .is_some_and(|code| code.eq_ignore_ascii_case(token.1));
        }
        match (system.as_deref(), code) {
            (Some(_), Some(_)) if self.has(DefectId::TokenIgnoresTheSystem) => {
                matching::token_fits(path, &Wanted::Token(None, code.clone()), token)
            }
            (Some(""), Some(_)) if self.has(DefectId::BareBarIsAnySystem) => {
                matching::token_fits(path, &Wanted::Token(None, code.clone()), token)
            }
            (Some(_), None) if self.has(DefectId::SystemBarFindsNothing) => false,
            _ => matching::token_fits(path, wanted, token),
        }
    }

    /// Whether a span fits.
    pub fn span_fits(
        &self,
        parameter: &Parameter,
        path: &Path,
        prefix: Prefix,
        wanted: Span,
        found: Span,
    ) -> bool {
        let (wanted, found) = self.seen(parameter, path, wanted, found);
        let prefix = match prefix {
            _ if self.has(DefectId::PrefixesAreIgnored) && parameter.name != "_lastUpdated" => {
                Prefix::Eq
            }
            Prefix::Ge if self.has(DefectId::InclusivePrefixesExclude) => Prefix::Gt,
            Prefix::Le if self.has(DefectId::InclusivePrefixesExclude) => Prefix::Lt,
            Prefix::Gt if self.has(DefectId::ExclusivePrefixesInclude) => Prefix::Ge,
            Prefix::Lt if self.has(DefectId::ExclusivePrefixesInclude) => Prefix::Le,
            Prefix::Eq
            | Prefix::Ne
            | Prefix::Gt
            | Prefix::Lt
            | Prefix::Ge
            | Prefix::Le
            | Prefix::Sa
            | Prefix::Eb
            | Prefix::Ap => prefix,
        };
        matching::span_fits(prefix, wanted, found, self.now.as_microsecond())
    }

    /// The two spans as the server sees them.
    fn seen(&self, parameter: &Parameter, path: &Path, wanted: Span, found: Span) -> (Span, Span) {
        let start = |span: Span| Span {
            low: span.low,
            high: span.high.min(span.low.saturating_add(1)),
        };
        let partial = wanted.high.saturating_sub(wanted.low) > DAY;
        if parameter.name == "_lastUpdated" {
            return (wanted, found);
        }
        if partial && self.has(DefectId::PartialDatesAreTheirStart) {
            return (start(wanted), start(found));
        }
        if path.kind == "Period" && self.has(DefectId::PeriodsAreTheirStart) {
            return (wanted, start(found));
        }
        (wanted, found)
    }

    /// Whether wanted references are left out, because they lead nowhere.
    pub fn ignores_reference(&self, parameter: &Parameter, wanted: &[Wanted]) -> bool {
        if parameter.kind != Kind::Reference || !self.has(DefectId::UnknownReferenceFindsAll) {
            return false;
        }
        wanted.iter().all(|wanted| {
            if let Wanted::Reference(text) = wanted {
                self.leads_nowhere(text)
            } else {
                false
            }
        })
    }

    fn leads_nowhere(&self, reference: &str) -> bool {
        let parts = matching::local(reference, self.base).split_once('/');
        let Some((kind, id)) = parts.and_then(|(kind, id)| Some((types::offered(kind)?, id)))
        else {
            return true;
        };
        self.resource(&Target {
            resource_type: kind.name,
            id: id.to_owned(),
        })
        .is_none()
    }

    /// Whether an unsupported modifier of a parameter is not refused.
    pub fn ignores_modifier(&self, parameter: &Parameter) -> bool {
        self.has(DefectId::IgnoresUnknownModifiers)
            || (self.has(DefectId::OnlyStringsRefuseModifiers) && parameter.kind != Kind::String)
            || (self.has(DefectId::OnlyTokensRefuseModifiers) && parameter.kind != Kind::Token)
    }

    /// How many matches stand before a page that begins after so many.
    pub fn skipped(&self, before: usize) -> usize {
        match before {
            0 => 0,
            _ if before > 1 && self.has(DefectId::LaterPagesStartOver) => 0,
            _ if self.has(DefectId::NextPageOverlaps) => before - 1,
            _ if self.has(DefectId::NextPageSkips) => before + 1,
            _ => before,
        }
    }

    /// Whether ids are looked up, rather than every resource looked at.
    pub fn looks_ids_up(&self) -> bool {
        !self.has(DefectId::IdsInAnyCase) && !self.has(DefectId::DeletedIsStillFound)
    }
}

impl<'a> Scope<'a> {
    /// The deleted resources that a search still finds.
    pub fn undead(&self, kind: &str) -> impl Iterator<Item = &'a Version> + use<'a> {
        let found: Vec<&'a Version> = match self.has(DefectId::DeletedIsStillFound) {
            true => self.store.deleted(kind).collect(),
            false => Vec::new(),
        };
        found.into_iter()
    }
}

/// Makes alternatives of conditions on the same parameter.
pub fn merge_repeated(criteria: &mut Vec<Criterion>) {
    let mut merged: Vec<Criterion> = Vec::new();
    for criterion in criteria.drain(..) {
        let Criterion::Values(parameter, Modifier::None, wanted) = criterion else {
            merged.push(criterion);
            continue;
        };
        let same = merged.iter_mut().find_map(|other| {
            let Criterion::Values(known, Modifier::None, values) = other else {
                return None;
            };
            (known.name == parameter.name).then_some(values)
        });
        match same {
            Some(values) => values.extend(wanted),
            None => merged.push(Criterion::Values(parameter, Modifier::None, wanted)),
        }
    }
    *criteria = merged;
}
