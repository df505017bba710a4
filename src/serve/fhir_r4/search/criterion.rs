//! One condition of a search: a parameter with its modifier and values, a chain, or a look from the other side.

use super::Scope;
use super::matching::{self, TextRule};
use super::parameters::{Kind, Parameter, parameter};
use super::path::Path;
use super::value::{self, Wanted};
use crate::serve::fhir_r4::defects::DefectId;
use crate::serve::fhir_r4::json::Json;
use crate::serve::fhir_r4::primitive::shortened;
use crate::serve::fhir_r4::problem::Problem;
use crate::serve::fhir_r4::route::Target;
use crate::serve::fhir_r4::types::{self, OFFERED};

/// A condition that a resource meets or not.
#[derive(Debug)]
pub enum Criterion {
    /// The parameter has (or has not) a value.
    Missing(&'static Parameter, bool),
    /// A value of the parameter is one of the wanted.
    Values(&'static Parameter, Modifier, Vec<Wanted>),
    /// The parameter refers to a resource that meets a condition of its type.
    Chain(&'static Parameter, Vec<(&'static str, Criterion)>),
    /// A resource of that type refers to this one by the parameter, and meets the condition.
    Has(&'static str, &'static Parameter, Box<Criterion>),
}

/// What a modifier changes.
#[derive(Clone, Debug, PartialEq)]
#[expect(
    missing_docs,
    reason = "each variant is the modifier of that name; Type is a resource type"
)]
pub enum Modifier {
    None,
    Exact,
    Contains,
    Not,
    Text,
    Identifier,
    Above,
    Below,
    Type(&'static str),
}

/// What a parameter of a request means for a type.
#[derive(Debug)]
pub enum Reading {
    /// A condition.
    Condition(Criterion),
    /// An empty value: as if it were not there.
    Empty,
    /// No parameter of the type has that name.
    Unknown,
}

/// Chains and looks from the other side may not nest deeper: each level is a search of its own.
const MAX_CHAIN: usize = 3;

/// Reads one parameter of a search in a type.
///
/// # Errors
/// 400 for an unsupported modifier or a value that the parameter cannot have.
pub fn read(
    scope: &Scope,
    resource_type: &'static str,
    name: &str,
    text: &str,
) -> Result<Reading, Problem> {
    read_nested(scope, resource_type, name, text, 0)
}

fn read_nested(
    scope: &Scope,
    resource_type: &'static str,
    name: &str,
    text: &str,
    depth: usize,
) -> Result<Reading, Problem> {
    if depth > MAX_CHAIN {
        return Err(Problem::bad_request("the chain is too long"));
    }
    if let Some(rest) = name.strip_prefix("_has:") {
        return has(scope, rest, text, depth);
    }
    if let Some((reference, rest)) = name.split_once('.') {
        return chain(scope, resource_type, (reference, rest), text, depth);
    }
    let (bare, modifier) = name
        .split_once(':')
        .map_or((name, None), |(bare, modifier)| (bare, Some(modifier)));
    let Some(parameter) = parameter(resource_type, bare) else {
        return Ok(Reading::Unknown);
    };
    let modifier = match modifier {
        Some("missing") => return missing(scope, parameter, text),
        Some(modifier) => match modifier_named(parameter, modifier) {
            Some(modifier) => modifier,
            None if scope.ignores_modifier(parameter) => Modifier::None,
            None => {
                return Err(Problem::new(
                    400,
                    "not-supported",
                    format!("`{bare}` has no modifier `{}`", shortened(modifier)),
                ));
            }
        },
        None => Modifier::None,
    };
    let kind = if modifier == Modifier::Identifier {
        Kind::Token
    } else {
        parameter.kind
    };
    let wanted = wanted(scope, kind, text)?;
    let finds_nothing = text.is_empty() && scope.has(DefectId::EmptyValueFindsNothing);
    if (wanted.is_empty() && !finds_nothing) || scope.ignores_reference(parameter, &wanted) {
        return Ok(Reading::Empty);
    }
    Ok(Reading::Condition(Criterion::Values(
        parameter, modifier, wanted,
    )))
}

/// The values that are wanted, with what defects make of them.
fn wanted(scope: &Scope, kind: Kind, text: &str) -> Result<Vec<Wanted>, Problem> {
    if scope.has(DefectId::IgnoresEscapes) {
        return value::read(kind, &text.replace('\\', ""));
    }
    if scope.has(DefectId::CommaIsPlain) {
        return value::read(kind, &text.replace("\\,", ",").replace(',', "\\,"));
    }
    match value::read(kind, text) {
        Err(_) if kind == Kind::Date && scope.has(DefectId::IgnoresBadDates) => Ok(Vec::new()),
        Err(_) if kind == Kind::Date && scope.has(DefectId::BadDatesFindNothing) => {
            Ok(vec![Wanted::Uri(text.to_owned())])
        }
        result => result,
    }
}

fn modifier_named(parameter: &Parameter, name: &str) -> Option<Modifier> {
    match (parameter.kind, name) {
        (Kind::String, "exact") => Some(Modifier::Exact),
        (Kind::String, "contains") => Some(Modifier::Contains),
        (Kind::Token, "not") => Some(Modifier::Not),
        (Kind::Token, "text") => Some(Modifier::Text),
        (Kind::Uri, "above") => Some(Modifier::Above),
        (Kind::Uri, "below") => Some(Modifier::Below),
        (Kind::Reference, "identifier") => Some(Modifier::Identifier),
        (Kind::Reference, name) => types::offered(name)
            .filter(|kind| parameter.targets.contains(&kind.name))
            .map(|kind| Modifier::Type(kind.name)),
        (
            Kind::String | Kind::Token | Kind::Uri | Kind::Date | Kind::Number | Kind::Quantity,
            _,
        ) => None,
    }
}

fn missing(scope: &Scope, parameter: &'static Parameter, text: &str) -> Result<Reading, Problem> {
    match text {
        "true" | "false" => {
            let wanted = (text == "true") != scope.has(DefectId::MissingIsInverted);
            Ok(Reading::Condition(Criterion::Missing(parameter, wanted)))
        }
        "" => Ok(Reading::Empty),
        _ => Err(Problem::bad_request("`:missing` is true or false")),
    }
}

/// A chain looks into every type that the reference may name and that knows the rest of the chain.
fn chain(
    scope: &Scope,
    resource_type: &'static str,
    (reference, rest): (&str, &str),
    text: &str,
    depth: usize,
) -> Result<Reading, Problem> {
    let (bare, wanted) = reference
        .split_once(':')
        .map_or((reference, None), |(bare, kind)| (bare, Some(kind)));
    let Some(parameter) =
        parameter(resource_type, bare).filter(|parameter| parameter.kind == Kind::Reference)
    else {
        return Ok(Reading::Unknown);
    };
    if scope.has(DefectId::IgnoresChains) {
        return Ok(Reading::Empty);
    }
    let targets: Vec<&'static str> = parameter
        .targets
        .iter()
        .copied()
        .filter(|kind| wanted.is_none_or(|wanted| wanted == *kind))
        .collect();
    if let (Some(wanted), true) = (wanted, targets.is_empty()) {
        return Err(Problem::bad_request(format!(
            "`{bare}` does not refer to `{}`",
            shortened(wanted)
        )));
    }
    let mut links = Vec::new();
    for target in targets {
        match read_nested(scope, target, rest, text, depth + 1)? {
            Reading::Condition(criterion) => links.push((target, criterion)),
            Reading::Empty => return Ok(Reading::Empty),
            Reading::Unknown => {}
        }
    }
    if links.is_empty() {
        Ok(Reading::Unknown)
    } else {
        Ok(Reading::Condition(Criterion::Chain(parameter, links)))
    }
}

/// `_has:Observation:patient:code=…`
fn has(scope: &Scope, rest: &str, text: &str, depth: usize) -> Result<Reading, Problem> {
    let wrong = || {
        Problem::bad_request(
            "`_has` names a type, a reference parameter of it and a parameter of it",
        )
    };
    let mut parts = rest.splitn(3, ':');
    let source = parts
        .next()
        .and_then(types::offered)
        .ok_or_else(wrong)?
        .name;
    let reference = parts
        .next()
        .and_then(|name| parameter(source, name))
        .filter(|found| found.kind == Kind::Reference)
        .ok_or_else(wrong)?;
    match read_nested(
        scope,
        source,
        parts.next().ok_or_else(wrong)?,
        text,
        depth + 1,
    )? {
        Reading::Condition(criterion) => Ok(Reading::Condition(Criterion::Has(
            source,
            reference,
            Box::new(criterion),
        ))),
        Reading::Empty => Ok(Reading::Empty),
        Reading::Unknown => Err(wrong()),
    }
}

impl Criterion {
    /// Whether a resource meets the condition.
    pub fn is_met(&self, scope: &Scope, resource: &Json) -> bool {
        match self {
            Criterion::Missing(parameter, wanted) => is_missing(parameter, resource) == *wanted,
            Criterion::Values(parameter, Modifier::Not, wanted) => {
                !any(scope, parameter, &Modifier::None, wanted, resource)
            }
            Criterion::Values(parameter, modifier, wanted) => {
                any(scope, parameter, modifier, wanted, resource)
            }
            Criterion::Chain(parameter, links) => chained(scope, parameter, links, resource),
            Criterion::Has(source, reference, criterion) => {
                has_referrer(scope, source, reference, criterion, resource)
            }
        }
    }

    /// The ids that a plain `_id` condition allows: a search looks them up instead of looking at everything.
    pub fn ids(&self) -> Option<Vec<&str>> {
        let Criterion::Values(Parameter { name: "_id", .. }, Modifier::None, wanted) = self else {
            return None;
        };
        let code = |wanted| {
            if let &Wanted::Token(None, Some(ref code)) = wanted {
                Some(code.as_str())
            } else {
                None
            }
        };
        wanted.iter().map(code).collect()
    }
}

fn is_missing(parameter: &Parameter, resource: &Json) -> bool {
    parameter.paths.iter().all(|path| {
        path.existence(resource).is_none_or(|exists| !exists) && path.values(resource).is_empty()
    })
}

fn any(
    scope: &Scope,
    parameter: &Parameter,
    modifier: &Modifier,
    wanted: &[Wanted],
    resource: &Json,
) -> bool {
    parameter.paths.iter().any(|path| {
        if let Some(exists) = path.existence(resource) {
            let code = if exists { "true" } else { "false" };
            return wanted
                .iter()
                .any(|wanted| matching::token_fits(path, wanted, (None, code)));
        }
        path.values(resource).into_iter().any(|value| {
            wanted
                .iter()
                .any(|wanted| fits(scope, parameter, path, modifier, wanted, value))
        })
    })
}

fn fits(
    scope: &Scope,
    parameter: &Parameter,
    path: &Path,
    modifier: &Modifier,
    wanted: &Wanted,
    value: &Json,
) -> bool {
    match wanted {
        Wanted::Text(wanted) => {
            let mut texts = matching::texts(path, value).into_iter();
            texts.any(|text| scope.text_fits(modifier, wanted, text))
        }
        Wanted::Token(_, code) if *modifier == Modifier::Text => {
            let wanted = code.as_deref().unwrap_or_default();
            matching::token_texts(value)
                .into_iter()
                .any(|text| matching::text_fits(TextRule::Start, wanted, text))
        }
        Wanted::Token(..) if *modifier == Modifier::Identifier => {
            let identifier = value.get("identifier");
            identifier.is_some_and(|value| identifier_fits(path, wanted, value))
        }
        Wanted::Token(..) => matching::tokens(path, value)
            .into_iter()
            .any(|token| scope.token_fits(path, wanted, token)),
        Wanted::Date(prefix, wanted) => matching::spans(path, value)
            .into_iter()
            .any(|found| scope.span_fits(parameter, path, *prefix, *wanted, found)),
        Wanted::Number(prefix, wanted) => matching::interval(path, value)
            .is_some_and(|found| matching::number_fits(*prefix, *wanted, found)),
        Wanted::Quantity(prefix, wanted, system, code) => {
            matching::interval(path, value)
                .is_some_and(|found| matching::number_fits(*prefix, *wanted, found))
                && matching::unit_fits(value, system.as_deref(), code.as_deref())
        }
        Wanted::Reference(wanted) => reference_fits(scope, parameter, modifier, wanted, value),
        Wanted::Uri(wanted) => value
            .as_text()
            .is_some_and(|found| uri_fits(modifier, wanted, found)),
    }
}

fn identifier_fits(path: &Path, wanted: &Wanted, value: &Json) -> bool {
    let token = value.text("value").map(|code| (value.text("system"), code));
    token.is_some_and(|token| matching::token_fits(path, wanted, token))
}

fn uri_fits(modifier: &Modifier, wanted: &str, found: &str) -> bool {
    match modifier {
        Modifier::Below => found.starts_with(wanted),
        Modifier::Above => wanted.starts_with(found),
        Modifier::None
        | Modifier::Exact
        | Modifier::Contains
        | Modifier::Not
        | Modifier::Text
        | Modifier::Identifier
        | Modifier::Type(_) => found == wanted,
    }
}

/// A wanted reference is `Type/id`, a URL, or an id of any of the types that the parameter may name.
fn reference_fits(
    scope: &Scope,
    parameter: &Parameter,
    modifier: &Modifier,
    wanted: &str,
    value: &Json,
) -> bool {
    let Some(found) = matching::reference_of(value, scope.base) else {
        return false;
    };
    if !parameter.targets.is_empty() && !may_name(parameter, found) {
        return false;
    }
    let wanted = matching::local(wanted, scope.base);
    if let Modifier::Type(kind) = modifier {
        let id = wanted
            .strip_prefix(kind)
            .and_then(|rest| rest.strip_prefix('/'))
            .unwrap_or(wanted);
        return found
            .strip_prefix(kind)
            .and_then(|rest| rest.strip_prefix('/'))
            == Some(id);
    }
    found == wanted
        || (!wanted.contains('/') && found.split_once('/').is_some_and(|(_, id)| id == wanted))
}

/// A relative reference says its type; of any other nothing is known.
fn may_name(parameter: &Parameter, reference: &str) -> bool {
    let kind = reference
        .split('/')
        .next()
        .filter(|kind| OFFERED.iter().any(|offered| offered.name == *kind));
    kind.is_none_or(|kind| parameter.targets.contains(&kind))
}

fn chained(
    scope: &Scope,
    parameter: &Parameter,
    links: &[(&'static str, Criterion)],
    resource: &Json,
) -> bool {
    let values = parameter
        .paths
        .iter()
        .flat_map(|path| path.values(resource));
    let mut references = values.filter_map(|value| matching::reference_of(value, scope.base));
    references.any(|reference| {
        let Some((kind, id)) = reference.split_once('/') else {
            return false;
        };
        links
            .iter()
            .filter(|(target, _)| *target == kind)
            .any(|(target, criterion)| {
                let found = scope.resource(&Target {
                    resource_type: target,
                    id: id.to_owned(),
                });
                found.is_some_and(|found| {
                    scope.has(DefectId::ChainsMindTheTypeOnly) || criterion.is_met(scope, found)
                })
            })
    })
}

fn has_referrer(
    scope: &Scope,
    source: &str,
    reference: &Parameter,
    criterion: &Criterion,
    resource: &Json,
) -> bool {
    let own = format!(
        "{}/{}",
        resource.resource_type(),
        resource.text("id").unwrap_or_default()
    );
    let mut sources = scope
        .store
        .current_at(source, scope.sequence)
        .filter_map(|version| version.resource.as_ref());
    sources.any(|source| {
        let mut values = reference.paths.iter().flat_map(|path| path.values(source));
        values.any(|value| matching::reference_of(value, scope.base) == Some(own.as_str()))
            && criterion.is_met(scope, source)
    })
}
