//! The command that sends a recorded request again.
//!
//! Secrets were redacted where the exchange was recorded, so the line is safe to publish; whoever runs it puts their own in.

use std::fmt::Write as _;

use crate::model::{Exchange, Request};

use super::inert;

/// Text bodies up to this many bytes stand in the command itself.
const INLINE: usize = 2048;

/// Bodies beyond this many bytes lie in files of their own; smaller ones stand in the run file. The run file's own rule.
pub const LARGEST_IN_RUN_FILE: usize = 64 * 1024;

/// What curl adds by itself, or sets from the URL and the body.
const LEFT_TO_CURL: [&str; 4] = ["host", "content-length", "user-agent", "transfer-encoding"];

/// The command on one line for a POSIX shell, to be run in the run's folder; `None` where curl does not speak the protocol.
pub fn command(exchange: &Exchange) -> Option<String> {
    let request = &exchange.request;
    let web = request.url.starts_with("http://") || request.url.starts_with("https://");
    if !web {
        return None;
    }
    let body = Body::of(exchange);
    let mut words = vec![format!("{}curl", body.before())];
    words.extend(method(request));
    words.extend(peculiarities(&request.url));
    words.extend(headers(request));
    words.extend(body.words());
    words.push(quoted(&request.url));
    Some(words.join(" "))
}

/// Where the command takes the body from: always the very bytes that were sent.
enum Body<'a> {
    /// Nothing was sent.
    None,
    /// Short text stands in the command.
    Inline(&'a str),
    /// Longer text, and bytes that are no text, stand in the run file, under this filter of `jq` and behind this decoder.
    RunFile {
        number: u32,
        field: &'static str,
        decoder: &'static str,
    },
    /// Large bodies lie in files of their own.
    File { number: u32 },
}

impl<'a> Body<'a> {
    fn of(exchange: &'a Exchange) -> Self {
        let (number, body) = (exchange.number, &exchange.request.body);
        let size = body.bytes().len();
        match body.text() {
            _ if size == 0 => Self::None,
            _ if size > LARGEST_IN_RUN_FILE => Self::File { number },
            Some(text) if size <= INLINE && !text.contains('\0') => Self::Inline(text),
            Some(_) => Self::RunFile {
                number,
                field: "text",
                decoder: "",
            },
            None => Self::RunFile {
                number,
                field: "base64",
                decoder: "base64 -d | ",
            },
        }
    }

    /// What stands before `curl`.
    fn before(&self) -> String {
        match self {
            Self::None | Self::Inline(_) | Self::File { .. } => String::new(),
            Self::RunFile {
                number,
                field,
                decoder,
            } => format!(
                "jq -j 'select(.type == \"exchange\" and .number == {number}).request.body.{field}' results.jsonl | {decoder}"
            ),
        }
    }

    /// What tells curl of it. `--data-raw`, since `--data` would read a file where the body starts with `@`.
    fn words(&self) -> Vec<String> {
        match self {
            Self::None => Vec::new(),
            Self::Inline(text) => vec!["--data-raw".to_owned(), quoted(text)],
            Self::RunFile { .. } => vec!["--data-binary".to_owned(), "@-".to_owned()],
            Self::File { number } => vec![
                "--data-binary".to_owned(),
                format!("@{}", body_file(*number)),
            ],
        }
    }
}

/// The file of the run's folder that holds the body of a request, where it is large.
pub fn body_file(number: u32) -> String {
    format!("exchanges/{number:04}-request.body")
}

fn method(request: &Request) -> Vec<String> {
    let with_body = !request.body.is_empty();
    match request.method.as_str() {
        // `-X HEAD` would make curl wait for a body that never comes.
        "HEAD" => vec!["-I".to_owned()],
        "GET" if !with_body => vec!["-i".to_owned()],
        "POST" if with_body => vec!["-i".to_owned()],
        other => vec!["-i".to_owned(), "-X".to_owned(), quoted(other)],
    }
}

/// Switches that keep curl from reading a meaning into the URL.
fn peculiarities(url: &str) -> Vec<String> {
    let globs = url.contains(['[', ']', '{', '}']).then_some("-g");
    let dots = (url.contains("/./")
        || url.contains("/../")
        || url.ends_with("/.")
        || url.ends_with("/.."))
    .then_some("--path-as-is");
    globs.into_iter().chain(dots).map(str::to_owned).collect()
}

fn headers(request: &Request) -> Vec<String> {
    let mut words = Vec::new();
    for (name, value) in &request.headers.0 {
        if LEFT_TO_CURL
            .iter()
            .any(|other| name.eq_ignore_ascii_case(other))
        {
            continue;
        }
        // curl reads `Name:` as "leave this header out" and `Name;` as "send it empty".
        let field = if value.is_empty() {
            format!("{name};")
        } else {
            format!("{name}: {value}")
        };
        words.extend(["-H".to_owned(), quoted(&field)]);
    }
    // curl would add these two; the recorded request went without.
    if request.headers.first("accept").is_none() {
        words.extend(["-H".to_owned(), "Accept:".to_owned()]);
    }
    if !request.body.is_empty() && request.headers.first("content-type").is_none() {
        words.extend(["-H".to_owned(), "Content-Type:".to_owned()]);
    }
    words
}

/// One word of a POSIX shell that means exactly this text, on one line, with nothing invisible in it.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=@%+,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    if text.chars().any(inert::is_hidden) {
        return dollar_quoted(text);
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// `$'…'` (POSIX 2024, and bash, zsh and ksh before): line breaks and hidden characters as escapes.
fn dollar_quoted(text: &str) -> String {
    let mut word = String::from("$'");
    for c in text.chars() {
        match c {
            '\\' => word.push_str(r"\\"),
            '\'' => word.push_str(r"\'"),
            '\n' => word.push_str(r"\n"),
            '\r' => word.push_str(r"\r"),
            '\t' => word.push_str(r"\t"),
            hidden if inert::is_hidden(hidden) => push_octal(&mut word, hidden),
            seen => word.push(seen),
        }
    }
    word.push('\'');
    word
}

/// Octal, since shells differ in how many digits they read after `\x`.
fn push_octal(word: &mut String, c: char) {
    for byte in c.encode_utf8(&mut [0; 4]).bytes() {
        // invariant: writing to a String cannot fail.
        let _ = write!(word, "\\{byte:03o}");
    }
}
