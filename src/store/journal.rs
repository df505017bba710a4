//! The journal of a run: every record is in the file before anybody builds on it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use sha2::{Digest, Sha256};

use crate::model::{Exchange, Instant};
use crate::report::view::RunState;
use crate::results::{self, Footer, Line};

/// A run file that is being written.
#[derive(Debug)]
pub struct Journal {
    folder: PathBuf,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// `None` keeps nothing.
    file: Option<File>,
    hasher: Sha256,
    exchanges: u32,
    verdicts: u32,
    finished: Instant,
    failure: Option<String>,
}

impl Journal {
    /// A new run file in a folder, which may not hold one yet.
    ///
    /// # Errors
    /// What the system says.
    pub fn create(folder: &Path, header: results::Header) -> io::Result<Self> {
        fs::create_dir_all(folder.join("exchanges"))?;
        let started = header.started;
        let file = File::create(folder.join("results.jsonl"))?;
        let journal = Self::over(folder, Some(file), Sha256::new(), 0, started);
        journal.line(&Line::Header(Box::new(header)))?;
        Ok(journal)
    }

    /// A journal that keeps nothing: for runs that prove a pack, whose exchanges nobody reads again.
    pub fn nowhere(started: Instant) -> Self {
        Self::over(Path::new(""), None, Sha256::new(), 0, started)
    }

    /// An interrupted run file that goes on after its last whole line.
    ///
    /// # Errors
    /// What the system says.
    pub fn resume(
        folder: &Path,
        whole: &[u8],
        exchanges: u32,
        last: Instant,
        at: Instant,
    ) -> io::Result<Self> {
        let file = OpenOptions::new()
            .write(true)
            .open(folder.join("results.jsonl"))?;
        file.set_len(whole.len() as u64)?;
        let mut file = file;
        io::Seek::seek(&mut file, io::SeekFrom::End(0))?;
        let journal = Self::over(
            folder,
            Some(file),
            Sha256::new_with_prefix(whole),
            exchanges,
            last,
        );
        journal.line(&Line::Resumed { at })?;
        Ok(journal)
    }

    /// A new run file that starts with the journal of another.
    ///
    /// # Errors
    /// What the system says.
    pub fn copy(
        folder: &Path,
        journal: &[u8],
        exchanges: u32,
        finished: Instant,
    ) -> io::Result<Self> {
        let mut file = File::create(folder.join("results.jsonl"))?;
        file.write_all(journal)?;
        Ok(Self::over(
            folder,
            Some(file),
            Sha256::new_with_prefix(journal),
            exchanges,
            finished,
        ))
    }

    fn over(
        folder: &Path,
        file: Option<File>,
        hasher: Sha256,
        exchanges: u32,
        finished: Instant,
    ) -> Self {
        let inner = Inner {
            file,
            hasher,
            exchanges,
            verdicts: 0,
            finished,
            failure: None,
        };
        Self {
            folder: folder.to_owned(),
            inner: Mutex::new(inner),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Writes a line.
    ///
    /// # Errors
    /// What the system says.
    pub fn line(&self, line: &Line) -> io::Result<()> {
        let mut inner = self.lock();
        inner.write(line)
    }

    /// Gives an exchange its number and writes it, its large bodies first.
    ///
    /// # Errors
    /// What the system says.
    pub fn exchange(&self, mut exchange: Exchange) -> io::Result<Exchange> {
        let mut inner = self.lock();
        exchange.number = inner.exchanges + 1;
        if inner.file.is_some() {
            let (stored, large) = results::store(&exchange);
            for body in large {
                fs::write(self.folder.join(&body.path), body.content.bytes())?;
            }
            inner.write(&Line::Exchange(Box::new(stored)))?;
        }
        inner.exchanges += 1;
        let ended = exchange
            .at
            .as_micros()
            .saturating_add(i64::try_from(exchange.timing.total).unwrap_or(i64::MAX));
        inner.finished = inner.finished.max(Instant::from_micros(ended));
        Ok(exchange)
    }

    /// Writes verdicts and the footer, with the reason where it was stopped: from here on it is a run.
    ///
    /// # Errors
    /// What the system says.
    pub fn finish(
        &self,
        stopped: Option<&str>,
        verdicts: impl Iterator<Item = results::VerdictLine>,
    ) -> io::Result<Footer> {
        let mut inner = self.lock();
        let mut buffer = Vec::with_capacity(1 << 16);
        for verdict in verdicts {
            serde_json::to_writer(&mut buffer, &Line::Verdict(Box::new(verdict)))?;
            buffer.push(b'\n');
            inner.verdicts += 1;
            if buffer.len() > 1 << 20 {
                inner.append(&buffer)?;
                buffer.clear();
            }
        }
        inner.append(&buffer)?;
        let digest: String = inner
            .hasher
            .clone()
            .finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let footer = Footer {
            state: match stopped {
                Some(_) => RunState::Cancelled,
                None => RunState::Complete,
            },
            stopped: stopped.map(str::to_owned),
            finished: inner.finished,
            exchanges: inner.exchanges,
            verdicts: inner.verdicts,
            digest: format!("sha256:{digest}"),
        };
        inner.write(&Line::Footer(footer.clone()))?;
        Ok(footer)
    }
}

impl Inner {
    fn write(&mut self, line: &Line) -> io::Result<()> {
        let mut bytes = serde_json::to_vec(line)?;
        bytes.push(b'\n');
        self.append(&bytes)
    }

    /// After a failed write nothing more is written: a hole in the middle would be worse than an early end.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Some(failure) = &self.failure {
            return Err(io::Error::other(failure.clone()));
        }
        let Some(file) = &mut self.file else {
            return Ok(());
        };
        if let Err(error) = file.write_all(bytes) {
            self.failure = Some(error.to_string());
            return Err(error);
        }
        self.hasher.update(bytes);
        Ok(())
    }
}
