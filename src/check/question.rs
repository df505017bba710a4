//! FHIRPath expressions, asked of the bodies of an exchange.

use super::expression::{Language, Slip};
use super::fhirpath::named;
use super::services::Answers;
use super::values::Found;
use super::{Examined, Subject, words};
use crate::fhir::definitions::Definitions;
use crate::fhir::{
    Collection, Element, EvaluationError, EvaluationErrorKind, Expression, Kind, Place, Resource,
    Types, Value, Variables,
};
use crate::model::{Finding, Side};
use crate::template::Escape;

/// The language FHIRPath.
pub(super) enum FhirPath {}

impl Language for FhirPath {
    type Compiled = Question;
    type Context = ();
    const NAME: &'static str = "FHIRPath";
    const ESCAPE: Escape = Escape::FhirPath;
    const QUOTES: &'static [char] = &['\''];

    fn compile(text: &str, (): &()) -> Result<Question, Slip> {
        Question::parse(text)
    }
}

/// A compiled expression, and what it needs besides the body.
#[derive(Debug)]
pub(super) struct Question {
    expression: Expression,
    needs: Needs,
}

/// What an evaluation is given only where the expression mentions it: each costs more than the evaluation itself.
#[derive(Debug, Clone, Copy)]
struct Needs {
    clock: Need,
    status: Need,
    request: Need,
}

/// Whether an expression mentions something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    Mentioned,
    Not,
}

/// A mention inside a literal counts too: it costs a little time, and never an answer.
fn need(text: &str, words: &[&str]) -> Need {
    match words.iter().any(|word| text.contains(word)) {
        true => Need::Mentioned,
        false => Need::Not,
    }
}

/// What an expression yields, as texts with their places.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub(super) texts: Vec<String>,
    /// One for each text; `None` for what is computed.
    pub(super) places: Vec<Option<Place>>,
}

impl Question {
    fn parse(text: &str) -> Result<Self, Slip> {
        let expression = Expression::parse(text).map_err(|error| Slip {
            position: error.position,
            message: error.message,
            help: error.help,
        })?;
        let needs = Needs {
            clock: need(text, &["now", "today", "timeOfDay"]),
            status: need(text, &["status"]),
            request: need(text, &["request"]),
        };
        Ok(Self { expression, needs })
    }

    /// What can only be a mistake where it is asked of a resource whose type it names itself: with byte offsets.
    pub(super) fn doubts(&self, types: &dyn Types) -> Vec<Slip> {
        let root = self.text().trim_start();
        let end = root.find(|c: char| !c.is_ascii_alphanumeric());
        let root = &root[..end.unwrap_or(root.len())];
        let above = std::iter::successors(Some(root), |name| types.supertype(name));
        if !types.is_known(root) || !above.take(8).any(|name| name == "Resource") {
            return Vec::new();
        }
        let found = self.expression.check(root, types).into_iter();
        found
            .map(|error| Slip {
                position: error.position,
                message: error.message,
                help: error.help,
            })
            .collect()
    }

    /// Whether it asks what only definitions tell.
    pub(super) fn wants_definitions(&self) -> bool {
        let asks = |word: &&str| self.text().contains(word);
        ["conformsTo", "memberOf", "subsumes", "subsumedBy"]
            .iter()
            .any(asks)
    }

    /// The expression.
    pub(super) fn text(&self) -> &str {
        self.expression.text()
    }

    /// The answer as a truth value; `None` where it is empty, or several truth values.
    pub(super) fn truth(
        &self,
        resource: &Resource,
        subject: &Subject<'_>,
    ) -> Examined<Option<bool>> {
        self.with(resource, subject, |found| match found.items() {
            [] => Ok(None),
            [item] => truth(item).map(Some).ok_or_else(|| self.no_truth(found)),
            items if items.iter().all(|item| truth(item).is_some()) => Ok(None),
            _ => Err(self.no_truth(found)),
        })
    }

    /// The author asked for a value where a truth is due.
    fn no_truth(&self, found: &Collection<'_>) -> Finding {
        let (text, values) = (words::shown(self.text()), words::listed(&found.texts()));
        Finding::broken(format!(
            "`{text}` gives {values}, which is neither true nor false"
        ))
    }

    /// The answer with its places.
    pub(super) fn ask(&self, resource: &Resource, subject: &Subject<'_>) -> Examined<Answer> {
        self.with(resource, subject, |found| {
            let places = found.items().iter();
            let places = places.map(place_of);
            Ok(Answer {
                texts: found.texts(),
                places: places.collect(),
            })
        })
    }

    /// The answer as values of which something is asked.
    pub(super) fn found<T>(
        &self,
        resource: &Resource,
        subject: &Subject<'_>,
        look: impl FnOnce(&Found<'_>) -> Examined<T>,
    ) -> Examined<T> {
        self.with(resource, subject, |found| {
            let place = |at: usize| {
                let place = found.items().get(at).and_then(place_of)?;
                Some(subject.element_place(&place))
            };
            look(&Found {
                texts: found.texts(),
                place: &place,
                among: named(resource),
                incomparable: self.incomparable(found),
            })
        })
    }

    /// A complex element has no text of its own: it would be its place, and two places are not two values.
    fn incomparable(&self, found: &Collection<'_>) -> Option<Finding> {
        let path = found.items().iter().find_map(complex_path)?;
        let (text, path) = (words::shown(self.text()), words::shown(&path));
        let reason = format!("`{text}` gives the complex element {path}: compare its parts");
        Some(Finding::broken(reason))
    }

    /// A part of an expression, asked to explain the whole; `None` where it has no answer of its own.
    pub(super) fn ask_once(
        text: &str,
        resource: &Resource,
        subject: &Subject<'_>,
    ) -> Option<Answer> {
        Self::parse(text).ok()?.ask(resource, subject).ok()
    }

    /// Evaluates, and shows the answer to `look`: it borrows from the body, and cannot leave.
    fn with<T>(
        &self,
        resource: &Resource,
        subject: &Subject<'_>,
        look: impl FnOnce(&Collection<'_>) -> Examined<T>,
    ) -> Examined<T> {
        let answers = Answers(subject.knowledge);
        let variables = self.needs.variables(subject);
        let types: &Definitions = subject.knowledge.definitions();
        let variables = variables.with_types(types).with_services(&answers);
        match self.expression.evaluate(resource, &variables) {
            Ok(found) => look(&found),
            Err(error) => Err(self.refused(&error, subject)),
        }
    }

    /// Whose fault it is that there is no answer.
    fn refused(&self, error: &EvaluationError, subject: &Subject<'_>) -> Finding {
        let text = words::shown(self.text());
        let place = words::body_place(subject.side);
        match error.kind {
            // The author asked for one value, and the body holds several: that is the body's fault.
            EvaluationErrorKind::Mismatch if error.message.contains("must be a single item") => {
                Finding::violates(words::shown(&error.message), place, text)
            }
            EvaluationErrorKind::Mismatch => Finding::broken(format!("`{text}`: {error}")),
            EvaluationErrorKind::Unavailable | EvaluationErrorKind::Limit => {
                Finding::undecidable(format!("`{text}`: {error}"))
            }
        }
    }
}

/// Not so a primitive that has nothing but extensions: it has no value, which is for the body's author to answer for.
fn complex_path(item: &Value<'_>) -> Option<String> {
    let Value::Element(element) = item else {
        return None;
    };
    let is_part = |child: &Element<'_>| child.name() != "extension";
    let is_complex =
        element.resource_type().is_some() || element.children().any(|child| is_part(&child));
    is_complex.then(|| element.path())
}

fn place_of(item: &Value<'_>) -> Option<Place> {
    let Value::Element(element) = item else {
        return None;
    };
    Some(element.place())
}

impl Needs {
    /// Unknown without a reply: `%status`. Empty where the request's body is no resource: `%request`.
    fn variables<'r>(self, subject: &Subject<'r>) -> Variables<'r> {
        let mut variables = Variables::new();
        if self.clock == Need::Mentioned {
            let at = subject.exchange().at.to_string();
            variables = variables.clone().with_clock(&at).unwrap_or(variables);
        }
        if let (Need::Mentioned, Some(reply)) = (self.status, subject.exchange().reply()) {
            let status = Value::Integer(i64::from(reply.status));
            variables = variables.with_values("status", vec![status]);
        }
        if self.request == Need::Mentioned {
            let reading = subject.view.reading(Side::Request);
            let resource = reading.and_then(|reading| reading.resource().ok());
            let root = resource.map(|resource| Value::Element(resource.root()));
            variables = variables.with_values("request", root.into_iter().collect());
        }
        variables
    }
}

/// XML does not tell a boolean from a text: there its letters count.
fn truth(item: &Value<'_>) -> Option<bool> {
    match item {
        Value::Boolean(truth) => Some(*truth),
        Value::Element(element) => match (element.kind(), element.value()) {
            (Kind::Boolean | Kind::Untyped, Some("true")) => Some(true),
            (Kind::Boolean | Kind::Untyped, Some("false")) => Some(false),
            _ => None,
        },
        Value::Integer(_)
        | Value::Long(_)
        | Value::Decimal(_)
        | Value::Text(_)
        | Value::Temporal(_)
        | Value::Quantity(_)
        | Value::Type(_) => None,
    }
}
