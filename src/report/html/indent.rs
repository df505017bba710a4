//! Bodies made readable: white space between their parts is replaced, nothing else.
//!
//! Each is one walk over the text that stops after `most` bytes, so that depth and size cost nothing.

use serde::de::IgnoredAny;

/// JSON with its white space replaced, every other character kept: numbers and strings stay as they came. `None` where it is no JSON.
pub fn json(text: &str, most: usize) -> Option<String> {
    serde_json::from_str::<IgnoredAny>(text).ok()?;
    let mut shown = String::new();
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        if shown.len() >= most {
            break;
        }
        if in_string {
            shown.push(c);
            in_string = escaped || c != '"';
            escaped = c == '\\' && !escaped;
            continue;
        }
        match c {
            ' ' | '\n' | '\r' | '\t' => {}
            '"' => {
                in_string = true;
                shown.push(c);
            }
            '{' | '[' => {
                shown.push(c);
                while characters
                    .next_if(|next| next.is_ascii_whitespace())
                    .is_some()
                {}
                if let Some(close) = characters.next_if(|next| matches!(next, '}' | ']')) {
                    shown.push(close);
                } else {
                    depth += 1;
                    new_line(&mut shown, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                new_line(&mut shown, depth);
                shown.push(c);
            }
            ',' => {
                shown.push(c);
                new_line(&mut shown, depth);
            }
            ':' => shown.push_str(": "),
            other => shown.push(other),
        }
    }
    Some(shown)
}

/// XML with the white space between its tags replaced; text stays as it came. `None` where tags do not end.
pub fn xml(text: &str, most: usize) -> Option<String> {
    let mut shown = String::new();
    let (mut depth, mut rest) = (0_usize, text.trim());
    let mut before = Part::Text;
    while !rest.is_empty() && shown.len() < most {
        let (part, length) = part(rest)?;
        let (this, after) = rest.split_at(length);
        rest = after;
        let only_space = part == Part::Text && this.trim().is_empty();
        if only_space && !(before == Part::Open && after.starts_with("</")) {
            continue;
        }
        if part == Part::Close {
            depth = depth.saturating_sub(1);
        }
        let empty_element = before == Part::Open && part == Part::Close;
        if part != Part::Text && before != Part::Text && !empty_element {
            new_line(&mut shown, depth);
        }
        if part == Part::Open {
            depth += 1;
        }
        shown.push_str(this);
        before = part;
    }
    Some(shown)
}

/// A part of an XML text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// A start tag.
    Open,
    /// An end tag.
    Close,
    /// An empty element, a comment, a processing instruction.
    Alone,
    /// Text between tags.
    Text,
}

/// The part that a text starts with, and its length in bytes; `None` where it does not end.
fn part(text: &str) -> Option<(Part, usize)> {
    let until = |end: &str| text.find(end).map(|at| at + end.len());
    if !text.starts_with('<') {
        return Some((Part::Text, text.find('<').unwrap_or(text.len())));
    }
    if text.starts_with("<!--") {
        return Some((Part::Alone, until("-->")?));
    }
    if text.starts_with("<![CDATA[") {
        return Some((Part::Text, until("]]>")?));
    }
    if text.starts_with("<?") {
        return Some((Part::Alone, until("?>")?));
    }
    // A document type may hold declarations, which are not worth reading here.
    if text.starts_with("<!") {
        return None;
    }
    let length = tag_end(text)?;
    let kind = match (text.starts_with("</"), text[..length].ends_with("/>")) {
        (true, _) => Part::Close,
        (false, true) => Part::Alone,
        (false, false) => Part::Open,
    };
    Some((kind, length))
}

/// Past the `>` that ends a tag: one inside quotes does not.
fn tag_end(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (None, '>') => return Some(at + 1),
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), close) if open == close => quote = None,
            (None | Some(_), _) => {}
        }
    }
    None
}

fn new_line(shown: &mut String, depth: usize) {
    shown.push('\n');
    // Deeper than that, indenting would only push the text out of sight.
    shown.extend(std::iter::repeat_n("  ", depth.min(24)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_indented_and_kept() {
        assert_eq!(
            json(r#"{"a":[1.10,{}],"b\"{":[ ]}"#, 1000).as_deref(),
            Some("{\n  \"a\": [\n    1.10,\n    {}\n  ],\n  \"b\\\"{\": []\n}")
        );
        assert_eq!(json("[[[]]]", 2).as_deref(), Some("[\n  "));
        assert_eq!(json("[[[", 2), None);
    }

    #[test]
    fn xml_is_indented_and_its_text_kept() {
        let text = "<?xml version=\"1.0\"?><a x='>'><b/> <c>t <i>u</i></c><d></d><e> </e><!-- - --><![CDATA[<]]></a>";
        let shown = "<?xml version=\"1.0\"?>\n<a x='>'>\n  <b/>\n  <c>t <i>u</i>\n  </c>\n  <d></d>\n  <e> </e>\n  <!-- - --><![CDATA[<]]></a>";
        assert_eq!(xml(text, 1000).as_deref(), Some(shown));
        for broken in [
            "<a",
            "<a x=\"></a>",
            "<!-- ",
            "<!DOCTYPE a [<!ENTITY b \"c\">]>",
        ] {
            assert_eq!(xml(broken, 1000), None, "{broken}");
        }
    }

    #[test]
    fn depth_costs_nothing() {
        assert!(xml(&"<a>".repeat(100_000), 500).is_some_and(|shown| shown.len() < 600));
    }
}
