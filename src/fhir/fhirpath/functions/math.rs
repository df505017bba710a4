//! Functions on numbers. What has no real result is empty.

use super::{Arguments::Expressions, Function, Implementation, Invocation, number_value};
use crate::fhir::fhirpath::decimal::Decimal;
use crate::fhir::fhirpath::evaluate::{Evaluator, Fault, Outcome};
use crate::fhir::fhirpath::items::Items;
use crate::fhir::fhirpath::system::{as_decimal, system_value};
use crate::fhir::fhirpath::value::Value;

const fn row(
    name: &'static str,
    arity: (usize, usize),
    doc: &'static str,
    implementation: Implementation,
) -> Function {
    Function {
        name,
        arity,
        arguments: Expressions,
        doc,
        implementation,
    }
}

pub(super) const FUNCTIONS: &[Function] = &[
    row("abs", (0, 0), "the number without its sign", abs),
    row(
        "ceiling",
        (0, 0),
        "the next whole number upwards",
        |evaluator, invocation| whole(evaluator, &invocation, |number| number.ceiling_at(0)),
    ),
    row(
        "floor",
        (0, 0),
        "the next whole number downwards",
        |evaluator, invocation| whole(evaluator, &invocation, |number| number.floor_at(0)),
    ),
    row(
        "truncate",
        (0, 0),
        "the number without its fraction",
        |evaluator, invocation| whole(evaluator, &invocation, |number| number.truncated(0)),
    ),
    row(
        "round",
        (0, 1),
        "the number rounded to so many places",
        round,
    ),
    row(
        "exp",
        (0, 0),
        "e to the power of the number",
        |evaluator, invocation| real(evaluator, &invocation, f64::exp),
    ),
    row(
        "ln",
        (0, 0),
        "the natural logarithm",
        |evaluator, invocation| real(evaluator, &invocation, f64::ln),
    ),
    row(
        "sqrt",
        (0, 0),
        "the square root",
        |evaluator, invocation| real(evaluator, &invocation, f64::sqrt),
    ),
    row("log", (1, 1), "the logarithm to a base", log),
    row("power", (1, 1), "the number to a power", power),
];

fn number<'r>(
    evaluator: &Evaluator<'r>,
    invocation: &Invocation<'_, 'r>,
) -> Result<Option<Value<'r>>, Fault> {
    let Some(item) = invocation.single(evaluator)? else {
        return Ok(None);
    };
    match system_value(evaluator, &item) {
        Some(
            value @ (Value::Integer(_) | Value::Long(_) | Value::Decimal(_) | Value::Quantity(_)),
        ) => Ok(Some(value)),
        Some(Value::Text(text))
            if item.system_type().is_none() && Decimal::parse(&text).is_some() =>
        {
            Ok(Decimal::parse(&text).map(Value::Decimal))
        }
        _ => Err(invocation.error(format!(
            "the input of `{}` must be a number",
            invocation.name()
        ))),
    }
}

fn decimal<'r>(
    evaluator: &Evaluator<'r>,
    invocation: &Invocation<'_, 'r>,
) -> Result<Option<Decimal>, Fault> {
    Ok(number(evaluator, invocation)?.and_then(|value| {
        let Value::Quantity(quantity) = value else {
            return as_decimal(&value);
        };
        Some(quantity.value)
    }))
}

fn argument<'r>(
    evaluator: &mut Evaluator<'r>,
    invocation: &Invocation<'_, 'r>,
) -> Result<Option<Decimal>, Fault> {
    let items = invocation.items(evaluator, 0)?;
    let Some(item) = evaluator.single(&items, "the argument", invocation.position())? else {
        return Ok(None);
    };
    let value = system_value(evaluator, item).and_then(|value| as_decimal(&value));
    value.map(Some).ok_or_else(|| {
        invocation.error(format!(
            "the argument of `{}` must be a number",
            invocation.name()
        ))
    })
}

fn abs<'r>(evaluator: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    let positive = |number: Decimal| {
        if number.is_negative() {
            number.negated()
        } else {
            number
        }
    };
    let Some(value) = number(evaluator, &invocation)? else {
        return Ok(Items::Empty);
    };
    if let Value::Integer(number) = value {
        return Ok(number
            .checked_abs()
            .map(Value::Integer)
            .into_iter()
            .collect());
    }
    if let Value::Long(number) = value {
        return Ok(Items::from(number.checked_abs().map(Value::Long)));
    }
    if let Value::Quantity(quantity) = value {
        let amount = positive(quantity.value);
        return Ok(Items::One(Value::Quantity(Box::new(
            quantity.with_value(amount),
        ))));
    }
    Ok(number_value(as_decimal(&value).map(positive)))
}

fn whole<'r>(
    evaluator: &Evaluator<'r>,
    invocation: &Invocation<'_, 'r>,
    cut: fn(Decimal) -> Decimal,
) -> Outcome<'r> {
    let number = decimal(evaluator, invocation)?;
    Ok(number
        .and_then(|number| cut(number).to_integer())
        .map(Value::Integer)
        .into_iter()
        .collect())
}

fn round<'r>(evaluator: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    let places = invocation.integer(evaluator, 0)?.unwrap_or(0);
    let Ok(places) = u32::try_from(places) else {
        return Err(invocation.error("a number cannot be rounded to less than no places"));
    };
    Ok(number_value(
        decimal(evaluator, &invocation)?.map(|number| number.rounded(places)),
    ))
}

fn real<'r>(
    evaluator: &Evaluator<'r>,
    invocation: &Invocation<'_, 'r>,
    function: fn(f64) -> f64,
) -> Outcome<'r> {
    let number = decimal(evaluator, invocation)?;
    Ok(number_value(number.and_then(|number| {
        Decimal::from_f64(function(number.to_f64()))
    })))
}

fn log<'r>(evaluator: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    let (Some(number), Some(base)) = (
        decimal(evaluator, &invocation)?,
        argument(evaluator, &invocation)?,
    ) else {
        return Ok(Items::Empty);
    };
    let result = number.to_f64().ln() / base.to_f64().ln();
    // Twelve places hide what binary fractions add: log base 10 of 1000 is 3.
    Ok(number_value(
        Decimal::from_f64(result).map(|result| result.rounded(12).trimmed()),
    ))
}

fn power<'r>(evaluator: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    let (Some(base), Some(exponent)) = (
        number(evaluator, &invocation)?,
        argument(evaluator, &invocation)?,
    ) else {
        return Ok(Items::Empty);
    };
    if let (Value::Integer(base), Some(exponent)) = (
        &base,
        exponent
            .to_integer()
            .and_then(|exponent| u32::try_from(exponent).ok()),
    ) && let Some(result) = base.checked_pow(exponent)
    {
        return Ok(Items::One(Value::Integer(result)));
    }
    let base = as_decimal(&base).unwrap_or(Decimal::ZERO);
    let exact = exponent
        .to_integer()
        .and_then(|exponent| u32::try_from(exponent).ok())
        .filter(|exponent| *exponent <= 64);
    let exact = exact.and_then(|exponent| {
        (0..exponent).try_fold(Decimal::ONE, |product, _| product.checked_mul(base))
    });
    Ok(number_value(exact.or_else(|| {
        Decimal::from_f64(base.to_f64().powf(exponent.to_f64()))
    })))
}
