//! A body, parsed in the ways that were asked for, each at most once.

use std::borrow::Cow;
use std::fmt;
use std::sync::OnceLock;

use super::words;
use crate::fhir::{ParseError, Resource};
use crate::model::Payload;
use crate::xml::Document;

/// A body, parsed in the ways that were asked for.
#[derive(Debug)]
pub struct Reading {
    /// As it was on the wire.
    pub body: Payload,
    /// Its declared media type, lower case, without parameters; empty where none was declared.
    pub media_type: String,
    json: OnceLock<Result<serde_json::Value, Unreadable>>,
    resource: OnceLock<Result<Resource, Unreadable>>,
    xml: OnceLock<Result<Document, Unreadable>>,
}

/// What a body may be parsed as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// JSON.
    Json,
    /// XML.
    Xml,
}

/// Why a body cannot be read, and where it goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// What is wrong: lowercase, no full stop.
    pub message: String,
    /// Line, from 1; 0 where it is wrong as a whole.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => f.write_str(&self.message),
            line => write!(f, "line {line}, column {}: {}", self.column, self.message),
        }
    }
}

impl Unreadable {
    fn whole(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            line: 0,
            column: 0,
        }
    }
}

impl Reading {
    pub(super) fn new(body: Payload, content_type: Option<&str>) -> Self {
        let declared = content_type.unwrap_or_default().split(';').next();
        Self {
            body,
            media_type: declared.unwrap_or_default().trim().to_ascii_lowercase(),
            json: OnceLock::new(),
            resource: OnceLock::new(),
            xml: OnceLock::new(),
        }
    }

    /// What to parse it as: by the declared media type, else by its first character; `None` where neither tells.
    pub fn format(&self) -> Option<Format> {
        let subtype = self.media_type.rsplit('/').next().unwrap_or_default();
        if subtype == "json" || subtype.ends_with("+json") {
            return Some(Format::Json);
        }
        if subtype == "xml" || subtype.ends_with("+xml") {
            return Some(Format::Xml);
        }
        let is_space = |byte: &u8| byte.is_ascii_whitespace();
        match self.body.bytes().iter().find(|byte| !is_space(byte)) {
            Some(b'{') => Some(Format::Json),
            Some(b'<') => Some(Format::Xml),
            _ => None,
        }
    }

    /// As text; bytes that are no UTF-8 are shown as replacement characters.
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(self.body.bytes())
    }

    /// As JSON, whatever its media type says.
    ///
    /// # Errors
    /// The first place where it is no JSON.
    pub fn json(&self) -> Result<&serde_json::Value, &Unreadable> {
        self.json
            .get_or_init(|| parse_json(self.body.bytes()))
            .as_ref()
    }

    /// As XML, whatever its media type says.
    ///
    /// # Errors
    /// The first place where it is no well-formed XML.
    pub fn xml(&self) -> Result<&Document, &Unreadable> {
        self.xml
            .get_or_init(|| parse_xml(self.body.bytes()))
            .as_ref()
    }

    /// As a FHIR resource, in the format that [`Reading::format`] tells.
    ///
    /// # Errors
    /// The first place where it cannot be read; a body of neither format is wrong as a whole.
    pub fn resource(&self) -> Result<&Resource, &Unreadable> {
        self.resource.get_or_init(|| self.parse_resource()).as_ref()
    }

    fn parse_resource(&self) -> Result<Resource, Unreadable> {
        not_empty(self.body.bytes())?;
        match self.format() {
            Some(Format::Json) => parse_fhir_json(self.body.bytes()),
            Some(Format::Xml) => parse_fhir_xml(self.body.bytes()),
            None => Err(Unreadable::whole(self.neither())),
        }
    }

    /// The start of a body often tells what it is: an error page, a login form.
    fn neither(&self) -> String {
        let start = self.body.bytes();
        let start = String::from_utf8_lossy(&start[..start.len().min(80)]);
        match self.media_type.is_empty() {
            true => format!("neither JSON nor XML: {start}"),
            false => format!("{}, neither JSON nor XML: {start}", self.media_type),
        }
    }
}

/// A FHIR JSON body, whatever its media type says.
pub(super) fn parse_fhir_json(body: &[u8]) -> Result<Resource, Unreadable> {
    not_empty(body)?;
    Resource::parse_json(body).map_err(Unreadable::from)
}

/// A FHIR XML body, whatever its media type says.
pub(super) fn parse_fhir_xml(body: &[u8]) -> Result<Resource, Unreadable> {
    not_empty(body)?;
    Resource::parse_xml(body).map_err(Unreadable::from)
}

fn parse_xml(body: &[u8]) -> Result<Document, Unreadable> {
    not_empty(body)?;
    Document::parse(body).map_err(|error| Unreadable {
        message: error.message,
        line: error.line,
        column: error.column,
    })
}

impl From<ParseError> for Unreadable {
    fn from(error: ParseError) -> Self {
        Self {
            message: error.message,
            line: error.line,
            column: error.column,
        }
    }
}

/// Parsers call an empty body an unexpected end; people call it empty.
fn not_empty(body: &[u8]) -> Result<(), Unreadable> {
    match body.is_empty() {
        true => Err(Unreadable::whole("the body is empty")),
        false => Ok(()),
    }
}

fn parse_json(body: &[u8]) -> Result<serde_json::Value, Unreadable> {
    not_empty(body)?;
    serde_json::from_slice(body).map_err(|error| json_problem(body, &error))
}

/// serde_json counts bytes; editors count characters.
fn json_problem(body: &[u8], error: &serde_json::Error) -> Unreadable {
    let words = error.to_string();
    let message = words.split(" at line ").next().unwrap_or_default();
    let line = body
        .split(|byte| *byte == b'\n')
        .nth(error.line().max(1) - 1);
    let line = line.unwrap_or_default();
    let before = String::from_utf8_lossy(&line[..error.column().saturating_sub(1).min(line.len())]);
    Unreadable {
        message: format!("no JSON: {}", words::shown(message)),
        line: error.line().max(1),
        column: before.chars().count() + 1,
    }
}
