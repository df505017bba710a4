//! Reading a resource that somebody names.

use std::io::Read;

use crate::cli::out::Failure;
use crate::diag::{Diagnostic, Place, Source};
use crate::fhir::{MAX_BYTES, Resource};

/// The bytes of a file, or of standard input for `-`.
pub fn bytes(name: &str) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let limit = MAX_BYTES as u64 + 1;
    let read = match name {
        "-" => std::io::stdin().take(limit).read_to_end(&mut bytes),
        name => std::fs::File::open(name).and_then(|file| file.take(limit).read_to_end(&mut bytes)),
    };
    match read {
        Ok(_) => Ok(bytes),
        Err(error) => {
            Err(Diagnostic::error("no-input", format!("`{name}` cannot be read: {error}")).into())
        }
    }
}

/// The resource in a file, in JSON or XML, whatever its name ends with.
pub fn resource(name: &str) -> Result<Resource, Failure> {
    let bytes = bytes(name)?;
    Resource::parse_any(&bytes).map_err(|error| {
        let text = String::from_utf8_lossy(&bytes);
        let source = Source::new(name, text);
        let place = Place::at(&source, error.line, error.column);
        Diagnostic::error("parse", error.message).at(&place).into()
    })
}
