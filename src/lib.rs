//! plugfest proves, in public, that a health-IT product follows the interoperability standards that it claims.
//!
//! The modules below are listed in reading order, which is also the flow: scenario files are parsed (`scenario`), planned for
//! a pack and a supplier (`plan`), run (`run`, the only part that touches the world), judged (`judge`), scored (`score`) and
//! reported (`report`). `judge` is a pure function of plan and exchanges, so that a stored run can be judged again by anyone.
//!
//! A module may use only modules above it; `tests/layers.rs` holds that.

pub mod model;

pub mod diag;

pub mod yaml;

pub mod template;

pub mod fhir;

pub mod xml;

pub mod check;

pub mod protocol;

pub mod scenario;

pub mod pack;

pub mod supplier;

pub mod plan;

pub mod judge;

pub mod report;

pub mod score;

pub mod results;

pub mod store;

pub mod run;

pub mod serve;

pub mod prove;

pub mod cli;
