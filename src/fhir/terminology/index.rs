//! Codes and their places: a walk where there are few, a hash table where there are many.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};

/// A hash table for texts.
pub(super) type Table<K, V> = HashMap<K, V, Quick>;

/// Makes hashers that are fast on short texts, and keyed at random, so that nobody can choose codes that collide.
#[derive(Debug, Clone)]
pub(super) struct Quick(u64);

impl Default for Quick {
    fn default() -> Self {
        Self(RandomState::new().hash_one(0) | 1)
    }
}

impl BuildHasher for Quick {
    type Hasher = Folding;

    fn build_hasher(&self) -> Folding {
        Folding {
            state: self.0,
            key: self.0.rotate_left(32) | 1,
        }
    }
}

/// Eight bytes at a time: multiplied to twice the width with a key, and folded.
pub(super) struct Folding {
    state: u64,
    key: u64,
}

impl Folding {
    fn fold(&mut self, word: u64) {
        let wide = u128::from(self.state ^ word) * u128::from(self.key ^ 0x9E37_79B9_7F4A_7C15);
        self.state = (wide as u64) ^ (wide >> 64) as u64;
    }
}

impl Hasher for Folding {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.fold(u64::from_le_bytes(*word));
        }
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        self.fold(u64::from_le_bytes(last) ^ (bytes.len() as u64).rotate_left(56));
    }

    fn write_u8(&mut self, byte: u8) {
        self.fold(u64::from(byte));
    }

    fn finish(&self) -> u64 {
        self.state.rotate_left(26)
    }
}

/// Finds the place of a code. Of two equal codes the first counts.
#[derive(Debug)]
pub(super) enum Index {
    /// In order.
    Few(Vec<Box<str>>),
    /// By hash.
    Many(Table<Box<str>, u32>),
}

/// Up to this many codes, comparing them all is faster than hashing one.
const FEW: usize = 8;

impl Index {
    pub(super) fn new<'c>(codes: impl ExactSizeIterator<Item = &'c str>) -> Self {
        if codes.len() <= FEW {
            return Self::Few(codes.map(Into::into).collect());
        }
        let mut places = Table::with_capacity_and_hasher(codes.len(), Quick::default());
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
