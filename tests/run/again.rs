//! The same exchanges give the same bytes.

use super::{code, lines, of_type, plugfest, write};

#[test]
fn judging_again_changes_no_byte() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let run = plugfest()
        .args([
            "run",
            "fhir-r4-rest",
            "--only",
            "conditional",
            "--only",
            "search-results",
            "--format",
            "json,html,junit,sarif,markdown,gitlab",
            "--out",
        ])
        .arg(&out)
        .output()
        .unwrap();
    assert_ne!(code(&run), 2, "{}", super::stderr(&run));
    let files = [
        "results.jsonl",
        "report.json",
        "index.html",
        "junit.xml",
        "results.sarif",
        "summary.md",
        "gl-code-quality.json",
    ];
    let before: Vec<Vec<u8>> = files
        .iter()
        .map(|file| std::fs::read(out.join(file)).unwrap())
        .collect();
    assert!(of_type(&lines(&out), "exchange").len() > 20);
    let judged = plugfest()
        .args(["judge", "--format", "json,html,junit,sarif,markdown,gitlab"])
        .arg(&out)
        .output()
        .unwrap();
    assert_eq!(code(&judged), code(&run));
    for (file, before) in files.iter().zip(&before) {
        let after = std::fs::read(out.join(file)).unwrap();
        assert!(after == *before, "{file} differs");
    }
}

#[test]
fn a_changed_record_is_no_run() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    plugfest()
        .args(["run", "fhir-r4-rest", "--only", "FHIR-CAP-001", "--out"])
        .arg(&out)
        .output()
        .unwrap();
    let path = out.join("results.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen("\"status\":200", "\"status\":201", 1)).unwrap();
    let judged = plugfest().arg("judge").arg(&out).output().unwrap();
    assert_eq!(code(&judged), 2);
    assert!(super::stderr(&judged).contains("run-file"));
    let cut = &text[..text.trim_end().rfind('\n').unwrap() + 1];
    std::fs::write(&path, cut).unwrap();
    assert_eq!(
        code(&plugfest().arg("judge").arg(&out).output().unwrap()),
        2
    );
}

/// A change of the evidence: its file is given another text, or none.
type Harm = fn(&std::path::Path);

#[test]
fn a_large_body_that_changed_or_is_gone_is_no_evidence() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = write(
        folder.path(),
        "large.yaml",
        "plugfest: 1\nscenario: large\ntitle: t\nsteps: [{ send: { http: { get: / } }, checks: [{ status: 200 }] }]\n",
    );
    let out = folder.path().join("out");
    let server = super::server::start(|_, _| super::server::json(200, &"[]".repeat(40_000)));
    let run = plugfest()
        .args(["run", &scenario, "--target", &server.base, "--out"])
        .arg(&out)
        .output()
        .unwrap();
    assert_eq!(code(&run), 0, "{}", super::stderr(&run));
    let record = std::fs::read_to_string(out.join("results.jsonl")).unwrap();
    let journal = &record[..record.find("{\"type\":\"verdict\"").unwrap()];
    let body = out.join("exchanges/0001-reply.body");
    let content = std::fs::read(&body).unwrap();
    let harms: [Harm; 2] = [
        |body| std::fs::write(body, "[]").unwrap(),
        |body| std::fs::remove_file(body).unwrap(),
    ];
    for harm in harms {
        harm(&body);
        let commands: [(&[&str], &str); 3] = [
            (&["judge"], &record),
            (&["report"], &record),
            (&["run", "--resume"], journal),
        ];
        for (command, text) in commands {
            std::fs::write(out.join("results.jsonl"), text).unwrap();
            let again = plugfest().args(command).arg(&out).output().unwrap();
            let said = super::stderr(&again);
            assert_eq!(code(&again), 2, "{command:?}: {said}");
            assert!(said.contains("exchanges/0001-reply.body"), "{said}");
            let after = std::fs::read_to_string(out.join("results.jsonl")).unwrap();
            assert!(after == text, "{command:?} wrote into the run file");
        }
        std::fs::write(&body, &content).unwrap();
    }
    std::fs::write(out.join("results.jsonl"), &record).unwrap();
    let judged = plugfest().arg("judge").arg(&out).output().unwrap();
    assert_eq!(code(&judged), 0, "{}", super::stderr(&judged));
    assert_eq!(server.asked.try_iter().count(), 1);
}

#[test]
fn an_exchange_that_cannot_be_restored_is_no_run() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let server = super::server::start(|_, _| super::server::json(404, "{}"));
    plugfest()
        .args(["run", "fhir-r4-rest", "--only", "FHIR-CAP-001"])
        .args(["--target", &server.base, "--out"])
        .arg(&out)
        .output()
        .unwrap();
    let path = out.join("results.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    let journal = &text[..text.find("{\"type\":\"verdict\"").unwrap()];
    let reply = &journal[journal.find("\"reply\":").unwrap()..];
    let reply = &reply[..reply.find(",\"connection\"").unwrap()];
    let body = &reply[reply.find("\"body\":").unwrap()..];
    let elsewhere = r#""body":{"file":{"path":"../x","bytes":1,"sha256":""}}}"#;
    let harms = [
        (body, r#""body":{"base64":"not *"}}"#, "Base64"),
        (body, elsewhere, "leads out"),
        (reply, r#""reply":null"#, "a reply or a fault"),
    ];
    for (from, to, words) in harms {
        std::fs::write(&path, journal.replacen(from, to, 1)).unwrap();
        let mut command = plugfest();
        let resumed = command.args(["run", "--resume"]).arg(&out).output();
        let resumed = resumed.unwrap();
        let said = super::stderr(&resumed);
        assert_eq!(code(&resumed), 2, "{to}: {said}");
        assert!(said.contains(words), "{to}: {said}");
    }
}

#[test]
fn a_seed_repeats_what_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = write(
        folder.path(),
        "seeded.yaml",
        "plugfest: 1\nscenario: seeded\ntitle: t\nsteps:\n  - send: { http: { post: '/{{uuid()}}', body: { text: '{{random(1, 1000000)}} {{nhs-number()}}' } } }\n    checks: [{ status: 200 }]\n",
    );
    let server = super::server::start(|_, _| super::server::json(200, "{}"));
    let requests: Vec<_> = ["ab12", "ab12", "ab13"]
        .iter()
        .map(|seed| {
            let out = folder.path().join("out");
            let run = plugfest()
                .args([
                    "run",
                    &scenario,
                    "--target",
                    &server.base,
                    "--seed",
                    seed,
                    "--out",
                ])
                .arg(&out)
                .output()
                .unwrap();
            assert_eq!(code(&run), 0);
            let lines = lines(&out);
            of_type(&lines, "exchange")[0]["request"].clone()
        })
        .collect();
    assert_eq!(requests[0], requests[1]);
    assert_ne!(requests[0], requests[2]);
}
