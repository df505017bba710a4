//! Language tags (BCP 47): the grammar, and the subtags that IANA has registered.

use super::table::Table;
use super::{Look, Property};

static LANGUAGES: Table = Table::new(include_str!("languages.txt"));
static EXTLANGS: Table = Table::new(include_str!("extlangs.txt"));
static SCRIPTS: Table = Table::new(include_str!("scripts.txt"));
static REGIONS: Table = Table::new(include_str!("regions.txt"));
static VARIANTS: Table = Table::new(include_str!("variants.txt"));

/// Tags from before the grammar; they stand as they are.
static GRANDFATHERED: &[&str] = &[
    "art-lojban",
    "cel-gaulish",
    "en-gb-oed",
    "i-ami",
    "i-bnn",
    "i-default",
    "i-enochian",
    "i-hak",
    "i-klingon",
    "i-lux",
    "i-mingo",
    "i-navajo",
    "i-pwn",
    "i-tao",
    "i-tay",
    "i-tsu",
    "no-bok",
    "no-nyn",
    "sgn-be-fr",
    "sgn-be-nl",
    "sgn-ch-de",
    "zh-guoyu",
    "zh-hakka",
    "zh-min",
    "zh-min-nan",
    "zh-xiang",
];

/// The parts of a tag, in lower case.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tag {
    language: String,
    extlang: Option<String>,
    script: Option<String>,
    region: Option<String>,
    variants: Vec<String>,
    extensions: bool,
    private_use: bool,
}

/// Looks at one tag.
pub(super) fn look(code: &str) -> Look {
    match parse(code) {
        Ok(_) => Look::Known(None),
        Err(why) => Look::Unknown(why),
    }
}

/// The parts of a tag as properties, as value sets filter by them.
pub(super) fn property(code: &str, name: &str) -> Property {
    let Ok(tag) = parse(code) else {
        return Property::Unknown;
    };
    let flag = |is_there: bool| is_there.then(|| "true".to_owned());
    let value = match name {
        "language" => Some(tag.language),
        "ext-lang" => tag.extlang,
        "script" => tag.script,
        "region" => tag.region,
        "variant" => tag.variants.into_iter().next(),
        "extension" => flag(tag.extensions),
        "private-use" => flag(tag.private_use),
        _ => return Property::Unknown,
    };
    value.map_or(Property::Absent, Property::Value)
}

fn parse(code: &str) -> Result<Tag, String> {
    let lower = code.to_ascii_lowercase();
    if GRANDFATHERED.contains(&lower.as_str()) {
        return Ok(Tag {
            language: lower,
            ..Tag::default()
        });
    }
    if !lower.split('-').all(is_subtag) {
        return Err(malformed(code));
    }
    let mut parts = lower.split('-').peekable();
    let mut tag = Tag::default();
    if parts.peek() != Some(&"x") {
        tag = language_of(code, &mut parts)?;
        tag.extensions = skip_extensions(code, &mut parts)?;
    }
    if take(&mut parts, |part| part == "x").is_some() {
        tag.private_use = true;
        parts.next().ok_or_else(|| malformed(code))?;
        parts.by_ref().for_each(drop);
    }
    match parts.next() {
        Some(_) => Err(malformed(code)),
        None => Ok(tag),
    }
}

fn malformed(code: &str) -> String {
    format!("`{code}` has not the form of a language tag of BCP 47")
}

fn is_subtag(part: &str) -> bool {
    (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// `language-extlang-script-region-variant`, of which only the first must be there.
fn language_of<'t>(
    code: &str,
    parts: &mut Parts<impl Iterator<Item = &'t str>>,
) -> Result<Tag, String> {
    let language = parts.next().unwrap_or_default();
    registered(is_language(language), code, "language", language)?;
    let extlang = take(parts, |part| part.len() == 3 && is_alphabetic(part));
    if let Some(extlang) = &extlang {
        let known = EXTLANGS.holds(&format!("{language}-{extlang}"));
        registered(known, code, "extended language", extlang)?;
    }
    let script = take(parts, |part| part.len() == 4 && is_alphabetic(part));
    if let Some(script) = &script {
        registered(is_script(script), code, "script", script)?;
    }
    let region = take(parts, is_region_form);
    if let Some(region) = &region {
        registered(is_region(region), code, "region", region)?;
    }
    let mut variants = Vec::new();
    while let Some(variant) = take(parts, is_variant_form) {
        registered(VARIANTS.holds(&variant), code, "variant", &variant)?;
        variants.push(variant);
    }
    Ok(Tag {
        language: language.to_owned(),
        extlang,
        script,
        region,
        variants,
        ..Tag::default()
    })
}

/// `u-hc-h12`: a letter, and at least one part behind it. Whether there was one.
fn skip_extensions<'t>(
    code: &str,
    parts: &mut Parts<impl Iterator<Item = &'t str>>,
) -> Result<bool, String> {
    let mut found = false;
    while let Some(singleton) = take(parts, |part| part.len() == 1 && part != "x") {
        found = true;
        take(parts, |part| part.len() > 1)
            .ok_or_else(|| format!("`{code}` has nothing behind its extension `{singleton}`"))?;
        while take(parts, |part| part.len() > 1).is_some() {}
    }
    Ok(found)
}

/// The parts that are still to be read.
type Parts<I> = std::iter::Peekable<I>;

/// The next part, if it fits.
fn take<'t>(
    parts: &mut Parts<impl Iterator<Item = &'t str>>,
    fits: impl Fn(&str) -> bool,
) -> Option<String> {
    parts.next_if(|part| fits(part)).map(str::to_owned)
}

fn registered(is_registered: bool, code: &str, kind: &str, part: &str) -> Result<(), String> {
    match is_registered {
        true => Ok(()),
        false => Err(format!("`{part}` in `{code}` is no registered {kind}")),
    }
}

fn is_alphabetic(part: &str) -> bool {
    part.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// `qaa` to `qtz` are for private use.
fn is_language(part: &str) -> bool {
    let private = part.len() == 3 && part.starts_with('q') && ("qaa"..="qtz").contains(&part);
    (private && is_alphabetic(part)) || LANGUAGES.holds(part)
}

/// The registry writes scripts with a capital; `Qaaa` to `Qabx` are for private use.
fn is_script(part: &str) -> bool {
    let written = part[..1].to_ascii_uppercase() + &part[1..];
    ("Qaaa"..="Qabx").contains(&written.as_str()) || SCRIPTS.holds(&written)
}

fn is_region_form(part: &str) -> bool {
    (part.len() == 2 && is_alphabetic(part))
        || (part.len() == 3 && part.bytes().all(|byte| byte.is_ascii_digit()))
}

/// `QM` to `QZ` and `XA` to `XZ` are for private use.
fn is_region(part: &str) -> bool {
    let written = part.to_ascii_uppercase();
    let private =
        ("QM"..="QZ").contains(&written.as_str()) || ("XA"..="XZ").contains(&written.as_str());
    private || REGIONS.holds(&written)
}

fn is_variant_form(part: &str) -> bool {
    part.len() >= 5 || (part.len() == 4 && part.starts_with(|first: char| first.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::{Look, look};

    #[test]
    fn tags_are_read_by_the_grammar_and_the_registry() {
        for good in [
            "en",
            "en-GB",
            "EN-us",
            "de-AT",
            "zh-Hans-CN",
            "sr-Latn",
            "es-419",
            "de-1996",
            "sl-rozaj-biske",
            "x-klingon",
            "zh-yue",
            "en-u-hc-h12",
            "en-x-us",
            "i-klingon",
            "de-Qaaa",
            "qaa",
            "sgn",
            "no-NO",
            "cy",
        ] {
            assert!(matches!(look(good), Look::Known(_)), "{good}");
        }
        for bad in [
            "", "e", "english", "eng", "en_GB", "en-", "-en", "xx", "en-Zzzx", "en-QQQ", "en-u",
            "x", "en-GB-GB", "dé", "en-zh",
        ] {
            let known = matches!(look(bad), Look::Known(_));
            assert!(!known, "{bad}");
        }
    }
}
