//! The official FHIRPath suites: their cases as plain data, and one run of a case over its resource.

use super::World;
use crate::fhir::definitions::{Definitions, Version};
use crate::fhir::fhirpath::{
    Collection, EvaluationError, Expression, Members, Services, TemporalKind, Value, Variables,
};
use crate::fhir::terminology::{CodeRef, Membership, Packaged, Terminology};
use crate::fhir::tree::Resource;
use crate::fhir::types::{self, Types};
use crate::fhir::validate::{Grade, IssueKind, Options, Validator, Weight};
use crate::fhir::{Decimal, Element};
use roxmltree::{Document, Node};
use serde::Serialize;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// The clock of cases, where the services have none: after all dates of the inputs.
const CLOCK: &str = "2026-11-24T10:00:00.000Z";

/// One case of a suite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathCase {
    /// The group that it stands in.
    pub group: String,
    /// Its name; suites have a few cases without one.
    pub name: String,
    /// The file that it looks at; `None` where it needs none.
    pub input: Option<String>,
    /// The expression.
    pub expression: String,
    /// How strictly names are taken.
    pub mode: PathMode,
    /// How the result is read.
    pub reading: Reading,
    /// Whether the outputs come in the order that is listed.
    pub order: OutputOrder,
    /// When the expression must be refused; `None` where it must not.
    pub invalid: Option<Invalid>,
    /// What the expression yields.
    pub outputs: Vec<PathOutput>,
}

/// How strictly names are taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathMode {
    /// An unknown element finds nothing.
    Lenient,
    /// An unknown element is an error.
    Strict,
    /// A mode of other engines or of services, such as `cda` or `tx`; run leniently.
    Other(String),
}

/// How a result is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// As items.
    Items,
    /// As one truth value: a single boolean is itself, any other item is true, and nothing is false.
    Predicate,
}

/// Whether the order of outputs counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputOrder {
    /// It does.
    Listed,
    /// It does not.
    Any,
}

/// When an expression must be refused at the latest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Invalid {
    /// When it is parsed.
    Syntax,
    /// When it is checked against the type of the resource, or evaluated.
    Semantic,
    /// When it is evaluated.
    Execution,
}

/// One output that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathOutput {
    /// Such as `boolean` or `code`; `None` where the case does not care.
    pub type_name: Option<String>,
    /// The value as text.
    pub text: String,
}

/// What a case came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathOutcome {
    /// As the suite wants it.
    Passed,
    /// Otherwise, and how.
    Failed(String),
}

/// How cases came out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct PathTally {
    /// All cases of the suite.
    pub cases: usize,
    /// Those that came out as the suite wants it.
    pub passed: usize,
    /// Those that did not, panics included.
    pub failed: usize,
    /// Those in which the engine broke down.
    pub panics: usize,
}

/// A case that did not come out as the suite wants it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PathDisagreement {
    /// The group.
    pub group: String,
    /// The case.
    pub name: String,
    /// Its expression.
    pub expression: String,
    /// What was seen, and what was wanted.
    pub reason: String,
}

/// A whole suite, added up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct PathSummary {
    /// Everything.
    pub total: PathTally,
    /// By group.
    pub by_group: BTreeMap<String, PathTally>,
    /// In the order of the suite.
    pub disagreements: Vec<PathDisagreement>,
}

/// Where a suite keeps the inputs of its cases.
const INPUTS: &str = "input";

/// The input of cases that name none, since they look at no resource.
const ANY_INPUT: &str = "patient-example.xml";

/// Runs a whole suite, such as `tests-fhir-r4.xml`, with the types of a release.
///
/// # Errors
/// Says why the suite cannot be read.
pub fn run(suite: &str, world: &dyn World, version: Version) -> Result<PathSummary, String> {
    let bytes = world
        .file(suite)
        .ok_or_else(|| format!("`{suite}` is missing"))?;
    let text = String::from_utf8(bytes).map_err(|error| error.to_string())?;
    let definitions = world.definitions(version);
    let mut inputs: BTreeMap<String, Option<Resource>> = BTreeMap::new();
    let mut summary = PathSummary::default();
    for case in path_cases(&text)? {
        let name = case.input.as_deref().unwrap_or(ANY_INPUT);
        let input = inputs
            .entry(name.to_owned())
            .or_insert_with(|| input_of(world, name));
        let ended = match input {
            Some(input) => {
                let services = Known::of(&definitions, input);
                let run = || run_path_case(&case, input, &*definitions, &services);
                catch_unwind(AssertUnwindSafe(run)).ok()
            }
            None => Some(PathOutcome::Failed(format!(
                "`{name}` is missing, or no resource"
            ))),
        };
        summary.add(&case, ended);
    }
    Ok(summary)
}

/// The input in the format that the case names, or in the other one.
fn input_of(world: &dyn World, name: &str) -> Option<Resource> {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let names = [
        name.to_owned(),
        format!("{stem}.xml"),
        format!("{stem}.json"),
    ];
    let bytes = names
        .iter()
        .find_map(|name| world.file(&format!("{INPUTS}/{name}")))?;
    Resource::parse_any(&bytes).ok()
}

impl PathSummary {
    /// Adds a case; `None` is a panic.
    fn add(&mut self, case: &PathCase, ended: Option<PathOutcome>) {
        let mut tally = PathTally {
            cases: 1,
            ..PathTally::default()
        };
        let reason = match ended {
            Some(PathOutcome::Passed) => {
                tally.passed = 1;
                None
            }
            Some(PathOutcome::Failed(reason)) => Some(reason),
            None => {
                tally.panics = 1;
                Some("the engine broke down".to_owned())
            }
        };
        tally.failed = 1 - tally.passed;
        self.total.add(tally);
        self.by_group
            .entry(case.group.clone())
            .or_default()
            .add(tally);
        self.disagreements
            .extend(reason.map(|reason| PathDisagreement {
                group: case.group.clone(),
                name: case.name.clone(),
                expression: case.expression.trim().to_owned(),
                reason,
            }));
    }
}

impl PathTally {
    fn add(&mut self, other: Self) {
        self.cases += other.cases;
        self.passed += other.passed;
        self.failed += other.failed;
        self.panics += other.panics;
    }
}

/// What the definitions of a release know of a resource.
struct Known<'k> {
    definitions: &'k Arc<Definitions>,
    terminology: Arc<Packaged>,
    resource: &'k Resource,
}

impl<'k> Known<'k> {
    fn of(definitions: &'k Arc<Definitions>, resource: &'k Resource) -> Self {
        Self {
            definitions,
            terminology: Arc::new(Packaged::new(definitions.clone())),
            resource,
        }
    }

    fn codes(element: Element<'_>) -> Vec<CodeRef<'_>> {
        let coding = |holder| {
            Some(CodeRef {
                system: part_of(holder, "system"),
                version: part_of(holder, "version"),
                code: part_of(holder, "code")?,
                display: None,
            })
        };
        if let Some(code) = element.value() {
            return vec![CodeRef {
                code,
                ..CodeRef::default()
            }];
        }
        let codings = element.children().filter(|child| child.name() == "coding");
        coding(element)
            .into_iter()
            .chain(codings.filter_map(coding))
            .collect()
    }
}

fn part_of<'e>(holder: Element<'e>, name: &str) -> Option<&'e str> {
    holder.child(name)?.value()
}

impl Services for Known<'_> {
    fn conforms_to(&self, element: Element<'_>, profile: &str) -> Option<bool> {
        if element != self.resource.root() || self.definitions.structure(profile).is_err() {
            return None;
        }
        let terminology: Arc<dyn Terminology> = self.terminology.clone();
        let validator = Validator::new(self.definitions.clone(), terminology, Options::default());
        let issues = validator.validate(self.resource, &[profile]);
        let wrong = |grade| matches!(grade, Grade::Fatal | Grade::Error);
        if issues.iter().any(|issue| wrong(issue.grade)) {
            return Some(false);
        }
        let open = issues
            .iter()
            .any(|issue| issue.kind == IssueKind::Undecided && issue.weight == Weight::Decisive);
        (!open).then_some(true)
    }

    fn member_of(&self, element: Element<'_>, value_set: &str) -> Result<Option<bool>, String> {
        let mut open = None;
        for code in Self::codes(element) {
            match self.terminology.member(&code, value_set) {
                Membership::Member => return Ok(Some(true)),
                Membership::NotMember(_) => {}
                Membership::Undecided(why) => open = Some(why),
            }
        }
        open.map_or(Ok(Some(false)), Err)
    }

    fn subsumes(&self, ancestor: Element<'_>, descendant: Element<'_>) -> Option<bool> {
        let (above, below) = (Self::codes(ancestor), Self::codes(descendant));
        let mut answer = Some(false);
        for (above, below) in above
            .iter()
            .flat_map(|above| below.iter().map(move |below| (above, below)))
        {
            match above.system.filter(|system| below.system == Some(system)) {
                None => {}
                Some(system) => match self.terminology.subsumes(system, above.code, below.code) {
                    Some(true) => return Some(true),
                    Some(false) => {}
                    None => answer = None,
                },
            }
        }
        answer
    }

    fn resolve(&self, _reference: &str) -> Option<Element<'_>> {
        None
    }
}

/// Reads the cases of a suite's XML, in the dialects of R4, R4B and R5.
pub fn path_cases(xml: &str) -> Result<Vec<PathCase>, String> {
    let document = Document::parse(xml).map_err(|error| error.to_string())?;
    let tests = document
        .descendants()
        .filter(|node| node.has_tag_name("test"));
    tests.map(case_of).collect()
}

fn case_of(test: Node<'_, '_>) -> Result<PathCase, String> {
    let name = test.attribute("name").unwrap_or_default().to_owned();
    let mut children = test.children();
    let expression = children
        .find(|child| child.has_tag_name("expression"))
        .ok_or_else(|| format!("the case `{name}` has no expression"))?;
    let group = test.parent().and_then(|group| group.attribute("name"));
    let mode = test.attribute("mode").or(expression.attribute("mode"));
    let is = |attribute: &str, value: &str| test.attribute(attribute) == Some(value);
    Ok(PathCase {
        group: group.unwrap_or_default().to_owned(),
        name,
        input: test.attribute("inputfile").map(str::to_owned),
        expression: expression.text().unwrap_or_default().to_owned(),
        mode: match mode {
            None => PathMode::Lenient,
            Some("strict") => PathMode::Strict,
            Some(other) => PathMode::Other(other.to_owned()),
        },
        reading: match is("predicate", "true") {
            true => Reading::Predicate,
            false => Reading::Items,
        },
        order: match is("ordered", "false") {
            true => OutputOrder::Any,
            false => OutputOrder::Listed,
        },
        invalid: expression.attribute("invalid").and_then(invalid_of),
        outputs: test.children().filter_map(output_of).collect(),
    })
}

fn invalid_of(word: &str) -> Option<Invalid> {
    match word {
        "false" => None,
        "syntax" => Some(Invalid::Syntax),
        "semantic" => Some(Invalid::Semantic),
        _ => Some(Invalid::Execution),
    }
}

fn output_of(node: Node<'_, '_>) -> Option<PathOutput> {
    node.has_tag_name("output").then(|| PathOutput {
        type_name: node.attribute("type").map(str::to_owned),
        text: node.text().unwrap_or_default().trim().to_owned(),
    })
}

/// Runs a case over its resource, as the suite defines it.
pub fn run_path_case(
    case: &PathCase,
    input: &Resource,
    types: &dyn Types,
    services: &dyn Services,
) -> PathOutcome {
    let outcome = match Expression::parse(&case.expression) {
        Ok(expression) => run_parsed(case, &expression, input, types, services),
        Err(_) if case.invalid.is_some() => Ok(()),
        Err(error) => Err(error.to_string()),
    };
    match outcome {
        Ok(()) => PathOutcome::Passed,
        Err(why) => PathOutcome::Failed(why),
    }
}

fn run_parsed(
    case: &PathCase,
    expression: &Expression,
    input: &Resource,
    types: &dyn Types,
    services: &dyn Services,
) -> Result<(), String> {
    if case.invalid == Some(Invalid::Syntax) {
        return Err("is parsed, but should not be".to_owned());
    }
    let strict = case.mode == PathMode::Strict;
    let checked = input
        .type_name()
        .filter(|_| strict || case.invalid == Some(Invalid::Semantic));
    let faults = checked.map(|name| expression.check(name, types));
    match faults.unwrap_or_default().first() {
        Some(_) if case.invalid.is_some() => return Ok(()),
        Some(fault) => return Err(format!("is refused: {fault}")),
        None => {}
    }
    let variables = variables(strict, types, services)?;
    match (expression.evaluate(input, &variables), case.invalid) {
        (Ok(found), None) => compare(case, &found, types),
        (Ok(found), Some(_)) => Err(format!("yields {:?}, but must not", found.texts())),
        (Err(_), Some(_)) => Ok(()),
        (Err(error), None) => Err(EvaluationError::to_string(&error)),
    }
}

fn variables<'r>(
    strict: bool,
    types: &'r dyn Types,
    services: &'r dyn Services,
) -> Result<Variables<'r>, String> {
    let members = match strict {
        true => Members::Strict,
        false => Members::Lenient,
    };
    let variables = Variables::new()
        .with_members(members)
        .with_types(types)
        .with_services(services);
    match services.now() {
        Some(_) => Ok(variables),
        None => variables
            .with_clock(CLOCK)
            .ok_or_else(|| "the clock is broken".to_owned()),
    }
}

fn compare(case: &PathCase, found: &Collection<'_>, types: &dyn Types) -> Result<(), String> {
    if case.reading == Reading::Predicate {
        return compare_truth(case, found);
    }
    let mut items: Vec<(String, Option<String>)> = found
        .items()
        .iter()
        .map(|item| (written(item), type_of(item, types)))
        .collect();
    let mut wanted: Vec<(String, Option<String>)> = case
        .outputs
        .iter()
        .map(|output| (output.text.clone(), output.type_name.clone()))
        .collect();
    if case.order == OutputOrder::Any {
        items.sort();
        wanted.sort();
    }
    let same = |(found, wanted): (&(String, _), &(String, _))| same_text(&found.0, &wanted.0);
    if items.len() != wanted.len() || !items.iter().zip(&wanted).all(same) {
        let texts = |rows: &[(String, _)]| rows.iter().map(|row| row.0.clone()).collect::<Vec<_>>();
        return Err(format!(
            "yields {:?}, wanted {:?}",
            texts(&items),
            texts(&wanted)
        ));
    }
    for ((text, is), (_, wanted)) in items.iter().zip(&wanted) {
        if let (Some(is), Some(wanted)) = (is, wanted)
            && !is.eq_ignore_ascii_case(wanted)
        {
            return Err(format!("`{text}` is of type {is}, wanted {wanted}"));
        }
    }
    Ok(())
}

fn compare_truth(case: &PathCase, found: &Collection<'_>) -> Result<(), String> {
    let truth = match found.len() {
        0 => false,
        1 => found.truth() == Some(true),
        _ => true,
    };
    match case.outputs.first() {
        Some(output) if output.text != truth.to_string() => Err(format!("is {truth}")),
        Some(_) | None => Ok(()),
    }
}

/// A value as suites write it: literals of dates and times have their mark.
fn written(item: &Value<'_>) -> String {
    let text = item.text().unwrap_or("(complex)".into());
    if let Value::Temporal(point) = item
        && point.kind() == TemporalKind::Time
    {
        return format!("T{text}");
    }
    text.into_owned()
}

/// Numbers are compared by value, all else by its text without the mark of literals.
fn same_text(found: &str, wanted: &str) -> bool {
    let plain = |text: &str| text.trim_start_matches('@').to_owned();
    let numbers = (Decimal::parse(found), Decimal::parse(wanted));
    plain(found) == plain(wanted) || matches!(numbers, (Some(one), Some(other)) if one == other)
}

/// The type of an item as suites name it; `None` for elements whose type is not known.
fn type_of(item: &Value<'_>, types: &dyn Types) -> Option<String> {
    if let Some(element) = item.element() {
        return element_type(element, types);
    }
    let name = item.system_type()?;
    Some(match name {
        "Long" => "integer64".to_owned(),
        _ => name.to_owned(),
    })
}

fn element_type(element: Element<'_>, types: &dyn Types) -> Option<String> {
    types::type_of(element, types).map(str::to_owned)
}
