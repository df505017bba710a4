//! UCUM: unit expressions, what they measure, and conversion between them.
//!
//! The codes, values and dimensions of the units are UCUM's (© Regenstrief Institute, Inc. and the UCUM organization;
//! all rights reserved, free to use under the UCUM licence: <https://ucum.org/license>), version 2.2, as facts in
//! `units.txt`: one unit a line with its code, whether it takes prefixes, its kind, and its value in other units.
//!
//! ```
//! use plugfest::fhir::Decimal;
//! use plugfest::fhir::terminology::ucum::{Unit, convert};
//!
//! let (gram, pound) = (Unit::parse("g")?, Unit::parse("[lb_av]")?);
//! let weight = Decimal::parse("2").and_then(|pounds| convert(pounds, &pound, &gram));
//! assert_eq!(weight.map(|grams| grams.to_string()).as_deref(), Some("907.18474"));
//! # Ok::<(), String>(())
//! ```

mod measure;
mod parse;
mod ratio;
mod table;

pub use measure::{Unit, compare, convert};

use super::built_in::{Look, Property};

/// The address of the system.
pub const SYSTEM: &str = "http://unitsofmeasure.org";

/// Looks at one unit expression.
pub(super) fn look(code: &str) -> Look {
    match Unit::parse(code) {
        Ok(_) => Look::Known(None),
        Err(why) => Look::Unknown(format!("`{code}` is no unit of UCUM: {why}")),
    }
}

/// `canonical` is the unit in base units, as value sets filter by it.
pub(super) fn property(code: &str, name: &str) -> Property {
    match (name, Unit::parse(code)) {
        ("canonical", Ok(unit)) => Property::Value(unit.canonical()),
        _ => Property::Unknown,
    }
}

/// What is asked for as `canonical` is a unit itself, and not always written in base units.
pub(super) fn normal(name: &str, value: &str) -> String {
    match (name, Unit::parse(value)) {
        ("canonical", Ok(unit)) => unit.canonical(),
        _ => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Unit, compare, convert};
    use crate::fhir::Decimal;
    use proptest::prelude::*;
    use std::cmp::Ordering;

    fn unit(code: &str) -> Unit {
        Unit::parse(code).unwrap_or_else(|why| panic!("{code}: {why}"))
    }

    fn converted(value: &str, from: &str, to: &str) -> Option<String> {
        let value = Decimal::parse(value).expect(value);
        convert(value, &unit(from), &unit(to)).map(|found| found.to_string())
    }

    #[test]
    fn expressions_are_read_by_the_grammar() {
        for good in [
            "mg",
            "mg/dL",
            "mm[Hg]",
            "10*3/uL",
            "10*-6",
            "10^9/L",
            "/min",
            "{score}",
            "kg/m2",
            "m2",
            "m-2",
            "[degF]",
            "Cel",
            "umol/L{blood}",
            "(g.m)/s2",
            "%",
            "1",
            "/{tot}",
            "[in_i'H2O]",
            "B[10.nV]",
            "g/(8.h)",
            "{a}{b}",
            "U/L",
            "[iU]/mL",
            "k[iU]/L",
            "mol/kg/s",
            "10",
            "daL",
            "cd",
            "[m/s2/Hz^(1/2)]",
            "mL/min/{1.73_m2}",
            "m[H2O]",
            "ng/mL/h",
            "s/{control}",
            "meq/L",
            "m+2",
        ] {
            assert!(
                Unit::parse(good).is_ok(),
                "{good}: {:?}",
                Unit::parse(good).err()
            );
        }
        for bad in [
            "", "KG", "mgs", "kilogram", "mg dL", "mg//dL", "mg/", "(mg", "mg)", "{open", "m2m",
            "21612-7", "5 mg", "kmin", "foo", "m[", "[lb]", "mg/dL ", "°C", "μg", "{a}b", "k",
            "dda", "[in_i", "m--2", "{ü}", "bpm",
        ] {
            assert!(Unit::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn conversions_are_exact_where_they_can_be() {
        for (value, from, to, expected) in [
            ("1", "[in_i]", "cm", "2.54"),
            ("2", "kg", "g", "2000"),
            ("5.4", "mg/dL", "g/L", "0.054"),
            ("120", "mm[Hg]", "kPa", "15.99864"),
            ("37", "Cel", "K", "310.15"),
            ("98.6", "[degF]", "Cel", "37"),
            ("1", "d", "h", "24"),
            ("1", "[lb_av]", "g", "453.59237"),
            ("3", "10*3/uL", "10*9/L", "3"),
        ] {
            let found = converted(value, from, to);
            let found = found.as_deref().and_then(Decimal::parse);
            assert_eq!(found, Decimal::parse(expected), "{value} {from} in {to}");
        }
        assert_eq!(converted("1", "mg", "mL"), None);
        assert_eq!(converted("1", "[iU]", "[arb'U]"), None);
        assert_eq!(
            converted("1", "[iU]/L", "[IU]/mL").as_deref(),
            Some("0.001")
        );
    }

    #[test]
    fn amounts_compare_across_units() {
        let order = |left: &str, unit_of_left: &str, right: &str, unit_of_right: &str| {
            let [left, right] = [left, right].map(|text| Decimal::parse(text).expect(text));
            compare(left, &unit(unit_of_left), right, &unit(unit_of_right))
        };
        assert_eq!(order("1", "m", "100", "cm"), Some(Ordering::Equal));
        assert_eq!(order("1", "g", "1", "kg"), Some(Ordering::Less));
        assert_eq!(order("40", "Cel", "100", "[degF]"), Some(Ordering::Greater));
        assert_eq!(
            order("1", "[deg]".trim_matches(['[', ']']), "1", "rad"),
            Some(Ordering::Less)
        );
        assert_eq!(order("1", "m", "1", "s"), None);
    }

    proptest! {
        #[test]
        fn nothing_that_is_written_panics(code in "[a-zA-Z0-9.*^/(){}\\[\\]%'_+-]{0,40}") {
            if let Ok(unit) = Unit::parse(&code) {
                prop_assert!(unit.is_comparable(&unit));
                let _ = convert(Decimal::ONE, &unit, &unit);
            }
        }
    }
}
