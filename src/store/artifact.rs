//! Artifacts appear whole or not at all.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Writes a file under a temporary name and moves it into place.
///
/// # Errors
/// What the system says.
pub fn write_atomically(path: &Path, content: &[u8]) -> io::Result<()> {
    write_with(path, |out| out.write_all(content))
}

/// The same, with a writer.
///
/// # Errors
/// What the system or the writer says.
pub fn write_with(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let temporary = path.with_file_name(name);
    let mut out = BufWriter::with_capacity(1 << 18, File::create(&temporary)?);
    let written = write(&mut out).and_then(|()| out.flush());
    match written {
        Ok(()) => fs::rename(&temporary, path),
        Err(error) => {
            // The half-written file is of no use to anybody; that it cannot be removed changes nothing.
            let _ = fs::remove_file(&temporary);
            Err(error)
        }
    }
}
