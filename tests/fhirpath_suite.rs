//! Runs the official FHIRPath suite for FHIR R4 over its inputs, as XML and as JSON, whichever is there.
//!
//! Deviations that we know of stand in `fhirpath-r4-deviations.txt` with a reason: the test fails when one of them
//! starts to pass, and when any other test fails.

use plugfest::fhir::{
    Collection, Expression, Members, Resource, Temporal, TemporalKind, Value, Variables,
};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A moment after all dates of the inputs.
const CLOCK: &str = "2026-11-24T10:00:00.000Z";

/// The input of tests that name none, since they look at no resource.
const ANY_INPUT: &str = "patient-example.xml";

const DEVIATIONS: &str = include_str!("fhirpath-r4-deviations.txt");

#[test]
fn official_r4_suite() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/fhir/fhirpath/r4");
    let Ok(suite) = std::fs::read_to_string(folder.join("tests-fhir-r4.xml")) else {
        println!(
            "SKIPPED: 1 suite of FHIRPath tests, since {} is absent",
            folder.display()
        );
        return;
    };
    let document = roxmltree::Document::parse(&suite).expect("the suite is XML");
    let tests: Vec<Test> = document
        .descendants()
        .filter(|node| node.has_tag_name("test"))
        .map(Test::of)
        .collect();
    let mut deviations = deviations();
    let (mut runs, mut passed, mut surprises) = (0, 0, Vec::new());
    for test in &tests {
        for input in inputs(&folder, test) {
            runs += 1;
            let outcome = test.run(&input);
            passed += usize::from(outcome.is_ok());
            match (outcome, deviations.get_mut(test.name.as_str())) {
                (Err(_), Some(used)) => *used = true,
                (Ok(()), None) => {}
                (Ok(()), Some(_)) => surprises.push(format!(
                    "{}: passes, yet is listed as a deviation",
                    test.name
                )),
                (Err(why), None) => {
                    surprises.push(format!("{}: {why}\n    {}", test.name, test.expression))
                }
            }
        }
    }
    for (name, used) in deviations {
        if !used {
            surprises.push(format!("{name}: is listed as a deviation and did not fail"));
        }
    }
    println!(
        "FHIRPath R4: {} tests, {runs} runs, {passed} passed",
        tests.len()
    );
    assert!(
        surprises.is_empty(),
        "{} surprises:\n{}",
        surprises.len(),
        surprises.join("\n")
    );
    assert!(
        tests.len() > 600,
        "the suite has shrunk to {} tests",
        tests.len()
    );
    assert!(
        passed * 100 >= runs * 97,
        "only {passed} of {runs} runs pass"
    );
}

/// Names of tests that are expected to fail; each line has a name, a colon and the reason.
fn deviations() -> BTreeMap<&'static str, bool> {
    let lines = DEVIATIONS
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let rows = lines.map(|line| {
        let (name, reason) = line
            .split_once(": ")
            .expect("a deviation has a name and a reason");
        assert!(reason.len() > 10, "{name} has no reason");
        (name, false)
    });
    rows.collect()
}

/// The input of a test in every format that is there.
fn inputs(folder: &Path, test: &Test) -> Vec<PathBuf> {
    let named = folder.join("input").join(&test.input);
    let both = ["xml", "json"].map(|extension| named.with_extension(extension));
    let there: Vec<PathBuf> = both.into_iter().filter(|path| path.exists()).collect();
    assert!(
        !there.is_empty(),
        "{} has no input {}",
        test.name,
        named.display()
    );
    there
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

    fn run(&self, input: &Path) -> Result<(), String> {
        let bytes = std::fs::read(input).map_err(|error| error.to_string())?;
        let json = input
            .extension()
            .is_some_and(|extension| extension == "json");
        let parsed = if json {
            Resource::parse_json(&bytes)
        } else {
            Resource::parse_xml(&bytes)
        };
        let resource = parsed.map_err(|error| error.to_string())?;
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
    match value {
        Value::Temporal(point) if system_type(value) == Some("time") => format!("T{point}"),
        other => other
            .text()
            .map_or_else(|| "(complex)".to_owned(), std::borrow::Cow::into_owned),
    }
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
