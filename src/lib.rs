//! plugfest: proves, in public, that a health-IT product follows the interoperability standards that it claims.
pub mod diag;
pub mod model;
pub mod template;
pub mod yaml;
