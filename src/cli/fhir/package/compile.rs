//! `plugfest fhir package compile`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use sha2::{Digest, Sha256};

use crate::cli::out::{self, Console, Failure};
use crate::diag::Diagnostic;
use crate::fhir::Resource;
use crate::fhir::definitions::{self, Compiled, Reduction};
use crate::fhir::package::{Limits, Take, read_archive};
use crate::report::words::count;
use crate::store::write_atomically;

/// What to compile.
#[derive(Debug, Args)]
#[command(
    after_long_help = "The same definitions give the same bytes, in whatever order and form they come: that is how the core packs inside \
    plugfest can be made again (docs/fhir-definitions.md says from what).\n\n\
    Examples:\n  plugfest fhir package compile hl7.fhir.r4b.core-4.3.0.tgz --name hl7.fhir.r4b.core --release 4.3.0 --output r4b.pack\n  \
    plugfest fhir package compile profiles/ valuesets.xml --name my.guide --release 1.0.0 --keep words --output my.pack"
)]
pub struct Arguments {
    /// Packages (`.tgz`), folders, and files with resources or Bundles in JSON or XML
    #[arg(required = true, value_name = "INPUT")]
    inputs: Vec<PathBuf>,
    /// The name of the pack, such as hl7.fhir.r4.core
    #[arg(long)]
    name: String,
    /// The version of what it holds
    #[arg(long, value_name = "VERSION")]
    release: String,
    /// How much is kept
    #[arg(long, value_enum, default_value_t = Keep::Facts, value_name = "HOW")]
    keep: Keep,
    /// The file to write
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
}

/// How much is kept of definitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Keep {
    /// What software acts on: fit to be passed on. No prose, no SNOMED CT codes
    Facts,
    /// Also what constraints say in words, designations, SNOMED CT codes, and resources of other kinds
    Words,
}

impl Keep {
    fn reduction(self) -> Reduction {
        match self {
            Self::Facts => Reduction::EMBEDDED,
            Self::Words => Reduction::CACHE,
        }
    }
}

/// Runs the command.
pub fn run(arguments: &Arguments, console: &Console) -> Result<ExitCode, Failure> {
    let mut found = Found::default();
    for input in &arguments.inputs {
        found.read(input)?;
    }
    if found.resources.is_empty() {
        return Err(Diagnostic::error("no-input", "there is no FHIR resource in the input").into());
    }
    let compiled = definitions::compile(
        &arguments.name,
        &arguments.release,
        &found.resources,
        arguments.keep.reduction(),
    );
    let compiled =
        compiled.map_err(|error| Diagnostic::error("package-archive", error.to_string()))?;
    write_atomically(&arguments.output, &compiled.bytes)?;
    console.diagnose(&clashes(&compiled));
    console.tell(&format!(
        "{} read, {} without a resource\n",
        count(found.files, "file"),
        found.others,
    ));
    console.print(&report(&compiled));
    Ok(ExitCode::SUCCESS)
}

/// What lies in the inputs.
#[derive(Default)]
struct Found {
    resources: Vec<Arc<Resource>>,
    files: usize,
    others: usize,
}

/// How deep folders may lie in each other.
const MAX_DEPTH: usize = 16;

impl Found {
    fn read(&mut self, input: &Path) -> Result<(), Diagnostic> {
        let kind = fs::metadata(input).map_err(|error| unreadable(input, &error))?;
        match (kind.is_dir(), suffix(input)) {
            (true, _) => self.folder(input, 0),
            (false, "tgz" | "gz") => self.archive(input),
            (false, _) => self.file(input),
        }
    }

    /// Links are not followed.
    fn folder(&mut self, folder: &Path, depth: usize) -> Result<(), Diagnostic> {
        let wrong = |error| unreadable(folder, &error);
        for entry in fs::read_dir(folder).map_err(wrong)? {
            let entry = entry.map_err(wrong)?;
            let kind = entry.file_type().map_err(wrong)?;
            let path = entry.path();
            if kind.is_dir() && depth < MAX_DEPTH {
                self.folder(&path, depth + 1)?;
            } else if kind.is_file() && matches!(suffix(&path), "json" | "xml") {
                self.file(&path)?;
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &Path) -> Result<(), Diagnostic> {
        let bytes = fs::read(path).map_err(|error| unreadable(path, &error))?;
        self.resource(&bytes);
        Ok(())
    }

    fn archive(&mut self, path: &Path) -> Result<(), Diagnostic> {
        let bytes = fs::read(path).map_err(|error| unreadable(path, &error))?;
        let files = read_archive(&bytes, Take::Definitions, &Limits::PACKAGE).map_err(|error| {
            let message = format!("`{}`: {error}", path.display());
            Diagnostic::error("package-archive", message)
        })?;
        for file in files {
            self.resource(&file.bytes);
        }
        Ok(())
    }

    /// Manifests, lists and schemas lie beside resources, and are none.
    fn resource(&mut self, bytes: &[u8]) {
        self.files += 1;
        match Resource::parse_any(bytes) {
            Ok(resource) if resource.type_name().is_some() => {
                self.resources.push(Arc::new(resource));
            }
            Ok(_) | Err(_) => self.others += 1,
        }
    }
}

fn suffix(path: &Path) -> &str {
    let suffix = path.extension().and_then(|suffix| suffix.to_str());
    suffix.unwrap_or_default()
}

fn unreadable(path: &Path, error: &std::io::Error) -> Diagnostic {
    let message = format!("`{}` cannot be read: {error}", path.display());
    Diagnostic::error("no-input", message)
}

fn clashes(compiled: &Compiled) -> Vec<Diagnostic> {
    let clash = |address: &String| {
        let message =
            format!("`{address}` is defined in more than one way; the longest one is kept");
        Diagnostic::warning("package-clash", message)
    };
    compiled.clashes.iter().map(clash).collect()
}

/// Counts by kind, size and digest.
fn report(compiled: &Compiled) -> String {
    let kinds = compiled.kept.keys().chain(compiled.left_out.keys());
    let kinds: std::collections::BTreeSet<&String> = kinds.collect();
    let number = |of: Option<&usize>| of.copied().unwrap_or_default().to_string();
    let rows = kinds.into_iter().map(|kind| {
        let kept = number(compiled.kept.get(kind));
        [kind.clone(), kept, number(compiled.left_out.get(kind))]
    });
    let digest: String = Sha256::digest(&compiled.bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!(
        "{}\n{} bytes, sha256:{digest}\n",
        out::table(["KIND", "KEPT", "LEFT OUT"], rows),
        compiled.bytes.len()
    )
}
