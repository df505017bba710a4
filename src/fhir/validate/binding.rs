//! Bindings.
use super::Validator;
use crate::fhir::tree::Element;
pub(super) fn member_of(_v: &Validator, _element: Element<'_>, _value_set: &str) -> Option<bool> {
    None
}
