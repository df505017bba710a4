//! From text to nodes, bounded.

use std::collections::BTreeMap;
use std::sync::Arc;

use saphyr_parser::{Event, Parser, ScalarStyle, Span as YamlSpan, Tag};

use super::limits::{MAX_BYTES, MAX_DEPTH, MAX_KEYS, MAX_NODES};
use super::node::{Key, Node, Value};
use crate::diag::{Diagnostic, Place, Source, Span};

/// Reads one YAML document.
///
/// # Errors
/// `yaml-syntax`, `yaml-limit` or `duplicate-key`, with the place; an empty file is `empty`.
pub fn parse(source: &Arc<Source>) -> Result<Node, Diagnostic> {
    if source.text.len() > MAX_BYTES {
        let place = Place::top(source);
        return Err(limit(source, &place, MAX_BYTES, "bytes")
            .help("rows in their thousands belong into a CSV file"));
    }
    let mut builder = Builder::new(source);
    for event in Parser::new_from_str(&source.text) {
        let (event, span) = event.map_err(|error| builder.syntax(&error))?;
        builder.take(event, span)?;
    }
    builder.finish()
}

fn limit(source: &Source, place: &Place, most: usize, what: &str) -> Diagnostic {
    let message = format!("`{}` has more than {most} {what}", source.name);
    Diagnostic::error("yaml-limit", message).at(place)
}

/// A list or map that is being read.
struct Open {
    anchor: usize,
    start: usize,
    items: Items,
}

enum Items {
    List(Vec<Node>),
    Map(Vec<(Key, Node)>, Option<Key>),
}

struct Builder<'a> {
    source: &'a Arc<Source>,
    /// Byte offset of each character, where the text is not ASCII.
    offsets: Option<Vec<usize>>,
    open: Vec<Open>,
    anchors: BTreeMap<usize, (Node, usize)>,
    count: usize,
    root: Option<Node>,
}

impl<'a> Builder<'a> {
    fn new(source: &'a Arc<Source>) -> Self {
        let offsets = (!source.text.is_ascii())
            .then(|| source.text.char_indices().map(|(at, _)| at).collect());
        Self {
            source,
            offsets,
            open: Vec::new(),
            anchors: BTreeMap::new(),
            count: 0,
            root: None,
        }
    }

    fn byte(&self, characters: usize) -> usize {
        let Some(offsets) = &self.offsets else {
            return characters.min(self.source.text.len());
        };
        offsets
            .get(characters)
            .copied()
            .unwrap_or(self.source.text.len())
    }

    fn place(&self, start: usize, end: usize) -> Place {
        let span = Span {
            start: self.byte(start),
            end: self.byte(end).max(self.byte(start)),
        };
        Place {
            source: self.source.clone(),
            span,
        }
    }

    fn syntax(&self, error: &saphyr_parser::ScanError) -> Diagnostic {
        let at = error.marker().index();
        Diagnostic::error("yaml-syntax", format!("`{}` is no YAML", self.source.name))
            .at(&self.place(at, at + 1))
            .label(error.info())
    }

    fn take(&mut self, event: Event<'_>, span: YamlSpan) -> Result<(), Diagnostic> {
        let (start, end) = (span.start.index(), span.end.index());
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
            Event::DocumentStart(_) => self.begin(start),
            Event::Alias(anchor) => self.alias(anchor, start, end),
            Event::Scalar(_, _, _, Some(tag))
            | Event::SequenceStart(_, Some(tag))
            | Event::MappingStart(_, Some(tag)) => Err(self.tagged(&tag, start, end)),
            Event::Scalar(text, style, anchor, None) => {
                let mut place = self.trimmed(start, end);
                let is_quoted =
                    matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted);
                if let Some(length) = quoted_length(place.text()).filter(|_| is_quoted) {
                    place.span.end = place.span.start + length;
                }
                self.close(Node::new(scalar(&text, style), place), anchor, 1)
            }
            Event::SequenceStart(anchor, None) => {
                self.descend(anchor, start, Items::List(Vec::new()))
            }
            Event::MappingStart(anchor, None) => {
                self.descend(anchor, start, Items::Map(Vec::new(), None))
            }
            Event::SequenceEnd | Event::MappingEnd => self.ascend(end),
        }
    }

    /// A tag would change what a value means, and nobody reads it here: better refused than overlooked.
    fn tagged(&self, tag: &Tag, start: usize, end: usize) -> Diagnostic {
        let suffix = &tag.suffix;
        Diagnostic::error(
            "yaml-syntax",
            format!("the tag `{suffix}` means nothing here"),
        )
        .at(&self.trimmed(start, end))
        .help("take it out; what must be a text stands in quotes")
    }

    fn begin(&self, start: usize) -> Result<(), Diagnostic> {
        if self.root.is_none() {
            return Ok(());
        }
        let place = self.place(start, start + 3);
        Err(
            Diagnostic::error("yaml-syntax", "a second document starts here")
                .at(&place)
                .help("one file holds one document"),
        )
    }

    fn alias(&mut self, anchor: usize, start: usize, end: usize) -> Result<(), Diagnostic> {
        let place = self.place(start, end);
        let Some((node, size)) = self.anchors.get(&anchor).cloned() else {
            return Err(
                Diagnostic::error("yaml-syntax", "this alias has no anchor before it").at(&place),
            );
        };
        self.close(
            Node {
                value: node.value,
                place,
            },
            0,
            size,
        )
    }

    fn descend(&mut self, anchor: usize, start: usize, items: Items) -> Result<(), Diagnostic> {
        if self.open.len() >= MAX_DEPTH {
            let place = self.place(start, start + 1);
            return Err(
                limit(self.source, &place, MAX_DEPTH, "levels").help(format!(
                    "lists and maps stand in one another {MAX_DEPTH} deep at most"
                )),
            );
        }
        self.count_up(1, &self.place(start, start + 1))?;
        self.open.push(Open {
            anchor,
            start,
            items,
        });
        Ok(())
    }

    fn ascend(&mut self, end: usize) -> Result<(), Diagnostic> {
        let Some(open) = self.open.pop() else {
            return Ok(());
        };
        let place = self.trimmed(open.start, end);
        let value = match open.items {
            Items::List(items) => Value::List(items),
            Items::Map(entries, _) => Value::Map(entries),
        };
        let node = Node::new(value, place);
        let size = if open.anchor == 0 { 0 } else { size(&node) };
        self.keep(node, open.anchor, size)
    }

    /// Block collections end where the next token begins: the white space and comments between are not theirs.
    fn trimmed(&self, start: usize, end: usize) -> Place {
        let mut place = self.place(start, end);
        place.span.end = place.span.start + place.text().trim_end().len();
        place
    }

    fn close(&mut self, node: Node, anchor: usize, size: usize) -> Result<(), Diagnostic> {
        self.count_up(size, &node.place)?;
        self.keep(node, anchor, size)
    }

    fn count_up(&mut self, more: usize, place: &Place) -> Result<(), Diagnostic> {
        self.count = self.count.saturating_add(more);
        if self.count <= MAX_NODES {
            return Ok(());
        }
        Err(limit(self.source, place, MAX_NODES, "values")
            .help("each use of an alias counts as all that it stands for; use fewer aliases, or a fixture"))
    }

    fn keep(&mut self, node: Node, anchor: usize, size: usize) -> Result<(), Diagnostic> {
        if anchor != 0 {
            self.anchors.insert(anchor, (node.clone(), size.max(1)));
        }
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match &mut open.items {
            Items::List(items) => items.push(node),
            Items::Map(entries, pending) => match pending.take() {
                Some(key) => entries.push((key, node)),
                None => *pending = Some(key(&node, entries)?),
            },
        }
        Ok(())
    }

    fn finish(self) -> Result<Node, Diagnostic> {
        self.root.ok_or_else(|| {
            Diagnostic::error("empty", format!("`{}` is empty", self.source.name))
                .at(&Place::top(self.source))
        })
    }
}

fn key(node: &Node, entries: &[(Key, Node)]) -> Result<Key, Diagnostic> {
    let Some(text) = node.scalar() else {
        return Err(Diagnostic::error("wrong-type", "a key must be a text")
            .at(&node.place)
            .label(node.describe()));
    };
    if entries.iter().any(|(key, _)| key.text == text) {
        let message = format!("`{text}` stands twice in this map");
        return Err(Diagnostic::error("duplicate-key", message)
            .at(&node.place)
            .label("the second one")
            .help("take one of them out"));
    }
    // Keys are compared one by one: what nobody writes by hand must not take minutes.
    if entries.len() >= MAX_KEYS {
        let message = format!("this map has more than {MAX_KEYS} keys");
        return Err(Diagnostic::error("yaml-limit", message)
            .at(&node.place)
            .help("write a list, or a CSV file of rows"));
    }
    Ok(Key {
        text: text.to_owned(),
        place: node.place.clone(),
    })
}

fn size(node: &Node) -> usize {
    let below = node
        .items()
        .iter()
        .chain(node.entries().iter().map(|(_, node)| node));
    1 + below.map(size).sum::<usize>()
}

/// The bytes from a quote to the one that closes it: the parser ends quoted texts where the next token begins, comments included.
fn quoted_length(written: &str) -> Option<usize> {
    let quote = written.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    let mut rest = written.char_indices().skip(1).peekable();
    while let Some((at, c)) = rest.next() {
        let escaped = match quote {
            '"' => c == '\\',
            _ => c == '\'' && rest.peek().is_some_and(|(_, next)| *next == '\''),
        };
        if escaped {
            rest.next();
        } else if c == quote {
            return Some(at + 1);
        }
    }
    None
}

fn scalar(text: &str, style: ScalarStyle) -> Value {
    if style != ScalarStyle::Plain {
        return Value::Text(text.to_owned());
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        text if is_number(text) => Value::Number(text.to_owned()),
        text => Value::Text(text.to_owned()),
    }
}

/// A JSON number, with an optional plus: what has a leading zero, hexadecimal digits or underscores stays text.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let starts_well = digits.starts_with(|c: char| c.is_ascii_digit());
    starts_well && serde_json::from_str::<serde_json::Number>(digits).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The texts at the places of all scalars, keys too.
    fn scalars(node: &Node) -> Vec<String> {
        if node.scalar().is_some() {
            return vec![node.place.text().to_owned()];
        }
        let entries = node.entries().iter().flat_map(|(key, value)| {
            let mut texts = vec![key.place.text().to_owned()];
            texts.extend(scalars(value));
            texts
        });
        entries
            .chain(node.items().iter().flat_map(scalars))
            .collect()
    }

    #[test]
    fn places_of_scalars_end_with_them() {
        let cases: &[(&str, &[&str])] = &[
            ("{ a: 'x' }", &["a", "'x'"]),
            ("{ 'a' : \"x y\" , b: z }", &["'a'", "\"x y\"", "b", "z"]),
            ("[ 'x' , y , 3 ]", &["'x'", "y", "3"]),
            (
                "a: 'x'   # a comment\nb: \"ü\"  \n",
                &["a", "'x'", "b", "\"ü\""],
            ),
            ("a: x   # a comment\n", &["a", "x"]),
            (
                "[ 'it''s' , \"a \\\" b\" # 'c'\n]",
                &["'it''s'", "\"a \\\" b\""],
            ),
            ("- 'x'\n\n- 'a\n  b'\n", &["'x'", "'a\n  b'"]),
            ("a: |\n  'x' y\n\nb: 1\n", &["a", "'x' y", "b", "1"]),
        ];
        for (text, expected) in cases {
            let node = parse(&Source::new("file.yaml", *text)).unwrap();
            assert_eq!(scalars(&node), *expected, "{text}");
        }
    }
}
