//! The command that sends a recorded request again.
//!
//! Secrets were redacted where the exchange was recorded, so the line is safe to publish; whoever runs it puts their own in.

use std::fmt::Write as _;

use crate::model::{Exchange, Payload, Request};

use super::inert;

/// Bodies up to this many bytes stand in the command itself.
const INLINE: usize = 1024;

/// What curl adds by itself, or sets from the URL and the body.
const LEFT_TO_CURL: [&str; 4] = ["host", "content-length", "user-agent", "transfer-encoding"];

/// The command on one line for a POSIX shell; `None` where curl does not speak the protocol.
pub fn command(exchange: &Exchange) -> Option<String> {
    let request = &exchange.request;
    let web = request.url.starts_with("http://") || request.url.starts_with("https://");
    if !web {
        return None;
    }
    let mut words = vec!["curl".to_owned()];
    words.extend(method(request));
    words.extend(peculiarities(&request.url));
    words.extend(headers(request));
    words.extend(body(exchange.number, request));
    words.push(quoted(&request.url));
    Some(words.join(" "))
}

/// The file beside the report that holds a request's body, where the command does not hold it itself.
pub fn body_file(number: u32) -> String {
    format!("exchanges/{number:04}.request")
}

/// Whether the command holds this body itself: text, small, and none at all counts too.
pub fn is_inline(body: &Payload) -> bool {
    body.bytes().len() <= INLINE && body.text().is_some_and(|text| !text.contains('\0'))
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

fn body(number: u32, request: &Request) -> Vec<String> {
    if request.body.is_empty() {
        return Vec::new();
    }
    match request.body.text() {
        // `--data-raw`, since `--data` would read a file where the body starts with `@`.
        Some(text) if is_inline(&request.body) => vec!["--data-raw".to_owned(), quoted(text)],
        _ => vec![
            "--data-binary".to_owned(),
            format!("@{}", body_file(number)),
        ],
    }
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
