//! Codes that carry a check digit: SNOMED CT identifiers (also of dm+d) and LOINC numbers.

use super::Look;

/// SNOMED CT: an identifier of a concept, or an expression made of them.
pub(super) fn snomed(code: &str) -> Look {
    if code.bytes().all(|byte| byte.is_ascii_digit()) {
        return concept_id(code);
    }
    // Postcoordinated expressions join identifiers: `71388002 |Procedure| : 405815000 = 122456005`.
    let starts = expression_ids(code)
        .next()
        .is_some_and(|first| starts_as_expression(code, first));
    if !starts {
        return Look::Unknown(format!(
            "`{code}` is neither a SNOMED CT identifier nor an expression of them"
        ));
    }
    let refused = expression_ids(code).find_map(|id| match concept_id(id) {
        Look::Unknown(why) => Some(why),
        Look::Known(_) | Look::Undecided => None,
    });
    refused.map_or(Look::Undecided, Look::Unknown)
}

/// dm+d: identifiers of SNOMED CT's form.
pub(super) fn dmd(code: &str) -> Look {
    concept_id(code)
}

/// LOINC: `number-digit`, also with the letters of parts (LP), answers (LA), answer lists (LL) and groups (LG), whose
/// digit counts otherwise.
pub(super) fn loinc(code: &str) -> Look {
    let malformed = || Look::Unknown(format!("`{code}` has not the form of a LOINC number"));
    let prefixed = ["LP", "LA", "LL", "LG"]
        .iter()
        .find_map(|prefix| code.strip_prefix(prefix));
    let Some((number, check)) = prefixed.unwrap_or(code).split_once('-') else {
        return malformed();
    };
    let are_digits =
        |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !are_digits(number) || number.len() > 9 || !are_digits(check) || check.len() != 1 {
        return malformed();
    }
    if prefixed.is_some() || check.as_bytes()[0] - b'0' == luhn(number) {
        return Look::Undecided;
    }
    Look::Unknown(format!(
        "`{code}` cannot be a LOINC number: its check digit should be {}",
        luhn(number)
    ))
}

/// 6 to 18 digits, the last one a Verhoeff check digit, the two before it the kind of component: `x0` is a concept.
fn concept_id(id: &str) -> Look {
    let refuse = |why: &str| Look::Unknown(format!("`{id}` cannot be a SNOMED CT concept: {why}"));
    if !id.bytes().all(|byte| byte.is_ascii_digit()) {
        return refuse("an identifier is made of digits");
    }
    if !(6..=18).contains(&id.len()) || id.starts_with('0') {
        return refuse("an identifier has 6 to 18 digits and does not start with 0");
    }
    if !verhoeff_holds(id) {
        return refuse("its check digit is wrong");
    }
    match &id[id.len() - 3..id.len() - 1] {
        "00" | "10" => Look::Undecided,
        _ => refuse(
            "it is the identifier of a description, a relationship or a reference set member",
        ),
    }
}

/// Runs of digits outside of `|names|` and `"texts"` and `#numbers`.
fn expression_ids(code: &str) -> impl Iterator<Item = &str> {
    let outside = code.split('|').step_by(2);
    let unquoted = outside.flat_map(|part| part.split('"').step_by(2));
    unquoted
        .flat_map(|part| {
            part.split(|letter: char| !(letter.is_ascii_digit() || letter == '#' || letter == '.'))
        })
        .filter(|run| !run.is_empty() && run.bytes().all(|byte| byte.is_ascii_digit()))
}

/// An expression starts with a concept, perhaps behind `===`, `<<<` or brackets.
fn starts_as_expression(code: &str, first: &str) -> bool {
    code.trim_start_matches(['=', '<', '(', ' ', '\t', '\n', '\r'])
        .starts_with(first)
}

/// The modulus-10 digit over a LOINC number.
fn luhn(number: &str) -> u8 {
    let doubled = |(place, byte): (usize, u8)| {
        let digit = byte - b'0';
        match place % 2 {
            0 => (digit * 2) / 10 + (digit * 2) % 10,
            _ => digit,
        }
    };
    let sum: u32 = number
        .bytes()
        .rev()
        .enumerate()
        .map(|counted| u32::from(doubled(counted)))
        .sum();
    ((10 - sum % 10) % 10) as u8
}

/// Products in the dihedral group of order ten.
const PRODUCTS: [[u8; 10]; 10] = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    [1, 2, 3, 4, 0, 6, 7, 8, 9, 5],
    [2, 3, 4, 0, 1, 7, 8, 9, 5, 6],
    [3, 4, 0, 1, 2, 8, 9, 5, 6, 7],
    [4, 0, 1, 2, 3, 9, 5, 6, 7, 8],
    [5, 9, 8, 7, 6, 0, 4, 3, 2, 1],
    [6, 5, 9, 8, 7, 1, 0, 4, 3, 2],
    [7, 6, 5, 9, 8, 2, 1, 0, 4, 3],
    [8, 7, 6, 5, 9, 3, 2, 1, 0, 4],
    [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
];

/// What a digit becomes at each place (the pattern repeats after eight).
const PERMUTATIONS: [[u8; 10]; 8] = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    [1, 5, 7, 6, 2, 8, 3, 0, 9, 4],
    [5, 8, 0, 3, 7, 9, 6, 1, 4, 2],
    [8, 9, 1, 6, 0, 4, 3, 5, 2, 7],
    [9, 4, 5, 3, 1, 2, 6, 8, 7, 0],
    [4, 2, 8, 6, 5, 7, 3, 9, 0, 1],
    [2, 7, 9, 3, 8, 0, 6, 4, 1, 5],
    [7, 0, 4, 6, 9, 1, 3, 2, 5, 8],
];

fn verhoeff_holds(digits: &str) -> bool {
    let mut check = 0;
    for (place, byte) in digits.bytes().rev().enumerate() {
        let permuted = PERMUTATIONS[place % 8][usize::from(byte - b'0')];
        check = PRODUCTS[check as usize][usize::from(permuted)];
    }
    check == 0
}

#[cfg(test)]
mod tests {
    use super::{Look, loinc, snomed};

    fn is_possible(look: &Look) -> bool {
        matches!(look, Look::Undecided)
    }

    #[test]
    fn check_digits_tell_a_mistyped_code() {
        for code in [
            "73211009",
            "404684003",
            "900000000000207008",
            "71388002 |Procedure| : 405815000 = 122456005 |Laser 12|",
            "=== 46866001 + 428794004",
        ] {
            assert!(is_possible(&snomed(code)), "{code}");
        }
        for code in [
            "73211008",
            "12345",
            "",
            "abc",
            "0123456",
            "73211009 : 73211008 = 1",
            "x 73211009",
        ] {
            assert!(!is_possible(&snomed(code)), "{code}");
        }
        for code in ["8867-4", "29463-7", "LA6576-8", "LL715-4", "LP14542-8"] {
            assert!(is_possible(&loinc(code)), "{code}");
        }
        for code in ["8867-5", "8867", "", "-", "LA-", "8867-44", "８８６７-4"] {
            assert!(!is_possible(&loinc(code)), "{code}");
        }
    }
}
