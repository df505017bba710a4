//! A check as it stands in a scenario file: one main key, and what stands beside it.

use std::borrow::Cow;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::arguments::OneOrMany;
use super::{Check, KINDS, Kind, Subject, Wants, Weight, kind};
use crate::diag::{Diagnostic, Place, did_you_mean};
use crate::fhir::Types;
use crate::model::{Finding, RequirementId};
use crate::yaml::{Key, Node, Spanned, Value, decode};

/// A check with what stands beside it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct CheckItem {
    /// Its row.
    pub kind: &'static Kind,
    /// The question.
    pub check: Arc<dyn Check>,
    /// The requirements that it proves; empty where it proves those of its scenario.
    pub cites: Vec<Spanned<RequirementId>>,
    /// A line for people.
    pub because: Option<String>,
    /// Its name; see [`CheckItem::label`].
    pub name: Option<String>,
    /// The earlier step whose exchange is judged instead.
    pub of: Option<Spanned<String>>,
    /// What must hold for it to be asked at all.
    pub only_if: Arc<[CheckItem]>,
    /// The place of the main key.
    pub place: Place,
    /// In a line: `status 412`.
    pub summary: String,
}

/// Keys that may stand beside the main key.
const BESIDE: [&str; 5] = ["cites", "because", "name", "of", "only-if"];
/// Those that make sense where no verdict comes of it.
const BESIDE_A_CONDITION: [&str; 3] = ["because", "name", "of"];

impl CheckItem {
    /// Reads one check.
    ///
    /// # Errors
    /// All mistakes in it: `unknown-check`, and those of [`decode`] and of its kind.
    pub fn parse(node: &Node) -> Result<Self, Vec<Diagnostic>> {
        let (kind, key, argument) = main(node).map_err(|diagnostic| vec![diagnostic])?;
        let mut found = Vec::new();
        let check = take(&mut found, (kind.parse)(argument));
        let cites = take(&mut found, beside(node, "cites")).flatten();
        let because = take(&mut found, beside(node, "because")).flatten();
        let name = take(&mut found, beside(node, "name")).flatten();
        let of = take(&mut found, beside(node, "of")).flatten();
        let only_if = node.get("only-if").map_or(Ok(Vec::new()), Self::conditions);
        let only_if = only_if.unwrap_or_else(|more| {
            found.extend(more);
            Vec::new()
        });
        let Some(check) = check.filter(|_| found.is_empty()) else {
            return Err(found);
        };
        let summary = format!("{} {}", kind.name, check.summary());
        Ok(Self {
            kind,
            check: check.into(),
            cites: cites.map_or_else(Vec::new, |OneOrMany(cites)| cites),
            because,
            name,
            of,
            only_if: only_if.into(),
            place: key.place.clone(),
            summary,
        })
    }

    /// What people call it: its name, where it has one, before what it asks.
    pub fn label(&self) -> Cow<'_, str> {
        match &self.name {
            Some(name) => Cow::Owned(format!("{name}: {}", self.summary)),
            None => Cow::Borrowed(&self.summary),
        }
    }

    /// Reads a list of checks.
    ///
    /// # Errors
    /// As [`CheckItem::parse`], for all of them; `empty` where there is none.
    pub fn list(node: &Node) -> Result<Vec<Self>, Vec<Diagnostic>> {
        if !matches!(&*node.value, Value::List(_)) {
            let message = format!("wanted a list of checks, found {}", node.describe());
            return Err(vec![
                Diagnostic::error("wrong-type", message).at(&node.place),
            ]);
        }
        if node.items().is_empty() {
            let empty = Diagnostic::error("empty", "there is no check here");
            return Err(vec![empty.at(&node.place)]);
        }
        let mut items = Vec::new();
        let mut found = Vec::new();
        for item in node.items() {
            match Self::parse(item) {
                Ok(item) => items.push(item),
                Err(more) => found.extend(more),
            }
        }
        if found.is_empty() {
            Ok(items)
        } else {
            Err(found)
        }
    }

    /// Reads a condition: one check or a list of them, of which no verdict comes, so that they cite nothing.
    ///
    /// # Errors
    /// As [`CheckItem::list`].
    pub fn conditions(node: &Node) -> Result<Vec<Self>, Vec<Diagnostic>> {
        let items = match &*node.value {
            Value::List(_) => Self::list(node)?,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Map(_) => {
                vec![Self::parse(node)?]
            }
        };
        let nodes = if node.items().is_empty() {
            std::slice::from_ref(node)
        } else {
            node.items()
        };
        let strange = |(key, _): &&(Key, Node)| {
            BESIDE.contains(&&*key.text) && !BESIDE_A_CONDITION.contains(&&*key.text)
        };
        let strange: Vec<Diagnostic> = nodes
            .iter()
            .flat_map(|node| node.entries().iter().filter(strange))
            .map(|(key, _)| meaningless(key))
            .collect();
        if strange.is_empty() {
            Ok(items)
        } else {
            Err(strange)
        }
    }

    /// The answer, from the exchange of [`CheckItem::of`] where it names one. `only_if` is the caller's: see the walk.
    pub fn evaluate(&self, subject: &Subject<'_>) -> Finding {
        if !self.kind.sides.contains(&subject.side) {
            let (side, kind) = (subject.side.as_str(), self.kind.name);
            return Finding::broken(format!("a {side} has no {kind}"));
        }
        match self.subject(subject) {
            Ok(subject) => self.check.evaluate(&subject),
            Err(finding) => finding,
        }
    }

    /// What the check is asked of: the exchange of `of`, where it names a step.
    ///
    /// # Errors
    /// Undecidable where that step was not sent.
    pub fn subject<'a>(&self, subject: &Subject<'a>) -> Result<Subject<'a>, Finding> {
        let Some(step) = &self.of else {
            return Ok(*subject);
        };
        let Some(view) = subject.earlier.step(&step.value) else {
            return Err(Finding::undecidable(format!(
                "step `{}` was not sent",
                step.value
            )));
        };
        Ok(Subject { view, ..*subject })
    }

    /// What a violation means: a kind that only warns judges where the check itself cites a requirement, which then demands it.
    pub fn weight(&self) -> Weight {
        match self.cites.is_empty() {
            true => self.kind.weight,
            false => Weight::Judges,
        }
    }

    /// The earlier steps that it looks at, its conditions too.
    pub fn earlier_steps(&self) -> Vec<&Spanned<String>> {
        let conditions = self.only_if.iter().flat_map(Self::earlier_steps);
        let own = self.check.earlier_steps().into_iter();
        self.of.iter().chain(own).chain(conditions).collect()
    }

    /// What it wants of the FHIR packages of its pack, its conditions too.
    pub fn wants(&self) -> Vec<Wants<'_>> {
        let conditions = self.only_if.iter().flat_map(Self::wants);
        self.check.wants().into_iter().chain(conditions).collect()
    }

    /// What can only be a mistake in it, its conditions too, as far as the types of FHIR tell.
    pub fn doubts(&self, types: &dyn Types) -> Vec<Diagnostic> {
        let conditions = self.only_if.iter().flat_map(|item| item.doubts(types));
        let own = self.check.doubts(types).into_iter();
        own.chain(conditions).collect()
    }
}

/// The kind, its key and its argument.
fn main(node: &Node) -> Result<(&'static Kind, &Key, &Node), Diagnostic> {
    if !matches!(&*node.value, Value::Map(_)) {
        let message = format!("wanted a check, found {}", node.describe());
        return Err(Diagnostic::error("wrong-type", message)
            .at(&node.place)
            .help("a check is a map with one main key, such as `status: 412`"));
    }
    let mut mains = node
        .entries()
        .iter()
        .filter(|(key, _)| !BESIDE.contains(&&*key.text));
    let Some((key, argument)) = mains.next() else {
        return Err(Diagnostic::error(
            "missing-field",
            "this check asks for nothing: it has no main key",
        )
        .at(&node.place)
        .help(format!(
            "kinds of check: `{}`",
            KINDS
                .iter()
                .map(|kind| kind.name)
                .collect::<Vec<_>>()
                .join("`, `")
        )));
    };
    let kind = known(key)?;
    match mains.next() {
        None => Ok((kind, key, argument)),
        Some((second, _)) => Err(second_main(key, second)),
    }
}

/// Keys that stand beside are suggested too: `cite` is nearer to `cites` than to any kind.
fn known(key: &Key) -> Result<&'static Kind, Diagnostic> {
    kind(&key.text).ok_or_else(|| {
        let names = KINDS.iter().map(|kind| kind.name).chain(BESIDE);
        Diagnostic::error("unknown-check", format!("there is no check `{}`", key.text))
            .at(&key.place)
            .suggest(&key.text, names)
    })
}

/// Two questions in one map, or a slip in a key that stands beside.
fn second_main(first: &Key, second: &Key) -> Diagnostic {
    if kind(&second.text).is_some() {
        return Diagnostic::error(
            "unknown-field",
            format!(
                "`{}` is a second check beside `{}`",
                second.text, first.text
            ),
        )
        .at(&second.place)
        .help("one check has one main key: make it an item of its own");
    }
    let diagnostic = Diagnostic::error(
        "unknown-field",
        format!("`{}` means nothing beside `{}`", second.text, first.text),
    )
    .at(&second.place);
    match did_you_mean(&second.text, BESIDE) {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}

fn meaningless(key: &Key) -> Diagnostic {
    Diagnostic::error(
        "unknown-field",
        format!("`{}` means nothing in a condition", key.text),
    )
    .at(&key.place)
    .help("a condition gives no verdict: it proves nothing and has no condition of its own")
}

/// The typed value of a key that may stand beside the main key.
fn beside<T: serde::de::DeserializeOwned>(node: &Node, key: &str) -> Result<Option<T>, Diagnostic> {
    node.get(key).map(decode).transpose()
}

/// Notes a mistake and goes on, so that an author sees all of them at once.
fn take<T>(found: &mut Vec<Diagnostic>, result: Result<T, Diagnostic>) -> Option<T> {
    result.map_err(|diagnostic| found.push(diagnostic)).ok()
}

impl JsonSchema for CheckItem {
    fn schema_name() -> Cow<'static, str> {
        "Check".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let conditions = generator.subschema_for::<OneOrMany<CheckItem>>();
        let cites = generator.subschema_for::<OneOrMany<RequirementId>>();
        let mut properties = serde_json::json!({
            "cites": cites,
            "because": { "type": "string", "description": "a line for people" },
            "name": { "type": "string" },
            "of": { "type": "string", "description": "an earlier step, whose exchange is judged instead" },
            "only-if": conditions,
        });
        for kind in KINDS {
            let mut schema = (kind.schema)(generator);
            schema.insert("description".into(), kind.summary.into());
            properties[kind.name] = schema.to_value();
        }
        let one: Vec<_> = KINDS
            .iter()
            .map(|kind| serde_json::json!({ "required": [kind.name] }))
            .collect();
        json_schema!({ "type": "object", "properties": properties, "additionalProperties": false, "oneOf": one })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::tests::{Case, case, check, node, run};

    const CASES: &[Case] = &[
        case(
            "{}",
            "200",
            "missing-field `{}`: this check asks for nothing: it has no main key",
        ),
        case(
            "status",
            "200",
            "wrong-type `status`: wanted a check, found a text",
        ),
        case(
            "staus: 200",
            "200",
            "unknown-check `staus`: there is no check `staus`",
        ),
        case(
            "{ status: 200, body: empty }",
            "200",
            "unknown-field `body`: `body` is a second check beside `status`",
        ),
        case(
            "{ status: 200, cite: A }",
            "200",
            "unknown-field `cite`: `cite` means nothing beside `status`",
        ),
        case(
            "{ status: 200, cites: 'a b' }",
            "200",
            "bad-value `'a b'`: `a b` is no requirement id: 1 to 128 letters, digits, `-`, `_` or `.`, starting with a letter or digit",
        ),
        case(
            "{ status: 999, only-if: { staus: 1 }, cites: '' }",
            "200",
            "bad-value `999`: `999` is no status code; bad-value `''`: `` is no requirement id: 1 to 128 letters, digits, `-`, `_` or `.`, starting with a letter or digit; unknown-check `staus`: there is no check `staus`",
        ),
        case(
            "{ status: 200, only-if: { status: 1, cites: A } }",
            "200",
            "bad-value `1`: `1` is no status code",
        ),
        case(
            "{ status: 200, only-if: { status: 200, cites: A } }",
            "200",
            "unknown-field `cites`: `cites` means nothing in a condition",
        ),
        case(
            "{ status: 200, of: first }",
            "500",
            "holds 200 @ reply/status",
        )
        .after("first", "200"),
        case(
            "{ status: 200, of: first }",
            "500",
            "undecidable step `first` was not sent",
        ),
        case(
            "request status: 200",
            "200",
            "broken a request has no status",
        ),
    ];

    #[test]
    fn what_stands_beside_is_read() {
        run(CASES);
        let text = "{ status: 412, cites: [A-1, B-2], because: it must, name: stale, only-if: [{ header: ETag, of: first }] }";
        let item = CheckItem::parse(&node(text)).unwrap();
        let cites: Vec<&str> = item.cites.iter().map(|id| id.value.as_str()).collect();
        assert_eq!(cites, ["A-1", "B-2"]);
        assert_eq!(
            (item.summary.as_str(), item.place.text()),
            ("status 412", "status")
        );
        assert_eq!(
            (item.because.as_deref(), item.name.as_deref()),
            (Some("it must"), Some("stale"))
        );
        assert_eq!(item.label(), format!("stale: {}", item.summary));
        let steps: Vec<&str> = item
            .earlier_steps()
            .iter()
            .map(|step| step.value.as_str())
            .collect();
        assert_eq!(steps, ["first"]);
    }

    #[test]
    fn a_warning_judges_where_it_cites() {
        assert_eq!(check("time: 2s").weight(), Weight::Warns);
        assert_eq!(check("{ time: 2s, cites: A }").weight(), Weight::Judges);
        assert_eq!(check("status: 200").weight(), Weight::Judges);
    }
}
