//! Suggestions for misspelt names.

/// `, did you mean …?`, where a candidate is near; else nothing.
pub(super) fn nearest<'c>(name: &str, candidates: impl Iterator<Item = &'c str>) -> String {
    const LONGEST: usize = 64;
    if name.len() > LONGEST {
        return String::new();
    }
    let lower = name.to_lowercase();
    let scored = candidates.map(|candidate| {
        (
            strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()),
            candidate,
        )
    });
    match scored.min() {
        Some((distance, nearest)) if distance <= 1 + name.len() / 4 => {
            format!(", did you mean `{nearest}`?")
        }
        Some(_) | None => String::new(),
    }
}

/// Texts in backticks with commas between them.
pub(super) fn list(texts: impl Iterator<Item = impl AsRef<str>>) -> String {
    let quoted: Vec<String> = texts.map(|text| format!("`{}`", text.as_ref())).collect();
    quoted.join(", ")
}
