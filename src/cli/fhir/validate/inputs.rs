//! What to validate: files, folders, patterns, standard input; whole bodies, or one a line.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use indicatif::ProgressBar;

use crate::cli::out::Failure;
use crate::diag::Diagnostic;
use crate::fhir::MAX_BYTES;

/// One resource's text.
pub struct Input {
    /// The file, as it was named.
    pub name: String,
    /// The line that it starts at.
    pub line: usize,
    /// The text.
    pub body: Vec<u8>,
}

/// Everything that is to be looked at, in a fixed order.
pub struct Inputs {
    files: Vec<PathBuf>,
}

/// How deep folders are searched.
const MAX_FOLDERS: usize = 32;

/// Standard input's name on the command line.
const STDIN: &str = "-";

impl Inputs {
    /// Finds the files that words on the command line mean.
    pub fn find(words: &[String]) -> Result<Self, Failure> {
        let mut files = Vec::new();
        for word in words {
            let before = files.len();
            find(word, &mut files)?;
            if files.len() == before {
                let diagnostic =
                    Diagnostic::error("no-input", format!("there is no resource in `{word}`"));
                return Err(diagnostic.help("name a `.json`, `.xml` or `.ndjson` file, a folder that holds some, or `-` for standard input").into());
            }
        }
        Ok(Self { files })
    }

    /// How many files there are.
    pub fn files(&self) -> usize {
        self.files.len()
    }

    /// All bodies, in order; each file is opened when its turn comes.
    pub fn bodies<'i>(
        &'i self,
        bar: &'i ProgressBar,
    ) -> impl Iterator<Item = Result<Input, Failure>> + Send + 'i {
        let open = move |path: &'i PathBuf| {
            bar.inc(1);
            bodies_of(path)
        };
        self.files.iter().flat_map(open)
    }
}

fn find(word: &str, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let path = Path::new(word);
    if word == STDIN || path.is_file() {
        files.push(path.to_owned());
        return Ok(());
    }
    if path.is_dir() {
        return folder(path, files, 0);
    }
    if !word.contains(['*', '?', '[']) {
        let diagnostic =
            Diagnostic::error("no-input", format!("there is no file or folder `{word}`"));
        return Err(diagnostic.into());
    }
    let found = glob::glob(word).map_err(|error| {
        Diagnostic::error("no-input", format!("`{word}` is no pattern: {error}"))
    })?;
    files.extend(found.flatten().filter(|path| path.is_file()));
    Ok(())
}

/// Resources in a folder and below it, by name; links to folders are not followed.
fn folder(path: &Path, files: &mut Vec<PathBuf>, depth: usize) -> Result<(), Failure> {
    let entries = path.read_dir()?.collect::<Result<Vec<_>, _>>()?;
    let mut paths: Vec<PathBuf> = entries.iter().map(std::fs::DirEntry::path).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() && !path.is_symlink() && depth < MAX_FOLDERS {
            folder(&path, files, depth + 1)?;
        } else if path.is_file() && has_ending(&path, &["json", "xml", "ndjson"]) {
            files.push(path);
        }
    }
    Ok(())
}

fn has_ending(path: &Path, known: &[&str]) -> bool {
    let ending = path
        .extension()
        .and_then(|ending| ending.to_str())
        .unwrap_or_default();
    known.iter().any(|known| known.eq_ignore_ascii_case(ending))
}

type Bodies = Box<dyn Iterator<Item = Result<Input, Failure>> + Send>;

fn bodies_of(path: &Path) -> Bodies {
    let name = path.display().to_string();
    if name == STDIN {
        return Box::new(std::iter::once_with(|| {
            whole("<stdin>".to_owned(), io::stdin())
        }));
    }
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) => return Box::new(std::iter::once(Err(unreadable(&name, &error)))),
    };
    if has_ending(path, &["ndjson"]) {
        return Box::new(lines(name, BufReader::with_capacity(1 << 16, file)));
    }
    Box::new(std::iter::once_with(|| whole(name, file)))
}

fn unreadable(name: &str, error: &io::Error) -> Failure {
    Diagnostic::error("no-input", format!("`{name}` cannot be read: {error}")).into()
}

/// One byte more than may be looked at: the reader then says that it is too long.
fn whole(name: String, source: impl Read) -> Result<Input, Failure> {
    let mut body = Vec::new();
    let read = source.take(MAX_BYTES as u64 + 1).read_to_end(&mut body);
    read.map_err(|error| unreadable(&name, &error))?;
    Ok(Input {
        name,
        line: 1,
        body,
    })
}

/// One resource a line; empty lines are none.
fn lines(
    name: String,
    mut source: impl BufRead + Send + 'static,
) -> impl Iterator<Item = Result<Input, Failure>> + Send {
    let mut number = 0;
    std::iter::from_fn(move || {
        loop {
            number += 1;
            let mut body = Vec::new();
            let read = source
                .by_ref()
                .take(MAX_BYTES as u64 + 1)
                .read_until(b'\n', &mut body);
            match read {
                Err(error) => return Some(Err(unreadable(&name, &error))),
                Ok(0) => return None,
                Ok(_) if body.iter().all(u8::is_ascii_whitespace) => {}
                Ok(_) => {
                    let input = Input {
                        name: name.clone(),
                        line: number,
                        body,
                    };
                    return Some(Ok(input));
                }
            }
        }
    })
}
