//! Runs the official FHIRPath suites for FHIR R4 and R4B over their inputs, as XML and as JSON, whichever is there.
//!
//! Deviations that we know of stand in `fhirpath-*-deviations.txt` with a reason: a test fails when one of them starts to
//! pass, and when any other case fails. A case passes when it passes over every format.

use plugfest::fhir::definitions::{Definitions, Library, Version};
use plugfest::fhir::suite::World;
use plugfest::fhir::suite::fhirpath::{self, PathCase, PathOutcome, path_cases, run_path_case};
use plugfest::fhir::{BuiltIn, Element, Expression, NoServices, Resource, Services, Types};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The input of cases that name none, since they look at no resource.
const ANY_INPUT: &str = "patient-example.xml";

#[test]
fn official_r4_suite() {
    run_suite("r4", include_str!("fhirpath-r4-deviations.txt"));
}

#[test]
fn official_r4b_suite() {
    run_suite("r4b", include_str!("fhirpath-r4b-deviations.txt"));
}

/// Runs the suite of one version of FHIR, against the deviations that are known of it.
fn run_suite(version: &str, deviations: &str) {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/fhir/fhirpath");
    let folder = data.join(version);
    let file = folder.join(format!("tests-fhir-{version}.xml"));
    let Ok(suite) = std::fs::read_to_string(&file) else {
        return skipped(&file);
    };
    let cases = path_cases(&suite).expect("the suite is XML");
    let mut tally = Tally::of(deviations);
    for case in &cases {
        for body in bodies(&folder, case) {
            let resource = body.parse().expect("an input");
            let outcome = run_path_case(case, &resource, &BuiltIn, &OwnTypes);
            tally.add(case, body.format, outcome);
        }
    }
    tally.report(version, cases.len());
}

/// The folder of a suite, with the definitions that are embedded.
struct Folder(PathBuf);

impl World for Folder {
    fn file(&self, path: &str) -> Option<Vec<u8>> {
        std::fs::read(self.0.join(path)).ok()
    }

    fn definitions(&self, version: Version) -> Arc<Definitions> {
        Arc::new(Definitions::core(version))
    }

    fn package(&self, name: &str) -> Result<Vec<Arc<dyn Library>>, String> {
        Err(format!("{name} is not at hand"))
    }
}

#[test]
fn suites_run_as_a_whole_with_the_types_of_their_release() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/fhir/fhirpath");
    let suites = [
        (
            "r4",
            Version::R4,
            include_str!("fhirpath-r4-deviations.txt"),
        ),
        (
            "r4b",
            Version::R4B,
            include_str!("fhirpath-r4b-deviations.txt"),
        ),
    ];
    for (name, version, deviations) in suites {
        let (folder, file) = (data.join(name), format!("tests-fhir-{name}.xml"));
        if !folder.join(&file).exists() {
            return skipped(&folder.join(&file));
        }
        let summary = fhirpath::run(&file, &Folder(folder), version).expect("a suite");
        // Validation answers `conformsTo` here, and has its own tests: this one holds the whole to its share.
        let (cases, passed) = (summary.total.cases, summary.total.passed);
        assert!(
            passed * 1000 >= cases * 995,
            "only {passed} of {cases} cases pass: {:#?}",
            summary.disagreements
        );
        let known = Tally::of(deviations).deviations;
        let failed = |name: &String| summary.disagreements.iter().any(|case| case.name == *name);
        assert!(known.keys().all(failed), "a deviation did not fail");
        assert_eq!(summary.total.panics, 0);
        assert_eq!(
            summary.total.cases,
            summary.total.passed + summary.total.failed
        );
    }
}

/// Straight to standard error: what a passing test prints is kept back, and a skip must be seen.
fn skipped(file: &Path) {
    let mut loud = std::io::stderr();
    let file = file.display();
    writeln!(
        loud,
        "SKIPPED: 1 suite of FHIRPath tests, since {file} is absent"
    )
    .expect("standard error takes a line");
}

/// Knows of a resource that it conforms to its own type's profile, and of nothing else.
struct OwnTypes;

impl Services for OwnTypes {
    fn conforms_to(&self, element: Element<'_>, profile: &str) -> Option<bool> {
        let own = profile.strip_prefix("http://hl7.org/fhir/StructureDefinition/")?;
        (element.type_name(&BuiltIn) == Some(own)).then_some(true)
    }

    fn member_of(&self, element: Element<'_>, value_set: &str) -> Result<Option<bool>, String> {
        NoServices.member_of(element, value_set)
    }

    fn resolve(&self, _reference: &str) -> Option<Element<'_>> {
        None
    }
}

/// What the runs came to.
struct Tally {
    deviations: BTreeMap<String, String>,
    runs: usize,
    failed: BTreeSet<String>,
    surprises: Vec<String>,
}

impl Tally {
    /// A list of deviations: each line has a name, a colon and the reason.
    fn of(deviations: &str) -> Self {
        let lines = deviations
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        let rows = lines.map(|line| {
            let (name, reason) = line
                .split_once(": ")
                .expect("a deviation has a name and a reason");
            assert!(reason.len() > 10, "{name} has no reason");
            (name.to_owned(), reason.to_owned())
        });
        Self {
            deviations: rows.collect(),
            runs: 0,
            failed: BTreeSet::new(),
            surprises: Vec::new(),
        }
    }

    fn add(&mut self, case: &PathCase, format: &str, outcome: PathOutcome) {
        self.runs += 1;
        let PathOutcome::Failed(why) = outcome else {
            return;
        };
        let (name, expression) = (&case.name, &case.expression);
        self.failed.insert(name.clone());
        if !self.deviations.contains_key(name) {
            self.surprises
                .push(format!("{name} ({format}): {why}\n    {expression}"));
        }
    }

    #[expect(clippy::print_stdout, reason = "the totals must be seen")]
    fn report(mut self, version: &str, cases: usize) {
        for name in self.deviations.keys() {
            if !self.failed.contains(name) {
                self.surprises
                    .push(format!("{name}: is listed as a deviation and did not fail"));
            }
        }
        let (runs, passed) = (self.runs, cases - self.failed.len());
        println!("FHIRPath {version}: {cases} cases in {runs} runs, {passed} cases passed");
        let surprises = self.surprises.join("\n");
        assert!(
            surprises.is_empty(),
            "{} surprises:\n{surprises}",
            self.surprises.len()
        );
        assert!(cases > 900, "the suite has shrunk to {cases} cases");
        assert!(
            passed * 1000 >= cases * 995,
            "only {passed} of {cases} cases pass"
        );
    }
}

#[test]
fn what_the_suite_takes_is_not_refused_before_there_is_data() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/fhir/fhirpath/r4");
    let file = data.join("tests-fhir-r4.xml");
    let Ok(suite) = std::fs::read_to_string(&file) else {
        return skipped(&file);
    };
    let cases = path_cases(&suite).expect("the suite is XML");
    let mut refused = Vec::new();
    for case in cases.iter().filter(|case| case.invalid.is_none()) {
        let body = bodies(&data, case).remove(0).parse().expect("an input");
        let expression = Expression::parse(&case.expression).expect("an expression");
        let root = body.type_name().expect("a resource");
        refused.extend(
            expression
                .check(root, &BuiltIn as &dyn Types)
                .iter()
                .map(|error| format!("{}: {error}\n    {}", case.name, case.expression)),
        );
    }
    assert!(
        refused.is_empty(),
        "{} refused:\n{}",
        refused.len(),
        refused.join("\n")
    );
}

/// An input in one format.
struct Body {
    format: &'static str,
    bytes: Vec<u8>,
}

impl Body {
    fn parse(&self) -> Result<Resource, String> {
        let parsed = match self.format {
            "xml" => Resource::parse_xml(&self.bytes),
            _ => Resource::parse_json(&self.bytes),
        };
        parsed.map_err(|error| error.to_string())
    }
}

/// The input of a case in every format that is there; what is there as XML only, is also run as the JSON it means.
fn bodies(folder: &Path, case: &PathCase) -> Vec<Body> {
    let input = case.input.as_deref().unwrap_or(ANY_INPUT);
    let named = folder.join("input").join(input);
    let read = |format: &'static str| {
        let bytes = std::fs::read(named.with_extension(format)).ok()?;
        Some(Body { format, bytes })
    };
    let mut bodies: Vec<Body> = ["xml", "json"].into_iter().filter_map(read).collect();
    assert!(
        !bodies.is_empty(),
        "{} has no input {}",
        case.name,
        named.display()
    );
    if let [only] = bodies.as_slice()
        && only.format == "xml"
    {
        let bytes = json_of(&only.parse().expect("an input")).into_bytes();
        bodies.push(Body {
            format: "json",
            bytes,
        });
    }
    bodies
}

/// An XML resource as JSON. What repeats is an array, and so is nothing else: the engine does not mind.
fn json_of(resource: &Resource) -> String {
    object_of(resource.root())
}

fn object_of(element: Element<'_>) -> String {
    let mut properties: Vec<String> = Vec::new();
    properties.extend(
        element
            .resource_type()
            .map(|name| format!("\"resourceType\": \"{name}\"")),
    );
    let mut seen = BTreeSet::new();
    for child in element.children().filter(|child| seen.insert(child.name())) {
        let twins: Vec<Element<'_>> = element
            .children()
            .filter(|twin| twin.name() == child.name())
            .collect();
        let list = |items: Vec<String>| match items.as_slice() {
            [item] => item.clone(),
            items => format!("[{}]", items.join(", ")),
        };
        let primitive = twins.iter().any(|twin| twin.value().is_some());
        let values = twins.iter().map(|twin| {
            if primitive {
                value_of(*twin)
            } else {
                object_of(*twin)
            }
        });
        properties.push(format!("\"{}\": {}", child.name(), list(values.collect())));
        if primitive && twins.iter().any(|twin| twin.children().next().is_some()) {
            let besides = twins.iter().map(|twin| object_of(*twin)).map(|object| {
                if object == "{}" {
                    "null".to_owned()
                } else {
                    object
                }
            });
            properties.push(format!(
                "\"_{}\": {}",
                child.name(),
                list(besides.collect())
            ));
        }
    }
    format!("{{{}}}", properties.join(", "))
}

fn value_of(element: Element<'_>) -> String {
    let Some(text) = element.value() else {
        return "null".to_owned();
    };
    match element.type_name(&BuiltIn) {
        Some("boolean" | "integer" | "decimal" | "positiveInt" | "unsignedInt") => text.to_owned(),
        _ => serde_json::Value::from(text).to_string(),
    }
}
