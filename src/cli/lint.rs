//! `plugfest lint`: mistakes in packs, scenarios and supplier files.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use serde_json::{Value, json};

use super::out::{self, Console, Failure, Form, FormArgument, WRONG_INPUT};
use super::packs::{facts, load};
use crate::diag::{Diagnostic, Place, Severity, Source, distinct};
use crate::pack;
use crate::report::words::count;
use crate::store;
use crate::supplier::{self, Baseline, Day, PackFacts};
use crate::yaml;

/// What to look at.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Each mistake is shown with its place, a code that `plugfest explain CODE` says more about, and what to do. \
    The exit code is 0 where there is no mistake (warnings are none), else 2.\n\n\
    Examples:\n  plugfest lint                             the packs of this plugfest\n  plugfest lint my-standard acme.yaml       a pack's folder, and a supplier file\n  \
    plugfest lint --format json acme.yaml     [{code, severity, message, file, line, column, help}]"
)]
pub struct Arguments {
    /// Pack ids, folders, or files of any kind; without any, all packs of this plugfest
    paths: Vec<String>,
    #[command(flatten)]
    form: FormArgument,
}

/// Runs the command.
pub fn run(arguments: &Arguments, console: &Console) -> Result<ExitCode, Failure> {
    let mut linter = Linter::default();
    match arguments.paths.as_slice() {
        [] => store::embedded().into_iter().for_each(|id| linter.pack(id)),
        words => words.iter().for_each(|word| linter.word(word)),
    }
    let problems = linter.finish();
    let errors = problems
        .iter()
        .filter(|problem| problem.severity == Severity::Error)
        .count();
    match arguments.form.format {
        Form::Json => console.print(&out::json(&problems.iter().map(object).collect::<Vec<_>>())),
        Form::Text => {
            console.diagnose(&problems);
            console.tell(&conclusion(
                &arguments.paths,
                errors,
                problems.len() - errors,
            ));
        }
    }
    if errors == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    Ok(ExitCode::from(WRONG_INPUT))
}

fn conclusion(paths: &[String], errors: usize, warnings: usize) -> String {
    let names = match paths {
        [] => store::embedded().join(", "),
        paths => paths.join(", "),
    };
    match (errors, warnings) {
        (0, 0) => format!("no mistakes in {names}"),
        (0, _) => format!("no mistakes but {} in {names}", count(warnings, "warning")),
        (_, 0) => format!("{} in {names}", count(errors, "mistake")),
        (_, _) => format!(
            "{} and {} in {names}",
            count(errors, "mistake"),
            count(warnings, "warning")
        ),
    }
}

/// A problem for programs; what is not known is `null`.
fn object(problem: &Diagnostic) -> Value {
    let severity = match problem.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    };
    let place = problem.place.as_ref();
    let position = place.map(Place::line_column);
    let helps = problem.notes.iter().filter(|(kind, _)| *kind == "help");
    let helps: Vec<&str> = helps.map(|(_, text)| text.as_str()).collect();
    json!({
        "code": problem.code,
        "severity": severity,
        "message": problem.message,
        "label": Some(&problem.label).filter(|label| !label.is_empty()),
        "file": place.map(|place| &place.source.name),
        "line": position.map(|(line, _)| line),
        "column": position.map(|(_, column)| column),
        "help": Some(helps.join("; ")).filter(|help| !help.is_empty()),
    })
}

/// What was looked at so far.
#[derive(Default)]
struct Linter {
    problems: Vec<Diagnostic>,
    /// The packs that were named: a supplier file may name them, too.
    packs: Vec<PackFacts>,
    /// Supplier files wait until every pack was read.
    suppliers: Vec<Arc<Source>>,
}

impl Linter {
    /// What a word on the command line means.
    fn word(&mut self, word: &str) {
        let path = Path::new(word);
        let is_pack = store::embedded().contains(&word) || path.join("pack.yaml").is_file();
        if path.is_dir() && !is_pack {
            self.folder(path);
        } else if path.is_file() {
            self.file(path);
        } else {
            self.pack(word);
        }
    }

    /// A folder that is no pack: the packs and the files that lie in it.
    fn folder(&mut self, folder: &Path) {
        let entries = match folder.read_dir() {
            Ok(entries) => entries,
            Err(error) => return self.problems.push(unreadable(folder, &error)),
        };
        let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        let is_ours = |path: &PathBuf| {
            path.join("pack.yaml").is_file()
                || path
                    .extension()
                    .is_some_and(|ending| ending == "yaml" || ending == "yml")
        };
        paths.retain(is_ours);
        if paths.is_empty() {
            let message = format!("`{}` holds no pack and no YAML file", folder.display());
            self.problems.push(
                Diagnostic::error("empty", message).help(
                    "a pack is a folder with a `pack.yaml`; `plugfest pack new DIR` writes one",
                ),
            );
        }
        for path in paths {
            self.word(&path.to_string_lossy());
        }
    }

    /// A file, by what it holds.
    fn file(&mut self, path: &Path) {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => return self.problems.push(unreadable(path, &error)),
        };
        let source = Source::new(path.to_string_lossy(), text);
        let node = match yaml::parse(&source) {
            Ok(node) => node,
            Err(problem) => return self.problems.push(problem),
        };
        let parent = path.parent().unwrap_or(Path::new(""));
        let parent = if parent.as_os_str().is_empty() {
            Path::new(".")
        } else {
            parent
        };
        let holds = |key: &str| node.get(key).is_some();
        if holds("supplier") {
            self.suppliers.push(source);
        } else if holds("deviations") {
            self.problems
                .extend(Baseline::read(&source).err().unwrap_or_default());
        } else if holds("scenario") {
            self.pack(&path.to_string_lossy());
        } else if holds("pack") || holds("requirements") {
            self.pack(&parent.to_string_lossy());
        } else if holds("fragment") {
            self.pack(&parent.join("..").to_string_lossy());
        } else {
            let message = "this is none of the files that plugfest reads";
            let help = "one of these keys says what a file is: `pack`, `requirements`, `scenario`, `fragment`, `supplier`, `deviations`";
            let problem = Diagnostic::error("missing-field", message);
            self.problems
                .push(problem.at(&Place::top(&source)).help(help));
        }
    }

    /// A pack, or one scenario of a pack.
    fn pack(&mut self, word: &str) {
        let loaded = match load(word) {
            Ok(loaded) => loaded,
            Err(problems) => return self.problems.extend(problems),
        };
        self.packs.push(facts(&loaded.pack));
        // Of a single scenario nobody can say whether its pack verifies all that it lists.
        if loaded.path.is_none_or(|path| !Path::new(&path).is_file()) {
            self.problems.extend(pack::lint(&loaded.pack));
        }
    }

    /// Everything that is wrong, each thing once.
    fn finish(mut self) -> Vec<Diagnostic> {
        if !self.suppliers.is_empty() {
            self.add_embedded();
        }
        let today = Day::of(store::now());
        for source in &self.suppliers {
            self.problems
                .extend(supplier::lint(source, &self.packs, today));
        }
        distinct(self.problems)
    }

    /// The packs of this plugfest, for supplier files that name them.
    fn add_embedded(&mut self) {
        for id in store::embedded() {
            if self.packs.iter().any(|facts| facts.id.as_str() == id) {
                continue;
            }
            match load(id) {
                Ok(loaded) => self.packs.push(facts(&loaded.pack)),
                Err(problems) => self.problems.extend(problems),
            }
        }
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> Diagnostic {
    Diagnostic::error(
        "missing-file",
        format!("`{}` cannot be read: {error}", path.display()),
    )
}
