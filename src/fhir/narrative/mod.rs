//! Whether a narrative keeps to the part of XHTML that FHIR allows: formatting, no scripts, forms or outside content.
//!
//! The lists are those of FHIR's invariant `txt-1` (its R4 XPath form) with the elements of HTML 4.0 chapters 7 to 9 and
//! 13 that the text of the invariant names; attributes that HTML knows on few elements are taken on those only.
//!
//! ```
//! use plugfest::fhir::narrative;
//! let issues = narrative::check("<div xmlns='http://www.w3.org/1999/xhtml'><p onclick='x()'>Hello</p></div>");
//! assert_eq!(issues[0].message, "the attribute `onclick` is not allowed on `p` in a narrative");
//! assert_eq!(issues[0].constraints(), ["txt-1"]);
//! ```

mod issue;

pub use issue::{NarrativeIssue, NarrativeIssueKind, NarrativeSeverity};

use super::tree::markup::{NO_DOCTYPE, References, Scanner, Token, XHTML, XML};

/// How many faults of one narrative are listed.
pub const MAX_NARRATIVE_ISSUES: usize = 100;

/// All faults of the `div` of a narrative, in the order of the text; none for a sound one.
#[must_use]
pub fn check(div: &str) -> Vec<NarrativeIssue> {
    let mut checker = Checker::default();
    let stopped = checker.walk(div);
    checker.targets();
    if let Err(fault) = stopped {
        let (offset, message) = *fault;
        let kind = match message.as_str() {
            NO_DOCTYPE => NarrativeIssueKind::Doctype,
            _ => NarrativeIssueKind::NotWellFormed,
        };
        checker.note(kind, offset, message);
    } else if !checker.content {
        let message = "the narrative has neither text nor an image";
        checker.note(NarrativeIssueKind::Empty, 0, message);
    }
    checker.issues.sort_by_key(|issue| issue.offset);
    checker.issues
}

/// Whether a plain text holds what a browser would take for an HTML tag, such as `<script>` or `</b>`; `a < b` does not.
#[must_use]
pub fn looks_like_html(text: &str) -> bool {
    text.split('<').skip(1).any(starts_as_tag)
}

/// Whether what follows a `<` is the rest of a tag.
fn starts_as_tag(text: &str) -> bool {
    let name = text.strip_prefix('/').unwrap_or(text);
    if !name.starts_with(|first: char| first.is_ascii_alphabetic()) {
        return false;
    }
    let after = name.trim_start_matches(|next: char| next.is_ascii_alphanumeric() || next == '-');
    after.starts_with(['>', '/', ' ', '\t', '\r', '\n']) && after.contains('>')
}

#[derive(Default)]
struct Checker<'s> {
    issues: Vec<NarrativeIssue>,
    open: Vec<Frame<'s>>,
    rooted: bool,
    /// Whether there was text or an image.
    content: bool,
    /// Links to places inside.
    wanted: Vec<(&'s str, usize)>,
    /// The places that such links can lead to.
    places: Vec<&'s str>,
}

/// An open element.
#[derive(Clone, Copy)]
struct Frame<'s> {
    namespace: &'s str,
    in_paragraph: bool,
}

impl<'s> Checker<'s> {
    fn walk(&mut self, div: &'s str) -> super::error::Reads<()> {
        let mut scanner = Scanner::new(div, 0, References::Collect)?;
        loop {
            match scanner.next()? {
                Token::Open { name, at, empty } => {
                    if self.open.is_empty() && self.rooted {
                        let message = "not well-formed XML: a narrative has one outermost element";
                        return Err(super::error::fault(at, message));
                    }
                    self.element(&scanner, name, at, empty);
                }
                Token::Close { .. } => drop(self.open.pop()),
                Token::Text { raw, at, .. } => self.text(raw, at)?,
                Token::Comment { .. } | Token::Instruction { .. } => {}
                Token::End if self.rooted => break,
                Token::End => {
                    let message = "not well-formed XML: there is no element";
                    return Err(super::error::fault(div.len(), message));
                }
            }
        }
        self.entities(&scanner.unknown);
        Ok(())
    }

    /// Text counts as content unless it is white space; outside of the `div` there must be none.
    fn text(&mut self, raw: &str, at: usize) -> super::error::Reads<()> {
        let blank = raw
            .bytes()
            .all(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'));
        if !blank && self.open.is_empty() {
            let message = "not well-formed XML: text stands outside of the outermost element";
            return Err(super::error::fault(at, message));
        }
        self.content |= !blank;
        Ok(())
    }

    /// Entities of HTML are noted once each.
    fn entities(&mut self, unknown: &[(usize, &str)]) {
        let mut names: Vec<&str> = Vec::new();
        for (at, name) in unknown {
            if !names.contains(name) && names.len() < MAX_NARRATIVE_ISSUES {
                names.push(name);
                let message =
                    format!("`&{name};` is not an entity of XML: write the character itself");
                self.note(NarrativeIssueKind::Entity, *at, message);
            }
        }
    }

    /// One element with its attributes.
    fn element(&mut self, scanner: &Scanner<'s>, qualified: &'s str, at: usize, empty: bool) {
        let (namespace, name) = scanner.resolve(qualified).unwrap_or_default();
        let above = self.open.last().copied();
        let in_paragraph = above.is_some_and(|frame| frame.in_paragraph);
        if namespace != XHTML {
            if above.is_none_or(|frame| frame.namespace != namespace) {
                let message = format!(
                    "`{name}` is in the namespace `{namespace}`, and should be in `{XHTML}`"
                );
                self.note(NarrativeIssueKind::Namespace, at, message);
            }
        } else {
            self.known(name, at, in_paragraph);
            for attribute in &scanner.attributes {
                self.attribute(scanner, name, *attribute);
            }
        }
        if above.is_none() {
            self.rooted = true;
            if name != "div" {
                let message = format!("a narrative is a `div`, not `{name}`");
                self.note(NarrativeIssueKind::NoDiv, at, message);
            }
        }
        if !empty {
            let in_paragraph = in_paragraph || name == "p";
            self.open.push(Frame {
                namespace,
                in_paragraph,
            });
        }
    }

    /// Whether an element of XHTML may stand in a narrative, and here.
    fn known(&mut self, name: &str, at: usize, in_paragraph: bool) {
        if ELEMENTS.binary_search(&name).is_err() {
            let message = format!("the element `{name}` is not allowed in a narrative");
            self.note(NarrativeIssueKind::Element, at, message);
        } else if in_paragraph && BLOCKS.contains(&name) {
            let message = format!("a paragraph must not hold the block `{name}`");
            self.note(NarrativeIssueKind::BlockInParagraph, at, message);
        }
    }

    /// One attribute of an element of XHTML.
    fn attribute(
        &mut self,
        scanner: &Scanner<'s>,
        element: &str,
        attribute: super::tree::markup::Attribute<'s>,
    ) {
        let name = match attribute.name.split_once(':') {
            None => attribute.name,
            Some((_, local)) => match scanner.resolve(attribute.name) {
                Some((XML, "space")) => {
                    let message =
                        "`xml:space` changes nothing: XHTML keeps white space where it matters";
                    return self.note(NarrativeIssueKind::SpaceAttribute, attribute.at, message);
                }
                Some((XML, _)) => local,
                Some(_) | None => attribute.name,
            },
        };
        if !is_allowed(element, name) {
            let message =
                format!("the attribute `{name}` is not allowed on `{element}` in a narrative");
            return self.note(NarrativeIssueKind::Attribute, attribute.at, message);
        }
        let value = attribute.raw;
        match (element, name) {
            ("a" | "area", "href") => self.link(value, attribute.value_at),
            ("img", "src") => {
                self.content = true;
                self.image(value, attribute.value_at);
            }
            (_, "id") | ("a" | "map", "name") => self.places.push(value),
            _ => {}
        }
    }

    /// A link leads somewhere, and runs nothing.
    fn link(&mut self, target: &'s str, at: usize) {
        if let Some(place) = target.strip_prefix('#') {
            self.wanted.push((place, at));
        }
        if !self.url(target, at) {
            return;
        }
        let Some(scheme) = scheme(target) else { return };
        let scheme = scheme.to_ascii_lowercase();
        match scheme.as_str() {
            "http" | "https" | "mailto" | "tel" | "data" => {}
            "urn" | "oid" | "uuid" | "cid" => {
                let message = format!(
                    "`{scheme}:` names a thing and leads nowhere, so it is no link: `{target}`"
                );
                self.note(NarrativeIssueKind::DeadLink, at, message);
            }
            _ => {
                let message = format!("few readers can follow a link with the scheme `{scheme}:`");
                self.note(NarrativeIssueKind::RareLink, at, message);
            }
        }
    }

    fn image(&mut self, source: &'s str, at: usize) {
        if let Some(place) = source.strip_prefix('#') {
            self.wanted.push((place, at));
        }
        self.url(source, at);
    }

    /// Notes a URL that cannot be one, or runs a script; false then.
    fn url(&mut self, url: &str, at: usize) -> bool {
        let bare = url.trim();
        if bare.is_empty() {
            self.note(NarrativeIssueKind::BadLink, at, "the link is empty");
            return false;
        }
        let active = scheme(bare).is_some_and(|scheme| {
            ["javascript", "vbscript", "livescript"]
                .iter()
                .any(|script| scheme.eq_ignore_ascii_case(script))
        });
        if active {
            let message = format!("the link `{bare}` runs a script");
            self.note(NarrativeIssueKind::ActiveLink, at, message);
            return false;
        }
        if let Some(odd) = odd_character(url) {
            let message = format!(
                "`{url}` has the character `{}`, which no URL has",
                odd.escape_debug()
            );
            self.note(NarrativeIssueKind::BadLink, at, message);
            return false;
        }
        true
    }

    /// Links to places inside that do not exist. Sorted first, since a hostile narrative may have many of both.
    fn targets(&mut self) {
        self.places.sort_unstable();
        for (place, at) in std::mem::take(&mut self.wanted) {
            if self.places.binary_search(&place).is_err() {
                let message = format!("the narrative has no `#{place}` to lead to");
                self.note(NarrativeIssueKind::MissingTarget, at, message);
            }
        }
    }

    #[cold]
    fn note(&mut self, kind: NarrativeIssueKind, offset: usize, message: impl Into<String>) {
        if self.issues.len() < MAX_NARRATIVE_ISSUES {
            let message = message.into();
            self.issues.push(NarrativeIssue {
                kind,
                message,
                offset,
            });
        }
    }
}

/// The scheme of a URL, where it has one: letters before a colon that comes before any other mark.
fn scheme(url: &str) -> Option<&str> {
    let (scheme, _) = url.split_once(':')?;
    let letters = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    let starts = scheme
        .bytes()
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic());
    (starts && scheme.bytes().all(letters)).then_some(scheme)
}

/// A character that RFC 3986 leaves no place for. `|` is let through, since FHIR writes versions of canonicals after it,
/// and so is what IRIs allow.
fn odd_character(url: &str) -> Option<char> {
    let escaped = ["&quot;", "&lt;", "&gt;", "&#34;", "&#60;", "&#62;"];
    if let Some(found) = escaped.iter().find(|escape| url.contains(**escape)) {
        return Some(match *found {
            "&lt;" | "&#60;" => '<',
            "&gt;" | "&#62;" => '>',
            _ => '"',
        });
    }
    url.chars()
        .find(|odd| *odd <= ' ' || matches!(odd, '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '}'))
}

/// Whether an attribute may stand on an element.
fn is_allowed(element: &str, attribute: &str) -> bool {
    if ANYWHERE.binary_search(&attribute).is_ok() {
        return true;
    }
    let own: &[&str] = match element {
        "a" => &[
            "charset", "coords", "href", "hreflang", "name", "rel", "rev", "shape", "type",
        ],
        "area" => &["alt", "coords", "href", "shape"],
        "map" => &["name"],
        "img" => &[
            "alt", "border", "height", "hspace", "longdesc", "name", "src", "vspace",
        ],
        "blockquote" | "q" => &["cite"],
        "ol" => &["compact", "start", "type"],
        "ul" => &["compact", "type"],
        "li" => &["type", "value"],
        "dl" => &["compact"],
        "table" => &[
            "bgcolor",
            "border",
            "cellpadding",
            "cellspacing",
            "frame",
            "rules",
            "summary",
        ],
        "tr" => &["bgcolor"],
        "td" | "th" => &["bgcolor", "height", "nowrap"],
        _ => &[],
    };
    own.contains(&attribute)
}

/// Attributes that any element of a narrative may have.
const ANYWHERE: &[&str] = &[
    "abbr",
    "accesskey",
    "align",
    "axis",
    "char",
    "charoff",
    "class",
    "colspan",
    "dir",
    "headers",
    "id",
    "lang",
    "rowspan",
    "scope",
    "span",
    "style",
    "tabindex",
    "title",
    "valign",
    "width",
];

/// Blocks that have no place in a paragraph.
const BLOCKS: &[&str] = &["blockquote", "div", "dl", "ol", "p", "table", "ul"];

/// Elements that a narrative may have.
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
    "kbd",
    "li",
    "map",
    "ol",
    "p",
    "pre",
    "q",
    "samp",
    "small",
    "span",
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
    "ul",
    "var",
];

#[cfg(test)]
mod tests {
    use super::NarrativeIssueKind as Kind;
    use super::*;
    use proptest::prelude::*;

    fn kinds(div: &str) -> Vec<Kind> {
        check(div).into_iter().map(|issue| issue.kind).collect()
    }

    fn inside(inner: &str) -> Vec<Kind> {
        kinds(&format!("<div xmlns='{XHTML}'>{inner}</div>"))
    }

    #[test]
    fn formatting_is_allowed() {
        for inner in [
            "text",
            "&#160;",
            "<p style='color: red'>a <b>b</b></p>",
            "<table border='1' class='grid'><tr><td colspan='2'>x</td></tr></table>",
            "<img src='x.png' alt=''/>",
            "<a href='Patient/1?x=a|b'>a</a> <a href='#q'>b</a> <p id='q' xml:lang='en'>c</p>",
            "<a href='mailto:a@example.org'>a</a><!-- c --><?x y?>",
            "<h:b xmlns:h='http://www.w3.org/1999/xhtml'>x</h:b>",
        ] {
            assert_eq!(inside(inner), [], "{inner}");
        }
        assert_eq!(
            kinds(&format!("<h:div xmlns:h='{XHTML}'><h:p>x</h:p></h:div>")),
            []
        );
    }

    #[test]
    fn what_runs_or_loads_or_says_nothing_is_not() {
        let rows: &[(&str, &[Kind])] = &[
            (
                "<script>x</script><form>y</form>",
                &[Kind::Element, Kind::Element],
            ),
            ("<P>x</P>", &[Kind::Element]),
            (
                "<p onclick='x' onload='y'>x</p>",
                &[Kind::Attribute, Kind::Attribute],
            ),
            ("<p border='1'>x</p>", &[Kind::Attribute]),
            ("<p xmlns:q='urn:q' q:class='1'>x</p>", &[Kind::Attribute]),
            ("<a href=' JavaScript:x'>x</a>", &[Kind::ActiveLink]),
            (
                "<a href='urn:uuid:7221aa91-d9e1-44fa-8b90-c5a8c7caeade'>x</a>",
                &[Kind::DeadLink],
            ),
            ("<a href='skype:x'>x</a>", &[Kind::RareLink]),
            ("<a href=''>x</a>", &[Kind::BadLink]),
            ("<a href='http://example.org/{x}'>x</a>", &[Kind::BadLink]),
            ("<a href='#q'>x</a>", &[Kind::MissingTarget]),
            (
                "<p>a<span><table><tr><td>b</td></tr></table></span></p>",
                &[Kind::BlockInParagraph],
            ),
            ("<p> </p><br/>", &[Kind::Empty]),
            ("a&nbsp;b&nbsp;c&copy;", &[Kind::Entity, Kind::Entity]),
            ("<pre xml:space='preserve'>x</pre>", &[Kind::SpaceAttribute]),
            ("<p xmlns='urn:x'>x<b>y</b></p>", &[Kind::Namespace]),
            ("<!DOCTYPE x>", &[Kind::Doctype]),
            ("<p>", &[Kind::NotWellFormed]),
            ("a & b", &[Kind::NotWellFormed]),
            ("<p class=x>a</p>", &[Kind::NotWellFormed]),
        ];
        for (inner, wanted) in rows {
            assert_eq!(&inside(inner), wanted, "{inner}");
        }
        assert_eq!(kinds("<p>x</p>"), [Kind::Namespace, Kind::NoDiv]);
        assert_eq!(kinds("x"), [Kind::NotWellFormed]);
        assert_eq!(kinds(""), [Kind::NotWellFormed]);
        assert_eq!(
            kinds(&format!(
                "<div xmlns='{XHTML}'>a</div><div xmlns='{XHTML}'>b</div>"
            )),
            [Kind::NotWellFormed]
        );
    }

    #[test]
    fn tags_are_told_from_signs() {
        for text in [
            "a <script>x</script>",
            "<br/>",
            "</b>",
            "x <a href='y'>",
            "<x-y >",
        ] {
            assert!(looks_like_html(text), "{text}");
        }
        for text in [
            "a < b > c",
            "<0.21",
            "Ann <ann@example.org>",
            "<http://example.org>",
            "x<y",
            "a <b c",
        ] {
            assert!(!looks_like_html(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_check_panic(tokens in prop::collection::vec(prop::sample::select(vec![
            "<div", " xmlns='http://www.w3.org/1999/xhtml'", ">", "</div>", "<p>", "</p>", "<a href='#x'", "/>", "&nbsp;", "&", "é", "<!", "]]>", "<img src=''/>",
        ]), 0..30)) {
            for issue in check(&tokens.concat()) {
                prop_assert!(issue.offset <= tokens.concat().len());
            }
        }
    }
}
