//! `xpath`: values of an XML body.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use super::arguments::{Amount, OneOrMany};
use super::expression::{Expression, Language, Regex, Slip};
use super::values::{self, Asked, Found, Test};
use super::{Check, EITHER, Examined, Kind, Subject, Weight, settle, words};
use crate::diag::Diagnostic;
use crate::model::{Finding, Seen};
use crate::template::{Escape, Template};
use crate::xml::{Path, Place, Prefixes, Value};
use crate::yaml::{Node, decode};

pub(super) const KIND: Kind = Kind {
    name: "xpath",
    summary: "values of an XML body, by an XPath",
    explanation: "A body that is no well-formed XML violates, whatever its media type. A path alone must select something, or be true. With a comparison \
beside `path`, what it selects is compared as texts: `equals` as a set, `ordered` as a list, `matches` for every one (and at least one). \
Prefixes are declared in `namespaces`; `f` (FHIR) and `h` (XHTML) are known. An XPath that gives a number or a text is a mistake in the \
scenario, unless it is compared.",
    examples: &[
        "xpath: \"/f:Patient/f:id\"",
        "xpath: \"count(//f:entry) = 2\"",
        "xpath: { path: \"//f:id/@value\", equals: \"{{create.id}}\" }",
        "xpath: { path: \"//x:code/@value\", namespaces: { x: \"urn:hl7-org:v3\" }, count: { at-least: 1 } }",
        "xpath: { path: \"/f:Patient/f:text\", empty: true }",
    ],
    weight: Weight::Judges,
    sides: EITHER,
    schema: |generator| {
        let map = generator.subschema_for::<Arguments>();
        schemars::json_schema!({ "anyOf": [{ "type": "string" }, map] })
    },
    parse,
};

/// The language XPath.
pub(super) enum XPath {}

/// The prefixes that an XPath may use.
#[derive(Debug)]
pub(super) struct Namespaces(Prefixes);

impl Default for Namespaces {
    fn default() -> Self {
        Self(
            Prefixes::new()
                .with("f", "http://hl7.org/fhir")
                .with("h", "http://www.w3.org/1999/xhtml"),
        )
    }
}

impl Namespaces {
    fn with(declared: &BTreeMap<String, String>) -> Self {
        let Self(known) = Self::default();
        let all = declared.iter();
        Self(all.fold(known, |known, (prefix, namespace)| {
            known.with(prefix, namespace)
        }))
    }
}

impl Language for XPath {
    type Compiled = Path;
    type Context = Namespaces;
    const NAME: &'static str = "XPath";
    // XPath 1.0 knows no escape inside its literals: what holds their quotes is refused.
    const ESCAPE: Escape = Escape::None;
    const QUOTES: &'static [char] = &['\'', '"'];

    fn compile(text: &str, Namespaces(prefixes): &Namespaces) -> Result<Path, Slip> {
        Path::parse(text, prefixes).map_err(|error| Slip {
            position: error.position,
            message: error.message,
            help: error.help,
        })
    }
}

/// A path with its namespaces, as checks and `keep` write it.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(inline)]
struct Arguments {
    /// What to look at.
    path: Template,
    /// Prefix → namespace, beside `f` and `h`.
    #[serde(default)]
    namespaces: BTreeMap<String, String>,
    /// The texts, as a set.
    #[serde(default)]
    equals: Option<OneOrMany<Template>>,
    /// The texts, in this order.
    #[serde(default)]
    ordered: Option<OneOrMany<Template>>,
    /// How many there are.
    #[serde(default)]
    count: Option<Amount>,
    /// There is one, or none.
    #[serde(default)]
    exists: Option<bool>,
    /// There is none, or one.
    #[serde(default)]
    empty: Option<bool>,
    /// Every text matches this regular expression, somewhere.
    #[serde(default)]
    matches: Option<Expression<Regex>>,
}

/// A path, and what is asked of what it selects.
struct XPathCheck {
    path: Expression<XPath>,
    /// Where there are none, the path itself must select something or be true.
    tests: Vec<Test>,
}

impl fmt::Debug for XPathCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.summary())
    }
}

fn parse(node: &Node) -> Result<Box<dyn Check>, Diagnostic> {
    if node.scalar().is_some() {
        let path = decode(node)?;
        let tests = Vec::new();
        return Ok(Box::new(XPathCheck { path, tests }));
    }
    let arguments: Arguments = decode(node)?;
    let path = Expression::new(arguments.path, Namespaces::with(&arguments.namespaces))?;
    let asked = Asked {
        exists: arguments.exists,
        empty: arguments.empty,
        count: arguments.count,
        equals: arguments.equals,
        ordered: arguments.ordered,
        matches: arguments.matches,
    };
    let tests = asked.tests();
    Ok(Box::new(XPathCheck { path, tests }))
}

/// What stands beside a path in `keep`: a text, or a map with `path` and `namespaces`.
pub(super) fn path(node: &Node) -> Result<Expression<XPath>, Diagnostic> {
    if node.scalar().is_some() {
        return decode(node);
    }
    let arguments: PathArguments = decode(node)?;
    Expression::new(arguments.path, Namespaces::with(&arguments.namespaces))
}

/// The map form of a path in `keep`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(inline)]
pub(super) struct PathArguments {
    /// What to look at.
    path: Template,
    /// Prefix → namespace, beside `f` and `h`.
    #[serde(default)]
    namespaces: BTreeMap<String, String>,
}

/// What a path yields of the body.
pub(super) fn evaluate<'a>(path: &Path, subject: &Subject<'a>) -> Examined<Value<'a>> {
    let document = subject.reading()?.xml();
    let document = document.map_err(|problem| subject.unreadable(problem, "an XML body"))?;
    path.evaluate(document).map_err(|error| {
        let path = words::shown(path.text());
        Finding::undecidable(format!("`{path}`: {}", error.message))
    })
}

impl XPathCheck {
    fn examine(&self, subject: &Subject<'_>) -> Examined {
        let path = self.path.get(subject)?;
        let value = evaluate(&path, subject)?;
        if self.tests.is_empty() {
            return is_true(&path, &value, subject);
        }
        values::examine(
            &self.tests,
            &Found {
                texts: value.texts(),
                place: &|at| place(&value, at, subject),
                among: "the body".into(),
                incomparable: None,
            },
            subject,
        )
    }
}

/// XPath calls a text or a number true, too; an author who asks for one forgot to compare it.
fn is_true(path: &Path, value: &Value<'_>, subject: &Subject<'_>) -> Examined {
    let observed = match value {
        Value::Boolean(truth) => truth.to_string(),
        Value::Nodes(nodes) if nodes.is_empty() => "nothing".into(),
        Value::Nodes(_) => words::listed(&value.texts()),
        Value::Text(_) | Value::Number(_) => {
            let (path, value) = (words::shown(path.text()), words::shown(&value.text()));
            return Err(Finding::broken(format!(
                "`{path}` gives {value}, which is neither true nor false"
            )));
        }
    };
    let place = place(value, 0, subject).unwrap_or_else(|| words::body_place(subject.side));
    let seen = Seen::new(observed, place);
    match value.truth() {
        true => Ok(seen),
        false => Err(Finding::Violates {
            seen,
            expected: words::shown(path.text()).into(),
        }),
    }
}

/// `reply/body#/Patient/id/@value:3:7`
fn place(value: &Value<'_>, at: usize, subject: &Subject<'_>) -> Option<Arc<str>> {
    let Value::Nodes(nodes) = value else {
        return None;
    };
    let Place { path, line, column } = nodes.get(at)?.place();
    let body = words::body_place(subject.side);
    Some(format!("{body}#{path}:{line}:{column}").into())
}

impl Check for XPathCheck {
    fn evaluate(&self, subject: &Subject<'_>) -> Finding {
        settle(self.examine(subject))
    }

    fn summary(&self) -> String {
        values::summary(&self.path.written(), &self.tests)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use crate::check::tests::{Case, case};

    const XML: &str = "200\n\n<Bundle xmlns=\"http://hl7.org/fhir\">\n<entry><id value=\"17\"/></entry>\n<entry><id value=\"18\"/></entry></Bundle>";

    pub(in crate::check) const CASES: &[Case] = &[
        case(
            "xpath: \"/f:Bundle/f:entry\"",
            XML,
            "holds (empty), (empty) @ reply/body#/Bundle/entry[1]:2:1",
        ),
        case(
            "xpath: \"/f:Bundle/f:link\"",
            XML,
            "violates nothing @ reply/body, wanted /f:Bundle/f:link",
        ),
        case(
            "xpath: \"count(//f:entry) = 2\"",
            XML,
            "holds true @ reply/body",
        ),
        case(
            "xpath: \"count(//f:entry) = 3\"",
            XML,
            "violates false @ reply/body, wanted count(//f:entry) = 3",
        ),
        case(
            "xpath: \"count(//f:entry)\"",
            XML,
            "broken `count(//f:entry)` gives 2, which is neither true nor false",
        ),
        case(
            "xpath: { path: \"count(//f:entry)\", equals: 2 }",
            XML,
            "holds 2 @ reply/body",
        ),
        case(
            "xpath: { path: \"//f:id/@value\", equals: ['18', \"{{kept.id}}\"] }",
            XML,
            "holds 17, 18 @ reply/body#/Bundle/entry[1]/id/@value:2:12",
        ),
        case(
            "xpath: { path: \"//f:id/@value\", equals: '17' }",
            XML,
            "violates 17, 18 @ reply/body#/Bundle/entry[1]/id/@value:2:12, wanted 17",
        ),
        case(
            "xpath: { path: \"//f:id/@value\", ordered: ['18', '17'] }",
            XML,
            "violates 17, 18 @ reply/body#/Bundle/entry[1]/id/@value:2:12, wanted in this order: 18, 17",
        ),
        case(
            "xpath: { path: \"//f:id/@value\", matches: '^17$' }",
            XML,
            "violates 18 @ reply/body#/Bundle/entry[2]/id/@value:3:12, wanted matches ^17$",
        ),
        case(
            "xpath: { path: \"//f:id[@value='{{kept.id}}']\", count: 1 }",
            XML,
            "holds 1 @ reply/body#/Bundle/entry[1]/id:2:8",
        ),
        case(
            "xpath: \"//f:id[@value='{{kept.quote}}']\"",
            XML,
            "broken `a'b` cannot stand in this expression: put the hole between quotes, or use another value",
        ),
        case(
            "xpath: { path: \"//f:id[@value=\\\"{{kept.quote}}\\\"]\", empty: true }",
            XML,
            "holds nothing, in the body @ reply/body",
        ),
        case(
            "xpath: { path: \"/x:a\", namespaces: { x: urn:x } }",
            "200\n\n<a xmlns='urn:x'>b</a>",
            "holds b @ reply/body#/a:1:1",
        ),
        case(
            "xpath: //f:a",
            "200\n\n{}",
            "violates line 1, column 1: not well-formed XML: unknown token @ reply/body:1:1, wanted an XML body",
        ),
        case(
            "xpath: //f:a",
            "200",
            "violates the body is empty @ reply/body, wanted an XML body",
        ),
        case(
            "xpath: //f:a",
            "200\n\n<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>",
            "violates line 1, column 1: a document type declaration is refused, since entities are unsafe @ reply/body:1:1, wanted an XML body",
        ),
        case(
            "xpath: //f:a",
            "!timeout late",
            "undecidable no reply came: timeout: late",
        ),
        case(
            "xpath: //g:a",
            XML,
            "expression-syntax `g`: `//g:a` is no XPath",
        ),
        case(
            "xpath: \"//f:a[\"",
            XML,
            "expression-syntax ``: `//f:a[` is no XPath",
        ),
        case(
            "xpath: { path: //f:a, namespace: {} }",
            XML,
            "unknown-field `namespace`: `namespace` means nothing here",
        ),
    ];
}
