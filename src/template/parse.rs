//! From text to parts.

use super::functions::{FUNCTIONS, function};
use super::{Expression, Part};
use crate::diag::{Diagnostic, Place};

/// How deep calls may nest.
const MAX_DEPTH: usize = 8;

/// What is wrong with a hole, and where in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateError {
    code: &'static str,
    message: String,
    help: Option<String>,
    start: usize,
    length: usize,
}

impl TemplateError {
    /// As a diagnostic, where the text stands at a place of a file.
    pub(super) fn at(self, text: &str, place: &Place) -> Diagnostic {
        // A quoted or folded scalar differs from its text; carets then stand under the whole of it.
        let verbatim = place.text().find(text);
        let place = verbatim.map_or_else(
            || place.clone(),
            |offset| place.within(offset + self.start, self.length),
        );
        let diagnostic = Diagnostic::error(self.code, self.message).at(&place);
        match self.help {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        }
    }
}

pub(super) fn parts(text: &str) -> Result<Vec<Part>, TemplateError> {
    let mut parts = Vec::new();
    let mut rest = 0;
    while let Some(found) = text[rest..].find("{{") {
        let start = rest + found;
        if start > rest {
            parts.push(Part::Literal(text[rest..start].to_owned()));
        }
        let Some(length) = text[start..].find("}}") else {
            return Err(error(
                "template-syntax",
                "`{{` is never closed by `}}`".into(),
                start,
                text.len() - start,
            ));
        };
        let end = start + length + 2;
        let hole = Hole {
            text: &text[start + 2..end - 2],
            at: 0,
            start,
            length: end - start,
        };
        parts.push(Part::Hole(hole.read()?, start));
        rest = end;
    }
    if rest < text.len() {
        parts.push(Part::Literal(text[rest..].to_owned()));
    }
    Ok(parts)
}

fn error(code: &'static str, message: String, start: usize, length: usize) -> TemplateError {
    TemplateError {
        code,
        message,
        help: None,
        start,
        length,
    }
}

struct Hole<'a> {
    text: &'a str,
    at: usize,
    start: usize,
    length: usize,
}

impl<'a> Hole<'a> {
    fn read(mut self) -> Result<Expression, TemplateError> {
        let expression = self.expression(0)?;
        self.skip_space();
        if self.at < self.text.len() {
            return Err(self.fail(format!("`{}` is not expected here", &self.text[self.at..])));
        }
        Ok(expression)
    }

    fn fail(&self, message: String) -> TemplateError {
        error("template-syntax", message, self.start, self.length)
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip_space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn eat(&mut self, token: char) -> bool {
        self.skip_space();
        let found = self.rest().starts_with(token);
        self.at += if found { token.len_utf8() } else { 0 };
        found
    }

    fn expression(&mut self, depth: usize) -> Result<Expression, TemplateError> {
        if depth > MAX_DEPTH {
            return Err(self.fail(format!("calls nest deeper than {MAX_DEPTH}")));
        }
        self.skip_space();
        if self.eat('\'') {
            return self.quoted();
        }
        let word = self.word();
        if word.is_empty() {
            return Err(
                self.fail("a name, a 'text' or a number is wanted between the braces".into())
            );
        }
        if self.eat('(') {
            return self.call(word, depth);
        }
        if word.starts_with(|c: char| c.is_ascii_digit()) {
            return Ok(Expression::Literal(word.to_owned()));
        }
        Ok(Expression::Value(word.to_owned()))
    }

    fn word(&mut self) -> &'a str {
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
        let rest = self.rest();
        let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    fn quoted(&mut self) -> Result<Expression, TemplateError> {
        let Some(length) = self.rest().find('\'') else {
            return Err(self.fail("a quote is never closed".into()));
        };
        let text = self.rest()[..length].to_owned();
        self.at += length + 1;
        Ok(Expression::Literal(text))
    }

    fn call(&mut self, name: &str, depth: usize) -> Result<Expression, TemplateError> {
        let mut arguments = Vec::new();
        while !self.eat(')') {
            if !arguments.is_empty() && !self.eat(',') {
                return Err(self.fail("`,` or `)` is wanted between arguments".into()));
            }
            arguments.push(self.expression(depth + 1)?);
        }
        let Some(function) = function(name) else {
            let help = crate::diag::did_you_mean(name, FUNCTIONS.iter().map(|row| row.name));
            let message = format!("there is no function `{name}`");
            return Err(TemplateError {
                help,
                ..error("unknown-function", message, self.start, self.length)
            });
        };
        if !function.arguments.contains(&arguments.len()) {
            return Err(self.fail(format!(
                "`{}` is used as `{}`",
                function.name, function.usage
            )));
        }
        Ok(Expression::Call(function, arguments))
    }
}
