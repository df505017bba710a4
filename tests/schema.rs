//! The JSON Schemas of the files that people write, held against the files of the embedded packs: an editor that follows a schema
//! must neither refuse what plugfest reads nor let pass what it does not.
#![expect(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected may panic"
)]

use jsonschema::Validator;
use plugfest::check::KINDS;
use plugfest::diag::Source;
use plugfest::{pack, scenario, store, yaml};
use schemars::Schema;

fn validator(schema: Schema) -> Validator {
    jsonschema::draft202012::new(schema.as_value()).unwrap()
}

/// What a schema says against a text.
fn faults(validator: &Validator, text: &str) -> Vec<String> {
    let node = yaml::parse(&Source::new("file.yaml", text)).unwrap();
    let value = node.to_json();
    let said = validator.iter_errors(&value);
    said.map(|fault| format!("{}: {fault}", fault.instance_path()))
        .collect()
}

#[test]
fn every_file_of_every_pack_follows_its_schema() {
    let kinds = [
        ("scenarios/", validator(scenario::scenario_schema())),
        ("fragments/", validator(scenario::fragment_schema())),
        ("pack.yaml", validator(pack::pack_schema())),
        ("requirements.yaml", validator(pack::requirements_schema())),
    ];
    let mut wrong = Vec::new();
    for name in store::embedded() {
        let store::Found::Embedded(files) = store::find_pack(name).unwrap() else {
            panic!("{name} is embedded");
        };
        for (kind, validator) in &kinds {
            let paths: Vec<&str> = files.in_folder(kind, ".yaml").collect();
            assert!(!paths.is_empty(), "{name} has no {kind}");
            for path in paths {
                let said = faults(validator, files.text(path).unwrap());
                wrong.extend(said.iter().map(|fault| format!("{path}: {fault}")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A scenario around the items of `checks`.
fn asking(checks: &str) -> String {
    format!(
        "plugfest: 1\nscenario: s\ntitle: t\nverifies: [A]\nsteps:\n  - send: {{ http: {{ get: / }} }}\n    checks: [{{ {checks} }}]\n"
    )
}

#[test]
fn every_example_of_a_check_follows_the_schema() {
    let validator = validator(scenario::scenario_schema());
    let mut wrong = Vec::new();
    for example in KINDS.iter().flat_map(|kind| kind.examples) {
        let said = faults(&validator, &asking(example));
        wrong.extend(said.iter().map(|fault| format!("{example}: {fault}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_the_reader_refuses_the_schema_refuses() {
    let validator = validator(scenario::scenario_schema());
    let cases = [
        "",
        "staus: 200",
        "status: 200, body: empty",
        "status: 200, cite: A",
        "status: { clas: 4xx }",
        "header: { nam: ETag }",
        "json: { path: $.a, count: [1] }",
        "body: full",
        "time: soon",
        "any-of: {}",
    ];
    for case in cases {
        assert!(!faults(&validator, &asking(case)).is_empty(), "{case}");
    }
    let steps = [
        "{}",
        "{ send: {} }",
        "{ send: { http: {} }, checks: [{ status: 200 }] }",
        "{ send: { http: { get: /, post: / } }, checks: [{ status: 200 }] }",
        "{ send: { http: { get: /, heders: {} } }, checks: [{ status: 200 }] }",
        "{ send: { http: { get: / } }, keep: { id: { headr: Location } } }",
        "{ send: { http: { get: / } }, until: { if: [], every: 1s, at-most: 2s }, keep: { id: { status: true } } }",
        "{ use: create, wiht: {} }",
    ];
    for step in steps {
        let text =
            format!("plugfest: 1\nscenario: s\ntitle: t\nverifies: [A]\nsteps:\n  - {step}\n");
        assert!(!faults(&validator, &text).is_empty(), "{step}");
    }
}
