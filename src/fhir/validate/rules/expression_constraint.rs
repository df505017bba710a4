//! Whether a text is an expression of SNOMED CT's Expression Constraint Language, by its form alone (ECL 2.2, chapter 5:
//! brief and long syntax). Concepts are not looked up. What the grammar allows in braces behind a concept (filters, history)
//! only has to be closed.

/// How deep brackets may be nested.
const MAX_DEPTH: u32 = 50;

/// How many parts are looked at; what is longer counts as right, since brackets may be read in two ways each.
const MAX_PARTS: u32 = 10_000;

/// Whether the whole text is one expression.
pub(super) fn is_well_formed(text: &str) -> bool {
    let mut reader = Reader {
        rest: text,
        depth: 0,
        parts: MAX_PARTS,
    };
    let is_whole = reader.expression().is_some() && reader.blank().is_empty();
    is_whole || reader.parts == 0
}

struct Reader<'t> {
    rest: &'t str,
    depth: u32,
    parts: u32,
}

/// A step that does not fit ends the reading.
type Fits = Option<()>;

const OPERATORS: [&str; 11] = [
    "!!<", "!!>", "<<!", ">>!", "<!", ">!", "<<", ">>", "<", ">", "^",
];
/// The operators in words; the longer ones first.
const WORDS: [&str; 13] = [
    "descendantOrSelfOf",
    "descendantOf",
    "childOrSelfOf",
    "childOf",
    "ancestorOrSelfOf",
    "ancestorOf",
    "parentOrSelfOf",
    "parentOf",
    "memberOf",
    "bottom",
    "top",
    "reverseOf",
    "R",
];
const COMPARATORS: [&str; 7] = ["!=", "<>", "<=", ">=", "=", "<", ">"];

impl<'t> Reader<'t> {
    /// Leaves out white space and comments; what follows.
    fn blank(&mut self) -> &'t str {
        loop {
            self.rest = self.rest.trim_start();
            let comment = self
                .rest
                .strip_prefix("/*")
                .and_then(|rest| rest.split_once("*/"));
            match comment {
                Some((_, after)) => self.rest = after,
                None => return self.rest,
            }
        }
    }

    fn take(&mut self, token: &str) -> Fits {
        self.rest = self.blank().strip_prefix(token)?;
        Some(())
    }

    /// A word, in capitals or not, behind which something else begins.
    fn word(&mut self, word: &str) -> Fits {
        let rest = self.blank();
        let (head, after) = rest.split_at_checked(word.len())?;
        let ends = !after.starts_with(|next: char| next.is_alphanumeric());
        (head.eq_ignore_ascii_case(word) && ends).then(|| self.rest = after)
    }

    fn any(&mut self, tokens: &[&str]) -> Fits {
        tokens.iter().find_map(|token| self.take(token))
    }

    fn operator_word(&mut self) -> Fits {
        WORDS.iter().find_map(|word| self.word(word))
    }

    fn joined(&mut self, with_minus: bool) -> Fits {
        self.take(",")
            .or_else(|| self.word("AND"))
            .or_else(|| self.word("OR"))
            .or_else(|| with_minus.then(|| self.word("MINUS"))?)
    }

    fn nested(&mut self, inner: impl FnOnce(&mut Self) -> Fits) -> Fits {
        self.parts = self.parts.checked_sub(1)?;
        self.depth += 1;
        let fits = (self.depth <= MAX_DEPTH).then(|| inner(self)).flatten();
        self.depth -= 1;
        fits
    }

    /// Operands joined by words or dots, and perhaps refined.
    fn expression(&mut self) -> Fits {
        self.nested(|reader| {
            reader.operand()?;
            loop {
                if reader.take(":").is_some() {
                    reader.refinement()?;
                } else if reader.joined(true).is_some() || reader.take(".").is_some() {
                    reader.operand()?;
                } else {
                    return Some(());
                }
            }
        })
    }

    /// A concept, all concepts, or an expression in brackets, with operators in front and braces behind.
    fn operand(&mut self) -> Fits {
        while self
            .any(&OPERATORS)
            .or_else(|| self.operator_word())
            .is_some()
        {
            if self.blank().starts_with('[') {
                self.until('[', ']')?;
            }
        }
        if self.take("(").is_some() {
            self.expression()?;
            self.take(")")?;
        } else if self.take("*").or_else(|| self.word("ANY")).is_none() {
            self.concept()?;
        }
        while self.blank().starts_with("{{") {
            self.until('{', '}')?;
        }
        Some(())
    }

    /// An identifier, and perhaps its term between bars.
    fn concept(&mut self) -> Fits {
        let rest = self.blank();
        let is_part = |next: char| next.is_ascii_alphanumeric() || "#-_".contains(next);
        let length = rest.find(|next| !is_part(next)).unwrap_or(rest.len());
        let (id, after) = rest.split_at(length);
        let is_identifier = id.bytes().all(|digit| digit.is_ascii_digit()) || id.contains('#');
        if id.is_empty() || !is_identifier {
            return None;
        }
        self.rest = after;
        if self.take("|").is_some() {
            self.rest = self.rest.split_once('|')?.1;
        }
        Some(())
    }

    /// Attributes and groups of them.
    fn refinement(&mut self) -> Fits {
        self.nested(|reader| {
            reader.refined_part()?;
            while reader.joined(false).is_some() {
                reader.refined_part()?;
            }
            Some(())
        })
    }

    fn refined_part(&mut self) -> Fits {
        if self.blank().starts_with('[') {
            self.until('[', ']')?;
        }
        if self.take("{").is_some() {
            self.refinement()?;
            return self.take("}");
        }
        let here = self.rest;
        if self.attribute().is_some() {
            return Some(());
        }
        self.rest = here;
        self.take("(")?;
        self.refinement()?;
        self.take(")")
    }

    /// A name, a comparison and a value.
    fn attribute(&mut self) -> Fits {
        self.operand()?;
        self.any(&COMPARATORS)?;
        self.value()
    }

    fn value(&mut self) -> Fits {
        let rest = self.blank();
        if let Some(number) = rest.strip_prefix('#') {
            let is_part = |next: char| next.is_ascii_digit() || "+-.".contains(next);
            self.rest = number.trim_start_matches(is_part);
            return (self.rest.len() < number.len()).then_some(());
        }
        if let Some(text) = rest.strip_prefix('"') {
            let mut escaped = false;
            let end = text.find(|next| {
                let ends = next == '"' && !escaped;
                escaped = next == '\\' && !escaped;
                ends
            })?;
            self.rest = &text[end + 1..];
            return Some(());
        }
        let truth = self.word("true").or_else(|| self.word("false"));
        truth.or_else(|| self.set_or_expression())
    }

    /// Several texts or numbers in brackets, or one more expression.
    fn set_or_expression(&mut self) -> Fits {
        let rest = self.blank();
        let inner = rest.strip_prefix('(').unwrap_or_default().trim_start();
        if inner.starts_with(['"', '#']) {
            return self.until('(', ')');
        }
        self.nested(Self::operand)
    }

    /// From an opening bracket to the one that closes it.
    fn until(&mut self, open: char, close: char) -> Fits {
        let (mut depth, mut quoted) = (0_u32, false);
        for (at, letter) in self.rest.char_indices() {
            match letter {
                '"' => quoted = !quoted,
                _ if quoted => {}
                _ if letter == open => depth += 1,
                _ if letter == close => depth = depth.checked_sub(1)?,
                _ => {}
            }
            if depth == 0 && letter == close {
                self.rest = &self.rest[at + letter.len_utf8()..];
                return Some(());
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::is_well_formed;

    #[test]
    fn expressions_of_all_kinds_are_read() {
        for text in [
            "404684003",
            "<< 404684003 |Clinical finding|",
            "^ 700043003 |Example problem list|",
            "< 19829001 AND < 301867009",
            "(< 19829001 OR < 301867009) MINUS << 313413008",
            "<19829001:116676008=79654002",
            "< 404684003: { 363698007 = << 39057004, 116676008 = << 415582006 }",
            "< 373873005: [1..3] 127489000 = < 105590001",
            "< 105590001: R 127489000 = 249999999101",
            "< 27658006: 411116001 = << 385268001, { 179999999100 >= #500, 189999999103 = 258684004 }",
            "*",
            "<< 125605004 . 363698007",
            "< 64572001 {{ term = \"heart\", language = en }}",
            "< 404684003: 363698007 = (< 39057004 OR < 1234567)",
            "/* all */ << 138875005",
            "DescendantOrSelfOf 60621009 MINUS (memberOf 846931000000101 or 852451000000103)",
            "< 404684003: reverseOf 363698007 = childOf 39057004",
        ] {
            assert!(is_well_formed(text), "{text}");
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "234234 << 234234",
            "<<",
            "< 19829001 AND",
            "(< 19829001",
            "< 19829001:",
            "< 19829001: 116676008 =",
            "finding",
            "404684003 |open",
            "< 64572001 {{ term",
        ] {
            assert!(!is_well_formed(text), "{text}");
        }
        assert!(!is_well_formed(&"(".repeat(100_000)));
        // Brackets that can be read in two ways each: an end is found all the same.
        assert!(is_well_formed(&"(1:".repeat(1_000)) || !is_well_formed("(1:"));
    }
}
