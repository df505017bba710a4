//! `body`: the body as text, whatever it means.

use schemars::JsonSchema;
use serde::Deserialize;

use super::arguments::OneOrMany;
use super::expression::{Expression, Regex};
use super::reading::{parse_fhir_json, parse_fhir_xml};
use super::{Check, EITHER, Examined, Kind, Reading, Subject, Unreadable, Weight, settle, words};
use crate::diag::Diagnostic;
use crate::fhir::Resource;
use crate::model::{Finding, Seen};
use crate::template::Template;
use crate::yaml::{Node, decode};

pub(super) const KIND: Kind = Kind {
    name: "body",
    summary: "the body as text, whatever it means",
    explanation: "`empty` wants no byte at all. `contains`, `lacks`, `matches`, `lacks-match` and `equals` look at the body as UTF-8 text, as it was on the wire. \
`valid: json` and `valid: xml` want well-formedness whatever the media type says; `fhir-json` and `fhir-xml` want FHIR's rules of form besides: \
no empty arrays, objects or texts, no stray nulls, nothing that the format does not know.",
    examples: &[
        "body: empty",
        "body: { contains: '\"resourceType\"' }",
        "body: { lacks: [password, '{{values.user}}'] }",
        "body: { matches: '(?i)not found' }",
        "body: { lacks-match: 'at [\\w.]+\\(\\w+\\.java:\\d+\\)' }",
        "body: { equals: '{{create.body}}' }",
        "body: { valid: fhir-json }",
    ],
    weight: Weight::Judges,
    sides: EITHER,
    schema: |generator| {
        let map = generator.subschema_for::<Arguments>();
        schemars::json_schema!({ "anyOf": [{ "const": "empty" }, map] })
    },
    parse,
};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(inline)]
struct Arguments {
    /// It contains this text, or all of these.
    #[serde(default)]
    contains: Option<OneOrMany<Template>>,
    /// It contains none of these texts.
    #[serde(default)]
    lacks: Option<OneOrMany<Template>>,
    /// It matches this regular expression, somewhere.
    #[serde(default)]
    matches: Option<Expression<Regex>>,
    /// It matches none of these regular expressions, anywhere.
    #[serde(default)]
    lacks_match: Option<OneOrMany<Expression<Regex>>>,
    /// It is exactly this text.
    #[serde(default)]
    equals: Option<Template>,
    /// It is well-formed.
    #[serde(default)]
    valid: Option<Valid>,
}

/// What a body may be valid as.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Valid {
    Json,
    Xml,
    FhirJson,
    FhirXml,
}

/// The short form.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Word {
    Empty,
}

/// One thing that is asked of a body.
#[derive(Debug)]
enum Test {
    Empty,
    Valid(Valid),
    Equals(Template),
    Contains(OneOrMany<Template>),
    Lacks(OneOrMany<Template>),
    Matches(Expression<Regex>),
    LacksMatch(OneOrMany<Expression<Regex>>),
}

/// All that is asked; never empty.
#[derive(Debug)]
struct Body(Vec<Test>);

fn parse(node: &Node) -> Result<Box<dyn Check>, Diagnostic> {
    if node.scalar().is_some() {
        let Word::Empty = decode(node)?;
        return Ok(Box::new(Body(vec![Test::Empty])));
    }
    let arguments: Arguments = decode(node)?;
    let tests = [
        arguments.valid.map(Test::Valid),
        arguments.equals.map(Test::Equals),
        arguments.contains.map(Test::Contains),
        arguments.lacks.map(Test::Lacks),
        arguments.matches.map(Test::Matches),
        arguments.lacks_match.map(Test::LacksMatch),
    ];
    let tests: Vec<Test> = tests.into_iter().flatten().collect();
    if tests.is_empty() {
        let message = "`body` asks for nothing: give it `contains`, `lacks`, `matches`, `lacks-match`, `equals` or `valid`";
        return Err(Diagnostic::error("empty", message).at(&node.place));
    }
    Ok(Box::new(Body(tests)))
}

impl Body {
    fn examine(&self, subject: &Subject<'_>) -> Examined {
        let reading = subject.reading()?;
        let mut first = None;
        for test in &self.0 {
            let seen = test.examine(reading, subject)?;
            first.get_or_insert(seen);
        }
        // invariant: there is at least one test.
        first.ok_or_else(|| Finding::broken("the check asks for nothing"))
    }
}

impl Test {
    fn examine(&self, reading: &Reading, subject: &Subject<'_>) -> Examined {
        match self {
            Self::Empty => empty(reading, subject),
            Self::Valid(valid) => valid.examine(reading, subject),
            Self::Equals(text) => equals(&subject.fill(text)?, reading, subject),
            Self::Contains(texts) => contains(&texts.fill(subject)?, reading, subject),
            Self::Lacks(texts) => lacks(&texts.fill(subject)?, reading, subject),
            Self::Matches(pattern) => matches(pattern, reading, subject),
            Self::LacksMatch(patterns) => lacks_match(&patterns.0, reading, subject),
        }
    }

    fn summary(&self) -> String {
        match self {
            Self::Empty => "empty".into(),
            Self::Valid(valid) => valid.as_str().into(),
            Self::Equals(text) => format!("= {}", words::written(text)),
            Self::Contains(texts) => {
                format!("contains {}", texts.listed())
            }
            Self::Lacks(texts) => format!("lacks {}", texts.written()),
            Self::Matches(pattern) => format!("matches {}", pattern.written()),
            Self::LacksMatch(patterns) => {
                let written: Vec<String> = patterns.0.iter().map(Expression::written).collect();
                format!("does not match {}", words::alternatives(&written))
            }
        }
    }
}

impl Valid {
    fn as_str(self) -> &'static str {
        match self {
            Self::Json => "valid JSON",
            Self::Xml => "valid XML",
            Self::FhirJson => "valid FHIR JSON",
            Self::FhirXml => "valid FHIR XML",
        }
    }

    fn examine(self, reading: &Reading, subject: &Subject<'_>) -> Examined {
        let body = reading.body.bytes();
        let problem = match self {
            Self::Json => reading.json().err().cloned(),
            Self::Xml => reading.xml().err().cloned(),
            Self::FhirJson => form(parse_fhir_json(body)),
            Self::FhirXml => form(parse_fhir_xml(body)),
        };
        match problem {
            None => Ok(Seen::new(self.as_str(), words::body_place(subject.side))),
            Some(problem) => Err(subject.unreadable(&problem, self.as_str())),
        }
    }
}

/// The first fault of form; a body without a resource type is no resource.
fn form(parsed: Result<Resource, Unreadable>) -> Option<Unreadable> {
    let resource = match parsed {
        Ok(resource) => resource,
        Err(problem) => return Some(problem),
    };
    if let Some(issue) = resource.form_issues().first() {
        return Some(Unreadable {
            message: format!("{}: {}", issue.path, issue.message),
            line: issue.line,
            column: issue.column,
        });
    }
    let untyped = resource.type_name().is_none_or(str::is_empty);
    untyped.then(|| Unreadable {
        message: "it names no resource type".into(),
        line: 1,
        column: 1,
    })
}

fn empty(reading: &Reading, subject: &Subject<'_>) -> Examined {
    let place = words::body_place(subject.side);
    if reading.body.is_empty() {
        return Ok(Seen::new("no body", place));
    }
    let count = words::counted(reading.body.bytes().len(), "byte", "bytes");
    let observed = format!("{count}: {}", start(reading));
    Err(Finding::violates(words::shown(&observed), place, "no body"))
}

/// The start of a body, for people.
fn start(reading: &Reading) -> String {
    match reading.body.is_empty() {
        true => "no body".into(),
        false => words::shown(&String::from_utf8_lossy(first_bytes(reading))),
    }
}

/// More is never shown: a body of megabytes is not converted for its first line.
fn first_bytes(reading: &Reading) -> &[u8] {
    let bytes = reading.body.bytes();
    &bytes[..bytes.len().min(1024)]
}

/// A difference is shown from its first character on, with its line and column: bodies are long.
fn equals(wanted: &str, reading: &Reading, subject: &Subject<'_>) -> Examined {
    let found = reading.text();
    let place = words::body_place(subject.side);
    if found == wanted {
        return Ok(Seen::new(start(reading), place));
    }
    let same = found
        .bytes()
        .zip(wanted.bytes())
        .take_while(|(a, b)| a == b)
        .count();
    let same = found.floor_char_boundary(same);
    let (line, column) = words::line_column(&found, same);
    let observed = match found[same..].is_empty() {
        true => "the body ends here".to_owned(),
        false => excerpt(&found, same),
    };
    let expected = match wanted.get(same..).unwrap_or_default() {
        "" => "nothing more".to_owned(),
        rest => words::shown(rest),
    };
    Err(Finding::violates(
        observed,
        words::body_position(subject.side, line, column),
        expected,
    ))
}

/// What stands from a byte on.
fn excerpt(text: &str, start: usize) -> String {
    let end = text.floor_char_boundary(text.len().min(start + 1024));
    words::shown(&text[start..end])
}

/// All texts must be there; the place is that of the first.
fn contains(wanted: &[impl AsRef<str>], reading: &Reading, subject: &Subject<'_>) -> Examined {
    let text = reading.text();
    let missing = wanted.iter().find(|wanted| !text.contains(wanted.as_ref()));
    if let Some(missing) = missing {
        let expected = format!("contains {}", words::shown(missing.as_ref()));
        return Err(Finding::violates(
            start(reading),
            words::body_place(subject.side),
            expected,
        ));
    }
    let first = wanted.first().map_or("", AsRef::as_ref);
    let at = text.find(first).unwrap_or_default();
    Ok(Seen::new(words::shown(first), position(&text, at, subject)))
}

/// None of the texts may be there; the place is that of the one that is.
fn lacks(unwanted: &[impl AsRef<str>], reading: &Reading, subject: &Subject<'_>) -> Examined {
    let text = reading.text();
    for unwanted in unwanted.iter().map(AsRef::as_ref) {
        if let Some(at) = text.find(unwanted) {
            let expected = format!("lacks {}", words::shown(unwanted));
            return Err(Finding::violates(
                excerpt(&text, at),
                position(&text, at, subject),
                expected,
            ));
        }
    }
    Ok(Seen::new(start(reading), words::body_place(subject.side)))
}

fn matches(pattern: &Expression<Regex>, reading: &Reading, subject: &Subject<'_>) -> Examined {
    let text = reading.text();
    if let Some(found) = pattern.get(subject)?.find(&text) {
        return Ok(Seen::new(
            words::shown(found.as_str()),
            position(&text, found.start(), subject),
        ));
    }
    let expected = format!("matches {}", words::shown(&pattern.fill(subject)?));
    Err(Finding::violates(
        start(reading),
        words::body_place(subject.side),
        expected,
    ))
}

/// None of the patterns may be found; the place is that of the one that is.
fn lacks_match(
    unwanted: &[Expression<Regex>],
    reading: &Reading,
    subject: &Subject<'_>,
) -> Examined {
    let text = reading.text();
    for pattern in unwanted {
        if let Some(found) = pattern.get(subject)?.find(&text) {
            let expected = format!("does not match {}", words::shown(&pattern.fill(subject)?));
            return Err(Finding::violates(
                excerpt(&text, found.start()),
                position(&text, found.start(), subject),
                expected,
            ));
        }
    }
    Ok(Seen::new(start(reading), words::body_place(subject.side)))
}

/// `reply/body:3:17`
fn position(text: &str, at: usize, subject: &Subject<'_>) -> std::sync::Arc<str> {
    let (line, column) = words::line_column(text, at);
    words::body_position(subject.side, line, column)
}

impl Check for Body {
    fn evaluate(&self, subject: &Subject<'_>) -> Finding {
        settle(self.examine(subject))
    }

    fn summary(&self) -> String {
        self.0
            .iter()
            .map(Test::summary)
            .collect::<Vec<_>>()
            .join(", ")
    }
}

#[cfg(test)]
pub(super) mod tests {
    use crate::check::tests::{Case, case};

    pub(in crate::check) const CASES: &[Case] = &[
        case(
            "body: { valid: xml }",
            "200\n\n<a/>",
            "holds valid XML @ reply/body",
        ),
        case(
            "body: { valid: xml }",
            "200\n\n<a>\n<b></a>",
            "violates line 2, column 4: not well-formed XML: expected 'b' tag, not 'a' @ reply/body:2:4, wanted valid XML",
        ),
        case("body: empty", "204", "holds no body @ reply/body"),
        case(
            "body: empty",
            "200\n\nhi\u{7}",
            "violates 3 bytes: hi\\u{7} @ reply/body, wanted no body",
        ),
        case(
            "body: { contains: b }",
            "200\n\nä\nab",
            "holds b @ reply/body:2:2",
        ),
        case(
            "body: { contains: [a, x] }",
            "200\n\nab",
            "violates ab @ reply/body, wanted contains x",
        ),
        case(
            "body: { contains: x }",
            "200",
            "violates no body @ reply/body, wanted contains x",
        ),
        case("body: { lacks: x }", "200\n\nab", "holds ab @ reply/body"),
        case(
            "body: { lacks: [x, '{{kept.id}}'] }",
            "200\n\nid\n=17;",
            "violates 17; @ reply/body:2:2, wanted lacks 17",
        ),
        case(
            "body: { matches: 'a+' }",
            "200\n\nbaab",
            "holds aa @ reply/body:1:2",
        ),
        case(
            "body: { matches: '^a' }",
            "200\n\nba",
            "violates ba @ reply/body, wanted matches ^a",
        ),
        case(
            "body: { lacks-match: ['x+', '\\d{3}'] }",
            "200\n\nab\n12",
            "holds ab\\n12 @ reply/body",
        ),
        case(
            "body: { lacks-match: ['x+', '\\d+'] }",
            "200\n\nab\nc12",
            "violates 12 @ reply/body:2:2, wanted does not match \\d+",
        ),
        case(
            "body: { lacks-match: 'at {{kept.id}}' }",
            "200\n\nat 17",
            "violates at 17 @ reply/body:1:1, wanted does not match at 17",
        ),
        case(
            "body: { lacks-match: '(' }",
            "200",
            "expression-syntax `(`: `(` is no regular expression",
        ),
        case(
            "body: { equals: '{{kept.id}}' }",
            "200\n\n17",
            "holds 17 @ reply/body",
        ),
        case(
            "body: { equals: abcd }",
            "200\n\nabxd",
            "violates xd @ reply/body:1:3, wanted cd",
        ),
        case(
            "body: { equals: abcd }",
            "200\n\nab",
            "violates the body ends here @ reply/body:1:3, wanted cd",
        ),
        case(
            "body: { equals: ab }",
            "200\n\nabcd",
            "violates cd @ reply/body:1:3, wanted nothing more",
        ),
        case(
            "body: { valid: json }",
            "200\n\n{\"a\": [1]}",
            "holds valid JSON @ reply/body",
        ),
        case(
            "body: { valid: json }",
            "200\n\n{\"é\":\n {\"é\" 1}}",
            "violates line 2, column 7: no JSON: expected `:` @ reply/body:2:7, wanted valid JSON",
        ),
        case(
            "body: { valid: json }",
            "200",
            "violates the body is empty @ reply/body, wanted valid JSON",
        ),
        case(
            "body: { valid: fhir-json }",
            "200\n\n{\"resourceType\": \"Patient\", \"id\": \"1\"}",
            "holds valid FHIR JSON @ reply/body",
        ),
        case(
            "body: { valid: fhir-json }",
            "200\n\n{\"resourceType\": \"Patient\", \"name\": []}",
            "violates line 1, column 29: Patient.name: an array must not be empty: leave the property out @ reply/body:1:29, wanted valid FHIR JSON",
        ),
        case(
            "body: { valid: fhir-json }",
            "200\n\n{\"resourceType\": \"Patient\", \"id\": null}",
            "violates line 1, column 29: Patient.id: null is only allowed in an array of primitives, to align it with its extensions @ reply/body:1:29, wanted valid FHIR JSON",
        ),
        case(
            "body: { valid: fhir-json }",
            "200\n\n{}",
            "violates line 1, column 1: it names no resource type @ reply/body:1:1, wanted valid FHIR JSON",
        ),
        case(
            "body: { valid: fhir-xml }",
            "200\n\n<Patient xmlns=\"http://hl7.org/fhir\"><id value=\"1\"/></Patient>",
            "holds valid FHIR XML @ reply/body",
        ),
        case(
            "body: { valid: fhir-xml }",
            "200\n\n{\"resourceType\": \"Patient\"}",
            "violates line 1, column 1: not well-formed XML: text stands outside of the outermost element @ reply/body:1:1, wanted valid FHIR XML",
        ),
        case(
            "request body: { contains: a }",
            "POST /\n\na\n---\n200",
            "holds a @ request/body:1:1",
        ),
        case(
            "body: empty",
            "!timeout late",
            "undecidable no reply came: timeout: late",
        ),
        case(
            "body: full",
            "200",
            "bad-value `full`: `full` is not one of the values here",
        ),
        case(
            "body: {}",
            "200",
            "empty `{}`: `body` asks for nothing: give it `contains`, `lacks`, `matches`, `lacks-match`, `equals` or `valid`",
        ),
        case(
            "body: { contains: [] }",
            "200",
            "empty `[]`: this list is empty: it asks for nothing",
        ),
    ];
}
