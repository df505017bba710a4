//! The embedded templates, and the one place where text becomes markup.

use std::fmt::Write as _;
use std::io;

use base64::Engine as _;
use minijinja::{AutoEscape, Environment, Output, State, UndefinedBehavior, Value};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::report::inert;

/// The style sheet, as it stands in the page.
pub const STYLE: &str = include_str!("../templates/report.css");

/// The script, as it stands in the page: search, and nothing that the page needs.
pub const SCRIPT: &str = include_str!("../templates/report.js");

/// A template by its name, so that a misspelt one does not compile.
#[derive(Debug, Clone, Copy)]
pub enum Piece {
    /// From the doctype to the masthead.
    Top,
    /// The result of one pack.
    Pack,
    /// The filters over all requirements.
    Filters,
    /// One requirement and its checks.
    Requirement,
    /// One exchange.
    Exchange,
    /// From the last section to the end.
    Bottom,
}

impl Piece {
    const ALL: [Self; 6] = [
        Self::Top,
        Self::Pack,
        Self::Filters,
        Self::Requirement,
        Self::Exchange,
        Self::Bottom,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Top => "top",
            Self::Pack => "pack",
            Self::Filters => "filters",
            Self::Requirement => "requirement",
            Self::Exchange => "exchange",
            Self::Bottom => "bottom",
        }
    }

    fn source(self) -> &'static str {
        match self {
            Self::Top => include_str!("../templates/top.html.j2"),
            Self::Pack => include_str!("../templates/pack.html.j2"),
            Self::Filters => include_str!("../templates/filters.html.j2"),
            Self::Requirement => include_str!("../templates/requirement.html.j2"),
            Self::Exchange => include_str!("../templates/exchange.html.j2"),
            Self::Bottom => include_str!("../templates/bottom.html.j2"),
        }
    }
}

/// All templates, compiled.
pub struct Templates(Environment<'static>);

impl Templates {
    /// Compiles them.
    ///
    /// # Errors
    /// Where a template is broken, which a test rules out.
    pub fn new() -> io::Result<Self> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_trim_blocks(true);
        environment.set_lstrip_blocks(true);
        environment.set_auto_escape_callback(|_| AutoEscape::Html);
        environment.set_formatter(escaping);
        for piece in Piece::ALL {
            environment
                .add_template(piece.name(), piece.source())
                .map_err(io::Error::other)?;
        }
        Ok(Self(environment))
    }

    /// Writes one piece.
    ///
    /// # Errors
    /// The writer's, and a value that a template misses.
    pub fn write(
        &self,
        piece: Piece,
        context: impl Serialize,
        out: &mut dyn io::Write,
    ) -> io::Result<()> {
        let template = self
            .0
            .get_template(piece.name())
            .map_err(io::Error::other)?;
        let text = template.render(context).map_err(io::Error::other)?;
        out.write_all(text.as_bytes())
    }
}

/// Every value that is not marked safe by us: escaped, and with nothing hidden in it.
fn escaping(
    out: &mut Output<'_>,
    _: &State<'_, '_>,
    value: &Value,
) -> Result<(), minijinja::Error> {
    match value.as_str() {
        Some(text) if value.is_safe() => out.write_str(text)?,
        Some(text) => escape(out, &inert::visible(text))?,
        None => escape(out, &value.to_string())?,
    }
    Ok(())
}

/// Safe between tags and inside a quoted attribute.
fn escape(out: &mut Output<'_>, text: &str) -> std::fmt::Result {
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<', '>', '"', '\'']) {
        out.write_str(&rest[..at])?;
        out.write_str(match rest.as_bytes()[at] {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            _ => "&#39;",
        })?;
        rest = &rest[at + 1..];
    }
    out.write_str(rest)
}

/// Nothing may be loaded, nothing may run but our own style and script, known by their digests.
pub fn security_policy() -> String {
    format!(
        "default-src 'none'; style-src '{}'; script-src '{}'; base-uri 'none'; form-action 'none'",
        source_hash(STYLE),
        source_hash(SCRIPT)
    )
}

fn source_hash(text: &str) -> String {
    let digest = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(text));
    format!("sha256-{digest}")
}

/// A name for an element that a link can point to: `fhir-r4-rest/FHIR-CONC-001`.
pub fn anchor(pack: &str, id: &str) -> String {
    let mut anchor = String::with_capacity(pack.len() + id.len() + 1);
    // invariant: writing to a String cannot fail.
    let _ = write!(anchor, "{pack}/{id}");
    // Ids are parsed elsewhere; a view that was read from a stranger's file may hold anything.
    anchor.replace(
        |c: char| !c.is_ascii_alphanumeric() && !"-_./".contains(c),
        "_",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchors_need_no_escaping() {
        assert_eq!(anchor("p", "A-1.b"), "p/A-1.b");
        assert_eq!(anchor("p", "\"><x> y"), "p/___x__y");
    }

    #[test]
    fn style_and_script_stay_inside_their_elements() {
        assert!(!STYLE.contains("</") && !SCRIPT.contains("</"));
    }
}
