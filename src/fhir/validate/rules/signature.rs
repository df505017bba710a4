//! Signatures (signatures.html, datatypes.html "Signature"): they are not verified here, which is said; the form of a
//! JSON signature is.
//!
//! FHIR's JSON signatures are JWS in compact form (RFC 7515, section 7.1): three parts in base64url, the first of which
//! is a JSON object; the second is empty where the signature is detached.

use super::{Context, own_elements};
use crate::fhir::definitions::text;
use crate::fhir::tree::Element;
use crate::fhir::validate::{Issue, IssueKind, Weight};
use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Looks at the signatures of one resource.
pub(super) fn look(_: &Context<'_>, resource: Element<'_>, issues: &mut Vec<Issue>) {
    for data in own_elements(resource).filter(|element| element.name() == "data") {
        let Some(signature) = data.parent().filter(|holder| is_signature(*holder)) else {
            continue;
        };
        let message = "the signature was not verified";
        issues.push(Issue::undecided(Weight::Minor, signature, message));
        if text(signature, "sigFormat").is_some_and(is_json_signature) {
            well_formed(signature, data, issues);
        }
    }
}

/// Only signatures say who signed, and when.
fn is_signature(holder: Element<'_>) -> bool {
    let named = matches!(holder.name(), "signature" | "valueSignature");
    named && holder.child("type").is_some() && holder.child("when").is_some()
}

/// The MIME type without its parameters.
fn is_json_signature(format: &str) -> bool {
    let name = format.split(';').next().unwrap_or_default().trim();
    name.eq_ignore_ascii_case("application/jose")
}

fn well_formed(signature: Element<'_>, data: Element<'_>, issues: &mut Vec<Issue>) {
    let Some(bytes) = data.value().and_then(decoded) else {
        return;
    };
    if let Err(why) = fault(&bytes) {
        let message = format!("the data is no JSON web signature: {why}");
        issues.push(Issue::error(
            IssueKind::Value,
            "invalid",
            signature,
            message,
        ));
    }
}

/// The data as bytes; what is no base64 is for the type to refuse.
fn decoded(data: &str) -> Option<Vec<u8>> {
    let written: String = data.split_ascii_whitespace().collect();
    STANDARD.decode(written).ok()
}

fn fault(bytes: &[u8]) -> Result<(), &'static str> {
    let text = std::str::from_utf8(bytes)
        .map_err(|_| "it is no text")?
        .trim();
    if text.starts_with('{') {
        // The JSON form of a signature (RFC 7515, section 7.2) holds the same parts by name.
        return Ok(());
    }
    let parts: Vec<&str> = text.split('.').collect();
    let [header, payload, seal] = parts.as_slice() else {
        return Err("it has three parts with dots between them");
    };
    let header = part(header).ok_or("its first part is no base64url")?;
    let is_object = serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&header);
    is_object.map_err(|_| "its first part holds no JSON object")?;
    part(payload).ok_or("its second part is no base64url")?;
    let seal = part(seal).ok_or("its third part is no base64url")?;
    (!seal.is_empty())
        .then_some(())
        .ok_or("its third part, the signature, is empty")
}

fn part(text: &str) -> Option<Vec<u8>> {
    let lenient =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    GeneralPurpose::new(&URL_SAFE, lenient).decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::{STANDARD, fault};
    use crate::fhir::validate::rules::tests::messages;
    use base64::Engine;
    use serde_json::json;

    #[test]
    fn a_signature_is_undecided_and_its_form_is_looked_at() {
        let signed = |data: &str| {
            messages(
                &json!({"resourceType": "Provenance", "signature": [{"type": [{"code": "1"}],
                "when": "2026-01-01T00:00:00Z", "sigFormat": "application/jose", "data": STANDARD.encode(data)}]}),
            )
        };
        assert_eq!(signed("e30..c2ln"), ["the signature was not verified"]);
        assert_eq!(signed("e30.c2ln").len(), 2);
    }

    #[test]
    fn each_part_is_named_that_does_not_fit() {
        assert_eq!(fault(b"e30.e30.c2ln"), Ok(()));
        assert_eq!(
            fault(b"W10..c2ln"),
            Err("its first part holds no JSON object")
        );
        assert_eq!(fault(b"e30.*.c2ln"), Err("its second part is no base64url"));
        assert_eq!(
            fault(b"e30.."),
            Err("its third part, the signature, is empty")
        );
        assert_eq!(fault(b"\xff"), Err("it is no text"));
    }
}
