//! The CapabilityStatement: written from the same tables that the server works by, so that it says what is true.

use super::call::{Answer, Call, Context};
use super::defects::Defects;
use super::json::Json;
use super::operations::{OPERATIONS, Operation};
use super::problem::Problem;
use super::search::parameters::{Kind, parameters};
use super::types::{OFFERED, Offered, Versioning};
use sha2::{Digest, Sha256};

/// The version of FHIR.
pub const FHIR_VERSION: &str = "4.0.1";
/// The statement changes only with the software, and so does its date.
const DATE: &str = "2026-11-01";

/// The statement with its tag: written once, when the server starts.
pub struct Statement {
    /// The CapabilityStatement.
    pub json: Json,
    /// Its entity tag.
    pub tag: String,
}

impl Statement {
    /// The statement of a server at a base; some defects are lies in it.
    pub fn new(base: &str, offer: &Offer, defects: &Defects) -> Statement {
        let mut json = statement(base, offer);
        defects.change_statement(&mut json);
        let tag = tag(&json);
        Statement { json, tag }
    }
}

/// Answers a request for the statement, also a conditional one.
///
/// # Errors
/// 400 for an unknown mode.
pub fn read(context: &Context, call: &Call) -> Result<Answer, Problem> {
    let mode = call.query.get("mode").unwrap_or("full");
    if !["", "full", "normative", "terminology"].contains(&mode) {
        return Err(Problem::bad_request(
            "`mode` is full, normative or terminology",
        ));
    }
    let Statement { json, tag } = context.capabilities;
    let known = call
        .conditions
        .if_none_match
        .as_deref()
        .is_some_and(|tags| tags.split(',').any(|other| other.trim() == tag));
    let mut answer = Answer::ok(json.clone());
    if known {
        answer = Answer {
            status: 304,
            body: None,
            ..answer
        };
    }
    answer.headers.set("ETag", tag);
    Ok(answer)
}

/// A tag that is the same exactly as long as the statement is.
fn tag(statement: &Json) -> String {
    let digest = Sha256::digest(statement.compact().as_bytes());
    let hex: String = digest
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("W/\"{hex}\"")
}

/// What depends on how the server was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Whether batches and transactions are processed.
    pub bundles: Bundles,
    /// Whether protected data needs a token.
    pub access: Access,
}

/// Whether batches and transactions are processed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bundles {
    /// They are.
    #[default]
    Processed,
    /// They are refused, and the statement does not name them.
    Refused,
}

/// Who may read and write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everybody.
    Open,
    /// Whoever has the token.
    ByToken,
}

/// The statement of a server at a base.
pub fn statement(base: &str, offer: &Offer) -> Json {
    let texts = |texts: &[&str]| Json::list(texts.iter().map(|text| Json::from(*text)));
    Json::object([
        ("resourceType", "CapabilityStatement".into()),
        ("url", format!("{base}/metadata").into()),
        ("version", env!("CARGO_PKG_VERSION").into()),
        ("name", "PlugfestReferenceSupplier".into()),
        ("title", "plugfest reference supplier fhir-r4".into()),
        ("status", "active".into()),
        ("experimental", true.into()),
        ("date", DATE.into()),
        (
            "description",
            "A FHIR server in memory, to try tests against. Its people are made up.".into(),
        ),
        ("kind", "instance".into()),
        (
            "software",
            Json::object([
                ("name", "plugfest".into()),
                ("version", env!("CARGO_PKG_VERSION").into()),
            ]),
        ),
        (
            "implementation",
            Json::object([
                ("description", "plugfest reference supplier".into()),
                ("url", base.into()),
            ]),
        ),
        ("fhirVersion", FHIR_VERSION.into()),
        (
            "format",
            texts(&[
                "application/fhir+json",
                "application/fhir+xml",
                "json",
                "xml",
            ]),
        ),
        (
            "patchFormat",
            texts(&[
                "application/json-patch+json",
                "application/fhir+json",
                "application/fhir+xml",
            ]),
        ),
        ("rest", Json::list([rest(offer)])),
    ])
}

fn rest(offer: &Offer) -> Json {
    let codes: &[&str] = match offer.bundles {
        Bundles::Processed => &["transaction", "batch", "search-system", "history-system"],
        Bundles::Refused => &["search-system", "history-system"],
    };
    let of_system = OPERATIONS
        .iter()
        .filter(|operation| operation.levels.contains(&"system"));
    Json::object([
        ("mode", "server".into()),
        ("security", security(offer.access)),
        ("resource", Json::list(OFFERED.iter().map(resource))),
        ("interaction", interactions(codes)),
        ("operation", Json::list(of_system.map(operation))),
        (
            "compartment",
            Json::list(["http://hl7.org/fhir/CompartmentDefinition/patient".into()]),
        ),
    ])
}

fn security(access: Access) -> Json {
    let service = match access {
        Access::Open => Json::Null,
        Access::ByToken => Json::list([Json::object([("text", "Bearer token".into())])]),
    };
    Json::object([("cors", true.into()), ("service", service)])
}

fn resource(kind: &Offered) -> Json {
    let versioned = kind.versioning != Versioning::None;
    let own = OPERATIONS
        .iter()
        .filter(|operation| operation.types.is_empty() || operation.types.contains(&kind.name));
    Json::object([
        ("type", kind.name.into()),
        (
            "profile",
            format!("http://hl7.org/fhir/StructureDefinition/{}", kind.name).into(),
        ),
        ("interaction", interactions(kind.interactions)),
        (
            "versioning",
            if versioned {
                "versioned-update"
            } else {
                "no-version"
            }
            .into(),
        ),
        ("readHistory", versioned.into()),
        ("updateCreate", kind.update_create.into()),
        ("conditionalCreate", kind.conditional.into()),
        (
            "conditionalRead",
            if versioned {
                "full-support"
            } else {
                "modified-since"
            }
            .into(),
        ),
        ("conditionalUpdate", kind.conditional.into()),
        ("conditionalDelete", kind.conditional_delete.code().into()),
        (
            "referencePolicy",
            Json::list(["literal".into(), "local".into()]),
        ),
        ("searchInclude", references(kind)),
        ("searchRevInclude", Json::list(referring(kind))),
        ("searchParam", search_parameters(kind)),
        ("operation", Json::list(own.map(operation))),
    ])
}

fn interactions(codes: &[&str]) -> Json {
    Json::list(
        codes
            .iter()
            .map(|code| Json::object([("code", (*code).into())])),
    )
}

fn references(kind: &Offered) -> Json {
    let own = parameters(kind.name)
        .iter()
        .filter(|parameter| parameter.kind == Kind::Reference);
    Json::list(own.map(|parameter| format!("{}:{}", kind.name, parameter.name).into()))
}

fn referring(kind: &Offered) -> Vec<Json> {
    let of = |source: &'static Offered| {
        let named = parameters(source.name)
            .iter()
            .filter(|parameter| parameter.targets.contains(&kind.name));
        named.map(|parameter| format!("{}:{}", source.name, parameter.name).into())
    };
    OFFERED.iter().flat_map(of).collect()
}

fn search_parameters(kind: &Offered) -> Json {
    let one = |name: &str, code: &str| Json::object([("name", name.into()), ("type", code.into())]);
    Json::list(
        parameters(kind.name)
            .iter()
            .map(|parameter| one(parameter.name, parameter.kind.code())),
    )
}

fn operation(operation: &Operation) -> Json {
    Json::object([
        ("name", operation.name.into()),
        ("definition", operation.definition.into()),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::fhir_r4::validate;

    const OFFER: Offer = Offer {
        bundles: Bundles::Processed,
        access: Access::ByToken,
    };

    #[test]
    fn the_statement_is_sound() {
        assert_eq!(
            validate::faults(&statement("http://localhost/fhir", &OFFER)),
            []
        );
    }

    #[test]
    fn the_tag_follows_the_statement() {
        assert_eq!(
            tag(&statement("http://a", &OFFER)),
            tag(&statement("http://a", &OFFER))
        );
        assert_ne!(
            tag(&statement("http://a", &OFFER)),
            tag(&statement("http://b", &OFFER))
        );
    }
}
