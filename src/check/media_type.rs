//! Media types, compared as RFC 9110 (8.3.1) does: case-insensitively, parameters in any order.

/// A media type, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct MediaType {
    /// `type/subtype`, lower case.
    pub(super) essence: String,
    /// Name and value, both lower case: of those that people name (charset, fhirVersion), none is case-sensitive.
    parameters: Vec<(String, String)>,
}

impl MediaType {
    /// Takes a header's value apart; `None` where it is no media type.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = split_outside_quotes(text).into_iter();
        let essence = parts.next()?.trim().to_ascii_lowercase();
        let (kind, subtype) = essence.split_once('/')?;
        if !is_token(kind) || !is_token(subtype) {
            return None;
        }
        let parameters = parts.filter_map(|part| {
            let (name, value) = part.split_once('=')?;
            let value = value.trim().trim_matches('"').to_ascii_lowercase();
            Some((name.trim().to_ascii_lowercase(), value))
        });
        let parameters = parameters.collect();
        Some(Self {
            essence,
            parameters,
        })
    }

    /// The first parameter of `self` that `other` lacks or has otherwise.
    pub(super) fn unmet_by<'a>(&'a self, other: &Self) -> Option<&'a (String, String)> {
        self.parameters
            .iter()
            .find(|parameter| !other.parameters.contains(parameter))
    }
}

/// A parameter's quoted value may hold semicolons.
fn split_outside_quotes(text: &str) -> Vec<&str> {
    let mut quoted = false;
    let mut escaped = false;
    text.split(|character| {
        let is_escaped = std::mem::take(&mut escaped);
        match character {
            '"' if !is_escaped => quoted = !quoted,
            '\\' if quoted && !is_escaped => escaped = true,
            _ => {}
        }
        character == ';' && !quoted
    })
    .collect()
}

/// RFC 9110, 5.6.2.
fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_types_are_taken_apart() {
        let parsed =
            MediaType::parse("Application/FHIR+JSON ; Charset=\"UTF-8\"; x=\"a;b\"").unwrap();
        assert_eq!(parsed.essence, "application/fhir+json");
        assert_eq!(parsed.parameters[1], ("x".into(), "a;b".into()));
        let plain = MediaType::parse("application/fhir+json;charset=utf-8").unwrap();
        assert_eq!(plain.unmet_by(&parsed), None);
        assert_eq!(
            parsed.unmet_by(&plain).map(|(name, _)| name.as_str()),
            Some("x")
        );
        for text in ["", "json", "a/", "/b", "a b/c", "a/b, c/d", "é/x"] {
            assert_eq!(MediaType::parse(text), None, "{text}");
        }
    }
}
