//! Currencies (ISO 4217), also those that were withdrawn in recent years.

use super::Look;
use super::table::Table;
use std::borrow::Cow;

static CURRENCIES: Table = Table::new(include_str!("currencies.txt"));

/// Looks at one currency.
pub(super) fn look(code: &str) -> Look {
    if CURRENCIES.holds(code) {
        return Look::Known(None);
    }
    Look::Unknown(format!("`{code}` is no currency code of ISO 4217"))
}

/// All currencies.
pub(super) fn codes() -> Vec<Cow<'static, str>> {
    CURRENCIES
        .entries()
        .iter()
        .map(|code| (*code).into())
        .collect()
}
