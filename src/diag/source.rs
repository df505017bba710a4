//! Texts that people wrote, and places in them.

use std::sync::Arc;

/// A text that somebody wrote, under the name that they know it by.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    /// The path as the reader would type it, or as the pack names it.
    pub name: String,
    /// The whole text.
    pub text: String,
    /// The number of its first line: 1, unless it is a part of a longer one.
    pub first_line: usize,
}

impl Source {
    /// A text under a name.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Arc<Self> {
        Arc::new(Self {
            name: name.into(),
            text: text.into(),
            first_line: 1,
        })
    }

    /// A part of a longer text, which starts at a line of it.
    pub fn part(name: impl Into<String>, text: impl Into<String>, first_line: usize) -> Arc<Self> {
        Arc::new(Self {
            name: name.into(),
            text: text.into(),
            first_line,
        })
    }
}

/// A range of bytes in a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// A range in a text: what carets point at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The text.
    pub source: Arc<Source>,
    /// The range in it.
    pub span: Span,
}

impl Place {
    /// The whole of a source's first line: for what is wrong with a file as such.
    pub fn top(source: &Arc<Source>) -> Self {
        let end = source.text.find('\n').unwrap_or(source.text.len());
        Self {
            source: source.clone(),
            span: Span { start: 0, end },
        }
    }

    /// One character at a line and column, both counted from 1; the nearest place where there is none such.
    pub fn at(source: &Arc<Source>, line: usize, column: usize) -> Self {
        let mut lines = source.text.split_inclusive('\n');
        let before: usize = lines
            .by_ref()
            .take(line.saturating_sub(1))
            .map(str::len)
            .sum();
        let line = lines.next().unwrap_or_default();
        let inside = line.char_indices().nth(column.saturating_sub(1));
        let start = before + inside.map_or(line.trim_end().len(), |(at, _)| at);
        let length = inside.map_or(0, |(_, letter)| letter.len_utf8());
        Self {
            source: source.clone(),
            span: Span {
                start,
                end: start + length,
            },
        }
    }

    /// Line and column, both counted from 1; columns count characters.
    pub fn line_column(&self) -> (usize, usize) {
        let start = self.floor(self.span.start);
        let before = &self.source.text[..start];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + self.source.first_line;
        (line, before[line_start..].chars().count() + 1)
    }

    /// `file:line:column`, as editors and terminals link it.
    pub fn label(&self) -> String {
        let (line, column) = self.line_column();
        format!("{}:{line}:{column}", self.source.name)
    }

    /// The text in the range.
    pub fn text(&self) -> &str {
        &self.source.text
            [self.floor(self.span.start)..self.floor(self.span.end.max(self.span.start))]
    }

    /// The same source, at a sub-range counted from this place's start.
    pub fn within(&self, offset: usize, length: usize) -> Self {
        let start = self.span.start + offset;
        Self {
            source: self.source.clone(),
            span: Span {
                start,
                end: start + length,
            },
        }
    }

    fn floor(&self, at: usize) -> usize {
        self.source
            .text
            .floor_char_boundary(at.min(self.source.text.len()))
    }
}
