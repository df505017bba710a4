//! Who stands above whom in a code system: nested concepts first, then properties that name further parents or children.

use super::code_system::CodeSystem;
use std::collections::{BTreeSet, HashMap};

/// The links that nesting does not show. Most systems have none, and then a range of indices tells all.
#[derive(Debug, Default)]
pub(super) struct Hierarchy {
    parents: HashMap<u32, Vec<u32>>,
    children: HashMap<u32, Vec<u32>>,
}

/// A concept and all below it.
#[derive(Debug)]
pub(super) struct Below {
    pub(super) top: u32,
    reach: Reach,
}

#[derive(Debug)]
enum Reach {
    /// Nothing but nesting: one past the last descendant.
    Until(u32),
    /// Several parents are possible: a bit for each concept.
    Marked(Vec<u64>),
}

impl Below {
    /// Whether a concept is the top, or stands below it.
    pub(super) fn contains(&self, index: u32) -> bool {
        match &self.reach {
            Reach::Until(end) => (self.top..*end).contains(&index),
            Reach::Marked(marks) => {
                let word = marks.get(index as usize / 64);
                word.is_some_and(|word| word >> (index % 64) & 1 == 1)
            }
        }
    }
}

impl Hierarchy {
    pub(super) fn of(system: &CodeSystem) -> Self {
        let mut links = Self::default();
        for concept in system.concepts() {
            for (property, value) in concept.properties() {
                let meaning = system.meaning_of(property);
                let link = match (meaning, system.index_of(value)) {
                    ("parent" | "subsumedBy", Some(above)) => (above, concept.index),
                    ("child", Some(below)) => (concept.index, below),
                    _ => continue,
                };
                links.add(system, link);
            }
        }
        links
    }

    /// A link that nesting shows already says nothing new.
    fn add(&mut self, system: &CodeSystem, (above, below): (u32, u32)) {
        if above == below || system.slots()[below as usize].parent == Some(above) {
            return;
        }
        self.parents.entry(below).or_default().push(above);
        self.children.entry(above).or_default().push(below);
    }

    /// A concept and all below it. Every concept is looked at once, so that cycles end.
    pub(super) fn below(&self, system: &CodeSystem, top: u32) -> Below {
        let slots = system.slots();
        if self.children.is_empty() {
            let reach = Reach::Until(slots[top as usize].end);
            return Below { top, reach };
        }
        let mut marks = vec![0_u64; slots.len().div_ceil(64)];
        let mut waiting = vec![top];
        while let Some(next) = waiting.pop() {
            let word = &mut marks[next as usize / 64];
            let bit = 1 << (next % 64);
            if *word & bit == 0 {
                *word |= bit;
                waiting.extend(self.children_of(system, next));
            }
        }
        let reach = Reach::Marked(marks);
        Below { top, reach }
    }

    /// A concept and all above it.
    pub(super) fn above(&self, system: &CodeSystem, bottom: u32) -> BTreeSet<u32> {
        let mut found = BTreeSet::new();
        let mut waiting = vec![bottom];
        while let Some(next) = waiting.pop() {
            if found.insert(next) {
                waiting.extend(self.parents_of(system, next));
            }
        }
        found
    }

    /// The concepts directly above.
    pub(super) fn parents_of<'h>(
        &'h self,
        system: &'h CodeSystem,
        index: u32,
    ) -> impl Iterator<Item = u32> + 'h {
        let further = self.parents.get(&index).into_iter().flatten().copied();
        system.slots()[index as usize]
            .parent
            .into_iter()
            .chain(further)
    }

    /// The concepts directly below.
    pub(super) fn children_of<'h>(
        &'h self,
        system: &'h CodeSystem,
        index: u32,
    ) -> impl Iterator<Item = u32> + 'h {
        let slots = system.slots();
        let end = slots[index as usize].end;
        let mut next = index + 1;
        let nested = std::iter::from_fn(move || {
            let here = (next < end).then_some(next)?;
            next = slots[here as usize].end;
            Some(here)
        });
        let further = self.children.get(&index).into_iter().flatten().copied();
        nested.chain(further)
    }

    /// Whether one concept is another, or stands above it.
    pub(super) fn subsumes(&self, system: &CodeSystem, above: u32, below: u32) -> bool {
        let nested = above..system.slots()[above as usize].end;
        if nested.contains(&below) {
            return true;
        }
        !self.parents.is_empty() && self.above(system, below).contains(&above)
    }
}
