//! JSON bodies as text with holes: what is not touched keeps its exact digits and layout.
//!
//! A fixture is opened only along the paths of `set` and `unset`; the rest stays the text that was written.

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::diag::{Diagnostic, Place};
use crate::protocol::Unsendable;
use crate::template::{Scope, Template};
use crate::yaml::{Node, Spanned, Value};

/// A piece of a body.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Segment {
    /// As it is sent.
    Literal(String),
    /// Filled, values as they are.
    Verbatim(Template),
    /// Filled, then escaped for the JSON string that surrounds it.
    Escaped(Template),
}

/// The bytes of all pieces, filled.
pub(super) fn render(segments: &[Segment], scope: &dyn Scope) -> Result<Vec<u8>, Unsendable> {
    let mut bytes = Vec::new();
    for segment in segments {
        match segment {
            Segment::Literal(text) => bytes.extend_from_slice(text.as_bytes()),
            Segment::Verbatim(template) => {
                let text = template.render(scope).map_err(Unsendable::Unresolved)?;
                bytes.extend_from_slice(text.as_bytes());
            }
            Segment::Escaped(template) => {
                let text = template.render(scope).map_err(Unsendable::Unresolved)?;
                let quoted = quoted(&text);
                bytes.extend_from_slice(&quoted.as_bytes()[1..quoted.len() - 1]);
            }
        }
    }
    Ok(bytes)
}

/// A text with holes, as it stands.
pub(super) fn verbatim(text: &str, place: &Place) -> Result<Vec<Segment>, Diagnostic> {
    let mut writer = Writer::default();
    writer.slice(text, place)?;
    Ok(writer.0)
}

/// A value of a scenario file as JSON.
pub(super) fn value(node: &Node) -> Result<Vec<Segment>, Diagnostic> {
    let mut writer = Writer::default();
    writer.node(node)?;
    Ok(writer.0)
}

/// A fixture with some of its values set or left out.
pub(super) fn edited(
    name: &str,
    file: &Place,
    place: &Place,
    set: Option<&Node>,
    unset: &[Spanned<String>],
) -> Result<Vec<Segment>, Diagnostic> {
    let text = file.source.text.as_str();
    let document: &RawValue = serde_json::from_str(text).map_err(|error| {
        no_json(
            name,
            place,
            &format!("{error}; holes in it must stand inside strings"),
        )
    })?;
    let mut tree = Tree::Raw(document.get());
    for (key, node) in set.map(Node::entries).unwrap_or_default() {
        let steps = steps(&key.text, &key.place)?;
        tree.set(&steps, node, &key.place)?;
    }
    for path in unset {
        let steps = steps(&path.value, &path.place)?;
        tree.unset(&steps, &path.place)?;
    }
    let mut writer = Writer::default();
    writer.tree(&tree, file)?;
    Ok(writer.0)
}

pub(super) fn no_json(name: &str, place: &Place, why: &str) -> Diagnostic {
    let message = format!("`set` and `unset` need JSON, and `{name}` is none");
    Diagnostic::error("bad-value", message)
        .at(place)
        .note("why", why)
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A step of a path such as `name[0].family`.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(usize),
}

fn steps(path: &str, place: &Place) -> Result<Vec<Step>, Diagnostic> {
    let wrong = || {
        Diagnostic::error("bad-value", format!("`{path}` is no path into the body"))
            .at(place)
            .help("write names and positions, such as `name[0].family`")
    };
    let mut steps = Vec::new();
    for part in path.split('.') {
        let (name, positions) = part.split_at(part.find('[').unwrap_or(part.len()));
        if name.is_empty() {
            return Err(wrong());
        }
        steps.push(Step::Key(name.to_owned()));
        for position in positions.split_terminator(']') {
            let digits = position.strip_prefix('[').ok_or_else(wrong)?;
            steps.push(Step::Index(digits.parse().map_err(|_| wrong())?));
        }
        if !positions.is_empty() && !positions.ends_with(']') {
            return Err(wrong());
        }
    }
    if steps.len() > MAX_STEPS {
        return Err(wrong());
    }
    Ok(steps)
}

/// Paths are walked by recursion.
const MAX_STEPS: usize = 64;

/// A JSON value, opened only as far as somebody looked.
#[derive(Debug)]
enum Tree<'a> {
    Raw(&'a str),
    List(Vec<Tree<'a>>),
    Object(Vec<(String, Tree<'a>)>),
    Given(&'a Node),
}

impl<'a> Tree<'a> {
    fn open(&mut self) {
        let Self::Raw(text) = *self else { return };
        match text.as_bytes().first() {
            Some(b'{') => {
                if let Ok(Fields(fields)) = serde_json::from_str(text) {
                    let fields = fields
                        .into_iter()
                        .map(|(key, raw)| (key, Self::Raw(raw.get())));
                    *self = Self::Object(fields.collect());
                }
            }
            Some(b'[') => {
                if let Ok(items) = serde_json::from_str::<Vec<&'a RawValue>>(text) {
                    *self = Self::List(items.into_iter().map(|raw| Self::Raw(raw.get())).collect());
                }
            }
            Some(_) | None => {}
        }
    }

    fn set(&mut self, steps: &[Step], node: &'a Node, place: &Place) -> Result<(), Diagnostic> {
        let Some((step, rest)) = steps.split_first() else {
            *self = Self::Given(node);
            return Ok(());
        };
        self.child(step, place)?.set(rest, node, place)
    }

    /// What stands at a step; made where it is not there yet.
    fn child(&mut self, step: &Step, place: &Place) -> Result<&mut Self, Diagnostic> {
        self.open();
        if let Self::Raw("") = self {
            *self = match step {
                Step::Key(_) => Self::Object(Vec::new()),
                Step::Index(_) => Self::List(Vec::new()),
            };
        }
        match (self, step) {
            (Self::Object(fields), Step::Key(name)) => {
                let position = fields.iter().position(|(key, _)| key == name);
                let position = position.unwrap_or_else(|| {
                    fields.push((name.clone(), Self::Raw("")));
                    fields.len() - 1
                });
                Ok(&mut fields[position].1)
            }
            (Self::List(items), Step::Index(position)) if *position <= items.len() => {
                if *position == items.len() {
                    items.push(Self::Raw(""));
                }
                Ok(&mut items[*position])
            }
            (_, step) => Err(Diagnostic::error("bad-value", misfit(step)).at(place)),
        }
    }

    fn unset(&mut self, steps: &[Step], place: &Place) -> Result<(), Diagnostic> {
        let nothing = || {
            Diagnostic::error("bad-value", "there is nothing to leave out at this path").at(place)
        };
        let Some((step, rest)) = steps.split_first() else {
            return Err(nothing());
        };
        self.open();
        let position = match (&*self, step) {
            (Self::Object(fields), Step::Key(name)) => {
                fields.iter().position(|(key, _)| key == name)
            }
            (Self::List(items), Step::Index(at)) => (*at < items.len()).then_some(*at),
            _ => None,
        };
        let position = position.ok_or_else(nothing)?;
        match self {
            Self::Object(fields) if rest.is_empty() => drop(fields.remove(position)),
            Self::List(items) if rest.is_empty() => drop(items.remove(position)),
            Self::Object(fields) => return fields[position].1.unset(rest, place),
            Self::List(items) => return items[position].unset(rest, place),
            Self::Raw(_) | Self::Given(_) => return Err(nothing()),
        }
        Ok(())
    }
}

fn misfit(step: &Step) -> String {
    match step {
        Step::Key(name) => format!("`{name}` would stand in something that is no object"),
        Step::Index(position) => {
            format!(
                "position {position} is neither in the list nor its next one, or this is no list"
            )
        }
    }
}

/// The fields of an object in their order, values unread.
struct Fields<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Vec<(String, &'de RawValue)>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(fields)
            }
        }
        deserializer.deserialize_map(Reader).map(Fields)
    }
}

/// Puts pieces together; neighbouring literals become one.
#[derive(Default)]
struct Writer(Vec<Segment>);

impl Writer {
    fn literal(&mut self, text: &str) {
        match self.0.last_mut() {
            Some(Segment::Literal(before)) => before.push_str(text),
            Some(Segment::Verbatim(_) | Segment::Escaped(_)) | None => {
                self.0.push(Segment::Literal(text.to_owned()));
            }
        }
    }

    fn slice(&mut self, text: &str, place: &Place) -> Result<(), Diagnostic> {
        let template = Template::parse(text, place)?;
        match template.literal() {
            Some(text) => self.literal(text),
            None => self.0.push(Segment::Verbatim(template)),
        }
        Ok(())
    }

    fn escaped(&mut self, template: Template) {
        match template.literal() {
            Some(text) => self.literal(&quoted(text)),
            None => {
                self.literal("\"");
                self.0.push(Segment::Escaped(template));
                self.literal("\"");
            }
        }
    }

    fn tree(&mut self, tree: &Tree<'_>, file: &Place) -> Result<(), Diagnostic> {
        match tree {
            Tree::Raw(text) => {
                // The slice is a part of the file's text: its distance from the start is its place.
                let offset =
                    (text.as_ptr() as usize).wrapping_sub(file.source.text.as_ptr() as usize);
                self.slice(
                    text,
                    &file.within(offset.min(file.source.text.len()), text.len()),
                )
            }
            Tree::Given(node) => self.node(node),
            Tree::List(items) => {
                self.sequence("[", "]", items, |writer, item| writer.tree(item, file))
            }
            Tree::Object(fields) => self.sequence("{", "}", fields, |writer, (key, tree)| {
                writer.slice(&quoted(key), file)?;
                writer.literal(":");
                writer.tree(tree, file)
            }),
        }
    }

    fn node(&mut self, node: &Node) -> Result<(), Diagnostic> {
        match &*node.value {
            Value::Null => self.literal("null"),
            Value::Bool(truth) => self.literal(if *truth { "true" } else { "false" }),
            Value::Number(text) => self.literal(text.trim_start_matches('+')),
            Value::Text(_) => self.escaped(Template::of(node)?),
            Value::List(items) => {
                return self.sequence("[", "]", items, |writer, item| writer.node(item));
            }
            Value::Map(entries) => {
                return self.sequence("{", "}", entries, |writer, (key, node)| {
                    writer.escaped(Template::parse(&key.text, &key.place)?);
                    writer.literal(":");
                    writer.node(node)
                });
            }
        }
        Ok(())
    }

    fn sequence<T>(
        &mut self,
        open: &str,
        close: &str,
        items: &[T],
        write: impl Fn(&mut Self, &T) -> Result<(), Diagnostic>,
    ) -> Result<(), Diagnostic> {
        self.literal(open);
        for (position, item) in items.iter().enumerate() {
            if position > 0 {
                self.literal(",");
            }
            write(self, item)?;
        }
        self.literal(close);
        Ok(())
    }
}
