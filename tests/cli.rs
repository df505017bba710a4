//! The binary as people and scripts meet it: what each command prints, where, and with which exit code.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use assert_cmd::assert::OutputAssertExt;
use serde_json::Value;
use tempfile::TempDir;

/// The binary, away from the terminal, the folder and the environment of whoever tests.
fn plugfest(folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plugfest"));
    command.args(words).current_dir(folder).env("NO_COLOR", "1");
    for name in ["CLICOLOR_FORCE", "RUST_BACKTRACE", "CI"] {
        command.env_remove(name);
    }
    command
}

/// What a command says: its exit code, standard output, standard error.
struct Said {
    code: i32,
    out: String,
    err: String,
}

fn say_in(folder: &Path, words: &[&str]) -> Said {
    let output = plugfest(folder, words).output().expect("the binary runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    Said {
        code: output.status.code().expect("an exit code"),
        out: text(output.stdout),
        err: text(output.stderr),
    }
}

fn say(words: &[&str]) -> Said {
    let folder = TempDir::new().expect("a folder");
    say_in(folder.path(), words)
}

/// What a command prints as JSON.
fn json(words: &[&str]) -> Value {
    let said = say(words);
    assert_eq!(said.code, 0, "{}", said.err);
    serde_json::from_str(&said.out).expect("JSON")
}

/// The rows of a list that is printed as JSON.
fn rows(words: &[&str]) -> Vec<Value> {
    let value = json(words);
    let rows = value.as_array().expect("a list").clone();
    assert!(!rows.is_empty(), "{words:?} lists nothing");
    rows
}

fn write(path: PathBuf, text: &str) {
    fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
    fs::write(path, text).expect("a file");
}

const COMMANDS: &[&[&str]] = &[
    &["run"],
    &["judge"],
    &["report"],
    &["prove"],
    &["lint"],
    &["pack"],
    &["pack", "list"],
    &["pack", "show"],
    &["pack", "coverage"],
    &["pack", "new"],
    &["supplier"],
    &["supplier", "init"],
    &["serve"],
    &["explain"],
    &["schema"],
    &["completions"],
    &["man"],
];

#[test]
fn every_command_helps() {
    for words in COMMANDS {
        let said = say(&[*words, &["--help"]].concat());
        assert_eq!(said.code, 0, "{words:?}");
        assert!(
            said.out
                .contains(&format!("Usage: plugfest {}", words.join(" "))),
            "{words:?}: {}",
            said.out
        );
        assert!(said.err.is_empty(), "{words:?}: {}", said.err);
    }
}

#[test]
fn no_command_is_missing_from_these_tests() {
    let help = say(&["--help"]).out;
    let (_, list) = help.split_once("Commands:\n").expect("a list of commands");
    let lines = list.lines().take_while(|line| !line.is_empty());
    let names = lines.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    for name in names.map(|line| line.split_whitespace().next().expect("a name")) {
        assert!(
            name == "help" || COMMANDS.contains(&[name].as_slice()),
            "`{name}` has no test"
        );
    }
}

#[test]
fn without_a_word_a_newcomer_is_told_where_to_start() {
    let said = say(&[]);
    assert_eq!(said.code, 2);
    assert!(said.out.is_empty());
    insta::assert_snapshot!(said.err);
}

#[test]
fn a_slip_of_the_fingers_is_met_with_a_suggestion() {
    let cases: &[(&[&str], &str)] = &[
        (&["lnit"], "lint"),
        (&["explain", "statsu"], "did you mean `status`?"),
        (
            &["explain", "fhir-conc-001"],
            "did you mean `FHIR-CONC-001`?",
        ),
        (&["schema", "scenarios"], "did you mean `scenario`?"),
        (&["serve", "fhir-r5"], "did you mean `fhir-r4`?"),
        (
            &["serve", "fhir-r4", "--defect", "ignores-if-matc"],
            "did you mean `ignores-if-match`?",
        ),
        (
            &["pack", "show", "fhir-r4-res"],
            "did you mean `fhir-r4-rest`?",
        ),
        (
            &["run", "fhir-r4-rest", "--format", "htm"],
            "did you mean `html`?",
        ),
        (&["lint", "fhir-r4-rst"], "did you mean `fhir-r4-rest`?"),
    ];
    for (words, hint) in cases {
        let said = say(words);
        assert_eq!(said.code, 2, "{words:?}: {}", said.err);
        assert!(said.out.is_empty(), "{words:?}: {}", said.out);
        assert!(said.err.contains(hint), "{words:?}: {}", said.err);
    }
}

#[test]
fn packs_are_listed_and_counted() {
    for row in rows(&["pack", "list", "--format", "json"]) {
        for key in [
            "pack",
            "version",
            "title",
            "standard",
            "requirements",
            "checks",
            "digest",
        ] {
            assert!(row.get(key).is_some(), "{key} is missing: {row}");
        }
    }
    for row in rows(&["pack", "coverage", "--format", "json"]) {
        let count = |key: &str| row[key].as_u64().unwrap_or_else(|| panic!("{key}: {row}"));
        assert_eq!(
            count("requirements"),
            count("verified") + count("not_tested"),
            "{row}"
        );
        assert!(count("checks") >= count("verified"), "{row}");
        let id = row["pack"].as_str().expect("an id");
        let full = json(&["pack", "coverage", id, "--verbose", "--format", "json"]);
        let by_requirement = full[0]["by_requirement"].as_object().expect("a map");
        assert_eq!(by_requirement.len() as u64, count("requirements"));
        let verified = by_requirement
            .values()
            .filter(|checks| checks.as_u64() > Some(0));
        assert_eq!(verified.count() as u64, count("verified"));
    }
}

#[test]
fn a_pack_is_shown() {
    let shown = json(&["pack", "show", "fhir-r4-rest", "--format", "json"]);
    assert_eq!(shown["subject"], "server");
    assert!(
        shown["digest"]
            .as_str()
            .is_some_and(|digest| digest.starts_with("sha256:"))
    );
    let listed: u64 = shown["areas"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|area| area["requirements"].as_u64())
        .sum();
    assert_eq!(
        Some(listed),
        shown["coverage"]["requirements"].as_u64(),
        "every requirement is in one area"
    );
    let text = say(&["pack", "show", "fhir-r4-rest", "--verbose"]).out;
    for word in [
        "FHIR-CONC-001",
        "Areas",
        "Values that a supplier file may set",
        "sha256:",
    ] {
        assert!(text.contains(word), "{word} is missing: {text}");
    }
}

#[test]
fn a_new_pack_lints_clean_and_says_what_it_verifies() {
    let folder = TempDir::new().expect("a folder");
    let said = say_in(folder.path(), &["pack", "new", "my-standard"]);
    assert_eq!(said.code, 0, "{}", said.err);
    let said = say_in(folder.path(), &["lint", "my-standard"]);
    assert_eq!(
        (said.code, said.err.trim()),
        (0, "no mistakes in my-standard")
    );
    let said = say_in(
        folder.path(),
        &["pack", "coverage", "my-standard", "--format", "json"],
    );
    let coverage: Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!(
        coverage[0],
        serde_json::json!({ "pack": "my-standard", "requirements": 3, "verified": 2, "not_tested": 1, "checks": 3 })
    );
    let hint = fs::read_to_string(folder.path().join("my-standard/scenarios/read.yaml"))
        .expect("a scenario");
    assert!(hint.starts_with("# yaml-language-server: $schema=../.schema/scenario.schema.json\n"));
    assert!(
        folder
            .path()
            .join("my-standard/.schema/scenario.schema.json")
            .is_file()
    );
    let said = say_in(folder.path(), &["pack", "new", "my-standard"]);
    assert_eq!(said.code, 2, "what is there is left alone");
    let said = say_in(folder.path(), &["pack", "new", "my standard"]);
    assert_eq!(said.code, 2, "a folder's name that is no id");
}

/// What the first scenario of a new pack says when one of its texts is another.
fn lint_with(file: &str, old: &str, new: &str) -> Said {
    let folder = TempDir::new().expect("a folder");
    assert_eq!(say_in(folder.path(), &["pack", "new", "p"]).code, 0);
    let path = folder.path().join("p").join(file);
    let text = fs::read_to_string(&path).expect("a file of the pack");
    assert!(text.contains(old), "{file} has no `{old}`");
    fs::write(&path, text.replacen(old, new, 1)).expect("a file of the pack");
    say_in(folder.path(), &["lint", "p"])
}

#[test]
fn mistakes_are_shown_with_their_place() {
    let said = lint_with("scenarios/read.yaml", "- status: 200", "- staus: 200");
    assert_eq!(said.code, 2);
    insta::assert_snapshot!(said.err);
}

#[test]
fn every_part_of_a_pack_is_read() {
    let cases = [
        (
            "scenarios/read.yaml",
            "{{create.id}}",
            "{{create.key}}",
            "undefined-value",
        ),
        (
            "scenarios/read.yaml",
            "cites: ITEM-002",
            "cites: ITEM-003",
            "tested-and-not-tested",
        ),
        (
            "scenarios/read.yaml",
            "cites: ITEM-002",
            "cites: ITEM-001",
            "untested-requirement",
        ),
        (
            "scenarios/read.yaml",
            "use: create",
            "use: crate",
            "unknown-fragment",
        ),
        (
            "requirements.yaml",
            "area: items",
            "area: item",
            "unknown-area",
        ),
        (
            "requirements.yaml",
            "id: ITEM-002",
            "id: ITEM-001",
            "duplicate-id",
        ),
        (
            "pack.yaml",
            "subject: server",
            "subject: servant",
            "unknown-role",
        ),
        ("pack.yaml", "plugfest: 1", "plugfest: 2", "unknown-version"),
        ("fragments/create.yaml", "keep:", "kept:", "unknown-field"),
    ];
    for (file, old, new, code) in cases {
        let said = lint_with(file, old, new);
        assert_eq!(said.code, 2, "{file}: {new}: {}", said.err);
        assert!(
            said.err.contains(&format!("[{code}]")),
            "{file}: {new}: {}",
            said.err
        );
    }
}

#[test]
fn unused_fragments_are_read_and_are_no_error() {
    let folder = TempDir::new().expect("a folder");
    assert_eq!(say_in(folder.path(), &["pack", "new", "p"]).code, 0);
    let text =
        fs::read_to_string(folder.path().join("p/fragments/create.yaml")).expect("a fragment");
    let path = folder.path().join("p/fragments/spare.yaml");
    write(
        path.clone(),
        &text.replace("fragment: create", "fragment: spare"),
    );
    let said = say_in(folder.path(), &["lint", "p"]);
    assert_eq!(said.code, 0);
    assert!(
        said.err.contains("warning[unused-fragment]"),
        "{}",
        said.err
    );
    write(path, &text.replace("fragment: create", "fragment: other"));
    let said = say_in(folder.path(), &["lint", "p"]);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("its fragment `other`"), "{}", said.err);
}

#[test]
fn mistakes_are_data_for_programs() {
    let folder = TempDir::new().expect("a folder");
    write(
        folder.path().join("acme.yaml"),
        "plugfest: 1\nsupplier: { id: acme, name: A, product: P }\nsystems: {}\n",
    );
    let said = say_in(folder.path(), &["lint", "acme.yaml", "--format", "json"]);
    assert_eq!(said.code, 2);
    assert!(said.err.is_empty(), "{}", said.err);
    let problems: Value = serde_json::from_str(&said.out).expect("JSON");
    let problem = &problems[0];
    assert_eq!(
        (&problem["code"], &problem["severity"]),
        (&"missing-field".into(), &"error".into()),
        "{problem}"
    );
    assert_eq!(
        (&problem["file"], &problem["line"]),
        (&"acme.yaml".into(), &2.into()),
        "{problem}"
    );
    assert!(
        problem["message"]
            .as_str()
            .is_some_and(|message| message.contains("version")),
        "{problem}"
    );
    for key in ["column", "help", "label"] {
        assert!(problem.get(key).is_some(), "{key} is missing: {problem}");
    }
    let said = say(&["lint", "--format", "json", "fhir-r4-rest"]);
    assert_eq!((said.code, said.err.as_str()), (0, ""));
}

#[test]
fn files_are_known_by_what_they_hold() {
    let folder = TempDir::new().expect("a folder");
    let cases = [
        ("nothing.yaml", "plugfest: 1\nother: 1\n", "missing-field"),
        ("broken.yaml", "a: [\n", "yaml-syntax"),
        (
            "known.yaml",
            "plugfest: 1\ndeviations: [{ requirement: X-1, because: b }]\n",
            "missing-field",
        ),
    ];
    for (name, text, code) in cases {
        write(folder.path().join(name), text);
        let said = say_in(folder.path(), &["lint", name]);
        assert_eq!(said.code, 2, "{name}");
        assert!(
            said.err.contains(&format!("[{code}]")),
            "{name}: {}",
            said.err
        );
    }
    let empty = TempDir::new().expect("a folder");
    let said = say_in(empty.path(), &["lint", "."]);
    assert_eq!(said.code, 2, "nothing to lint is no success");
    assert!(said.err.contains("[empty]"), "{}", said.err);
    assert_eq!(say_in(empty.path(), &["lint", "absent.yaml"]).code, 2);
}

#[test]
fn the_first_supplier_file_lints_clean_and_is_never_overwritten() {
    let folder = TempDir::new().expect("a folder");
    let words = ["supplier", "init", "fhir-r4-rest", "--out", "acme.yaml"];
    assert_eq!(say_in(folder.path(), &words).code, 0);
    let said = say_in(folder.path(), &["lint", "acme.yaml"]);
    assert_eq!(
        (said.code, said.err.trim()),
        (0, "no mistakes in acme.yaml")
    );
    let text = fs::read_to_string(folder.path().join("acme.yaml")).expect("a file");
    assert!(text.contains("CHANGE ME"));
    let said = say_in(folder.path(), &words);
    assert_eq!(said.code, 2, "{}", said.err);
    let printed = say(&["supplier", "init", "fhir-r4-rest"]);
    assert_eq!(
        (printed.code, printed.out),
        (0, text),
        "without --out it goes to standard output"
    );
}

#[test]
fn words_are_explained() {
    for word in [
        "undefined-value",
        "status",
        "uuid",
        "html",
        "3",
        "inconclusive",
        "http",
        "FHIR-CONC-001",
        "fhir-r4-rest/FHIR-CONC-001",
    ] {
        let said = say(&["explain", word]);
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{word}");
        assert!(said.out.len() > word.len() + 20, "{word}: {}", said.out);
    }
    for topic in rows(&["explain", "--format", "json"]) {
        let name = topic["name"].as_str().expect("a name").to_owned();
        for entry in rows(&["explain", &name, "--format", "json"]) {
            assert!(
                entry["summary"]
                    .as_str()
                    .is_some_and(|summary| !summary.is_empty()),
                "{entry}"
            );
        }
    }
    let both = json(&["explain", "json", "--format", "json"]);
    assert_eq!(
        both.as_array().map(Vec::len),
        Some(2),
        "`json` is a check and a format"
    );
}

#[test]
fn every_code_of_a_diagnostic_is_explained() {
    let codes = rows(&["explain", "codes", "--format", "json"]);
    for code in codes.iter().filter_map(|entry| entry["name"].as_str()) {
        assert_eq!(say(&["explain", code]).code, 0, "{code}");
    }
}

#[test]
fn reference_suppliers_and_their_defects_are_listed() {
    let listed: Vec<Value> = rows(&["pack", "list", "--format", "json"]);
    let ids: Vec<&str> = listed
        .iter()
        .filter_map(|row| row["pack"].as_str())
        .collect();
    assert!(ids.contains(&"fhir-r4-rest"));
    for supplier in rows(&["serve", "--list", "--format", "json"]) {
        let name = supplier["name"].as_str().expect("a name").to_owned();
        let defects = rows(&["serve", &name, "--list-defects", "--format", "json"]);
        assert_eq!(supplier["defects"].as_u64(), Some(defects.len() as u64));
        for defect in defects {
            let breaks = defect["breaks"].as_array().expect("a list");
            assert!(!breaks.is_empty(), "{defect}");
            assert!(
                defect["title"]
                    .as_str()
                    .is_some_and(|title| !title.is_empty()),
                "{defect}"
            );
        }
    }
}

/// A server of ours that ends with the test.
struct Server {
    child: Child,
    out: BufReader<std::process::ChildStdout>,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn serve(words: &[&str]) -> (Server, String) {
    let mut command = plugfest(Path::new("."), &[&["serve", "fhir-r4"], words].concat());
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary runs");
    let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut line = String::new();
    out.read_line(&mut line).expect("the first line");
    (Server { child, out }, line.trim_end().to_owned())
}

/// The status line of a GET, by hand: nothing of the crate takes part.
fn get(base: &str, path: &str, header: &str) -> String {
    let rest = base.strip_prefix("http://").expect("http");
    let (host, root) = rest.split_once('/').expect("a path");
    let mut stream = std::net::TcpStream::connect(host).expect("a connection");
    write!(
        stream,
        "GET /{root}{path} HTTP/1.1\r\nHost: {host}\r\n{header}Connection: close\r\n\r\n"
    )
    .expect("a request");
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply).expect("a reply");
    let reply = String::from_utf8_lossy(&reply);
    reply.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn a_reference_supplier_says_where_it_is_and_asks_for_its_token() {
    let (_server, base) = serve(&["--token", "let-me-in"]);
    assert_eq!(get(&base, "/metadata", ""), "HTTP/1.1 200 OK");
    assert_eq!(get(&base, "/Patient", ""), "HTTP/1.1 401 Unauthorized");
    assert_eq!(
        get(&base, "/Patient", "Authorization: Bearer let-me-in\r\n"),
        "HTTP/1.1 200 OK"
    );
    let (_server, base) = serve(&["--defect", "capability-missing"]);
    assert_ne!(get(&base, "/metadata", ""), "HTTP/1.1 200 OK");
}

#[cfg(unix)]
#[test]
fn a_reference_supplier_ends_well_when_it_is_told_to() {
    for signal in ["-TERM", "-INT"] {
        let (mut server, base) = serve(&[]);
        assert!(base.starts_with("http://127.0.0.1:"), "{base}");
        let id = server.child.id().to_string();
        Command::new("kill").args([signal, &id]).assert().success();
        let status = server.child.wait().expect("an end");
        assert_eq!(status.code(), Some(0), "{signal}");
        let mut rest = String::new();
        server.out.read_to_string(&mut rest).expect("the rest");
        assert!(
            rest.is_empty(),
            "only the URL goes to standard output: {rest}"
        );
    }
}

#[test]
fn an_address_that_is_taken_is_our_failure_not_the_users() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("an address");
    let address = taken.local_addr().expect("an address").to_string();
    let said = say(&["serve", "fhir-r4", "--listen", &address]);
    assert_eq!((said.code, said.out.as_str()), (4, ""), "{}", said.err);
}

#[test]
fn completions_and_manual_pages_are_printed() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let said = say(&["completions", shell]);
        assert_eq!(said.code, 0, "{shell}");
        assert!(said.out.contains("plugfest"), "{shell}");
    }
    assert!(say(&["man"]).out.contains(".TH plugfest 1"));
    let folder = TempDir::new().expect("a folder");
    assert_eq!(say_in(folder.path(), &["man", "--out", "man"]).code, 0);
    assert!(folder.path().join("man/plugfest-lint.1").is_file());
}

#[test]
fn quiet_is_quiet_and_a_pipe_is_plain() {
    let folder = TempDir::new().expect("a folder");
    assert_eq!(
        say_in(folder.path(), &["--quiet", "pack", "new", "p"]).err,
        ""
    );
    let said = say_in(folder.path(), &["lint", "p", "--quiet"]);
    assert_eq!(
        (said.code, said.out.as_str(), said.err.as_str()),
        (0, "", "")
    );
    let mut coloured = plugfest(folder.path(), &["explain", "statsu"]);
    let output = coloured
        .env_remove("NO_COLOR")
        .output()
        .expect("the binary runs");
    assert!(!output.stderr.contains(&0x1b), "a pipe gets no colour");
    let mut forced = plugfest(folder.path(), &["explain", "statsu"]);
    let output = forced
        .env_remove("NO_COLOR")
        .env("CLICOLOR_FORCE", "1")
        .output()
        .expect("the binary runs");
    assert!(
        output.stderr.contains(&0x1b),
        "CLICOLOR_FORCE asks for colour"
    );
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let mut command = plugfest(Path::new("."), &["schema", "scenario"]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("an end");
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// The files of a folder, by name.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path());
    let name = |path: &Path| {
        path.file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned()
    };
    entries
        .map(|path| (name(&path), fs::read_to_string(&path).expect("a text")))
        .collect()
}

/// What `plugfest WORDS --out DIR` writes stands in the repository, byte for byte.
fn is_current(words: &str, inside: &str) {
    let folder = TempDir::new().expect("a folder");
    assert_eq!(say_in(folder.path(), &[words, "--out", "written"]).code, 0);
    let written = files(&folder.path().join("written"));
    let kept = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join(inside));
    let rewrite = format!("`cargo run -- {words} --out {inside}` rewrites them");
    assert!(
        written.keys().eq(kept.keys()),
        "{inside} has other files; {rewrite}"
    );
    for (name, text) in written {
        assert!(
            kept[&name] == text,
            "{inside}/{name} is out of date; {rewrite}"
        );
    }
}

#[test]
fn published_schemas_are_current() {
    is_current("schema", "docs/schema");
}

#[test]
fn published_reference_pages_are_current() {
    is_current("explain", "docs/reference");
}
