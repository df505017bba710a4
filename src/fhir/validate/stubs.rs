//! stubs
use super::primitive::Primitive;
use super::run::{At, Run};
use super::shape::Shape;
use crate::fhir::tree::Element;
impl<'v> Run<'v> {
    pub(super) fn claims(&mut self, _e: Element<'v>) {}
    pub(super) fn whole_resource(&mut self, _e: Element<'v>) {}
    pub(super) fn contained(&mut self, _e: Element<'v>) {}
    pub(super) fn bound(&mut self, _e: Element<'v>, _at: &At<'v>) {}
    pub(super) fn type_profiles(&mut self, _e: Element<'v>, _at: &At<'v>) {}
    pub(super) fn extension(&mut self, _e: Element<'v>, _at: &At<'v>) {}
    pub(super) fn reference(&mut self, _e: Element<'v>, _at: &At<'v>) {}
    pub(super) fn coding(&mut self, _e: Element<'v>, _at: &At<'v>) {}
    pub(super) fn narrative(&mut self, _e: Element<'v>) {}
    pub(super) fn address(&mut self, _e: Element<'v>, _p: Primitive, _v: &'v str) {}
    pub(super) fn hold_whole(&mut self, _e: Element<'v>, _s: &'v Shape) {}
}
