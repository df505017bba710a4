//! What a stranger sent, made harmless for every eye: nothing hidden, nothing reversed, nothing that a terminal obeys.
//!
//! Escaping for a format (HTML, XML, JSON, Markdown, a shell) comes on top; this is the part that all formats need.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io;

use serde_json::ser::{CharEscape, Formatter, PrettyFormatter};

/// The text with its control, bidirectional and invisible characters spelled out as `⟨U+202E⟩`; line breaks and tabs stay.
pub fn visible(text: &str) -> Cow<'_, str> {
    replace(text, |c| {
        (is_hidden(c) && c != '\n' && c != '\t').then(|| spelled(c))
    })
}

/// The same on one line: line breaks show as `⏎`, tabs as a space.
pub fn line(text: &str) -> Cow<'_, str> {
    replace(text, |c| match c {
        '\n' => Some("⏎".to_owned()),
        '\r' => Some(String::new()),
        '\t' => Some(" ".to_owned()),
        _ => is_hidden(c).then(|| spelled(c)),
    })
}

/// One line of at most `most` characters; what was cut is said, not hidden.
pub fn clipped(text: &str, most: usize) -> String {
    let Some((cut, _)) = text.char_indices().nth(most) else {
        return line(text).into_owned();
    };
    let left_out = text[cut..].chars().count();
    format!("{}… ({left_out} more characters)", line(&text[..cut]))
}

/// Whether a character changes how text is shown or obeyed without being seen itself.
///
/// C0 and C1 controls (terminals obey them), the bidirectional controls (they reorder what is read), and characters without a
/// width (they make unlike texts look alike).
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

fn spelled(c: char) -> String {
    format!("⟨U+{:04X}⟩", u32::from(c))
}

fn replace(text: &str, instead: impl Fn(char) -> Option<String>) -> Cow<'_, str> {
    // Nearly all texts are plain ASCII: one look at the bytes spares the walk over characters.
    if text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match instead(c) {
            Some(other) => shown.push_str(&other),
            None => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

/// Writes JSON that is the same data, but holds no character that a terminal or an editor would obey.
///
/// JSON lets every character be written as `\u202e`: nothing is lost, and `cat report.json` is safe.
///
/// # Errors
/// As the writer's.
pub fn write_json<T: serde::Serialize>(value: &T, out: &mut dyn io::Write) -> io::Result<()> {
    let mut serializer =
        serde_json::Serializer::with_formatter(&mut *out, InertFormatter::default());
    value.serialize(&mut serializer)?;
    out.write_all(b"\n")
}

/// Indents like `serde_json`'s own, and spells hidden characters out.
#[derive(Default)]
struct InertFormatter(PrettyFormatter<'static>);

impl Formatter for InertFormatter {
    fn write_string_fragment<W: io::Write + ?Sized>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        if fragment.is_ascii() && !fragment.contains('\u{7f}') {
            return out.write_all(fragment.as_bytes());
        }
        let mut escaped = String::with_capacity(fragment.len() + 16);
        for c in fragment.chars() {
            push_json(&mut escaped, c);
        }
        out.write_all(escaped.as_bytes())
    }

    fn write_char_escape<W: io::Write + ?Sized>(
        &mut self,
        out: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        self.0.write_char_escape(out, escape)
    }

    fn begin_array<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_array(out)
    }

    fn end_array<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array(out)
    }

    fn begin_array_value<W: io::Write + ?Sized>(
        &mut self,
        out: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.0.begin_array_value(out, first)
    }

    fn end_array_value<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array_value(out)
    }

    fn begin_object<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object(out)
    }

    fn end_object<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object(out)
    }

    fn begin_object_key<W: io::Write + ?Sized>(
        &mut self,
        out: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.0.begin_object_key(out, first)
    }

    fn begin_object_value<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object_value(out)
    }

    fn end_object_value<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object_value(out)
    }
}

fn push_json(text: &mut String, c: char) {
    if !is_hidden(c) {
        return text.push(c);
    }
    for unit in c.encode_utf16(&mut [0; 2]) {
        // invariant: writing to a String cannot fail.
        let _ = write!(text, "\\u{unit:04x}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hides_is_spelled_out() {
        assert_eq!(visible("plain"), "plain");
        assert_eq!(
            visible("a\u{202e}b\u{1b}[2J\n\tc"),
            "a⟨U+202E⟩b⟨U+001B⟩[2J\n\tc"
        );
        assert_eq!(line("a\r\nb\tc"), "a⏎b c");
        assert_eq!(visible("Zoë – 王"), "Zoë – 王");
    }

    #[test]
    fn what_is_cut_is_said() {
        assert_eq!(clipped("abc", 3), "abc");
        assert_eq!(clipped("abcdé", 3), "abc… (2 more characters)");
    }

    #[test]
    fn json_keeps_the_data_and_hides_nothing() {
        let text = "a\u{202e}\u{9b}\u{e0041}\u{7f}\"é</script>";
        let mut out = Vec::new();
        write_json(&text, &mut out).unwrap();
        let written = String::from_utf8(out).unwrap();
        assert!(!written.trim_end().chars().any(is_hidden), "{written}");
        assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
    }
}
