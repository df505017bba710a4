//! Every kind of mistake, one row each: what `plugfest explain CODE` prints.

/// One kind of mistake.
#[derive(Debug, Clone, Copy)]
pub struct Code {
    /// As printed in brackets.
    pub name: &'static str,
    /// What is wrong, in a line.
    pub summary: &'static str,
    /// Why it matters and what to do, for somebody who meets it for the first time.
    pub explanation: &'static str,
}

/// The row of a code.
pub fn code(name: &str) -> Option<&'static Code> {
    CODES.iter().find(|row| row.name == name)
}

const fn row(name: &'static str, summary: &'static str, explanation: &'static str) -> Code {
    Code {
        name,
        summary,
        explanation,
    }
}

/// Every kind of mistake.
#[rustfmt::skip]
pub static CODES: &[Code] = &[
    row("yaml-syntax", "the file is no YAML",
        "The file cannot be read as YAML 1.2 at all. The carets stand where the reader gave up, which is often one line after the slip: look for a missing colon, a tab, or an unclosed quote."),
    row("yaml-limit", "the file is larger or deeper than plugfest reads",
        "Files come from strangers, so their size, depth and number of values are bounded, and aliases may not multiply. Split the file, or write repeated parts as a fragment."),
    row("duplicate-key", "a key stands twice in one map",
        "Two values under one key contradict each other; YAML readers differ in which one wins, so neither is taken."),
    row("unknown-field", "a key that means nothing here",
        "A misspelt key would otherwise be silently ignored, and the check behind it would never run. The help line names the nearest known key, or all of them."),
    row("missing-field", "a key that must be there is not",
        "Add the key that the message names; `plugfest schema` publishes what each kind of file may and must hold."),
    row("wrong-type", "a value of another kind was wanted here",
        "For example a list where a map belongs. The message says what was wanted and what was found."),
    row("bad-value", "the value is of the right kind, but not one that is allowed",
        "The message says which values are."),
    row("unknown-version", "the file is written for another version of the language",
        "Every file starts with `plugfest: 1`. A newer number needs a newer plugfest."),
    row("template-syntax", "a `{{…}}` cannot be read",
        "Inside double braces stands a value's name, such as `{{create.id}}`, or a call of one of the listed functions, such as `{{base64(values.user)}}`. Nothing else: no code runs."),
    row("undefined-value", "a `{{…}}` names a value that nothing gives at this step",
        "Values come from `values:` of the supplier file or the pack, from `values:` of the scenario, from an earlier step's `keep:`, from the row (`each`), or from a fragment's parameters (`with`)."),
    row("unknown-function", "a `{{…}}` calls a function that does not exist",
        "The table of functions is fixed: `plugfest explain functions` prints it."),
    row("unknown-check", "no check is called that",
        "`plugfest explain checks` lists the kinds of check."),
    row("unknown-protocol", "`send` names a protocol that plugfest does not speak",
        "`send` holds one key, the protocol: `http`."),
    row("unknown-fragment", "`use` names a fragment that the pack does not have",
        "A fragment `x` lies in the pack's folder as `fragments/x.yaml`."),
    row("unused-fragment", "no scenario uses a fragment",
        "What nobody uses is not tested by any run, and its mistakes stay unseen. Use it, or remove the file."),
    row("fragment-cycle", "fragments use each other in a circle",
        "A fragment may use others, but not itself, directly or through others; at most eight levels deep."),
    row("unknown-parameter", "a fragment is given a parameter that it does not take",
        "The fragment's `parameters:` lists what it takes."),
    row("missing-parameter", "a fragment is not given a parameter that it needs",
        "Give the parameter in `with:`, or give it a default in the fragment."),
    row("missing-file", "a file that is named is not there",
        "Fixtures, CSV rows and fragments are looked for inside the pack's folder, and nowhere else."),
    row("outside-pack", "a path leads out of the pack's folder",
        "Scenario files come from strangers: they may read nothing but their own pack. Use a path without `..` that does not start with `/`."),
    row("empty", "there is nothing here to run",
        "An empty selection, scenario or step would look like a success. plugfest calls it a mistake."),
    row("unknown-requirement", "a scenario verifies or cites a requirement that the pack does not list",
        "Every check proves a requirement of the published list. Look for a slip in the id, or add the requirement."),
    row("uncited-check", "a check proves no requirement",
        "Give the scenario a `verifies:`, or the check a `cites:`; what only prepares the ground belongs under `precondition:`."),
    row("untested-requirement", "no check verifies a requirement, and it does not say why",
        "Write a scenario for it, or give the requirement a `not-tested:` with a reason: the published list never silently shrinks."),
    row("tested-and-not-tested", "a requirement says that it is not tested, but a check cites it",
        "One of the two is out of date."),
    row("unknown-area", "a requirement names an area that the pack does not list", "Add the area to `pack.yaml`, or mend the name."),
    row("unknown-role", "a role that the pack does not list", "Roles are the standard's actors; `pack.yaml` lists them."),
    row("unknown-level", "a level that the pack does not list", "Levels are named sets of requirements; `pack.yaml` lists them."),
    row("unknown-step", "a step that does not exist, or comes later, is named", "A step may look back at the steps before it, by their names."),
    row("duplicate-id", "one id is used twice", "Reports and baselines refer to ids, so each must be unique in its pack."),
    row("expression-syntax", "an expression cannot be read", "FHIRPath, XPath, JSONPath and regular expressions are compiled before anything runs."),
    row("expression-doubt", "an expression that can be read can hardly be meant", "It names an element or a type that FHIR does not have there, by the pack's FHIR release: it would find nothing, whatever the body holds."),
    row("unknown-pack", "no such pack", "`plugfest pack list` lists the packs in this binary; a folder with a `pack.yaml` is a pack too."),
    row("unknown-supplier", "no such reference supplier", "`plugfest serve --list` lists them."),
    row("unknown-defect", "no such defect", "`plugfest serve NAME --list-defects` lists them."),
    row("bad-target", "the target is no URL that plugfest can test", "Give an absolute `http://` or `https://` URL: the base of the supplier's service."),
    row("no-endpoint", "the supplier file has no endpoint for this pack", "Give the system that plays the pack's role an endpoint under the name that the pack asks for."),
    row("no-secret", "a secret that the supplier file refers to is not there", "Secrets are never written in files: set the environment variable, or put the file where the reference says."),
    row("unsafe-secret", "a secret is written into a file", "Write `{ env: NAME }` or `{ file: PATH }` instead, so that the file can be shared."),
    row("unwitnessed-not-applicable", "a condition has nothing to observe", "`when` needs an exchange: `use` a fragment and say what `holds` of its reply."),
    row("expired-deviation", "a known deviation's end has passed", "The deviation no longer excuses the failure. Mend the product, or set a new end with a reason."),
    row("run-file", "the run file cannot be read", "A run is a header, its records, and a footer that counts and digests them. What is cut short or changed is not a run; `plugfest run --resume DIR` goes on with a run that was interrupted."),
    row("package-name", "a FHIR package is named in a way that cannot be read",
        "A package is `name#version` (`hl7.fhir.us.core#6.1.0`), `name@range` (`hl7.fhir.us.core@^6.0.0`), a `.tgz`, or a folder. Names and versions become folders of the cache, so they hold letters, digits, dots, `-` and `_` and nothing else."),
    row("unknown-package", "a FHIR package is not at hand",
        "plugfest fetches nothing unless `--registry URL` tells it where from. `plugfest fhir package list` shows what the cache has, `plugfest fhir package add` brings in more. Where only a dependency is missing, what rests on it is undecided: never a pass."),
    row("package-version", "another version of a FHIR package takes the place of the one that is asked for",
        "Where the exact version is not at hand, the nearest is taken: of the same major and minor version, else a higher, else a lower one. Its definitions may differ. `--override WANTED=USED` chooses yourself."),
    row("package-conflict", "two FHIR packages need two versions of a third",
        "Of each package one version is loaded: that which stands nearer to your own list. List both versions yourself to load both."),
    row("package-cycle", "FHIR packages stand upon each other in a circle",
        "Real packages do. All of them are loaded; which of two definitions of one canonical is the later one then depends on the order of your list."),
    row("package-clash", "FHIR packages define the same canonical",
        "The package that is loaded later wins: dependencies come before what needs them, and your list keeps its order. A definition in another version is had by its version, `url|version`."),
    row("package-archive", "the archive of a FHIR package is refused",
        "Archives come from strangers. They may hold files and folders below their own root, each name once, of a bounded size and number, and inflate to a bounded size. An archive with one bad entry is refused as a whole, and nothing of it is kept."),
    row("package-manifest", "a file of a FHIR package cannot be read or used",
        "A package has a `package.json` with `name` and `version`. Links inside a package's folder are not followed."),
    row("package-changed", "a FHIR package holds other definitions than before",
        "A published version does not change. If it did, results that rest on it cannot be compared. The digest is over the package's definitions, so it is the same for an archive and its folder."),
    row("terminology-server", "a terminology server cannot be asked",
        "The server is the one that `--tx` names; plugfest asks it only what packages leave undecided, uses no proxy and does not ask twice. What a server cannot say stays undecided, with its reason."),
    row("package-registry", "a FHIR package registry did not give what was asked for",
        "The registry is the one that `--registry` names; plugfest uses no proxy and does not ask twice. The message says what it answered."),
    row("output", "something could not be written", "The message names the path and the system's reason."),
    row("usage", "the command line asks for something that cannot be done", "The message says what; `--help` lists what can be asked."),
    row("no-input", "there is nothing to look at",
        "A file that was named is not there, cannot be read, or holds nothing of the kind that was asked for. Nothing to look at is never success."),
    row("fhirpath", "a FHIRPath expression cannot be read or evaluated",
        "The carets stand where the expression goes wrong. `plugfest explain fhirpath` lists the functions; a name with odd letters stands in backticks."),
    row("snapshot", "no snapshot of a StructureDefinition can be made",
        "Its base is not at hand (name the package that defines it with `--package`), or the differential contradicts the base: an element that the base does not have, limits that are wider, a type that is not allowed, a slice without slicing."),
    row("parse", "a resource cannot be read, or only by guessing",
        "The body breaks the rules of JSON, XML or UTF-8. A validator reads on where it can tell what was meant; another system may not."),
    row("structure", "an element is unknown, misplaced, or lacks content",
        "Names are those of the resource type's definition, with capitals as they stand there; properties of one's own belong into extensions."),
    row("cardinality", "an element occurs too often, or not often enough",
        "The definition or the profile says how many times an element may and must occur."),
    row("type", "a value has a type that is not allowed here",
        "Elements that end with `[x]` carry one of the listed types in their name; profiles may allow fewer of them."),
    row("value", "a value breaks its format, its limits, or what is fixed",
        "Each primitive type has a format (a date is a real day, an id has at most 64 letters of a small set), and profiles fix values or patterns."),
    row("invariant", "a rule of the definition does not hold",
        "Invariants are FHIRPath expressions that belong to a type or profile. The line `constraint` names the rule; `--ignore KEY` leaves one out, and the reason is yours to give."),
    row("binding", "a code is not one of those that are allowed",
        "A required binding takes codes of its value set only; an extensible one takes others where none fits; any code must exist in its code system."),
    row("reference", "a reference leads to nothing, or to the wrong thing",
        "References inside of a resource or Bundle must lead somewhere, and to one of the types that are allowed."),
    row("slicing", "a repetition fits no slice, or several, or a slice is missing",
        "Profiles divide the repetitions of an element into slices by the value, type or profile of what is inside."),
    row("extension", "an extension is unknown, misplaced, or holds the wrong value",
        "The definition of an extension says where it may stand and what it holds; one that changes the meaning of its element stands in `modifierExtension` only."),
    row("undecided", "something cannot be decided with what is at hand",
        "A profile, value set, code system or resource is missing. That counts neither as right nor as wrong. `--package` and `--definitions` bring definitions, and `--tx` asks a terminology server."),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique() {
        for (position, row) in CODES.iter().enumerate() {
            assert!(
                CODES[position + 1..]
                    .iter()
                    .all(|other| other.name != row.name),
                "{}",
                row.name
            );
        }
    }
}
