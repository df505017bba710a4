//! The grammar of unit expressions.

use super::measure::Measure;
use super::ratio::Factor;
use super::table::{self, BINARY_PREFIXES, PREFIXES};

/// The longest expression that is read.
const MAX_LENGTH: usize = 500;

/// How deep brackets may nest.
const MAX_DEPTH: usize = 20;

/// The highest power of a unit; what is above is no unit that anyone measures in.
const MAX_EXPONENT: i32 = 1000;

/// Reads a unit expression.
pub(super) fn measure(code: &str) -> Result<Measure, String> {
    if code.is_empty() {
        return Err("it is empty".to_owned());
    }
    if code.len() > MAX_LENGTH {
        return Err(format!("it is longer than {MAX_LENGTH} characters"));
    }
    let mut reader = Reader {
        code,
        at: 0,
        depth: 0,
    };
    let measure = reader.term()?;
    match reader.rest() {
        "" => Ok(measure),
        _ => Err(reader.unexpected("`.`, `/` or the end")),
    }
}

struct Reader<'c> {
    code: &'c str,
    at: usize,
    depth: usize,
}

impl<'c> Reader<'c> {
    /// Components joined by `.` and `/`, from left to right; one `/` may stand before the first.
    fn term(&mut self) -> Result<Measure, String> {
        let mut measure = match self.eat("/") {
            true => self.component()?.raised(-1),
            false => self.component()?,
        };
        loop {
            if self.eat(".") {
                measure = measure.times(&self.component()?);
            } else if self.eat("/") {
                measure = measure.times(&self.component()?.raised(-1));
            } else {
                return Ok(measure);
            }
        }
    }

    /// A bracketed term, a number or a unit, each with annotations behind it, or annotations alone.
    fn component(&mut self) -> Result<Measure, String> {
        let measure = match self.rest().chars().next() {
            Some('(') => self.bracketed()?,
            Some('{') => Measure::ONE,
            Some(first) if first.is_ascii_digit() && !self.is_power_of_ten() => self.number()?,
            Some(_) => self.unit()?,
            None => return Err(self.unexpected("a unit")),
        };
        while self.annotation()? {}
        Ok(measure)
    }

    fn bracketed(&mut self) -> Result<Measure, String> {
        self.at += 1;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(format!("its brackets nest deeper than {MAX_DEPTH}"));
        }
        let measure = self.term()?;
        self.depth -= 1;
        match self.eat(")") {
            true => Ok(measure),
            false => Err(self.unexpected("`)`")),
        }
    }

    /// Skips `{…}`, which changes nothing in value.
    fn annotation(&mut self) -> Result<bool, String> {
        let Some(inner) = self.rest().strip_prefix('{') else {
            return Ok(false);
        };
        let Some(end) = inner.find('}') else {
            return Err("an annotation is not closed by `}`".to_owned());
        };
        let printable = |byte: u8| (b' '..=b'~').contains(&byte) && byte != b'{';
        if !inner[..end].bytes().all(printable) {
            return Err("an annotation holds something else than ASCII characters".to_owned());
        }
        self.at += end + 2;
        Ok(true)
    }

    /// `10*` and `10^` are units that begin with digits.
    fn is_power_of_ten(&self) -> bool {
        self.rest().starts_with("10*") || self.rest().starts_with("10^")
    }

    fn number(&mut self) -> Result<Measure, String> {
        let rest = self.rest();
        let end = rest
            .find(|sign: char| !sign.is_ascii_digit())
            .unwrap_or(rest.len());
        let factor = Factor::parse(&rest[..end]).filter(|factor| factor.as_float() > 0.0);
        let factor = factor.ok_or_else(|| format!("`{}` is no usable factor", &rest[..end]))?;
        self.at += end;
        Ok(Measure::ONE.scaled(factor))
    }

    fn unit(&mut self) -> Result<Measure, String> {
        let (symbol, exponent) = self.symbol_and_exponent()?;
        let measure = prefixed(symbol).ok_or_else(|| format!("`{symbol}` is no unit"))?;
        Ok(measure.raised(exponent))
    }

    /// A symbol runs to the next operator; what stands in its square brackets belongs to it whole.
    fn symbol_and_exponent(&mut self) -> Result<(&'c str, i32), String> {
        let rest = self.rest();
        let end = symbol_end(rest).ok_or("a square bracket is not closed")?;
        let word = &rest[..end];
        let digits = word.trim_end_matches(|sign: char| sign.is_ascii_digit());
        let symbol = match digits.len() < word.len() {
            true => digits.strip_suffix(['-', '+']).unwrap_or(digits),
            false => word,
        };
        if symbol.is_empty() {
            return Err(self.unexpected("a unit"));
        }
        self.at += end;
        let exponent = match &word[symbol.len()..] {
            "" => 1,
            exponent => exponent
                .parse()
                .ok()
                .filter(|exponent: &i32| exponent.abs() <= MAX_EXPONENT)
                .ok_or_else(|| format!("`{exponent}` is no usable exponent"))?,
        };
        Ok((symbol, exponent))
    }

    fn rest(&self) -> &'c str {
        &self.code[self.at..]
    }

    /// Takes a symbol if it is next.
    fn eat(&mut self, symbol: &str) -> bool {
        let is_next = self.rest().starts_with(symbol);
        if is_next {
            self.at += symbol.len();
        }
        is_next
    }

    fn unexpected(&self, wanted: &str) -> String {
        match self.rest().chars().next() {
            Some(found) => format!(
                "at character {} it has `{found}` instead of {wanted}",
                self.at + 1
            ),
            None => format!("it ends where {wanted} should follow"),
        }
    }
}

/// Where a unit symbol with its exponent ends; `None` for an open square bracket.
fn symbol_end(text: &str) -> Option<usize> {
    let mut inside = false;
    for (at, sign) in text.char_indices() {
        match sign {
            '[' => inside = true,
            ']' => inside = false,
            '.' | '/' | '(' | ')' | '{' | '}' if !inside => return Some(at),
            _ => {}
        }
    }
    (!inside).then_some(text.len())
}

/// A unit by itself first: `cd` is the candela, not a centiday.
fn prefixed(symbol: &str) -> Option<Measure> {
    if let Some(atom) = table::atom(symbol) {
        return atom.measure().cloned();
    }
    let decimal = PREFIXES.iter().find_map(|(prefix, power)| {
        let measure = metric(symbol.strip_prefix(prefix)?)?;
        Some(measure.scaled(Factor::ten_to(*power)))
    });
    decimal.or_else(|| {
        BINARY_PREFIXES.iter().find_map(|(prefix, power)| {
            let measure = metric(symbol.strip_prefix(prefix)?)?;
            Some(measure.scaled(Factor::parse("2")?.raised(*power)))
        })
    })
}

/// What a unit measures that takes prefixes.
fn metric(symbol: &str) -> Option<Measure> {
    let atom = table::atom(symbol).filter(|atom| atom.takes_prefixes)?;
    atom.measure().cloned()
}
