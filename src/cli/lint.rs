//! `plugfest lint`: mistakes in packs, scenarios and supplier files.

use std::process::ExitCode;

use clap::Args;

use super::out::{Console, Failure};
use super::packs::load;
use crate::pack;

/// What to look at.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Pack ids, pack folders, scenario files or supplier files; without any, all packs of this binary
    paths: Vec<String>,
}

/// Runs the command.
pub fn run(arguments: &Arguments, console: &Console) -> Result<ExitCode, Failure> {
    let words = if arguments.paths.is_empty() {
        crate::store::embedded()
            .into_iter()
            .map(str::to_owned)
            .collect()
    } else {
        arguments.paths.clone()
    };
    let mut problems = Vec::new();
    for word in &words {
        match load(word) {
            Ok(loaded)
                if loaded
                    .path
                    .as_deref()
                    .is_some_and(|path| path.ends_with(".yaml")) => {}
            Ok(loaded) => problems.extend(pack::lint(&loaded.pack)),
            Err(more) => problems.extend(more),
        }
    }
    if problems.is_empty() {
        console.tell(&format!("no mistakes in {}", words.join(", ")));
        return Ok(ExitCode::SUCCESS);
    }
    Err(Failure::Input(problems))
}
