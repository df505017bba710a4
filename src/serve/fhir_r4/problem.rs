//! Refusals: an HTTP status with the issues of an OperationOutcome.

use super::json::Json;
use super::message::Headers;

/// One issue of an OperationOutcome.
#[derive(Clone, Debug, PartialEq)]
pub struct Issue {
    /// `fatal`, `error`, `warning` or `information`.
    pub severity: &'static str,
    /// A code of the issue-type value set.
    pub code: &'static str,
    /// What is wrong, for a reader.
    pub text: String,
    /// The element that is meant, as a FHIRPath such as `Patient.birthDate`; empty when there is none.
    pub place: String,
}

impl Issue {
    /// An error at a place.
    pub fn error(code: &'static str, text: impl Into<String>, place: impl Into<String>) -> Issue {
        Issue {
            severity: "error",
            code,
            text: text.into(),
            place: place.into(),
        }
    }

    fn json(&self) -> Json {
        Json::object([
            ("severity", self.severity.into()),
            ("code", self.code.into()),
            ("diagnostics", self.text.as_str().into()),
            (
                "expression",
                Json::list((!self.place.is_empty()).then(|| self.place.as_str().into())),
            ),
        ])
    }
}

/// A request that is refused.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// The HTTP status: 4xx or 5xx.
    pub status: u16,
    /// At least one issue.
    pub issues: Vec<Issue>,
    /// Header fields that the status calls for, such as `Allow`.
    pub headers: Headers,
}

impl Problem {
    /// A refusal with one issue.
    pub fn new(status: u16, code: &'static str, text: impl Into<String>) -> Problem {
        Problem {
            status,
            issues: vec![Issue::error(code, text, "")],
            headers: Headers::default(),
        }
    }

    /// 400: the request itself is wrong.
    pub fn bad_request(text: impl Into<String>) -> Problem {
        Problem::new(400, "invalid", text)
    }

    /// 404: there is no such thing here.
    pub fn not_found(text: impl Into<String>) -> Problem {
        Problem::new(404, "not-found", text)
    }

    /// 412: a condition of the request does not hold.
    pub fn precondition(text: impl Into<String>) -> Problem {
        Problem::new(412, "conflict", text)
    }

    /// 422: well-formed, but against a rule.
    pub fn unprocessable(text: impl Into<String>) -> Problem {
        Problem::new(422, "business-rule", text)
    }

    /// 405 with the methods that would do.
    pub fn not_allowed(allow: &str) -> Problem {
        let problem = Problem::new(405, "not-supported", "this method is not supported here");
        problem.with("Allow", allow)
    }

    /// With a header field.
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Problem {
        self.headers.set(name, value);
        self
    }

    /// The OperationOutcome.
    pub fn outcome(&self) -> Json {
        outcome(&self.issues)
    }
}

/// An OperationOutcome of these issues.
pub fn outcome(issues: &[Issue]) -> Json {
    Json::object([
        ("resourceType", "OperationOutcome".into()),
        ("issue", Json::list(issues.iter().map(Issue::json))),
    ])
}

/// An OperationOutcome that only informs.
pub fn information(text: impl Into<String>) -> Json {
    outcome(&[Issue {
        severity: "information",
        code: "informational",
        text: text.into(),
        place: String::new(),
    }])
}
