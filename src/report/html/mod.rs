//! `index.html`: one file that a reader opens, a body publishes and a court may print.
//!
//! Nothing is loaded from anywhere, and a content security policy says so. The page is whole without JavaScript: filters are radio
//! buttons and CSS. It is written piece by piece (page, pack, requirement, exchange), so that memory stays flat.

mod coverage;
mod evidence;
mod exchange;
mod indent;
mod pack;
mod page;
mod requirement;
mod templates;
mod wire;

use std::io;

use super::view::Report;
use super::{Exchanges, Format};
use evidence::Evidence;
use templates::Templates;

/// The row of [`FORMATS`](super::FORMATS).
pub const FORMAT: Format = Format {
    name: "html",
    file: Some("index.html"),
    summary: "the whole result with its evidence, for people",
    write,
};

fn write(report: &Report, exchanges: &dyn Exchanges, out: &mut dyn io::Write) -> io::Result<()> {
    let templates = Templates::new()?;
    let out = &mut io::BufWriter::with_capacity(1 << 16, out);
    page::top(&templates, report, out)?;
    for (number, pack) in report.packs.iter().enumerate() {
        pack::result(&templates, report, pack, number, out)?;
    }
    requirement::section(&templates, report, out)?;
    exchange::section(&templates, &Evidence::of(report), exchanges, out)?;
    page::bottom(&templates, report, out)?;
    io::Write::flush(out)
}
