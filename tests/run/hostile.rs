//! Servers that lie, hang, crash and flood: the run ends, its record is whole, and nobody is accused of what is ours.

use super::server::{Act, json, start, with_headers};
use super::{code, lines, of_type, plugfest, write};

const SCENARIO: &str = "plugfest: 1
scenario: one
title: it answers
steps:
  - name: ask
    send: { http: { get: /it } }
    checks:
      - status: 200
      - json: { path: $.a, equals: 1 }
";

struct Case {
    name: &'static str,
    act: fn() -> Act,
    exit: i32,
    /// The kind of the fault, or nothing where a reply was recorded.
    fault: Option<&'static str>,
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn every_kind_of_trouble_has_its_name() {
    let cases = [
        Case {
            name: "sound",
            act: || json(200, "{\"a\":1}"),
            exit: 0,
            fault: None,
        },
        Case {
            name: "wrong",
            act: || json(200, "{\"a\":2}"),
            exit: 1,
            fault: None,
        },
        Case {
            name: "no JSON",
            act: || json(200, "{\"a\":"),
            exit: 1,
            fault: None,
        },
        Case {
            name: "no UTF-8",
            act: || Act::Last(b"HTTP/1.1 200 X\r\nContent-Length: 2\r\n\r\n\xff\xfe".to_vec()),
            exit: 1,
            fault: None,
        },
        Case {
            name: "closed at once",
            act: || Act::Last(Vec::new()),
            exit: 3,
            fault: Some("closed"),
        },
        Case {
            name: "cut short",
            act: || Act::Last(b"HTTP/1.1 200 X\r\nContent-Length: 99\r\n\r\n{}".to_vec()),
            exit: 3,
            fault: Some("closed"),
        },
        Case {
            name: "not HTTP",
            act: || Act::Last(b"220 mail.example ESMTP\r\n\r\n".to_vec()),
            exit: 1,
            fault: Some("malformed"),
        },
        Case {
            name: "silent",
            act: || Act::Silence,
            exit: 3,
            fault: Some("timeout"),
        },
        Case {
            name: "endless body",
            act: || Act::Endless(ENDLESS.to_vec(), b"0123456789".repeat(100)),
            exit: 3,
            fault: Some("body-limit"),
        },
        Case {
            name: "endless headers",
            act: || Act::Endless(b"HTTP/1.1 200 X\r\n".to_vec(), b"x: y\r\n".repeat(50)),
            exit: 3,
            fault: Some("header-limit"),
        },
        Case {
            name: "script tags",
            act: || {
                with_headers(
                    200,
                    "X-A: <script>alert(1)</script>\r\nContent-Type: text/html\r\n",
                    "<script>alert(1)</script>",
                )
            },
            exit: 1,
            fault: None,
        },
    ];
    for case in cases {
        let folder = tempfile::tempdir().unwrap();
        let scenario = write(folder.path(), "one.yaml", SCENARIO);
        let act = case.act;
        let server = start(move |_, _| act());
        let out = folder.path().join("out");
        let run = plugfest()
            .args([
                "run",
                &scenario,
                "--target",
                &server.base,
                "--timeout",
                "1s",
                "--max-body",
                "1MB",
                "--max-headers",
                "64kB",
                "--out",
            ])
            .arg(&out)
            .output()
            .unwrap();
        assert_eq!(
            code(&run),
            case.exit,
            "{}: {}",
            case.name,
            super::stderr(&run)
        );
        let lines = lines(&out);
        let exchange = of_type(&lines, "exchange")[0].clone();
        assert_eq!(
            exchange["fault"]["kind"].as_str(),
            case.fault,
            "{}: {exchange}",
            case.name
        );
        assert_eq!(of_type(&lines, "verdict").len(), 2, "{}", case.name);
        assert_eq!(of_type(&lines, "footer").len(), 1, "{}", case.name);
        let html = std::fs::read_to_string(out.join("index.html")).unwrap();
        assert!(!html.contains("<script>alert"), "{}", case.name);
    }
}

const ENDLESS: &[u8] = b"HTTP/1.1 200 X\r\nContent-Type: application/json\r\n\r\n";

#[test]
fn nobody_there_is_undetermined() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = write(folder.path(), "one.yaml", SCENARIO);
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let out = folder.path().join("out");
    let run = plugfest()
        .args([
            "run",
            &scenario,
            "--target",
            &format!("http://{free}"),
            "--out",
        ])
        .arg(&out)
        .output()
        .unwrap();
    assert_eq!(code(&run), 3);
    assert_eq!(
        of_type(&lines(&out), "exchange")[0]["fault"]["kind"],
        "connect"
    );
}

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "one story, from the secret to the grep"
)]
fn secrets_reach_no_artifact() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = write(folder.path(), "one.yaml", SCENARIO);
    let echo = |_: usize, head: &str| {
        let token = head
            .lines()
            .find_map(|line| line.strip_prefix("Authorization: "))
            .unwrap_or("none")
            .trim()
            .to_owned();
        with_headers(
            500,
            &format!("X-Echo: {token}\r\nContent-Type: application/json\r\n"),
            &format!("{{\"a\":\"{token}\"}}"),
        )
    };
    let server = start(echo);
    let supplier = format!(
        "plugfest: 1\nsupplier: {{ id: acme, name: Acme, product: P, version: '1' }}\nsystems:\n  main:\n    plays: ['*']\n    endpoints: {{ '*': {} }}\n    auth: {{ bearer: {{ token: {{ env: CANARY_TOKEN }} }} }}\n",
        server.base
    );
    let supplier = write(folder.path(), "acme.yaml", &supplier);
    let out = folder.path().join("out");
    let canary = "canary-0b5e55ed-c0ffee";
    let run = plugfest()
        .env("CANARY_TOKEN", canary)
        .args([
            "run",
            &scenario,
            "--supplier",
            &supplier,
            "--verbose",
            "--format",
            "html,json,junit,markdown,sarif,github,gitlab",
            "--out",
        ])
        .arg(&out)
        .output()
        .unwrap();
    assert_eq!(code(&run), 1, "{}", super::stderr(&run));
    assert!(server.asked.recv().is_ok());
    let told = [run.stdout, run.stderr].concat();
    assert!(!String::from_utf8_lossy(&told).contains(canary));
    let mut files = 0;
    for entry in std::fs::read_dir(&out)
        .unwrap()
        .flatten()
        .filter(|entry| entry.path().is_file())
    {
        files += 1;
        assert!(
            !String::from_utf8_lossy(&std::fs::read(entry.path()).unwrap()).contains(canary),
            "{:?}",
            entry.path()
        );
    }
    assert!(files >= 7);
    assert!(
        std::fs::read_to_string(out.join("results.jsonl"))
            .unwrap()
            .contains("redacted")
    );
}

#[test]
fn a_missing_secret_is_said_before_anything_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = write(folder.path(), "one.yaml", SCENARIO);
    let supplier = "plugfest: 1\nsupplier: { id: acme, name: Acme, product: P, version: '1' }\nsystems:\n  main:\n    plays: ['*']\n    endpoints: { '*': 'http://127.0.0.1:9' }\n    auth: { bearer: { token: { env: NO_SUCH_VARIABLE_HERE } } }\n";
    let supplier = write(folder.path(), "acme.yaml", supplier);
    let run = plugfest()
        .args(["run", &scenario, "--supplier", &supplier, "--out"])
        .arg(folder.path().join("out"))
        .output()
        .unwrap();
    assert_eq!(code(&run), 2);
    assert!(super::stderr(&run).contains("NO_SUCH_VARIABLE_HERE"));
}
