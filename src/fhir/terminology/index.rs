//! Codes and their places: a walk where there are few, a hash table where there are many.

use std::collections::HashMap;

/// Finds the place of a code. Of two equal codes the first counts.
#[derive(Debug)]
pub(super) enum Index {
    /// In order.
    Few(Vec<Box<str>>),
    /// By a keyed hash, so that nobody can choose codes that collide.
    Many(HashMap<Box<str>, u32>),
}

/// Up to this many codes, comparing them all is faster than hashing one.
const FEW: usize = 8;

impl Index {
    pub(super) fn new<'c>(codes: impl ExactSizeIterator<Item = &'c str>) -> Self {
        if codes.len() <= FEW {
            return Self::Few(codes.map(Into::into).collect());
        }
        let mut places = HashMap::with_capacity(codes.len());
        for (place, code) in codes.enumerate() {
            places.entry(code.into()).or_insert(place as u32);
        }
        Self::Many(places)
    }

    pub(super) fn find(&self, code: &str) -> Option<u32> {
        match self {
            Self::Few(codes) => {
                let place = codes.iter().position(|known| **known == *code);
                place.map(|place| place as u32)
            }
            Self::Many(places) => places.get(code).copied(),
        }
    }
}
