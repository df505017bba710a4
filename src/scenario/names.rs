//! Which values are known at a step: every hole is checked when the file is read.

use std::collections::BTreeSet;

use crate::diag::{Diagnostic, Place, Source, did_you_mean};
use crate::model::Files;
use crate::template::Template;
use crate::yaml::{Node, Value};

/// The names that have a value, or may have one, at a step.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    names: BTreeSet<String>,
    /// `patients.` and the like: whatever stands behind is the supplier's to say.
    open: Vec<&'static str>,
}

impl Known {
    /// What every script knows: the pack's values, and what the run brings.
    pub(super) fn of_pack<'a>(values: impl IntoIterator<Item = &'a String>) -> Self {
        let mut known = Self {
            names: BTreeSet::new(),
            open: vec!["patients.", "endpoint."],
        };
        for name in ["run.seed", "run.tag", "step.url"] {
            known.add(name);
        }
        for name in values {
            known.add(&format!("values.{name}"));
        }
        known
    }

    /// One more name has a value from here on.
    pub(super) fn add(&mut self, name: &str) {
        self.names.insert(name.to_owned());
    }

    fn has(&self, prefix: &str, name: &str) -> bool {
        self.open.iter().any(|open| name.starts_with(open))
            || resolve(prefix, name, |full| self.names.contains(full).then_some(())).is_some()
    }

    /// Every hole in a node names a known value, in fixtures that it names too.
    pub(super) fn check(
        &self,
        node: &Node,
        prefix: &str,
        files: &Files,
        problems: &mut Vec<Diagnostic>,
    ) {
        match &*node.value {
            Value::Text(text) => self.check_text(text, &node.place, prefix, problems),
            Value::List(items) => items
                .iter()
                .for_each(|item| self.check(item, prefix, files, problems)),
            Value::Map(entries) => {
                for (key, value) in entries {
                    self.check_text(&key.text, &key.place, prefix, problems);
                    self.check(value, prefix, files, problems);
                    if key.text == "file" {
                        self.check_fixture(value, prefix, files, problems);
                    }
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// A fixture that is missing is reported by whoever reads it.
    fn check_fixture(
        &self,
        path: &Node,
        prefix: &str,
        files: &Files,
        problems: &mut Vec<Diagnostic>,
    ) {
        let Some(Ok(text)) = path.scalar().map(|path| files.text(path)) else {
            return;
        };
        if text.contains("{{") {
            let source = Source::new(files.shown(path.scalar().unwrap_or_default()), text);
            let whole = crate::diag::Span {
                start: 0,
                end: text.len(),
            };
            self.check_text(
                text,
                &Place {
                    source,
                    span: whole,
                },
                prefix,
                problems,
            );
        }
    }

    fn check_text(&self, text: &str, place: &Place, prefix: &str, problems: &mut Vec<Diagnostic>) {
        if !text.contains("{{") {
            return;
        }
        match Template::parse(text, place) {
            Err(problem) => problems.push(problem),
            Ok(template) => {
                let unknown = template
                    .names()
                    .into_iter()
                    .filter(|name| !self.has(prefix, name));
                problems.extend(unknown.map(|name| self.unknown(name, place)));
            }
        }
    }

    fn unknown(&self, name: &str, place: &Place) -> Diagnostic {
        let at = place
            .text()
            .find(name)
            .map_or_else(|| place.clone(), |offset| place.within(offset, name.len()));
        let diagnostic = Diagnostic::error(
            "undefined-value",
            format!("`{{{{{name}}}}}` has no value at this step"),
        )
        .at(&at);
        match did_you_mean(name, self.names.iter().map(String::as_str)) {
            Some(help) => diagnostic.help(help),
            None => diagnostic.help("a value comes from the pack's `values`, the scenario's `values`, a row, or an earlier step's `keep`"),
        }
    }
}

/// Looks a name up from the inside out: with the whole prefix, then with ever less of it, then bare.
///
/// Inside the fragment `create`, `id` is `create.id`, and where that is nothing, the scenario's own `id`.
pub(crate) fn resolve<T>(
    prefix: &str,
    name: &str,
    mut find: impl FnMut(&str) -> Option<T>,
) -> Option<T> {
    let mut prefix = prefix;
    while !prefix.is_empty() {
        if let Some(found) = find(&format!("{prefix}.{name}")) {
            return Some(found);
        }
        prefix = prefix.rsplit_once('.').map_or("", |(outer, _)| outer);
    }
    find(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_from_the_inside_out() {
        let mut known = Known::of_pack([&"resource-type".to_owned()]);
        known.add("create.id");
        let cases = [
            ("", "create.id", true),
            ("create", "id", true),
            ("a.create", "id", false),
            ("x", "create.id", true),
            ("", "id", false),
            ("", "values.resource-type", true),
            ("", "patients.any", true),
        ];
        for (prefix, name, expected) in cases {
            assert_eq!(known.has(prefix, name), expected, "{prefix} {name}");
        }
    }
}
