//! What is said about a run is recorded with it, and shown.

use super::{code, lines, plugfest, stderr, write};

const SCENARIO: &str = "plugfest: 1
scenario: one
title: it answers
steps:
  - send: { http: { get: /it } }
    checks: [{ status: 200 }]
";

#[test]
fn who_ran_it_is_shown_again_and_again() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = write(folder.path(), "one.yaml", SCENARIO);
    let server = super::server::start(|_, _| super::server::json(200, "{}"));
    let cases: [(&[&str], &str, &str); 3] = [
        (&[], "self", "self-tested"),
        (&["--run-by", "peer"], "peer", "another supplier"),
        (
            &["--run-by", "laboratory"],
            "laboratory",
            "independent of the supplier",
        ),
    ];
    for (options, word, label) in cases {
        let out = folder.path().join("out");
        let run = plugfest()
            .args(["run", &scenario, "--target", &server.base])
            .args(["--format", "json,markdown,html", "--out"])
            .arg(&out)
            .args(options)
            .output()
            .unwrap();
        assert_eq!(code(&run), 0, "{}", stderr(&run));
        assert_eq!(lines(&out)[0]["options"]["run-by"], word);
        std::fs::remove_file(out.join("report.json")).unwrap();
        let mut command = plugfest();
        let again = command.args(["report", "--format", "json"]).arg(&out);
        assert_eq!(code(&again.output().unwrap()), 0);
        let report = std::fs::read(out.join("report.json")).unwrap();
        let report: serde_json::Value = serde_json::from_slice(&report).unwrap();
        assert_eq!(report["run"]["assurance"], word);
        for file in ["summary.md", "index.html"] {
            let text = std::fs::read_to_string(out.join(file)).unwrap();
            assert!(text.contains(label), "{file}: {label}");
        }
    }
    let mut command = plugfest();
    let unknown = command.args(["run", &scenario, "--run-by", "nobody"]);
    assert_eq!(code(&unknown.output().unwrap()), 2);
}

#[test]
fn of_a_url_alone_nobody_says_which_product_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = write(folder.path(), "one.yaml", SCENARIO);
    let server = super::server::start(|_, _| super::server::json(200, "{}"));
    let out = folder.path().join("out");
    let run = plugfest()
        .args(["run", &scenario, "--target", &server.base])
        .args(["--seed", "7f", "--format", "json,markdown,html", "--out"])
        .arg(&out)
        .output()
        .unwrap();
    let host = server.base.trim_start_matches("http://");
    let said = String::from_utf8(run.stdout).unwrap();
    let header = said.lines().next().unwrap();
    assert!(
        header.ends_with(&format!(")   {host}   seed 7f")),
        "{header}"
    );
    let read = |file: &str| std::fs::read_to_string(out.join(file)).unwrap();
    let report: serde_json::Value = serde_json::from_str(&read("report.json")).unwrap();
    let supplier = &report["supplier"];
    assert_eq!(supplier["name"], host);
    assert_eq!(
        (&supplier["product"], &supplier["version"]),
        (&"".into(), &"".into())
    );
    assert_eq!(
        read("summary.md").lines().next(),
        Some(&*format!("## {host}"))
    );
    assert!(read("index.html").contains(&format!("<h1>{host}</h1>")));
}
