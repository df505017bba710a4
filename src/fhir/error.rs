//! Why a body is not a resource, and where.

use std::fmt;

/// A body that cannot be read as FHIR JSON or XML: the first place where it goes wrong, for a human.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    /// Line of the fault, from 1.
    pub line: usize,
    /// Column of the fault in characters, from 1.
    pub column: usize,
    /// What is wrong: lowercase, no full stop.
    pub message: String,
}

impl ParseError {
    /// An error at a byte offset of `source`; an offset past the end names the end.
    pub(crate) fn at(source: &str, offset: usize, message: impl Into<String>) -> Self {
        let (line, column) = line_and_column(source, offset);
        Self {
            line,
            column,
            message: message.into(),
        }
    }
}

/// A fault while reading, before its line and column are worked out. Boxed, so that results stay one word.
pub(crate) type Fault = Box<(usize, String)>;

/// What a reader returns while it reads.
pub(crate) type Reads<T> = Result<T, Fault>;

/// A fault at a byte offset.
#[cold]
pub(crate) fn fault(offset: usize, message: impl Into<String>) -> Fault {
    Box::new((offset, message.into()))
}

impl fmt::Display for ParseError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "line {}, column {}: {}",
            self.line, self.column, self.message
        )
    }
}

impl std::error::Error for ParseError {}

/// Checks that bytes are UTF-8, which both FHIR formats demand; the error names the first bad byte.
pub(crate) fn utf8(bytes: &[u8]) -> Result<&str, ParseError> {
    std::str::from_utf8(bytes).map_err(|error| not_utf8(bytes, error.valid_up_to()))
}

/// The same for bytes that are given away.
pub(crate) fn utf8_owned(bytes: Vec<u8>) -> Result<String, ParseError> {
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        not_utf8(error.as_bytes(), good)
    })
}

fn not_utf8(bytes: &[u8], good: usize) -> ParseError {
    let before = std::str::from_utf8(&bytes[..good]).unwrap_or_default();
    let byte = bytes.get(good).copied().unwrap_or_default();
    let message = format!("the byte 0x{byte:02X} is not UTF-8, which FHIR requires");
    ParseError::at(before, good, message)
}

/// Line and column, both from 1, of a byte offset; columns count characters.
pub(crate) fn line_and_column(source: &str, offset: usize) -> (usize, usize) {
    let mut end = offset.min(source.len());
    while !source.is_char_boundary(end) {
        end -= 1;
    }
    let before = &source[..end];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    (line, before[line_start..].chars().count() + 1)
}
