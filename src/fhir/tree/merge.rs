//! Puts a tree of JSON in order where `_name` stood apart from `name`, in lists, or where a property was empty or came
//! twice. Needed for few resources, so the reader makes it a second pass rather than pay for it always.

use super::{Builder, FormIssueKind, Kind, Mark, NOT_LISTED, Node, Parts};

/// The nodes in their final order, without those that stood for nulls, empty arrays and repeated properties.
pub(super) fn merged(builder: Builder<'_>) -> Parts {
    let mut merge = Merge {
        moved: vec![0; builder.nodes.len()],
        made: Vec::with_capacity(builder.nodes.len()),
        builder,
    };
    merge.element(
        0,
        None,
        Place {
            parent: 0,
            index: NOT_LISTED,
        },
    );
    let Merge {
        moved,
        made,
        mut builder,
    } = merge;
    builder.nodes = made;
    for issue in &mut builder.form_issues {
        if let Some(here) = moved.get(issue.parent as usize) {
            issue.parent = *here;
        }
    }
    builder.into_parts()
}

struct Merge<'s> {
    /// Holds the nodes as they were read. Faults noted here name those, too.
    builder: Builder<'s>,
    made: Vec<Node>,
    /// Where each node went, or the element above it where it is gone.
    moved: Vec<u32>,
}

/// One property: its first node, and one past its last.
#[derive(Clone, Copy)]
struct Run {
    head: usize,
    end: usize,
}

/// Where an element goes in the new tree.
#[derive(Clone, Copy)]
struct Place {
    parent: u32,
    index: u32,
}

impl Merge<'_> {
    fn node(&self, id: usize) -> &Node {
        &self.builder.nodes[id]
    }

    fn is(&self, id: usize, mark: Mark) -> bool {
        self.node(id).mark.contains(mark)
    }

    fn name(&self, run: Run) -> &str {
        let builder = &self.builder;
        builder.nodes[run.head]
            .name
            .of(builder.source, &builder.pool)
    }

    /// One element with what it holds, and with the `id` and extensions of its `_name`. The depth is the tree's own.
    fn element(&mut self, id: usize, beside: Option<usize>, place: Place) {
        let made = self.made.len() as u32;
        let node = *self.node(id);
        // A primitive without a value is still known by its `_name`.
        let mark = if node.mark.contains(Mark::BESIDE) {
            Mark::BESIDE
        } else {
            Mark::NONE
        };
        self.made.push(Node {
            parent: place.parent,
            index: place.index,
            mark,
            ..node
        });
        self.moved[id] = made;
        self.children(id, made);
        if let Some(beside) = beside {
            self.moved[beside] = made;
            self.children(beside, made);
        }
        self.made[made as usize].end = self.made.len() as u32;
    }

    /// The properties of one object, each `name` with its `_name`.
    fn children(&mut self, id: usize, parent: u32) {
        let runs = self.runs(id + 1, self.node(id).end as usize);
        let (besides, plains): (Vec<Run>, Vec<Run>) =
            runs.iter().partition(|run| self.is(run.head, Mark::BESIDE));
        let (besides, plains) = (self.by_name(besides), self.by_name(plains));
        for run in runs {
            if !self.is(run.head, Mark::BESIDE) {
                let beside = self.find(&besides, run);
                self.property(run, beside, parent);
            } else if self.find(&plains, run).is_none() {
                self.without_values(run, parent);
            }
        }
    }

    fn by_name(&self, mut runs: Vec<Run>) -> Vec<Run> {
        runs.sort_by(|one, other| self.name(*one).cmp(self.name(*other)));
        runs
    }

    /// The run of the same name among sorted ones.
    fn find(&self, sorted: &[Run], run: Run) -> Option<Run> {
        let found = sorted.binary_search_by(|other| self.name(*other).cmp(self.name(run)));
        found.ok().map(|at| sorted[at])
    }

    /// The properties among the nodes of one object; those that came before are left out.
    fn runs(&mut self, first: usize, end: usize) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        let mut next = first;
        while next < end {
            let after = self.node(next).end as usize;
            match runs.last_mut() {
                Some(run) if !self.builder.nodes[next].mark.contains(Mark::HEAD) => run.end = after,
                Some(_) | None => runs.push(Run {
                    head: next,
                    end: after,
                }),
            }
            next = after;
        }
        runs.retain(|run| !self.builder.nodes[run.head].mark.contains(Mark::DROPPED));
        runs
    }

    /// One property and the `_name` beside it.
    fn property(&mut self, run: Run, beside: Option<Run>, parent: u32) {
        let listed = self.is_list(run);
        let values = self.items(run);
        let besides = match beside {
            Some(beside) => self.beside_items(run, beside, values.len()),
            None => Vec::new(),
        };
        let mut index = 0;
        for at in 0..values.len().max(besides.len()) {
            let place = Place {
                parent,
                index: if listed { index } else { NOT_LISTED },
            };
            let beside = besides
                .get(at)
                .copied()
                .filter(|id| !self.is(*id, Mark::NULL));
            index += match (values.get(at), beside) {
                (Some(value), beside) => self.item(*value, beside, place),
                (None, Some(beside)) => self.without_value(beside, place),
                (None, None) => 0,
            };
        }
    }

    /// Elements that have extensions and no values at all.
    fn without_values(&mut self, beside: Run, parent: u32) {
        let listed = self.is_list(beside);
        let mut index = 0;
        for id in self.items(beside) {
            if !self.is(id, Mark::NULL) {
                let place = Place {
                    parent,
                    index: if listed { index } else { NOT_LISTED },
                };
                index += self.without_value(id, place);
            }
        }
    }

    /// One value; returns how many elements it makes.
    fn item(&mut self, value: usize, beside: Option<usize>, place: Place) -> u32 {
        if self.is(value, Mark::NULL) {
            return self.null(value, beside, place);
        }
        let object = matches!(self.node(value).kind, Kind::Complex | Kind::Resource);
        match beside {
            Some(beside) if object => {
                let message = "`_` stands beside an object, but belongs to a primitive";
                self.note(FormIssueKind::MisalignedExtension, beside, place, message);
                self.element(value, None, place);
            }
            beside => self.element(value, beside, place),
        }
        1
    }

    /// A null has its place where it keeps a list of values and that of their extensions in step.
    fn null(&mut self, value: usize, beside: Option<usize>, place: Place) -> u32 {
        if place.index == NOT_LISTED || beside.is_none() {
            let message =
                "null is only allowed in an array of primitives, to align it with its extensions";
            self.note(FormIssueKind::Null, value, place, message);
        }
        beside.map_or(0, |beside| self.without_value(beside, place))
    }

    /// A primitive that has extensions and no value.
    fn without_value(&mut self, beside: usize, place: Place) -> u32 {
        self.element(beside, None, place);
        1
    }

    /// The items of `_name`, if it is a list where `name` is one.
    fn beside_items(&mut self, run: Run, beside: Run, values: usize) -> Vec<usize> {
        let items = self.items(beside);
        let fault = match (self.is_list(run), self.is_list(beside)) {
            (true, false) => Some("`_` beside an array must be an array too"),
            (false, true) => Some("the `_` property of a primitive must be an object"),
            (true, true) if items.len() != values => {
                Some("the array of values and the `_` array beside it differ in length")
            }
            (true, true) | (false, false) => None,
        };
        if let Some(message) = fault {
            let place = Place {
                parent: self.node(run.head).parent,
                index: NOT_LISTED,
            };
            self.note(
                FormIssueKind::MisalignedExtension,
                beside.head,
                place,
                message,
            );
        }
        if self.is_list(run) == self.is_list(beside) {
            items
        } else {
            Vec::new()
        }
    }

    fn is_list(&self, run: Run) -> bool {
        self.node(run.head).index != NOT_LISTED || self.is(run.head, Mark::VOID)
    }

    /// The nodes of a property, one for each item.
    fn items(&self, run: Run) -> Vec<usize> {
        let mut items = Vec::new();
        let mut next = run.head;
        while next < run.end {
            if !self.is(next, Mark::VOID) {
                items.push(next);
            }
            next = self.node(next).end as usize;
        }
        items
    }

    /// Notes a fault at a node as it was read, under the index that it would have had.
    fn note(&mut self, kind: FormIssueKind, id: usize, place: Place, message: &str) {
        let node = *self.node(id);
        let named = Node {
            index: place.index,
            ..node
        };
        self.builder
            .note_named(kind, &named, node.position as usize, message);
    }
}
