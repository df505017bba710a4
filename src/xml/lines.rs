//! Lines and columns of byte offsets.
//!
//! Bodies come minified, thousands of elements on one line. A mark every so many bytes keeps each question short,
//! however long the line is.

/// How far apart the marks are, in bytes.
const STRIDE: usize = 1024;

/// Line and column at the marks of a text.
#[derive(Debug)]
pub(super) struct Lines {
    marks: Vec<Mark>,
}

/// A place in the text: line and column, both from 1, columns in characters.
#[derive(Debug, Clone, Copy)]
struct Mark {
    line: u32,
    column: u32,
}

impl Lines {
    /// Walks a text once.
    pub(super) fn of(source: &str) -> Self {
        let mut here = Mark { line: 1, column: 1 };
        let mut marks = Vec::with_capacity(source.len() / STRIDE + 1);
        for stretch in source.as_bytes().chunks(STRIDE) {
            marks.push(here);
            here.advance(stretch);
        }
        Self { marks }
    }

    /// Line and column of a byte offset; one past the end names the end.
    pub(super) fn at(&self, source: &str, offset: usize) -> (usize, usize) {
        let offset = offset.min(source.len());
        let nearest = (offset / STRIDE).min(self.marks.len().saturating_sub(1));
        let Some(mark) = self.marks.get(nearest) else {
            return (1, 1);
        };
        let mut here = *mark;
        here.advance(&source.as_bytes()[nearest * STRIDE..offset]);
        (here.line as usize, here.column as usize)
    }
}

impl Mark {
    /// Moves on over bytes: a character counts at its first byte, a line ends after its newline.
    fn advance(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if *byte == b'\n' {
                self.line += 1;
                self.column = 1;
            } else if !is_continuation(*byte) {
                self.column += 1;
            }
        }
    }
}

/// Whether a byte belongs to a character that started before it.
fn is_continuation(byte: u8) -> bool {
    byte & 0b1100_0000 == 0b1000_0000
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The same, from the start of the text each time.
    fn counted(source: &str, offset: usize) -> (usize, usize) {
        let before = &source[..offset];
        let line = before.rfind('\n').map_or(0, |newline| newline + 1);
        (
            before.matches('\n').count() + 1,
            before[line..].chars().count() + 1,
        )
    }

    proptest! {
        #[test]
        fn marks_change_nothing(text in "[a-zé\n]{0,40}", copies in 0_usize..200) {
            let source = text.repeat(copies);
            let lines = Lines::of(&source);
            for (offset, _) in source.char_indices().step_by(97) {
                prop_assert_eq!(lines.at(&source, offset), counted(&source, offset));
            }
            prop_assert_eq!(lines.at(&source, usize::MAX), counted(&source, source.len()));
        }
    }
}
