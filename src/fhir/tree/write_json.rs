//! Elements to JSON.

use super::write::{Shape, Shapes, is_primitive, type_below};
use super::{Element, Kind, Resource};

/// Writes a resource as JSON, without white space. What was JSON needs no `shapes` ([`NoShapes`](super::NoShapes));
/// of what was XML they tell the numbers, booleans and lists. Decimals keep their text.
///
/// ```
/// use plugfest::fhir::{NoShapes, Resource, to_json};
/// let body = r#"{"resourceType":"Observation","valueQuantity":{"value":1.10,"_value":{"id":"a"}}}"#;
/// let observation = Resource::parse_json(body.as_bytes())?;
/// assert_eq!(to_json(&observation, &NoShapes), body);
/// # Ok::<(), plugfest::fhir::ParseError>(())
/// ```
#[must_use]
pub fn to_json(resource: &Resource, shapes: &dyn Shapes) -> String {
    let mut writer = Writer {
        shapes,
        text: String::with_capacity(resource.source().len()),
    };
    writer.object(resource.root(), None);
    writer.text
}

struct Writer<'w> {
    shapes: &'w dyn Shapes,
    text: String,
}

/// The elements of one name below one element.
struct Group<'r, 'w> {
    name: &'r str,
    shape: Option<Shape<'w>>,
    items: Vec<Element<'r>>,
    listed: bool,
}

impl<'w> Writer<'w> {
    /// An object with all properties. Recursion is bounded by the depth of the tree.
    fn object<'r>(&mut self, element: Element<'r>, shape: Option<Shape<'w>>)
    where
        'r: 'w,
    {
        self.text.push('{');
        if let Some(resource_type) = element.resource_type() {
            self.name("resourceType");
            self.quoted(resource_type);
        }
        for group in self.groups(element, shape) {
            self.property(&group);
        }
        self.text.push('}');
    }

    /// The children by name, in the order in which the names first come.
    fn groups<'r>(&self, element: Element<'r>, shape: Option<Shape<'w>>) -> Vec<Group<'r, 'w>>
    where
        'r: 'w,
    {
        let parent = type_below(element, shape);
        let mut groups: Vec<Group<'r, 'w>> = Vec::new();
        let mut known: std::collections::BTreeMap<&str, usize> = std::collections::BTreeMap::new();
        for child in element.children() {
            let name = child.name();
            let at = *known.entry(name).or_insert_with(|| {
                let shape = self.shapes.shape(parent, name);
                let listed = shape.is_some_and(|shape| shape.repeats);
                groups.push(Group {
                    name,
                    shape,
                    items: Vec::new(),
                    listed,
                });
                groups.len() - 1
            });
            let group = &mut groups[at];
            group.listed |= child.index().is_some();
            group.items.push(child);
        }
        groups
    }

    /// `name` with the values, and `_name` with what primitives have beside them.
    fn property<'r>(&mut self, group: &Group<'r, 'w>)
    where
        'r: 'w,
    {
        let beside = |item: &Element<'r>| is_primitive(*item, group.shape);
        let valued = group
            .items
            .iter()
            .any(|item| !beside(item) || item.value().is_some());
        if valued {
            self.name(group.name);
            self.items(group, |writer, item| match beside(&item) {
                true => writer.value(item, group.shape),
                false => writer.object(item, group.shape),
            });
        }
        let extended = |item: &Element<'r>| {
            beside(item) && (item.value().is_none() || item.children().next().is_some())
        };
        if group.items.iter().any(extended) {
            self.name(&format!("_{}", group.name));
            self.items(group, |writer, item| match extended(&item) {
                true => writer.object(item, group.shape),
                false => writer.text.push_str("null"),
            });
        }
    }

    /// One item, or an array of them.
    fn items<'r>(&mut self, group: &Group<'r, 'w>, write: impl Fn(&mut Self, Element<'r>)) {
        if let [single] = group.items[..]
            && !group.listed
        {
            return write(self, single);
        }
        self.text.push('[');
        for (at, item) in group.items.iter().enumerate() {
            if at > 0 {
                self.text.push(',');
            }
            write(self, *item);
        }
        self.text.push(']');
    }

    /// The value of a primitive, or null.
    fn value(&mut self, element: Element<'_>, shape: Option<Shape<'_>>) {
        let Some(value) = element.value() else {
            return self.text.push_str("null");
        };
        let bare = match (element.kind(), shape.map(|shape| shape.type_name)) {
            (Kind::Number, _) => is_number(value),
            (Kind::Boolean, _) | (Kind::Untyped, Some("boolean")) => {
                matches!(value, "true" | "false")
            }
            (Kind::Untyped, Some("integer" | "unsignedInt" | "positiveInt" | "decimal")) => {
                is_number(value)
            }
            (Kind::Text | Kind::Untyped | Kind::Xhtml | Kind::Complex | Kind::Resource, _) => false,
        };
        if bare {
            self.text.push_str(value);
        } else {
            self.quoted(value);
        }
    }

    fn name(&mut self, name: &str) {
        if !self.text.ends_with('{') {
            self.text.push(',');
        }
        self.quoted(name);
        self.text.push(':');
    }

    /// A string; what JSON does not let stand is escaped.
    fn quoted(&mut self, text: &str) {
        self.text.push('"');
        let mut rest = text;
        while let Some(stop) = rest
            .bytes()
            .position(|byte| byte < 0x20 || matches!(byte, b'"' | b'\\'))
        {
            self.text.push_str(&rest[..stop]);
            self.escape(rest.as_bytes()[stop]);
            rest = &rest[stop + 1..];
        }
        self.text.push_str(rest);
        self.text.push('"');
    }

    fn escape(&mut self, byte: u8) {
        match byte {
            b'"' => self.text.push_str("\\\""),
            b'\\' => self.text.push_str("\\\\"),
            b'\n' => self.text.push_str("\\n"),
            b'\r' => self.text.push_str("\\r"),
            b'\t' => self.text.push_str("\\t"),
            other => self.text.push_str(&format!("\\u{other:04x}")),
        }
    }
}

/// Whether a text is a number of JSON; others, such as `+1` in XML, are written as strings.
fn is_number(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (number, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((number, exponent)) => (
            number,
            Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)),
        ),
        None => (unsigned, None),
    };
    let (whole, fraction) = match number.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (number, None),
    };
    let whole_is_fine = digits(whole) && (whole == "0" || !whole.starts_with('0'));
    whole_is_fine && fraction.is_none_or(digits) && exponent.is_none_or(digits)
}
