//! `{{…}}`: substitution and a fixed table of functions. Nothing executes.
//!
//! A [`Template`] is parsed once, where the file is read; [`Template::render`] fills it from a [`Scope`]. What a peer sent may
//! be a value, but is never parsed as a template.

mod functions;
mod parse;
mod render;

pub use functions::{FUNCTIONS, Function, nhs_check_digit};
pub use parse::TemplateError;
pub use render::{Escape, Scope, Unresolved};

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};

use crate::diag::{Diagnostic, Place};
use crate::yaml::Node;

/// A text with holes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
    place: Place,
}

/// A piece of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    Literal(String),
    Hole(Expression, usize),
}

/// What stands between the braces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Expression {
    /// The name of a value, such as `create.id`.
    Value(String),
    /// A quoted text or a number.
    Literal(String),
    /// A call of a function of the table.
    Call(&'static Function, Vec<Expression>),
}

impl Template {
    /// Reads a text that stands at a place.
    ///
    /// # Errors
    /// `template-syntax` or `unknown-function`, with the place of the hole.
    pub fn parse(text: &str, place: &Place) -> Result<Self, Diagnostic> {
        let parts = parse::parts(text).map_err(|error| error.at(text, place))?;
        Ok(Self {
            parts,
            place: place.clone(),
        })
    }

    /// A scalar node as a template.
    ///
    /// # Errors
    /// As [`Template::parse`], and `wrong-type` where the node is no scalar.
    pub fn of(node: &Node) -> Result<Self, Diagnostic> {
        let Some(text) = node.scalar() else {
            let message = format!("wanted a text, found {}", node.describe());
            return Err(Diagnostic::error("wrong-type", message).at(&node.place));
        };
        Self::parse(text, &node.place)
    }

    /// Where it was written.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The text, where it has no holes.
    pub fn literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// The names of all values that it needs, each with its offset in the text.
    pub fn names(&self) -> Vec<&str> {
        let mut names = Vec::new();
        for part in &self.parts {
            if let Part::Hole(expression, _) = part {
                expression.names(&mut names);
            }
        }
        names
    }

    /// Fills the holes.
    ///
    /// # Errors
    /// The first name that the scope has no value for, or a function that cannot take its arguments.
    pub fn render<'a>(&'a self, scope: &dyn Scope) -> Result<Cow<'a, str>, Unresolved> {
        self.render_escaped(scope, Escape::None)
    }

    /// Fills the holes, each value escaped for the language that surrounds it.
    ///
    /// # Errors
    /// As [`Template::render`].
    pub fn render_escaped<'a>(
        &'a self,
        scope: &dyn Scope,
        escape: Escape,
    ) -> Result<Cow<'a, str>, Unresolved> {
        if let Some(text) = self.literal() {
            return Ok(Cow::Borrowed(text));
        }
        render::render(&self.parts, scope, escape, &self.place).map(Cow::Owned)
    }
}

impl Expression {
    fn names<'a>(&'a self, names: &mut Vec<&'a str>) {
        match self {
            Self::Value(name) => names.push(name),
            Self::Literal(_) => {}
            Self::Call(_, arguments) => arguments.iter().for_each(|argument| argument.names(names)),
        }
    }
}

impl<'de> Deserialize<'de> for Template {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let node = Node::deserialize(deserializer)?;
        Self::of(&node).map_err(crate::yaml::carry)
    }
}

impl JsonSchema for Template {
    fn schema_name() -> Cow<'static, str> {
        "Template".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": ["string", "number", "boolean"],
            "description": "a text that may hold `{{name}}` and calls of the fixed functions",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Source;
    use crate::model::Instant;

    struct Fixed;

    impl Scope for Fixed {
        fn value(&self, name: &str) -> Option<Cow<'_, str>> {
            match name {
                "values.name" => Some("O'Neill & \"Söhne\"".into()),
                "create.id" => Some("17".into()),
                _ => None,
            }
        }
        fn now(&self) -> Instant {
            Instant::from_micros(1_795_612_800_123_456)
        }
        fn random(&self, source: &str, site: usize) -> [u8; 32] {
            use sha2::Digest;
            sha2::Sha256::digest(format!("{source}{site}")).into()
        }
    }

    fn template(text: &str) -> Result<Template, Diagnostic> {
        Template::parse(text, &Place::top(&Source::new("t", text)))
    }

    fn render(text: &str) -> String {
        template(text).unwrap().render(&Fixed).unwrap().into_owned()
    }

    #[test]
    fn holes_are_filled() {
        let cases = [
            ("plain", "plain"),
            ("/Patient/{{create.id}}/{{ create.id }}", "/Patient/17/17"),
            ("{{base64('a:b')}}", "YTpi"),
            (
                "{{url-encode(values.name)}}",
                "O%27Neill%20%26%20%22S%C3%B6hne%22",
            ),
            ("{{json-escape(values.name)}}", "O'Neill & \\\"Söhne\\\""),
            (
                "{{sha256('abc')}}",
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            ),
            ("{{now()}}", "2026-11-25T13:20:00.123Z"),
            ("{{now('-1d', '%Y-%m-%d')}}", "2026-11-24"),
            ("{{now('+90m')}}", "2026-11-25T14:50:00.123Z"),
        ];
        for (text, expected) in cases {
            assert_eq!(render(text), expected, "{text}");
        }
    }

    #[test]
    fn random_values_are_well_formed_and_repeatable() {
        let uuid = render("{{uuid()}}");
        assert_eq!(uuid, render("{{uuid()}}"));
        assert_eq!((uuid.len(), uuid.as_bytes()[14]), (36, b'4'));
        let number = render("{{nhs-number()}}");
        assert!(
            number.starts_with("999") && number.len() == 10,
            "synthetic range: {number}"
        );
        assert_eq!(
            nhs_check_digit(&number[..9])
                .map(|digit| digit.to_string())
                .as_deref(),
            Some(&number[9..])
        );
        let roll: u64 = render("{{random(1, 6)}}").parse().unwrap();
        assert!((1..=6).contains(&roll));
    }

    #[test]
    fn mistakes_point_at_the_hole() {
        let cases = [
            ("a {{create.id", "template-syntax", "{{create.id"),
            ("a {{}} b", "template-syntax", "{{}}"),
            ("x {{uid()}}", "unknown-function", "{{uid()}}"),
            ("{{base64()}}", "template-syntax", "{{base64()}}"),
            ("{{a b}}", "template-syntax", "{{a b}}"),
        ];
        for (text, code, at) in cases {
            let diagnostic = template(text).unwrap_err();
            assert_eq!(
                (diagnostic.code, diagnostic.place.unwrap().text()),
                (code, at),
                "{text}"
            );
        }
        let unresolved = template("{{nobody}}").unwrap().render(&Fixed).unwrap_err();
        assert_eq!(unresolved.name, "nobody");
    }
}
