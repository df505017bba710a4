//! The paths of discriminators: a small part of FHIRPath, followed in definitions and in instances.

use crate::fhir::tree::Element;

/// One step of a discriminator's path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Hop {
    /// A child; a choice by its name without type.
    Child(Box<str>),
    /// `extension('url')`.
    Extension(Box<str>),
    /// `resolve()`.
    Resolve,
    /// `ofType(X)`.
    OfType(Box<str>),
}

/// Reads a path; an error tells what is not understood.
pub(super) fn parse(path: &str) -> Result<Vec<Hop>, String> {
    let mut hops = Vec::new();
    for part in split(path) {
        let part = part.trim();
        if part == "$this" || part.is_empty() {
            continue;
        }
        hops.push(hop(part).ok_or_else(|| format!("`{path}` is no path of a discriminator"))?);
    }
    Ok(hops)
}

fn hop(part: &str) -> Option<Hop> {
    let argument = |name: &str| {
        let rest = part
            .strip_prefix(name)?
            .strip_prefix('(')?
            .strip_suffix(')')?;
        Some(rest.trim().trim_matches(['\'', '"', '`']))
    };
    if let Some(url) = argument("extension") {
        return Some(Hop::Extension(url.into()));
    }
    if part == "resolve()" {
        return Some(Hop::Resolve);
    }
    if let Some(name) = argument("ofType").or_else(|| argument("as")) {
        return Some(Hop::OfType(name.trim_start_matches("FHIR.").into()));
    }
    let plain = part.trim_matches('`').trim_end_matches("[x]");
    let fine = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
    (!plain.is_empty() && plain.chars().all(fine)).then(|| Hop::Child(plain.into()))
}

/// Splits at dots outside of quotes and brackets.
fn split(path: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut depth, mut quoted) = (0, 0_u32, false);
    for (at, letter) in path.char_indices() {
        match letter {
            '\'' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth = depth.saturating_sub(1),
            '.' if !quoted && depth == 0 => {
                parts.push(&path[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&path[start..]);
    parts
}

/// Whether a name on the wire is the child, or a typed spelling of it.
pub(super) fn is_named(wire: &str, name: &str) -> bool {
    match wire.strip_prefix(name) {
        Some("") => true,
        Some(rest) => {
            rest.starts_with(|letter: char| letter.is_ascii_uppercase())
                && crate::fhir::types::choice_type(name, rest).is_some()
        }
        None => false,
    }
}

/// The children of elements along a step that does not leave the resource.
pub(super) fn step<'r>(elements: &[Element<'r>], hop: &Hop) -> Vec<Element<'r>> {
    let mut found = Vec::new();
    for element in elements {
        match hop {
            Hop::Child(name) => {
                found.extend(
                    element
                        .children()
                        .filter(|child| is_named(child.name(), name)),
                );
            }
            Hop::Extension(url) => found.extend(element.children().filter(|child| {
                child.name() == "extension"
                    && child.child("url").and_then(Element::value) == Some(url)
            })),
            Hop::OfType(name) => {
                let is_type = element.resource_type() == Some(name)
                    || element
                        .choice()
                        .is_some_and(|(_, type_name)| *type_name == **name);
                found.extend(is_type.then_some(*element));
            }
            Hop::Resolve => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{Hop, parse};

    #[test]
    fn paths_of_discriminators() {
        let child = |name: &str| Hop::Child(name.into());
        assert_eq!(parse("$this"), Ok(vec![]));
        assert_eq!(
            parse("code.coding.code"),
            Ok(vec![child("code"), child("coding"), child("code")])
        );
        assert_eq!(
            parse("extension('http://a.b/c').value"),
            Ok(vec![Hop::Extension("http://a.b/c".into()), child("value")])
        );
        assert_eq!(
            parse("entry.resolve().ofType(Patient)"),
            Ok(vec![
                child("entry"),
                Hop::Resolve,
                Hop::OfType("Patient".into())
            ])
        );
        assert!(parse("a + b").is_err());
    }
}
