//! Where a reply's header ends, and how long its body is (RFC 9112): pure, for every reply alike.

use super::fault;
use crate::model::{Fault, FaultKind, Headers, Owner};

/// A reply's header.
pub(super) struct Head {
    /// The minor version: 0 or 1.
    pub(super) version: u8,
    pub(super) status: u16,
    pub(super) headers: Headers,
    /// How many bytes it took.
    pub(super) length: usize,
}

/// How a body ends (RFC 9112, 6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// There is none, whatever the fields say.
    None,
    /// After so many bytes.
    Length(u64),
    /// With a chunk of size zero.
    Chunked,
    /// With the connection.
    UntilClose,
}

impl Head {
    /// What the parser found, in our words; names of fields keep their case.
    pub(super) fn of(response: &httparse::Response<'_, '_>, length: usize) -> Self {
        let fields = response.headers.iter();
        let fields = fields.map(|field| (field.name.to_owned(), text(field.value)));
        Self {
            // invariant: the parser says Complete only where it has both.
            version: response.version.unwrap_or(1),
            status: response.code.unwrap_or(0),
            headers: Headers(fields.collect()),
            length,
        }
    }

    /// The members of a field that is a list, of all its lines.
    pub(super) fn members<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let values = self.headers.all(name);
        values
            .flat_map(|(_, value)| value.split(','))
            .map(str::trim)
    }
}

/// A value that is no UTF-8 is read as ISO 8859-1, the one reading that loses nothing.
fn text(value: &[u8]) -> String {
    match std::str::from_utf8(value) {
        Ok(text) => text.to_owned(),
        Err(_) => value.iter().map(|byte| char::from(*byte)).collect(),
    }
}

/// How the body of a reply ends.
///
/// # Errors
/// A Content-Length that is no number, or several that differ: where the body ends is then anybody's guess.
pub(super) fn framing(head: &Head, is_head: bool) -> Result<Framing, Fault> {
    if is_head || matches!(head.status, 101 | 204 | 304) {
        return Ok(Framing::None);
    }
    // Where both are there, Transfer-Encoding counts (RFC 9112, 6.1).
    match head.members("transfer-encoding").last() {
        Some(last) if last.eq_ignore_ascii_case("chunked") => return Ok(Framing::Chunked),
        Some(_) => return Ok(Framing::UntilClose),
        None => {}
    }
    let mut lengths = head.members("content-length");
    let Some(first) = lengths.next() else {
        return Ok(Framing::UntilClose);
    };
    let is_number = !first.is_empty() && first.bytes().all(|byte| byte.is_ascii_digit());
    let length = first.parse().ok().filter(|_| is_number);
    match length.filter(|_| lengths.all(|other| other == first)) {
        Some(length) => Ok(Framing::Length(length)),
        None => Err(no_length(head)),
    }
}

fn no_length(head: &Head) -> Fault {
    let lengths = head.headers.all("content-length");
    let all: Vec<&str> = lengths.map(|(_, value)| value).collect();
    let message = format!(
        "the reply's Content-Length is no number: `{}`",
        all.join("`, `")
    );
    fault::fault(Owner::Supplier, FaultKind::Malformed, message)
}

/// Whether a header's empty last line is there, looking from where the last look ended.
pub(super) fn has_end(input: &[u8], from: usize) -> bool {
    let rest = &input[from..];
    let bytes = rest.iter().enumerate();
    let mut newlines = bytes.filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at);
    newlines.any(|at| matches!(&rest[at + 1..], [b'\n', ..] | [b'\r', b'\n', ..]))
}

/// A chunk's size in hexadecimal, extensions left; `None` where there is none.
pub(super) fn chunk_size(line: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(line).ok()?;
    let digits = text.split(';').next().unwrap_or_default().trim();
    // Rust reads `+f` as a number; the grammar of chunks does not.
    let is_plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    u64::from_str_radix(digits, 16).ok().filter(|_| is_plain)
}
