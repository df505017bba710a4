//! Fragments: their steps are inlined, with their parameters filled in.

use std::collections::BTreeMap;

use crate::diag::Diagnostic;
use crate::yaml::{Key, Node, Value};

/// Arguments by the parameters' names.
pub(super) type Arguments = BTreeMap<String, Node>;

/// A node with every `with.NAME` in its holes replaced by the argument.
///
/// A text that is just one hole takes the whole argument, maps and lists too.
pub(super) fn substitute(node: &Node, arguments: &Arguments) -> Result<Node, Diagnostic> {
    let value = match &*node.value {
        Value::Text(text) if text.contains("with.") => {
            return substitute_text(node, text, arguments);
        }
        Value::List(items) => Value::List(
            items
                .iter()
                .map(|item| substitute(item, arguments))
                .collect::<Result<_, _>>()?,
        ),
        Value::Map(entries) => Value::Map(
            entries
                .iter()
                .map(|(key, value)| {
                    Ok((
                        substitute_key(key, arguments)?,
                        substitute(value, arguments)?,
                    ))
                })
                .collect::<Result<_, _>>()?,
        ),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => return Ok(node.clone()),
    };
    Ok(Node::new(value, node.place.clone()))
}

fn substitute_key(key: &Key, arguments: &Arguments) -> Result<Key, Diagnostic> {
    if !key.text.contains("with.") {
        return Ok(key.clone());
    }
    let node = Node::new(Value::Text(key.text.clone()), key.place.clone());
    let filled = substitute_text(&node, &key.text, arguments)?;
    Ok(Key {
        text: filled.scalar().unwrap_or(&key.text).to_owned(),
        place: key.place.clone(),
    })
}

fn substitute_text(node: &Node, text: &str, arguments: &Arguments) -> Result<Node, Diagnostic> {
    if let Some(name) = whole_hole(text) {
        return argument(name, arguments, node).cloned();
    }
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((inside, after)) = after.split_once("}}") else {
            break;
        };
        filled.push_str(before);
        filled.push_str(&hole(inside, arguments, node)?);
        rest = after;
    }
    filled.push_str(rest);
    Ok(Node::new(Value::Text(filled), node.place.clone()))
}

/// `x` where the whole text is `{{with.x}}`.
fn whole_hole(text: &str) -> Option<&str> {
    let inside = text.trim().strip_prefix("{{")?.strip_suffix("}}")?.trim();
    inside
        .strip_prefix("with.")
        .filter(|name| name.chars().all(is_name))
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_')
}

fn argument<'a>(name: &str, arguments: &'a Arguments, node: &Node) -> Result<&'a Node, Diagnostic> {
    arguments.get(name).ok_or_else(|| {
        Diagnostic::error(
            "undefined-value",
            format!("`{{{{with.{name}}}}}` is no parameter of this fragment"),
        )
        .at(&node.place)
        .suggest(name, arguments.keys().map(String::as_str))
    })
}

/// One hole inside a longer text: alone it becomes the argument's text, inside a call the argument's expression.
fn hole(inside: &str, arguments: &Arguments, node: &Node) -> Result<String, Diagnostic> {
    let trimmed = inside.trim();
    if let Some(name) = trimmed
        .strip_prefix("with.")
        .filter(|name| name.chars().all(is_name))
    {
        return Ok(scalar(argument(name, arguments, node)?)?.to_owned());
    }
    let mut filled = String::from("{{");
    let mut rest = inside;
    while let Some((before, after)) = rest.split_once("with.") {
        let length = after.find(|c| !is_name(c)).unwrap_or(after.len());
        filled.push_str(before);
        filled.push_str(&expression(scalar(argument(
            &after[..length],
            arguments,
            node,
        )?)?));
        rest = &after[length..];
    }
    filled.push_str(rest);
    filled.push_str("}}");
    Ok(filled)
}

fn scalar(argument: &Node) -> Result<&str, Diagnostic> {
    argument.scalar().ok_or_else(|| {
        let message = format!(
            "inside a text, this parameter must be a text, not {}",
            argument.describe()
        );
        Diagnostic::error("wrong-type", message).at(&argument.place)
    })
}

/// An argument as it stands inside a call: a hole gives its expression, plain text a quoted one.
fn expression(text: &str) -> String {
    match text
        .trim()
        .strip_prefix("{{")
        .and_then(|text| text.strip_suffix("}}"))
    {
        Some(inside) => inside.trim().to_owned(),
        None => format!("'{text}'"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Source;

    fn node(text: &str) -> Node {
        crate::yaml::parse(&Source::new("t", text)).unwrap()
    }

    #[test]
    fn parameters_are_filled_in() {
        let arguments: Arguments = [
            ("id", node("'{{create.id}}'")),
            ("body", node("{a: 1}")),
            ("n", node("x")),
        ]
        .into_iter()
        .map(|(name, node)| (name.to_owned(), node))
        .collect();
        let cases = [
            ("'{{with.body}}'", r#"{"a":1}"#),
            ("'/p/{{with.id}}/{{ with.n }}'", r#""/p/{{create.id}}/x""#),
            (
                "'{{base64(with.id)}}{{base64(with.n)}}'",
                r#""{{base64(create.id)}}{{base64('x')}}""#,
            ),
            ("{'{{with.n}}': [1, '{{with.n}}']}", r#"{"x":[1,"x"]}"#),
        ];
        for (text, expected) in cases {
            assert_eq!(
                substitute(&node(text), &arguments)
                    .unwrap()
                    .to_json()
                    .to_string(),
                expected,
                "{text}"
            );
        }
        assert_eq!(
            substitute(&node("'{{with.nn}}'"), &arguments)
                .unwrap_err()
                .code,
            "undefined-value"
        );
    }
}
