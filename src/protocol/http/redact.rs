//! Keeping secrets out of records: once, where an exchange is recorded.
//!
//! What is looked for: each secret as it is, percent-encoded, form-encoded, JSON-escaped, and in Base64; and the Base64 of
//! `user:password`. What cannot be found is a secret inside compressed or encrypted bytes: plugfest asks for neither.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use regex::bytes::{NoExpand, Regex, RegexBuilder};

use super::config::Secret;
use crate::model::{Headers, Payload};

/// What stands in records where a secret was.
pub const MARK: &str = "‹redacted›";

/// The shortest secret that can be kept out of records without destroying them.
pub const SHORTEST: usize = 4;

/// Every secret of one system, in every form in which a peer may echo it. Tokens join as they are issued.
#[derive(Debug, Clone, Default)]
pub struct Redactor {
    known: Arc<RwLock<Known>>,
}

#[derive(Default)]
struct Known {
    forms: BTreeSet<String>,
    pattern: Option<Regex>,
}

impl std::fmt::Debug for Known {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} forms of secrets", self.forms.len())
    }
}

impl Redactor {
    /// From now on, this is a secret. Texts shorter than [`SHORTEST`] are not taken: they would be found everywhere.
    pub fn add(&self, secret: &Secret) {
        self.add_text(secret.expose());
    }

    pub(super) fn add_text(&self, secret: &str) {
        if secret.len() < SHORTEST {
            return;
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let before = known.forms.len();
        known.forms.extend(forms(secret));
        if known.forms.len() > before {
            known.pattern = pattern(&known.forms);
        }
    }

    /// The pair of HTTP Basic: the password, and both together in Base64.
    pub fn add_basic(&self, user: &str, password: &Secret) {
        self.add(password);
        self.add_text(&STANDARD.encode(format!("{user}:{}", password.expose())));
    }

    /// A text without secrets.
    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match self.bytes(text.as_bytes()) {
            Cow::Borrowed(_) => Cow::Borrowed(text),
            Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
        }
    }

    /// Bytes without secrets.
    pub fn bytes<'a>(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        match &known.pattern {
            Some(pattern) => pattern.replace_all(bytes, NoExpand(MARK.as_bytes())),
            None if known.forms.is_empty() || bytes.is_empty() => Cow::Borrowed(bytes),
            // Where secrets cannot be looked for, nothing is shown: rather no evidence than a leak.
            None => Cow::Owned(MARK.as_bytes().to_vec()),
        }
    }

    /// A text without secrets, kept where there are none.
    pub fn owned(&self, text: String) -> String {
        match self.text(&text) {
            Cow::Borrowed(_) => text,
            Cow::Owned(redacted) => redacted,
        }
    }

    /// A body without secrets; the same body where there are none.
    pub fn payload(&self, body: Payload) -> Payload {
        match self.bytes(body.bytes()) {
            Cow::Borrowed(_) => body,
            Cow::Owned(redacted) => Payload::new(redacted),
        }
    }

    /// Header fields without secrets, names too.
    pub fn headers(&self, headers: Headers) -> Headers {
        let fields = headers.0.into_iter();
        Headers(
            fields
                .map(|(name, value)| (self.owned(name), self.owned(value)))
                .collect(),
        )
    }
}

/// The forms in which a secret may come back.
fn forms(secret: &str) -> Vec<String> {
    let json = serde_json::Value::from(secret).to_string();
    let form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let percent = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
    let unreserved = percent.replace("%2D", "-").replace("%2E", ".");
    let unreserved = unreserved.replace("%5F", "_").replace("%7E", "~");
    vec![
        secret.to_owned(),
        json[1..json.len() - 1].to_owned(),
        form,
        percent,
        unreserved,
        STANDARD.encode(secret),
        URL_SAFE_NO_PAD.encode(secret),
    ]
}

/// One expression for all, the longest first, so that a secret inside another leaves no rest.
fn pattern(forms: &BTreeSet<String>) -> Option<Regex> {
    let mut longest_first: Vec<&String> = forms.iter().collect();
    longest_first.sort_by_key(|form| std::cmp::Reverse(form.len()));
    let alternatives: Vec<String> = longest_first
        .iter()
        .map(|form| regex::escape(form))
        .collect();
    RegexBuilder::new(&alternatives.join("|"))
        .size_limit(usize::MAX)
        .build()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_found() {
        let redactor = Redactor::default();
        assert!(matches!(redactor.text("nothing known"), Cow::Borrowed(_)));
        redactor.add_basic("ann", &Secret::new("p\"ss wörd/+"));
        let json = serde_json::json!({ "echo": "p\"ss wörd/+" }).to_string();
        let cases = [
            ("a p\"ss wörd/+ b", "a ‹redacted› b"),
            (json.as_str(), "{\"echo\":\"‹redacted›\"}"),
            ("x=p%22ss+w%C3%B6rd%2F%2B&", "x=‹redacted›&"),
            ("/p%22ss%20w%C3%B6rd%2F%2B", "/‹redacted›"),
            ("Basic YW5uOnAic3Mgd8O2cmQvKw==", "Basic ‹redacted›"),
            ("ann is no secret", "ann is no secret"),
        ];
        for (text, expected) in cases {
            assert_eq!(redactor.text(text), expected);
        }
        assert_eq!(
            &*redactor.bytes(b"\xffp\"ss w\xc3\xb6rd/+"),
            b"\xff\xe2\x80\xb9redacted\xe2\x80\xba"
        );
    }

    #[test]
    fn secrets_join_and_the_longest_wins() {
        let redactor = Redactor::default();
        redactor.add(&Secret::new("token"));
        redactor.add(&Secret::new("token-longer"));
        redactor.add(&Secret::new("no"));
        assert_eq!(
            redactor.text("no token-longer token"),
            "no ‹redacted› ‹redacted›"
        );
        assert!(!format!("{redactor:?} {:?}", Secret::new("token")).contains("token-"));
    }
}
