//! Addresses that a report may make clickable.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// An address that a browser may follow: `http` or `https`, nothing else.
///
/// Packs come from strangers: a `javascript:` address behind "see the clause" would run in the reader's browser.
pub fn web(address: &str) -> Option<String> {
    let url = url::Url::parse(address).ok()?;
    matches!(url.scheme(), "http" | "https").then(|| url.to_string())
}

/// A file's path as a relative URI reference.
pub fn relative(path: &str) -> String {
    const KEPT: &AsciiSet = &NON_ALPHANUMERIC
        .remove(b'/')
        .remove(b'-')
        .remove(b'_')
        .remove(b'.')
        .remove(b'~');
    utf8_percent_encode(path.trim_start_matches("./"), KEPT).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_web_is_clickable() {
        assert_eq!(
            web("https://hl7.org/fhir/R4/http.html#read").as_deref(),
            Some("https://hl7.org/fhir/R4/http.html#read")
        );
        for address in [
            "javascript:alert(1)",
            "data:text/html,x",
            " JavaScript:alert(1)",
            "http.html",
            "",
        ] {
            assert_eq!(web(address), None, "{address}");
        }
    }

    #[test]
    fn paths_are_uri_references() {
        assert_eq!(
            relative("./scenarios/a b%c.yaml"),
            "scenarios/a%20b%25c.yaml"
        );
    }
}
