//! The preferences of a client: the `Prefer` header.

/// What a client wants back from a write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Return {
    /// Nothing was said: the resource.
    #[default]
    Unsaid,
    /// No body.
    Minimal,
    /// The resource as it is stored.
    Representation,
    /// An OperationOutcome.
    OperationOutcome,
}

/// The preferences that the server knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Prefer {
    /// `return=…`
    pub returns: Return,
    /// `handling=strict`: an unknown search parameter is an error.
    pub handling: Handling,
    /// `respond-async`
    pub asynchronous: Asynchronous,
}

/// How unknown search parameters are handled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Handling {
    /// They are ignored, and the reply says so.
    #[default]
    Lenient,
    /// They are refused.
    Strict,
}

/// Whether the client would rather poll.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Asynchronous {
    /// It waits.
    #[default]
    No,
    /// It asked for `respond-async`.
    Asked,
}

/// Reads the header; what is not known is ignored, as RFC 7240 asks.
pub fn read(header: Option<&str>) -> Prefer {
    let mut prefer = Prefer::default();
    for part in header.unwrap_or_default().split([',', ';']) {
        let part: String = part
            .chars()
            .filter(|letter| !letter.is_whitespace() && *letter != '"')
            .collect();
        match part.as_str() {
            "return=minimal" => prefer.returns = Return::Minimal,
            "return=representation" => prefer.returns = Return::Representation,
            "return=OperationOutcome" => prefer.returns = Return::OperationOutcome,
            "handling=strict" => prefer.handling = Handling::Strict,
            "handling=lenient" => prefer.handling = Handling::Lenient,
            "respond-async" => prefer.asynchronous = Asynchronous::Asked,
            _ => {}
        }
    }
    prefer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_preferences_are_read() {
        let prefer = read(Some("return=minimal; foo=bar, handling = strict"));
        assert_eq!(
            (prefer.returns, prefer.handling),
            (Return::Minimal, Handling::Strict)
        );
        assert_eq!(read(Some("return=everything")), Prefer::default());
        assert_eq!(read(None), Prefer::default());
    }
}
