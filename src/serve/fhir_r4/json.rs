//! A JSON value that keeps a number's text (`1.10` stays `1.10`) and that is cheap to clone.
//!
//! FHIR decimals carry their precision in their text, so a parsed floating-point number would lose data. Lists and
//! objects are shared behind an `Arc`: cloning a stored resource into a Bundle costs a counter, and a change copies
//! only the levels that it touches.

use std::sync::Arc;

mod parse;
mod write;

pub use parse::{Fault, parse};

/// The properties of an object, in the order in which they were written.
pub type Members = Vec<(Arc<str>, Json)>;

/// One JSON value.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as it was written.
    Number(Arc<str>),
    /// A string, unescaped.
    Text(Arc<str>),
    /// An array.
    List(Arc<Vec<Json>>),
    /// An object; names are unique when it was parsed.
    Object(Arc<Members>),
}

impl Json {
    /// An object of the given members, without those that are null: an absent part is simply not written.
    pub fn object<'a>(members: impl IntoIterator<Item = (&'a str, Json)>) -> Json {
        let members = members
            .into_iter()
            .filter(|(_, value)| *value != Json::Null);
        Json::Object(Arc::new(
            members
                .map(|(name, value)| (Arc::from(name), value))
                .collect(),
        ))
    }

    /// A list, or null when it would be empty (FHIR knows no empty arrays).
    pub fn list(items: impl IntoIterator<Item = Json>) -> Json {
        let items: Vec<Json> = items.into_iter().collect();
        if items.is_empty() {
            return Json::Null;
        }
        Json::List(Arc::new(items))
    }

    /// The member of that name, if this is an object that has one.
    pub fn get(&self, name: &str) -> Option<&Json> {
        self.members()
            .iter()
            .find(|(key, _)| **key == *name)
            .map(|(_, value)| value)
    }

    /// The text of the member of that name, if it is a string.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Json::as_text)
    }

    /// The members of an object; none for any other value.
    pub fn members(&self) -> &[(Arc<str>, Json)] {
        if let Json::Object(members) = self {
            members
        } else {
            &[]
        }
    }

    /// The items of a list; a single value counts as one item and null as none.
    pub fn items(&self) -> &[Json] {
        if let Json::List(items) = self {
            return items;
        }
        if *self == Json::Null {
            &[]
        } else {
            std::slice::from_ref(self)
        }
    }

    /// The items of the member of that name.
    pub fn each(&self, name: &str) -> &[Json] {
        self.get(name).map_or(&[], Json::items)
    }

    /// The string, if this is one.
    pub fn as_text(&self) -> Option<&str> {
        if let Json::Text(text) = self {
            Some(text)
        } else {
            None
        }
    }

    /// The text of a string, number or boolean: what the `value` attribute of the XML form holds.
    pub fn scalar(&self) -> Option<&str> {
        match self {
            Json::Text(text) | Json::Number(text) => Some(text),
            Json::Bool(true) => Some("true"),
            Json::Bool(false) => Some("false"),
            Json::Null | Json::List(_) | Json::Object(_) => None,
        }
    }

    /// Whether this is an object.
    pub fn is_object(&self) -> bool {
        matches!(self, Json::Object(_))
    }

    /// Whether this is a list.
    pub fn is_list(&self) -> bool {
        matches!(self, Json::List(_))
    }

    /// The members of an object for a change; `None` for any other value.
    pub fn members_mut(&mut self) -> Option<&mut Members> {
        if let Json::Object(members) = self {
            Some(Arc::make_mut(members))
        } else {
            None
        }
    }

    /// The items of a list for a change; `None` for any other value.
    pub fn items_mut(&mut self) -> Option<&mut Vec<Json>> {
        if let Json::List(items) = self {
            Some(Arc::make_mut(items))
        } else {
            None
        }
    }

    /// The member of that name for a change.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Json> {
        let members = self.members_mut()?;
        members
            .iter_mut()
            .find(|(key, _)| **key == *name)
            .map(|(_, value)| value)
    }

    /// Sets a member of an object: in its place if it exists, else at the end. Null removes it.
    pub fn set(&mut self, name: &str, value: impl Into<Json>) {
        let value = value.into();
        if value == Json::Null {
            self.remove(name);
            return;
        }
        self.place(usize::MAX, name, value);
    }

    /// Sets a member in its place if it exists, else at that position.
    pub fn place(&mut self, position: usize, name: &str, value: Json) {
        let Some(members) = self.members_mut() else {
            return;
        };
        if let Some(member) = members.iter_mut().find(|(key, _)| **key == *name) {
            member.1 = value;
            return;
        }
        let position = position.min(members.len());
        members.insert(position, (Arc::from(name), value));
    }

    /// Removes a member of an object and gives what it was.
    pub fn remove(&mut self, name: &str) -> Option<Json> {
        let position = self.members().iter().position(|(key, _)| **key == *name)?;
        self.members_mut().map(|members| members.remove(position).1)
    }

    /// The `resourceType`, or nothing.
    pub fn resource_type(&self) -> &str {
        self.text("resourceType").unwrap_or_default()
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Json {
        Json::Text(Arc::from(text))
    }
}

impl From<String> for Json {
    fn from(text: String) -> Json {
        Json::Text(Arc::from(text))
    }
}

impl From<bool> for Json {
    fn from(truth: bool) -> Json {
        Json::Bool(truth)
    }
}

impl From<usize> for Json {
    fn from(number: usize) -> Json {
        Json::Number(Arc::from(number.to_string()))
    }
}

impl<T: Into<Json>> From<Option<T>> for Json {
    fn from(value: Option<T>) -> Json {
        value.map_or(Json::Null, Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_leave_out_what_is_absent() {
        let object = Json::object([("a", "x".into()), ("b", Json::Null), ("c", Json::list([]))]);
        assert_eq!(object.to_string(), r#"{"a":"x"}"#);
    }

    #[test]
    fn a_change_does_not_reach_a_clone() {
        let mut first = parse(r#"{"name":[{"family":"A"}]}"#).unwrap();
        let second = first.clone();
        first.get_mut("name").unwrap().items_mut().unwrap()[0].set("family", "B");
        assert_eq!(second.each("name")[0].text("family"), Some("A"));
        assert_eq!(first.each("name")[0].text("family"), Some("B"));
    }
}
