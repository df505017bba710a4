//! Which versions somebody is content with.

use std::fmt;
use std::str::FromStr;

use super::{PackageVersion, SyntaxError};

/// A version, or several, that a dependency or a user asks for.
///
/// | written | means |
/// |---|---|
/// | `4.0.1`, `current`, `dev` | that version (`dev` is content with `current`) |
/// | `4.0.x`, `4.0.*`, `4.0`, `4` | the highest that begins so |
/// | `latest`, `*`, nothing | the highest |
/// | `^1.2.3`, `~1.2.3`, `>=1.2`, `>`, `<`, `<=`, `=`, `1.0 - 2.0`, several with spaces, `a \|\| b` | as npm says |
///
/// A version with a label (`-ballot`) is taken for a range only where no release fits: whole families of packages are published
/// with labels alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionRange {
    text: String,
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Latest,
    Exact(PackageVersion),
    /// Alternatives, each a list of conditions that must all hold.
    AnyOf(Vec<Vec<Condition>>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Condition {
    comparison: Comparison,
    version: PackageVersion,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    /// Labels of the first version, too: `2.1.x` means a `2.1.0-ballot` as well.
    From,
    AtLeast,
    Above,
    Below,
    AtMost,
    Same,
}

impl VersionRange {
    /// The latest.
    pub fn latest() -> Self {
        Self {
            text: "latest".to_owned(),
            kind: Kind::Latest,
        }
    }

    /// Exactly this one.
    pub fn exactly(version: PackageVersion) -> Self {
        Self {
            text: version.to_string(),
            kind: Kind::Exact(version),
        }
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The only version that is meant, where there is only one.
    pub fn exact(&self) -> Option<&PackageVersion> {
        match &self.kind {
            Kind::Exact(version) => Some(version),
            Kind::Latest | Kind::AnyOf(_) => None,
        }
    }

    /// Whether a version is one of those that are meant.
    pub fn admits(&self, version: &PackageVersion) -> bool {
        match &self.kind {
            // Moving versions are taken by name only.
            Kind::Latest => version.triple().is_some(),
            Kind::Exact(wanted) => wanted == version,
            Kind::AnyOf(alternatives) => {
                self.text == version.as_str()
                    || alternatives
                        .iter()
                        .any(|all| all.iter().all(|one| one.holds(version)))
            }
        }
    }

    /// The best of some versions: the one that is spelled like the range, else the highest release, else the highest of all.
    pub fn best<'a>(&self, versions: &'a [PackageVersion]) -> Option<&'a PackageVersion> {
        let spelled = versions
            .iter()
            .find(|version| version.as_str() == self.text);
        let fitting = versions.iter().filter(|version| self.admits(version));
        let best = fitting.max_by_key(|version| (version.is_release(), *version));
        spelled.or(best).or_else(|| self.moved(versions))
    }

    /// `dev` is what somebody built just now; where nobody did, the last build by others stands for it.
    fn moved<'a>(&self, versions: &'a [PackageVersion]) -> Option<&'a PackageVersion> {
        let is_current = |version: &&PackageVersion| version.as_str() == "current";
        versions
            .iter()
            .find(is_current)
            .filter(|_| self.text == "dev")
    }

    /// The nearest of some versions, where none is admitted: of the same major and minor number, else higher, else lower; each time
    /// the closest. Of two that are as near, releases go first.
    pub fn nearest<'a>(&self, versions: &'a [PackageVersion]) -> Option<&'a PackageVersion> {
        let wanted = self.from()?;
        let numbered = || versions.iter().filter(|version| version.triple().is_some());
        let same_minor = || numbered().filter(|version| minor(version) == minor(wanted));
        let higher = || numbered().filter(|version| *version > wanted);
        let lower = || numbered().filter(|version| *version < wanted);
        same_minor()
            .filter(|version| *version > wanted)
            .min_by_key(|version| (!version.is_release(), *version))
            .or_else(|| same_minor().max_by_key(|version| (version.is_release(), *version)))
            .or_else(|| {
                higher().min_by_key(|version| (minor(version), !version.is_release(), *version))
            })
            .or_else(|| {
                lower().max_by_key(|version| (minor(version), version.is_release(), *version))
            })
    }

    /// The version that nearness is measured from.
    fn from(&self) -> Option<&PackageVersion> {
        match &self.kind {
            Kind::Latest => None,
            Kind::Exact(version) => Some(version).filter(|version| version.triple().is_some()),
            Kind::AnyOf(alternatives) => {
                alternatives.iter().flatten().map(|one| &one.version).next()
            }
        }
    }
}

/// Major and minor number.
fn minor(version: &PackageVersion) -> Option<[u64; 2]> {
    version.triple().map(|[major, minor, _]| [major, minor])
}

impl Condition {
    fn holds(&self, version: &PackageVersion) -> bool {
        if version.triple().is_none() {
            return false;
        }
        match self.comparison {
            Comparison::From => version.triple() >= self.version.triple(),
            Comparison::AtLeast => *version >= self.version || self.is_rank_of(version),
            Comparison::Above => *version > self.version && !self.is_rank_of(version),
            // `<2.0.0` is asked to stay clear of 2.0.0, and its drafts are near enough to break things.
            Comparison::Below if self.version.is_release() => {
                version.triple() < self.version.triple()
            }
            Comparison::Below => *version < self.version,
            Comparison::AtMost => *version <= self.version || self.is_rank_of(version),
            Comparison::Same => *version == self.version || self.is_rank_of(version),
        }
    }

    /// `1.0` and `1.0.0`: two spellings of one rank.
    fn is_rank_of(&self, version: &PackageVersion) -> bool {
        version.triple() == self.version.triple() && version.label() == self.version.label()
    }
}

impl fmt::Display for VersionRange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl FromStr for VersionRange {
    type Err = SyntaxError;

    fn from_str(text: &str) -> Result<Self, SyntaxError> {
        /// More than anybody writes; every version is held against all of them.
        const MAX_LENGTH: usize = 256;
        let text = text.trim();
        if text.len() > MAX_LENGTH {
            return Err(SyntaxError::new(
                "version range",
                text,
                "it is longer than 256 characters",
            ));
        }
        let kind = match text {
            "" | "*" | "x" | "X" | "latest" => Kind::Latest,
            text => match text.parse::<PackageVersion>() {
                Ok(version) if is_whole(&version) => Kind::Exact(version),
                Ok(_) | Err(_) => Kind::AnyOf(alternatives(text)?),
            },
        };
        let text = if kind == Kind::Latest { "latest" } else { text };
        Ok(Self {
            text: text.to_owned(),
            kind,
        })
    }
}

/// Whether a version stands for itself: `4.0.1` and `current` do, `4.0` and `4.0.x` mean several.
fn is_whole(version: &PackageVersion) -> bool {
    match version.written() {
        0 => !version.as_str().split('.').any(is_wild),
        written => written == 3 || version.label().is_some(),
    }
}

fn is_wild(part: &str) -> bool {
    matches!(part, "x" | "X" | "*")
}

fn alternatives(text: &str) -> Result<Vec<Vec<Condition>>, SyntaxError> {
    let wrong = || {
        let why =
            "it is written as `4.0.1`, `4.0.x`, `^4.0.0`, `~4.0.1`, `>=4.0.0 <5.0.0` or `latest`";
        SyntaxError::new("version range", text, why)
    };
    let alternatives = text.split("||");
    alternatives
        .map(|one| conditions(one.trim()).ok_or_else(wrong))
        .collect()
}

/// Conditions that must all hold: `>=1.0 <2.0`, `1.0 - 2.0`.
fn conditions(text: &str) -> Option<Vec<Condition>> {
    if let Some((from, to)) = text.split_once(" - ") {
        return Some(
            [
                conditions_of(">=", from.trim())?,
                conditions_of("<=", to.trim())?,
            ]
            .concat(),
        );
    }
    let (mut all, mut operator) = (Vec::new(), "");
    for word in text.split_whitespace() {
        let end = word.find(|letter: char| !"<>=^~".contains(letter));
        let (sign, version) = word.split_at(end.unwrap_or(word.len()));
        match (operator, version) {
            // `>= 1.0`: the sign stands alone, and its version follows.
            ("", "") => operator = sign,
            ("", version) => all.extend(conditions_of(sign, version)?),
            (waiting, version) if sign.is_empty() => {
                all.extend(conditions_of(waiting, version)?);
                operator = "";
            }
            (_, _) => return None,
        }
    }
    Some(all).filter(|all| operator.is_empty() && !all.is_empty())
}

fn conditions_of(sign: &str, text: &str) -> Option<Vec<Condition>> {
    let (version, written) = partial(text)?;
    let triple = version.triple()?;
    let one = |comparison, version| {
        Some(vec![Condition {
            comparison,
            version,
        }])
    };
    let between = |comparison, end| {
        Some(vec![
            Condition {
                comparison,
                version: version.clone(),
            },
            Condition {
                comparison: Comparison::Below,
                version: PackageVersion::of(end),
            },
        ])
    };
    let after = next(triple, written);
    match sign {
        "" | "=" if written < 3 => between(Comparison::From, after),
        "" | "=" => one(Comparison::Same, version),
        "^" => between(Comparison::AtLeast, next_breaking(triple, written)),
        "~" | "~>" => between(Comparison::AtLeast, next(triple, written.min(2))),
        ">=" => one(Comparison::AtLeast, version),
        ">" if written < 3 => one(Comparison::AtLeast, PackageVersion::of(after)),
        ">" => one(Comparison::Above, version),
        "<" => one(Comparison::Below, version),
        "<=" if written < 3 => one(Comparison::Below, PackageVersion::of(after)),
        "<=" => one(Comparison::AtMost, version),
        _ => None,
    }
}

/// A version whose last numbers may be wild or left out, and how many were given: `4.0.x` is 4.0.0 with 2.
fn partial(text: &str) -> Option<(PackageVersion, usize)> {
    let parts: Vec<&str> = text.split('.').collect();
    let Some(wild) = parts.iter().position(|part| is_wild(part)) else {
        let version: PackageVersion = text.parse().ok()?;
        let written = if version.label().is_some() {
            3
        } else {
            version.written()
        };
        return Some((version, written));
    };
    let all_wild = parts[wild..].iter().all(|part| is_wild(part))
        && (1..=3).contains(&parts.len())
        && wild > 0;
    if !all_wild {
        return None;
    }
    let version: PackageVersion = parts[..wild].join(".").parse().ok()?;
    version.triple()?;
    Some((version, wild))
}

/// The first version after all that begin with the first numbers of this one.
fn next(triple: [u64; 3], written: usize) -> [u64; 3] {
    let [major, minor, patch] = triple;
    match written {
        0 | 1 => [major.saturating_add(1), 0, 0],
        2 => [major, minor.saturating_add(1), 0],
        _ => [major, minor, patch.saturating_add(1)],
    }
}

/// The first version that may break things: the first number that is not zero grows.
fn next_breaking(triple: [u64; 3], written: usize) -> [u64; 3] {
    match triple {
        [0, 0, _] => next(triple, written),
        [0, _, _] => next(triple, 2),
        _ => next(triple, 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn versions(texts: &[&str]) -> Vec<PackageVersion> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn best(range: &str, texts: &[&str]) -> Option<String> {
        let range: VersionRange = range.parse().unwrap();
        range.best(&versions(texts)).map(PackageVersion::to_string)
    }

    fn nearest(range: &str, texts: &[&str]) -> Option<String> {
        let range: VersionRange = range.parse().unwrap();
        range
            .nearest(&versions(texts))
            .map(PackageVersion::to_string)
    }

    #[test]
    fn the_best_of_a_range() {
        let all = [
            "1.2.0",
            "1.2.9",
            "1.3.0-ballot",
            "1.3.0",
            "2.0.0-draft",
            "2.0.0",
            "2.1.0-x",
            "current",
            "0.2.3",
            "0.3.0",
        ];
        for (range, wanted) in [
            ("1.2.0", Some("1.2.0")),
            ("1.2.x", Some("1.2.9")),
            ("1.2.*", Some("1.2.9")),
            ("1.2", Some("1.2.9")),
            ("1", Some("1.3.0")),
            ("1.x", Some("1.3.0")),
            ("1.x.x", Some("1.3.0")),
            ("latest", Some("2.0.0")),
            ("", Some("2.0.0")),
            ("*", Some("2.0.0")),
            ("current", Some("current")),
            ("dev", Some("current")),
            ("^1.2.0", Some("1.3.0")),
            ("~1.2.0", Some("1.2.9")),
            ("~1", Some("1.3.0")),
            ("^0.2.1", Some("0.2.3")),
            ("^0.2.4", None),
            (">=1.2.0", Some("2.0.0")),
            (">= 1.2.0", Some("2.0.0")),
            (">1.2.9 <2.0.0", Some("1.3.0")),
            ("<=1.2", Some("1.2.9")),
            (">1.2", Some("2.0.0")),
            ("=1.2.0", Some("1.2.0")),
            ("1.2.0 - 1.3", Some("1.3.0")),
            ("1.2.0 - 1.2.8", Some("1.2.0")),
            ("9.0.0 || 1.2.x", Some("1.2.9")),
            ("3.0.x", None),
            ("1.3.0-ballot", Some("1.3.0-ballot")),
            ("2.1.x", Some("2.1.0-x")),
            ("<1.2.0", Some("0.3.0")),
        ] {
            assert_eq!(best(range, &all).as_deref(), wanted, "{range}");
        }
        assert_eq!(
            best("4.0", &["4.0", "4.0.1"]).as_deref(),
            Some("4.0"),
            "what is spelled so goes first"
        );
        assert_eq!(best(">=1.0.0", &["1.0"]).as_deref(), Some("1.0"));
    }

    #[test]
    fn the_nearest_where_none_fits() {
        for (range, all, wanted) in [
            ("3.0.2", &["3.0.1"][..], Some("3.0.1")),
            ("2.5.0", &["2.5.3", "2.5.1", "2.6.0"], Some("2.5.1")),
            ("2.5.9", &["2.5.3", "2.5.1", "2.6.0"], Some("2.5.3")),
            (
                "2.5.0",
                &["1.0.0", "2.8.17-prerelease", "3.0.0"],
                Some("2.8.17-prerelease"),
            ),
            ("0.5.1", &["1.0.2"], Some("1.0.2")),
            ("6.5.0", &["5.0.0", "6.1.0"], Some("6.1.0")),
            (
                "0.0.3-pre-release",
                &["0.22.0-pre-release", "current"],
                Some("0.22.0-pre-release"),
            ),
            ("5.3.0-ballot", &["5.3.0", "5.3.1"], Some("5.3.0")),
            ("^2.0.0", &["1.0.0"], Some("1.0.0")),
            ("latest", &["current"], None),
            ("1.0.0", &[], None),
        ] {
            assert_eq!(nearest(range, all).as_deref(), wanted, "{range} of {all:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        for range in [
            ">=",
            "1.x.2",
            "x.1",
            "^",
            "1.0 -",
            "|| 1.0",
            "^current",
            "><1",
            "a b",
            "http://example.org/a.tgz",
            "../1",
        ] {
            assert!(range.parse::<VersionRange>().is_err(), "{range}");
        }
        assert!("1".repeat(300).parse::<VersionRange>().is_err());
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics_and_what_is_best_is_admitted(range in "[0-9x.<>=^~| a-]{0,12}", texts in proptest::collection::vec("[0-9]{1,2}(\\.[0-9]{1,20}){0,4}(-[a-z0-9.]{0,5})?", 0..6)) {
            let Ok(range) = range.parse::<VersionRange>() else { return Ok(()) };
            let versions: Vec<PackageVersion> = texts.iter().filter_map(|text| text.parse().ok()).collect();
            if let Some(best) = range.best(&versions) {
                proptest::prop_assert!(range.admits(best) || range.as_str() == best.as_str());
            }
            proptest::prop_assert!(versions.is_empty() || range.nearest(&versions).is_none_or(|one| versions.contains(one)));
        }

        #[test]
        fn versions_have_one_order(one in "[a-z0-9.+-]{1,8}", other in "[a-z0-9.+-]{1,8}", third in "[a-z0-9.+-]{1,8}") {
            let all = [one, other, third].map(|text| text.parse::<PackageVersion>());
            let [Ok(one), Ok(other), Ok(third)] = all else { return Ok(()) };
            proptest::prop_assert_eq!(one.cmp(&other), other.cmp(&one).reverse());
            proptest::prop_assert_eq!(one == other, one.cmp(&other).is_eq());
            proptest::prop_assert!(!(one <= other && other <= third) || one <= third);
        }
    }
}
