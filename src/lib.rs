//! plugfest
