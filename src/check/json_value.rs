//! What a JSON value is compared with.

use serde_json::{Number, Value};

use super::{Examined, Subject, words};
use crate::diag::Diagnostic;
use crate::template::Template;
use crate::yaml::{self, Node};

/// A value as the author wrote it; texts may have holes.
#[derive(Debug)]
pub(super) enum Wanted {
    /// Compared by its type: `"2"` is not `2`.
    Known(Value),
    /// A text with holes: any scalar that is written like this.
    Open(Template),
    List(Vec<Wanted>),
    Map(Vec<(String, Wanted)>),
}

impl Wanted {
    /// Numbers keep their digits; texts with holes become templates.
    pub(super) fn parse(node: &Node) -> Result<Self, Diagnostic> {
        Ok(match &*node.value {
            yaml::Value::Null | yaml::Value::Bool(_) | yaml::Value::Number(_) => {
                Self::Known(node.to_json())
            }
            yaml::Value::Text(text) => {
                let template = Template::of(node)?;
                match template.literal() {
                    Some(_) => Self::Known(Value::from(text.as_str())),
                    None => Self::Open(template),
                }
            }
            yaml::Value::List(items) => {
                Self::List(items.iter().map(Self::parse).collect::<Result<_, _>>()?)
            }
            yaml::Value::Map(entries) => {
                let entries = entries
                    .iter()
                    .map(|(key, node)| Ok((key.text.clone(), Self::parse(node)?)));
                Self::Map(entries.collect::<Result<_, Diagnostic>>()?)
            }
        })
    }

    /// Whether a value is this one.
    pub(super) fn is(&self, found: &Value, subject: &Subject<'_>) -> Examined<bool> {
        match (self, found) {
            (Self::Known(wanted), found) => Ok(equal(wanted, found)),
            (Self::Open(template), found) => {
                let text = subject.fill(template)?;
                Ok(scalar(found).is_some_and(|found| found == text))
            }
            (Self::List(wanted), Value::Array(found)) => Self::all(wanted, found.iter(), subject),
            (Self::Map(wanted), Value::Object(found)) if wanted.len() == found.len() => {
                for (key, wanted) in wanted {
                    let Some(found) = found.get(key) else {
                        return Ok(false);
                    };
                    if !wanted.is(found, subject)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            (Self::List(_) | Self::Map(_), _) => Ok(false),
        }
    }

    /// Whether a list of values is this list.
    pub(super) fn all<'v>(
        wanted: &[Self],
        found: impl ExactSizeIterator<Item = &'v Value>,
        subject: &Subject<'_>,
    ) -> Examined<bool> {
        if wanted.len() != found.len() {
            return Ok(false);
        }
        for (wanted, found) in wanted.iter().zip(found) {
            if !wanted.is(found, subject)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The text, where it is one.
    pub(super) fn text<'t>(
        &'t self,
        subject: &Subject<'_>,
    ) -> Examined<Option<std::borrow::Cow<'t, str>>> {
        match self {
            Self::Known(Value::String(text)) => Ok(Some(text.into())),
            Self::Open(template) => subject.fill(template).map(Some),
            Self::Known(_) | Self::List(_) | Self::Map(_) => Ok(None),
        }
    }

    /// For people, holes filled as far as they can be.
    pub(super) fn told(&self, subject: &Subject<'_>) -> Examined<String> {
        Ok(match self {
            Self::Known(value) => words::shown(&value.to_string()),
            Self::Open(template) => words::shown(&subject.fill(template)?),
            Self::List(_) | Self::Map(_) => self.written(),
        })
    }

    /// As the author wrote it.
    pub(super) fn written(&self) -> String {
        words::shown(&match self {
            Self::Known(value) => value.to_string(),
            Self::Open(template) => words::written(template),
            Self::List(items) => {
                let items: Vec<String> = items.iter().map(Self::written).collect();
                format!("[{}]", items.join(", "))
            }
            Self::Map(entries) => {
                let entries: Vec<String> = entries
                    .iter()
                    .map(|(key, value)| format!("{key}: {}", value.written()))
                    .collect();
                format!("{{{}}}", entries.join(", "))
            }
        })
    }
}

/// A scalar's text, without quotes.
pub(super) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Equality of JSON values; `2` and `2.0` are one number.
fn equal(wanted: &Value, found: &Value) -> bool {
    match (wanted, found) {
        (Value::Number(wanted), Value::Number(found)) => same_number(wanted, found),
        (wanted, found) => wanted == found,
    }
}

fn same_number(wanted: &Number, found: &Number) -> bool {
    // Beyond 2^53 a float would call different integers equal.
    let integers = (wanted.as_i128(), found.as_i128());
    match integers {
        (Some(wanted), Some(found)) => wanted == found,
        _ => wanted.as_f64() == found.as_f64(),
    }
}
