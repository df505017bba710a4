//! Faults of form as issues: what the readers of JSON and XML noticed on their way.

use super::run::Run;
use super::{Grade, Issue, IssueKind, Weight};
use crate::fhir::tree::{FormIssue, FormIssueKind, Place};

impl Run<'_> {
    /// All faults of form.
    pub(super) fn form(&mut self) {
        for fault in self.resource.form_issues() {
            let allowed =
                fault.kind == FormIssueKind::Comment && self.validator.options.allow_comments;
            if !allowed {
                self.adopt(issue_of(fault));
            }
        }
    }
}

/// A fault of form as an issue: an error, unless readers commonly take it in their stride.
pub(super) fn issue_of(fault: &FormIssue) -> Issue {
    let grade = match fault.kind.is_harmless() {
        true => Grade::Warning,
        false => Grade::Error,
    };
    let kind = match fault.kind.is_syntax() {
        true => IssueKind::Parse,
        false => IssueKind::Structure,
    };
    Issue {
        grade,
        kind,
        code: "invalid",
        place: Place {
            path: fault.path.clone(),
            line: fault.line,
            column: fault.column,
        },
        message: fault.message.clone(),
        profile: None,
        constraint: None,
        weight: Weight::Minor,
    }
}
