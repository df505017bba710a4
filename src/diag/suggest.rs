//! "Did you mean": the nearest known word.

/// The known word nearest to what was typed, where one is near enough to be a slip of the fingers.
pub fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let within = (typed.chars().count() / 3).max(2);
    known
        .into_iter()
        .map(|word| (strsim::damerau_levenshtein(typed, word), word))
        .filter(|(distance, word)| *distance <= within && *distance < word.chars().count())
        .min()
        .map(|(_, word)| word)
}

/// A line of help: the nearest word, else the whole list where it is short.
pub fn did_you_mean<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let known: Vec<&str> = known.into_iter().collect();
    if let Some(word) = nearest(typed, known.iter().copied()) {
        return Some(format!("did you mean `{word}`?"));
    }
    if known.is_empty() || known.len() > 24 {
        return None;
    }
    Some(format!("known here: `{}`", known.join("`, `")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_found_and_strangers_are_not() {
        assert_eq!(nearest("staus", ["status", "header"]), Some("status"));
        assert_eq!(nearest("fhirpaht", ["fhirpath", "xpath"]), Some("fhirpath"));
        assert_eq!(nearest("qq", ["of"]), None);
        assert_eq!(
            did_you_mean("zzz", ["status", "body"]).as_deref(),
            Some("known here: `status`, `body`")
        );
    }
}
