//! Least and greatest values, lengths and patterns of texts.

use super::primitive::shown;
use super::run::{At, Run};
use super::{IssueKind, Weight};
use crate::fhir::definitions::{ElementDefinition, Given, extension, number};
use crate::fhir::fhirpath::{CalendarUnit, Decimal, Quantity, Temporal, Unit};
use crate::fhir::tree::{Element, Kind};
use std::borrow::Cow;
use std::cmp::Ordering;

/// The extension of a definition that tells the fewest characters.
pub(super) const MIN_LENGTH: &str = "http://hl7.org/fhir/StructureDefinition/minLength";

/// How two values compare.
enum Compared {
    Ordered(Ordering),
    /// They are of kinds, units or precisions that have no order.
    Never(&'static str),
}

/// Which end of a range a limit is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Least,
    Greatest,
}

impl<'v> Run<'v> {
    /// `minValue`, `maxValue`, `maxLength` and `minLength` of a definition.
    pub(super) fn limits(&mut self, element: Element<'v>, at: &At<'v>) {
        let definition = at.shape.definition(at.node);
        if let Some(least) = &definition.min_value {
            self.limit(element, at, least, End::Least);
        }
        if let Some(greatest) = &definition.max_value {
            self.limit(element, at, greatest, End::Greatest);
        }
        if let Some(value) = element.value() {
            self.lengths(element, at, definition, value);
        }
    }

    fn lengths(
        &mut self,
        element: Element<'v>,
        at: &At<'v>,
        definition: &ElementDefinition,
        value: &'v str,
    ) {
        let length = value.chars().count();
        if let Some(most) = definition.max_length
            && length > most as usize
        {
            self.beyond(element, at, || {
                format!("the text has {length} characters, and may have {most}")
            });
        }
        let least = extension(definition.origin.element(), MIN_LENGTH);
        let least = least.and_then(|found| number(found, "valueInteger"));
        if let Some(least) = least
            && length < least as usize
        {
            self.beyond(element, at, || {
                format!("the text has {length} characters, and must have {least}")
            });
        }
    }

    fn limit(&mut self, element: Element<'v>, at: &At<'v>, limit: &Given, end: End) {
        let wanted = match end {
            End::Least => "at least",
            End::Greatest => "at most",
        };
        let clock = self.validator.options.clock.as_deref();
        match compare(element, limit.element(), clock) {
            Compared::Ordered(Ordering::Less) if end == End::Least => {}
            Compared::Ordered(Ordering::Greater) if end == End::Greatest => {}
            Compared::Ordered(_) => return,
            Compared::Never(why) => {
                let is_quantity = element.child("value").is_some();
                if is_quantity {
                    self.beyond(element, at, || {
                        format!("the amount cannot be compared with its limit: {why}")
                    });
                } else {
                    self.undecided(Weight::Minor, element, || {
                        format!("the value cannot be compared with its limit: {why}")
                    });
                }
                return;
            }
        }
        self.beyond(element, at, || {
            format!(
                "the value is {}, and must be {wanted} {}",
                amount(element),
                amount(limit.element())
            )
        });
    }

    fn beyond(&mut self, element: Element<'v>, at: &At<'v>, message: impl FnOnce() -> String) {
        let issue = self.error(IssueKind::Value, "value", element, message);
        if let Some(issue) = issue {
            issue.profile = Some(at.shape.canonical.clone());
        }
    }
}

/// A plain value, or an amount with its unit, for a message.
fn amount(element: Element<'_>) -> String {
    let part = |name: &str| element.child(name).and_then(Element::value);
    match element.value() {
        Some(value) => format!("`{}`", shown(value)),
        None => {
            let unit = part("code").or_else(|| part("unit")).unwrap_or_default();
            format!("`{} {}`", part("value").unwrap_or_default(), shown(unit))
        }
    }
}

/// The instance's value against the limit.
fn compare(element: Element<'_>, limit: Element<'_>, clock: Option<&str>) -> Compared {
    if let (Some(own), None) = (element.value(), limit.value()) {
        return compare_with_now(own, limit, clock);
    }
    let (Some(own), Some(bound)) = (element.value(), limit.value()) else {
        return compare_amounts(element, limit);
    };
    if limit.kind() == Kind::Number
        || Decimal::parse(bound).is_some() && !bound.contains(':') && Decimal::parse(own).is_some()
    {
        return match (Decimal::parse(own), Decimal::parse(bound)) {
            (Some(own), Some(bound)) => Compared::Ordered(own.cmp(&bound)),
            (_, _) => Compared::Never("one of them is no number"),
        };
    }
    let moment = |text: &str| Temporal::parse(text).or_else(|| Temporal::parse_time(text));
    match (moment(own), moment(bound)) {
        (Some(own), Some(bound)) => match own.compare(bound) {
            Some(order) => Compared::Ordered(order),
            None => Compared::Never("they differ in precision"),
        },
        (_, _) => Compared::Never("one of them is no date or time"),
    }
}

/// A span of time as the limit of a date counts from now.
fn compare_with_now(own: &str, span: Element<'_>, clock: Option<&str>) -> Compared {
    let Some(now) = clock.and_then(Temporal::parse) else {
        return Compared::Never("its limit counts from now, and there is no clock");
    };
    let bound = span_of(span).and_then(|(amount, unit)| now.plus(amount, unit));
    match (Temporal::parse(own), bound) {
        (Some(own), Some(bound)) => match own.compare(bound) {
            Some(order) => Compared::Ordered(order),
            None => Compared::Never("they differ in precision"),
        },
        (_, _) => Compared::Never("the span of its limit is not understood"),
    }
}

/// A UCUM span of time in the units of the calendar.
fn span_of(span: Element<'_>) -> Option<(Decimal, CalendarUnit)> {
    let part = |name: &str| span.child(name).and_then(Element::value);
    let unit = match part("code").or_else(|| part("unit"))? {
        "a" => CalendarUnit::Year,
        "mo" => CalendarUnit::Month,
        "wk" => CalendarUnit::Week,
        "d" => CalendarUnit::Day,
        "h" => CalendarUnit::Hour,
        "min" => CalendarUnit::Minute,
        "s" => CalendarUnit::Second,
        _ => return None,
    };
    Some((Decimal::parse(part("value")?)?, unit))
}

/// Amounts compare in units that measure the same.
fn compare_amounts(element: Element<'_>, limit: Element<'_>) -> Compared {
    let (Some(own), Some(bound)) = (quantity(element), quantity(limit)) else {
        return Compared::Never("no formal units are given");
    };
    match own.compare(&bound) {
        Some(order) => Compared::Ordered(order),
        None => Compared::Never("their units measure different things"),
    }
}

fn quantity(element: Element<'_>) -> Option<Quantity<'_>> {
    let part = |name: &str| element.child(name).and_then(Element::value);
    if part("system") != Some("http://unitsofmeasure.org") {
        return None;
    }
    Some(Quantity {
        value: Decimal::parse(part("value")?)?,
        unit: Unit::Code(Cow::Borrowed(part("code")?)),
    })
}
