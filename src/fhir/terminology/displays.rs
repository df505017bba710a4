//! Displays: whether the text beside a code is one of its names.

use super::code_system::{CodeSystem, Content};
use super::concept::{Concept, Status};
use super::packaged::Packaged;
use super::{CodeRef, Known};
use std::collections::HashMap;
use std::sync::Arc;

/// What is known of a concept. Its other names are listed where the display that was given is not its first.
pub(super) fn known(packaged: &Packaged, concept: Concept<'_>, code: &CodeRef<'_>) -> Known {
    let mut known = Known {
        display: concept.display().map(str::to_owned),
        is_inactive: concept.status() != Status::Active,
        is_abstract: concept.is_abstract(),
        ..Known::default()
    };
    let Some(given) = code.display else {
        return known;
    };
    if concept
        .display()
        .is_some_and(|display| is_same(display, given))
    {
        known.display_fits = Some(true);
        return known;
    }
    known.other_displays = other_names(packaged, concept);
    if known.display.is_some() || !known.other_displays.is_empty() {
        known.display_fits = Some(known.other_displays.iter().any(|name| is_same(name, given)));
    }
    known
}

/// Designations of the system itself and of the supplements at hand.
fn other_names(packaged: &Packaged, concept: Concept<'_>) -> Vec<String> {
    let own = concept.designations().map(|name| name.value.to_owned());
    let mut names: Vec<String> = own.collect();
    for supplement in packaged.supplements_of(concept.system.url()) {
        let Some(more) = supplement.concept(concept.code()) else {
            continue;
        };
        names.extend(more.display().map(str::to_owned));
        names.extend(more.designations().map(|name| name.value.to_owned()));
    }
    names.dedup();
    names
}

/// Case and runs of white space do not count.
fn is_same(left: &str, right: &str) -> bool {
    if left == right {
        return true;
    }
    let folded = |text: &str| {
        let words: Vec<_> = text.split_whitespace().map(str::to_lowercase).collect();
        words.join(" ")
    };
    folded(left) == folded(right)
}

impl Packaged {
    /// The supplements of a code system; all of them are found at the first question.
    pub(super) fn supplements_of(&self, url: &str) -> &[Arc<CodeSystem>] {
        let supplements = self.supplements.get_or_init(|| self.find_supplements());
        supplements.get(url).map_or(&[], Vec::as_slice)
    }

    fn find_supplements(&self) -> HashMap<Box<str>, Vec<Arc<CodeSystem>>> {
        let mut found: HashMap<Box<str>, Vec<Arc<CodeSystem>>> = HashMap::new();
        let libraries = self.definitions().libraries().iter();
        let entries = libraries.flat_map(|library| {
            let entries = library.entries().into_iter();
            // The entry of a supplement names the system that it adds to; others need not be read.
            let supplements =
                entries.filter(|entry| &*entry.kind == "CodeSystem" && entry.subject.is_some());
            supplements.filter_map(|entry| library.find(&entry.url, entry.version.as_deref()))
        });
        for resource in entries {
            let Some(system) = CodeSystem::read(&resource) else {
                continue;
            };
            let (Content::Supplement, Some(of)) = (system.content(), system.supplements()) else {
                continue;
            };
            let url = of.split('|').next().unwrap_or_default();
            found.entry(url.into()).or_default().push(Arc::new(system));
        }
        found
    }
}
