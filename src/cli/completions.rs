//! `plugfest completions`: a script that lets a shell complete commands and options.

use std::process::ExitCode;

use clap::Args;
use clap_complete::Shell;

use super::out::{Console, Failure};

/// For which shell.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Example:\n  plugfest completions bash > ~/.local/share/bash-completion/completions/plugfest"
)]
pub struct Arguments {
    /// The shell
    shell: Shell,
}

/// Runs the command.
pub fn run(arguments: &Arguments, console: &Console) -> Result<ExitCode, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(
        arguments.shell,
        &mut super::command(),
        "plugfest",
        &mut script,
    );
    console.print(&String::from_utf8_lossy(&script));
    Ok(ExitCode::SUCCESS)
}
