//! Runs the official FHIRPath suite for FHIR R4 over its inputs, as XML and as JSON, whichever is there.
//!
//! Deviations that we know of stand in `fhirpath-r4-deviations.txt` with a reason: the test fails when one of them
//! starts to pass, and when any other test fails.

use plugfest::fhir::{
    BuiltIn, Collection, Element, Expression, Members, Resource, Temporal, TemporalKind, Value,
    Variables,
};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;

/// A moment after all dates of the inputs.
const CLOCK: &str = "2026-11-24T10:00:00.000Z";

/// The input of tests that name none, since they look at no resource.
const ANY_INPUT: &str = "patient-example.xml";

const DEVIATIONS: &str = include_str!("fhirpath-r4-deviations.txt");

#[test]
fn official_r4_suite() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/fhir/fhirpath/r4");
    let Ok(suite) = std::fs::read_to_string(folder.join("tests-fhir-r4.xml")) else {
        // Straight to standard error: what a passing test prints is kept back, and a skip must be seen.
        let mut loud = std::io::stderr();
        writeln!(
            loud,
            "SKIPPED: 1 suite of FHIRPath tests, since {} is absent",
            folder.display()
        )
        .expect("standard error takes a line");
        return;
    };
    let document = roxmltree::Document::parse(&suite).expect("the suite is XML");
    let nodes = document
        .descendants()
        .filter(|node| node.has_tag_name("test"));
    let tests: Vec<Test> = nodes.map(Test::of).collect();
    let mut tally = Tally::default();
    for test in &tests {
        for body in bodies(&folder, test) {
            tally.add(test, &body, test.run(&body));
        }
    }
    tally.report(tests.len());
}

/// What the runs came to.
#[derive(Default)]
struct Tally {
    runs: usize,
    passed: usize,
    failed: BTreeSet<String>,
    surprises: Vec<String>,
}

impl Tally {
    fn add(&mut self, test: &Test, body: &Body, outcome: Result<(), String>) {
        self.runs += 1;
        let expected = deviations().contains_key(test.name.as_str());
        match outcome {
            Ok(()) => {
                self.passed += 1;
                if expected {
                    self.surprises.push(format!(
                        "{}: passes, yet is listed as a deviation",
                        test.name
                    ));
                }
            }
            Err(_) if expected => {
                self.failed.insert(test.name.clone());
            }
            Err(why) => {
                let format = body.format;
                self.surprises.push(format!(
                    "{} ({format}): {why}\n    {}",
                    test.name, test.expression
                ));
            }
        }
    }

    #[expect(clippy::print_stdout, reason = "the totals must be seen")]
    fn report(mut self, tests: usize) {
        for name in deviations().keys() {
            if !self.failed.contains(*name) {
                self.surprises
                    .push(format!("{name}: is listed as a deviation and did not fail"));
            }
        }
        let (runs, passed) = (self.runs, self.passed);
        println!("FHIRPath R4: {tests} tests, {runs} runs over XML and JSON, {passed} passed");
        let surprises = self.surprises.join("\n");
        assert!(
            surprises.is_empty(),
            "{} surprises:\n{surprises}",
            self.surprises.len()
        );
        assert!(tests > 900, "the suite has shrunk to {tests} tests");
        assert!(
            passed * 100 >= runs * 97,
            "only {passed} of {runs} runs pass"
        );
    }
}

/// Tests that are expected to fail, with the reason; each line has a name, a colon and the reason.
fn deviations() -> BTreeMap<&'static str, &'static str> {
    let lines = DEVIATIONS
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let rows = lines.map(|line| {
        let (name, reason) = line
            .split_once(": ")
            .expect("a deviation has a name and a reason");
        assert!(reason.len() > 10, "{name} has no reason");
        (name, reason)
    });
    rows.collect()
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

/// The input of a test in every format that is there; what is there as XML only, is also run as the JSON it means.
fn bodies(folder: &Path, test: &Test) -> Vec<Body> {
    let named = folder.join("input").join(&test.input);
    let read = |format: &'static str| {
        let bytes = std::fs::read(named.with_extension(format)).ok()?;
        Some(Body { format, bytes })
    };
    let mut bodies: Vec<Body> = ["xml", "json"].into_iter().filter_map(read).collect();
    assert!(
        !bodies.is_empty(),
        "{} has no input {}",
        test.name,
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

struct Test {
    name: String,
    input: String,
    expression: String,
    /// Whether the expression must be refused, when parsed or when evaluated.
    invalid: bool,
    strict: bool,
    predicate: bool,
    ordered: bool,
    outputs: Vec<(Option<String>, String)>,
}

impl Test {
    fn of(node: roxmltree::Node<'_, '_>) -> Self {
        let expression = node
            .children()
            .find(|child| child.has_tag_name("expression"))
            .expect("an expression");
        let outputs = node.children().filter(|child| child.has_tag_name("output"));
        let text =
            |node: roxmltree::Node<'_, '_>| node.text().unwrap_or_default().trim().to_owned();
        let flag = |name: &str, value: &str| node.attribute(name) == Some(value);
        Self {
            name: node.attribute("name").expect("a name").to_owned(),
            input: node.attribute("inputfile").unwrap_or(ANY_INPUT).to_owned(),
            expression: expression.text().unwrap_or_default().to_owned(),
            invalid: expression.attribute("invalid").is_some(),
            strict: flag("mode", "strict") || expression.attribute("mode") == Some("strict"),
            predicate: flag("predicate", "true"),
            ordered: !flag("ordered", "false"),
            outputs: outputs
                .map(|output| (output.attribute("type").map(str::to_owned), text(output)))
                .collect(),
        }
    }

    fn run(&self, body: &Body) -> Result<(), String> {
        let resource = body.parse()?;
        let members = if self.strict {
            Members::Strict
        } else {
            Members::Lenient
        };
        let variables = Variables::new()
            .with_members(members)
            .with_clock(CLOCK)
            .expect("a clock");
        let expression = match Expression::parse(&self.expression) {
            Ok(expression) => expression,
            Err(_) if self.invalid => return Ok(()),
            Err(error) => return Err(error.to_string()),
        };
        match expression.evaluate(&resource, &variables) {
            Err(_) if self.invalid => Ok(()),
            Err(error) => Err(error.to_string()),
            Ok(found) if self.invalid => {
                Err(format!("yields {:?}, but should be refused", found.texts()))
            }
            Ok(found) => self.compare(&found),
        }
    }

    fn compare(&self, found: &Collection<'_>) -> Result<(), String> {
        if self.predicate {
            let truth = found.truth().is_some_and(|truth| truth).to_string();
            return if self.outputs[0].1 == truth {
                Ok(())
            } else {
                Err(format!("is {truth}"))
            };
        }
        let mut found_texts: Vec<String> = found.items().iter().map(written).collect();
        let mut wanted: Vec<String> = self
            .outputs
            .iter()
            .map(|(_, text)| text.trim_start_matches('@').to_owned())
            .collect();
        if !self.ordered {
            found_texts.sort();
            wanted.sort();
        }
        let numbers = |text: &String| plugfest::fhir::Decimal::parse(text);
        let same = |(one, other): (&String, &String)| {
            one == other || (numbers(one).is_some() && numbers(one) == numbers(other))
        };
        if found_texts.len() != wanted.len() || !found_texts.iter().zip(&wanted).all(same) {
            return Err(format!("yields {found_texts:?}, wanted {wanted:?}"));
        }
        self.compare_types(found)
    }

    fn compare_types(&self, found: &Collection<'_>) -> Result<(), String> {
        for (item, (wanted, _)) in found.items().iter().zip(&self.outputs) {
            let (Some(wanted), Some(is)) = (wanted, system_type(item)) else {
                continue;
            };
            if !wanted.eq_ignore_ascii_case(is) {
                return Err(format!("is of type {is}, wanted {wanted}"));
            }
        }
        Ok(())
    }
}

/// A value as the suite writes it: times start with a T.
fn written(value: &Value<'_>) -> String {
    let text = value.text().unwrap_or("(complex)".into());
    let mark = if system_type(value) == Some("time") {
        "T"
    } else {
        ""
    };
    format!("{mark}{text}")
}

fn system_type(value: &Value<'_>) -> Option<&'static str> {
    Some(match value {
        Value::Element(_) | Value::Type(_) => return None,
        Value::Boolean(_) => "boolean",
        Value::Integer(_) => "integer",
        Value::Decimal(_) => "decimal",
        Value::Text(_) => "string",
        Value::Quantity(_) => "Quantity",
        Value::Temporal(point) => match Temporal::kind(*point) {
            TemporalKind::Date => "date",
            TemporalKind::DateTime => "dateTime",
            TemporalKind::Time => "time",
        },
    })
}
