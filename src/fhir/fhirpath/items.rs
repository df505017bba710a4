//! Items under evaluation. Most collections hold none or one, and those cost no memory.

use super::value::Value;
use std::ops::{Deref, DerefMut};

/// A collection: empty, a single item in place, or several.
#[derive(Debug, Clone, Default)]
pub(crate) enum Items<'r> {
    #[default]
    Empty,
    One(Value<'r>),
    Many(Vec<Value<'r>>),
}

impl<'r> Items<'r> {
    /// A copy of a slice.
    pub(crate) fn of(items: &[Value<'r>]) -> Self {
        match items {
            [] => Self::Empty,
            [item] => Self::One(item.clone()),
            several => Self::Many(several.to_vec()),
        }
    }

    /// Adds an item at the end.
    pub(crate) fn push(&mut self, item: Value<'r>) {
        match self {
            Self::Empty => *self = Self::One(item),
            Self::Many(items) => items.push(item),
            Self::One(_) => {
                let Self::One(first) = std::mem::take(self) else {
                    return;
                };
                *self = Self::Many(vec![first, item]);
            }
        }
    }

    /// Takes the item at a place away, and drops the others.
    pub(crate) fn into_nth(self, at: usize) -> Option<Value<'r>> {
        match self {
            Self::One(item) if at == 0 => Some(item),
            Self::Many(mut items) if at < items.len() => Some(items.swap_remove(at)),
            Self::Empty | Self::One(_) | Self::Many(_) => None,
        }
    }
}

impl<'r> Deref for Items<'r> {
    type Target = [Value<'r>];

    fn deref(&self) -> &Self::Target {
        match self {
            Self::Empty => &[],
            Self::One(item) => std::slice::from_ref(item),
            Self::Many(items) => items,
        }
    }
}

impl DerefMut for Items<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        match self {
            Self::Empty => &mut [],
            Self::One(item) => std::slice::from_mut(item),
            Self::Many(items) => items,
        }
    }
}

impl<'r> From<Option<Value<'r>>> for Items<'r> {
    fn from(item: Option<Value<'r>>) -> Self {
        item.map_or(Self::Empty, Self::One)
    }
}

impl<'r> From<Vec<Value<'r>>> for Items<'r> {
    fn from(items: Vec<Value<'r>>) -> Self {
        Self::Many(items)
    }
}

impl<'r> Extend<Value<'r>> for Items<'r> {
    fn extend<I: IntoIterator<Item = Value<'r>>>(&mut self, items: I) {
        for item in items {
            self.push(item);
        }
    }
}

impl<'r> FromIterator<Value<'r>> for Items<'r> {
    fn from_iter<I: IntoIterator<Item = Value<'r>>>(items: I) -> Self {
        let mut all = Self::Empty;
        all.extend(items);
        all
    }
}

impl<'r> IntoIterator for Items<'r> {
    type Item = Value<'r>;
    type IntoIter = IntoItems<'r>;

    fn into_iter(self) -> IntoItems<'r> {
        match self {
            Self::Empty => IntoItems::One(None),
            Self::One(item) => IntoItems::One(Some(item)),
            Self::Many(items) => IntoItems::Many(items.into_iter()),
        }
    }
}

/// Iterator over items that are no longer needed.
pub(crate) enum IntoItems<'r> {
    One(Option<Value<'r>>),
    Many(std::vec::IntoIter<Value<'r>>),
}

impl<'r> Iterator for IntoItems<'r> {
    type Item = Value<'r>;

    fn next(&mut self) -> Option<Value<'r>> {
        match self {
            Self::One(item) => item.take(),
            Self::Many(items) => items.next(),
        }
    }
}

impl<'i, 'r> IntoIterator for &'i Items<'r> {
    type Item = &'i Value<'r>;
    type IntoIter = std::slice::Iter<'i, Value<'r>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
