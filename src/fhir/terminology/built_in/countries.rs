//! Countries (ISO 3166-1: two letters, three letters, three digits) and the form of their subdivisions (3166-2).

use super::{Look, Property};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::OnceLock;

/// Rows of `alpha-2/alpha-3/numeric`.
const ROWS: &str = include_str!("countries.txt");

fn known() -> &'static BTreeSet<&'static str> {
    static KNOWN: OnceLock<BTreeSet<&'static str>> = OnceLock::new();
    KNOWN.get_or_init(|| {
        ROWS.split(['/', ' ', '\n'])
            .filter(|code| !code.is_empty())
            .collect()
    })
}

/// Whether a two-letter code is a country's.
pub(super) fn is_alpha_2(code: &str) -> bool {
    code.len() == 2 && known().contains(code)
}

/// Whether a code is a country's, of whatever form.
pub(crate) fn is_country(code: &str) -> bool {
    known().contains(code)
}

/// The world, its continents and their parts, as UN M49 numbers them; its economic groupings are not at hand.
const REGIONS: [&str; 32] = [
    "001", "002", "003", "005", "009", "011", "013", "014", "015", "017", "018", "019", "021",
    "029", "030", "034", "035", "039", "053", "054", "057", "061", "142", "143", "145", "150",
    "151", "154", "155", "202", "419", "010",
];

/// Looks at a code of UN M49: a region, or a country's three digits.
pub(super) fn look_region(code: &str) -> Look {
    if code.len() != 3 || !code.bytes().all(|byte| byte.is_ascii_digit()) {
        return Look::Unknown(format!(
            "`{code}` is no code of UN M49, which are three digits"
        ));
    }
    match REGIONS.contains(&code) || is_country(code) {
        true => Look::Known(None),
        false => Look::Undecided,
    }
}

/// `class` tells regions from countries.
pub(super) fn region_property(code: &str, name: &str) -> Property {
    match (name, REGIONS.contains(&code)) {
        ("class", true) => Property::Value("region".to_owned()),
        ("class", false) => Property::Value("country".to_owned()),
        _ => Property::Unknown,
    }
}

/// Looks at a country's code.
pub(super) fn look(code: &str) -> Look {
    if known().contains(code) {
        return Look::Known(None);
    }
    if is_for_users(code) {
        return Look::Undecided;
    }
    Look::Unknown(format!("`{code}` is no country code of ISO 3166-1"))
}

/// Looks at a subdivision such as `GB-ENG`: the country must exist, the rest is not at hand.
pub(super) fn look_subdivision(code: &str) -> Look {
    let malformed = || {
        Look::Unknown(format!(
            "`{code}` has not the form of a subdivision of a country, such as `GB-ENG`"
        ))
    };
    let Some((country, part)) = code.split_once('-') else {
        return malformed();
    };
    let fits = |byte: u8| byte.is_ascii_digit() || byte.is_ascii_uppercase();
    if !(1..=3).contains(&part.len()) || !part.bytes().all(fits) {
        return malformed();
    }
    if is_alpha_2(country) || is_for_users(country) {
        return Look::Undecided;
    }
    Look::Unknown(format!("`{country}` is no country code of ISO 3166-1"))
}

/// Codes that the standard leaves to its users (AA, QM to QZ, XA to XZ, ZZ) or holds in reserve for others.
fn is_for_users(code: &str) -> bool {
    match code.as_bytes() {
        [b'A', b'A'] | [b'Z', b'Z'] => true,
        [b'Q', second] => (b'M'..=b'Z').contains(second),
        [b'X', second] => second.is_ascii_uppercase(),
        _ => matches!(code, "EU" | "UK" | "UN" | "EZ"),
    }
}

/// All codes, the two-letter ones first.
pub(super) fn codes() -> Vec<Cow<'static, str>> {
    let mut codes: Vec<_> = known().iter().copied().collect();
    codes.sort_by_key(|code| {
        (
            code.starts_with(|first: char| first.is_ascii_digit()),
            code.len(),
            *code,
        )
    });
    codes.into_iter().map(Cow::from).collect()
}
