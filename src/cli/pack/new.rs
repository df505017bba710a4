//! `plugfest pack new`: a small pack that lints clean.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use crate::cli::out::{Console, Failure};
use crate::cli::schema;
use crate::diag::Diagnostic;
use crate::model::PackId;
use crate::store;

/// Where to.
#[derive(Debug, Args)]
#[command(
    after_long_help = "The files hold comments beside each key, and `CHANGE ME` where you must fill something in. The schemas for editors \
    lie in DIR/.schema.\n\nExample:\n  plugfest pack new my-standard\n  plugfest lint my-standard\n  \
    plugfest run my-standard --target http://127.0.0.1:8080"
)]
pub struct Arguments {
    /// The new folder; its name becomes the pack's id
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// The files of the new pack; `PACK-ID` stands for its id.
static TEMPLATE: [(&str, &str); 5] = [
    ("pack.yaml", include_str!("template/pack.yaml")),
    (
        "requirements.yaml",
        include_str!("template/requirements.yaml"),
    ),
    (
        "scenarios/read.yaml",
        include_str!("template/scenarios/read.yaml"),
    ),
    (
        "fragments/create.yaml",
        include_str!("template/fragments/create.yaml"),
    ),
    (
        "fixtures/item.json",
        include_str!("template/fixtures/item.json"),
    ),
];

/// Runs the command.
pub fn run(arguments: &Arguments, console: &Console) -> Result<ExitCode, Failure> {
    let folder = &arguments.folder;
    let id = id_of(folder)?;
    if folder.exists() && folder.read_dir()?.next().is_some() {
        let message = format!("`{}` is already there, and not empty", folder.display());
        return Err(Diagnostic::error("usage", message)
            .help("name a folder that does not exist yet")
            .into());
    }
    for (path, text) in TEMPLATE {
        let text = text.replace("PACK-ID", id.as_str());
        store::write_atomically(&folder.join(path), text.as_bytes())?;
    }
    schema::write_all(&folder.join(".schema"))?;
    console.tell(&format!(
        "a new pack: {0}\nnext: plugfest lint {0}",
        folder.display()
    ));
    Ok(ExitCode::SUCCESS)
}

fn id_of(folder: &Path) -> Result<PackId, Diagnostic> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    name.parse().map_err(|error| {
        Diagnostic::error("bad-value", format!("{error}"))
            .help("the folder's name becomes the pack's id: name it, say, `my-standard`")
    })
}
