//! Whether the values of a resource are what a search wants: one function for each kind of parameter.

use super::fold::fold;
use super::path::Path;
use super::value::{Decimal, Prefix, Wanted};
use crate::serve::fhir_r4::json::Json;
use crate::serve::fhir_r4::moment::{Span, span};

/// How a string is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextRule {
    /// From the start, without case and accents.
    Start,
    /// Anywhere, without case and accents.
    Anywhere,
    /// Letter by letter, in full.
    Exact,
}

/// The texts that a string search looks at: the value itself, or the parts of a name or an address.
pub fn texts<'a>(path: &Path, value: &'a Json) -> Vec<&'a str> {
    let parts: &[&str] = match path.kind {
        "HumanName" => &["text", "family", "given", "prefix", "suffix"],
        "Address" => &[
            "text",
            "line",
            "city",
            "district",
            "state",
            "postalCode",
            "country",
        ],
        _ => return value.as_text().into_iter().collect(),
    };
    parts
        .iter()
        .flat_map(|part| value.each(part))
        .filter_map(Json::as_text)
        .collect()
}

/// Compares a text.
pub fn text_fits(rule: TextRule, wanted: &str, text: &str) -> bool {
    match rule {
        TextRule::Start => fold(text).starts_with(&fold(wanted)),
        TextRule::Anywhere => fold(text).contains(&fold(wanted)),
        TextRule::Exact => text == wanted,
    }
}

/// The tokens of a value: system (where there is one) and code.
pub fn tokens<'a>(path: &Path, value: &'a Json) -> Vec<(Option<&'a str>, &'a str)> {
    let pair =
        |value: &'a Json, code: &str| value.text(code).map(|code| (value.text("system"), code));
    match path.kind {
        "Coding" => pair(value, "code").into_iter().collect(),
        "CodeableConcept" => value
            .each("coding")
            .iter()
            .filter_map(|coding| pair(coding, "code"))
            .collect(),
        "Identifier" | "ContactPoint" => pair(value, "value").into_iter().collect(),
        _ => value
            .scalar()
            .map(|code| (path.system, code))
            .into_iter()
            .collect(),
    }
}

/// Compares a token. A bare code has no system of its own, so `|code` finds it, too.
pub fn token_fits(path: &Path, wanted: &Wanted, (system, code): (Option<&str>, &str)) -> bool {
    let Wanted::Token(wanted_system, wanted_code) = wanted else {
        return false;
    };
    let implied = system.is_some() && system == path.system;
    let system_fits = match wanted_system.as_deref() {
        None => true,
        Some("") => system.is_none() || implied,
        Some(wanted) => system == Some(wanted),
    };
    system_fits && wanted_code.as_deref().is_none_or(|wanted| wanted == code)
}

/// The words beside a code: what `:text` looks at.
pub fn token_texts(value: &Json) -> Vec<&str> {
    let displays = value
        .each("coding")
        .iter()
        .filter_map(|coding| coding.text("display"));
    let own = ["text", "display"]
        .iter()
        .filter_map(|name| value.text(name));
    own.chain(value.get("type").and_then(|kind| kind.text("text")))
        .chain(displays)
        .collect()
}

/// The spans of a value of a date type.
pub fn spans(path: &Path, value: &Json) -> Vec<Span> {
    match path.kind {
        "date" | "dateTime" | "instant" => value
            .as_text()
            .and_then(span)
            .map(|(span, _)| span)
            .into_iter()
            .collect(),
        "Period" => period(value).into_iter().collect(),
        "Timing" => {
            let events = value
                .each("event")
                .iter()
                .filter_map(Json::as_text)
                .filter_map(span)
                .map(|(span, _)| span);
            let bounds = value
                .get("repeat")
                .and_then(|repeat| repeat.get("boundsPeriod"))
                .and_then(period);
            events.chain(bounds).collect()
        }
        _ => Vec::new(),
    }
}

/// Compares a span by the range rules of the date prefixes; approximately is overlapping, give or take a tenth of the
/// distance from now.
pub fn span_fits(prefix: Prefix, wanted: Span, found: Span, now: i64) -> bool {
    match prefix {
        Prefix::Eq => wanted.contains(found),
        Prefix::Ne => !wanted.contains(found),
        Prefix::Gt => found.high > wanted.high,
        Prefix::Lt => found.low < wanted.low,
        Prefix::Ge => found.high > wanted.high || wanted.contains(found),
        Prefix::Le => found.low < wanted.low || wanted.contains(found),
        Prefix::Sa => found.low >= wanted.high,
        Prefix::Eb => found.high <= wanted.low,
        Prefix::Ap => {
            let slack = now.saturating_sub(wanted.low).saturating_abs() / 10;
            let wide = Span {
                low: wanted.low.saturating_sub(slack),
                high: wanted.high.saturating_add(slack),
            };
            wide.overlaps(found)
        }
    }
}

/// The least and the greatest number that a value of a number or quantity type stands for.
pub fn interval(path: &Path, value: &Json) -> Option<(f64, f64)> {
    let number = |value: &Json| value.scalar().and_then(|text| text.parse::<f64>().ok());
    let amount = |value: &Json| value.get("value").and_then(number);
    match path.kind {
        "Range" => {
            let (low, high) = (
                value.get("low").and_then(amount),
                value.get("high").and_then(amount),
            );
            (low.is_some() || high.is_some()).then(|| {
                (
                    low.unwrap_or(f64::NEG_INFINITY),
                    high.unwrap_or(f64::INFINITY),
                )
            })
        }
        "decimal" | "integer" | "positiveInt" | "unsignedInt" => {
            number(value).map(|number| (number, number))
        }
        _ => amount(value).map(|number| (number, number)),
    }
}

/// Compares a number by the rules of the prefixes.
pub fn number_fits(prefix: Prefix, wanted: Decimal, (least, greatest): (f64, f64)) -> bool {
    // The bounds are sums of binary fractions: a hair of slack keeps 0.15 inside what rounds to 0.2.
    let hair = wanted.half * 1e-9;
    let near =
        |half: f64| least >= wanted.exact - half - hair && greatest < wanted.exact + half - hair;
    match prefix {
        Prefix::Eq => near(wanted.half),
        Prefix::Ne => !near(wanted.half),
        Prefix::Gt => greatest > wanted.exact,
        Prefix::Lt => least < wanted.exact,
        Prefix::Ge => greatest >= wanted.exact,
        Prefix::Le => least <= wanted.exact,
        Prefix::Sa => least > wanted.exact,
        Prefix::Eb => greatest < wanted.exact,
        Prefix::Ap => near(wanted.half.max(wanted.exact.abs() * 0.1)),
    }
}

/// Whether a quantity has the wanted unit: system and code, or code or unit where no system is given.
pub fn unit_fits(value: &Json, system: Option<&str>, code: Option<&str>) -> bool {
    let code_fits = |wanted| {
        value.text("code") == Some(wanted)
            || (system.is_none() && value.text("unit") == Some(wanted))
    };
    system.is_none_or(|wanted| value.text("system") == Some(wanted)) && code.is_none_or(code_fits)
}

/// The literal reference of a value, without a version; a canonical is its own text.
pub fn reference_of<'a>(value: &'a Json, base: &str) -> Option<&'a str> {
    let text = value.as_text().or_else(|| value.text("reference"))?;
    Some(local(text, base).split("/_history/").next().unwrap_or(text))
}

/// A reference relative to the base, if it lies below it.
pub fn local<'a>(reference: &'a str, base: &str) -> &'a str {
    reference
        .strip_prefix(base)
        .and_then(|rest| rest.strip_prefix('/'))
        .unwrap_or(reference)
}

fn period(value: &Json) -> Option<Span> {
    let end = |name| value.text(name).and_then(span).map(|(span, _)| span);
    if !value.is_object() {
        return None;
    }
    let low = end("start").map_or(Span::ALWAYS.low, |span| span.low);
    Some(Span {
        low,
        high: end("end").map_or(Span::ALWAYS.high, |span| span.high),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(prefix: Prefix, wanted: &str, found: &str) -> bool {
        span_fits(prefix, span(wanted).unwrap().0, span(found).unwrap().0, 0)
    }

    #[test]
    fn the_range_rules_of_dates() {
        for (prefix, wanted, found, truth) in [
            (Prefix::Ge, "1980", "1980-01-01", true),
            (Prefix::Ge, "1980", "1980-12-31", true),
            (Prefix::Ge, "1980", "1979-12-31", false),
            (Prefix::Le, "1980", "1980-12-31", true),
            (Prefix::Le, "1980", "1980-06", true),
            (Prefix::Le, "1980", "1981-01-01", false),
            (Prefix::Gt, "1980", "1980-06-01", false),
            (Prefix::Gt, "1980", "1981-01-01", true),
            (Prefix::Gt, "1980-06", "1980", true),
            (Prefix::Lt, "1981-01-01", "1980-12-31", true),
            (Prefix::Lt, "1980", "1980-06-01", false),
            (Prefix::Eq, "1980", "1980-06-01", true),
            (Prefix::Eq, "1980-06-01", "1980", false),
            (Prefix::Ne, "1980-06-01", "1980", true),
            (Prefix::Sa, "1980", "1981-01-01", true),
            (Prefix::Sa, "1980", "1980-12-31", false),
            (Prefix::Eb, "1980", "1979", true),
            (Prefix::Ge, "1980-03-01", "1980-03-01T00:00:00Z", true),
            (Prefix::Le, "1980-03", "1980-03-31T23:59:59Z", true),
        ] {
            assert_eq!(
                fits(prefix, wanted, found),
                truth,
                "{prefix:?}{wanted} {found}"
            );
        }
    }

    #[test]
    fn an_open_period_never_ends() {
        let open = period(&Json::object([("start", "2020".into())])).unwrap();
        assert!(span_fits(Prefix::Gt, span("2999").unwrap().0, open, 0));
        assert!(!span_fits(Prefix::Eq, span("2020").unwrap().0, open, 0));
    }

    #[test]
    fn numbers_have_a_precision() {
        let wanted = Decimal {
            exact: 5.4,
            half: 0.05,
        };
        assert!(number_fits(Prefix::Eq, wanted, (5.36, 5.36)));
        assert!(!number_fits(Prefix::Eq, wanted, (5.46, 5.46)));
        assert!(number_fits(Prefix::Ge, wanted, (5.4, 5.4)));
        assert!(!number_fits(Prefix::Gt, wanted, (5.4, 5.4)));
    }
}
