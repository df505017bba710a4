//! YAML with places: the one door through which files that people write come in.
//!
//! [`parse`] reads a text into [`Node`]s that know where they stand; [`decode`] turns a node into a typed value, and every
//! mistake into a [`Diagnostic`](crate::diag::Diagnostic) with a caret. Plain scalars follow the YAML 1.2 core schema, but a number with a leading
//! zero stays text, and so do `yes`, `no` and friends.

mod decode;
mod file;
mod limits;
mod node;
mod parse;
mod spanned;

pub(crate) use decode::carry;
pub use decode::decode;
pub(crate) use file::{no_file, source};
pub use node::{Key, Node, Value};
pub use parse::parse;
pub use spanned::Spanned;
