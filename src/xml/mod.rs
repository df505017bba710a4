//! XML as data: a read-only tree that knows lines and columns, and a useful part of XPath 1.0 over it.
//!
//! A standalone engine: it uses nothing else of the crate. Document type declarations are refused, and with them
//! entities; depth and work are bounded.
//!
//! ```
//! use plugfest::xml::{Document, Path, Prefixes};
//!
//! let document = Document::parse(b"<r xmlns='urn:x'><item code='a'/><item code='b'/></r>")?;
//! let prefixes = Prefixes::new().with("x", "urn:x");
//! let path = Path::parse("/x:r/x:item[@code = 'b']/@code", &prefixes)?;
//! let found = path.evaluate(&document)?;
//! assert_eq!(found.texts(), ["b"]);
//! assert_eq!(found.locations(), ["/r/item[2]/@code (line 1, column 40)"]);
//! assert!(found.truth());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Supported: all axes but `following`, `preceding` and `namespace`, abbreviated and by name; name tests, `text()` and
//! `node()`; predicates; `| and or = != < <= > >= + - * div mod`; and the functions that [`function_docs`] lists.
//! A name without prefix means the namespace that [`Prefixes::with_default`] sets, or none.

mod document;
mod evaluate;
mod expression;
mod functions;
mod guard;
mod lexer;
mod lines;
mod parser;
mod value;

#[cfg(test)]
mod tests;

pub use document::{Document, MAX_DEPTH, Node, NodeKind, ParseError, Place};
pub use evaluate::{EvaluationError, MAX_STEPS};
pub use expression::{Path, PathError, Prefixes};
pub use functions::{FunctionDoc, function_docs};
pub use value::Value;
