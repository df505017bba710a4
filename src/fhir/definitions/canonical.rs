//! Canonical references: `url|version#fragment`.

/// The parts of a canonical reference, borrowed from its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Canonical<'t> {
    /// The address itself.
    pub url: &'t str,
    /// What follows the bar.
    pub version: Option<&'t str>,
    /// What follows the hash.
    pub fragment: Option<&'t str>,
}

impl<'t> Canonical<'t> {
    /// Splits a canonical reference; every text is one.
    pub fn of(text: &'t str) -> Self {
        let (text, fragment) = match text.split_once('#') {
            Some((before, after)) => (before, Some(after)),
            None => (text, None),
        };
        match text.split_once('|') {
            Some((url, version)) => Self {
                url,
                version: (!version.is_empty()).then_some(version),
                fragment,
            },
            None => Self {
                url: text,
                version: None,
                fragment,
            },
        }
    }
}
