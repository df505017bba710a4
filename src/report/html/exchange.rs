//! The exchanges that verdicts rest on, as text: the weightiest first, each once, within a budget.

use std::collections::BTreeMap;
use std::io;

use minijinja::{Value, context};
use sha2::{Digest, Sha256};

use super::evidence::{Cited, Evidence, Weight};
use super::templates::{Piece, Templates};
use super::wire;
use crate::model::{Exchange, Outcome, Side};
use crate::report::{Exchanges, curl};

/// Bytes of exchanges in one page; beyond, only their numbers stand there.
const BUDGET: usize = 24 * 1024 * 1024;

/// Writes the section.
pub fn section(
    templates: &Templates,
    evidence: &Evidence<'_>,
    exchanges: &dyn Exchanges,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    out.write_all(
        b"<section id=\"exchanges\" aria-labelledby=\"exchanges-title\">\n<h2 id=\"exchanges-title\">Exchanges</h2>\n\
          <p>What was sent and what came back, as recorded. Secrets were redacted when it was recorded; JSON is indented for \
          reading, and characters that cannot be seen are spelled out. The exact bytes lie in the run's evidence.</p>\n",
    )?;
    let mut section = Section {
        templates,
        exchanges,
        seen: BTreeMap::new(),
        left: BUDGET,
    };
    for weight in Weight::ALL {
        section.group(weight, evidence, out)?;
    }
    out.write_all(b"</section>\n")
}

struct Section<'a> {
    templates: &'a Templates,
    exchanges: &'a dyn Exchanges,
    /// Digest of what an exchange shows → the number under which it was shown.
    seen: BTreeMap<[u8; 32], u32>,
    left: usize,
}

impl Section<'_> {
    fn group(
        &mut self,
        weight: Weight,
        evidence: &Evidence<'_>,
        out: &mut dyn io::Write,
    ) -> io::Result<()> {
        let mut cited = evidence.of_weight(weight).peekable();
        if cited.peek().is_none() {
            return Ok(());
        }
        writeln!(out, "<h3>{}</h3>", weight.title())?;
        let mut without_room = Vec::new();
        for (number, cited) in cited {
            if self.left == 0 {
                without_room.push(number);
                continue;
            }
            self.show(number, cited, out)?;
        }
        numbers_only(&without_room, out)
    }

    fn show(&mut self, number: u32, cited: &Cited<'_>, out: &mut dyn io::Write) -> io::Result<()> {
        let Some(exchange) = self.exchanges.exchange(number) else {
            return writeln!(
                out,
                "<article class=\"x\" id=\"exchange-{number}\"><h4>Exchange {number}</h4><p>It is not among the recorded exchanges.</p></article>"
            );
        };
        let digest = digest(&exchange);
        let twin = *self.seen.entry(digest).or_insert(number);
        if twin != number {
            return writeln!(
                out,
                "<article class=\"x\" id=\"exchange-{number}\"><h4>Exchange {number}</h4><p>The same, but for its time, as <a href=\"#exchange-{twin}\">exchange {twin}</a>.</p></article>"
            );
        }
        let mut text = Vec::new();
        self.templates
            .write(Piece::Exchange, row(&exchange, cited), &mut text)?;
        self.left = self.left.saturating_sub(text.len());
        out.write_all(&text)
    }
}

/// Links must lead somewhere, also where there is no room for what they lead to.
fn numbers_only(numbers: &[u32], out: &mut dyn io::Write) -> io::Result<()> {
    if numbers.is_empty() {
        return Ok(());
    }
    out.write_all(b"<p>This page has no room for these; they lie in the run's evidence, under their numbers.</p>\n<p class=\"numbers\">")?;
    for number in numbers {
        writeln!(out, "<span id=\"exchange-{number}\">{number}</span>")?;
    }
    out.write_all(b"</p>\n")
}

fn row(exchange: &Exchange, cited: &Cited<'_>) -> Value {
    let requirements: Vec<Value> = cited
        .requirements
        .iter()
        .map(|(anchor, id)| context! { anchor, id })
        .collect();
    context! {
        number => exchange.number,
        method => exchange.request.method, url => exchange.request.url,
        result => result(exchange),
        case => exchange.case.as_str(), step => exchange.step + 1, attempt => exchange.attempt + 1,
        from => exchange.from.as_str(), to => exchange.to.as_str(),
        at => exchange.at.to_string(), took => milliseconds(exchange.timing.total),
        peer => exchange.connection.peer,
        tls => exchange.connection.tls.as_ref().map(|tls| tls.version.as_str()),
        curl => curl::command(exchange),
        failed => cited.weight == Weight::Failed,
        places => cited.places,
        requirements, more => cited.more,
        request => wire::message(exchange, Side::Request, &cited.places),
        reply => exchange.reply().map(|_| wire::message(exchange, Side::Reply, &cited.places)),
        fault => fault(exchange),
    }
}

fn result(exchange: &Exchange) -> String {
    match &exchange.outcome {
        Outcome::Replied(reply) => reply.status.to_string(),
        Outcome::Failed(fault) => format!("no reply ({})", fault.kind.as_str()),
    }
}

fn fault(exchange: &Exchange) -> Option<String> {
    match &exchange.outcome {
        Outcome::Replied(_) => None,
        Outcome::Failed(fault) => Some(fault.to_string()),
    }
}

fn milliseconds(micros: u64) -> String {
    format!("{}.{} ms", micros / 1000, micros % 1000 / 100)
}

/// SHA-256 over what a reader sees of an exchange, but not when: the clock's header differs from second to second.
fn digest(exchange: &Exchange) -> [u8; 32] {
    let mut hasher = Sha256::new();
    let mut part = |bytes: &[u8]| {
        hasher.update(bytes.len().to_le_bytes());
        hasher.update(bytes);
    };
    part(exchange.request.method.as_bytes());
    part(exchange.request.url.as_bytes());
    part(result(exchange).as_bytes());
    part(fault(exchange).unwrap_or_default().as_bytes());
    for side in [Side::Request, Side::Reply] {
        for (name, value) in exchange
            .headers(side)
            .into_iter()
            .flat_map(|headers| &headers.0)
        {
            if !name.eq_ignore_ascii_case("date") {
                part(name.as_bytes());
                part(value.as_bytes());
            }
        }
        part(
            exchange
                .body(side)
                .map(|body| body.bytes())
                .unwrap_or_default(),
        );
    }
    hasher.finalize().into()
}
