//! `plugfest explain`: more about any word that plugfest prints or that a file may hold.
//!
//! A topic is one row of [`topics::TOPICS`], its entries come from the rows of the modules that the words belong to. The pages of
//! `docs/reference` are the same entries as Markdown: `plugfest explain --out DIR` writes them.

mod page;
mod requirement;
mod topics;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use super::out::{self, Console, Failure, Form, FormArgument};
use crate::diag::{self, Diagnostic};
use crate::store;
use topics::{TOPICS, Topic};

/// Which word.
#[derive(Debug, Args)]
#[command(
    after_long_help = "A word is a diagnostic's code, a kind of check, a template's function, a verdict, an exit code, a report format, a \
    requirement's id, or a topic: a list of such words.\n\n\
    Examples:\n  plugfest explain                     the topics\n  plugfest explain checks              one topic\n  \
    plugfest explain undefined-value     the code of an error\n  plugfest explain FHIR-CONC-001       a requirement"
)]
pub struct Arguments {
    /// The word; without it, the topics are listed
    word: Option<String>,
    /// Write every topic as a Markdown page into this folder
    #[arg(long, value_name = "DIR", conflicts_with = "word")]
    out: Option<PathBuf>,
    #[command(flatten)]
    form: FormArgument,
}

/// A word and what is to be said about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// The word.
    pub name: String,
    /// What it means, in a line.
    pub summary: String,
    /// What there is to say beyond that.
    pub paragraphs: Vec<String>,
    /// As it stands in a file, one a line.
    pub examples: Vec<String>,
}

/// Runs the command.
pub fn run(arguments: &Arguments, console: &Console) -> Result<ExitCode, Failure> {
    let form = arguments.form.format;
    if let Some(folder) = &arguments.out {
        write(folder)?;
        console.tell(&format!("pages: {}", folder.display()));
        return Ok(ExitCode::SUCCESS);
    }
    let text = match &arguments.word {
        None => list(&contents(), form),
        Some(word) => match TOPICS.iter().find(|topic| topic.name == word) {
            Some(topic) => about(topic, form),
            None => show(&find(word)?, form),
        },
    };
    console.print(&text);
    Ok(ExitCode::SUCCESS)
}

fn write(folder: &Path) -> std::io::Result<()> {
    for topic in TOPICS {
        let path = folder.join(format!("{}.md", topic.name));
        store::write_atomically(&path, page::page(topic).as_bytes())?;
    }
    Ok(())
}

/// The topics as entries.
fn contents() -> Vec<Entry> {
    let entry = |topic: &Topic| Entry {
        name: topic.name.into(),
        summary: topic.title.into(),
        paragraphs: Vec::new(),
        examples: Vec::new(),
    };
    TOPICS.iter().map(entry).collect()
}

fn about(topic: &Topic, form: Form) -> String {
    let entries = (topic.entries)();
    match form {
        Form::Json => list(&entries, form),
        Form::Text => {
            let about = out::wrapped(topic.about, "");
            format!("{}\n\n{about}\n{}", topic.title, list(&entries, form))
        }
    }
}

fn list(entries: &[Entry], form: Form) -> String {
    let rows = entries.iter();
    match form {
        Form::Text => {
            let width = rows.clone().map(|entry| entry.name.chars().count()).max();
            let width = width.unwrap_or_default();
            rows.map(|entry| format!("  {:width$}  {}\n", entry.name, entry.summary))
                .collect()
        }
        Form::Json => out::json(&entries),
    }
}

fn show(entries: &[Entry], form: Form) -> String {
    match form {
        Form::Json => out::json(&entries),
        Form::Text => {
            let texts: Vec<String> = entries.iter().map(text).collect();
            texts.join("\n")
        }
    }
}

/// An entry for a terminal.
fn text(entry: &Entry) -> String {
    let mut text = out::wrapped(&format!("{}: {}", entry.name, entry.summary), "");
    for paragraph in &entry.paragraphs {
        text += &format!("\n{}", out::wrapped(paragraph, "  "));
    }
    if !entry.examples.is_empty() {
        text.push('\n');
    }
    let examples = entry
        .examples
        .iter()
        .map(|example| format!("    {example}\n"));
    text + &examples.collect::<String>()
}

/// Everything that a word means; one word may mean several things, such as `json`.
fn find(word: &str) -> Result<Vec<Entry>, Diagnostic> {
    let known: Vec<Entry> = TOPICS.iter().flat_map(|topic| (topic.entries)()).collect();
    let found: Vec<Entry> = known
        .iter()
        .filter(|entry| entry.name == word)
        .cloned()
        .collect();
    if !found.is_empty() {
        return Ok(found);
    }
    let requirements = requirement::of_embedded_packs();
    let found = requirement::find(word, &requirements);
    if !found.is_empty() {
        return Ok(found);
    }
    let words = known.iter().map(|entry| entry.name.as_str());
    let words = words.chain(TOPICS.iter().map(|topic| topic.name));
    let words = words.chain(requirements.iter().map(requirement::Listed::id));
    Err(unknown(word, words.collect()))
}

fn unknown(word: &str, known: Vec<&str>) -> Diagnostic {
    let topics: Vec<&str> = TOPICS.iter().map(|topic| topic.name).collect();
    let problem = Diagnostic::error("usage", format!("nothing is called `{word}`"));
    let lower = word.to_lowercase();
    let same = known
        .iter()
        .find(|name| name.to_lowercase() == lower)
        .copied();
    match same.or_else(|| diag::nearest(word, known)) {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None => problem.help(format!(
            "a topic is one of `{}`; `plugfest explain TOPIC` lists its words",
            topics.join("`, `")
        )),
    }
}
