//! A topic as a Markdown page.

use std::fmt::Write;

use super::Entry;
use super::topics::Topic;

/// The page; the same rows give the same bytes.
pub fn page(topic: &Topic) -> String {
    let entries = (topic.entries)();
    let mut page = format!(
        "# {}\n\n<!-- Written by `plugfest explain --out docs/reference`; change the rows in src/, not this page. -->\n\n{}\n\n",
        topic.title, topic.about
    );
    page += "| word | meaning |\n|---|---|\n";
    for entry in &entries {
        let name = match has_section(entry) {
            true => format!("[`{0}`](#{0})", entry.name),
            false => format!("`{}`", entry.name),
        };
        // Writing to a String cannot fail.
        let _ = writeln!(page, "| {} | {} |", cell(&name), cell(&entry.summary));
    }
    page + &entries
        .iter()
        .filter(|entry| has_section(entry))
        .map(section)
        .collect::<String>()
}

fn has_section(entry: &Entry) -> bool {
    !entry.paragraphs.is_empty() || !entry.examples.is_empty()
}

fn section(entry: &Entry) -> String {
    let mut section = format!("\n## `{}`\n\n{}.\n", entry.name, sentence(&entry.summary));
    for paragraph in &entry.paragraphs {
        section += &format!("\n{paragraph}\n");
    }
    if entry.examples.is_empty() {
        return section;
    }
    let examples = entry
        .examples
        .iter()
        .map(|example| format!("- {example}\n"));
    section + &format!("\n```yaml\n{}```\n", examples.collect::<String>())
}

/// What ends a cell of a table would end it in the middle of a word.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters
        .next()
        .map(|letter| letter.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}
