//! `json`: values of a JSON body, by a JSONPath.

use std::borrow::Cow;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json_path::LocatedNode;

use super::arguments::Amount;
use super::expression::{Expression, JsonPaths, Regex};
use super::json_value::{Wanted, scalar};
use super::{Check, EITHER, Examined, Kind, Subject, Weight, settle, words};
use crate::diag::Diagnostic;
use crate::model::{Finding, Seen};
use crate::yaml::{Node, decode};

pub(super) const KIND: Kind = Kind {
    name: "json",
    summary: "values of a JSON body, by a JSONPath (RFC 9535)",
    explanation: "A body that is no JSON violates, whatever its media type. `equals` compares by type (`2` is not `\"2\"`, but a text with holes is compared \
as text): the one value that the path selects, or, where a list is wanted, all that it selects, in their order. `matches` and `type` \
want at least one value, and ask it of every one. `contains` is satisfied by one: a text that holds the text, a list that holds the value. \
`count` counts what the path selects, or, where that is one list, its items. Nothing beside `path` asks that it selects something.",
    examples: &[
        "json: $.id",
        "json: { path: $.total, equals: 2 }",
        "json: { path: '$.entry[*].resource.id', equals: [a, b] }",
        "json: { path: $.id, matches: '^[A-Za-z0-9.-]{1,64}$' }",
        "json: { path: $.issue, exists: true }",
        "json: { path: $.entry, count: { at-least: 1 } }",
        "json: { path: $.scopes_supported, contains: launch }",
        "json: { path: $.total, type: integer }",
    ],
    weight: Weight::Judges,
    sides: EITHER,
    schema: |generator| {
        let map = generator.subschema_for::<Arguments>();
        schemars::json_schema!({ "anyOf": [{ "type": "string" }, map] })
    },
    parse,
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(inline)]
struct Arguments {
    /// What to look at.
    path: Expression<JsonPaths>,
    /// The value.
    #[serde(default)]
    equals: Option<Node>,
    /// Every value matches this regular expression, somewhere.
    #[serde(default)]
    matches: Option<Expression<Regex>>,
    /// Something is there, or nothing.
    #[serde(default)]
    exists: Option<bool>,
    /// How many values, or items of the one list.
    #[serde(default)]
    count: Option<Amount>,
    /// A value holds this text or item.
    #[serde(default)]
    contains: Option<Node>,
    /// Every value has this type.
    #[serde(default)]
    r#type: Option<Type>,
}

/// The types of JSON, and whole numbers.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Type {
    String,
    Number,
    Integer,
    Boolean,
    Array,
    Object,
    Null,
}

impl Type {
    fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Number => "number",
            Self::Integer => "integer",
            Self::Boolean => "boolean",
            Self::Array => "array",
            Self::Object => "object",
            Self::Null => "null",
        }
    }

    fn is_of(self, value: &Value) -> bool {
        match self {
            Self::String => value.is_string(),
            Self::Number => value.is_number(),
            Self::Integer => value.as_f64().is_some_and(|number| number.fract() == 0.0),
            Self::Boolean => value.is_boolean(),
            Self::Array => value.is_array(),
            Self::Object => value.is_object(),
            Self::Null => value.is_null(),
        }
    }
}

/// A path, and what is asked of what it selects; at least one thing.
#[derive(Debug)]
struct Json {
    path: Expression<JsonPaths>,
    tests: Vec<Test>,
}

/// One thing that is asked of the selected values.
#[derive(Debug)]
enum Test {
    Equals(Wanted),
    Matches(Expression<Regex>),
    Exists,
    Absent,
    Count(Amount),
    Contains(Wanted),
    Type(Type),
}

fn parse(node: &Node) -> Result<Box<dyn Check>, Diagnostic> {
    if node.scalar().is_some() {
        return Ok(Box::new(Json {
            path: decode(node)?,
            tests: vec![Test::Exists],
        }));
    }
    let arguments: Arguments = decode(node)?;
    let wanted = |node: Option<Node>| node.as_ref().map(Wanted::parse).transpose();
    let tests = [
        arguments
            .exists
            .map(|exists| if exists { Test::Exists } else { Test::Absent }),
        arguments.r#type.map(Test::Type),
        arguments.count.map(Test::Count),
        wanted(arguments.equals)?.map(Test::Equals),
        wanted(arguments.contains)?.map(Test::Contains),
        arguments.matches.map(Test::Matches),
    ];
    let mut tests: Vec<Test> = tests.into_iter().flatten().collect();
    if tests.is_empty() {
        tests.push(Test::Exists);
    }
    Ok(Box::new(Json {
        path: arguments.path,
        tests,
    }))
}

impl Json {
    fn examine(&self, subject: &Subject<'_>) -> Examined {
        let path = self.path.get(subject)?;
        let json = subject.reading()?.json();
        let json = json.map_err(|problem| subject.unreadable(problem, "a JSON body"))?;
        let found = path.query_located(json).all();
        for test in &self.tests {
            test.examine(&found, subject)?;
        }
        Ok(seen(&found, subject))
    }
}

type Found<'a> = [LocatedNode<'a>];

impl Test {
    fn examine(&self, found: &Found<'_>, subject: &Subject<'_>) -> Examined<()> {
        let Some(blamed) = self.objection(found, subject)? else {
            return Ok(());
        };
        let all = seen(found, subject);
        let seen = match (self, blamed) {
            (Self::Count(_), _) => Seen::new(count(found).to_string(), all.place),
            (_, Some(node)) => {
                Seen::new(words::shown(&node.node().to_string()), place(node, subject))
            }
            (_, None) => all,
        };
        Err(Finding::Violates {
            seen,
            expected: self.told(subject)?.into(),
        })
    }

    /// `Some` where the test does not hold; inside, the value that is to blame, where it is one.
    fn objection<'f, 'v>(
        &self,
        found: &'f Found<'v>,
        subject: &Subject<'_>,
    ) -> Examined<Option<Option<&'f LocatedNode<'v>>>> {
        let holds = match self {
            Self::Exists => !found.is_empty(),
            Self::Absent => found.is_empty(),
            Self::Count(amount) => amount.bounds(subject)?.contain(count(found) as u64),
            Self::Equals(wanted) => equals(wanted, found, subject)?,
            Self::Contains(wanted) => contains(wanted, found, subject)?,
            Self::Type(wanted) => return Ok(every(found, |value| wanted.is_of(value))),
            Self::Matches(pattern) => {
                let pattern = pattern.get(subject)?;
                return Ok(every(found, |value| {
                    scalar(value).is_some_and(|text| pattern.is_match(&text))
                }));
            }
        };
        Ok((!holds).then_some(None))
    }

    /// What would have been right, holes filled.
    fn told(&self, subject: &Subject<'_>) -> Examined<String> {
        Ok(match self {
            Self::Equals(wanted) => wanted.told(subject)?,
            Self::Contains(wanted) => format!("contains {}", wanted.told(subject)?),
            Self::Count(amount) => amount.bounds(subject)?.to_string(),
            Self::Matches(pattern) => format!("matches {}", words::shown(&pattern.fill(subject)?)),
            Self::Exists | Self::Absent | Self::Type(_) => self.summary(),
        })
    }

    fn summary(&self) -> String {
        match self {
            Self::Exists => "exists".into(),
            Self::Absent => "absent".into(),
            Self::Count(amount) => format!("count {}", amount.written()),
            Self::Equals(wanted) => format!("= {}", wanted.written()),
            Self::Contains(wanted) => format!("contains {}", wanted.written()),
            Self::Matches(pattern) => format!("matches {}", pattern.written()),
            Self::Type(wanted) => format!("of type {}", wanted.as_str()),
        }
    }
}

/// The first value that fails; `Some(None)` where there is none to ask. `None` where all pass.
fn every<'f, 'v>(
    found: &'f Found<'v>,
    test: impl Fn(&Value) -> bool,
) -> Option<Option<&'f LocatedNode<'v>>> {
    match found {
        [] => Some(None),
        found => found.iter().find(|node| !test(node.node())).map(Some),
    }
}

/// The one value that is selected, or all of them as a list.
fn equals(wanted: &Wanted, found: &Found<'_>, subject: &Subject<'_>) -> Examined<bool> {
    if let [one] = found
        && wanted.is(one.node(), subject)?
    {
        return Ok(true);
    }
    match wanted {
        Wanted::List(items) => Wanted::all(items, found.iter().map(LocatedNode::node), subject),
        Wanted::Known(_) | Wanted::Open(_) | Wanted::Map(_) => Ok(false),
    }
}

/// One value is enough: a list that holds the item, a text that holds the text, or the value itself.
fn contains(wanted: &Wanted, found: &Found<'_>, subject: &Subject<'_>) -> Examined<bool> {
    let text = wanted.text(subject)?;
    for node in found {
        let holds = match (node.node(), &text) {
            (Value::Array(items), _) => any_is(wanted, items, subject)?,
            (Value::String(found), Some(text)) => found.contains(&**text),
            (found, _) => wanted.is(found, subject)?,
        };
        if holds {
            return Ok(true);
        }
    }
    Ok(false)
}

fn any_is(wanted: &Wanted, items: &[Value], subject: &Subject<'_>) -> Examined<bool> {
    for item in items {
        if wanted.is(item, subject)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What the path selects, or the items of the one list that it selects.
fn count(found: &Found<'_>) -> usize {
    match found {
        [one] => one.node().as_array().map_or(1, Vec::len),
        found => found.len(),
    }
}

/// All that was selected, at the place of the first.
fn seen(found: &Found<'_>, subject: &Subject<'_>) -> Seen {
    let Some(first) = found.first() else {
        return Seen::new("nothing", words::body_place(subject.side));
    };
    let values: Vec<Cow<'_, str>> = found
        .iter()
        .take(9)
        .map(|node| node.node().to_string().into())
        .collect();
    let mut observed = words::listed(&values);
    if found.len() > values.len() {
        observed = format!("{} values: {observed}", found.len());
    }
    Seen::new(words::shown(&observed), place(first, subject))
}

/// `reply/body#/entry/2/id`
fn place(node: &LocatedNode<'_>, subject: &Subject<'_>) -> Arc<str> {
    let pointer = words::shown(&node.location().to_json_pointer());
    format!("{}#{pointer}", words::body_place(subject.side)).into()
}

impl Check for Json {
    fn evaluate(&self, subject: &Subject<'_>) -> Finding {
        settle(self.examine(subject))
    }

    fn summary(&self) -> String {
        let tests: Vec<String> = self.tests.iter().map(Test::summary).collect();
        format!("{} {}", self.path.written(), tests.join(", "))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use crate::check::tests::{Case, case};

    const BODY: &str = "200\n\n{\"total\": 2, \"id\": \"17\", \"list\": [{\"a\": 1}, {\"a\": 2.0}], \"none\": null, \"s\": [\"x\", \"y\"]}";

    pub(in crate::check) const CASES: &[Case] = &[
        case("json: $.total", BODY, "holds 2 @ reply/body#/total"),
        case(
            "json: $.totl",
            BODY,
            "violates nothing @ reply/body, wanted exists",
        ),
        case(
            "json: { path: $.total, equals: 2.0 }",
            BODY,
            "holds 2 @ reply/body#/total",
        ),
        case(
            "json: { path: $.total, equals: \"2\" }",
            BODY,
            "violates 2 @ reply/body#/total, wanted \"2\"",
        ),
        case(
            "json: { path: $.id, equals: 17 }",
            BODY,
            "violates \"17\" @ reply/body#/id, wanted 17",
        ),
        case(
            "json: { path: $.id, equals: '{{kept.id}}' }",
            BODY,
            "holds \"17\" @ reply/body#/id",
        ),
        case(
            "json: { path: $.total, equals: '{{kept.id}}' }",
            BODY,
            "violates 2 @ reply/body#/total, wanted 17",
        ),
        case(
            "json: { path: '$.list[*].a', equals: [1, 2] }",
            BODY,
            "holds 1, 2.0 @ reply/body#/list/0/a",
        ),
        case(
            "json: { path: '$.list[*].a', equals: [2, 1] }",
            BODY,
            "violates 1, 2.0 @ reply/body#/list/0/a, wanted [2, 1]",
        ),
        case(
            "json: { path: '$.list[0]', equals: { a: 1 } }",
            BODY,
            "holds {\"a\":1} @ reply/body#/list/0",
        ),
        case(
            "json: { path: '$.list[0]', equals: { a: 1, b: 2 } }",
            BODY,
            "violates {\"a\":1} @ reply/body#/list/0, wanted {a: 1, b: 2}",
        ),
        case(
            "json: { path: '$.list[?@.a == 2].a', count: 1 }",
            BODY,
            "holds 2.0 @ reply/body#/list/1/a",
        ),
        case(
            "json: { path: $.list, count: 3 }",
            BODY,
            "violates 2 @ reply/body#/list, wanted 3",
        ),
        case(
            "json: { path: $.list, count: { at-least: 1, at-most: 2 } }",
            BODY,
            "holds [{\"a\":1},{\"a\":2.0}] @ reply/body#/list",
        ),
        case(
            "json: { path: $.totl, count: { at-least: 1 } }",
            BODY,
            "violates 0 @ reply/body, wanted at least 1",
        ),
        case(
            "json: { path: $.none, exists: true }",
            BODY,
            "holds null @ reply/body#/none",
        ),
        case(
            "json: { path: $.none, exists: false }",
            BODY,
            "violates null @ reply/body#/none, wanted absent",
        ),
        case(
            "json: { path: $.none, type: \"null\" }",
            BODY,
            "holds null @ reply/body#/none",
        ),
        case(
            "json: { path: '$.list[*].a', type: integer }",
            BODY,
            "holds 1, 2.0 @ reply/body#/list/0/a",
        ),
        case(
            "json: { path: '$.*', type: string }",
            BODY,
            "violates 2 @ reply/body#/total, wanted of type string",
        ),
        case(
            "json: { path: '$.s[*]', matches: '^[xy]$' }",
            BODY,
            "holds \"x\", \"y\" @ reply/body#/s/0",
        ),
        case(
            "json: { path: '$.s[*]', matches: '^x$' }",
            BODY,
            "violates \"y\" @ reply/body#/s/1, wanted matches ^x$",
        ),
        case(
            "json: { path: '$.t[*]', matches: '^x$' }",
            BODY,
            "violates nothing @ reply/body, wanted matches ^x$",
        ),
        case(
            "json: { path: $.s, contains: y }",
            BODY,
            "holds [\"x\",\"y\"] @ reply/body#/s",
        ),
        case(
            "json: { path: $.s, contains: z }",
            BODY,
            "violates [\"x\",\"y\"] @ reply/body#/s, wanted contains \"z\"",
        ),
        case(
            "json: { path: '$.{{case.word}}', exists: true }",
            "200\n\n{\"many\": 1}",
            "holds 1 @ reply/body#/many",
        ),
        case(
            "json: { path: \"$['{{kept.quote}}']\" }",
            "200\n\n{\"a'b\": 1}",
            "holds 1 @ reply/body#/a'b",
        ),
        case(
            "json: { path: '$.{{kept.quote}}' }",
            BODY,
            "broken `a'b` cannot stand in this expression: put the hole between quotes, or use another value",
        ),
        case(
            "json: $.a",
            "200\n\n<html>",
            "violates line 1, column 1: no JSON: expected value @ reply/body:1:1, wanted a JSON body",
        ),
        case(
            "json: { path: $.a, exists: false }",
            "200",
            "violates the body is empty @ reply/body, wanted a JSON body",
        ),
        case(
            "json: $.a",
            "!timeout late",
            "undecidable no reply came: timeout: late",
        ),
        case(
            "json: total",
            BODY,
            "expression-syntax `total`: `total` is no JSONPath",
        ),
        case(
            "json: { path: $.a, type: text }",
            BODY,
            "bad-value `text`: `text` is not one of the values here",
        ),
        case(
            "json: { path: $.a, count: many }",
            BODY,
            "bad-value `many`: wanted a whole number, or a map with `at-least` and `at-most`",
        ),
        case(
            "json: { path: $.a, count: {} }",
            BODY,
            "bad-value `{}`: wanted `at-least`, `at-most` or both",
        ),
        case(
            "json: { path: $.a, count: { at-least: 2, at-most: 1 } }",
            BODY,
            "bad-value `{ at-least: 2, at-most: 1 }`: `at-least` is more than `at-most`",
        ),
    ];
}
