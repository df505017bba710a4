//! Helpers for the tests of all rules.

use super::{Context, apply};
use crate::fhir::definitions::{Definitions, Library, Loose, Version};
use crate::fhir::terminology::Packaged;
use crate::fhir::tree::Resource;
use crate::fhir::validate::Issue;
use serde_json::Value;
use std::sync::Arc;

/// What the rules find in a resource of a release, beside other resources.
pub(super) fn issues_beside(version: Version, body: &Value, others: &[Value]) -> Vec<Issue> {
    let read =
        |body: &Value| Resource::parse_json(body.to_string().as_bytes()).expect("a resource");
    let library: Arc<dyn Library> = Arc::new(Loose::new(
        "here",
        others.iter().map(|body| Arc::new(read(body))),
    ));
    let definitions = Arc::new(Definitions::core(version).with([library]));
    let terminology = Packaged::new(definitions.clone());
    let context = Context {
        definitions: &definitions,
        terminology: &terminology,
        resolver: None,
    };
    let resource = read(body);
    let mut issues = Vec::new();
    apply(&context, resource.root(), &mut issues);
    issues
}

/// What the rules find in an R4 resource.
pub(super) fn issues(body: &Value) -> Vec<Issue> {
    issues_beside(Version::R4, body, &[])
}

/// The same in words.
pub(super) fn messages(body: &Value) -> Vec<String> {
    issues(body)
        .into_iter()
        .map(|issue| issue.message)
        .collect()
}
