//! Scanning bytes eight at a time, and the hash of names: what the readers spend their time on.

/// Every byte of a word set to the same value.
const fn spread(byte: u8) -> u64 {
    byte as u64 * 0x0101_0101_0101_0101
}

/// The top bit of the lowest zero byte is set; bits above it may be set wrongly, below it never.
const fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(spread(1)) & !word & spread(0x80)
}

/// Offset of the first byte at or after `at` that ends a plain stretch of a JSON string: `"`, `\` or a control character.
pub(super) fn string_stop(bytes: &[u8], mut at: usize) -> usize {
    while let Some(chunk) = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let word = u64::from_le_bytes(*chunk);
        let control = word.wrapping_sub(spread(0x20)) & !word & spread(0x80);
        let hit = zero_bytes(word ^ spread(b'"')) | zero_bytes(word ^ spread(b'\\')) | control;
        if hit != 0 {
            return at + hit.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    while at < bytes.len() && !matches!(bytes[at], b'"' | b'\\' | 0..=0x1F) {
        at += 1;
    }
    at
}

/// Offset of the first of two bytes at or after `at`, or the end.
pub(super) fn find_either(bytes: &[u8], mut at: usize, one: u8, other: u8) -> usize {
    while let Some(chunk) = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let word = u64::from_le_bytes(*chunk);
        let hit = zero_bytes(word ^ spread(one)) | zero_bytes(word ^ spread(other));
        if hit != 0 {
            return at + hit.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    while at < bytes.len() && bytes[at] != one && bytes[at] != other {
        at += 1;
    }
    at
}

/// A hash of an element name: the same for the same name in every run and resource, so that tables of definitions can
/// be keyed by it. Two names may share one, so compare the names after a hit.
///
/// ```
/// use plugfest::fhir::{Resource, name_hash};
/// let patient = Resource::parse_json(br#"{"resourceType": "Patient", "active": true}"#)?;
/// let child = patient.root().children().next().map(|child| child.name_hash());
/// assert_eq!(child, Some(name_hash("active")));
/// # Ok::<(), plugfest::fhir::ParseError>(())
/// ```
#[must_use]
pub fn name_hash(name: &str) -> u32 {
    let bytes = name.as_bytes();
    let mut hash = bytes.len() as u64;
    let mut rest = bytes;
    while let Some((chunk, tail)) = rest.split_first_chunk::<8>() {
        hash = mix(hash, u64::from_le_bytes(*chunk));
        rest = tail;
    }
    let mut last = 0;
    for byte in rest {
        last = last << 8 | u64::from(*byte);
    }
    (mix(hash, last) >> 32) as u32
}

/// One round of multiply and rotate: quick, and good enough for a few hundred names.
fn mix(hash: u64, word: u64) -> u64 {
    (hash.rotate_left(23) ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn stops_are_where_a_slow_search_finds_them(bytes in prop::collection::vec(any::<u8>(), 0..60), at in 0_usize..70) {
            let slow = |wanted: fn(u8) -> bool| {
                (at..bytes.len()).find(|here| wanted(bytes[*here])).unwrap_or(bytes.len().max(at))
            };
            prop_assert_eq!(string_stop(&bytes, at), slow(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1F)));
            prop_assert_eq!(find_either(&bytes, at, b'<', b'&'), slow(|byte| matches!(byte, b'<' | b'&')));
        }
    }

    #[test]
    fn close_names_have_other_hashes() {
        let names = [
            "id",
            "di",
            "status",
            "statusReason",
            "valueCode",
            "valueCoding",
            "value",
            "",
        ];
        let mut hashes: Vec<_> = names.iter().map(|name| name_hash(name)).collect();
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), names.len());
    }
}
