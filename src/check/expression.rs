//! Expressions of other languages inside scenario files: compiled where the file is read, or, with holes, where they are asked.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};
use serde_json_path::JsonPath;

use super::{Examined, Subject, inert, words};
use crate::diag::{Diagnostic, Place};
use crate::model::Finding;
use crate::template::{Escape, Template};
use crate::yaml::{Node, carry};

/// The longest expression; longer ones are generated, and by mistake.
const MAX_LENGTH: usize = 8 * 1024;

/// A language whose texts can be compiled.
pub(super) trait Language: 'static {
    /// What compiling gives.
    type Compiled: fmt::Debug + Send + Sync;
    /// What compiling needs to know besides the text.
    type Context: fmt::Debug + Default + Send + Sync;
    /// Its name, for people.
    const NAME: &'static str;
    /// How values are put into it.
    const ESCAPE: Escape;
    /// The quotes that enclose its string literals; none where [`Language::ESCAPE`] makes every value inert everywhere.
    const QUOTES: &'static [char];

    /// Compiles a text.
    fn compile(text: &str, context: &Self::Context) -> Result<Self::Compiled, Slip>;
}

/// Where and why a text cannot be compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Slip {
    /// Byte offset in the text.
    pub(super) position: usize,
    /// What is wrong: lowercase, no full stop.
    pub(super) message: String,
    /// What to do.
    pub(super) help: Option<String>,
}

/// A text of a language, compiled as early as can be.
pub(super) struct Expression<L: Language> {
    template: Template,
    context: L::Context,
    compiled: Option<L::Compiled>,
}

/// A compiled expression, whether it was so already or not.
pub(super) enum Ready<'a, C> {
    Early(&'a C),
    Late(C),
}

impl<C> Deref for Ready<'_, C> {
    type Target = C;
    fn deref(&self) -> &C {
        match self {
            Self::Early(compiled) => compiled,
            Self::Late(compiled) => compiled,
        }
    }
}

impl<L: Language> Expression<L> {
    /// Compiles what has no holes.
    ///
    /// # Errors
    /// `expression-syntax`, at the place inside the text.
    pub(super) fn new(template: Template, context: L::Context) -> Result<Self, Diagnostic> {
        let compiled = template.literal().map(|text| compile::<L>(text, &context));
        let compiled = compiled
            .transpose()
            .map_err(|slip| diagnose::<L>(&template, slip))?;
        Ok(Self {
            template,
            context,
            compiled,
        })
    }

    /// The compiled expression.
    ///
    /// # Errors
    /// What has holes is compiled here: a missing value leaves it undecidable, a mistake breaks it.
    pub(super) fn get(&self, subject: &Subject<'_>) -> Examined<Ready<'_, L::Compiled>> {
        if let Some(compiled) = &self.compiled {
            return Ok(Ready::Early(compiled));
        }
        let text = self.fill(subject)?;
        let compiled = compile::<L>(&text, &self.context).map_err(|slip| {
            let text = words::shown(&text);
            Finding::broken(format!("`{text}` is no {}: {}", L::NAME, slip.message))
        })?;
        Ok(Ready::Late(compiled))
    }

    /// The compiled expression, where it has no holes.
    pub(super) fn early(&self) -> Option<&L::Compiled> {
        self.compiled.as_ref()
    }

    /// A warning at a place inside the text: it can be read, but can hardly be meant.
    pub(super) fn doubt(&self, slip: Slip) -> Diagnostic {
        let text = self.template.literal().unwrap_or_default();
        let message = format!("`{}` can hardly be meant", words::shown(text));
        let diagnostic = Diagnostic::warning("expression-doubt", message)
            .at(&caret(self.template.place(), text, slip.position))
            .label(slip.message);
        match slip.help {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        }
    }

    /// The text, its holes filled.
    pub(super) fn fill(&self, subject: &Subject<'_>) -> Examined<Cow<'_, str>> {
        if !L::QUOTES.is_empty() {
            inert::check(&self.template, subject, L::QUOTES, L::ESCAPE)?;
        }
        subject.fill_for(&self.template, L::ESCAPE)
    }

    /// As its author wrote it.
    pub(super) fn written(&self) -> String {
        words::written(&self.template)
    }
}

/// Length is bounded for all languages alike.
fn compile<L: Language>(text: &str, context: &L::Context) -> Result<L::Compiled, Slip> {
    if text.len() > MAX_LENGTH {
        return Err(Slip {
            position: 0,
            message: format!("longer than {MAX_LENGTH} bytes"),
            help: None,
        });
    }
    L::compile(text, context)
}

/// The carets stand inside the text, at the slip itself.
fn diagnose<L: Language>(template: &Template, slip: Slip) -> Diagnostic {
    let text = template.literal().unwrap_or_default();
    let message = format!("`{}` is no {}", words::shown(text), L::NAME);
    let diagnostic = Diagnostic::error("expression-syntax", message)
        .at(&caret(template.place(), text, slip.position))
        .label(slip.message);
    match slip.help {
        Some(help) => diagnostic.help(help),
        None => diagnostic.help(format!(
            "`plugfest explain expression-syntax` says how {} is read",
            L::NAME
        )),
    }
}

/// The place of one word or character of a text; the whole of it where YAML's quoting makes the two differ.
fn caret(place: &Place, text: &str, position: usize) -> Place {
    let Some(start) = place.text().find(text) else {
        return place.clone();
    };
    let rest = text.get(position..).unwrap_or_default();
    let in_word = |c: char| c.is_alphanumeric() || c == '_';
    let word = rest.find(|c| !in_word(c)).unwrap_or(rest.len());
    let length = word.max(rest.chars().next().map_or(0, char::len_utf8));
    place.within(start + position.min(text.len()), length)
}

impl<L: Language> fmt::Debug for Expression<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", L::NAME, self.written())
    }
}

impl<'de, L: Language> Deserialize<'de> for Expression<L> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let node = Node::deserialize(deserializer)?;
        Template::of(&node)
            .and_then(|template| Self::new(template, L::Context::default()))
            .map_err(carry)
    }
}

impl<L: Language> JsonSchema for Expression<L> {
    fn schema_name() -> Cow<'static, str> {
        L::NAME.replace(' ', "_").into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "description": format!("a {}, which may hold `{{{{…}}}}`", L::NAME) })
    }
}

/// Regular expressions, of bounded size, that take linear time whatever the peer sends.
pub(super) enum Regex {}

impl Language for Regex {
    type Compiled = regex::Regex;
    type Context = ();
    const NAME: &'static str = "regular expression";
    const ESCAPE: Escape = Escape::Regex;
    const QUOTES: &'static [char] = &[];

    fn compile(text: &str, (): &()) -> Result<regex::Regex, Slip> {
        regex::RegexBuilder::new(text)
            .size_limit(1 << 20)
            .dfa_size_limit(1 << 20)
            .nest_limit(50)
            .build()
            .map_err(|error| regex_slip(text, &error))
    }
}

/// The regex crate draws its own carets below the pattern; we take their column, and its last line.
fn regex_slip(text: &str, error: &regex::Error) -> Slip {
    let drawn = error.to_string();
    let message = drawn.lines().last().unwrap_or_default();
    let carets = drawn
        .lines()
        .find(|line| line.contains('^') && line.trim_matches([' ', '^']).is_empty());
    let column = carets.and_then(|line| line.find('^')).unwrap_or(0);
    // The pattern is drawn four columns in.
    let position = text.char_indices().nth(column.saturating_sub(4));
    Slip {
        position: position.map_or(text.len(), |(at, _)| at),
        message: message.trim_start_matches("error: ").to_owned(),
        help: message.contains("look-around").then(|| {
            "regular expressions here take linear time: without look-around and back-references"
                .to_owned()
        }),
    }
}

/// JSONPath (RFC 9535).
pub(super) enum JsonPaths {}

impl Language for JsonPaths {
    type Compiled = JsonPath;
    type Context = ();
    const NAME: &'static str = "JSONPath";
    const ESCAPE: Escape = Escape::FhirPath;
    const QUOTES: &'static [char] = &['\'', '"'];

    fn compile(text: &str, (): &()) -> Result<JsonPath, Slip> {
        bounded(text)?;
        JsonPath::parse(text).map_err(|error| Slip {
            position: error.position().saturating_sub(1),
            message: json_path_problem(error.message()),
            help: (!text.starts_with('$'))
                .then(|| "a JSONPath starts with `$`, such as `$.total`".to_owned()),
        })
    }
}

/// Often the parser knows only where it stopped.
fn json_path_problem(message: &str) -> String {
    match message {
        "parser error" => "not understood from here on".to_owned(),
        message => message.to_owned(),
    }
}

/// How deep the brackets of a JSONPath may nest.
const MAX_BRACKETS: usize = 8;
/// How often a JSONPath may descend.
const MAX_DESCENTS: usize = 2;

/// Descents multiply, and a filter that starts again at the root looks at everything for everything: a path from a stranger
/// may not be one that never ends.
fn bounded(text: &str) -> Result<(), Slip> {
    let (mut depth, mut descents) = (0_usize, 0);
    for position in unquoted(text) {
        let rest = &text[position..];
        depth += usize::from(rest.starts_with(['[', '(']));
        depth = depth.saturating_sub(usize::from(rest.starts_with([']', ')'])));
        descents += usize::from(rest.starts_with(".."));
        let (message, help) = if depth > MAX_BRACKETS {
            (
                "brackets nest too deep",
                "eight levels are enough for every honest path",
            )
        } else if descents > MAX_DESCENTS {
            (
                "one `..` too many",
                "name the members in between: each `..` multiplies the work",
            )
        } else if depth > 0 && rest.starts_with('$') && !is_plain_root(rest) {
            (
                "a filter may look at the root by names only",
                "write `$.name.name`: anything else would be searched for every item",
            )
        } else {
            continue;
        };
        return Err(Slip {
            position,
            message: message.to_owned(),
            help: Some(help.to_owned()),
        });
    }
    Ok(())
}

/// The offsets outside string literals.
fn unquoted(text: &str) -> impl Iterator<Item = usize> {
    let mut quote: Option<char> = None;
    let mut is_escaped = false;
    text.char_indices().filter_map(move |(at, character)| {
        let escaped = std::mem::take(&mut is_escaped);
        match quote {
            Some(_) if escaped => None,
            Some(open) => {
                is_escaped = character == '\\';
                quote = (character != open).then_some(open);
                None
            }
            None => {
                quote = matches!(character, '\'' | '"').then_some(character);
                Some(at)
            }
        }
    })
}

/// `$.name.name`, as a filter may compare with.
fn is_plain_root(rest: &str) -> bool {
    let end = rest
        .find([' ', ')', ']', '=', '<', '>', '!', '&', '|', ','])
        .unwrap_or(rest.len());
    let path = &rest[1..end];
    !path.contains(['[', '*', '(', '?']) && !path.contains("..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_have_positions() {
        let cases = [
            (r"^(a|b", 1, "unclosed group"),
            (
                r"é[z-a]",
                3,
                "invalid character class range, the start must be <= the end",
            ),
            (
                r"a(?=b)",
                1,
                "look-around, including look-ahead and look-behind, is not supported",
            ),
        ];
        for (text, position, message) in cases {
            let slip = Regex::compile(text, &()).unwrap_err();
            assert_eq!(
                (slip.position, slip.message.as_str()),
                (position, message),
                "{text}"
            );
        }
        assert!(Regex::compile(r"(\w{200}){200}", &()).is_err(), "too large");
        for (text, position) in [
            ("$[?$..a]", 3),
            ("$[?$[?$.a]]", 3),
            ("total", 0),
            ("$.a[", 2),
            ("$..a..b..c", 7),
            ("$[?[[[[[[[[[", 10),
        ] {
            let slip = JsonPaths::compile(text, &()).unwrap_err();
            assert_eq!(slip.position, position, "{text}: {slip:?}");
        }
        for text in [
            "$['a..b..c..d[[[[[[[[[[']",
            "$.a[?@.b == $.c.d]",
            "$..a[?@.b[?@.c == 'x\\'..']]",
        ] {
            assert!(JsonPaths::compile(text, &()).is_ok(), "{text}");
        }
    }
}
