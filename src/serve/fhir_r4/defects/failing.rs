//! Defects of errors.

use super::Facts;
use super::tools::without_body;
use crate::serve::fhir_r4::call::Answer;
use crate::serve::fhir_r4::json::Json;
use crate::serve::fhir_r4::message::Reply;
use std::sync::Arc;

pub fn without_outcome(_: &Facts, reply: &mut Reply) {
    if reply.status >= 400 {
        without_body(reply);
    }
}

pub fn as_html(_: &Facts, reply: &mut Reply) {
    if reply.status >= 400 {
        reply.body = format!(
            "<html><head><title>Error {0}</title></head><body><h1>{0}</h1></body></html>",
            reply.status
        )
        .into_bytes();
        reply
            .headers
            .set("Content-Type", "text/html; charset=utf-8");
    }
}

pub fn without_issues(_: &Facts, answer: &mut Answer) {
    if let Some(outcome) = refusal(answer) {
        outcome.place(usize::MAX, "issue", Json::List(Arc::default()));
    }
}

pub fn with_other_severity(_: &Facts, answer: &mut Answer) {
    each_issue(answer, &|issue| issue.set("severity", "critical"));
}

pub fn with_other_code(_: &Facts, answer: &mut Answer) {
    let status = answer.status.to_string();
    each_issue(answer, &|issue| issue.set("code", status.as_str()));
}

pub fn without_code(_: &Facts, answer: &mut Answer) {
    each_issue(answer, &|issue| {
        issue.remove("code");
    });
}

pub fn with_java_traces(_: &Facts, answer: &mut Answer) {
    each_issue(answer, &|issue| {
        let trace = "java.lang.IllegalStateException: no session\n\tat example.fhir.rest.Servlet.handle(Servlet.java:214)\n\tat example.fhir.rest.Servlet.service(Servlet.java:97)\n\tat example.http.Worker.run(Worker.java:61)";
        issue.set(
            "diagnostics",
            format!("{}: {trace}", issue.text("diagnostics").unwrap_or_default()),
        );
    });
}

pub fn with_python_traces(_: &Facts, answer: &mut Answer) {
    each_issue(answer, &|issue| {
        let trace = "Traceback (most recent call last):\n  File \"/srv/fhir/app.py\", line 88, in handle\n    return self.store.get(key)\nKeyError: 'key'";
        issue.set("diagnostics", trace);
    });
}

fn refusal(answer: &mut Answer) -> Option<&mut Json> {
    answer
        .body
        .as_mut()
        .filter(|body| answer.status >= 400 && body.resource_type() == "OperationOutcome")
}

fn each_issue(answer: &mut Answer, change: &dyn Fn(&mut Json)) {
    let issues = refusal(answer).and_then(|outcome| outcome.get_mut("issue"));
    if let Some(issues) = issues.and_then(Json::items_mut) {
        issues.iter_mut().for_each(change);
    }
}
