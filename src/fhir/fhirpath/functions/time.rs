//! The clock, which the caller gives, and the parts of points in time.

use super::{Arguments::Expressions, Function, Implementation, Invocation, number_value};
use crate::fhir::fhirpath::decimal::Decimal;
use crate::fhir::fhirpath::evaluate::{EvaluationError, Evaluator, Fault, Outcome};
use crate::fhir::fhirpath::items::Items;
use crate::fhir::fhirpath::system::system_value;
use crate::fhir::fhirpath::temporal::{Precision, Temporal, TemporalKind};
use crate::fhir::fhirpath::value::Value;

const fn row(name: &'static str, doc: &'static str, implementation: Implementation) -> Function {
    Function {
        name,
        arity: (0, 0),
        arguments: Expressions,
        doc,
        implementation,
    }
}

pub(super) const FUNCTIONS: &[Function] = &[
    row(
        "now",
        "the moment of the evaluation",
        |evaluator, invocation| clock(evaluator, &invocation, |now| now),
    ),
    row(
        "today",
        "the date of the evaluation",
        |evaluator, invocation| clock(evaluator, &invocation, Temporal::date),
    ),
    row(
        "timeOfDay",
        "the time of day of the evaluation",
        |evaluator, invocation| clock(evaluator, &invocation, Temporal::time),
    ),
    row("yearOf", "the year of a date", |evaluator, invocation| {
        part(evaluator, &invocation, Precision::Year)
    }),
    row("monthOf", "the month of a date", |evaluator, invocation| {
        part(evaluator, &invocation, Precision::Month)
    }),
    row("dayOf", "the day of a date", |evaluator, invocation| {
        part(evaluator, &invocation, Precision::Day)
    }),
    row("hourOf", "the hour of a time", |evaluator, invocation| {
        part(evaluator, &invocation, Precision::Hour)
    }),
    row(
        "minuteOf",
        "the minute of a time",
        |evaluator, invocation| part(evaluator, &invocation, Precision::Minute),
    ),
    row(
        "secondOf",
        "the second of a time",
        |evaluator, invocation| part(evaluator, &invocation, Precision::Second),
    ),
    row(
        "millisecondOf",
        "the milliseconds of a time",
        |evaluator, invocation| millisecond(evaluator, &invocation),
    ),
    row(
        "timezoneOffsetOf",
        "how many hours east of UTC a date-time is",
        |evaluator, invocation| offset(evaluator, &invocation),
    ),
    row(
        "dateOf",
        "the date of a date-time",
        |evaluator, invocation| cut(evaluator, &invocation, Temporal::date),
    ),
    row(
        "timeOf",
        "the time of day of a date-time",
        |evaluator, invocation| cut(evaluator, &invocation, Temporal::time),
    ),
];

fn clock<'r>(
    evaluator: &Evaluator<'r>,
    invocation: &Invocation<'_, 'r>,
    view: fn(Temporal) -> Temporal,
) -> Outcome<'r> {
    let clock = evaluator.variables.clock;
    let now = clock.or_else(|| evaluator.variables.services.now());
    let now = now.ok_or_else(|| {
        let message = format!(
            "`{}()` needs a clock, and none was given",
            invocation.name()
        );
        EvaluationError::unavailable(invocation.position(), message)
    })?;
    Ok(Items::One(Value::Temporal(view(now))))
}

fn point<'r>(
    evaluator: &Evaluator<'r>,
    invocation: &Invocation<'_, 'r>,
) -> Result<Option<Temporal>, Fault> {
    let Some(item) = invocation.single(evaluator)? else {
        return Ok(None);
    };
    match system_value(evaluator, &item) {
        Some(Value::Temporal(point)) => Ok(Some(point)),
        Some(Value::Text(text)) if item.system_type().is_none() => Ok(Temporal::parse(&text)),
        _ => Err(invocation.error(format!(
            "the input of `{}` must be a date or time",
            invocation.name()
        ))),
    }
}

fn part<'r>(
    evaluator: &Evaluator<'r>,
    invocation: &Invocation<'_, 'r>,
    part: Precision,
) -> Outcome<'r> {
    let Some(point) = point(evaluator, invocation)? else {
        return Ok(Items::Empty);
    };
    let dated = point.kind != TemporalKind::Time;
    if part > point.precision || (part <= Precision::Day && !dated) {
        return Ok(Items::Empty);
    }
    let number = match part {
        Precision::Year => i64::from(point.year),
        Precision::Month => i64::from(point.month),
        Precision::Day => i64::from(point.day),
        Precision::Hour => i64::from(point.hour),
        Precision::Minute => i64::from(point.minute),
        Precision::Second => i64::from(point.second),
    };
    Ok(Items::One(Value::Integer(number)))
}

fn millisecond<'r>(evaluator: &Evaluator<'r>, invocation: &Invocation<'_, 'r>) -> Outcome<'r> {
    let point = point(evaluator, invocation)?;
    let told = point.filter(|point| point.fraction_digits > 0);
    let millisecond = told.map(|point| i64::from(point.nanosecond / 1_000_000));
    Ok(Items::from(millisecond.map(Value::Integer)))
}

fn offset<'r>(evaluator: &Evaluator<'r>, invocation: &Invocation<'_, 'r>) -> Outcome<'r> {
    let minutes = point(evaluator, invocation)?.and_then(|point| point.offset);
    let hours = minutes
        .and_then(|minutes| Decimal::from(i64::from(minutes)).checked_div(Decimal::from(60)));
    Ok(number_value(hours))
}

fn cut<'r>(
    evaluator: &Evaluator<'r>,
    invocation: &Invocation<'_, 'r>,
    view: fn(Temporal) -> Temporal,
) -> Outcome<'r> {
    let point = point(evaluator, invocation)?;
    let needs_time = invocation.name() == "timeOf";
    let whole = point.filter(|point| !needs_time || point.precision >= Precision::Hour);
    Ok(whole
        .map(|point| Value::Temporal(view(point)))
        .into_iter()
        .collect())
}
