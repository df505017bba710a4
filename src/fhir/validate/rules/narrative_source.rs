//! What a profile asks of a narrative (the extensions `narrative-source-control` and `narrative-language-control` of the
//! extensions pack, at `Resource.text` in a profile): where its content comes from, and in which languages it stands.

use crate::fhir::definitions::{Structure, choice, extension, text};
use crate::fhir::tree::Element;
use crate::fhir::tree::markup::{References, Scanner, Token};
use crate::fhir::validate::run::Run;
use crate::fhir::validate::{Issue, IssueKind};
use std::collections::BTreeSet;

const SOURCE: &str = "http://hl7.org/fhir/StructureDefinition/narrative-source-control";
const LANGUAGE: &str = "http://hl7.org/fhir/StructureDefinition/narrative-language-control";

/// Classes that say where content comes from.
const SOURCES: [&str; 5] = [
    "boilerplate",
    "generated",
    "original",
    "extensions",
    "additional",
];

impl<'v> Run<'v> {
    /// The narrative of a resource with the eyes of one profile that it is held against.
    pub(in crate::fhir::validate) fn narrative_control(
        &mut self,
        resource: Element<'v>,
        profile: &Structure,
    ) {
        let mut issues = Vec::new();
        look(profile, resource, &mut issues);
        for Issue { message, .. } in issues {
            let place = resource.child("text").unwrap_or(resource);
            let issue = self.error(IssueKind::Value, "structure", place, || message);
            if let Some(issue) = issue {
                issue.profile = Some(profile.canonical());
            }
        }
    }
}

fn look(profile: &Structure, resource: Element<'_>, issues: &mut Vec<Issue>) {
    let Some(narrative) = resource.child("text") else {
        return;
    };
    let path = format!("{}.text", profile.type_name);
    let mut elements = profile.snapshot.iter();
    let Some(definition) = elements.find(|element| *element.path == *path) else {
        return;
    };
    let definition = definition.origin.element();
    let asks = |url| {
        let found = extension(definition, url)?;
        choice(found, "value")?.value()
    };
    let (source, language) = (asks(SOURCE), asks(LANGUAGE));
    if source.is_none() && language.is_none() {
        return;
    }
    let Some(parts) = text(narrative, "div").and_then(Parts::of) else {
        return;
    };
    if source.is_some_and(|level| level != "success") {
        sourced(&parts, narrative, issues);
    }
    if let Some(wanted) = language {
        languages(&parts, wanted, resource, narrative, issues);
    }
}

/// Every part directly below the `div` says by its class where it comes from.
fn sourced(parts: &Parts<'_>, narrative: Element<'_>, issues: &mut Vec<Issue>) {
    for part in parts.list.iter().filter(|part| !part.has_source) {
        let what = match part.name {
            Some(name) => format!("an element `{name}`"),
            None => "text".to_owned(),
        };
        let message = format!(
            "the narrative has {what} without a class that names its source: {}",
            SOURCES.join(", ")
        );
        issues.push(Issue::error(
            IssueKind::Value,
            "structure",
            narrative,
            message,
        ));
    }
}

/// `_no` forbids language sections, `_yes` wants them, `_resource` wants one in the resource's language, and a language
/// tag one in that language.
fn languages(
    parts: &Parts<'_>,
    wanted: &str,
    resource: Element<'_>,
    narrative: Element<'_>,
    issues: &mut Vec<Issue>,
) {
    let found: BTreeSet<&str> = parts.list.iter().filter_map(|part| part.language).collect();
    let listed = || found.iter().copied().collect::<Vec<_>>().join(", ");
    let is_missing = |language: &str| {
        !found
            .iter()
            .any(|found| found.eq_ignore_ascii_case(language))
    };
    let message = match wanted {
        "_no" if !found.is_empty() => {
            format!(
                "language sections are not allowed, and there are some: {}",
                listed()
            )
        }
        "_yes" if found.is_empty() => {
            "the narrative must be divided into language sections".to_owned()
        }
        "_no" | "_yes" => return,
        "_resource" => match text(resource, "language") {
            Some(language) if is_missing(language) => format!(
                "there is no section in the resource's language `{language}`, only in {}",
                if found.is_empty() {
                    "none".to_owned()
                } else {
                    listed()
                }
            ),
            Some(_) | None => return,
        },
        language if language.starts_with('_') || !is_missing(language) => return,
        language => format!("there is no section in the language `{language}`"),
    };
    issues.push(Issue::error(
        IssueKind::Value,
        "structure",
        narrative,
        message,
    ));
}

/// What stands directly below the `div`.
struct Parts<'d> {
    list: Vec<Part<'d>>,
}

struct Part<'d> {
    /// `None` for text.
    name: Option<&'d str>,
    has_source: bool,
    /// The language of a `div`.
    language: Option<&'d str>,
}

impl<'d> Parts<'d> {
    /// `None` where the text is not well-formed.
    fn of(div: &'d str) -> Option<Self> {
        let mut scanner = Scanner::new(div, 0, References::Collect).ok()?;
        let mut list = Vec::new();
        let mut depth = 0_u32;
        loop {
            match scanner.next().ok()? {
                Token::Open { name, empty, .. } => {
                    if depth == 1 {
                        list.push(Part::element(name, &scanner));
                    }
                    depth += u32::from(!empty);
                }
                Token::Close { .. } => depth = depth.checked_sub(1)?,
                Token::Text { raw, .. } if depth == 1 && !raw.trim().is_empty() => {
                    list.push(Part {
                        name: None,
                        has_source: false,
                        language: None,
                    })
                }
                Token::Text { .. } | Token::Comment { .. } | Token::Instruction { .. } => {}
                Token::End => return Some(Self { list }),
            }
        }
    }
}

impl<'d> Part<'d> {
    fn element(name: &'d str, scanner: &Scanner<'d>) -> Self {
        let value = |wanted: &str| {
            let mut attributes = scanner.attributes.iter();
            attributes
                .find(|attribute| attribute.name == wanted)
                .map(|attribute| attribute.raw)
        };
        let classes = value("class").unwrap_or_default();
        let language = value("xml:lang").or_else(|| value("lang"));
        Self {
            name: Some(name),
            has_source: classes
                .split_whitespace()
                .any(|class| SOURCES.contains(&class)),
            language: language.filter(|_| name == "div"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fhir::definitions::{Definitions, Loose, Version};
    use crate::fhir::tree::Resource;
    use serde_json::json;
    use std::sync::Arc;

    fn found(url: &str, code: &str, content: &str) -> usize {
        let profile = json!({"resourceType": "StructureDefinition", "url": "http://example.org/p", "name": "P", "type": "Patient",
            "kind": "resource", "derivation": "constraint", "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Patient",
            "differential": {"element": [{"id": "Patient.text", "path": "Patient.text", "extension": [{"url": url, "valueCode": code}]}]}});
        let profile =
            Arc::new(Resource::parse_json(profile.to_string().as_bytes()).expect("a profile"));
        let library: Arc<dyn crate::fhir::definitions::Library> =
            Arc::new(Loose::new("here", [profile]));
        let definitions = Definitions::core(Version::R4).with([library]);
        let profile = definitions
            .structure("http://example.org/p")
            .expect("a snapshot");
        let patient = json!({"resourceType": "Patient", "language": "en",
            "text": {"status": "additional", "div": format!("<div xmlns=\"http://www.w3.org/1999/xhtml\">{content}</div>")}});
        let patient = Resource::parse_json(patient.to_string().as_bytes()).expect("a patient");
        let mut issues = Vec::new();
        look(&profile, patient.root(), &mut issues);
        issues.len()
    }

    #[test]
    fn content_names_its_source() {
        let content = "text <h1 class='boilerplate'>a</h1> <p>b</p> <p class='big generated'>c</p>";
        assert_eq!(found(SOURCE, "error", content), 2);
        assert_eq!(found(SOURCE, "success", content), 0);
    }

    #[test]
    fn sections_have_the_languages_that_are_asked_for() {
        let german = "<div lang='de' xml:lang='de'>Hallo</div>";
        let both = format!("{german}<div xml:lang='en'>hello</div>");
        assert_eq!(found(LANGUAGE, "_no", german), 1);
        assert_eq!(found(LANGUAGE, "_no", "<p>hello</p>"), 0);
        assert_eq!(found(LANGUAGE, "_yes", german), 0);
        assert_eq!(found(LANGUAGE, "_yes", "<p>hello</p>"), 1);
        assert_eq!(found(LANGUAGE, "_resource", german), 1);
        assert_eq!(found(LANGUAGE, "_resource", &both), 0);
        assert_eq!(found(LANGUAGE, "de", &both), 0);
    }
}
