//! plugfest

pub mod serve;
