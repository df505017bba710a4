//! A scanner of XML 1.0 and 1.1 with namespaces: tags, texts and comments one after the other, without building anything.
//!
//! It is our own so that bodies and narratives are read in one pass at the speed of the JSON reader, with places of our
//! own. A document type declaration is refused where it stands, and with it all that entities can do.

use super::scan::find_either;
use crate::fhir::error::{Reads, fault};

/// The namespace of FHIR's elements.
pub(crate) const FHIR: &str = "http://hl7.org/fhir";
/// The namespace of narratives.
pub(crate) const XHTML: &str = "http://www.w3.org/1999/xhtml";
/// The namespace of the prefix `xml`.
pub(crate) const XML: &str = "http://www.w3.org/XML/1998/namespace";
/// The namespace of `xsi:schemaLocation`.
pub(crate) const SCHEMA_INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// Attributes that one tag may have; honest documents have a handful.
const MAX_ATTRIBUTES: usize = 256;

/// Prefixes that may be declared at one place.
const MAX_PREFIXES: usize = 64;

/// Why a document type declaration is refused.
pub(crate) const NO_DOCTYPE: &str =
    "a document type declaration is refused: FHIR XML has none, and entities are unsafe";

/// One piece of markup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token<'s> {
    /// A start tag; its attributes are in [`Scanner::attributes`].
    Open {
        name: &'s str,
        at: usize,
        empty: bool,
    },
    /// An end tag.
    Close { name: &'s str, at: usize },
    /// Text as it is written, or the inside of a CDATA section.
    Text {
        raw: &'s str,
        at: usize,
        plain: bool,
    },
    /// A comment.
    Comment { at: usize },
    /// A processing instruction.
    Instruction { at: usize },
    /// The end of the document.
    End,
}

/// One attribute as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Attribute<'s> {
    /// The name with its prefix.
    pub(crate) name: &'s str,
    /// The value without its quotes.
    pub(crate) raw: &'s str,
    /// Byte offset of the name.
    pub(crate) at: usize,
    /// Byte offset of the value.
    pub(crate) value_at: usize,
}

/// What to do about `&name;` where XML does not know the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum References {
    /// The body is not well-formed.
    Refuse,
    /// [`Scanner::unknown`] lists them, and the text keeps them as they are.
    Collect,
}

/// Walks the markup of a text.
pub(crate) struct Scanner<'s> {
    source: &'s str,
    bytes: &'s [u8],
    pub(crate) at: usize,
    /// Those of the tag last opened, without declarations of namespaces.
    pub(crate) attributes: Vec<Attribute<'s>>,
    /// Prefix and namespace of all declarations in scope.
    scope: Vec<(&'s str, &'s str)>,
    /// The open elements, each with how many declarations were in scope outside of it.
    marks: Vec<(&'s str, usize)>,
    /// How many declarations were in scope outside of the tag last opened.
    outside: usize,
    /// Whether that tag was empty, so that its scope ends with it.
    ended: bool,
    pub(super) references: References,
    /// Byte offsets and names of unknown entities, where they are collected.
    pub(crate) unknown: Vec<(usize, &'s str)>,
    /// The encoding that the XML declaration names, with its place.
    pub(crate) encoding: Option<(&'s str, usize)>,
    /// Whether the XML declaration says 1.1, where more characters may be referred to.
    pub(super) newer: bool,
}

impl<'s> Scanner<'s> {
    /// A scanner from byte `at` on, which is where an XML declaration may stand.
    pub(crate) fn new(source: &'s str, at: usize, references: References) -> Reads<Self> {
        let mut scanner = Self {
            source,
            bytes: source.as_bytes(),
            at,
            attributes: Vec::new(),
            scope: Vec::new(),
            marks: Vec::new(),
            outside: 0,
            ended: false,
            references,
            unknown: Vec::new(),
            encoding: None,
            newer: false,
        };
        refuse_odd_characters(source)?;
        scanner.declaration()?;
        Ok(scanner)
    }

    /// The next piece of markup. Tags match, names are well-formed, and all that is open is closed before the end.
    pub(crate) fn next(&mut self) -> Reads<Token<'s>> {
        if self.ended {
            self.ended = false;
            self.scope.truncate(self.outside);
        }
        let at = self.at;
        match self.bytes.get(at) {
            None => self.end(),
            Some(b'<') => match self.bytes.get(at + 1) {
                Some(b'/') => self.close_tag(),
                Some(b'!') => self.comment_or_cdata(),
                Some(b'?') => self.instruction(),
                Some(_) | None => self.open_tag(),
            },
            Some(_) => self.text(),
        }
    }

    /// How many elements are open.
    pub(crate) fn depth(&self) -> usize {
        self.marks.len()
    }

    /// The namespace and the plain name of an element of the open tag's scope; `None` for an undeclared prefix.
    pub(crate) fn resolve(&self, name: &'s str) -> Option<(&'s str, &'s str)> {
        match name.split_once(':') {
            Some((prefix, local)) => Some((self.namespace(prefix)?, local)),
            None => Some((self.namespace("").unwrap_or_default(), name)),
        }
    }

    /// The namespace of a prefix.
    fn namespace(&self, prefix: &str) -> Option<&'s str> {
        if prefix == "xml" {
            return Some(XML);
        }
        let mut scope = self.scope.iter().rev();
        scope
            .find(|(declared, _)| *declared == prefix)
            .map(|(_, namespace)| *namespace)
    }

    /// Prefix and namespace of what was declared outside of the tag last opened, the nearest first.
    pub(crate) fn outer_declarations(&self) -> impl Iterator<Item = (&'s str, &'s str)> {
        self.scope[..self.outside].iter().rev().copied()
    }

    fn end(&self) -> Reads<Token<'s>> {
        match self.marks.last() {
            Some((name, _)) => Err(fault(
                self.at,
                format!("not well-formed XML: `{name}` is not closed before the end"),
            )),
            None => Ok(Token::End),
        }
    }

    /// A start tag with its attributes.
    fn open_tag(&mut self) -> Reads<Token<'s>> {
        let at = self.at;
        self.at += 1;
        let name = self.name()?;
        self.attributes.clear();
        self.outside = self.scope.len();
        loop {
            let spaced = self.skip_space();
            match self.bytes.get(self.at) {
                Some(b'>') => {
                    self.at += 1;
                    self.marks.push((name, self.outside));
                    self.check_attributes(name, at)?;
                    return Ok(Token::Open {
                        name,
                        at,
                        empty: false,
                    });
                }
                Some(b'/') if self.bytes.get(self.at + 1) == Some(&b'>') => {
                    self.at += 2;
                    self.ended = true;
                    self.check_attributes(name, at)?;
                    return Ok(Token::Open {
                        name,
                        at,
                        empty: true,
                    });
                }
                Some(_) if spaced => self.attribute(at)?,
                Some(_) | None => return Err(self.expected("white space, `>` or `/>`")),
            }
        }
    }

    /// `name="value"`; declarations of namespaces go into the scope.
    fn attribute(&mut self, tag_at: usize) -> Reads<()> {
        let at = self.at;
        let name = self.name()?;
        self.skip_space();
        if self.bytes.get(self.at) != Some(&b'=') {
            return Err(self.expected("`=` after the name of an attribute"));
        }
        self.at += 1;
        self.skip_space();
        let (raw, value_at) = self.quoted()?;
        let prefix = match name.split_once(':') {
            None if name == "xmlns" => "",
            Some(("xmlns", prefix)) => prefix,
            None | Some(_) => {
                if self.attributes.len() >= MAX_ATTRIBUTES {
                    let message = format!("a tag has more than {MAX_ATTRIBUTES} attributes");
                    return Err(fault(tag_at, message));
                }
                self.attributes.push(Attribute {
                    name,
                    raw,
                    at,
                    value_at,
                });
                return Ok(());
            }
        };
        if self.scope.len() >= MAX_PREFIXES {
            let message = format!("more than {MAX_PREFIXES} prefixes are declared at one place");
            return Err(fault(tag_at, message));
        }
        self.scope.push((prefix, raw));
        Ok(())
    }

    /// A value in quotes, which must not hold `<`.
    fn quoted(&mut self) -> Reads<(&'s str, usize)> {
        let quote = match self.bytes.get(self.at) {
            Some(quote @ (b'"' | b'\'')) => *quote,
            Some(_) | None => return Err(self.expected("a value in quotes")),
        };
        let start = self.at + 1;
        let end = find_either(self.bytes, start, quote, b'<');
        self.at = end;
        if self.bytes.get(end) != Some(&quote) {
            return Err(self.expected("the closing quote of a value"));
        }
        self.at += 1;
        Ok((&self.source[start..end], start))
    }

    /// No attribute may come twice, and every prefix must be declared.
    fn check_attributes(&mut self, name: &'s str, at: usize) -> Reads<()> {
        if name.contains(':') && self.resolve(name).is_none() {
            return Err(undeclared(name, at));
        }
        for place in 0..self.attributes.len() {
            let attribute = self.attributes[place];
            if attribute.name.contains(':') && self.resolve(attribute.name).is_none() {
                return Err(undeclared(attribute.name, attribute.at));
            }
            // At most a few hundred times as many: the number of attributes is bounded.
            let before = &self.attributes[..place];
            if before.iter().any(|other| other.name == attribute.name) {
                let message = format!(
                    "not well-formed XML: the attribute `{}` comes twice",
                    attribute.name
                );
                return Err(fault(attribute.at, message));
            }
            self.check_references(attribute.raw, attribute.value_at)?;
        }
        Ok(())
    }

    fn close_tag(&mut self) -> Reads<Token<'s>> {
        let at = self.at;
        self.at += 2;
        let name = self.name()?;
        self.skip_space();
        if self.bytes.get(self.at) != Some(&b'>') {
            return Err(self.expected("`>`"));
        }
        self.at += 1;
        let Some((open, before)) = self.marks.pop() else {
            let message = format!("not well-formed XML: `</{name}>` closes nothing");
            return Err(fault(at, message));
        };
        if open != name {
            let message = format!("not well-formed XML: expected `</{open}>`, found `</{name}>`");
            return Err(fault(at, message));
        }
        self.scope.truncate(before);
        Ok(Token::Close { name, at })
    }

    fn text(&mut self) -> Reads<Token<'s>> {
        let at = self.at;
        self.at = find_either(self.bytes, at, b'<', b'&');
        let plain = self.at;
        self.at = find_either(self.bytes, plain, b'<', b'<');
        let raw = &self.source[at..self.at];
        if plain < self.at {
            self.check_references(raw, at)?;
        }
        if let Some(end) = raw.find("]]>") {
            return Err(fault(
                at + end,
                "not well-formed XML: `]]>` must not stand in a text",
            ));
        }
        Ok(Token::Text {
            raw,
            at,
            plain: true,
        })
    }

    fn comment_or_cdata(&mut self) -> Reads<Token<'s>> {
        let (at, rest) = (self.at, &self.source[self.at..]);
        if let Some(inside) = rest.strip_prefix("<!--") {
            let end = inside
                .find("--")
                .filter(|end| inside[*end..].starts_with("-->"));
            let Some(end) = end else {
                return Err(fault(
                    at,
                    "not well-formed XML: a comment ends with `-->` and holds no `--`",
                ));
            };
            self.at = at + 4 + end + 3;
            return Ok(Token::Comment { at });
        }
        if let Some(inside) = rest.strip_prefix("<![CDATA[") {
            let Some(end) = inside.find("]]>") else {
                return Err(fault(
                    at,
                    "not well-formed XML: a CDATA section is not closed",
                ));
            };
            self.at = at + 9 + end + 3;
            return Ok(Token::Text {
                raw: &inside[..end],
                at: at + 9,
                plain: false,
            });
        }
        let doctype = rest
            .get(..9)
            .is_some_and(|start| start.eq_ignore_ascii_case("<!doctype"));
        Err(fault(
            at,
            if doctype {
                NO_DOCTYPE
            } else {
                "not well-formed XML: unknown markup"
            },
        ))
    }

    fn instruction(&mut self) -> Reads<Token<'s>> {
        let at = self.at;
        self.at += 2;
        let target = self.name()?;
        if target.eq_ignore_ascii_case("xml") {
            let message = "not well-formed XML: the XML declaration must come first";
            return Err(fault(at, message));
        }
        let Some(end) = self.source[self.at..].find("?>") else {
            let message = "not well-formed XML: a processing instruction is not closed";
            return Err(fault(at, message));
        };
        if end > 0 && !self.skip_space() {
            return Err(self.expected("white space or `?>`"));
        }
        self.at = at + 2 + target.len() + end + 2;
        Ok(Token::Instruction { at })
    }

    /// `<?xml version="…" encoding="…"?>`
    fn declaration(&mut self) -> Reads<()> {
        let (at, rest) = (self.at, &self.source[self.at..]);
        let Some(inside) = rest.strip_prefix("<?xml") else {
            return Ok(());
        };
        if !inside.starts_with(|next: char| next.is_ascii_whitespace()) {
            return Ok(());
        }
        let Some(end) = inside.find("?>") else {
            return Err(fault(
                at,
                "not well-formed XML: the XML declaration is not closed",
            ));
        };
        self.newer =
            pseudo_attribute(&inside[..end], "version").is_some_and(|version| version == "1.1");
        let encoding = pseudo_attribute(&inside[..end], "encoding");
        self.encoding = encoding.map(|encoding| (encoding, at));
        self.at = at + 5 + end + 2;
        Ok(())
    }

    /// A name of XML, with its prefix.
    fn name(&mut self) -> Reads<&'s str> {
        let start = self.at;
        while self
            .bytes
            .get(self.at)
            .is_some_and(|byte| is_name_byte(*byte))
        {
            self.at += 1;
        }
        let name = &self.source[start..self.at];
        let odd = name.is_empty()
            || name.starts_with(|first: char| {
                first.is_ascii_digit() || matches!(first, '-' | '.' | ':')
            })
            || name.ends_with(':')
            || name.bytes().filter(|byte| *byte == b':').count() > 1;
        if odd {
            self.at = start;
            return Err(self.expected("a name"));
        }
        Ok(name)
    }

    /// Whether there was any.
    fn skip_space(&mut self) -> bool {
        let start = self.at;
        while matches!(self.bytes.get(self.at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
        self.at > start
    }

    #[cold]
    fn expected(&self, wanted: &str) -> crate::fhir::error::Fault {
        let found = self.source[self.at..].chars().next();
        let found = found.map_or("the end".to_owned(), |found| {
            format!("`{}`", found.escape_debug())
        });
        fault(
            self.at,
            format!("not well-formed XML: expected {wanted}, found {found}"),
        )
    }
}

/// Bytes that may stand in a name. Beyond ASCII, all are let through: FHIR has none of them, so the name will be unknown.
fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80 || matches!(byte, b'-' | b'_' | b'.' | b':')
}

/// Control characters have no place in XML, not even in 1.1.
fn refuse_odd_characters(source: &str) -> Reads<()> {
    let odd = |byte: u8| byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r');
    // Whole blocks are looked at without stopping, which compilers turn into wide instructions.
    for (block, bytes) in source.as_bytes().chunks(256).enumerate() {
        if !bytes.iter().fold(false, |found, byte| found | odd(*byte)) {
            continue;
        }
        let at = block * 256 + bytes.iter().position(|byte| odd(*byte)).unwrap_or_default();
        let code = source.as_bytes()[at];
        return Err(fault(
            at,
            format!("not well-formed XML: the control character 0x{code:02X} is not allowed"),
        ));
    }
    let beyond = ['\u{FFFE}', '\u{FFFF}'];
    if let Some(at) = beyond.iter().find_map(|odd| source.find(*odd)) {
        return Err(fault(
            at,
            "not well-formed XML: U+FFFE and U+FFFF are no characters",
        ));
    }
    Ok(())
}

fn undeclared(name: &str, at: usize) -> crate::fhir::error::Fault {
    fault(
        at,
        format!("not well-formed XML: the prefix of `{name}` is not declared"),
    )
}

/// `name="value"` in an XML declaration.
fn pseudo_attribute<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let after = text[text.find(name)? + name.len()..]
        .trim_start()
        .strip_prefix('=')?
        .trim_start();
    let quote = after
        .chars()
        .next()
        .filter(|quote| matches!(quote, '"' | '\''))?;
    after[1..].split_once(quote).map(|(value, _)| value)
}
