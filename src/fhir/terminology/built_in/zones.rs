//! The names of time zones, as IANA's database has them.

use super::Look;
use super::table::Table;
use std::borrow::Cow;

static ZONES: Table = Table::new(include_str!("zones.txt"));

/// Looks at one name.
pub(super) fn look(code: &str) -> Look {
    if ZONES.holds(code) {
        return Look::Known(None);
    }
    Look::Unknown(format!("`{code}` is no time zone of IANA's database"))
}

/// All names.
pub(super) fn codes() -> Vec<Cow<'static, str>> {
    ZONES.entries().iter().map(|code| (*code).into()).collect()
}
