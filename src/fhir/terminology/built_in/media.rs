//! Media types (BCP 13): `type/subtype`, with parameters.

use super::Look;

/// Looks at one media type.
pub(super) fn look(code: &str) -> Look {
    // FHIR itself allows these three short names where it asks for formats (CapabilityStatement.format).
    if matches!(code, "json" | "xml" | "ttl") || is_media_type(code) {
        return Look::Known(None);
    }
    Look::Unknown(format!(
        "`{code}` is no media type of the form `type/subtype`"
    ))
}

fn is_media_type(code: &str) -> bool {
    let (essence, parameters) = match code.split_once(';') {
        Some((essence, parameters)) => (essence.trim_end(), Some(parameters)),
        None => (code, None),
    };
    let Some((kind, subtype)) = essence.split_once('/') else {
        return false;
    };
    is_name(kind) && is_name(subtype) && parameters.is_none_or(are_parameters)
}

/// RFC 6838: letters, digits and a few signs, at most 127 characters. `*` stands for any in what is accepted.
fn is_name(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$&-^_.+*".contains(&byte);
    (1..=127).contains(&text.len()) && text.bytes().all(fits)
}

/// `name=value` or `name="value"`, joined by semicolons; a quoted value may hold them.
fn are_parameters(text: &str) -> bool {
    let mut rest = text.trim();
    while !rest.is_empty() {
        let Some((name, value)) = rest.split_once('=') else {
            return false;
        };
        let Some(after) = after_value(value) else {
            return false;
        };
        if !is_name(name.trim()) {
            return false;
        }
        rest = match after.trim_start() {
            "" => "",
            more => match more.strip_prefix(';') {
                Some(more) => more.trim_start(),
                None => return false,
            },
        };
    }
    true
}

/// What follows a parameter's value.
fn after_value(value: &str) -> Option<&str> {
    if let Some(quoted) = value.strip_prefix('"') {
        return quoted.split_once('"').map(|(_, rest)| rest);
    }
    // Unquoted values should have no blanks, but many write them (`variant=DICOM STOW-RS`), and the type is clear all the same.
    let end = value.find(';').unwrap_or(value.len());
    let token = value[..end].trim();
    let fits = |byte: u8| (byte.is_ascii_graphic() || byte == b' ') && byte != b'"';
    (!token.is_empty() && token.bytes().all(fits)).then_some(&value[end..])
}

#[cfg(test)]
mod tests {
    use super::is_media_type;

    #[test]
    fn types_have_a_subtype_and_well_formed_parameters() {
        for good in [
            "image/jpeg",
            "application/fhir+json",
            "text/plain;charset=UTF-8",
            "application/fhir+xml; fhirVersion=4.0",
            "multipart/related; type=\"application/dicom+json\"; boundary=a",
            "text/cql",
            "application/dicom; variant=DICOM STOW-RS",
            "application/hl7-v3+xml",
        ] {
            assert!(is_media_type(good), "{good}");
        }
        for bad in [
            "image",
            "",
            "/",
            "image/",
            "a b/c",
            "[%payloadFormat%]",
            "text/plain; charset",
            "text/plain;a=\"b",
        ] {
            assert!(!is_media_type(bad), "{bad}");
        }
    }
}
