//! Rewriting references in a transaction: what entries called each other becomes where they are.

use crate::serve::fhir_r4::json::Json;
use crate::serve::fhir_r4::shapes::{Shape, shape};
use std::collections::BTreeMap;

/// New names for old: full URLs of entries and the references that take their place.
pub struct Renaming<'a> {
    /// From a full URL to `Type/id`.
    pub names: &'a BTreeMap<String, String>,
    /// The full URL of the entry that holds the resource: relative references are relative to its root.
    pub full_url: Option<&'a str>,
    /// The kinds of elements that are rewritten.
    pub kinds: &'a [&'static str],
}

/// The kinds of elements that may name another entry, each by its type. A canonical is none of them: it names a
/// definition, not a place on this server.
pub const KINDS: [&str; 6] = [REFERENCE, "uri", "url", "oid", "uuid", "xhtml"];

/// The literal reference of a Reference, which is a string by its type.
pub const REFERENCE: &str = "Reference.reference";

/// Rewrites a resource in place.
pub fn rewrite(resource: &mut Json, renaming: &Renaming) {
    if let Some(shape) = shape(resource.resource_type()) {
        members(resource, shape, renaming);
    }
}

/// The conditional references of a resource (`Patient?identifier=…`), each once.
pub fn conditional_references(value: &Json, found: &mut Vec<String>) {
    for (name, member) in value.members() {
        let conditional = member
            .as_text()
            .filter(|text| &**name == "reference" && is_conditional(text));
        if let Some(text) = conditional.filter(|text| !found.iter().any(|known| known == text)) {
            found.push(text.to_owned());
        }
        for item in member.items() {
            conditional_references(item, found);
        }
    }
}

fn is_conditional(text: &str) -> bool {
    text.split_once('?').is_some_and(|(kind, _)| {
        !kind.is_empty() && kind.bytes().all(|byte| byte.is_ascii_alphabetic())
    })
}

fn members(value: &mut Json, shape: &Shape, renaming: &Renaming) {
    let is_reference = shape.name == "Reference";
    let Some(parts) = value.members_mut() else {
        return;
    };
    for (name, member) in parts.iter_mut() {
        let Some((_, kind)) = shape.element(name) else {
            continue;
        };
        let kind = if is_reference && &**name == "reference" {
            REFERENCE
        } else {
            kind
        };
        match member.items_mut() {
            Some(items) => items.iter_mut().for_each(|item| one(item, kind, renaming)),
            None => one(member, kind, renaming),
        }
    }
}

fn one(value: &mut Json, kind: &str, renaming: &Renaming) {
    if kind == "Resource" {
        return rewrite(value, renaming);
    }
    let text = value.as_text().filter(|_| renaming.kinds.contains(&kind));
    let renamed = text.and_then(|text| match kind {
        REFERENCE => renaming.reference(text),
        "xhtml" => Some(renaming.narrative(text)),
        _ => renaming.names.get(text).cloned(),
    });
    if let Some(renamed) = renamed {
        *value = Json::from(renamed);
    } else if let Some(shape) = shape(kind) {
        members(value, shape, renaming);
    }
}

impl Renaming<'_> {
    /// A reference by full URL, or relative to the root of the entry that holds it; a version or fragment stays off.
    fn reference(&self, text: &str) -> Option<String> {
        if let Some(found) = self.names.get(text) {
            return Some(found.clone());
        }
        let root = self
            .full_url
            .filter(|url| url.starts_with("http"))
            .and_then(|url| url.rsplitn(3, '/').nth(2))?;
        self.names.get(&format!("{root}/{text}")).cloned()
    }

    /// The narrative with the targets of its links and images rewritten.
    fn narrative(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, mark, value, after)) = next_target(rest) {
            let renamed = self.names.get(value).map_or(value, String::as_str);
            out.push_str(before);
            out.push_str(renamed);
            out.push(mark);
            rest = after;
        }
        out.push_str(rest);
        out
    }
}

/// The next `href` or `src`: the text up to its value, its quotation mark, the value, and what follows.
fn next_target(text: &str) -> Option<(&str, char, &str, &str)> {
    let mut from = 0;
    loop {
        let starts = ["href=", "src="]
            .into_iter()
            .filter_map(|name| text[from..].find(name).map(|at| from + at + name.len()));
        let start = starts.min()?;
        let mark = text[start..].chars().next()?;
        let end = text[start + mark.len_utf8()..]
            .find(mark)
            .map(|at| start + mark.len_utf8() + at);
        match end.filter(|_| mark == '"' || mark == '\'') {
            Some(end) => {
                return Some((
                    &text[..=start],
                    mark,
                    &text[start + 1..end],
                    &text[end + 1..],
                ));
            }
            // The words stand in the text, not in a tag.
            None => from = start,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::fhir_r4::json::parse;

    #[test]
    fn references_are_rewritten_and_canonicals_are_not() {
        let names = BTreeMap::from([
            ("urn:uuid:a".to_owned(), "Patient/1".to_owned()),
            ("http://x/Patient/z".to_owned(), "Patient/2".to_owned()),
        ]);
        let renaming = Renaming {
            names: &names,
            full_url: Some("http://x/Observation/y"),
            kinds: &KINDS,
        };
        let text = r#"{"resourceType":"QuestionnaireResponse","text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><a href=\"urn:uuid:a\">urn:uuid:a</a></div>"},
            "extension":[{"url":"http://e","valueUri":"urn:uuid:a"},{"url":"http://e","valueString":"urn:uuid:a"}],
            "questionnaire":"urn:uuid:a","status":"completed","subject":{"reference":"Patient/z"},"author":{"reference":"urn:uuid:a"}}"#;
        let mut resource = parse(text).unwrap();
        rewrite(&mut resource, &renaming);
        let text = resource.to_string();
        for wanted in [
            r#"<a href=\"Patient/1\">urn:uuid:a</a>"#,
            r#""valueUri":"Patient/1""#,
            r#""valueString":"urn:uuid:a""#,
            r#""questionnaire":"urn:uuid:a""#,
            r#""subject":{"reference":"Patient/2"}"#,
            r#""author":{"reference":"Patient/1"}"#,
        ] {
            assert!(text.contains(wanted), "{wanted} is not in {text}");
        }
    }

    #[test]
    fn conditional_references_are_found() {
        let resource = parse(r#"{"subject":{"reference":"Patient?identifier=http://s|v"},"performer":[{"reference":"http://x/Patient?a=b"},{"reference":"Patient/1"}]}"#).unwrap();
        let mut found = Vec::new();
        conditional_references(&resource, &mut found);
        assert_eq!(found, ["Patient?identifier=http://s|v"]);
    }
}
