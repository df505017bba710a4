//! What a narrative may hold: well-formed XHTML without anything that runs.

use roxmltree::{Document, Node};

/// The namespace of a narrative.
pub const XHTML: &str = "http://www.w3.org/1999/xhtml";

/// Why a narrative is refused.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// It is not XHTML in one `div`.
    Malformed(String),
    /// It holds active content.
    Active(String),
}

/// Elements that run, load or submit something.
const ACTIVE: &[&str] = &[
    "script", "iframe", "frame", "frameset", "object", "embed", "applet", "form", "input",
    "button", "link", "base", "head", "body", "meta", "style",
];

/// Says why a narrative is refused; nothing when it is sound.
pub fn fault(div: &str) -> Option<Fault> {
    let document = match Document::parse(div) {
        Ok(document) => document,
        Err(error) => {
            return Some(Fault::Malformed(format!(
                "the narrative is not well-formed: {error}"
            )));
        }
    };
    let root = document.root_element();
    if root.tag_name().name() != "div" || root.tag_name().namespace() != Some(XHTML) {
        return Some(Fault::Malformed(
            "a narrative is one div in the XHTML namespace".to_owned(),
        ));
    }
    root.descendants()
        .filter(Node::is_element)
        .find_map(active)
        .map(Fault::Active)
}

fn active(element: Node) -> Option<String> {
    let name = element.tag_name().name().to_ascii_lowercase();
    if ACTIVE.contains(&name.as_str()) {
        return Some(format!("a narrative has no `{name}` element"));
    }
    let bad = element.attributes().find(|attribute| {
        let value: String = attribute
            .value()
            .chars()
            .filter(|letter| !letter.is_whitespace())
            .collect();
        let value = value.to_ascii_lowercase();
        attribute.name().to_ascii_lowercase().starts_with("on")
            || value.starts_with("javascript:")
            || value.starts_with("data:text/html")
    });
    bad.map(|attribute| {
        format!(
            "a narrative has no active attribute such as `{}`",
            attribute.name()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(inner: &str) -> Option<Fault> {
        fault(&format!("<div xmlns=\"{XHTML}\">{inner}</div>"))
    }

    #[test]
    fn plain_narratives_pass() {
        assert_eq!(
            wrapped("<p>Fish &amp; <a href=\"http://x\">chips</a> <img src=\"#a\"/></p>"),
            None
        );
    }

    #[test]
    fn active_content_is_found() {
        for inner in [
            "<script/>",
            "<p onclick=\"x()\"/>",
            "<a href=\" java\nscript:x()\"/>",
            "<IFRAME/>",
        ] {
            assert!(matches!(wrapped(inner), Some(Fault::Active(_))), "{inner}");
        }
    }

    #[test]
    fn broken_narratives_are_malformed() {
        for div in [
            "<div>",
            "<p xmlns=\"http://www.w3.org/1999/xhtml\"/>",
            "<div/>",
            "text",
        ] {
            assert!(matches!(fault(div), Some(Fault::Malformed(_))), "{div}");
        }
    }
}
