//! Which interaction a method and a path ask for.

use super::message::Method;
use super::primitive::is_id;
use super::problem::Problem;
use super::query;
use super::types;

/// One interaction of the RESTful API.
#[derive(Clone, Debug, PartialEq)]
pub enum Interaction {
    /// The CapabilityStatement.
    Capabilities,
    /// The current version.
    Read(Target),
    /// One version, by its id.
    ReadVersion(Target, String),
    /// The versions of one resource.
    HistoryInstance(Target),
    /// The versions of a type.
    HistoryType(&'static str),
    /// The versions of everything.
    HistorySystem,
    /// A new resource.
    Create(&'static str),
    /// A replacement, or a new resource under the client's id.
    Update(Target),
    /// A change.
    Patch(Target),
    /// A removal.
    Delete(Target),
    /// An update of what the query finds.
    ConditionalUpdate(&'static str),
    /// A patch of what the query finds.
    ConditionalPatch(&'static str),
    /// A removal of what the query finds.
    ConditionalDelete(&'static str),
    /// A search in one type.
    SearchType(&'static str),
    /// A search in several types.
    SearchSystem,
    /// A search in a patient's compartment, in one type or in all.
    SearchCompartment(Target, Option<&'static str>),
    /// A batch or a transaction.
    Bundle,
    /// An operation on the system, a type or an instance.
    Operation(Level, String),
}

impl Interaction {
    /// The code of the interaction in a CapabilityStatement; empty where it has none.
    pub fn code(&self) -> &'static str {
        match self {
            Interaction::Read(_) => "read",
            Interaction::ReadVersion(..) => "vread",
            Interaction::HistoryInstance(_) => "history-instance",
            Interaction::HistoryType(_) => "history-type",
            Interaction::Create(_) => "create",
            Interaction::Update(_) | Interaction::ConditionalUpdate(_) => "update",
            Interaction::Patch(_) | Interaction::ConditionalPatch(_) => "patch",
            Interaction::Delete(_) | Interaction::ConditionalDelete(_) => "delete",
            Interaction::SearchType(_) => "search-type",
            Interaction::Capabilities
            | Interaction::HistorySystem
            | Interaction::SearchSystem
            | Interaction::SearchCompartment(..)
            | Interaction::Bundle
            | Interaction::Operation(..) => "",
        }
    }

    /// The resource type that the interaction is about, if it is about one.
    pub fn resource_type(&self) -> Option<&'static str> {
        match self {
            Interaction::Read(target)
            | Interaction::ReadVersion(target, _)
            | Interaction::HistoryInstance(target)
            | Interaction::Update(target)
            | Interaction::Patch(target)
            | Interaction::Delete(target)
            | Interaction::Operation(Level::Instance(target), _) => Some(target.resource_type),
            Interaction::HistoryType(name)
            | Interaction::Create(name)
            | Interaction::ConditionalUpdate(name)
            | Interaction::ConditionalPatch(name)
            | Interaction::ConditionalDelete(name)
            | Interaction::SearchType(name)
            | Interaction::Operation(Level::Type(name), _) => Some(name),
            Interaction::SearchCompartment(_, name) => *name,
            Interaction::Capabilities
            | Interaction::HistorySystem
            | Interaction::SearchSystem
            | Interaction::Bundle
            | Interaction::Operation(Level::System, _) => None,
        }
    }
}

/// A resource type with an id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// The type.
    pub resource_type: &'static str,
    /// The logical id.
    pub id: String,
}

impl Target {
    /// `Type/id`, as a relative reference says it.
    pub fn reference(&self) -> String {
        format!("{}/{}", self.resource_type, self.id)
    }
}

/// What an operation is invoked on.
#[derive(Clone, Debug, PartialEq)]
pub enum Level {
    /// The whole server.
    System,
    /// A type.
    Type(&'static str),
    /// A resource.
    Instance(Target),
}

/// Finds the interaction for a path below the base (without its leading slash).
///
/// # Errors
/// 404 for what is not there, 400 for an id outside the grammar, 405 for a method that does not fit.
pub fn route(method: Method, path: &str) -> Result<Interaction, Problem> {
    let parts = path
        .split('/')
        .map(query::decode)
        .collect::<Result<Vec<String>, String>>();
    let parts = parts.map_err(Problem::bad_request)?;
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let parts = if let [before @ .., ""] = parts.as_slice() {
        before
    } else {
        parts.as_slice()
    };
    match parts {
        [] => root(method),
        ["metadata"] => only(method, &[Method::Get], Interaction::Capabilities),
        ["_history"] => only(method, &[Method::Get], Interaction::HistorySystem),
        ["_search"] => only(method, &[Method::Post], Interaction::SearchSystem),
        [name] if name.starts_with('$') => operation(method, Level::System, name),
        [name] => of_type(method, known_type(name)?),
        [name, rest @ ..] => below_type(method, known_type(name)?, rest),
    }
}

fn root(method: Method) -> Result<Interaction, Problem> {
    match method {
        Method::Get | Method::Head => Ok(Interaction::SearchSystem),
        Method::Post => Ok(Interaction::Bundle),
        Method::Put | Method::Patch | Method::Delete | Method::Options | Method::Other => {
            Err(Problem::not_allowed("GET, HEAD, POST"))
        }
    }
}

fn of_type(method: Method, name: &'static str) -> Result<Interaction, Problem> {
    match method {
        Method::Get | Method::Head => Ok(Interaction::SearchType(name)),
        Method::Post => Ok(Interaction::Create(name)),
        Method::Put => Ok(Interaction::ConditionalUpdate(name)),
        Method::Patch => Ok(Interaction::ConditionalPatch(name)),
        Method::Delete => Ok(Interaction::ConditionalDelete(name)),
        Method::Options | Method::Other => {
            Err(Problem::not_allowed("GET, HEAD, POST, PUT, PATCH, DELETE"))
        }
    }
}

fn below_type(method: Method, name: &'static str, rest: &[&str]) -> Result<Interaction, Problem> {
    match rest {
        ["_search"] => only(method, &[Method::Post], Interaction::SearchType(name)),
        ["_history"] => only(method, &[Method::Get], Interaction::HistoryType(name)),
        [operator] if operator.starts_with('$') => operation(method, Level::Type(name), operator),
        [id, rest @ ..] => below_instance(method, target(name, id)?, rest),
        [] => of_type(method, name),
    }
}

fn below_instance(method: Method, target: Target, rest: &[&str]) -> Result<Interaction, Problem> {
    match rest {
        [] => of_instance(method, target),
        ["_history"] => only(method, &[Method::Get], Interaction::HistoryInstance(target)),
        ["_history", version] => only(
            method,
            &[Method::Get],
            Interaction::ReadVersion(target, (*version).to_owned()),
        ),
        [operator] if operator.starts_with('$') => {
            operation(method, Level::Instance(target), operator)
        }
        [member] | [member, "_search"] if target.resource_type == "Patient" => {
            let methods = if rest.len() == 1 {
                &[Method::Get]
            } else {
                &[Method::Post]
            };
            let wanted = if *member == "*" {
                None
            } else {
                Some(known_type(member)?)
            };
            only(
                method,
                methods,
                Interaction::SearchCompartment(target, wanted),
            )
        }
        _ => Err(Problem::not_found("there is nothing at this path")),
    }
}

fn of_instance(method: Method, target: Target) -> Result<Interaction, Problem> {
    match method {
        Method::Get | Method::Head => Ok(Interaction::Read(target)),
        Method::Put => Ok(Interaction::Update(target)),
        Method::Patch => Ok(Interaction::Patch(target)),
        Method::Delete => Ok(Interaction::Delete(target)),
        Method::Post | Method::Options | Method::Other => {
            Err(Problem::not_allowed("GET, HEAD, PUT, PATCH, DELETE"))
        }
    }
}

/// Where GET is allowed, so is HEAD.
fn only(
    method: Method,
    methods: &[Method],
    interaction: Interaction,
) -> Result<Interaction, Problem> {
    let asked = if method == Method::Head {
        Method::Get
    } else {
        method
    };
    if methods.contains(&asked) {
        return Ok(interaction);
    }
    Err(Problem::not_allowed(if methods.contains(&Method::Get) {
        "GET, HEAD"
    } else {
        "POST"
    }))
}

fn operation(method: Method, level: Level, name: &str) -> Result<Interaction, Problem> {
    only(
        method,
        &[Method::Get, Method::Post],
        Interaction::Operation(level, name.trim_start_matches('$').to_owned()),
    )
}

fn known_type(name: &str) -> Result<&'static str, Problem> {
    let known = types::offered(name);
    known.map(|kind| kind.name).ok_or_else(|| {
        Problem::new(
            404,
            "not-supported",
            format!(
                "`{}` is not a resource type of this server",
                super::primitive::shortened(name)
            ),
        )
    })
}

fn target(resource_type: &'static str, id: &str) -> Result<Target, Problem> {
    if !is_id(id) {
        return Err(Problem::new(
            400,
            "value",
            format!("`{}` is not an id", super::primitive::shortened(id)),
        ));
    }
    Ok(Target {
        resource_type,
        id: id.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(method: Method, path: &str) -> u16 {
        route(method, path).map_or_else(|problem| problem.status, |_| 200)
    }

    #[test]
    fn paths_lead_to_interactions() {
        let patient = || Target {
            resource_type: "Patient",
            id: "a".to_owned(),
        };
        for (method, path, wanted) in [
            (Method::Get, "", Interaction::SearchSystem),
            (Method::Post, "", Interaction::Bundle),
            (Method::Get, "metadata", Interaction::Capabilities),
            (Method::Head, "Patient/a", Interaction::Read(patient())),
            (Method::Get, "Patient/a/", Interaction::Read(patient())),
            (
                Method::Get,
                "Patient/a/_history/1",
                Interaction::ReadVersion(patient(), "1".to_owned()),
            ),
            (
                Method::Post,
                "Patient/_search",
                Interaction::SearchType("Patient"),
            ),
            (
                Method::Get,
                "Patient/a/Observation",
                Interaction::SearchCompartment(patient(), Some("Observation")),
            ),
            (
                Method::Get,
                "Patient/a/*",
                Interaction::SearchCompartment(patient(), None),
            ),
            (
                Method::Get,
                "Patient/a/%24everything",
                Interaction::Operation(Level::Instance(patient()), "everything".to_owned()),
            ),
        ] {
            assert_eq!(route(method, path), Ok(wanted), "{path}");
        }
    }

    #[test]
    fn other_paths_are_refused() {
        for (method, path, wanted) in [
            (Method::Get, "NotAResource/1", 404),
            (Method::Get, "patient/1", 404),
            (Method::Get, "Patient/not%20an%20id!", 400),
            (Method::Post, "Patient/1", 405),
            (Method::Delete, "metadata", 405),
            (Method::Get, "Patient/1/x/y", 404),
            (Method::Get, "Observation/1/Patient", 404),
            (Method::Get, "Patient/%ff", 400),
            (Method::Other, "Patient", 405),
            (Method::Get, "Patient/_search", 405),
        ] {
            assert_eq!(status(method, path), wanted, "{path}");
        }
    }
}
