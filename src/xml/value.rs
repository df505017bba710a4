//! What a path yields, with the conversions of XPath 1.0.

use super::document::Node;

/// The result of a path.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'d> {
    /// Nodes in document order.
    Nodes(Vec<Node<'d>>),
    /// A text.
    Text(String),
    /// A number; not-a-number where a text is none.
    Number(f64),
    /// A truth value.
    Boolean(bool),
}

impl Value<'_> {
    /// The texts: one for each node, or one for a single value.
    pub fn texts(&self) -> Vec<String> {
        match self {
            Self::Nodes(nodes) => nodes.iter().map(|node| node.text()).collect(),
            Self::Text(_) | Self::Number(_) | Self::Boolean(_) => vec![self.text()],
        }
    }

    /// The places of the nodes, such as `/r/item[2]/@code (line 3, column 5)`; none for a single value.
    pub fn locations(&self) -> Vec<String> {
        match self {
            Self::Nodes(nodes) => nodes.iter().map(|node| node.place().to_string()).collect(),
            Self::Text(_) | Self::Number(_) | Self::Boolean(_) => Vec::new(),
        }
    }

    /// As `boolean()`: whether there is a node, a text, or a number that is not zero.
    pub fn truth(&self) -> bool {
        match self {
            Self::Nodes(nodes) => !nodes.is_empty(),
            Self::Text(text) => !text.is_empty(),
            Self::Number(number) => *number != 0.0 && !number.is_nan(),
            Self::Boolean(truth) => *truth,
        }
    }

    /// As `string()`: the text of the first node, or the value as a text.
    pub fn text(&self) -> String {
        match self {
            Self::Nodes(nodes) => nodes.first().map(|node| node.text()).unwrap_or_default(),
            Self::Text(text) => text.clone(),
            Self::Number(number) => number_text(*number),
            Self::Boolean(truth) => truth.to_string(),
        }
    }

    /// As `number()`.
    pub fn number(&self) -> f64 {
        match self {
            Self::Nodes(_) | Self::Text(_) => number_of(&self.text()),
            Self::Number(number) => *number,
            Self::Boolean(truth) => f64::from(u8::from(*truth)),
        }
    }

    /// How many nodes there are; one for a single value.
    pub fn len(&self) -> usize {
        match self {
            Self::Nodes(nodes) => nodes.len(),
            Self::Text(_) | Self::Number(_) | Self::Boolean(_) => 1,
        }
    }

    /// Whether this is an empty set of nodes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// XPath's numbers are digits with a point and a minus, and no more.
pub(super) fn number_of(text: &str) -> f64 {
    let text = text.trim_matches([' ', '\t', '\r', '\n']);
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = digits
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    if !plain || digits.is_empty() || digits == "." {
        return f64::NAN;
    }
    text.parse().unwrap_or(f64::NAN)
}

/// XPath writes numbers without exponents, and zero without a sign.
fn number_text(number: f64) -> String {
    if number == 0.0 {
        return "0".to_owned();
    }
    if number.is_infinite() {
        let sign = if number < 0.0 { "-" } else { "" };
        return format!("{sign}Infinity");
    }
    number.to_string()
}
