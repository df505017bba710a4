//! `plugfest fhir package show`.

use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use crate::cli::fhir::packages::{PlaceArguments, failure};
use crate::cli::out::{self, Console, Failure, Form, FormArgument};
use crate::diag::Diagnostic;
use crate::fhir::package::{Index, IndexEntry, IndexOrigin, PackageReference, Take, digest};
use crate::report::words::count;
use crate::store::packages::{self, Loaded, LoadedPackage};

/// Which package.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  plugfest fhir package show hl7.fhir.us.core#6.1.0\n  plugfest fhir package show guide.tgz --verbose     every canonical, not only the first"
)]
pub struct Arguments {
    /// `name#version` from the cache, a `.tgz`, or a folder
    package: String,
    /// Every canonical, not only the first
    #[arg(long, short)]
    verbose: bool,
    #[command(flatten)]
    places: PlaceArguments,
    #[command(flatten)]
    form: FormArgument,
}

/// Runs the command.
pub fn run(arguments: &Arguments, console: &Console) -> Result<ExitCode, Failure> {
    let options = arguments.places.options(None)?;
    let mut loaded =
        packages::load(std::slice::from_ref(&arguments.package), &options).map_err(failure)?;
    console.diagnose(&std::mem::take(&mut loaded.warnings));
    let shown = Shown::of(&loaded)?;
    console.print(&match arguments.form.format {
        Form::Text => shown.page(if arguments.verbose { usize::MAX } else { MOST }),
        Form::Json => out::json(&shown.object()),
    });
    Ok(ExitCode::SUCCESS)
}

/// How many canonicals are shown without `--verbose`.
const MOST: usize = 20;

/// A package with what was learned of it.
struct Shown<'a> {
    package: &'a LoadedPackage,
    /// What it asks for, and which of the loaded packages that is.
    dependencies: Vec<(&'a PackageReference, String)>,
    index: Index,
    digest: String,
}

impl<'a> Shown<'a> {
    fn of(loaded: &'a Loaded) -> Result<Self, Diagnostic> {
        let listed = loaded.listed.first();
        let package = loaded
            .packages
            .iter()
            .find(|package| Some(&package.id) == listed);
        let package = package.ok_or_else(|| {
            Diagnostic::error(
                "usage",
                "this package is compiled into plugfest, and the cache does not have it",
            )
        })?;
        let files = package.files(Take::Definitions)?;
        let wanted = package.manifest.dependencies.iter();
        Ok(Self {
            dependencies: wanted
                .map(|wanted| (wanted, used(wanted, package, loaded)))
                .collect(),
            index: Index::of(&files),
            digest: digest(&files),
            package,
        })
    }

    fn page(&self, most: usize) -> String {
        let counts = self.index.counts();
        let counts = counts
            .iter()
            .map(|(kind, count)| [format!("  {kind}"), count.to_string()]);
        let dependencies = self.dependencies.iter();
        let dependencies = dependencies.map(|(wanted, used)| [format!("  {wanted}"), used.clone()]);
        let canonicals: Vec<&IndexEntry> = self.canonicals().collect();
        let rows = canonicals.iter().take(most).map(|entry| row(entry));
        let mut page = format!("{}\n\n{}", self.package.id, self.facts());
        page += &section(
            "Stands upon",
            out::table(["  WANTED", "USED"], dependencies),
            self.dependencies.len(),
        );
        page += &section(
            "Holds",
            out::table(["  TYPE", "RESOURCES"], counts),
            self.index.entries.len(),
        );
        page += &section(
            "Defines",
            out::table(["  TYPE", "CANONICAL", "VERSION"], rows),
            canonicals.len(),
        );
        if let Some(more @ 1..) = canonicals.len().checked_sub(most) {
            page += &format!(
                "  … and {} more: --verbose shows all\n",
                count(more, "canonical")
            );
        }
        page
    }

    fn facts(&self) -> String {
        let manifest = &self.package.manifest;
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let rows = [
            ["title", &text(&manifest.title)],
            ["FHIR", &manifest.fhir_versions.join(", ")],
            ["kind", &text(&manifest.kind)],
            ["canonical", &text(&manifest.canonical)],
            ["licence", &text(&manifest.licence)],
            ["place", &self.package.source.to_string()],
            ["index", &self.origin()],
            ["unread", &self.unread()],
            ["digest", &self.digest],
        ];
        let filled = rows.iter().filter(|[_, value]| !value.is_empty());
        filled
            .map(|[name, value]| {
                format!("{name:9}  {}\n", value.lines().next().unwrap_or_default())
            })
            .collect()
    }

    fn origin(&self) -> String {
        match &self.index.origin {
            IndexOrigin::Listed => "the package's own".to_owned(),
            IndexOrigin::Scanned(why) => {
                format!("from the files; the package's own is not used: {why}")
            }
        }
    }

    fn unread(&self) -> String {
        let unread = self.index.unread.iter();
        unread
            .map(|(file, why)| format!("{file}: {why}"))
            .collect::<Vec<_>>()
            .join("; ")
    }

    /// Everything that has a URL, by type, then URL.
    fn canonicals(&self) -> impl Iterator<Item = &IndexEntry> {
        let mut all: Vec<&IndexEntry> = self
            .index
            .entries
            .iter()
            .filter(|entry| entry.url.is_some())
            .collect();
        all.sort_by_key(|entry| (&entry.resource_type, &entry.url, &entry.version));
        all.into_iter()
    }

    fn object(&self) -> Value {
        let manifest = &self.package.manifest;
        let dependencies = self.dependencies.iter();
        let dependencies = dependencies
            .map(|(wanted, used)| json!({ "wanted": wanted.to_string(), "used": used }));
        let canonicals = self.canonicals().map(|entry| {
            json!({ "type": entry.resource_type, "url": entry.url, "version": entry.version, "file": entry.file })
        });
        json!({
            "name": self.package.id.name.as_str(),
            "version": self.package.id.version.as_str(),
            "title": manifest.title,
            "kind": manifest.kind,
            "canonical": manifest.canonical,
            "licence": manifest.licence,
            "fhir_versions": manifest.fhir_versions,
            "path": self.package.source.to_string(),
            "digest": self.digest,
            "dependencies": dependencies.collect::<Vec<_>>(),
            "resources": self.index.counts(),
            "canonicals": canonicals.collect::<Vec<_>>(),
            "unread": self.index.unread.iter().map(|(file, _)| file).collect::<Vec<_>>(),
        })
    }
}

fn row(entry: &IndexEntry) -> [String; 3] {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    [
        format!("  {}", entry.resource_type),
        text(&entry.url),
        text(&entry.version),
    ]
}

/// Which package is used for a wish.
fn used(wanted: &PackageReference, package: &LoadedPackage, loaded: &Loaded) -> String {
    let by_name = package
        .dependencies
        .iter()
        .find(|id| id.name == wanted.name);
    // A variant (`NAME.r4`) is a longer name.
    let variant = || {
        let starts = |id: &&_| used_for(id, wanted);
        package.dependencies.iter().find(starts)
    };
    if let Some(id) = by_name.or_else(variant) {
        return id.to_string();
    }
    match loaded.built_in.iter().find(|id| id.name == wanted.name) {
        Some(_) => "built in".to_owned(),
        None => "not at hand".to_owned(),
    }
}

fn used_for(id: &crate::fhir::package::PackageId, wanted: &PackageReference) -> bool {
    let (used, wanted) = (id.name.folded(), wanted.name.folded());
    used.starts_with(wanted) || wanted.starts_with(used)
}

/// A part of the page; nothing where it would be empty.
fn section(title: &str, table: String, rows: usize) -> String {
    match rows {
        0 => String::new(),
        _ => format!("\n{title}\n{table}"),
    }
}
