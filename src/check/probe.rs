//! Why an expression is not true: the part of it that tells most.
//!
//! `a = b` is told by what `a` is, `a and b` by whichever is not true, `a.exists()` by what `a` is, `a.all(b)` by the items of
//! `a` for which `b` is not true. This looks at the text alone: a part that cannot be asked for itself is simply not shown.

use super::question::Answer;
use super::words;
use crate::fhir::Place;

/// How far down an expression is taken apart.
const MAX_DEPTH: usize = 8;

/// What is told.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) observed: String,
    pub(super) place: Option<Place>,
    /// Nothing was found: then the reader must know where nothing was.
    pub(super) is_nothing: bool,
}

impl Told {
    fn of(answer: &Answer) -> Self {
        let is_nothing = answer.texts.is_empty();
        Self {
            observed: if is_nothing {
                "nothing".into()
            } else {
                words::listed(&answer.texts)
            },
            place: answer.places.iter().flatten().next().cloned(),
            is_nothing,
        }
    }
}

/// Asks a part of the expression.
type Ask<'a> = &'a dyn Fn(&str) -> Option<Answer>;

/// Takes an expression apart that is not true.
pub(super) fn tell(text: &str, ask: Ask<'_>) -> Told {
    look(text, ask, MAX_DEPTH).unwrap_or_else(|| Told {
        observed: "not true".into(),
        ..Told::default()
    })
}

/// Depth is bounded: what is left of an expression then is shown as it is.
fn look(text: &str, ask: Ask<'_>, depth: usize) -> Option<Told> {
    let text = unwrapped(text);
    let depth = depth.checked_sub(1)?;
    if let Some((operator, left, right)) = split(text) {
        return match operator {
            "and" => [left, right]
                .iter()
                .find(|part| !is_true(part, ask))
                .and_then(|part| look(part, ask, depth)),
            "implies" => look(right, ask, depth),
            "or" | "xor" => look(left, ask, depth),
            // A constant tells nothing: in `'a' in b` the right side does.
            _ if is_constant(left) => value(right, ask),
            _ => value(left, ask),
        };
    }
    let Some(call) = last_call(text) else {
        return value(text, ask);
    };
    match call.name {
        "not" => look(call.input, ask, depth),
        "all" => failing(&call, ask).or_else(|| value(call.input, ask)),
        _ if call.input.is_empty() => value(text, ask),
        _ => value(call.input, ask),
    }
}

fn is_true(text: &str, ask: Ask<'_>) -> bool {
    ask(text).is_some_and(|answer| answer.texts == ["true"])
}

/// What a part is; a count is shown with the place of what is counted, an empty `where` with what it had to choose from.
fn value(text: &str, ask: Ask<'_>) -> Option<Told> {
    let mut told = Told::of(&ask(text)?);
    let Some(call) = last_call(text).filter(|_| told.place.is_none()) else {
        return Some(told);
    };
    let input = ask(call.input).unwrap_or_default();
    match (told.is_nothing, input.texts.len()) {
        (false, _) => told.place = Told::of(&input).place,
        (true, count) if call.name == "where" && count > 0 => {
            told.observed = format!("none of {}", words::counted(count, "item", "items"));
        }
        (true, _) => {}
    }
    Some(told)
}

/// The items for which the criterion of `all` is not true.
fn failing(call: &Call<'_>, ask: Ask<'_>) -> Option<Told> {
    let failing = format!("{}.where(iif({}, false, true))", call.input, call.arguments);
    let answer = ask(&failing).filter(|answer| !answer.texts.is_empty())?;
    Some(Told::of(&answer))
}

/// Without the brackets around the whole.
fn unwrapped(text: &str) -> &str {
    let mut text = text.trim();
    while let Some(inner) = text
        .strip_prefix('(')
        .and_then(|rest| rest.strip_suffix(')'))
    {
        let closes_early = outside(inner).is_none();
        if closes_early {
            break;
        }
        text = inner.trim();
    }
    text
}

/// Literals: they say the same of every body.
fn is_constant(text: &str) -> bool {
    let text = text.trim();
    text.starts_with(['\'', '@', '{', '-'])
        || text.starts_with(|c: char| c.is_ascii_digit())
        || matches!(text, "true" | "false")
}

/// A function that is called last: `input.name(arguments)`.
struct Call<'t> {
    input: &'t str,
    name: &'t str,
    arguments: &'t str,
}

fn last_call(text: &str) -> Option<Call<'_>> {
    let body = text.trim().strip_suffix(')')?;
    let open = *outside(text)?
        .iter()
        .rfind(|at| text[**at..].starts_with('('))?;
    let head = &text[..open];
    let start = head
        .trim_end_matches(|c: char| c.is_ascii_alphanumeric() || c == '_')
        .len();
    let input = head[..start].strip_suffix('.').unwrap_or(&head[..start]);
    Some(Call {
        input: input.trim(),
        name: &head[start..],
        arguments: body.get(open + 1..)?,
    })
}

/// Operators that an expression is split at, the loosest first; those of one row bind alike.
const LEVELS: [&[&str]; 5] = [
    &["implies"],
    &["or", "xor"],
    &["and"],
    &["in", "contains"],
    &["=", "~", "!=", "!~", "<", ">", "<=", ">="],
];

/// Splits at the last of the loosest operators: `a and b and c` is `(a and b) and c`.
fn split(text: &str) -> Option<(&'static str, &str, &str)> {
    let outside = outside(text)?;
    for level in LEVELS {
        let found = outside
            .iter()
            .rev()
            .find_map(|at| operator_at(text, *at, level).map(|operator| (*at, operator)));
        if let Some((at, operator)) = found {
            return Some((
                operator,
                text[..at].trim(),
                text[at + operator.len()..].trim(),
            ));
        }
    }
    None
}

fn operator_at(text: &str, at: usize, level: &'static [&'static str]) -> Option<&'static str> {
    let (before, rest) = text.split_at(at);
    let fits = |operator: &&&str| {
        let Some(after) = rest.strip_prefix(**operator) else {
            return false;
        };
        match operator.starts_with(|c: char| c.is_ascii_alphabetic()) {
            true => {
                before.ends_with([' ', ')', '\n', '\''])
                    && after.starts_with([' ', '(', '\n', '\''])
            }
            // `=` inside `!=`, `<=` and `>=` is no operator of its own.
            false => !before.ends_with(['!', '<', '>']),
        }
    };
    let longest = level
        .iter()
        .filter(fits)
        .max_by_key(|operator| operator.len());
    longest.copied()
}

/// The offsets that stand outside brackets and quotes, opening brackets among them; `None` where brackets close that never opened.
fn outside(text: &str) -> Option<Vec<usize>> {
    let mut offsets = Vec::new();
    let mut depth = 0_usize;
    let mut quote: Option<char> = None;
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match (quote, character) {
            (Some(_), '\\') => {
                characters.next();
            }
            (Some(open), character) => quote = (open != character).then_some(open),
            (None, '\'' | '`') => quote = Some(character),
            (None, ')' | ']' | '}') => depth = depth.checked_sub(1)?,
            (None, _) => {
                if depth == 0 {
                    offsets.push(at);
                }
                depth += usize::from(matches!(character, '(' | '[' | '{'));
            }
        }
    }
    Some(offsets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_split_at_the_loosest_operator() {
        let cases = [
            ("a = b", Some(("=", "a", "b"))),
            ("a.where(x = y).exists()", None),
            ("a = 'x and y' and b", Some(("and", "a = 'x and y'", "b"))),
            ("a and b and c", Some(("and", "a and b", "c"))),
            (
                "a or b and c implies d",
                Some(("implies", "a or b and c", "d")),
            ),
            ("a.count() <= 2", Some(("<=", "a.count()", "2"))),
            ("a != b", Some(("!=", "a", "b"))),
            ("'x' in a", Some(("in", "'x'", "a"))),
            ("order.contains('x')", None),
            ("a ~ 'it\\'s = b'", Some(("~", "a", "'it\\'s = b'"))),
            ("a) = (b", None),
        ];
        for (text, expected) in cases {
            assert_eq!(split(text), expected, "{text}");
        }
    }

    #[test]
    fn calls_and_brackets_are_seen() {
        let parts = |text| {
            last_call(text).map(|call| {
                (
                    call.input.to_owned(),
                    call.name.to_owned(),
                    call.arguments.to_owned(),
                )
            })
        };
        let owned = |a: &str, b: &str, c: &str| Some((a.to_owned(), b.to_owned(), c.to_owned()));
        assert_eq!(
            parts("a.b.all(c.exists())"),
            owned("a.b", "all", "c.exists()")
        );
        assert_eq!(
            parts("a.where(b).exists()"),
            owned("a.where(b)", "exists", "")
        );
        assert_eq!(parts("exists()"), owned("", "exists", ""));
        assert_eq!(parts("a.b"), None);
        assert_eq!(unwrapped("((a = b))"), "a = b");
        assert_eq!(unwrapped("(a) = (b)"), "(a) = (b)");
        assert_eq!(unwrapped("("), "(");
    }

    #[test]
    fn no_text_makes_it_panic() {
        for text in [
            "",
            ")",
            "(",
            "'",
            "\\",
            "é = é",
            "a.é()",
            "((",
            "))",
            "`",
            "()",
            ".()",
            "= =",
            "a and",
            "\u{1F600})",
        ] {
            tell(text, &|_| None);
            tell(text, &|_| Some(Answer::default()));
        }
    }
}
