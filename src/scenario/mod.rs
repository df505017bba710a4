//! Scenario files: from YAML to conversations that can be planned.
//!
//! [`Loader`] reads one pack's scenarios: fragments are inlined, names are checked, every mistake has a place. What comes out is a
//! [`Scenario`]: plain data with compiled checks and actions, the same for every seat.

mod duration;
mod expand;
mod file;
mod load;
mod names;
mod rows;
mod schema;
mod script;
mod step;

pub use duration::Span;
pub(crate) use file::{ConditionFile, Version};
pub use load::{ConditionFileRef, Loader, Surroundings};
pub(crate) use names::resolve;
pub use rows::{Row, Rows};
pub use schema::{fragment_schema, scenario_schema};
pub use script::{
    Condition, Disabled, Follow, Keep, Scenario, Script, Shared, Step, StepCheck, StepKind, Test,
    Until,
};
