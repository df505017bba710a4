//! FHIR as data: element trees from JSON and XML, FHIRPath over them, and comparison of resources.
//!
//! A standalone engine: it uses nothing else of the crate, and touches neither files, network nor clocks.
//!
//! ```
//! use plugfest::fhir::{Expression, Resource, Variables};
//!
//! let body = br#"{ "resourceType": "Patient", "name": [{ "family": "Jackson" }] }"#;
//! let patient = Resource::parse_json(body)?;
//! assert_eq!(patient.type_name(), Some("Patient"));
//!
//! let expression = Expression::parse("name.family")?;
//! let variables = Variables::new();
//! let found = expression.evaluate(&patient, &variables)?;
//! assert_eq!(found.texts(), ["Jackson"]);
//! assert_eq!(found.locations(), ["Patient.name[0].family (line 1, column 41)"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | to | use |
//! |---|---|
//! | read a body | [`Resource::parse_json`], [`Resource::parse_xml`] → [`ParseError`] with line and column |
//! | name its type | [`Resource::type_name`] |
//! | see faults of form | [`Resource::form_issues`] |
//! | read on after faults | [`Resource::read_json`], [`Resource::read_xml`] → [`Reading`] |
//! | write JSON or XML | [`to_json`], [`to_xml`] |
//! | check a narrative | [`narrative::check`] |
//! | walk it | [`Resource::root`] → [`Element`] |
//! | ask a question of it | [`Expression::parse`] (once), [`Expression::evaluate`] → [`Collection`] |
//! | give variables, a clock, type or terminology knowledge | [`Variables`], [`Types`], [`Services`] |
//! | compare two resources | [`equivalent`] |
//! | read packages, and find what they stand upon | [`package`] |

pub mod definitions;
mod difference;
mod error;
mod fhirpath;
pub mod narrative;
pub mod package;
pub mod snapshot;
pub mod suite;
pub mod terminology;
mod tree;
mod types;
pub mod validate;

pub use difference::{Difference, equivalent};
pub use error::ParseError;
pub use fhirpath::{
    CalendarUnit, Casts, Collection, DEFAULT_MAX_STEPS, Decimal, EvaluationError,
    EvaluationErrorKind, Expression, ExpressionError, FunctionDoc, Members, NoServices, Nothing,
    Precision, Quantity, Services, Session, Temporal, TemporalKind, Trace, TypeName, Unit, Value,
    Variables, function_docs,
};
pub use tree::{
    Children, Element, FormIssue, FormIssueKind, Format, Kind, MAX_BYTES, MAX_DEPTH,
    MAX_FORM_ISSUES, NoShapes, Place, Reading, Resource, Shape, Shapes, WriteError, name_hash,
    to_json, to_xml,
};
pub use types::{BuiltIn, Types};
