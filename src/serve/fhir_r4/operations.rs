//! The operations: one row each.

use super::call::{Answer, Call, Context, Payload, Safety};
use super::defects::DefectId;
use super::json::Json;
use super::problem::{Issue, Problem, information, outcome};
use super::route::{Interaction, Level, Target};
use super::store::Store;
use super::{read, validate};

mod everything;
mod meta;

/// Whether an operation changes the server's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It does not, and may be called by GET.
    None,
    /// It does, and is called by POST only.
    Changes,
}

/// One operation.
pub struct Operation {
    /// The name, without its dollar.
    pub name: &'static str,
    /// The canonical of its definition.
    pub definition: &'static str,
    /// The types that it belongs to; empty for all, and then it also exists on every type.
    pub types: &'static [&'static str],
    /// The levels where it exists.
    pub levels: &'static [&'static str],
    /// Whether it changes anything.
    pub effect: Effect,
    run: Run,
}

enum Run {
    Looks(fn(&Context, &Store, &Level, &Call) -> Result<Answer, Problem>),
    Changes(fn(&Context, &mut Store, &Level, &Call) -> Result<Answer, Problem>),
}

/// The operations that the server offers.
pub const OPERATIONS: &[Operation] = &[
    Operation {
        name: "validate",
        definition: "http://hl7.org/fhir/OperationDefinition/Resource-validate",
        types: &[],
        levels: &["type", "instance"],
        effect: Effect::None,
        run: Run::Looks(check),
    },
    Operation {
        name: "meta",
        definition: "http://hl7.org/fhir/OperationDefinition/Resource-meta",
        types: &[],
        levels: &["system", "type", "instance"],
        effect: Effect::None,
        run: Run::Looks(meta::read),
    },
    Operation {
        name: "meta-add",
        definition: "http://hl7.org/fhir/OperationDefinition/Resource-meta-add",
        types: &[],
        levels: &["instance"],
        effect: Effect::Changes,
        run: Run::Changes(meta::add),
    },
    Operation {
        name: "meta-delete",
        definition: "http://hl7.org/fhir/OperationDefinition/Resource-meta-delete",
        types: &[],
        levels: &["instance"],
        effect: Effect::Changes,
        run: Run::Changes(meta::delete),
    },
    Operation {
        name: "everything",
        definition: "http://hl7.org/fhir/OperationDefinition/Patient-everything",
        types: &["Patient"],
        levels: &["type", "instance"],
        effect: Effect::None,
        run: Run::Looks(everything::read),
    },
];

/// The operation of that name at a level.
pub fn named(level: &Level, name: &str) -> Option<&'static Operation> {
    let (word, kind) = match level {
        Level::System => ("system", None),
        Level::Type(kind) => ("type", Some(*kind)),
        Level::Instance(target) => ("instance", Some(target.resource_type)),
    };
    let of_type = |operation: &&Operation| {
        operation.types.is_empty() || kind.is_some_and(|kind| operation.types.contains(&kind))
    };
    OPERATIONS
        .iter()
        .filter(of_type)
        .find(|operation| operation.name == name && operation.levels.contains(&word))
}

/// Whether a call of an operation changes anything.
pub fn effect(interaction: &Interaction) -> Effect {
    let Interaction::Operation(level, name) = interaction else {
        return Effect::None;
    };
    named(level, name).map_or(Effect::None, |operation| operation.effect)
}

/// Performs an operation that changes nothing.
///
/// # Errors
/// 404 for an unknown operation, 405 for one that changes something, and its own refusals.
pub fn look(
    context: &Context,
    store: &Store,
    level: &Level,
    name: &str,
    call: &Call,
) -> Result<Answer, Problem> {
    match known(level, name)?.run {
        Run::Looks(run) => run(context, store, level, call),
        Run::Changes(_) => Err(Problem::not_allowed("POST")),
    }
}

/// Performs any operation.
///
/// # Errors
/// 404 for an unknown operation, 405 for GET of one that changes something, and its own refusals.
pub fn change(
    context: &Context,
    store: &mut Store,
    level: &Level,
    name: &str,
    call: &Call,
) -> Result<Answer, Problem> {
    match known(level, name)?.run {
        Run::Looks(run) => run(context, store, level, call),
        Run::Changes(_)
            if call.safety == Safety::Safe && !context.has(DefectId::StateChangesByGet) =>
        {
            Err(Problem::not_allowed("POST"))
        }
        Run::Changes(run) => run(context, store, level, call),
    }
}

fn known(level: &Level, name: &str) -> Result<&'static Operation, Problem> {
    let unknown = || {
        format!(
            "there is no operation `${}` here",
            super::primitive::shortened(name)
        )
    };
    named(level, name).ok_or_else(|| Problem::new(404, "not-supported", unknown()))
}

/// A parameter of the operation: of the query, or a simple one of the Parameters resource.
fn parameter<'a>(call: &'a Call, name: &'a str) -> Option<&'a str> {
    let given = call
        .payload
        .resource()
        .filter(|body| body.resource_type() == "Parameters");
    let part = given.and_then(|body| {
        body.each("parameter")
            .iter()
            .find(|part| part.text("name") == Some(name))
    });
    let value = part.and_then(|part| {
        part.members()
            .iter()
            .find(|(name, _)| name.starts_with("value"))
    });
    value
        .and_then(|(_, value)| value.scalar())
        .or_else(|| call.query.get(name))
}

/// `$validate`: of a resource that is sent, or of the one that is stored. The answer is 200 whatever the verdict.
fn check(context: &Context, store: &Store, level: &Level, call: &Call) -> Result<Answer, Problem> {
    let sent = call
        .payload
        .resource()
        .map(|body| inner_resource(body))
        .transpose()?;
    let resource = match (sent, level) {
        (Some(resource), _) => resource.clone(),
        (None, Level::Instance(target)) => read::current(context, store, target)?
            .resource
            .clone()
            .unwrap_or(Json::Null),
        (None, Level::System | Level::Type(_)) => {
            return Err(Problem::bad_request("there is no resource to validate"));
        }
    };
    let mut issues = validate::faults(&resource);
    let wanted = match level {
        Level::Type(kind) => Some(*kind),
        Level::Instance(Target { resource_type, .. }) => Some(*resource_type),
        Level::System => None,
    };
    if wanted.is_some_and(|wanted| wanted != resource.resource_type()) {
        issues.push(Issue::error(
            "invalid",
            "the resource is of another type than the URL",
            "",
        ));
    }
    Ok(Answer::ok(if issues.is_empty() {
        information("no issues were found")
    } else {
        outcome(&issues)
    }))
}

fn inner_resource(body: &Json) -> Result<&Json, Problem> {
    if body.resource_type() != "Parameters" {
        return Ok(body);
    }
    let part = body
        .each("parameter")
        .iter()
        .find(|part| part.text("name") == Some("resource"));
    part.and_then(|part| part.get("resource"))
        .ok_or_else(|| Problem::bad_request("the parameter `resource` is missing"))
}

/// The resource of a body, or nothing.
fn parameters(call: &Call) -> Result<&Json, Problem> {
    match &call.payload {
        Payload::Resource(body) if body.resource_type() == "Parameters" => Ok(body),
        Payload::Resource(_) | Payload::None | Payload::JsonPatch(_) => {
            Err(Problem::bad_request("a Parameters resource is expected"))
        }
    }
}
