//! Parameters of a URL or of a form body: decoded pairs in their order.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// What may stand unescaped in a written query: the characters that FHIR's values use most stay readable.
const WRITTEN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b':')
    .remove(b'/')
    .remove(b',')
    .remove(b'$');

/// Name and value pairs, decoded, in the order of the request.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Parses `application/x-www-form-urlencoded` text.
    ///
    /// # Errors
    /// Escapes that are not UTF-8, as a sentence.
    pub fn parse(text: &str) -> Result<Query, String> {
        let pairs = text.split('&').filter(|pair| !pair.is_empty());
        pairs
            .map(pair)
            .collect::<Result<Vec<_>, String>>()
            .map(Query)
    }

    /// The first value of that name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// Every value of that name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The pairs in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Appends a pair.
    pub fn push(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.push((name.into(), value.into()));
    }

    /// Removes every pair of that name.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(key, _)| key != name);
    }

    /// Appends every pair of another query.
    pub fn extend(&mut self, other: Query) {
        self.0.extend(other.0);
    }

    /// Whether there is no pair.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The query as text for a URL, without a question mark.
    pub fn write(&self) -> String {
        let pairs = self
            .0
            .iter()
            .map(|(name, value)| format!("{}={}", escape(name), escape(value)));
        pairs.collect::<Vec<_>>().join("&")
    }
}

/// Decodes the percent escapes of one path segment.
///
/// # Errors
/// Escapes that are not UTF-8, as a sentence.
pub fn decode(text: &str) -> Result<String, String> {
    let decoded = percent_decode_str(text).decode_utf8();
    decoded
        .map(|text| text.into_owned())
        .map_err(|_| "the escapes of the URL are not UTF-8".to_owned())
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').unwrap_or((text, ""));
    Ok((
        decode(&name.replace('+', " "))?,
        decode(&value.replace('+', " "))?,
    ))
}

fn escape(text: &str) -> String {
    utf8_percent_encode(text, WRITTEN).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_decoded_and_written_back() {
        let query = Query::parse("family=m%C3%BCl&name=a+b&&empty=&flag").unwrap();
        assert_eq!(query.get("family"), Some("mül"));
        assert_eq!(query.get("name"), Some("a b"));
        assert_eq!(query.get("flag"), Some(""));
        assert_eq!(query.write(), "family=m%C3%BCl&name=a%20b&empty=&flag=");
    }

    #[test]
    fn escapes_that_are_not_text_are_refused() {
        assert!(Query::parse("a=%ff").is_err());
    }
}
