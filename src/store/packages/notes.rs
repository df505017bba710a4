//! What happened while packages were looked for, in words.

use std::fmt::Display;

use super::{Cache, Options};
use crate::diag::{Diagnostic, nearest};
use crate::fhir::package::{Canonicals, Clash, MAX_PACKAGES, Note, PackageId, PackageReference};

/// How many names are shown of a list.
const SHOWN: usize = 3;

/// The notes of a resolution.
pub(super) fn diagnostics(notes: &[Note], options: &Options) -> Vec<Diagnostic> {
    notes.iter().map(|note| diagnostic(note, options)).collect()
}

fn diagnostic(note: &Note, options: &Options) -> Diagnostic {
    match note {
        Note::Overridden { wanted, used } => {
            let message = format!("`{used}` is looked for in the place of `{wanted}`, as you told");
            Diagnostic::warning("package-version", message)
        }
        Note::Substituted { wanted, used, by } => {
            let message = format!(
                "`{wanted}` is not at hand; `{used}` takes its place{}",
                asked_by(by.as_ref())
            );
            Diagnostic::warning("package-version", message).help(format!(
                "to have no doubt, add that version, or say `--override {wanted}={used}`"
            ))
        }
        Note::Missing { wanted, by: None } => missing(Diagnostic::error, wanted, None, options),
        Note::Missing {
            wanted,
            by: Some(by),
        } => missing(Diagnostic::warning, wanted, Some(by), options)
            .note("note", "what refers to its definitions cannot be decided"),
        Note::Conflict { wanted, used, by } => {
            let message = format!(
                "`{used}` is loaded, though `{wanted}` is wanted, too{}",
                asked_by(by.as_ref())
            );
            Diagnostic::warning("package-conflict", message).help(format!(
                "to load both, list both: `--package {used} --package {wanted}`"
            ))
        }
        Note::Cycle(circle) => {
            let circle: Vec<String> = circle
                .iter()
                .chain(circle.first())
                .map(|id| format!("`{id}`"))
                .collect();
            Diagnostic::warning(
                "package-cycle",
                format!(
                    "packages stand upon each other in a circle: {}",
                    circle.join(" → ")
                ),
            )
        }
        Note::Unread { dependency, by } => {
            let message = format!("`{by}` names a dependency that cannot be read: {dependency}");
            Diagnostic::warning("package-manifest", message)
        }
        Note::TooMany => Diagnostic::error(
            "package-archive",
            format!("the list leads to more than {MAX_PACKAGES} packages"),
        ),
    }
}

fn missing(
    kind: fn(&'static str, String) -> Diagnostic,
    wanted: &PackageReference,
    by: Option<&PackageId>,
    options: &Options,
) -> Diagnostic {
    let message = format!(
        "the package `{wanted}` is not at hand in any version{}",
        asked_by(by)
    );
    let mut diagnostic = kind("unknown-package", message);
    let known: Vec<String> = options
        .cache
        .iter()
        .flat_map(Cache::list)
        .map(|cached| cached.id.name.to_string())
        .collect();
    if let Some(name) = nearest(wanted.name.as_str(), known.iter().map(String::as_str)) {
        diagnostic = diagnostic.help(format!("the cache has `{name}`"));
    }
    match (&options.registry, &options.cache) {
        (Some(_), _) => diagnostic.help("neither the cache nor the registry has it; look at its spelling"),
        (None, Some(cache)) => diagnostic.help(format!(
            "bring it into the cache ({}): `plugfest fhir package add FILE.tgz`, or `add {wanted} --registry URL`",
            cache.root().display()
        )),
        (None, None) => diagnostic.help("give its `.tgz` or folder as a further `--package`"),
    }
}

fn asked_by(by: Option<&PackageId>) -> String {
    by.map(|by| format!(" (`{by}` asks for it)"))
        .unwrap_or_default()
}

/// Where packages define the same canonicals, and whose definitions are used.
pub fn clashes(canonicals: &Canonicals<'_>) -> Vec<Diagnostic> {
    canonicals.clashes().iter().map(clash).collect()
}

fn clash(clash: &Clash) -> Diagnostic {
    let Clash {
        winner,
        loser,
        same_version,
        other_version,
    } = clash;
    let count = same_version.len() + other_version.len();
    let canonicals = if count == 1 {
        "canonical"
    } else {
        "canonicals"
    };
    let message = match winner == loser {
        true => format!(
            "`{winner}` defines {count} {canonicals} twice; the higher version, else the later file, is used"
        ),
        false => format!(
            "`{loser}` and `{winner}` both define {count} {canonicals}; those of `{winner}` are used, since it is loaded later"
        ),
    };
    let mut diagnostic = Diagnostic::warning("package-clash", message);
    if !same_version.is_empty() {
        diagnostic = diagnostic.note("same version", some(same_version));
    }
    if !other_version.is_empty() {
        diagnostic = diagnostic.note(
            "other version",
            format!("{}; had by their version only", some(other_version)),
        );
    }
    diagnostic
}

/// The first names of a list, and how many more there are.
fn some(names: &[impl Display]) -> String {
    let shown: Vec<String> = names
        .iter()
        .take(SHOWN)
        .map(|name| format!("`{name}`"))
        .collect();
    match names.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
