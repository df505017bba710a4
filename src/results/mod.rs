//! The run file: `results.jsonl`, one record a line.
//!
//! A header, then what happened as it happened (case starts, exchanges, case ends), then the verdicts, then a footer that counts
//! and digests all lines before it. Without the footer it is a journal: it can be resumed, but is no run. Bodies above
//! [`INLINE_BODY`] lie in files beside it. This module knows the lines; the files themselves are `store`'s.

mod body;
mod exchange;
mod line;

pub use body::{INLINE_BODY, LargeBody, Lies};
pub use exchange::{StoredExchange, restore, store};
pub use line::{
    CaseEnd, CaseStart, FORMAT, FhirPackage, Footer, Header, Line, PackRef, RunOptions,
    VerdictLine, parse_line, verdict_line,
};
