//! Runs snapshot cases: a `manifest.xml` beside inputs and expected outputs.

use crate::fhir::definitions::{Definitions, ElementDefinition, Loose, Structure, Trail, Version};
use crate::fhir::snapshot::{self, Order, compare};
use crate::fhir::tree::Resource;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// The files of a suite's folder.
pub trait Files {
    /// The bytes of a file, by its name in the folder.
    fn read(&self, path: &str) -> Option<Vec<u8>>;
}

/// What came of a suite.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// All cases of the manifest.
    pub cases: usize,
    /// Those that came out as expected.
    pub passed: usize,
    /// Those that did not.
    pub failed: usize,
    /// Those where the engine broke down.
    pub panics: usize,
    /// Each case that failed, and why.
    pub failures: Vec<Failure>,
}

/// A case that did not come out as expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The case's id in the manifest.
    pub case: String,
    /// What went wrong, the first difference first.
    pub reasons: Vec<String>,
}

/// One `test` of a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Case {
    id: String,
    /// Names of files without their endings, whose definitions the case builds on.
    registers: Vec<String>,
    order: Order,
    must_fail: bool,
    /// The release that the case names.
    version: Option<Version>,
    /// Whether a snapshot is to be made at all; some cases only sort a differential.
    generates: bool,
}

/// What became of one case.
enum End {
    Passed,
    Failed(Vec<String>),
    Panicked,
}

/// Runs all cases of a folder's manifest. `base` holds the definitions of the suite's release and its packages.
///
/// # Errors
/// Says why the manifest cannot be read.
pub fn run(files: &dyn Files, base: &Definitions) -> Result<Outcome, String> {
    run_across(files, &|_| Some(base))
}

/// As [`run`], for a suite whose cases are of several releases: `releases` is asked for the definitions of the release
/// that a case names, and of none where it names none.
///
/// # Errors
/// Says why the manifest cannot be read.
pub fn run_across<'d>(
    files: &dyn Files,
    releases: &dyn Fn(Option<Version>) -> Option<&'d Definitions>,
) -> Result<Outcome, String> {
    let manifest = files
        .read("manifest.xml")
        .ok_or("there is no `manifest.xml`")?;
    let mut outcome = Outcome::default();
    let mut made = Vec::new();
    for case in cases_of(&manifest)? {
        outcome.cases += 1;
        let ended = catch_unwind(AssertUnwindSafe(|| match releases(case.version) {
            Some(base) => run_case(files, base, &case, &mut made),
            None => End::Failed(vec![
                "the definitions of its release are not at hand".to_owned(),
            ]),
        }));
        match ended.unwrap_or(End::Panicked) {
            End::Passed => outcome.passed += 1,
            End::Failed(reasons) => outcome.fail(&case.id, reasons),
            End::Panicked => {
                outcome.panics += 1;
                outcome.fail(&case.id, vec!["the engine broke down".to_owned()]);
            }
        }
    }
    Ok(outcome)
}

impl Outcome {
    fn fail(&mut self, case: &str, reasons: Vec<String>) {
        self.failed += 1;
        let case = case.to_owned();
        self.failures.push(Failure { case, reasons });
    }
}

fn cases_of(manifest: &[u8]) -> Result<Vec<Case>, String> {
    let text = std::str::from_utf8(manifest).map_err(|error| error.to_string())?;
    let text = text.trim_start_matches('\u{FEFF}');
    let document = roxmltree::Document::parse(text).map_err(|error| error.to_string())?;
    let tests = document
        .descendants()
        .filter(|node| node.has_tag_name("test"));
    Ok(tests.filter_map(case_of).collect())
}

fn case_of(test: roxmltree::Node<'_, '_>) -> Option<Case> {
    let names = [test.attribute("register"), test.attribute("include")];
    let names = names
        .into_iter()
        .flatten()
        .flat_map(|names| names.split(','));
    Some(Case {
        id: test.attribute("id")?.to_owned(),
        registers: names.map(|name| name.trim().to_owned()).collect(),
        order: match test.attribute("sort") {
            Some("true") => Order::Any,
            _ => Order::OfTheBase,
        },
        must_fail: test.attribute("fail") == Some("true"),
        version: test.attribute("version").and_then(Version::parse),
        generates: test.attribute("gen") == Some("true"),
    })
}

/// Runs a case. What it makes joins what earlier cases made: later ones build on it.
fn run_case(
    files: &dyn Files,
    base: &Definitions,
    case: &Case,
    earlier: &mut Vec<Arc<Resource>>,
) -> End {
    let input = match resource(files, &[&format!("{}-input", case.id)]) {
        Ok(found) => found,
        Err(why) => return End::Failed(vec![why]),
    };
    let definitions = match with_registered(files, base, case, earlier) {
        Ok(definitions) => definitions,
        Err(why) => return End::Failed(vec![why]),
    };
    if !case.generates {
        return sorted(files, case, &definitions, &input);
    }
    let made = snapshot::generate(&definitions, &input, case.order, &mut Trail::default());
    match (made, case.must_fail) {
        (Err(_), true) => End::Passed,
        (Ok(_), true) => End::Failed(vec!["accepted, but must be refused".to_owned()]),
        (Err(why), false) => End::Failed(vec![format!("refused: {why}")]),
        (Ok(made), false) => {
            let made = Arc::new(made);
            earlier.push(made.clone());
            compared(files, case, &made)
        }
    }
}

/// A definition with a new snapshot; `None` where its base is not at hand.
fn with_new_snapshot(definitions: &Definitions, given: &Arc<Resource>) -> Option<Resource> {
    let address = Structure::read(given)?.base?;
    definitions.find(&address)?;
    snapshot::generate(definitions, given, Order::Any, &mut Trail::default()).ok()
}

/// A case that only sorts a differential.
fn sorted(files: &dyn Files, case: &Case, definitions: &Definitions, input: &Arc<Resource>) -> End {
    let expected = match resource(files, &[&format!("{}-expected", case.id)]) {
        Ok(found) => found,
        Err(why) => return End::Failed(vec![why]),
    };
    let (Some(given), Some(expected)) = (Structure::read(input), Structure::read(&expected)) else {
        return End::Failed(vec!["input or output is no StructureDefinition".to_owned()]);
    };
    let made = match snapshot::sorted(definitions, &given, &mut Trail::default()) {
        Ok(made) => made,
        Err(why) => return End::Failed(vec![format!("refused: {why}")]),
    };
    let names = |elements: &[ElementDefinition]| -> Vec<String> {
        let name =
            |element: &ElementDefinition| format!("{} {:?}", element.path, element.slice_name);
        elements.iter().map(name).collect()
    };
    let (made, wanted) = (names(&made), names(&expected.differential));
    match made == wanted {
        true => End::Passed,
        false => End::Failed(vec![format!("sorted as {made:?}, expected {wanted:?}")]),
    }
}

/// The definitions of a case: its files get new snapshots, where that can be, as everything does in these suites.
fn with_registered(
    files: &dyn Files,
    base: &Definitions,
    case: &Case,
    earlier: &[Arc<Resource>],
) -> Result<Definitions, String> {
    let library = |known: &[Arc<Resource>]| {
        let resources = earlier.iter().chain(known).cloned();
        Arc::new(Loose::new("the case", resources.collect::<Vec<_>>())) as _
    };
    let mut known = Vec::new();
    for name in &case.registers {
        known.push(resource(files, &[name])?);
    }
    for at in 0..known.len() {
        let definitions = base.with([library(&known)]);
        if let Some(made) = with_new_snapshot(&definitions, &known[at]) {
            known[at] = Arc::new(made);
        }
    }
    Ok(base.with([library(&known)]))
}

fn compared(files: &dyn Files, case: &Case, made: &Arc<Resource>) -> End {
    let names = ["expected", "output"].map(|ending| format!("{}-{ending}", case.id));
    let expected = match resource(files, &[&names[0], &names[1]]) {
        Ok(found) => found,
        Err(why) => return End::Failed(vec![why]),
    };
    let structures = (Structure::read(made), Structure::read(&expected));
    let (Some(made), Some(expected)) = structures else {
        return End::Failed(vec!["input or output is no StructureDefinition".to_owned()]);
    };
    let differences = compare::differences(&made, &expected);
    match differences.is_empty() {
        true => End::Passed,
        false => End::Failed(differences),
    }
}

/// The first of these files that is there, as XML or JSON.
fn resource(files: &dyn Files, names: &[&str]) -> Result<Arc<Resource>, String> {
    for name in names {
        if let Some(bytes) = files.read(&format!("{name}.xml")) {
            let read = Resource::parse_xml(&bytes);
            return read
                .map(Arc::new)
                .map_err(|error| format!("`{name}.xml`: {error}"));
        }
        if let Some(bytes) = files.read(&format!("{name}.json")) {
            let read = Resource::parse_json(&bytes);
            return read
                .map(Arc::new)
                .map_err(|error| format!("`{name}.json`: {error}"));
        }
    }
    Err(format!("there is no file `{}`", names.join("` or `")))
}
