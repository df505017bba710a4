//! A run's folder, read back: records by case and by number, without holding them all.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use sha2::{Digest, Sha256};

use crate::judge::{CaseRecord, Recorded};
use crate::model::{CaseId, Exchange, Instant};
use crate::report::Exchanges;
use crate::results::{self, Footer, Header, Lies, Line, StoredExchange};

/// The longest line that is read, in bytes: two inline bodies, Base64, and headers.
const MAX_LINE: u64 = 64 * 1024 * 1024;

/// What is wrong with a run file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// It cannot be read.
    Io(String),
    /// It is no run file: the line, and what is wrong with it.
    Line(usize, String),
    /// It has no footer: it was interrupted.
    Interrupted,
    /// What it counts or digests is not what it holds.
    Changed(String),
    /// A body in a file of its own, which an exchange needs, is gone or is not what was written.
    Body(u32, String),
}

/// A run's folder.
#[derive(Debug)]
pub struct RunFolder {
    folder: PathBuf,
    file: Mutex<File>,
    /// The first line.
    pub header: Header,
    /// The last line; `None` where the run was interrupted.
    pub footer: Option<Footer>,
    /// How many times it was started.
    pub attempts: u32,
    /// Where the journal ends: before the first verdict, or after the last whole line.
    pub journal_length: u64,
    /// How many exchanges.
    pub exchanges: u32,
    /// When the last of them ended.
    pub last: Instant,
    cases: BTreeMap<CaseId, Entry>,
    numbers: Vec<(u64, u32)>,
    large: Vec<u32>,
}

/// What is known of a case without reading its exchanges.
#[derive(Debug, Clone, Default)]
struct Entry {
    at: Option<Instant>,
    numbers: Vec<u32>,
    ended: bool,
    stopped: Option<String>,
}

impl RunFolder {
    /// Reads a run's folder. A last line that was cut short is left out.
    ///
    /// # Errors
    /// Where it is no run file, or its footer does not fit.
    pub fn open(folder: &Path) -> Result<Self, Problem> {
        let path = folder.join("results.jsonl");
        let io = |error: io::Error| Problem::Io(format!("`{}`: {error}", path.display()));
        let file = File::open(&path).map_err(io)?;
        let mut reader = BufReader::with_capacity(1 << 18, file.try_clone().map_err(io)?);
        let mut scan = Scan::default();
        let mut line = Vec::new();
        loop {
            line.clear();
            let length = reader
                .by_ref()
                .take(MAX_LINE)
                .read_until(b'\n', &mut line)
                .map_err(io)?;
            if length == 0 || !line.ends_with(b"\n") {
                break;
            }
            scan.take(&line)?;
        }
        scan.finish(folder, file)
    }

    /// The records that a run could build on: whether a case went to its end.
    pub fn has_ended(&self, id: &CaseId) -> bool {
        self.cases.get(id).is_some_and(|entry| entry.ended)
    }

    /// Looks at every body that lies in a file of its own, before anybody judges by them.
    ///
    /// # Errors
    /// The first that is gone, or is not what was written.
    pub fn verify(&self) -> Result<(), Problem> {
        self.large.iter().try_for_each(|number| {
            self.read(*number)
                .map(drop)
                .map_err(|what| Problem::Body(*number, what))
        })
    }

    /// The bytes of the journal, without verdicts and footer.
    ///
    /// # Errors
    /// What the system says.
    pub fn journal(&self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut file = self.lock();
        file.seek(SeekFrom::Start(0))?;
        file.by_ref()
            .take(self.journal_length)
            .read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, File> {
        self.file
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn read(&self, number: u32) -> Result<Exchange, String> {
        let index = number.checked_sub(1).map(|index| index as usize);
        let place = index.and_then(|index| self.numbers.get(index));
        let (offset, length) = *place.ok_or("there is no such exchange")?;
        let mut bytes = vec![0; length as usize];
        {
            let mut file = self.lock();
            file.seek(SeekFrom::Start(offset))
                .and_then(|_| file.read_exact(&mut bytes))
                .map_err(|error| error.to_string())?;
        }
        match serde_json::from_slice(&bytes).map_err(|error| error.to_string())? {
            Line::Exchange(stored) => self.restore(*stored),
            Line::Header(_)
            | Line::Resumed { .. }
            | Line::Case(_)
            | Line::CaseEnd(_)
            | Line::Verdict(_)
            | Line::Footer(_) => Err("its line is none of an exchange".into()),
        }
    }

    fn restore(&self, stored: StoredExchange) -> Result<Exchange, String> {
        let read = |path: &str| {
            let safe = path.starts_with("exchanges/") && !path.split('/').any(|part| part == "..");
            if !safe {
                return Err(format!("`{path}` leads out of the run's folder"));
            }
            std::fs::read(self.folder.join(path)).map_err(|error| format!("`{path}`: {error}"))
        };
        results::restore(stored, &read)
    }
}

impl Exchanges for RunFolder {
    fn exchange(&self, number: u32) -> Option<Exchange> {
        self.read(number).ok()
    }
}

impl Recorded for RunFolder {
    fn case(&self, id: &CaseId) -> Option<CaseRecord> {
        let entry = self.cases.get(id)?;
        let exchanges = entry
            .numbers
            .iter()
            .filter_map(|number| self.read(*number).ok())
            .map(Arc::new)
            .collect();
        Some(CaseRecord {
            at: entry.at,
            exchanges,
            stopped: entry.stopped.clone(),
        })
    }
}

/// A run file on its way through the reader.
#[derive(Default)]
struct Scan {
    header: Option<Header>,
    footer: Option<Footer>,
    hasher: Sha256,
    offset: u64,
    lines: usize,
    journal_length: u64,
    verdicts: u32,
    attempts: u32,
    last: Option<Instant>,
    cases: BTreeMap<CaseId, Entry>,
    numbers: Vec<(u64, u32)>,
    large: Vec<u32>,
}

impl Scan {
    fn take(&mut self, bytes: &[u8]) -> Result<(), Problem> {
        self.lines += 1;
        let wrong = |what: &str, lines: usize| Problem::Line(lines, what.to_owned());
        if self.footer.is_some() {
            return Err(wrong("nothing may follow the footer", self.lines));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| wrong("no UTF-8", self.lines))?;
        let line =
            results::parse_line(text).map_err(|problem| Problem::Line(self.lines, problem))?;
        if self.header.is_none() && !matches!(line, Line::Header(_)) {
            return Err(wrong("the first line must be the header", self.lines));
        }
        let offset = self.offset;
        self.offset += bytes.len() as u64;
        self.sort(line, bytes, offset)
    }

    fn sort(&mut self, line: Line, bytes: &[u8], offset: u64) -> Result<(), Problem> {
        let is_verdict = matches!(line, Line::Verdict(_));
        match line {
            Line::Header(header) => self.take_header(*header)?,
            Line::Resumed { .. } => self.attempts += 1,
            Line::Case(start) => self.cases.entry(start.case).or_default().at = Some(start.at),
            Line::Exchange(stored) => self.take_exchange(&stored, offset, bytes.len())?,
            Line::CaseEnd(end) => {
                let entry = self.cases.entry(end.case).or_default();
                (entry.ended, entry.stopped) = (true, end.stopped);
            }
            Line::Verdict(_) => self.verdicts += 1,
            Line::Footer(footer) => return self.take_footer(footer),
        }
        self.hasher.update(bytes);
        if !is_verdict {
            self.journal_length = self.offset;
        }
        Ok(())
    }

    fn take_header(&mut self, header: Header) -> Result<(), Problem> {
        if self.header.is_some() {
            return Err(Problem::Line(self.lines, "a second header".into()));
        }
        if header.format != results::FORMAT {
            let what = format!(
                "format {} is not the one that this plugfest reads ({})",
                header.format,
                results::FORMAT
            );
            return Err(Problem::Line(self.lines, what));
        }
        (self.attempts, self.last, self.header) = (1, Some(header.started), Some(header));
        Ok(())
    }

    fn take_exchange(
        &mut self,
        stored: &StoredExchange,
        offset: u64,
        length: usize,
    ) -> Result<(), Problem> {
        if stored.number as usize != self.numbers.len() + 1 {
            return Err(Problem::Line(
                self.lines,
                format!("exchange {} is out of order", stored.number),
            ));
        }
        match stored.check() {
            Ok(Lies::Inside) => {}
            Ok(Lies::Beside) => self.large.push(stored.number),
            Err(what) => return Err(Problem::Line(self.lines, what)),
        }
        self.numbers
            .push((offset, u32::try_from(length).unwrap_or(u32::MAX)));
        self.cases
            .entry(stored.case.clone())
            .or_default()
            .numbers
            .push(stored.number);
        self.last = self.last.max(Some(stored.ended()));
        Ok(())
    }

    fn take_footer(&mut self, footer: Footer) -> Result<(), Problem> {
        let digest: String = self
            .hasher
            .clone()
            .finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        if footer.digest != format!("sha256:{digest}") {
            return Err(Problem::Changed(
                "the digest in the footer is not that of the lines before it".into(),
            ));
        }
        if footer.exchanges as usize != self.numbers.len() || footer.verdicts != self.verdicts {
            return Err(Problem::Changed(
                "the footer counts other records than there are".into(),
            ));
        }
        self.footer = Some(footer);
        Ok(())
    }

    fn finish(self, folder: &Path, file: File) -> Result<RunFolder, Problem> {
        let Some(header) = self.header else {
            return Err(Problem::Line(1, "there is no header".into()));
        };
        Ok(RunFolder {
            folder: folder.to_owned(),
            file: Mutex::new(file),
            last: self.last.unwrap_or(header.started),
            header,
            footer: self.footer,
            attempts: self.attempts,
            journal_length: self.journal_length,
            exchanges: u32::try_from(self.numbers.len()).unwrap_or(u32::MAX),
            cases: self.cases,
            numbers: self.numbers,
            large: self.large,
        })
    }
}
