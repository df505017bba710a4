//! Text to tokens. Comments and space are dropped; every token knows where it starts.

use super::ExpressionError;

/// One token.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token<'t> {
    pub(super) kind: TokenKind<'t>,
    /// Byte offset in the expression.
    pub(super) position: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum TokenKind<'t> {
    /// An identifier or keyword.
    Word(&'t str),
    /// An identifier in backticks.
    Quoted(String),
    Text(String),
    Number(&'t str),
    /// What follows `@` in a date or time literal.
    Temporal(&'t str),
    /// `$this`, `$index`, `$total`: without the dollar.
    Dollar(&'t str),
    /// `%name`, `` %`name` ``, `%'name'`: without the percent sign.
    Percent(String),
    Symbol(&'static str),
    End,
}

impl TokenKind<'_> {
    /// The text of a word or symbol, which is all that operators are made of.
    pub(super) fn spelling(&self) -> Option<&str> {
        let (Self::Word(text) | Self::Symbol(text)) = self else {
            return None;
        };
        Some(text)
    }

    /// The token as a reader sees it.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Word(word) | Self::Number(word) => format!("`{word}`"),
            Self::Quoted(name) => format!("`{name}`"),
            Self::Text(text) => format!("'{text}'"),
            Self::Temporal(text) => format!("`@{text}`"),
            Self::Dollar(name) => format!("`${name}`"),
            Self::Percent(name) => format!("`%{name}`"),
            Self::Symbol(symbol) => format!("`{symbol}`"),
            Self::End => "the end of the expression".to_owned(),
        }
    }
}

/// Longer symbols come first.
const SYMBOLS: [&str; 23] = [
    "<=", ">=", "!=", "!~", "(", ")", "[", "]", "{", "}", ".", ",", "+", "-", "*", "/", "&", "|",
    "=", "~", "<", ">", ":",
];

/// Splits an expression into tokens, the last of which is [`TokenKind::End`].
pub(super) fn tokens(text: &str, quotes: Quotes) -> Result<Vec<Token<'_>>, ExpressionError> {
    let mut lexer = Lexer {
        text,
        at: 0,
        quotes,
    };
    let mut tokens = Vec::new();
    loop {
        lexer.skip_space_and_comments()?;
        let position = lexer.at;
        let kind = lexer.token()?;
        let done = kind == TokenKind::End;
        tokens.push(Token { kind, position });
        if done {
            return Ok(tokens);
        }
    }
}

/// What texts stand in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quotes {
    /// Single quotes, as the grammar says.
    Single,
    /// Double quotes too, as a constraint of R5 has it.
    Either,
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
    quotes: Quotes,
}

impl<'t> Lexer<'t> {
    /// The first character tells the kind of every token.
    fn token(&mut self) -> Result<TokenKind<'t>, ExpressionError> {
        let Some(first) = self.rest().chars().next() else {
            return Ok(TokenKind::End);
        };
        match first {
            'A'..='Z' | 'a'..='z' | '_' => Ok(TokenKind::Word(self.word())),
            '0'..='9' => Ok(TokenKind::Number(self.number())),
            '`' => self.quoted('`').map(TokenKind::Quoted),
            '\'' => self.quoted('\'').map(TokenKind::Text),
            '"' if self.quotes == Quotes::Either => self.quoted('"').map(TokenKind::Text),
            '@' => self.temporal(),
            '$' => self.dollar(),
            '%' => self.percent(),
            _ => self.symbol(),
        }
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn take(&mut self, length: usize) -> &'t str {
        let start = self.at;
        self.at += length;
        &self.text[start..self.at]
    }

    /// Takes characters as long as they belong, perhaps none.
    fn take_while(&mut self, belongs: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let length = rest
            .find(|letter: char| !belongs(letter))
            .unwrap_or(rest.len());
        self.take(length)
    }

    fn word(&mut self) -> &'t str {
        self.take_while(|letter| letter.is_ascii_alphanumeric() || letter == '_')
    }

    /// Digits, and a fraction where a digit follows the dot: `1.toString()` is a call on 1.
    fn number(&mut self) -> &'t str {
        let start = self.at;
        self.take_while(|letter| letter.is_ascii_digit());
        let fraction = self.rest().strip_prefix('.');
        if fraction
            .is_some_and(|fraction| fraction.starts_with(|letter: char| letter.is_ascii_digit()))
        {
            self.at += 1;
            self.take_while(|letter| letter.is_ascii_digit());
        } else if self.rest().starts_with('L') {
            // `1L` is a long whole number.
            self.at += 1;
        }
        &self.text[start..self.at]
    }

    /// A text in quotes or a name in backticks, without them and with its escapes undone.
    fn quoted(&mut self, quote: char) -> Result<String, ExpressionError> {
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        loop {
            let plain = self.take_while(|letter| letter != quote && letter != '\\');
            text.push_str(plain);
            if self.rest().starts_with(quote) {
                self.at += 1;
                return Ok(text);
            }
            if self.rest().is_empty() {
                let message = format!("the text that starts with {quote} is not closed");
                return Err(ExpressionError::new(start, message));
            }
            text.push(self.escape()?);
        }
    }

    /// One escape; FHIRPath has those of JSON, and one for each kind of quote.
    fn escape(&mut self) -> Result<char, ExpressionError> {
        let start = self.at;
        let letter = self.rest().chars().nth(1);
        let simple = match letter {
            Some(letter @ ('\'' | '"' | '`' | '\\' | '/')) => letter,
            Some('r') => '\r',
            Some('n') => '\n',
            Some('t') => '\t',
            Some('f') => '\u{C}',
            Some('u') => {
                let code = self
                    .text
                    .get(start + 2..start + 6)
                    .and_then(|digits| u32::from_str_radix(digits, 16).ok());
                let Some(letter) = code.and_then(char::from_u32) else {
                    return Err(ExpressionError::new(
                        start,
                        "`\\u` needs four hexadecimal digits of a character",
                    ));
                };
                self.at += 6;
                return Ok(letter);
            }
            _ => {
                let error =
                    ExpressionError::new(start, "this `\\` starts no escape that FHIRPath knows");
                return Err(error.with_help("write `\\\\` for a backslash"));
            }
        };
        self.at += 2;
        Ok(simple)
    }

    /// `@2014-01-25T14:30:14.559+01:00`, `@T14:30`; a dot belongs to it only before a digit.
    fn temporal(&mut self) -> Result<TokenKind<'t>, ExpressionError> {
        let start = self.at;
        self.at += 1;
        self.take_while(|letter| letter.is_ascii_digit() || letter == '-');
        if self.rest().starts_with('T') {
            self.at += 1;
            self.take_while(|letter| letter.is_ascii_digit() || letter == ':');
            let fraction = self.rest().strip_prefix('.');
            if fraction.is_some_and(|rest| rest.starts_with(|letter: char| letter.is_ascii_digit()))
            {
                self.at += 1;
                self.take_while(|letter| letter.is_ascii_digit());
            }
            self.offset();
        }
        let text = &self.text[start + 1..self.at];
        if text.is_empty() {
            return Err(ExpressionError::new(
                start,
                "`@` must be followed by a date or by `T` and a time",
            ));
        }
        Ok(TokenKind::Temporal(text))
    }

    /// An offset is taken only when it is whole, so that `@2014T10 - 1 hour` stays a subtraction.
    fn offset(&mut self) {
        let rest = self.rest().as_bytes();
        if rest.first() == Some(&b'Z') {
            self.at += 1;
        }
        let shape = [b'0', b'0', b':', b'0', b'0'];
        let signed = matches!(rest.first(), Some(b'+' | b'-')) && rest.len() > shape.len();
        let fits = |(byte, wanted): (&u8, &u8)| {
            if *wanted == b':' {
                byte == wanted
            } else {
                byte.is_ascii_digit()
            }
        };
        if signed && rest[1..].iter().zip(&shape).all(fits) {
            self.at += 1 + shape.len();
        }
    }

    /// `$this`, `$index`, `$total`; there are no others, so any other is an error here already.
    fn dollar(&mut self) -> Result<TokenKind<'t>, ExpressionError> {
        let start = self.at;
        self.at += 1;
        let name = self.word();
        if matches!(name, "this" | "index" | "total") {
            return Ok(TokenKind::Dollar(name));
        }
        let message = format!("`${name}` is not known: there are `$this`, `$index` and `$total`");
        Err(ExpressionError::new(start, message))
    }

    /// The name of a variable; `%ext-name` and `%vs-name` may hold dashes.
    fn percent(&mut self) -> Result<TokenKind<'t>, ExpressionError> {
        let start = self.at;
        self.at += 1;
        if let Some(quote @ ('`' | '\'')) = self.rest().chars().next() {
            return self.quoted(quote).map(TokenKind::Percent);
        }
        let name =
            self.take_while(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-'));
        if name.is_empty() {
            return Err(ExpressionError::new(
                start,
                "`%` must be followed by the name of a variable",
            ));
        }
        Ok(TokenKind::Percent(name.to_owned()))
    }

    /// A symbol, or an error that knows what people of other languages mean.
    fn symbol(&mut self) -> Result<TokenKind<'t>, ExpressionError> {
        let found = SYMBOLS
            .iter()
            .find(|symbol| self.rest().starts_with(**symbol));
        if let Some(symbol) = found {
            self.at += symbol.len();
            return Ok(TokenKind::Symbol(symbol));
        }
        let letter = self.rest().chars().next().unwrap_or_default();
        let error = ExpressionError::new(self.at, format!("`{letter}` has no meaning in FHIRPath"));
        Err(match letter {
            '"' => error.with_help("texts stand in single quotes"),
            '!' => error.with_help("write `.not()` to negate, `!=` to compare"),
            _ => error,
        })
    }

    /// Both kinds of comments count as space.
    fn skip_space_and_comments(&mut self) -> Result<(), ExpressionError> {
        loop {
            self.take_while(char::is_whitespace);
            if self.rest().starts_with("//") {
                self.take_while(|letter| letter != '\n');
            } else if self.rest().starts_with("/*") {
                let Some(end) = self.rest()[2..].find("*/") else {
                    return Err(ExpressionError::new(
                        self.at,
                        "the comment is not closed with `*/`",
                    ));
                };
                self.at += end + 4;
            } else {
                return Ok(());
            }
        }
    }
}
