//! Room for a new run in a folder that may hold an old one.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use super::judge::run_file;
use super::out::Failure;
use crate::diag::Diagnostic;
use crate::store::{Problem, RunFolder};

/// How a run file starts that was cut off inside its first line.
const START: &[u8] = b"{\"type\":\"header\"";

/// Removes a run that ended. One that was interrupted stays, since its record would be lost; and so does what is no run that
/// this plugfest can read, since nobody knows what it is.
///
/// # Errors
/// `run-file` where something stays; what the system says.
pub fn make_room(folder: &Path) -> Result<(), Failure> {
    let file = folder.join("results.jsonl");
    if !file.exists() {
        return Ok(());
    }
    match RunFolder::open(folder) {
        Ok(before) if before.footer.is_none() => return Err(interrupted(folder)),
        Ok(_) => {}
        Err(_) if never_began(&file)? => {}
        Err(problem) => return Err(unknown(folder, &problem)),
    }
    fs::remove_file(&file)?;
    let bodies = folder.join("exchanges");
    if bodies.is_dir() {
        fs::remove_dir_all(&bodies)?;
    }
    Ok(())
}

fn interrupted(folder: &Path) -> Failure {
    let shown = folder.display();
    let message = format!("`{shown}` holds a run that was interrupted");
    let help = format!(
        "go on with `plugfest run --resume {shown}`, or choose another folder with `--out`"
    );
    Diagnostic::error("run-file", message).help(help).into()
}

fn unknown(folder: &Path, problem: &Problem) -> Failure {
    run_file(folder, problem)
        .help("it is not overwritten: move it away, or choose another folder with `--out`")
        .into()
}

/// Whether the file is empty, or ends inside its header: no request was sent for it.
fn never_began(file: &Path) -> io::Result<bool> {
    // A header holds the supplier file, which has at most 8 MB; what is longer without an end is none.
    let mut bytes = Vec::new();
    fs::File::open(file)?
        .take(1 << 25)
        .read_to_end(&mut bytes)?;
    let starts_so = bytes.starts_with(START) || START.starts_with(&bytes);
    Ok(starts_so && !bytes.contains(&b'\n'))
}
