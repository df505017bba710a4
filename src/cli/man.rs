//! `plugfest man`: manual pages, from the same rows as the help texts.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::out::{Console, Failure};

/// Where to.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  plugfest man | man -l -\n  plugfest man --out ~/.local/share/man/man1"
)]
pub struct Arguments {
    /// Write one page for each command into this folder
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Runs the command.
pub fn run(arguments: &Arguments, console: &Console) -> Result<ExitCode, Failure> {
    if let Some(folder) = &arguments.out {
        std::fs::create_dir_all(folder)?;
        clap_mangen::generate_to(super::command(), folder)?;
        console.tell(&format!("manual pages: {}", folder.display()));
        return Ok(ExitCode::SUCCESS);
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(super::command()).render(&mut page)?;
    console.print(&String::from_utf8_lossy(&page));
    Ok(ExitCode::SUCCESS)
}
