//! Path text to tokens.

use super::expression::PathError;

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token<'t> {
    pub(super) kind: TokenKind<'t>,
    /// Byte offset in the path.
    pub(super) position: usize,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum TokenKind<'t> {
    /// A name without colons.
    Name(&'t str),
    Text(&'t str),
    Number(f64),
    Symbol(&'static str),
    End,
}

impl TokenKind<'_> {
    /// The text of a name or symbol, which is all that operators are made of.
    pub(super) fn spelling(&self) -> Option<&str> {
        match self {
            Self::Name(text) => Some(text),
            Self::Symbol(symbol) => Some(symbol),
            Self::Text(_) | Self::Number(_) | Self::End => None,
        }
    }

    /// The token as a reader sees it.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Name(text) => format!("`{text}`"),
            Self::Symbol(symbol) => format!("`{symbol}`"),
            Self::Text(text) => format!("'{text}'"),
            Self::Number(number) => format!("`{number}`"),
            Self::End => "the end of the path".to_owned(),
        }
    }
}

/// Longer symbols come first.
const SYMBOLS: [&str; 23] = [
    "::", "//", "..", "<=", ">=", "!=", "/", ".", "@", "(", ")", "[", "]", ",", ":", "|", "=", "<",
    ">", "+", "-", "*", "$",
];

/// Splits a path into tokens, the last of which is [`TokenKind::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<Token<'_>>, PathError> {
    let mut tokens = Vec::new();
    let mut at = 0;
    loop {
        at += text[at..].len() - text[at..].trim_start().len();
        let (kind, length) = token(text, at)?;
        tokens.push(Token { kind, position: at });
        if kind == TokenKind::End {
            return Ok(tokens);
        }
        at += length;
    }
}

/// The first character tells the kind of every token; a dash belongs to a name, as in XPath.
fn token(text: &str, at: usize) -> Result<(TokenKind<'_>, usize), PathError> {
    let rest = &text[at..];
    let Some(first) = rest.chars().next() else {
        return Ok((TokenKind::End, 0));
    };
    if let '"' | '\'' = first {
        return literal(rest, first, at);
    }
    let fraction = rest.strip_prefix('.').unwrap_or_default();
    if first.is_ascii_digit() || fraction.starts_with(|digit: char| digit.is_ascii_digit()) {
        return number(rest, at);
    }
    if first.is_alphabetic() || first == '_' {
        let belongs = |letter: char| letter.is_alphanumeric() || "_-.·".contains(letter);
        let length = rest.find(|letter| !belongs(letter)).unwrap_or(rest.len());
        return Ok((TokenKind::Name(&rest[..length]), length));
    }
    let symbol = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol));
    let symbol =
        symbol.ok_or_else(|| PathError::new(at, format!("`{first}` has no meaning in XPath")))?;
    Ok((TokenKind::Symbol(symbol), symbol.len()))
}

/// A text in quotes; XPath has no escapes.
fn literal(rest: &str, quote: char, at: usize) -> Result<(TokenKind<'_>, usize), PathError> {
    let Some(end) = rest[1..].find(quote) else {
        let message = format!("the text that starts with {quote} is not closed");
        return Err(PathError::new(at, message));
    };
    Ok((TokenKind::Text(&rest[1..=end]), end + 2))
}

/// Digits with a point.
fn number(rest: &str, at: usize) -> Result<(TokenKind<'_>, usize), PathError> {
    let length = rest
        .find(|letter: char| !letter.is_ascii_digit() && letter != '.')
        .unwrap_or(rest.len());
    let number = rest[..length].parse();
    let number =
        number.map_err(|_| PathError::new(at, format!("`{}` is no number", &rest[..length])))?;
    Ok((TokenKind::Number(number), length))
}
