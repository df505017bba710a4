//! Files of a pack, as texts with places.

use std::sync::Arc;

use crate::diag::{Diagnostic, Place, Source, Span};
use crate::model::{Files, NoFile};

/// The text of a file.
///
/// # Errors
/// `missing-file`; where it is no text, with the place of the first byte that is none.
pub(crate) fn source(files: &Files, path: &str) -> Result<Arc<Source>, Diagnostic> {
    let name = files.shown(path);
    let Ok(bytes) = files.bytes(path) else {
        return Err(Diagnostic::error(
            "missing-file",
            format!("`{name}` is not there"),
        ));
    };
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(Source::new(name, text)),
        Err(error) => Err(no_text(name, bytes, error.valid_up_to())),
    }
}

/// What can be read of the file is shown, and the carets stand under what cannot.
fn no_text(name: String, bytes: &[u8], at: usize) -> Diagnostic {
    let message = format!("`{name}` is no UTF-8 text");
    let source = Source::new(name, String::from_utf8_lossy(bytes));
    let span = Span {
        start: at,
        end: at + char::REPLACEMENT_CHARACTER.len_utf8(),
    };
    Diagnostic::error("yaml-syntax", message)
        .at(&Place { source, span })
        .label("this byte")
        .help("save the file as UTF-8")
}

/// A file that a pack's file names and that cannot be had.
pub(crate) fn no_file(problem: NoFile, path: &str, place: &Place, files: &Files) -> Diagnostic {
    match problem {
        NoFile::Missing => {
            Diagnostic::error("missing-file", format!("the pack has no file `{path}`"))
                .at(place)
                .suggest(path, files.entries.keys().map(String::as_str))
        }
        NoFile::Outside => {
            Diagnostic::error("outside-pack", format!("`{path}` leads out of the pack"))
                .at(place)
                .help("write a path inside the pack, such as `fixtures/patient.json`")
        }
        NoFile::NoText => Diagnostic::error("missing-file", format!("`{path}` is no UTF-8 text"))
            .at(place)
            .help("save the file as UTF-8"),
    }
}
