//! `plugfest fhir package list`.

use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use crate::cli::fhir::packages::CacheArgument;
use crate::cli::out::{self, Console, Failure, Form, FormArgument};
use crate::diag::Diagnostic;
use crate::fhir::package::Manifest;
use crate::store::packages::{Cached, Source};

/// Which cache, and how to print it.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  plugfest fhir package list\n  plugfest fhir package list --format json     [{name, version, fhir_versions, kind, title, path}]"
)]
pub struct Arguments {
    #[command(flatten)]
    cache: CacheArgument,
    #[command(flatten)]
    form: FormArgument,
}

/// A package of the cache, and what it says of itself.
type Row = (Cached, Manifest);

/// Runs the command.
pub fn run(arguments: &Arguments, console: &Console) -> Result<ExitCode, Failure> {
    let cache = arguments.cache.cache()?;
    let (mut rows, mut problems): (Vec<Row>, Vec<Diagnostic>) = Default::default();
    for cached in cache.list() {
        match Source::Folder(cached.path.clone()).manifest() {
            Ok(manifest) => rows.push((cached, manifest)),
            Err(problem) => problems.push(problem),
        }
    }
    match arguments.form.format {
        Form::Json => console.print(&out::json(&rows.iter().map(object).collect::<Vec<_>>())),
        Form::Text if rows.is_empty() => console.tell(&format!(
            "no package in {}\nnext: plugfest fhir package add FILE.tgz",
            cache.root().display()
        )),
        Form::Text => {
            console.print(&out::table(
                ["PACKAGE", "VERSION", "FHIR", "TITLE"],
                rows.iter().map(row),
            ));
            console.tell(&format!("in {}", cache.root().display()));
        }
    }
    // One broken package is told of, and hides none of the others.
    console.diagnose(&problems);
    Ok(ExitCode::SUCCESS)
}

fn row((cached, manifest): &Row) -> [String; 4] {
    [
        cached.id.name.to_string(),
        cached.id.version.to_string(),
        manifest.fhir_versions.join(", "),
        manifest.title.as_deref().map(in_short).unwrap_or_default(),
    ]
}

/// The first line, cut where it is long: some descriptions are essays.
fn in_short(text: &str) -> String {
    const MOST: usize = 60;
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line.to_owned(),
    }
}

fn object((cached, manifest): &Row) -> Value {
    json!({
        "name": cached.id.name.as_str(),
        "version": cached.id.version.as_str(),
        "fhir_versions": manifest.fhir_versions,
        "kind": manifest.kind,
        "title": manifest.title,
        "path": cached.path.to_string_lossy(),
    })
}
