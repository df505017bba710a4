//! `fhirpath`: a question about a resource.

use schemars::JsonSchema;
use serde::Deserialize;

use super::arguments::{Amount, OneOrMany};
use super::expression::{Expression, Regex};
use super::question::{FhirPath, Question};
use super::values::{self, Asked, Test};
use super::{Check, EITHER, Examined, Kind, Subject, Wants, Weight, probe, settle, words};
use crate::diag::Diagnostic;
use crate::fhir::{Resource, Types};
use crate::model::{Finding, Seen};
use crate::template::Template;
use crate::yaml::{Node, decode};

pub(super) const KIND: Kind = Kind {
    name: "fhirpath",
    summary: "a question about a resource, in FHIRPath",
    explanation: "The body is read as JSON or XML by its media type, else by its first character; a body that cannot be read, or is empty, violates. \
An expression alone must be true: false and empty violate, and what is shown is the side of it that tells most. With a comparison beside \
`path`, its values are compared as texts: `equals` as a set, `ordered` as a list, `matches` for every value (and at least one). \
`%status` is the reply's status, `%request` the resource in the request. An answer that is no truth value is a mistake in the scenario; \
several values where one is due is the body's fault. \
Types, `memberOf` and `conformsTo` go by the pack's FHIR release and packages; what they do not tell is inconclusive.",
    examples: &[
        "fhirpath: \"Bundle.total = 2\"",
        "fhirpath: { path: Bundle.entry.resource.id, equals: \"{{create.id}}\" }",
        "fhirpath: { path: Patient.name.given, equals: [Anna, Maria] }",
        "fhirpath: { path: Patient.name.given, ordered: [Anna, Maria] }",
        "fhirpath: { path: Bundle.entry, count: { at-least: 1 } }",
        "fhirpath: { path: Patient.meta.versionId, exists: true }",
        "fhirpath: { path: id, matches: '^[A-Za-z0-9.-]{1,64}$' }",
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
    path: Expression<FhirPath>,
    /// The values, as a set.
    #[serde(default)]
    equals: Option<OneOrMany<Template>>,
    /// The values, in this order.
    #[serde(default)]
    ordered: Option<OneOrMany<Template>>,
    /// How many values.
    #[serde(default)]
    count: Option<Amount>,
    /// There is a value, or none.
    #[serde(default)]
    exists: Option<bool>,
    /// There is none, or one.
    #[serde(default)]
    empty: Option<bool>,
    /// Every value matches this regular expression, somewhere.
    #[serde(default)]
    matches: Option<Expression<Regex>>,
}

/// A path, and what is asked of its values.
#[derive(Debug)]
struct Path {
    path: Expression<FhirPath>,
    /// Where there are none, the path itself must be true.
    tests: Vec<Test>,
}

fn parse(node: &Node) -> Result<Box<dyn Check>, Diagnostic> {
    if node.scalar().is_some() {
        let path = decode(node)?;
        let tests = Vec::new();
        return Ok(Box::new(Path { path, tests }));
    }
    let arguments: Arguments = decode(node)?;
    let asked = Asked {
        exists: arguments.exists,
        empty: arguments.empty,
        count: arguments.count,
        equals: arguments.equals,
        ordered: arguments.ordered,
        matches: arguments.matches,
    };
    Ok(Box::new(Path {
        path: arguments.path,
        tests: asked.tests(),
    }))
}

impl Path {
    fn examine(&self, subject: &Subject<'_>) -> Examined {
        let question = self.path.get(subject)?;
        let resource = subject.resource("a FHIR resource")?;
        if self.tests.is_empty() {
            return is_true(&question, resource, subject);
        }
        question.found(resource, subject, |found| {
            values::examine(&self.tests, found, subject)
        })
    }
}

/// The quick way: a true answer needs neither texts nor places.
fn is_true(question: &Question, resource: &Resource, subject: &Subject<'_>) -> Examined {
    match question.truth(resource, subject)? {
        Some(true) => Ok(Seen {
            observed: words::yes(),
            place: words::body_place(subject.side),
        }),
        Some(false) | None => Err(blame(question, resource, subject)),
    }
}

/// A violation that shows the part of the expression that tells most.
fn blame(question: &Question, resource: &Resource, subject: &Subject<'_>) -> Finding {
    let ask = |text: &str| Question::ask_once(text, resource, subject);
    let told = probe::tell(question.text(), &ask);
    let place = told.place.map_or_else(
        || words::body_place(subject.side),
        |place| subject.element_place(&place),
    );
    let mut observed = told.observed;
    if told.is_nothing {
        observed = format!("{observed}, in {}", named(resource));
    }
    Finding::violates(
        words::shown(&observed),
        place,
        words::shown(question.text()),
    )
}

/// `the Patient`, `a body without a resource type`
pub(super) fn named(resource: &Resource) -> String {
    match resource.type_name() {
        Some(name) if !name.is_empty() => format!("the {}", words::shown(name)),
        Some(_) | None => "a body without a resource type".into(),
    }
}

impl Check for Path {
    fn evaluate(&self, subject: &Subject<'_>) -> Finding {
        settle(self.examine(subject))
    }

    fn summary(&self) -> String {
        values::summary(&self.path.written(), &self.tests)
    }

    fn wants(&self) -> Vec<Wants<'_>> {
        let early = self.path.early();
        // With holes, nobody knows yet what it will ask.
        let wants = early.is_none_or(Question::wants_definitions);
        wants.then_some(Wants::Definitions).into_iter().collect()
    }

    fn doubts(&self, types: &dyn Types) -> Vec<Diagnostic> {
        let found = self.path.early().map(|question| question.doubts(types));
        let found = found.into_iter().flatten();
        found.map(|slip| self.path.doubt(slip)).collect()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use crate::check::tests::{Case, case};

    const BUNDLE: &str = "200\nContent-Type: application/fhir+json\n\n{\"resourceType\": \"Bundle\", \"type\": \"searchset\", \"total\": 2,\n\"entry\": [{\"resource\": {\"resourceType\": \"Patient\", \"id\": \"17\", \"active\": true}},\n{\"resource\": {\"resourceType\": \"Patient\", \"id\": \"18\"}}]}";
    const XML: &str = "200\nContent-Type: application/fhir+xml\n\n<Patient xmlns=\"http://hl7.org/fhir\">\n<id value=\"17\"/><active value=\"true\"/></Patient>";
    const OUTCOME: &str = "404\n\n{\"resourceType\": \"OperationOutcome\"}";

    const BORN: &str = "200\n\n{\"resourceType\": \"Patient\", \"birthDate\": \"2020-01-01\", \"contact\": [{\"name\": {\"text\": \"A\"}}],\n\"contained\": [{\"resourceType\": \"Organization\", \"id\": \"o\", \"name\": \"O\"}], \"generalPractitioner\": [{\"reference\": \"#o\"}], \"managingOrganization\": {\"reference\": \"Organization/1\"}}";

    pub(in crate::check) const CASES: &[Case] = &[
        case(
            "fhirpath: \"Bundle.total = {{kept.word}}\"",
            BUNDLE,
            "broken `total` cannot stand in this expression: put the hole between quotes, or use another value",
        ),
        case(
            "fhirpath: \"Bundle.total < {{kept.id}}\"",
            BUNDLE,
            "holds true @ reply/body",
        ),
        case(
            "fhirpath: { path: Bundle.entry.resource, equals: x }",
            BUNDLE,
            "broken `Bundle.entry.resource` gives the complex element Bundle.entry[0].resource: compare its parts",
        ),
        case(
            "fhirpath: \"Bundle.total = 2\"",
            BUNDLE,
            "holds true @ reply/body",
        ),
        case(
            "fhirpath: \"Bundle.total = 3\"",
            BUNDLE,
            "violates 2 @ reply/body#Bundle.total:1:49, wanted Bundle.total = 3",
        ),
        case(
            "fhirpath: \"Bundle.type = 'history' and Bundle.total = 2\"",
            BUNDLE,
            "violates searchset @ reply/body#Bundle.type:1:28, wanted Bundle.type = 'history' and Bundle.total = 2",
        ),
        case(
            "fhirpath: \"Bundle.total = 3\"",
            OUTCOME,
            "violates nothing, in the OperationOutcome @ reply/body, wanted Bundle.total = 3",
        ),
        case(
            "fhirpath: \"Bundle.entry.resource.all(active.exists())\"",
            BUNDLE,
            "violates <Bundle.entry[1].resource> @ reply/body#Bundle.entry[1].resource:3:2, wanted Bundle.entry.resource.all(active.exists())",
        ),
        case(
            "fhirpath: \"active = true\"",
            XML,
            "holds true @ reply/body",
        ),
        case("fhirpath: active", XML, "holds true @ reply/body"),
        case(
            "fhirpath: \"active.not()\"",
            XML,
            "violates true @ reply/body#Patient.active:2:17, wanted active.not()",
        ),
        case(
            "fhirpath: { path: Bundle.entry.resource.id, equals: ['18', \"{{kept.id}}\"] }",
            BUNDLE,
            "holds 17, 18 @ reply/body#Bundle.entry[0].resource.id:2:52",
        ),
        case(
            "fhirpath: { path: Bundle.entry.resource.id, equals: '17' }",
            BUNDLE,
            "violates 17, 18 @ reply/body#Bundle.entry[0].resource.id:2:52, wanted 17",
        ),
        case(
            "fhirpath: { path: Bundle.entry.resource.id, ordered: ['17', '18'] }",
            BUNDLE,
            "holds 17, 18 @ reply/body#Bundle.entry[0].resource.id:2:52",
        ),
        case(
            "fhirpath: { path: Bundle.entry.resource.id, ordered: ['18', '17'] }",
            BUNDLE,
            "violates 17, 18 @ reply/body#Bundle.entry[0].resource.id:2:52, wanted in this order: 18, 17",
        ),
        case(
            "fhirpath: { path: Bundle.entry, count: 2 }",
            BUNDLE,
            "holds 2 @ reply/body#Bundle.entry[0]:2:11",
        ),
        case(
            "fhirpath: { path: Bundle.entry, count: { at-least: 3 } }",
            BUNDLE,
            "violates 2 @ reply/body#Bundle.entry[0]:2:11, wanted at least 3",
        ),
        case(
            "fhirpath: { path: Bundle.link, exists: true }",
            BUNDLE,
            "violates nothing, in the Bundle @ reply/body, wanted exists",
        ),
        case(
            "fhirpath: { path: Bundle.link, empty: true }",
            BUNDLE,
            "holds nothing, in the Bundle @ reply/body",
        ),
        case(
            "fhirpath: { path: Bundle.total, empty: true }",
            BUNDLE,
            "violates 2 @ reply/body#Bundle.total:1:49, wanted empty",
        ),
        case(
            "fhirpath: { path: Bundle.entry.resource.id, matches: '^1' }",
            BUNDLE,
            "holds 17, 18 @ reply/body#Bundle.entry[0].resource.id:2:52",
        ),
        case(
            "fhirpath: { path: Bundle.entry.resource.id, matches: '7' }",
            BUNDLE,
            "violates 18 @ reply/body#Bundle.entry[1].resource.id:3:42, wanted matches 7",
        ),
        case(
            "fhirpath: { path: Bundle.link, matches: '7' }",
            BUNDLE,
            "violates nothing, in the Bundle @ reply/body, wanted matches 7",
        ),
        case(
            "fhirpath: \"Bundle.entry.resource.where(id = '{{kept.id}}').exists()\"",
            BUNDLE,
            "holds true @ reply/body",
        ),
        case(
            "fhirpath: \"Bundle.entry.resource.where(id = '{{kept.quote}}').exists()\"",
            BUNDLE,
            "violates none of 2 items, in the Bundle @ reply/body, wanted Bundle.entry.resource.where(id = 'a\\'b').exists()",
        ),
        case(
            "fhirpath: \"Bundle.entry.resource.ofType({{kept.type}}).where(id = '{{kept.quote}}').empty()\"",
            BUNDLE,
            "holds true @ reply/body",
        ),
        case(
            "fhirpath: \"Bundle.{{kept.quote}}.exists()\"",
            BUNDLE,
            "broken `a'b` cannot stand in this expression: put the hole between quotes, or use another value",
        ),
        case(
            "fhirpath: \"%status = 200\"",
            BUNDLE,
            "holds true @ reply/body",
        ),
        case(
            "fhirpath: \"id = %request.id\"",
            "PUT http://localhost/Patient/17\n\n{\"resourceType\": \"Patient\", \"id\": \"17\"}\n---\n200\n\n{\"resourceType\": \"Patient\", \"id\": \"18\"}",
            "violates 18 @ reply/body#Patient.id:1:29, wanted id = %request.id",
        ),
        case(
            "request fhirpath: \"id = '17'\"",
            "PUT http://localhost/Patient/17\n\n{\"resourceType\": \"Patient\", \"id\": \"17\"}\n---\n200",
            "holds true @ request/body",
        ),
        case(
            "fhirpath: \"now() > @2026-11-25T13:19:59Z and now() < @2026-11-25T13:20:01Z\"",
            BUNDLE,
            "holds true @ reply/body",
        ),
        case(
            "fhirpath: \"Bundle.total\"",
            BUNDLE,
            "broken `Bundle.total` gives 2, which is neither true nor false",
        ),
        case(
            "fhirpath: \"Bundle.entry.resource.active\"",
            "200\n\n{\"resourceType\": \"Bundle\", \"entry\": [{\"resource\": {\"active\": true}}, {\"resource\": {\"active\": true}}]}",
            "violates true, true @ reply/body#Bundle.entry[0].resource.active:1:52, wanted Bundle.entry.resource.active",
        ),
        case(
            "fhirpath: \"Bundle.entry.resource.id.startsWith('1')\"",
            BUNDLE,
            "violates the input of `startsWith` must be a single item, and there are 2 @ reply/body, wanted Bundle.entry.resource.id.startsWith('1')",
        ),
        case(
            "fhirpath: \"Bundle.total + 'a' = 'b'\"",
            BUNDLE,
            "broken `Bundle.total + 'a' = 'b'`: `+` does not apply to the unsignedInt `Bundle.total` and the String `a` (at character 14)",
        ),
        case(
            "fhirpath: \"Bundle.entry.resource.first().id.memberOf('http://hl7.org/fhir/ValueSet/administrative-gender')\"",
            BUNDLE,
            "violates 17 @ reply/body#Bundle.entry[0].resource.id:2:52, wanted Bundle.entry.resource.first().id.memberOf('http://hl7.org/fhir/ValueSet/administrative-gender')",
        ),
        case(
            "fhirpath: \"Bundle.type.memberOf('http://hl7.org/fhir/ValueSet/bundle-type')\"",
            BUNDLE,
            "holds true @ reply/body",
        ),
        case(
            "fhirpath: \"Bundle.type.memberOf('http://far.example/set')\"",
            BUNDLE,
            "undecidable `Bundle.type.memberOf('http://far.example/set')`: the value set `http://far.example/set` is not at hand (at character 13)",
        ),
        case(
            "fhirpath: \"Bundle.entry.resource.first().conformsTo('http://test.example/born')\"",
            BUNDLE,
            "violates <Bundle.entry[0].resource> @ reply/body#Bundle.entry[0].resource:2:12, wanted Bundle.entry.resource.first().conformsTo('http://test.example/born')",
        ),
        case(
            "fhirpath: \"conformsTo('http://test.example/born')\"",
            BORN,
            "holds true @ reply/body",
        ),
        case(
            "fhirpath: \"conformsTo('http://far.example/away')\"",
            BORN,
            "undecidable `conformsTo('http://far.example/away')`: the profile `http://far.example/away` is not at hand (at character 1)",
        ),
        case(
            "fhirpath: \"generalPractitioner.resolve().is(Organization) and managingOrganization.resolve().exists().not()\"",
            BORN,
            "holds true @ reply/body",
        ),
        case(
            "fhirpath: \"birthDate.is(date) and contact.is(BackboneElement) and contact.name.is(HumanName)\"",
            BORN,
            "holds true @ reply/body",
        ),
        case(
            "fhirpath: \"Bundle.total = 2\"",
            "200",
            "violates the body is empty @ reply/body, wanted a FHIR resource",
        ),
        case(
            "fhirpath: \"Bundle.total = 2\"",
            "200\nContent-Type: text/plain\n\nhello",
            "violates text/plain, neither JSON nor XML: hello @ reply/body, wanted a FHIR resource",
        ),
        case(
            "fhirpath: \"Bundle.total = 2\"",
            "200\nContent-Type: application/fhir+json\n\n<Bundle/>",
            "violates line 1, column 1: expected a JSON value, found `<` @ reply/body:1:1, wanted a FHIR resource",
        ),
        case(
            "fhirpath: \"Bundle.total = 2\"",
            "!timeout late",
            "undecidable no reply came: timeout: late",
        ),
        case(
            "fhirpath: \"Bundle.total == 2\"",
            BUNDLE,
            "expression-syntax `=`: `Bundle.total == 2` is no FHIRPath",
        ),
        case(
            "fhirpath: \"Bundle.totl()\"",
            BUNDLE,
            "expression-syntax `totl`: `Bundle.totl()` is no FHIRPath",
        ),
        case(
            "fhirpath: { path: id, equal: 1 }",
            BUNDLE,
            "unknown-field `equal`: `equal` means nothing here",
        ),
    ];
}
