//! The part of SNOMED CT's expression constraints that can be decided without SNOMED CT: named codes joined by OR.

/// `A OR << B OR ^ C`: what is decided, and whether more may belong.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Expression {
    /// Codes that certainly belong.
    named: Vec<Box<str>>,
    rest: Rest,
}

/// What an expression takes beyond the codes it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rest {
    /// Nothing.
    Nothing,
    /// Codes that only the whole system tells.
    Open,
}

impl Expression {
    /// Reads a constraint; whatever is not a list of codes leaves the rest open.
    pub(super) fn read(text: &str) -> Self {
        let mut expression = Self {
            named: Vec::new(),
            rest: Rest::Nothing,
        };
        for term in terms(text) {
            expression.add(term.trim());
        }
        expression
    }

    fn add(&mut self, term: &str) {
        let (operator, operand) = ["<<!", "<<", "descendantOrSelfOf", "selfOrDescendantOf"]
            .iter()
            .find_map(|operator| Some((Some(*operator), term.strip_prefix(operator)?)))
            .unwrap_or((None, term));
        let code = operand.split('|').next().unwrap_or_default().trim();
        let is_code = !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_digit());
        if is_code {
            self.named.push(code.into());
        }
        if operator.is_some() || !is_code {
            self.rest = Rest::Open;
        }
    }

    /// Whether a code belongs; `None` where that takes the whole system.
    pub(super) fn decides(&self, code: &str) -> Option<bool> {
        // Anything but a plain list may take away again what it names.
        match (self.named.iter().any(|named| **named == *code), self.rest) {
            (true, _) => Some(true),
            (false, Rest::Nothing) => Some(false),
            (false, Rest::Open) => None,
        }
    }
}

/// The sides of OR. With MINUS, AND, brackets or refinements nothing is decided: the whole is one open term.
fn terms(text: &str) -> Vec<&str> {
    let outside_names: String = text.split('|').step_by(2).collect();
    let words = || outside_names.split_whitespace();
    let is_list = !outside_names.contains(['(', ':', ',', '{', '.'])
        && !words().any(|word| {
            ["AND", "MINUS"]
                .iter()
                .any(|other| word.eq_ignore_ascii_case(other))
        });
    if !is_list {
        return vec!["*"];
    }
    let mut terms = Vec::new();
    let mut rest = text;
    while let Some(at) = next_or(rest) {
        terms.push(&rest[..at]);
        rest = &rest[at + " OR ".len()..];
    }
    terms.push(rest);
    terms
}

/// Where ` OR ` stands next, outside of `|names|`.
fn next_or(text: &str) -> Option<usize> {
    let mut places = text.match_indices(" OR ");
    let outside = |at: &usize| text[..*at].matches('|').count().is_multiple_of(2);
    places.find_map(|(at, _)| outside(&at).then_some(at))
}

#[cfg(test)]
mod tests {
    use super::Expression;

    #[test]
    fn only_plain_lists_are_decided() {
        let list = Expression::read("1 OR 2 |this OR that| OR 3");
        assert_eq!(list.decides("2"), Some(true));
        assert_eq!(list.decides("4"), Some(false));
        let open = Expression::read("1 OR << 2 OR descendantOf 5 OR ^ 9");
        assert_eq!(open.decides("1"), Some(true));
        assert_eq!(open.decides("2"), Some(true));
        assert_eq!(open.decides("5"), None);
        for unreadable in ["<< 1 MINUS << 2", "(1 OR 2) AND 3", "< 1 : 2 = 3", "", "*"] {
            assert_eq!(
                Expression::read(unreadable).decides("1"),
                None,
                "{unreadable}"
            );
        }
    }
}
