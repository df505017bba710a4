//! `header`: one header field, by its name.

use schemars::JsonSchema;
use serde::Deserialize;

use super::arguments::{OneOrMany, Yes};
use super::expression::{Expression, Regex};
use super::media_type::MediaType;
use super::{Check, EITHER, Examined, Kind, Subject, Weight, http_date, settle, words};
use crate::diag::Diagnostic;
use crate::model::{Finding, Seen};
use crate::template::Template;
use crate::yaml::{Node, decode};

pub(super) const KIND: Kind = Kind {
    name: "header",
    summary: "one header field, by its name",
    explanation: "Names compare case-insensitively, values as they are. Where a field is repeated, one value that is right is enough; with `date` \
and `same-second` every one must be. `media-type` compares type and subtype case-insensitively; parameters count only where the check gives them \
(`application/fhir+json; charset=utf-8`). `date` wants the one form that RFC 9110 lets senders send; obsolete forms violate. \
`same-second` wants such a date that names the same second as another one, or as an instant of FHIR, whatever its time zone and \
fraction; where that names no second, the check is inconclusive. \
Nothing beside `name` asks that the field is there.",
    examples: &[
        "header: ETag",
        "header: { name: ETag, matches: '^W/\"' }",
        "header: { name: Content-Type, media-type: application/fhir+json }",
        "header: { name: Last-Modified, date: true }",
        "header: { name: Last-Modified, same-second: '{{read.last-updated}}' }",
        "header: { name: ETag, equals: '{{create.etag}}' }",
        "header: { name: Location, contains: /_history/ }",
        "header: { name: Cache-Control, one-of: [no-store, no-cache] }",
        "header: { name: X-Powered-By, absent: true }",
    ],
    weight: Weight::Judges,
    sides: EITHER,
    schema: |generator| {
        let map = generator.subschema_for::<Arguments>();
        schemars::json_schema!({ "anyOf": [{ "type": "string" }, map] })
    },
    parse,
};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(inline)]
struct Arguments {
    /// The field's name.
    name: Template,
    /// A value is exactly this.
    #[serde(default)]
    equals: Option<Template>,
    /// A value matches this regular expression, somewhere.
    #[serde(default)]
    matches: Option<Expression<Regex>>,
    /// A value contains this text.
    #[serde(default)]
    contains: Option<Template>,
    /// A value is one of these.
    #[serde(default)]
    one_of: Option<OneOrMany<Template>>,
    /// A value is this media type.
    #[serde(default)]
    media_type: Option<Template>,
    /// Every value is a date of HTTP.
    #[serde(default)]
    date: Option<Yes>,
    /// Every value is a date of HTTP that names the same second as this date or instant.
    #[serde(default)]
    same_second: Option<Template>,
    /// The field is there.
    #[serde(default)]
    present: Option<Yes>,
    /// The field is not there.
    #[serde(default)]
    absent: Option<Yes>,
}

/// A field, and what is asked of it; at least one thing.
#[derive(Debug)]
struct Header {
    name: Template,
    tests: Vec<Test>,
}

/// What is asked of a field's values.
#[derive(Debug)]
enum Test {
    Equals(Template),
    Matches(Expression<Regex>),
    Contains(Template),
    OneOf(OneOrMany<Template>),
    MediaType(Template),
    Date,
    SameSecond(Template),
    Present,
    Absent,
}

fn parse(node: &Node) -> Result<Box<dyn Check>, Diagnostic> {
    if node.scalar().is_some() {
        let name = Template::of(node)?;
        return Ok(Box::new(Header {
            name,
            tests: vec![Test::Present],
        }));
    }
    let arguments: Arguments = decode(node)?;
    let name = arguments.name.clone();
    let mut tests = arguments.tests();
    if tests.is_empty() {
        tests.push(Test::Present);
    }
    if tests.len() > 1 && tests.iter().any(|test| matches!(test, Test::Absent)) {
        let message = "`absent` contradicts what stands beside it";
        return Err(Diagnostic::error("bad-value", message).at(&node.place));
    }
    Ok(Box::new(Header { name, tests }))
}

impl Arguments {
    /// In the order in which they are told: presence first, then values.
    fn tests(self) -> Vec<Test> {
        let tests = [
            self.absent.map(|Yes| Test::Absent),
            self.present.map(|Yes| Test::Present),
            self.equals.map(Test::Equals),
            self.one_of.map(Test::OneOf),
            self.contains.map(Test::Contains),
            self.matches.map(Test::Matches),
            self.media_type.map(Test::MediaType),
            self.date.map(|Yes| Test::Date),
            self.same_second.map(Test::SameSecond),
        ];
        tests.into_iter().flatten().collect()
    }
}

/// The values of one field, each with its position among all headers.
type Values<'a> = [(usize, &'a str)];

impl Header {
    fn examine(&self, subject: &Subject<'_>) -> Examined {
        let name = subject.fill(&self.name)?;
        let headers = subject.headers()?;
        let values: Vec<(usize, &str)> = headers
            .all(&name)
            .map(|(position, value)| (position, value.trim_matches([' ', '\t'])))
            .collect();
        let mut first = None;
        for test in &self.tests {
            let seen = test.examine(&name, &values, subject)?;
            first.get_or_insert(seen);
        }
        // invariant: there is at least one test.
        first.ok_or_else(|| Finding::broken("the check asks for nothing"))
    }
}

impl Test {
    fn examine(&self, name: &str, values: &Values<'_>, subject: &Subject<'_>) -> Examined {
        let side = subject.side;
        match (self, values) {
            (Self::Absent, []) => Ok(Seen::new(
                format!("no header {name}"),
                words::headers_place(side),
            )),
            (Self::Absent, [first, ..]) => Err(Finding::Violates {
                seen: seen(*first, subject),
                expected: format!("no header {name}").into(),
            }),
            (_, []) => Err(Finding::violates(
                format!("no header {name}"),
                words::headers_place(side),
                self.expected(subject)?,
            )),
            (Self::Date, values) => every_date(values, subject, None),
            (Self::SameSecond(instant), values) => {
                every_date(values, subject, Some(second_of(instant, subject)?))
            }
            (_, values) => self.any(values, subject),
        }
    }

    /// One value that is right is enough.
    fn any(&self, values: &Values<'_>, subject: &Subject<'_>) -> Examined {
        let mut wrong = None;
        for value in values {
            match self.objection(value.1, subject)? {
                None => return Ok(seen(*value, subject)),
                Some(objection) => {
                    wrong.get_or_insert((*value, objection));
                }
            }
        }
        let Some(((position, value), objection)) = wrong else {
            return Err(Finding::broken("the field has no value"));
        };
        let others = match values.len() {
            1 => String::new(),
            count => format!(" (and {} more)", count - 1),
        };
        let observed = format!("{}{objection}{others}", shown(value));
        let place = words::header_place(subject.side, position);
        Err(Finding::violates(observed, place, self.expected(subject)?))
    }

    /// What is wrong with one value, beyond the value itself; `None` where it is right.
    fn objection(&self, value: &str, subject: &Subject<'_>) -> Examined<Option<String>> {
        let right = match self {
            Self::Present | Self::Absent | Self::Date | Self::SameSecond(_) => true,
            Self::Equals(text) => subject.fill(text)? == value,
            Self::Contains(text) => value.contains(&*subject.fill(text)?),
            Self::OneOf(texts) => texts.fill(subject)?.iter().any(|text| text == value),
            Self::Matches(pattern) => pattern.get(subject)?.is_match(value),
            Self::MediaType(text) => return media_type(&subject.fill(text)?, value),
        };
        Ok((!right).then(String::new))
    }

    /// What would have been right, holes filled.
    fn expected(&self, subject: &Subject<'_>) -> Examined<String> {
        Ok(match self {
            Self::Absent => "absent".into(),
            Self::Present => "present".into(),
            Self::Equals(text) | Self::MediaType(text) => words::shown(&subject.fill(text)?),
            Self::Contains(text) => format!("contains {}", words::shown(&subject.fill(text)?)),
            Self::OneOf(texts) => words::shown(&words::alternatives(&texts.fill(subject)?)),
            Self::Matches(pattern) => format!("matches {}", words::shown(&pattern.fill(subject)?)),
            Self::Date => A_DATE.into(),
            Self::SameSecond(text) => {
                format!("the second of {}", words::shown(&subject.fill(text)?))
            }
        })
    }

    fn summary(&self) -> String {
        match self {
            Self::Absent => "absent".into(),
            Self::Present => "present".into(),
            Self::Equals(text) => format!("= {}", words::written(text)),
            Self::Contains(text) => format!("contains {}", words::written(text)),
            Self::OneOf(texts) => format!("= {}", texts.written()),
            Self::Matches(pattern) => format!("matches {}", pattern.written()),
            Self::MediaType(text) => words::written(text),
            Self::Date => "is an HTTP date".into(),
            Self::SameSecond(text) => format!("is the second of {}", words::written(text)),
        }
    }
}

/// RFC 9110 allows a field without a value; a blank would tell the reader nothing.
fn shown(value: &str) -> String {
    match value.is_empty() {
        true => "an empty value".into(),
        false => words::shown(value),
    }
}

fn seen((position, value): (usize, &str), subject: &Subject<'_>) -> Seen {
    Seen::new(shown(value), words::header_place(subject.side, position))
}

const A_DATE: &str = "a date such as Sun, 06 Nov 1994 08:49:37 GMT";

/// An instant, and the second that it names.
struct Second {
    shown: String,
    value: i64,
}

/// A value that names no second is not this field's fault: it was another's to give.
fn second_of(instant: &Template, subject: &Subject<'_>) -> Examined<Second> {
    let text = subject.fill(instant)?;
    let shown = words::shown(&text);
    match http_date::second(&text) {
        Some(value) => Ok(Second { shown, value }),
        None => Err(Finding::undecidable(format!("`{shown}` names no second"))),
    }
}

/// One date that is wrong is enough: a recipient may take any of them.
fn every_date(values: &Values<'_>, subject: &Subject<'_>, wanted: Option<Second>) -> Examined {
    let mut first = None;
    for value in values {
        let seen = seen(*value, subject);
        let found = http_date::read(value.1).map_err(|problem| {
            let observed = format!("{}: {problem}", seen.observed);
            Finding::violates(observed, seen.place.clone(), A_DATE)
        })?;
        if let Some(wanted) = wanted.as_ref().filter(|wanted| wanted.value != found) {
            return Err(Finding::Violates {
                seen,
                expected: format!("the second of {}", wanted.shown).into(),
            });
        }
        first.get_or_insert(seen);
    }
    first.ok_or_else(|| Finding::broken("the field has no value"))
}

/// `None` where it is right; else what is wrong with it beyond its value.
fn media_type(wanted: &str, value: &str) -> Examined<Option<String>> {
    let Some(wanted) = MediaType::parse(wanted) else {
        return Err(Finding::broken(format!(
            "`{}` is no media type",
            words::shown(wanted)
        )));
    };
    let Some(found) = MediaType::parse(value) else {
        return Ok(Some(" (no media type)".into()));
    };
    if wanted.essence != found.essence {
        return Ok(Some(String::new()));
    }
    let unmet = wanted.unmet_by(&found);
    Ok(unmet.map(|(name, value)| format!(" (without {name}={value})")))
}

impl Check for Header {
    fn evaluate(&self, subject: &Subject<'_>) -> Finding {
        settle(self.examine(subject))
    }

    fn summary(&self) -> String {
        let tests: Vec<String> = self.tests.iter().map(Test::summary).collect();
        format!("{} {}", words::written(&self.name), tests.join(", "))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use crate::check::tests::{Case, case};

    const ETAG: &str = "200\nDate: x\nETag: W/\"1\"\n";
    const COOKIES: &str = "200\nSet-Cookie: a=1\nX: y\nSet-Cookie: b=2\n";
    const TYPE: &str = "200\ncontent-type: Application/FHIR+JSON;Charset=\"utf-8\"\n";

    const MODIFIED: &str = "200\nLast-Modified: Wed, 25 Nov 2026 13:20:00 GMT\n";

    pub(in crate::check) const CASES: &[Case] = &[
        case(
            "header: { name: Last-Modified, same-second: '2026-11-25T14:20:00.75+01:00' }",
            MODIFIED,
            "holds Wed, 25 Nov 2026 13:20:00 GMT @ reply/headers/0",
        ),
        case(
            "header: { name: Last-Modified, same-second: 'Wed, 25 Nov 2026 13:20:00 GMT' }",
            MODIFIED,
            "holds Wed, 25 Nov 2026 13:20:00 GMT @ reply/headers/0",
        ),
        case(
            "header: { name: Last-Modified, same-second: '2026-11-25T13:20:00+01:00' }",
            MODIFIED,
            "violates Wed, 25 Nov 2026 13:20:00 GMT @ reply/headers/0, wanted the second of 2026-11-25T13:20:00+01:00",
        ),
        case(
            "header: { name: Last-Modified, same-second: '2026-11-25T13:20:00Z' }",
            "200\nLast-Modified: 2026-11-25T13:20:00Z\n",
            "violates 2026-11-25T13:20:00Z: an ISO 8601 date, not one of HTTP @ reply/headers/0, wanted a date such as Sun, 06 Nov 1994 08:49:37 GMT",
        ),
        case(
            "header: { name: Last-Modified, same-second: '2026-11-25T13:20:00Z' }",
            "200",
            "violates no header Last-Modified @ reply/headers, wanted the second of 2026-11-25T13:20:00Z",
        ),
        case(
            "header: { name: Last-Modified, same-second: '{{kept.id}}' }",
            MODIFIED,
            "undecidable `17` names no second",
        ),
        case("header: etag", ETAG, "holds W/\"1\" @ reply/headers/1"),
        case(
            "header: Location",
            ETAG,
            "violates no header Location @ reply/headers, wanted present",
        ),
        case(
            "header: { name: ETag, matches: '^W/\"' }",
            ETAG,
            "holds W/\"1\" @ reply/headers/1",
        ),
        case(
            "header: { name: ETag, matches: '^\"' }",
            ETAG,
            "violates W/\"1\" @ reply/headers/1, wanted matches ^\"",
        ),
        case(
            "header: { name: ETag, matches: '{{kept.etag}}' }",
            ETAG,
            "holds W/\"1\" @ reply/headers/1",
        ),
        case(
            "header: { name: ETag, equals: '{{kept.etag}}' }",
            ETAG,
            "holds W/\"1\" @ reply/headers/1",
        ),
        case(
            "header: { name: ETag, equals: '{{nobody}}' }",
            ETAG,
            "undecidable `{{nobody}}` has no value at this step",
        ),
        case(
            "header: { name: Set-Cookie, equals: b=2 }",
            COOKIES,
            "holds b=2 @ reply/headers/2",
        ),
        case(
            "header: { name: Set-Cookie, equals: b=3 }",
            COOKIES,
            "violates a=1 (and 1 more) @ reply/headers/0, wanted b=3",
        ),
        case(
            "header: { name: Set-Cookie, absent: true }",
            COOKIES,
            "violates a=1 @ reply/headers/0, wanted no header Set-Cookie",
        ),
        case(
            "header: { name: ETag, absent: true }",
            COOKIES,
            "holds no header ETag @ reply/headers",
        ),
        case(
            "header: { name: X, one-of: [x, y] }",
            COOKIES,
            "holds y @ reply/headers/1",
        ),
        case(
            "header: { name: X, one-of: [x, z] }",
            COOKIES,
            "violates y @ reply/headers/1, wanted x or z",
        ),
        case(
            "header: { name: X, contains: z }",
            COOKIES,
            "violates y @ reply/headers/1, wanted contains z",
        ),
        case(
            "header: { name: Content-Type, media-type: application/fhir+json }",
            TYPE,
            "holds Application/FHIR+JSON;Charset=\"utf-8\" @ reply/headers/0",
        ),
        case(
            "header: { name: Content-Type, media-type: application/fhir+json; charset=UTF-8 }",
            TYPE,
            "holds Application/FHIR+JSON;Charset=\"utf-8\" @ reply/headers/0",
        ),
        case(
            "header: { name: Content-Type, media-type: application/fhir+json; charset=latin1 }",
            TYPE,
            "violates Application/FHIR+JSON;Charset=\"utf-8\" (without charset=latin1) @ reply/headers/0, wanted application/fhir+json; charset=latin1",
        ),
        case(
            "header: { name: Content-Type, media-type: application/json }",
            TYPE,
            "violates Application/FHIR+JSON;Charset=\"utf-8\" @ reply/headers/0, wanted application/json",
        ),
        case(
            "header: { name: Content-Type, media-type: application/json }",
            "200\nContent-Type: json\n",
            "violates json (no media type) @ reply/headers/0, wanted application/json",
        ),
        case(
            "header: { name: Last-Modified, date: true }",
            "200\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\n",
            "holds Sun, 06 Nov 1994 08:49:37 GMT @ reply/headers/0",
        ),
        case(
            "header: { name: Last-Modified, date: true }",
            "200\nLast-Modified: Sunday, 06-Nov-94 08:49:37 GMT\n",
            "violates Sunday, 06-Nov-94 08:49:37 GMT: an obsolete form of RFC 850 @ reply/headers/0, wanted a date such as Sun, 06 Nov 1994 08:49:37 GMT",
        ),
        case(
            "header: { name: X, present: true }",
            "200\nX: \n",
            "holds an empty value @ reply/headers/0",
        ),
        case(
            "header: { name: X, equals: a }",
            "200\nX: \u{1b}[31m\u{202e}\n",
            "violates \\u{1b}[31m\\u{202e} @ reply/headers/0, wanted a",
        ),
        case(
            "request header: { name: If-Match, equals: a }",
            "PUT /x\nIf-Match: a\n---\n200",
            "holds a @ request/headers/0",
        ),
        case(
            "request header: If-Match",
            "!refused elsewhere",
            "undecidable no request was sent: refused: elsewhere",
        ),
        case(
            "header: If-Match",
            "!closed after 3 bytes",
            "undecidable no reply came: closed: after 3 bytes",
        ),
        case(
            "header: { name: X, absent: true, equals: a }",
            "200",
            "bad-value `{ name: X, absent: true, equals: a }`: `absent` contradicts what stands beside it",
        ),
        case(
            "header: { name: X, date: false }",
            "200",
            "bad-value `false`: `false` asks for nothing here: write `true`, or leave the key out",
        ),
        case(
            "header: { name: X, matches: '(a' }",
            "200",
            "expression-syntax `(`: `(a` is no regular expression",
        ),
        case(
            "header: { equals: a }",
            "200",
            "missing-field `{ equals: a }`: `name` is missing",
        ),
    ];
}
