//! Bodies: read and compiled once, filled for each request.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, json_schema};
use serde::Deserialize;

use super::json_edit::{self, Segment};
use super::pairs::Pairs;
use crate::diag::{Diagnostic, Place, Source, Span};
use crate::model::{Files, NoFile};
use crate::protocol::Unsendable;
use crate::template::{Scope, Template};
use crate::yaml::{Node, Spanned, no_file};

/// What an author writes under `body`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(rename = "HttpBody", transform = exactly_one_kind)]
pub(super) struct WrittenBody {
    /// A file of the pack, its holes filled.
    file: Option<Template>,
    /// With `file`, JSON only: what to set, by path, such as `name[0].family`.
    set: Option<Node>,
    /// With `file`, JSON only: what to leave out, by path.
    unset: Option<Vec<Spanned<String>>>,
    /// A value as JSON, the holes of its texts filled.
    json: Option<Node>,
    /// A text.
    text: Option<Template>,
    /// A form.
    form: Option<Pairs>,
    /// Parts of a multipart form.
    multipart: Option<Vec<WrittenPart>>,
    /// The Content-Type, unless the headers give one.
    media_type: Option<Template>,
}

/// One part of a multipart form.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct WrittenPart {
    /// The name of the form's field.
    name: Template,
    /// The content as a text.
    text: Option<Template>,
    /// The content as a file of the pack.
    file: Option<Template>,
    /// The part's Content-Type.
    r#type: Option<Template>,
    /// The file name that is declared.
    filename: Option<Template>,
}

const KINDS: [&str; 5] = ["file", "json", "text", "form", "multipart"];

/// In a fragment, one hole may stand for the whole: the user's map takes its place.
fn exactly_one_kind(schema: &mut Schema) {
    let choices: Vec<_> = KINDS
        .iter()
        .map(|key| serde_json::json!({ "required": [key] }))
        .collect();
    schema.insert("oneOf".into(), choices.into());
    let written = std::mem::take(schema);
    *schema = json_schema!({
        "anyOf": [written, { "type": "string", "pattern": r"^\{\{ *with\.[^{}]*\}\}$" }],
    });
}

/// A body, ready to be filled.
#[derive(Debug)]
pub(super) struct Body {
    content: Content,
    media_type: Option<Template>,
}

#[derive(Debug)]
enum Content {
    File(FileChoice),
    Json(Vec<Segment>),
    Text(Template),
    Form(Pairs),
    Multipart(Vec<Part>, Place),
}

#[derive(Debug)]
struct Part {
    name: Template,
    content: PartContent,
    media_type: Option<Template>,
    file_name: Option<Template>,
}

#[derive(Debug)]
enum PartContent {
    Text(Template),
    File(FileChoice),
}

impl Body {
    /// Reads the files that it names, and compiles all that has holes.
    pub(super) fn new(written: &Spanned<WrittenBody>, files: &Files) -> Result<Self, Diagnostic> {
        let body = &written.value;
        let kinds = [
            body.file.is_some(),
            body.json.is_some(),
            body.text.is_some(),
            body.form.is_some(),
            body.multipart.is_some(),
        ];
        match kinds.iter().filter(|there| **there).count() {
            1 => {}
            0 => return Err(no_kind(&written.place)),
            _ => return Err(two_kinds(&written.place)),
        }
        if body.file.is_none() && (body.set.is_some() || body.unset.is_some()) {
            return Err(
                Diagnostic::error("bad-value", "`set` and `unset` go with `file`")
                    .at(&written.place),
            );
        }
        Ok(Self {
            content: content(written, files)?,
            media_type: body.media_type.clone(),
        })
    }

    /// The bytes, and the Content-Type that goes with them.
    pub(super) fn render(
        &self,
        scope: &dyn Scope,
    ) -> Result<(Vec<u8>, Option<String>), Unsendable> {
        let (bytes, media_type) = self.content.render(scope)?;
        let media_type = match &self.media_type {
            None => media_type,
            Some(given) => text(given, scope)?,
        };
        if media_type.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
            return Err(Unsendable::Broken(
                "the media type of the body holds a control character".into(),
            ));
        }
        Ok((bytes, Some(media_type)))
    }
}

fn no_kind(place: &Place) -> Diagnostic {
    Diagnostic::error("missing-field", "the body has no content")
        .at(place)
        .help(format!("write one of `{}`", KINDS.join("`, `")))
}

fn two_kinds(place: &Place) -> Diagnostic {
    Diagnostic::error("bad-value", "a body has one content")
        .at(place)
        .help(format!("write only one of `{}`", KINDS.join("`, `")))
}

fn content(written: &Spanned<WrittenBody>, files: &Files) -> Result<Content, Diagnostic> {
    let body = &written.value;
    if let Some(path) = &body.file {
        let edits = Edits {
            set: body.set.as_ref(),
            unset: body.unset.as_deref().unwrap_or_default(),
        };
        return FileChoice::new(path, files, &edits).map(Content::File);
    }
    if let Some(node) = &body.json {
        return json_edit::value(node).map(Content::Json);
    }
    if let Some(template) = &body.text {
        return Ok(Content::Text(template.clone()));
    }
    if let Some(pairs) = &body.form {
        return Ok(Content::Form(pairs.clone()));
    }
    let parts = body.multipart.iter().flatten();
    let parts = parts.map(|part| Part::new(part, files, &written.place));
    Ok(Content::Multipart(
        parts.collect::<Result<_, _>>()?,
        written.place.clone(),
    ))
}

impl Part {
    fn new(written: &WrittenPart, files: &Files, place: &Place) -> Result<Self, Diagnostic> {
        let none = Edits {
            set: None,
            unset: &[],
        };
        let content = match (&written.text, &written.file) {
            (Some(text), None) => PartContent::Text(text.clone()),
            (None, Some(path)) => PartContent::File(FileChoice::new(path, files, &none)?),
            (None, None) | (Some(_), Some(_)) => {
                return Err(
                    Diagnostic::error("bad-value", "a part has either `text` or `file`")
                        .at(written.name.place())
                        .note("see", place.label()),
                );
            }
        };
        Ok(Self {
            name: written.name.clone(),
            content,
            media_type: written.r#type.clone(),
            file_name: written.filename.clone(),
        })
    }

    fn render(&self, scope: &dyn Scope, out: &mut Vec<u8>) -> Result<(), Unsendable> {
        let (bytes, media_type) = match &self.content {
            PartContent::Text(template) => (text(template, scope)?.into_bytes(), None),
            PartContent::File(file) => {
                let (bytes, media_type) = file.render(scope)?;
                (bytes, Some(media_type.to_owned()))
            }
        };
        let name = quoted(&text(&self.name, scope)?);
        let mut header = format!("Content-Disposition: form-data; name=\"{name}\"");
        if let Some(file_name) = &self.file_name {
            header += &format!("; filename=\"{}\"", quoted(&text(file_name, scope)?));
        }
        let given = self.media_type.as_ref().map(|given| text(given, scope));
        if let Some(media_type) = given.transpose()?.or(media_type) {
            header += &format!("\r\nContent-Type: {}", quoted(&media_type));
        }
        out.extend_from_slice(header.as_bytes());
        out.extend_from_slice(b"\r\n\r\n");
        out.extend_from_slice(&bytes);
        out.extend_from_slice(b"\r\n");
        Ok(())
    }
}

/// As browsers do it (WHATWG HTML, multipart/form-data): quotes and line breaks are percent-encoded.
fn quoted(name: &str) -> String {
    name.replace('\r', "%0D")
        .replace('\n', "%0A")
        .replace('"', "%22")
}

fn text(template: &Template, scope: &dyn Scope) -> Result<String, Unsendable> {
    let text = template.render(scope).map_err(Unsendable::Unresolved)?;
    Ok(text.into_owned())
}

impl Content {
    fn render(&self, scope: &dyn Scope) -> Result<(Vec<u8>, String), Unsendable> {
        let (bytes, media_type) = match self {
            Self::File(file) => file.render(scope)?,
            Self::Json(segments) => (json_edit::render(segments, scope)?, FHIR_JSON),
            Self::Text(template) => (text(template, scope)?.into_bytes(), "text/plain"),
            Self::Form(pairs) => (
                pairs.form(scope)?.into_bytes(),
                "application/x-www-form-urlencoded",
            ),
            Self::Multipart(parts, place) => return multipart(parts, place, scope),
        };
        Ok((bytes, media_type.to_owned()))
    }
}

/// The boundary comes from the run's seed, so that the same run gives the same bytes.
fn multipart(
    parts: &[Part],
    place: &Place,
    scope: &dyn Scope,
) -> Result<(Vec<u8>, String), Unsendable> {
    let random = scope.random(&place.source.name, place.span.start);
    let digits: String = random[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let boundary = format!("plugfest-{digits}");
    let mut body = Vec::new();
    for part in parts {
        body.extend_from_slice(format!("--{boundary}\r\n").as_bytes());
        part.render(scope, &mut body)?;
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    Ok((body, format!("multipart/form-data; boundary={boundary}")))
}

const FHIR_JSON: &str = "application/fhir+json";

fn media_type_of(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("json") => FHIR_JSON,
        Some("xml") => "application/fhir+xml",
        Some("ndjson") => "application/fhir+ndjson",
        Some("txt") => "text/plain",
        Some(_) | None => "application/octet-stream",
    }
}

/// What is changed in a file before it is sent.
struct Edits<'a> {
    set: Option<&'a Node>,
    unset: &'a [Spanned<String>],
}

/// A file, or the files of a folder from which a row picks one.
#[derive(Debug)]
struct FileChoice {
    path: Template,
    compiled: BTreeMap<String, Result<FileContent, String>>,
}

#[derive(Debug)]
enum FileContent {
    Bytes(Vec<u8>),
    Text(Vec<Segment>),
}

impl FileChoice {
    fn new(path: &Template, files: &Files, edits: &Edits<'_>) -> Result<Self, Diagnostic> {
        let mut compiled = BTreeMap::new();
        if let Some(name) = path.literal() {
            let content = compile(name, path.place(), files, edits)?;
            compiled.insert(name.to_owned(), Ok(content));
            return Ok(Self {
                path: path.clone(),
                compiled,
            });
        }
        // The pack's files are all known here: every file that the holes could mean is compiled now, none is read later.
        let written = path.place().text().trim_matches(['"', '\'']);
        let folder = written.split("{{").next().unwrap_or_default();
        for name in files.in_folder(folder, "") {
            let content = compile(name, path.place(), files, edits);
            compiled.insert(
                name.to_owned(),
                content.map_err(|diagnostic| diagnostic.message),
            );
        }
        if compiled.is_empty() {
            return Err(no_file(NoFile::Missing, folder, path.place(), files));
        }
        Ok(Self {
            path: path.clone(),
            compiled,
        })
    }

    fn render(&self, scope: &dyn Scope) -> Result<(Vec<u8>, &'static str), Unsendable> {
        let path = self.path.render(scope).map_err(Unsendable::Unresolved)?;
        let bytes = match self.compiled.get(&*path) {
            None => return Err(Unsendable::Broken(format!("the pack has no file `{path}`"))),
            Some(Err(problem)) => return Err(Unsendable::Broken(problem.clone())),
            Some(Ok(FileContent::Bytes(bytes))) => bytes.clone(),
            Some(Ok(FileContent::Text(segments))) => json_edit::render(segments, scope)?,
        };
        Ok((bytes, media_type_of(&path)))
    }
}

fn compile(
    name: &str,
    place: &Place,
    files: &Files,
    edits: &Edits<'_>,
) -> Result<FileContent, Diagnostic> {
    let bytes = files
        .bytes(name)
        .map_err(|problem| no_file(problem, name, place, files))?;
    let is_edited = edits.set.is_some() || !edits.unset.is_empty();
    let Ok(text) = std::str::from_utf8(bytes) else {
        if is_edited {
            return Err(json_edit::no_json(name, place, "it is no UTF-8 text"));
        }
        return Ok(FileContent::Bytes(bytes.to_vec()));
    };
    let source = Source::new(files.shown(name), text);
    let span = Span {
        start: 0,
        end: text.len(),
    };
    let whole = Place {
        source: source.clone(),
        span,
    };
    let segments = match is_edited {
        false => json_edit::verbatim(text, &whole)?,
        true => json_edit::edited(name, &whole, place, edits.set, edits.unset)?,
    };
    Ok(FileContent::Text(segments))
}
