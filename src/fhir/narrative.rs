//! Whether a narrative keeps to the part of XHTML that FHIR allows: formatting, no scripts, forms or outside content.

use super::tree::xml_guard;
use roxmltree::{Document, Node};

const XHTML: &str = "http://www.w3.org/1999/xhtml";

/// Why a narrative is not allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NarrativeFault {
    /// It does not parse as XML, or uses named entities that XML does not have.
    NotWellFormed,
    /// It has more attributes or prefixes than any narrative needs.
    TooCostly,
    /// The outermost element is no XHTML `div`.
    NoDiv,
    /// An element that FHIR does not allow.
    Element(String),
    /// An attribute that FHIR does not allow.
    Attribute(String),
    /// Neither text nor an image.
    Empty,
}

/// Checks the `div` of a narrative.
pub(crate) fn check(div: &str) -> Result<(), NarrativeFault> {
    if xml_guard::costly_tag(div).is_some() {
        return Err(NarrativeFault::TooCostly);
    }
    // A document type declaration is refused by default, and entities with it.
    let document = Document::parse(div).map_err(|_| NarrativeFault::NotWellFormed)?;
    let root = document.root_element();
    if root.tag_name().name() != "div" || root.tag_name().namespace() != Some(XHTML) {
        return Err(NarrativeFault::NoDiv);
    }
    for element in root.descendants().filter(Node::is_element) {
        check_element(element)?;
    }
    let has_image = root
        .descendants()
        .any(|node| node.has_tag_name((XHTML, "img")));
    let mut texts = root.descendants().filter_map(|node| node.text());
    if has_image || texts.any(|text| !text.trim().is_empty()) {
        return Ok(());
    }
    Err(NarrativeFault::Empty)
}

/// One element and its attributes; links may not run scripts either.
fn check_element(element: Node<'_, '_>) -> Result<(), NarrativeFault> {
    let name = element.tag_name().name();
    let allowed = element.tag_name().namespace() == Some(XHTML) && ELEMENTS.contains(&name);
    if !allowed {
        return Err(NarrativeFault::Element(name.to_owned()));
    }
    for attribute in element.attributes() {
        let foreign = attribute
            .namespace()
            .is_some_and(|namespace| namespace != XML);
        let name = attribute.name();
        let script = attribute.value().trim_start().to_ascii_lowercase();
        if foreign || !ATTRIBUTES.contains(&name) || script.starts_with("javascript:") {
            return Err(NarrativeFault::Attribute(name.to_owned()));
        }
    }
    Ok(())
}

const XML: &str = "http://www.w3.org/XML/1998/namespace";

const ELEMENTS: &[&str] = &[
    "a",
    "abbr",
    "acronym",
    "address",
    "area",
    "b",
    "bdo",
    "big",
    "blockquote",
    "br",
    "caption",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "map",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "samp",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "tt",
    "u",
    "ul",
    "var",
];

const ATTRIBUTES: &[&str] = &[
    "abbr",
    "accesskey",
    "align",
    "alt",
    "axis",
    "bgcolor",
    "border",
    "cellhalign",
    "cellpadding",
    "cellspacing",
    "cellvalign",
    "char",
    "charoff",
    "charset",
    "cite",
    "class",
    "colspan",
    "compact",
    "coords",
    "datetime",
    "dir",
    "frame",
    "headers",
    "height",
    "href",
    "hreflang",
    "id",
    "idref",
    "ismap",
    "lang",
    "longdesc",
    "name",
    "nowrap",
    "rel",
    "rev",
    "rowspan",
    "rules",
    "scope",
    "shape",
    "span",
    "src",
    "start",
    "style",
    "summary",
    "tabindex",
    "target",
    "title",
    "type",
    "usemap",
    "valign",
    "value",
    "width",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(inner: &str) -> Result<(), NarrativeFault> {
        check(&format!("<div xmlns='{XHTML}'>{inner}</div>"))
    }

    #[test]
    fn formatting_is_allowed() {
        for inner in [
            "text",
            "<p style='color: red'>a <b>b</b></p>",
            "<table><tr><td colspan='2'>x</td></tr></table>",
            "<img src='#a' alt=''/>",
        ] {
            assert_eq!(checked(inner), Ok(()), "{inner}");
        }
    }

    #[test]
    fn what_runs_or_loads_or_says_nothing_is_not() {
        let rows = [
            (
                "<script>x</script>",
                NarrativeFault::Element("script".to_owned()),
            ),
            ("<form>x</form>", NarrativeFault::Element("form".to_owned())),
            (
                "<p onclick='x'>x</p>",
                NarrativeFault::Attribute("onclick".to_owned()),
            ),
            (
                "<a href=' JavaScript:x'>x</a>",
                NarrativeFault::Attribute("href".to_owned()),
            ),
            ("<p> </p>", NarrativeFault::Empty),
            ("&nbsp;", NarrativeFault::NotWellFormed),
            ("<p>", NarrativeFault::NotWellFormed),
        ];
        for (inner, fault) in rows {
            assert_eq!(checked(inner), Err(fault), "{inner}");
        }
        assert_eq!(check("<p>x</p>"), Err(NarrativeFault::NoDiv));
    }
}
