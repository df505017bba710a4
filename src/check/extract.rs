//! `keep`: a value of an exchange for later steps.

use std::borrow::Cow;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};

use super::arguments::Yes;
use super::expression::{Expression, JsonPaths, Regex};
use super::json_value::scalar;
use super::question::FhirPath;
use super::xpath::{self, XPath};
use super::{Examined, Subject};
use crate::diag::Diagnostic;
use crate::model::Finding;
use crate::template::Template;
use crate::yaml::{Node, decode};

/// One entry of `keep`: where a value is found, and what narrows it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Extract {
    source: Arc<Source>,
    narrowed: Option<Arc<Expression<Regex>>>,
    many: Many,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Extracted {
    /// The value; several where all are wanted.
    Found(Vec<String>),
    /// There is none: nothing is kept.
    Absent,
    /// The question cannot be put: the scenario, or plugfest, is at fault.
    Broken(Arc<str>),
}

impl Extracted {
    /// What is kept: several values are joined by commas.
    pub fn value(&self) -> Option<String> {
        match self {
            Self::Found(values) => Some(values.join(",")),
            Self::Absent | Self::Broken(_) => None,
        }
    }
}

/// Where values are found.
#[derive(Debug)]
enum Source {
    Header(Template),
    Json(Expression<JsonPaths>),
    FhirPath(Expression<FhirPath>),
    XPath(Expression<XPath>),
    Body,
    Status,
    Url,
}

/// Whether one value is kept or all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Many {
    First,
    All,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(inline)]
struct Arguments {
    /// The value of a header.
    #[serde(default)]
    header: Option<Template>,
    /// What a JSONPath selects.
    #[serde(default)]
    json: Option<Expression<JsonPaths>>,
    /// The values of a FHIRPath.
    #[serde(default)]
    fhirpath: Option<Expression<FhirPath>>,
    /// What an XPath selects: a text, or a map with `path` and `namespaces`.
    #[serde(default)]
    xpath: Option<Node>,
    /// The whole body.
    #[serde(default)]
    body: Option<Text>,
    /// The status code.
    #[serde(default)]
    status: Option<Yes>,
    /// The URL of the request.
    #[serde(default)]
    url: Option<Yes>,
    /// Keeps the first group of this regular expression, else its whole match.
    #[serde(default)]
    r#match: Option<Expression<Regex>>,
    /// Keeps all values, joined by commas.
    #[serde(default)]
    all: Option<Yes>,
}

/// The one word that `body` takes.
#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Text {
    Text,
}

impl Extract {
    /// Reads one entry of `keep`.
    ///
    /// # Errors
    /// Those of [`decode`], `expression-syntax`, and `bad-value` where it does not name exactly one place to look at.
    pub fn parse(node: &Node) -> Result<Self, Diagnostic> {
        let arguments: Arguments = decode(node)?;
        let xpath = arguments.xpath.as_ref().map(xpath::path).transpose()?;
        let sources = [
            arguments.header.map(Source::Header),
            arguments.json.map(Source::Json),
            arguments.fhirpath.map(Source::FhirPath),
            xpath.map(Source::XPath),
            arguments.body.map(|Text::Text| Source::Body),
            arguments.status.map(|Yes| Source::Status),
            arguments.url.map(|Yes| Source::Url),
        ];
        let mut sources = sources.into_iter().flatten();
        let (Some(source), None) = (sources.next(), sources.next()) else {
            let message = "wanted exactly one of `header`, `json`, `fhirpath`, `xpath`, `body`, `status`, `url`";
            return Err(Diagnostic::error("bad-value", message).at(&node.place));
        };
        let narrowed = arguments.r#match.map(Arc::new);
        Ok(Self {
            source: Arc::new(source),
            narrowed,
            many: arguments.all.map_or(Many::First, |Yes| Many::All),
        })
    }

    /// Looks for the value.
    pub fn extract(&self, subject: &Subject<'_>) -> Extracted {
        match self.values(subject) {
            Ok(values) if values.is_empty() => Extracted::Absent,
            Ok(mut values) => {
                if self.many == Many::First {
                    values.truncate(1);
                }
                Extracted::Found(values)
            }
            Err(Finding::Broken(reason)) => Extracted::Broken(reason),
            // A body that cannot be read yields nothing; that it cannot is for checks to say.
            Err(Finding::Violates { .. } | Finding::Undecidable(_) | Finding::Holds(_)) => {
                Extracted::Absent
            }
        }
    }

    /// All values, narrowed; those that do not match are left out.
    fn values(&self, subject: &Subject<'_>) -> Examined<Vec<String>> {
        let values = self.source.values(subject)?;
        let Some(pattern) = &self.narrowed else {
            return Ok(values);
        };
        let pattern = pattern.get(subject)?;
        let narrowed = values.iter().filter_map(|value| {
            let found = pattern.captures(value)?;
            let part = found.get(1).or_else(|| found.get(0))?;
            Some(part.as_str().to_owned())
        });
        Ok(narrowed.collect())
    }
}

impl Source {
    fn values(&self, subject: &Subject<'_>) -> Examined<Vec<String>> {
        match self {
            Self::Header(name) => {
                let name = subject.fill(name)?;
                let values = subject.headers()?.all(&name);
                Ok(values
                    .map(|(_, value)| value.trim_matches([' ', '\t']).to_owned())
                    .collect())
            }
            Self::Json(path) => json(path, subject),
            Self::FhirPath(path) => {
                let resource = subject.resource("a FHIR resource")?;
                let path = path.get(subject)?;
                path.found(resource, subject, |found| found.comparable().cloned())
            }
            Self::XPath(path) => {
                let path = path.get(subject)?;
                Ok(xpath::evaluate(&path, subject)?.texts())
            }
            Self::Body => {
                let text = subject.reading()?.text();
                Ok(if text.is_empty() {
                    Vec::new()
                } else {
                    vec![text.into_owned()]
                })
            }
            Self::Status => Ok(vec![subject.reply()?.status.to_string()]),
            Self::Url => Ok(vec![subject.exchange().request.url.clone()]),
        }
    }
}

/// Texts without quotes; lists and maps as JSON.
fn json(path: &Expression<JsonPaths>, subject: &Subject<'_>) -> Examined<Vec<String>> {
    let path = path.get(subject)?;
    let json = subject.reading()?.json();
    let json = json.map_err(|problem| subject.unreadable(problem, "a JSON body"))?;
    let found = path
        .query(json)
        .all()
        .into_iter()
        .filter(|value| !value.is_null());
    Ok(found
        .map(|value| scalar(value).unwrap_or_else(|| value.to_string()))
        .collect())
}

impl JsonSchema for Extract {
    fn schema_name() -> Cow<'static, str> {
        "Keep".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Arguments::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::tests::{Fixture, node};
    use crate::model::Side;

    const REPLY: &str = "POST http://localhost/Patient\n---\n201\nLocation: /Patient/17/_history/1\nX: a\nX: b\n\n{\"id\": \"17\", \"n\": [1, 2], \"o\": {\"a\": null}}";

    fn kept(text: &str, exchange: &str) -> String {
        let fixture = Fixture::new(exchange, &[]);
        match Extract::parse(&node(text)) {
            Ok(extract) => format!("{:?}", extract.extract(&fixture.subject(Side::Reply))),
            Err(diagnostic) => diagnostic.message,
        }
    }

    #[test]
    fn values_are_kept() {
        let cases = [
            (
                "{ header: location }",
                r#"Found(["/Patient/17/_history/1"])"#,
            ),
            (
                "{ header: Location, match: '([^/]+)(/_history/[^/]+)?$' }",
                r#"Found(["17"])"#,
            ),
            (
                "{ header: Location, match: '_history' }",
                r#"Found(["_history"])"#,
            ),
            ("{ header: Location, match: '^http' }", "Absent"),
            ("{ header: X }", r#"Found(["a"])"#),
            ("{ header: X, all: true }", r#"Found(["a", "b"])"#),
            ("{ header: ETag }", "Absent"),
            ("{ json: $.id }", r#"Found(["17"])"#),
            ("{ json: '$.n[*]', all: true }", r#"Found(["1", "2"])"#),
            ("{ json: $.n }", r#"Found(["[1,2]"])"#),
            ("{ json: $.o.a }", "Absent"),
            (
                "{ body: text, match: '\"n\": ([^}]*),' }",
                r#"Found(["[1, 2]"])"#,
            ),
            ("{ status: true }", r#"Found(["201"])"#),
            ("{ url: true, match: '[^/]+$' }", r#"Found(["Patient"])"#),
            ("{ header: '{{nobody}}' }", "Absent"),
            (
                "{ header: X, match: '{{case.word}}(' }",
                "Broken(\"`many(` is no regular expression: unclosed group\")",
            ),
            (
                "{ header: X, json: $.a }",
                "wanted exactly one of `header`, `json`, `fhirpath`, `xpath`, `body`, `status`, `url`",
            ),
            (
                "{}",
                "wanted exactly one of `header`, `json`, `fhirpath`, `xpath`, `body`, `status`, `url`",
            ),
            ("{ header: X, match: '(' }", "`(` is no regular expression"),
            ("{ head: X }", "`head` means nothing here"),
        ];
        for (text, expected) in cases {
            assert_eq!(kept(text, REPLY), expected, "{text}");
        }
        for reply in ["!timeout late", "!malformed x", "200\n\nno json"] {
            assert_eq!(kept("{ json: $.id }", reply), "Absent", "{reply}");
        }
        assert_eq!(kept("{ body: text }", "204"), "Absent");
    }

    #[test]
    fn values_of_resources_are_kept() {
        let json = "200\n\n{\"resourceType\": \"Patient\", \"id\": \"17\", \"name\": [{\"given\": [\"A\", \"B\"]}]}";
        let xml = "200\n\n<Patient xmlns='http://hl7.org/fhir'><id value='17'/></Patient>";
        let cases = [
            ("{ fhirpath: id }", json, r#"Found(["17"])"#),
            ("{ fhirpath: id }", xml, r#"Found(["17"])"#),
            (
                "{ fhirpath: Patient.name.given, all: true }",
                json,
                r#"Found(["A", "B"])"#,
            ),
            ("{ fhirpath: birthDate }", json, "Absent"),
            (
                "{ fhirpath: name }",
                json,
                "Broken(\"`name` gives the complex element Patient.name[0]: compare its parts\")",
            ),
            ("{ fhirpath: id }", "200\n\nx", "Absent"),
            ("{ xpath: //f:id/@value }", xml, r#"Found(["17"])"#),
            (
                "{ xpath: { path: //x:id/@value, namespaces: { x: 'http://hl7.org/fhir' } } }",
                xml,
                r#"Found(["17"])"#,
            ),
            ("{ xpath: //f:name }", xml, "Absent"),
            ("{ xpath: //f:id }", json, "Absent"),
            (
                "{ xpath: { pat: //f:id } }",
                xml,
                "`pat` means nothing here",
            ),
            ("{ fhirpath: 'a b' }", json, "`a b` is no FHIRPath"),
        ];
        for (text, reply, expected) in cases {
            assert_eq!(kept(text, reply), expected, "{text}");
        }
    }
}
