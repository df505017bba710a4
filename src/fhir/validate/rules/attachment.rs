//! Attachments (datatypes.html, "Attachment"): `size` counts the bytes of the content, so that of `data` where that is
//! given.

use super::{Context, own_elements};
use crate::fhir::definitions::text;
use crate::fhir::tree::Element;
use crate::fhir::validate::{Issue, IssueKind};

/// Looks at the attachments of one resource, those in answers and extensions included.
pub(super) fn look(_: &Context<'_>, resource: Element<'_>, issues: &mut Vec<Issue>) {
    for size in own_elements(resource).filter(|element| element.name() == "size") {
        if let Some(attachment) = size.parent() {
            sized(attachment, size, issues);
        }
    }
}

/// Only attachments have both `size` and `data`.
fn sized(attachment: Element<'_>, size: Element<'_>, issues: &mut Vec<Issue>) {
    let stated = size.value().and_then(|size| size.parse::<usize>().ok());
    let held = text(attachment, "data").and_then(bytes_in);
    let Some((stated, held)) = stated.zip(held) else {
        return;
    };
    if stated != held {
        let message =
            format!("the attachment states a size of {stated} bytes, and its data has {held}");
        issues.push(Issue::error(
            IssueKind::Value,
            "invalid",
            attachment,
            message,
        ));
    }
}

/// How many bytes a base64 text stands for; `None` where it is none.
pub(super) fn bytes_in(data: &str) -> Option<usize> {
    let mut letters = 0;
    let mut padding = 0;
    for letter in data.bytes().filter(|letter| !letter.is_ascii_whitespace()) {
        match letter {
            b'=' => padding += 1,
            _ if padding > 0 => return None,
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' | b'-' | b'_' => letters += 1,
            _ => return None,
        }
    }
    let is_whole = padding <= 2 && (letters + padding) % 4 == 0;
    is_whole.then_some(letters * 3 / 4)
}

#[cfg(test)]
mod tests {
    use super::bytes_in;
    use crate::fhir::validate::rules::tests::messages;
    use serde_json::json;

    #[test]
    fn the_stated_size_is_that_of_the_data() {
        let sized = |size: u32| {
            let content = json!({"contentType": "text/plain", "data": "aGVsbG8=", "size": size});
            messages(
                &json!({"resourceType": "DocumentReference", "content": [{"attachment": content}]}),
            )
        };
        assert!(sized(5).is_empty());
        assert_eq!(
            sized(6),
            ["the attachment states a size of 6 bytes, and its data has 5"]
        );
    }

    #[test]
    fn a_resource_inside_is_looked_at_once() {
        let inner = json!({"resourceType": "Media", "content": {"data": "aGVsbG8=", "size": 6}});
        let bundle = json!({"resourceType": "Bundle", "entry": [{"resource": inner}]});
        assert!(messages(&bundle).is_empty());
    }

    #[test]
    fn what_is_no_base64_has_no_size() {
        assert_eq!(bytes_in("aGVs bG8="), Some(5));
        assert_eq!(bytes_in("aGVs.G8="), None);
        assert_eq!(bytes_in("aGV"), None);
        assert_eq!(bytes_in(""), Some(0));
    }
}
