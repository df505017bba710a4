//! Reading for those who report: faults that can be mended are noted with their places, and the reading goes on.

use super::{FormIssue, FormIssueKind, Format, Manner, Resource, json, within_size, xml};
use crate::fhir::error::{Fault, ParseError};

/// What came of reading a body with patience: see [`Resource::read_json`] and [`Resource::read_xml`].
#[derive(Debug)]
pub enum Reading {
    /// A tree. What was mended on the way is among its [`form_issues`](Resource::form_issues).
    Read(Resource),
    /// No tree, since from one place on nobody can tell what was meant.
    Refused {
        /// The place, and why.
        error: ParseError,
        /// Faults of syntax and encoding that were met before it.
        issues: Vec<FormIssue>,
    },
}

impl Reading {
    /// The tree, if there is one.
    #[must_use]
    pub fn resource(&self) -> Option<&Resource> {
        match self {
            Self::Read(resource) => Some(resource),
            Self::Refused { .. } => None,
        }
    }

    /// All faults of form, beside the one that ended the reading.
    #[must_use]
    pub fn issues(&self) -> &[FormIssue] {
        match self {
            Self::Read(resource) => resource.form_issues(),
            Self::Refused { issues, .. } => issues,
        }
    }

    /// Why there is no tree.
    #[must_use]
    pub fn error(&self) -> Option<&ParseError> {
        match self {
            Self::Read(_) => None,
            Self::Refused { error, .. } => Some(error),
        }
    }
}

impl Resource {
    /// Reads a FHIR JSON body as a validator does: comments, spare and missing commas, missing quotes, repeated
    /// properties, odd numbers and escapes, and bytes that are not UTF-8 become [`form_issues`](Resource::form_issues).
    /// A body that is given away (`Vec<u8>`, `String`) is not copied.
    ///
    /// ```
    /// use plugfest::fhir::Resource;
    /// let reading = Resource::read_json("{ resourceType: 'Patient', // hello\n \"active\": true, }");
    /// let lines: Vec<usize> = reading.issues().iter().map(|issue| issue.line).collect();
    /// assert_eq!(lines, [1, 1, 1, 2]);
    /// assert_eq!(reading.resource().and_then(Resource::type_name), Some("Patient"));
    /// ```
    #[must_use]
    pub fn read_json(body: impl Into<Vec<u8>>) -> Reading {
        read(Format::Json, body.into())
    }

    /// Reads a FHIR XML body as a validator does. XML itself asks a reader to stop at a body that is not well-formed;
    /// what FHIR adds to it (namespaces, attributes, encoding, no text between elements) becomes
    /// [`form_issues`](Resource::form_issues).
    #[must_use]
    pub fn read_xml(body: impl Into<Vec<u8>>) -> Reading {
        read(Format::Xml, body.into())
    }
}

/// Decodes and reads.
fn read(format: Format, body: Vec<u8>) -> Reading {
    if let Some(refused) = wide_characters(&body) {
        return refused;
    }
    // Each bad byte may become three.
    let room = std::str::from_utf8(&body).map_or(3, |_| 1);
    if let Err(error) = within_size(body.len().saturating_mul(room)) {
        return Reading::Refused {
            error,
            issues: Vec::new(),
        };
    }
    let (source, noted) = decoded(body);
    let parts = match (format, &noted) {
        (Format::Json, _) => json::read(&source, Manner::Tolerant),
        (Format::Xml, None) => xml::read(&source, Manner::Tolerant),
        // XML itself forbids to go on after bytes that are not in the encoding.
        (Format::Xml, Some(issue)) => return refused(&source, &issue.fault(), Vec::new()),
    };
    match parts {
        Ok(mut parts) => {
            parts.form_issues.extend(noted);
            Reading::Read(Resource::assemble(format, source, parts))
        }
        Err((fault, mut parts)) => {
            parts.form_issues.extend(noted);
            refused(&source, &fault, parts.form_issues)
        }
    }
}

/// FHIR's own rules say little of a body that is no resource, so only faults of syntax and encoding stay.
fn refused(source: &str, fault: &Fault, noted: Vec<FormIssue>) -> Reading {
    let mut issues: Vec<FormIssue> = noted
        .into_iter()
        .filter(|issue| issue.kind.is_syntax() || issue.kind == FormIssueKind::Encoding)
        .collect();
    for issue in &mut issues {
        issue.locate_in(source);
    }
    Reading::Refused {
        error: ParseError::at(source, fault.0, fault.1.as_str()),
        issues,
    }
}

/// A body in UTF-16 or UTF-32, which its first bytes give away: it is told apart, since no byte of it would make sense.
fn wide_characters(body: &[u8]) -> Option<Reading> {
    let wide = matches!(
        body,
        [0xFE, 0xFF, ..] | [0xFF, 0xFE, ..] | [0, _, ..] | [_, 0, ..]
    );
    if !wide {
        return None;
    }
    let message = "the body is in UTF-16 or UTF-32: FHIR bodies are in UTF-8";
    let mut issue = FormIssue::new(FormIssueKind::Encoding, None, "", 0, message);
    issue.locate_in("");
    let error = ParseError::at("", 0, "the body cannot be read as UTF-8");
    Some(Reading::Refused {
        error,
        issues: vec![issue],
    })
}

/// The text of a body. Stretches of bytes that are not UTF-8 become U+FFFD; they are one fault, at the first of them,
/// since they mostly mean that the whole body is in another encoding.
fn decoded(body: Vec<u8>) -> (String, Option<FormIssue>) {
    let body = match String::from_utf8(body) {
        Ok(text) => return (text, None),
        Err(error) => error.into_bytes(),
    };
    let mut text = String::with_capacity(body.len());
    let mut issue = None;
    for chunk in body.utf8_chunks() {
        text.push_str(chunk.valid());
        let Some(first) = chunk.invalid().first() else {
            continue;
        };
        issue.get_or_insert_with(|| {
            let message = format!("the byte 0x{first:02X} is not UTF-8, which FHIR requires");
            FormIssue::new(FormIssueKind::NotUtf8, None, "", text.len(), message)
        });
        text.push(char::REPLACEMENT_CHARACTER);
    }
    (text, issue)
}
