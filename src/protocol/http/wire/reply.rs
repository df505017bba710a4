//! Replies: read within bounds (RFC 9112), while the request may still be on its way.

use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll};

use tokio::io::ReadBuf;
use tokio::time::Instant;

use super::dial::Channel;
use super::{Limits, Phase, Trace, fault};
use crate::model::{Fault, FaultKind, Headers, Owner, Payload, Reply};
use crate::protocol::http::redact::Redactor;

/// One request that is being written, and the reply that is being read.
pub(super) struct Conversation<'a> {
    channel: &'a mut Channel,
    outgoing: &'a [u8],
    written: usize,
    is_flushed: bool,
    write_error: Option<io::Error>,
    redactor: &'a Redactor,
}

/// Whether the connection can carry another exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    Yes,
    No,
}

/// What one read gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Filled {
    Some,
    End,
}

/// How a body ends (RFC 9112, 6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Framing {
    None,
    Length(u64),
    Chunked,
    UntilClose,
}

/// A reply's header.
struct Head {
    version: u8,
    status: u16,
    headers: Headers,
    length: usize,
}

impl<'a> Conversation<'a> {
    pub(super) fn new(
        channel: &'a mut Channel,
        outgoing: &'a [u8],
        redactor: &'a Redactor,
    ) -> Self {
        channel.input.clear();
        Self {
            channel,
            outgoing,
            written: 0,
            is_flushed: false,
            write_error: None,
            redactor,
        }
    }

    /// Writes the request and reads the reply.
    pub(super) async fn reply(
        &mut self,
        is_head: bool,
        limits: Limits,
        trace: &mut Trace,
    ) -> Result<(Reply, Keep), Fault> {
        let head = self.final_head(limits, trace).await?;
        trace.first_byte = Some(Instant::now());
        let framing = framing(&head, is_head)?;
        let body = self.body(framing, limits, trace).await?;
        let keep = self.keep(&head, framing);
        self.channel.served = self.channel.served.saturating_add(1);
        let reply = Reply {
            status: head.status,
            version: format!("HTTP/1.{}", head.version),
            headers: head.headers,
            body: Payload::new(body),
        };
        Ok((reply, keep))
    }

    /// The first header that is no interim one; all together stay within the limit.
    async fn final_head(&mut self, limits: Limits, trace: &mut Trace) -> Result<Head, Fault> {
        let mut spent = 0;
        loop {
            let head = self.head(limits, spent, trace).await?;
            let is_interim = (100..200).contains(&head.status) && head.status != 101;
            if !is_interim {
                return Ok(head);
            }
            spent += head.length;
        }
    }

    async fn head(
        &mut self,
        limits: Limits,
        spent: usize,
        trace: &mut Trace,
    ) -> Result<Head, Fault> {
        let limit = limits.header_max.saturating_sub(spent);
        let mut searched = 0;
        // What is no HTTP at all is noticed at the first bytes; after that, parsing again waits until the input has doubled.
        let mut next_attempt = 1;
        loop {
            let input = &self.channel.input;
            let is_complete = has_end(input, searched);
            if is_complete || input.len() >= next_attempt {
                if let Some(head) = self.parse(limits)? {
                    if head.length > limit {
                        return Err(header_limit(limits.header_max));
                    }
                    self.channel.input.drain(..head.length);
                    return Ok(head);
                }
                next_attempt = input.len() * 2;
            }
            if self.channel.input.len() > limit {
                return Err(header_limit(limits.header_max));
            }
            searched = self.channel.input.len().saturating_sub(3);
            if self
                .fill()
                .await
                .map_err(|error| self.broken(&error, trace))?
                == Filled::End
            {
                return Err(self.closed_early(trace));
            }
            trace.phase = Phase::Header(spent + self.channel.input.len());
        }
    }

    fn parse(&self, limits: Limits) -> Result<Option<Head>, Fault> {
        let mut fields = vec![httparse::EMPTY_HEADER; 64.min(limits.headers_count)];
        loop {
            let mut response = httparse::Response::new(&mut fields);
            match response.parse(&self.channel.input) {
                Ok(httparse::Status::Partial) => return Ok(None),
                Ok(httparse::Status::Complete(length)) => return Ok(Some(head(&response, length))),
                Err(httparse::Error::TooManyHeaders) if fields.len() < limits.headers_count => {
                    let more = (fields.len() * 4).min(limits.headers_count);
                    fields = vec![httparse::EMPTY_HEADER; more];
                }
                Err(httparse::Error::TooManyHeaders) => {
                    let message = format!(
                        "the reply has more than {} header fields",
                        limits.headers_count
                    );
                    return Err(fault::fault(
                        Owner::Supplier,
                        FaultKind::HeaderLimit,
                        message,
                    ));
                }
                Err(error) => return Err(self.malformed(&error.to_string())),
            }
        }
    }

    async fn body(
        &mut self,
        framing: Framing,
        limits: Limits,
        trace: &mut Trace,
    ) -> Result<Vec<u8>, Fault> {
        let mut body = Vec::new();
        match framing {
            Framing::None => {}
            Framing::Length(length) => {
                if length > limits.body_max as u64 {
                    let message = format!(
                        "the reply declares a body of {length} bytes; this run reads at most {}",
                        limits.body_max
                    );
                    return Err(fault::fault(Owner::Supplier, FaultKind::BodyLimit, message));
                }
                self.take(length, Some(length), &mut body, limits, trace)
                    .await?;
            }
            Framing::Chunked => self.chunks(&mut body, limits, trace).await?,
            Framing::UntilClose => self.until_close(&mut body, limits, trace).await?,
        }
        Ok(body)
    }

    /// Moves so many bytes into the body.
    async fn take(
        &mut self,
        count: u64,
        declared: Option<u64>,
        body: &mut Vec<u8>,
        limits: Limits,
        trace: &mut Trace,
    ) -> Result<(), Fault> {
        let mut left = usize::try_from(count).unwrap_or(usize::MAX);
        if body.len().saturating_add(left) > limits.body_max {
            return Err(body_limit(limits.body_max));
        }
        loop {
            let ready = left.min(self.channel.input.len());
            body.extend_from_slice(&self.channel.input[..ready]);
            self.channel.input.drain(..ready);
            left -= ready;
            trace.phase = Phase::Body {
                received: body.len(),
                declared,
            };
            if left == 0 {
                return Ok(());
            }
            self.more(trace).await?;
        }
    }

    async fn until_close(
        &mut self,
        body: &mut Vec<u8>,
        limits: Limits,
        trace: &mut Trace,
    ) -> Result<(), Fault> {
        loop {
            body.append(&mut self.channel.input);
            trace.phase = Phase::Body {
                received: body.len(),
                declared: None,
            };
            if body.len() > limits.body_max {
                return Err(body_limit(limits.body_max));
            }
            match self.fill().await {
                Ok(Filled::Some) => {}
                // Many servers end TLS without saying so; here the end of the connection is all that was promised.
                Ok(Filled::End) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
                Err(error) => return Err(self.broken(&error, trace)),
            }
        }
    }

    /// Chunked transfer coding (RFC 9112, 7.1); extensions and trailers are read and left.
    async fn chunks(
        &mut self,
        body: &mut Vec<u8>,
        limits: Limits,
        trace: &mut Trace,
    ) -> Result<(), Fault> {
        loop {
            let line = self.line(CHUNK_LINE, trace).await?;
            let size = chunk_size(&line)
                .ok_or_else(|| self.malformed("a chunk of the body has no size"))?;
            if size == 0 {
                break;
            }
            self.take(size, None, body, limits, trace).await?;
            if !self.line(2, trace).await?.is_empty() {
                return Err(self.malformed("a chunk of the body is longer than it says"));
            }
        }
        let mut trailers = 0;
        loop {
            let line = self.line(limits.header_max, trace).await?;
            trailers += line.len() + 2;
            if line.is_empty() {
                return Ok(());
            }
            if trailers > limits.header_max {
                return Err(header_limit(limits.header_max));
            }
        }
    }

    /// A line without its end. A bare line feed is taken as one, as RFC 9112, 2.2 allows.
    async fn line(&mut self, limit: usize, trace: &mut Trace) -> Result<Vec<u8>, Fault> {
        let mut searched = 0;
        loop {
            let input = &mut self.channel.input;
            if let Some(found) = input[searched..].iter().position(|byte| *byte == b'\n') {
                let mut line: Vec<u8> = input.drain(..=searched + found).collect();
                line.pop();
                if line.last() == Some(&b'\r') {
                    line.pop();
                }
                return Ok(line);
            }
            searched = input.len();
            if searched > limit {
                return Err(self.malformed("a line inside the chunked body does not end"));
            }
            self.more(trace).await?;
        }
    }

    /// More of a body that is not over yet.
    async fn more(&mut self, trace: &mut Trace) -> Result<(), Fault> {
        match self.fill().await {
            Ok(Filled::Some) => Ok(()),
            Ok(Filled::End) => Err(self.closed_early(trace)),
            Err(error) => Err(self.broken(&error, trace)),
        }
    }

    /// Reads something; meanwhile writes what is left of the request, so that neither side waits for the other for ever.
    async fn fill(&mut self) -> io::Result<Filled> {
        poll_fn(|context| self.poll_fill(context)).await
    }

    fn poll_fill(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Filled>> {
        self.push(context);
        let channel = &mut *self.channel;
        let mut buffer = ReadBuf::new(&mut channel.scratch);
        match channel.stream.poll_read(context, &mut buffer) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Ready(Ok(())) if buffer.filled().is_empty() => Poll::Ready(Ok(Filled::End)),
            Poll::Ready(Ok(())) => {
                channel.input.extend_from_slice(buffer.filled());
                Poll::Ready(Ok(Filled::Some))
            }
        }
    }

    /// A server may answer, and close, before it has read everything: a failed write ends the writing, not the reading.
    fn push(&mut self, context: &mut Context<'_>) {
        while self.write_error.is_none() && self.written < self.outgoing.len() {
            let rest = &self.outgoing[self.written..];
            match self.channel.stream.poll_write(context, rest) {
                Poll::Pending => return,
                Poll::Ready(Ok(0)) => self.write_error = Some(io::ErrorKind::WriteZero.into()),
                Poll::Ready(Ok(count)) => self.written += count,
                Poll::Ready(Err(error)) => self.write_error = Some(error),
            }
        }
        if self.write_error.is_some() || self.is_flushed {
            return;
        }
        match self.channel.stream.poll_flush(context) {
            Poll::Pending => {}
            Poll::Ready(Ok(())) => self.is_flushed = true,
            Poll::Ready(Err(error)) => self.write_error = Some(error),
        }
    }

    fn keep(&self, head: &Head, framing: Framing) -> Keep {
        let says = |word: &str| {
            let mut values = head
                .headers
                .all("connection")
                .flat_map(|(_, value)| value.split(','));
            values.any(|value| value.trim().eq_ignore_ascii_case(word))
        };
        let persists = match head.version {
            0 => says("keep-alive"),
            _ => !says("close"),
        };
        let is_clean = self.is_flushed && self.channel.input.is_empty() && head.status != 101;
        match persists && is_clean && framing != Framing::UntilClose {
            true => Keep::Yes,
            false => Keep::No,
        }
    }

    /// The connection broke with an error.
    fn broken(&self, error: &io::Error, trace: &Trace) -> Fault {
        if let Some(reason) = fault::tls_error(error) {
            return fault::tls(reason);
        }
        if error.kind() == io::ErrorKind::UnexpectedEof {
            return self.closed_early(trace);
        }
        let message = format!("the connection broke {}: {error}", self.progress(trace));
        fault::fault(Owner::Supplier, FaultKind::Closed, message)
    }

    /// The peer ended the connection too early.
    fn closed_early(&self, trace: &Trace) -> Fault {
        let message = format!("the connection was closed {}", self.progress(trace));
        fault::fault(Owner::Supplier, FaultKind::Closed, message)
    }

    fn progress(&self, trace: &Trace) -> String {
        let place = match trace.phase {
            Phase::Body {
                received,
                declared: Some(declared),
            } => {
                format!("within the reply's body, after {received} of {declared} bytes")
            }
            Phase::Body {
                received,
                declared: None,
            } => {
                format!("within the reply's body, after {received} bytes")
            }
            Phase::Header(received) => format!("within the reply's header, after {received} bytes"),
            Phase::Credentials | Phase::Connecting | Phase::Handshake | Phase::Waiting => {
                "before any reply".into()
            }
        };
        let unsent = self.outgoing.len() - self.written;
        let mut text = place;
        if unsent > 0 {
            text += &format!(", {unsent} bytes of the request still unsent");
        }
        if self.channel.served > 0 && trace.first_byte.is_none() {
            text += ", on a connection that was kept from an earlier exchange";
        }
        text
    }

    /// What came is no HTTP/1.1; its beginning is shown, secrets redacted before it is cut.
    fn malformed(&self, why: &str) -> Fault {
        let input = &self.channel.input;
        let shown = self
            .redactor
            .bytes(&input[..input.len().min(4096)])
            .escape_ascii()
            .to_string();
        let mut message = format!("the reply is no HTTP/1.1: {why}");
        if !shown.is_empty() {
            let beginning: String = shown.chars().take(60).collect();
            message += &format!("; what came begins `{beginning}`");
        }
        fault::fault(Owner::Supplier, FaultKind::Malformed, message)
    }
}

/// A chunk's size with its extensions.
const CHUNK_LINE: usize = 4096;

/// Whether a header's empty last line is there, looking from where the last look ended.
fn has_end(input: &[u8], from: usize) -> bool {
    let rest = &input[from..];
    let mut newlines = rest
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'\n')
        .map(|(at, _)| at);
    newlines.any(|at| matches!(&rest[at + 1..], [b'\n', ..] | [b'\r', b'\n', ..]))
}

fn head(response: &httparse::Response<'_, '_>, length: usize) -> Head {
    let fields = response.headers.iter();
    Head {
        version: response.version.unwrap_or(1),
        status: response.code.unwrap_or(0),
        headers: Headers(
            fields
                .map(|field| (field.name.to_owned(), text(field.value)))
                .collect(),
        ),
        length,
    }
}

/// A value that is no UTF-8 is read as ISO 8859-1, the one reading that loses nothing.
fn text(value: &[u8]) -> String {
    match std::str::from_utf8(value) {
        Ok(text) => text.to_owned(),
        Err(_) => value.iter().map(|byte| char::from(*byte)).collect(),
    }
}

fn framing(head: &Head, is_head: bool) -> Result<Framing, Fault> {
    if is_head || matches!(head.status, 101 | 204 | 304) {
        return Ok(Framing::None);
    }
    let mut codings = head
        .headers
        .all("transfer-encoding")
        .flat_map(|(_, value)| value.split(','))
        .peekable();
    if codings.peek().is_some() {
        let is_chunked = codings
            .last()
            .is_some_and(|last| last.trim().eq_ignore_ascii_case("chunked"));
        return Ok(if is_chunked {
            Framing::Chunked
        } else {
            Framing::UntilClose
        });
    }
    let mut lengths = head
        .headers
        .all("content-length")
        .flat_map(|(_, value)| value.split(','));
    let Some(first) = lengths.next() else {
        return Ok(Framing::UntilClose);
    };
    let first = first.trim();
    let is_number = !first.is_empty() && first.bytes().all(|byte| byte.is_ascii_digit());
    match first.parse() {
        Ok(length) if is_number && lengths.all(|other| other.trim() == first) => {
            Ok(Framing::Length(length))
        }
        Ok(_) | Err(_) => {
            let all: Vec<&str> = head
                .headers
                .all("content-length")
                .map(|(_, value)| value)
                .collect();
            let message = format!(
                "the reply's Content-Length is no number: `{}`",
                all.join("`, `")
            );
            Err(fault::fault(Owner::Supplier, FaultKind::Malformed, message))
        }
    }
}

/// A chunk's size in hexadecimal, extensions left.
fn chunk_size(line: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(line).ok()?;
    let digits = text.split(';').next().unwrap_or_default().trim();
    let is_plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    u64::from_str_radix(digits, 16).ok().filter(|_| is_plain)
}

fn header_limit(limit: usize) -> Fault {
    let message =
        format!("the reply's header is larger than the {limit} bytes that this run reads");
    fault::fault(Owner::Supplier, FaultKind::HeaderLimit, message)
}

fn body_limit(limit: usize) -> Fault {
    let message = format!("the reply's body is larger than the {limit} bytes that this run reads");
    fault::fault(Owner::Supplier, FaultKind::BodyLimit, message)
}
