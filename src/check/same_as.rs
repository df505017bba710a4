//! `same-as`: this exchange compared with that of an earlier step.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use super::arguments::Yes;
use super::expression::Expression;
use super::question::FhirPath;
use super::{Check, EITHER, Examined, Kind, Reading, Subject, Weight, settle, words};
use crate::diag::Diagnostic;
use crate::fhir::{Difference, equivalent};
use crate::model::{Finding, Seen, Side};
use crate::template::Template;
use crate::yaml::{Node, Spanned, decode};

pub(super) const KIND: Kind = Kind {
    name: "same-as",
    summary: "this exchange compared with that of an earlier step",
    explanation: "By a FHIRPath, as sets of texts (or lists, with `ordered`); by `header NAME`, by `status`, or by `body` (its bytes); without `by`, the whole \
resource, whichever format each is in, but for the elements in `ignore`. `differs` asks the opposite. Where the earlier step was not sent, got no \
reply, or has nothing to compare with, the check is inconclusive; where this one has nothing, it violates, and with `differs` is inconclusive. \
`side: request` compares with what the earlier step sent, whichever side is judged here: what came back with what was sent. \
An element that is called `status` is written `$this.status`.",
    examples: &[
        "same-as: { step: get, by: Bundle.entry.resource.id }",
        "same-as: { step: get, by: Bundle.entry.resource.id, ordered: true }",
        "same-as: { step: create, ignore: [id, meta, text] }",
        "same-as: { step: create, side: request, ignore: [id, meta, text] }",
        "same-as: { step: read, by: header ETag, differs: true }",
        "same-as: { step: read, by: status }",
    ],
    weight: Weight::Judges,
    sides: EITHER,
    schema: |generator| generator.subschema_for::<Arguments>(),
    parse,
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(inline)]
struct Arguments {
    /// The earlier step.
    step: Spanned<String>,
    /// The side of the earlier step that is compared: `request` or `reply`; by default the side that is judged here.
    #[serde(default)]
    side: Option<EarlierSide>,
    /// What is compared: a FHIRPath, `header NAME`, `status` or `body`; the whole resource where nothing is said.
    #[serde(default)]
    by: Option<Spanned<Template>>,
    /// Elements of the whole resource that do not count, such as `meta` or `name.id`.
    #[serde(default)]
    ignore: Option<Vec<String>>,
    /// The order counts.
    #[serde(default)]
    ordered: Option<Yes>,
    /// The two must differ.
    #[serde(default)]
    differs: Option<Yes>,
}

/// A side of an exchange, as an author writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
enum EarlierSide {
    /// What was sent.
    Request,
    /// What came back.
    Reply,
}

impl From<EarlierSide> for Side {
    fn from(side: EarlierSide) -> Self {
        match side {
            EarlierSide::Request => Self::Request,
            EarlierSide::Reply => Self::Reply,
        }
    }
}

/// A comparison with an earlier step.
#[derive(Debug)]
struct SameAs {
    step: Spanned<String>,
    side: Option<Side>,
    by: By,
    sense: Sense,
}

/// What is asked of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sense {
    Same,
    Differs,
}

/// What is compared.
#[derive(Debug)]
enum By {
    Status,
    Body,
    Header(Template),
    Values(Box<Expression<FhirPath>>, Order),
    Resource(Vec<String>),
}

/// Whether the order of values counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Counts,
    DoesNot,
}

fn parse(node: &Node) -> Result<Box<dyn Check>, Diagnostic> {
    let arguments: Arguments = decode(node)?;
    let order = arguments
        .ordered
        .map_or(Order::DoesNot, |Yes| Order::Counts);
    let by = match arguments.by {
        Some(by) => By::parse(&by, order)?,
        None => By::Resource(arguments.ignore.clone().unwrap_or_default()),
    };
    let stray = |message: &str| Err(Diagnostic::error("bad-value", message).at(&node.place));
    match &by {
        By::Resource(_) if order == Order::Counts => {
            return stray("`ordered` means something beside a FHIRPath in `by` only");
        }
        By::Status if arguments.side == Some(EarlierSide::Request) => {
            return stray("a request has no status to compare with");
        }
        By::Status | By::Body | By::Header(_) | By::Values(..) if arguments.ignore.is_some() => {
            return stray("`ignore` means something without `by` only");
        }
        By::Status | By::Body | By::Header(_) | By::Values(..) | By::Resource(_) => {}
    }
    Ok(Box::new(SameAs {
        step: arguments.step,
        side: arguments.side.map(Side::from),
        by,
        sense: arguments.differs.map_or(Sense::Same, |Yes| Sense::Differs),
    }))
}

impl By {
    /// `status` and `body` are words here; an element of that name is `$this.status`.
    fn parse(by: &Spanned<Template>, order: Order) -> Result<Self, Diagnostic> {
        match by.value.literal() {
            Some("status") => return Ok(Self::Status),
            Some("body") => return Ok(Self::Body),
            Some(text) => {
                if let Some(name) = text.strip_prefix("header ") {
                    return Ok(Self::Header(Template::parse(name.trim(), &by.place)?));
                }
            }
            None => {}
        }
        let path = Box::new(Expression::new(by.value.clone(), ())?);
        Ok(Self::Values(path, order))
    }

    /// What is compared, of one exchange.
    fn of(&self, subject: &Subject<'_>) -> Examined<Compared> {
        match self {
            Self::Status => {
                let status = subject.reply()?.status;
                Ok(Compared::one(status.to_string(), words::status_place()))
            }
            Self::Body => body(subject),
            Self::Header(name) => header(&subject.fill(name)?, subject),
            Self::Values(path, order) => values(path, *order, subject),
            // invariant: whole resources are compared pairwise, in `examine_resources`.
            Self::Resource(_) => Ok(Compared {
                texts: Vec::new(),
                place: words::body_place(subject.side),
            }),
        }
    }

    fn summary(&self) -> String {
        match self {
            Self::Status => " by status".into(),
            Self::Body => " by body".into(),
            Self::Header(name) => format!(" by header {}", words::written(name)),
            Self::Values(path, Order::DoesNot) => format!(" by {}", path.written()),
            Self::Values(path, Order::Counts) => format!(" by {}, in order", path.written()),
            Self::Resource(ignored) if ignored.is_empty() => String::new(),
            Self::Resource(ignored) => format!(" but for {}", ignored.join(", ")),
        }
    }
}

/// Texts that are compared, and where they stand.
struct Compared {
    texts: Vec<String>,
    place: Arc<str>,
}

impl Compared {
    fn one(text: String, place: Arc<str>) -> Self {
        Self {
            texts: vec![text],
            place,
        }
    }

    fn shown(&self) -> String {
        match self.texts.is_empty() {
            true => "nothing".into(),
            false => words::listed(&self.texts),
        }
    }
}

fn body(subject: &Subject<'_>) -> Examined<Compared> {
    let reading = subject.reading()?;
    let place = words::body_place(subject.side);
    Ok(match reading.body.is_empty() {
        true => Compared {
            texts: Vec::new(),
            place,
        },
        false => Compared::one(as_text(reading), place),
    })
}

/// Bytes that are no UTF-8 stay different: each is spelled by its number.
fn as_text(reading: &Reading) -> String {
    let text = reading.body.text().map(str::to_owned);
    text.unwrap_or_else(|| reading.body.bytes().escape_ascii().to_string())
}

/// All values of a field, in their order.
fn header(name: &str, subject: &Subject<'_>) -> Examined<Compared> {
    let found: Vec<(usize, &str)> = subject.headers()?.all(name).collect();
    let place = found.first().map_or_else(
        || words::headers_place(subject.side),
        |(position, _)| words::header_place(subject.side, *position),
    );
    let texts = found
        .iter()
        .map(|(_, value)| value.trim_matches([' ', '\t']).to_owned());
    Ok(Compared {
        texts: texts.collect(),
        place,
    })
}

fn values(path: &Expression<FhirPath>, order: Order, subject: &Subject<'_>) -> Examined<Compared> {
    let question = path.get(subject)?;
    let resource = subject.resource("a FHIR resource")?;
    question.found(resource, subject, |found| {
        let place = (found.place)(0).unwrap_or_else(|| words::body_place(subject.side));
        let mut texts = found.comparable()?.clone();
        if order == Order::DoesNot {
            texts.sort();
            texts.dedup();
        }
        Ok(Compared { texts, place })
    })
}

impl SameAs {
    fn examine(&self, subject: &Subject<'_>) -> Examined {
        let Some(view) = subject.earlier.step(&self.step.value) else {
            return Err(self.incomparable("was not sent"));
        };
        let side = self.side.unwrap_or(subject.side);
        let earlier = Subject {
            view,
            side,
            ..*subject
        };
        if let By::Resource(ignored) = &self.by {
            return self.examine_resources(&earlier, subject, ignored);
        }
        let before = self
            .by
            .of(&earlier)
            .map_err(|finding| self.earlier_fails(finding))?;
        if before.texts.is_empty() {
            return Err(self.incomparable("has nothing to compare with"));
        }
        let now = self.by.of(subject)?;
        if now.texts.is_empty() && self.sense == Sense::Differs {
            return Err(Finding::undecidable("there is nothing here to compare"));
        }
        let found = if before.texts == now.texts {
            Sense::Same
        } else {
            Sense::Differs
        };
        let seen = Seen::new(now.shown(), now.place.clone());
        match found == self.sense {
            true => Ok(seen),
            false => Err(Finding::Violates {
                seen,
                expected: self.told(&before.shown()).into(),
            }),
        }
    }

    /// Formats may differ: what the resources say is compared, not their bytes.
    fn examine_resources(
        &self,
        earlier: &Subject<'_>,
        subject: &Subject<'_>,
        ignored: &[String],
    ) -> Examined {
        let before = earlier
            .resource("a FHIR resource")
            .map_err(|finding| self.earlier_fails(finding))?;
        let now = subject.resource("a FHIR resource")?;
        let ignored: Vec<&str> = ignored.iter().map(String::as_str).collect();
        let differences = equivalent(before, now, &ignored);
        match (self.sense, differences.first()) {
            (Sense::Same, None) => Ok(Seen::new("the same", words::body_place(subject.side))),
            (Sense::Differs, Some(first)) => Ok(differing(first, subject.side)),
            (Sense::Same, Some(first)) => Err(Finding::Violates {
                seen: differing(first, subject.side),
                expected: self.told(first.left.as_deref().unwrap_or("nothing")).into(),
            }),
            (Sense::Differs, None) => Err(Finding::violates(
                "the same",
                words::body_place(subject.side),
                self.told("the resource"),
            )),
        }
    }

    /// `17, as in step get`
    fn told(&self, before: &str) -> String {
        let step = words::shown(&self.step.value);
        let which = match self.side {
            None => String::new(),
            Some(side) => format!("the {} of ", side.as_str()),
        };
        match self.sense {
            Sense::Same => format!("{}, as in {which}step {step}", words::shown(before)),
            Sense::Differs => format!(
                "something else than in {which}step {step}: {}",
                words::shown(before)
            ),
        }
    }

    /// What is wrong with the earlier exchange is not held against this one; other checks judge it.
    fn earlier_fails(&self, finding: Finding) -> Finding {
        match finding {
            Finding::Violates { seen, .. } => {
                self.incomparable(&format!("has nothing to compare with: {}", seen.observed))
            }
            Finding::Undecidable(reason) => {
                self.incomparable(&format!("has nothing to compare with: {reason}"))
            }
            Finding::Broken(_) | Finding::Holds(_) => finding,
        }
    }

    fn incomparable(&self, why: &str) -> Finding {
        Finding::undecidable(format!("step `{}` {why}", words::shown(&self.step.value)))
    }
}

/// The first difference, as it is in this exchange.
fn differing(difference: &Difference, side: Side) -> Seen {
    let now = difference.right.as_deref().unwrap_or("nothing");
    let observed = format!("{}: {now}", difference.path);
    let body = words::body_place(side);
    Seen::new(
        words::shown(&observed),
        format!("{body}#{}", words::shown(&difference.path)),
    )
}

impl Check for SameAs {
    fn evaluate(&self, subject: &Subject<'_>) -> Finding {
        settle(self.examine(subject))
    }

    fn summary(&self) -> String {
        let differs = match self.sense {
            Sense::Same => "",
            Sense::Differs => " differs",
        };
        let side = self
            .side
            .map_or_else(String::new, |side| format!(" ({})", side.as_str()));
        words::shown(&format!(
            "{}{side}{}{differs}",
            self.step.value,
            self.by.summary()
        ))
    }

    fn earlier_steps(&self) -> Vec<&Spanned<String>> {
        vec![&self.step]
    }
}

#[cfg(test)]
pub(super) mod tests {
    use crate::check::tests::{Case, case};

    const TWO: &str = "200\nETag: a\n\n{\"resourceType\": \"Bundle\", \"entry\": [{\"resource\": {\"id\": \"1\"}}, {\"resource\": {\"id\": \"2\"}}]}";
    const SWAPPED: &str = "200\nETag: b\n\n{\"resourceType\": \"Bundle\", \"entry\": [{\"resource\": {\"id\": \"2\"}}, {\"resource\": {\"id\": \"1\"}}]}";
    const ONE: &str =
        "200\n\n{\"resourceType\": \"Bundle\", \"entry\": [{\"resource\": {\"id\": \"1\"}}]}";
    const NONE: &str = "404\n\n{\"resourceType\": \"Bundle\"}";
    const JSON: &str = "200\n\n{\"resourceType\": \"Patient\", \"id\": \"1\", \"active\": true}";
    const SENT: &str = "PUT http://localhost/Patient/9\nX: 1\n\n{\"resourceType\": \"Patient\", \"id\": \"9\", \"active\": true}\n---\n200";
    const XML: &str = "200\n\n<Patient xmlns=\"http://hl7.org/fhir\"><id value=\"2\"/><active value=\"true\"/></Patient>";
    const BY_ID: &str = "same-as: { step: get, by: Bundle.entry.resource.id }";
    const BY_ID_DIFFERS: &str =
        "same-as: { step: get, by: Bundle.entry.resource.id, differs: true }";

    pub(in crate::check) const CASES: &[Case] = &[
        case("same-as: { step: get, by: Bundle.entry.resource }", TWO, "broken `Bundle.entry.resource` gives the complex element Bundle.entry[0].resource: compare its parts").after("get", TWO),
        case(BY_ID, SWAPPED, "holds 1, 2 @ reply/body#Bundle.entry[0].resource.id:1:52").after("get", TWO),
        case(BY_ID, ONE, "violates 1 @ reply/body#Bundle.entry[0].resource.id:1:52, wanted 1, 2, as in step get").after("get", TWO),
        case(BY_ID, NONE, "violates nothing @ reply/body, wanted 1, 2, as in step get").after("get", TWO),
        case(BY_ID, TWO, "undecidable step `get` has nothing to compare with").after("get", NONE),
        case(BY_ID, TWO, "undecidable step `get` was not sent"),
        case(BY_ID, TWO, "undecidable step `get` has nothing to compare with: no reply came: timeout: late").after("get", "!timeout late"),
        case(BY_ID, TWO, "undecidable step `get` has nothing to compare with: the body is empty").after("get", "200"),
        case(BY_ID, "200", "violates the body is empty @ reply/body, wanted a FHIR resource").after("get", TWO),
        case(BY_ID_DIFFERS, ONE, "holds 1 @ reply/body#Bundle.entry[0].resource.id:1:52").after("get", TWO),
        case(BY_ID_DIFFERS, SWAPPED, "violates 1, 2 @ reply/body#Bundle.entry[0].resource.id:1:52, wanted something else than in step get: 1, 2").after("get", TWO),
        case(BY_ID_DIFFERS, NONE, "undecidable there is nothing here to compare").after("get", TWO),
        case("same-as: { step: get, by: Bundle.entry.resource.id, ordered: true }", SWAPPED, "violates 2, 1 @ reply/body#Bundle.entry[0].resource.id:1:52, wanted 1, 2, as in step get").after("get", TWO),
        case("same-as: { step: get, by: header ETag }", TWO, "holds a @ reply/headers/0").after("get", TWO),
        case("same-as: { step: get, by: header ETag }", SWAPPED, "violates b @ reply/headers/0, wanted a, as in step get").after("get", TWO),
        case("same-as: { step: get, by: header ETag }", ONE, "violates nothing @ reply/headers, wanted a, as in step get").after("get", TWO),
        case("same-as: { step: get, by: header ETag, differs: true }", SWAPPED, "holds b @ reply/headers/0").after("get", TWO),
        case("same-as: { step: get, by: status }", NONE, "violates 404 @ reply/status, wanted 200, as in step get").after("get", TWO),
        case("same-as: { step: get, by: body }", TWO, "violates {\"resourceType\": \"Bundle\", \"entry\": [{\"resource\": {\"id\": \"1\"}}, {\"resource\": {\"id\": \"2\"}}]} @ reply/body, wanted {\"resourceType\": \"Bundle\", \"entry\": [{\"resource\": {\"id\": \"1\"}}]}, as in step get").after("get", ONE),
        case("same-as: { step: get, ignore: [id] }", XML, "holds the same @ reply/body").after("get", JSON),
        case("same-as: { step: get }", XML, "violates Patient.id: 2 @ reply/body#Patient.id, wanted 1, as in step get").after("get", JSON),
        case("same-as: { step: get, differs: true }", XML, "holds Patient.id: 2 @ reply/body#Patient.id").after("get", JSON),
        case("same-as: { step: get, ignore: [id], differs: true }", XML, "violates the same @ reply/body, wanted something else than in step get: the resource").after("get", JSON),
        case("same-as: { step: put, side: request, ignore: [id] }", JSON, "holds the same @ reply/body").after("put", SENT),
        case("same-as: { step: put, side: request }", JSON, "violates Patient.id: 1 @ reply/body#Patient.id, wanted 9, as in the request of step put").after("put", SENT),
        case("same-as: { step: put, side: request, by: active }", JSON, "holds true @ reply/body#Patient.active:1:40").after("put", SENT),
        case("same-as: { step: put, side: request, by: header X }", "200\nX: 2", "violates 2 @ reply/headers/0, wanted 1, as in the request of step put").after("put", SENT),
        case("same-as: { step: put, side: request }", JSON, "undecidable step `put` has nothing to compare with: the body is empty").after("put", JSON),
        case("request same-as: { step: put, side: reply, ignore: [id] }", SENT, "holds the same @ request/body").after("put", JSON),
        case("same-as: { step: put, side: request, by: status }", JSON, "bad-value `{ step: put, side: request, by: status }`: a request has no status to compare with"),
        case("same-as: { step: put, side: sent }", JSON, "bad-value `sent`: `sent` is not one of the values here"),
        case("same-as: { step: get, by: id, ignore: [meta] }", XML, "bad-value `{ step: get, by: id, ignore: [meta] }`: `ignore` means something without `by` only"),
        case("same-as: { step: get, ordered: true }", XML, "bad-value `{ step: get, ordered: true }`: `ordered` means something beside a FHIRPath in `by` only"),
        case("same-as: { by: id }", XML, "missing-field `{ by: id }`: `step` is missing"),
        case("same-as: { step: get, by: \"a.\" }", XML, "expression-syntax ``: `a.` is no FHIRPath"),
    ];
}
