//! The tags of a page, read the way a browser does: for tests that ask what is markup and what is text.

use std::collections::BTreeMap;

/// A start tag.
#[derive(Debug)]
pub struct Tag {
    /// Its name.
    pub name: String,
    /// Its attributes, with their values as they stand.
    pub attributes: BTreeMap<String, String>,
}

/// All start tags. What stands between `<style>` or `<script>` and its end is no markup.
pub fn tags(page: &str) -> Vec<Tag> {
    let mut tags = Vec::new();
    let mut rest = page;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if !rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
            continue;
        }
        let (tag, after) = tag(rest);
        rest = after;
        if ["style", "script"].contains(&tag.name.as_str()) {
            let end = format!("</{}>", tag.name);
            rest = &rest[rest.find(&end).expect("raw text ends")..];
        }
        tags.push(tag);
    }
    tags
}

fn tag(text: &str) -> (Tag, &str) {
    let name_end = text
        .find(|c: char| !c.is_ascii_alphanumeric())
        .unwrap_or(text.len());
    let mut tag = Tag {
        name: text[..name_end].to_ascii_lowercase(),
        attributes: BTreeMap::new(),
    };
    let mut rest = text[name_end..].trim_start();
    while !rest.starts_with('>') {
        rest = rest.trim_start_matches('/').trim_start();
        if rest.starts_with('>') {
            break;
        }
        let end = rest.find(['=', '>', '/', ' ', '\n']).expect("a tag ends");
        let name = rest[..end].to_ascii_lowercase();
        rest = rest[end..].trim_start();
        let mut value = "";
        if let Some(quoted) = rest.strip_prefix("=\"") {
            let close = quoted.find('"').expect("a quoted value ends");
            value = &quoted[..close];
            rest = quoted[close + 1..].trim_start();
        }
        assert!(
            !rest.starts_with('='),
            "an attribute without quotes near {}",
            &rest[..rest.len().min(40)]
        );
        tag.attributes.insert(name, value.to_owned());
    }
    (tag, &rest[1..])
}
