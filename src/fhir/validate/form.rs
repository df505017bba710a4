//! Faults of form as issues: what the readers of JSON and XML noticed on their way.

use super::run::{Found, Run};
use super::{Grade, Issue, IssueKind, Weight};
use crate::fhir::tree::{FormIssue, FormIssueKind, Place};

impl Run<'_> {
    /// All faults of form.
    pub(super) fn form(&mut self) {
        for fault in self.resource.form_issues() {
            self.found.push(Found {
                order: 0,
                issue: issue_of(fault),
            });
        }
    }
}

fn issue_of(fault: &FormIssue) -> Issue {
    let (grade, kind) = match fault.kind {
        FormIssueKind::ByteOrderMark => (Grade::Warning, IssueKind::Parse),
        FormIssueKind::EmptyArray
        | FormIssueKind::EmptyObject
        | FormIssueKind::Null
        | FormIssueKind::EmptyText
        | FormIssueKind::NestedArray
        | FormIssueKind::MisalignedExtension
        | FormIssueKind::WrongNamespace
        | FormIssueKind::UnknownAttribute
        | FormIssueKind::StrayText
        | FormIssueKind::CrowdedContainer => (Grade::Error, IssueKind::Structure),
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
