//! `report.json`: the view itself. Its JSON Schema is [`view::schema`](super::view::schema).

use std::io;

use super::view::Report;
use super::{Exchanges, Format, inert};

/// The row of [`FORMATS`](super::FORMATS).
pub const FORMAT: Format = Format {
    name: "json",
    file: Some("report.json"),
    summary: "everything that the other reports show, as data",
    write,
};

fn write(report: &Report, _: &dyn Exchanges, out: &mut dyn io::Write) -> io::Result<()> {
    inert::write_json(report, out)
}
