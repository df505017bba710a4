//! Replies: read within bounds (RFC 9112), while the request may still be on its way.
//!
//! Every wait in here ends: with bytes, with the end of the connection, or with the exchange's deadline, which cuts the whole
//! future off. Every buffer in here has a limit that is checked before it grows further.

use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll};

use tokio::io::ReadBuf;
use tokio::time::Instant;

use super::dial::Channel;
use super::framing::{Framing, Head, chunk_size, framing, has_end};
use super::{Limits, Phase, Trace, fault};
use crate::model::{Fault, FaultKind, Owner, Payload, Reply};
use crate::protocol::http::redact::Redactor;

/// One request that is being written, and the reply that is being read.
pub(super) struct Conversation<'a> {
    channel: &'a mut Channel,
    /// The whole request.
    outgoing: &'a [u8],
    /// How much of it is on its way.
    written: usize,
    /// Whether all of it has left this process.
    is_flushed: bool,
    /// Why the rest of it cannot be written.
    write_error: Option<io::Error>,
    redactor: &'a Redactor,
}

/// Whether the connection can carry another exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// It can.
    Yes,
    /// It is closed.
    No,
}

/// What one read gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Filled {
    Some,
    End,
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

    /// One header, interim or not; `spent` bytes of the limit are used up already.
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

    /// The header, where all of it is there. Most replies have few fields, so room for more is made only where it is needed.
    fn parse(&self, limits: Limits) -> Result<Option<Head>, Fault> {
        let mut fields = vec![httparse::EMPTY_HEADER; 64.min(limits.headers_count)];
        loop {
            let mut response = httparse::Response::new(&mut fields);
            match response.parse(&self.channel.input) {
                Ok(httparse::Status::Partial) => return Ok(None),
                Ok(httparse::Status::Complete(length)) => {
                    return Ok(Some(Head::of(&response, length)));
                }
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

    /// The body, without the framing that carried it; no content coding is undone.
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

    /// A body that ends where the connection does.
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

    /// Writing comes first: in the usual case the whole request leaves here, and then the read waits.
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

    /// A connection is kept where both sides meant it, and nothing is left on it that nobody understood (RFC 9112, 9.3).
    fn keep(&self, head: &Head, framing: Framing) -> Keep {
        let says = |word: &str| {
            head.members("connection")
                .any(|member| member.eq_ignore_ascii_case(word))
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

    /// How far the exchange had come, for "closed …" and "broke …".
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
        let redacted = self.redactor.bytes(&input[..input.len().min(SHOWN_FROM)]);
        let beginning: String = escaped(&redacted).chars().take(60).collect();
        let mut message = format!("the reply is no HTTP/1.1: {why}");
        if !beginning.is_empty() {
            message += &format!("; what came begins `{beginning}`");
        }
        fault::fault(Owner::Supplier, FaultKind::Malformed, message)
    }
}

/// The longest line of a chunk's size with its extensions, in bytes.
const CHUNK_LINE: usize = 4096;

/// How much of what came is looked at to show its beginning, in bytes: a secret is found whole before the text is cut.
const SHOWN_FROM: usize = 4096;

/// Bytes for people: text as it is, control characters and what is no text as escapes.
fn escaped(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text.extend(chunk.valid().escape_debug());
        text += &chunk.invalid().escape_ascii().to_string();
    }
    text
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
