//! Questions to a terminology server, and what its answers say.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::fhir::definitions::Canonical;
use crate::fhir::terminology::CodeRef;

/// What a server can be asked.
#[derive(Debug, Clone, Copy)]
pub(super) enum Question<'q> {
    /// Is a code in a value set?
    Member(CodeRef<'q>, &'q str),
    /// Is a code in a value set that is sent along?
    MemberOf(CodeRef<'q>, &'q Value),
    /// Does a code exist in its system, with this display if there is one?
    Standing(CodeRef<'q>),
    /// Does the first of two codes of a system stand above the second?
    Subsumes(&'q str, &'q str, &'q str),
}

/// What a server says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reply {
    /// Whether what was asked is so.
    pub(super) holds: bool,
    /// The preferred display.
    pub(super) display: Option<String>,
    /// Whether the code is inactive.
    pub(super) is_inactive: bool,
    /// In the server's words, shortened.
    pub(super) message: Option<String>,
}

/// The most characters of a server's message that are told.
const MAX_MESSAGE: usize = 300;

impl Question<'_> {
    /// The operation, below the server's address.
    pub(super) fn path(&self) -> &'static str {
        match self {
            Self::Member(..) | Self::MemberOf(..) => "ValueSet/$validate-code",
            Self::Standing(_) => "CodeSystem/$validate-code",
            Self::Subsumes(..) => "CodeSystem/$subsumes",
        }
    }

    /// A Parameters resource.
    pub(super) fn body(&self) -> Value {
        let parameters = match self {
            Self::Member(code, value_set) => member(code, of_value_set(value_set)),
            Self::MemberOf(code, value_set) => member(
                code,
                vec![json!({ "name": "valueSet", "resource": value_set })],
            ),
            Self::Standing(code) => standing(code),
            Self::Subsumes(system, above, below) => vec![
                parameter("system", "valueUri", system),
                parameter("codeA", "valueCode", above),
                parameter("codeB", "valueCode", below),
            ],
        };
        json!({ "resourceType": "Parameters", "parameter": parameters })
    }

    /// The name under which the answer is kept.
    pub(super) fn digest(&self) -> String {
        let asked = Sha256::new()
            .chain_update(self.path())
            .chain_update(self.body().to_string());
        asked
            .finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    /// What a server's reply says.
    ///
    /// # Errors
    /// Why it decides nothing.
    pub(super) fn read(&self, reply: &Value) -> Result<Reply, String> {
        let decided = |holds| Reply {
            holds,
            display: None,
            is_inactive: false,
            message: None,
        };
        match self {
            Self::Subsumes(..) => match find(reply, "outcome").and_then(text) {
                Some("equivalent" | "subsumes") => Ok(decided(true)),
                Some("subsumed-by" | "not-subsumed") => Ok(decided(false)),
                Some(_) | None => Err("gave no outcome".to_owned()),
            },
            Self::Member(..) | Self::MemberOf(..) | Self::Standing(_) => validated(reply),
        }
    }
}

/// `value_set` is the parameters that name the value set, or hold it.
fn member(code: &CodeRef<'_>, value_set: Vec<Value>) -> Vec<Value> {
    let mut parameters = value_set;
    match code.system {
        Some(_) => parameters.push(json!({ "name": "coding", "valueCoding": coding(code) })),
        None => {
            parameters.push(parameter("code", "valueCode", code.code));
            parameters.push(json!({ "name": "inferSystem", "valueBoolean": true }));
        }
    }
    parameters
}

fn coding(code: &CodeRef<'_>) -> Value {
    let mut coding = json!({ "system": code.system, "code": code.code });
    if let Some(version) = code.version {
        coding["version"] = version.into();
    }
    coding
}

fn of_value_set(value_set: &str) -> Vec<Value> {
    let canonical = Canonical::of(value_set);
    let version = canonical.version;
    let version = version.map(|version| parameter("valueSetVersion", "valueString", version));
    let url = parameter("url", "valueUri", canonical.url);
    std::iter::once(url).chain(version).collect()
}

fn standing(code: &CodeRef<'_>) -> Vec<Value> {
    let optional =
        |name, kind, value: Option<&str>| value.map(|value| parameter(name, kind, value));
    let parameters = [
        optional("url", "valueUri", code.system),
        Some(parameter("code", "valueCode", code.code)),
        optional("version", "valueString", code.version),
        optional("display", "valueString", code.display),
    ];
    parameters.into_iter().flatten().collect()
}

fn parameter(name: &str, kind: &str, value: &str) -> Value {
    json!({ "name": name, kind: value })
}

/// A server that lacks the code system says that the code is wrong, and tells the cause on the side.
fn validated(reply: &Value) -> Result<Reply, String> {
    let holds = find(reply, "result").and_then(|found| found.get("valueBoolean")?.as_bool());
    let holds = holds.ok_or("gave no result")?;
    let message = find(reply, "message").and_then(text).map(shortened);
    let unknown = ["x-unknown-system", "x-caused-by-unknown-system"]
        .iter()
        .find_map(|name| find(reply, name).and_then(text));
    match (holds, unknown) {
        (false, Some(system)) => return Err(format!("does not know {}", shortened(system))),
        (false, None) if says_not_found(reply) => {
            let why = message.unwrap_or_default();
            return Err(format!("does not have what the answer needs: {why}"));
        }
        (true | false, _) => {}
    }
    let inactive = find(reply, "inactive").and_then(|found| found.get("valueBoolean")?.as_bool());
    Ok(Reply {
        holds,
        display: find(reply, "display").and_then(text).map(str::to_owned),
        is_inactive: inactive == Some(true),
        message,
    })
}

/// Whether an issue in the answer says that a definition was not found.
fn says_not_found(reply: &Value) -> bool {
    let issues =
        find(reply, "issues").and_then(|found| found.pointer("/resource/issue")?.as_array());
    issues
        .into_iter()
        .flatten()
        .any(|issue| issue.get("code") == Some(&json!("not-found")))
}

fn find<'v>(reply: &'v Value, name: &str) -> Option<&'v Value> {
    let parameters = reply.get("parameter")?.as_array()?;
    parameters
        .iter()
        .find(|found| found.get("name").and_then(Value::as_str) == Some(name))
}

/// The text of a parameter, whatever its type.
fn text(parameter: &Value) -> Option<&str> {
    let values = parameter.as_object()?.iter();
    let mut values = values.filter(|(name, _)| name.starts_with("value"));
    values.find_map(|(_, value)| value.as_str())
}

/// What a server says is data: one line, and not too long.
pub(super) fn shortened(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MAX_MESSAGE) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}
