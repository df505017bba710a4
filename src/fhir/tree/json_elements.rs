//! From raw JSON values to elements: `_name` joins `name`, arrays become repeated elements, faults of form are noted.

use super::json::{self, Raw, RawKind};
use super::{Builder, FormIssue, FormIssueKind, Format, Kind, NOT_LISTED, Node, Resource, Span};
use crate::fhir::error::ParseError;

/// Properties that hold a whole resource; elsewhere `resourceType` is an ordinary element (ExampleScenario has one).
const CONTAINERS: [&str; 3] = ["contained", "resource", "outcome"];

/// Reads a JSON body into a tree.
pub(super) fn build(source: &str) -> Result<Resource, ParseError> {
    let mark = if source.starts_with('\u{FEFF}') { 3 } else { 0 };
    let (raws, pool) = json::read(source, mark)?;
    if raws[0].kind != RawKind::Object {
        let message = "a FHIR resource in JSON is an object: `{ … }`";
        return Err(ParseError::at(source, raws[0].position as usize, message));
    }
    let mut elements = Elements {
        raws: &raws,
        builder: Builder::new(source, pool),
    };
    if mark > 0 {
        elements.issue(
            FormIssueKind::ByteOrderMark,
            None,
            "",
            0,
            "a byte order mark stands before the JSON",
        );
    }
    elements.root();
    Ok(elements.builder.finish(Format::Json))
}

struct Elements<'s> {
    raws: &'s [Raw],
    builder: Builder<'s>,
}

/// Where the next element goes: its name, its parent node, its place in a list.
#[derive(Clone, Copy)]
struct Slot {
    name: Span,
    parent: u32,
    index: u32,
}

impl Elements<'_> {
    /// The root is a resource where it says so; any other object is read all the same.
    fn root(&mut self) {
        let resource_type = self.resource_type(0);
        let slot = Slot {
            name: resource_type.unwrap_or(Span::EMPTY),
            parent: 0,
            index: NOT_LISTED,
        };
        let id = self.open_object(0, slot, resource_type);
        self.properties(0, id);
        self.builder.close(id);
    }

    /// An object as a node, which is a resource where its type was looked for and found.
    fn open_object(&mut self, raw: usize, slot: Slot, resource_type: Option<Span>) -> u32 {
        let (kind, value) = match resource_type {
            Some(name) => (Kind::Resource, name),
            None => (Kind::Complex, Span::EMPTY),
        };
        self.open(slot, kind, value, self.raws[raw].position)
    }

    /// A node whose content follows; callers close it.
    fn open(&mut self, slot: Slot, kind: Kind, value: Span, position: u32) -> u32 {
        self.builder.open(Node {
            name: slot.name,
            value,
            parent: slot.parent,
            end: 0,
            position,
            index: slot.index,
            kind,
        })
    }

    /// Turns the properties of an object into the children of `parent`.
    fn properties(&mut self, object: usize, parent: u32) {
        let members = self.items(object);
        let names = Names::of(self, &members);
        let is_resource = self.builder.nodes[parent as usize].kind == Kind::Resource;
        for &member in &members {
            let raw = self.raws[member];
            let key = self.text(raw.key);
            if is_resource && key == "resourceType" {
                continue;
            }
            let Some(plain) = key.strip_prefix('_') else {
                let beside = names.beside(self, key);
                self.property(member, beside, raw.key, parent);
                continue;
            };
            if plain.is_empty() || names.has(self, plain) {
                continue;
            }
            let name = self.without_underscore(raw.key);
            self.extensions_only(member, name, parent);
        }
    }

    /// One property, with the `_name` beside it if there is one.
    fn property(&mut self, member: usize, beside: Option<usize>, name: Span, parent: u32) {
        let slot = Slot {
            name,
            parent,
            index: NOT_LISTED,
        };
        if self.raws[member].kind == RawKind::Array {
            self.list(member, beside, slot);
        } else {
            self.element(member, beside, slot);
        }
    }

    /// An array becomes repeated elements, each with its place in the list.
    fn list(&mut self, array: usize, beside: Option<usize>, slot: Slot) {
        let values = self.items(array);
        if values.is_empty() {
            self.issue_at(
                FormIssueKind::EmptyArray,
                slot,
                array,
                "an array must not be empty: leave the property out",
            );
        }
        let besides = self.beside_items(&values, beside, slot);
        let mut index = 0;
        for at in 0..values.len().max(besides.len()) {
            let slot = Slot { index, ..slot };
            let made = match (values.get(at), besides.get(at).copied().flatten()) {
                (Some(&value), beside) => self.list_item(value, beside, slot),
                (None, Some(beside)) => self.valueless(beside, slot),
                (None, None) => 0,
            };
            index += made;
        }
    }

    /// One item; an array inside an array is noted and laid flat, so that what it holds is not lost.
    fn list_item(&mut self, value: usize, beside: Option<usize>, slot: Slot) -> u32 {
        if self.raws[value].kind != RawKind::Array {
            return self.element(value, beside, slot);
        }
        self.issue_at(
            FormIssueKind::NestedArray,
            slot,
            value,
            "an array must not hold an array",
        );
        let mut made = 0;
        for inner in self.items(value) {
            let slot = Slot {
                index: slot.index + made,
                ..slot
            };
            made += self.list_item(inner, None, slot);
        }
        made
    }

    /// The items of `_name`, null as `None`.
    fn beside_items(
        &mut self,
        values: &[usize],
        beside: Option<usize>,
        slot: Slot,
    ) -> Vec<Option<usize>> {
        let Some(beside) = beside else {
            return Vec::new();
        };
        if self.raws[beside].kind != RawKind::Array {
            self.misaligned(slot, beside, "`_` beside an array must be an array too");
            return Vec::new();
        }
        let items = self.items(beside);
        if items.len() != values.len() {
            self.misaligned(
                slot,
                beside,
                "the array of values and the `_` array beside it differ in length",
            );
        }
        let is_object = |item: usize| (self.raws[item].kind != RawKind::Null).then_some(item);
        items.into_iter().map(is_object).collect()
    }

    /// One element; returns how many nodes of this name it made (none for a stray null).
    fn element(&mut self, raw_id: usize, beside: Option<usize>, slot: Slot) -> u32 {
        let raw = self.raws[raw_id];
        match raw.kind {
            RawKind::Object => self.complex(raw_id, beside, slot),
            RawKind::Null => return self.null(raw_id, beside, slot),
            RawKind::Text => self.primitive(raw_id, Kind::Text, beside, slot),
            RawKind::Number => self.primitive(raw_id, Kind::Number, beside, slot),
            RawKind::Boolean => self.primitive(raw_id, Kind::Boolean, beside, slot),
            // invariant: callers turn arrays into their items.
            RawKind::Array => return 0,
        }
        1
    }

    /// An object that is not the root.
    fn complex(&mut self, raw_id: usize, beside: Option<usize>, slot: Slot) {
        if let Some(beside) = beside {
            self.misaligned(
                slot,
                beside,
                "`_` stands beside an object, but belongs to a primitive",
            );
        }
        if self.raws[raw_id].end as usize == raw_id + 1 {
            self.issue_at(
                FormIssueKind::EmptyObject,
                slot,
                raw_id,
                "an object must not be empty: leave the property out",
            );
        }
        let holds_resource = CONTAINERS.contains(&self.text(slot.name));
        let resource_type = if holds_resource {
            self.resource_type(raw_id)
        } else {
            None
        };
        let id = self.open_object(raw_id, slot, resource_type);
        self.properties(raw_id, id);
        self.builder.close(id);
    }

    /// A value with the extensions beside it.
    fn primitive(&mut self, raw_id: usize, kind: Kind, beside: Option<usize>, slot: Slot) {
        let raw = self.raws[raw_id];
        if kind == Kind::Text && self.text(raw.text).is_empty() {
            self.issue_at(
                FormIssueKind::EmptyText,
                slot,
                raw_id,
                "a value must not be the empty string",
            );
        }
        let id = self.open(slot, kind, raw.text, raw.position);
        self.extensions(beside, slot, id);
        self.builder.close(id);
    }

    /// A null has its place where it keeps a list of values and that of their extensions in step.
    fn null(&mut self, raw_id: usize, beside: Option<usize>, slot: Slot) -> u32 {
        let aligns = slot.index != NOT_LISTED && beside.is_some();
        if !aligns {
            self.issue_at(
                FormIssueKind::Null,
                slot,
                raw_id,
                "null is only allowed in an array of primitives, to align it with its extensions",
            );
        }
        beside.map_or(0, |beside| self.valueless(beside, slot))
    }

    /// A primitive that has extensions and no value.
    fn valueless(&mut self, beside: usize, slot: Slot) -> u32 {
        let id = self.open(slot, Kind::Complex, Span::EMPTY, self.raws[beside].position);
        self.extensions(Some(beside), slot, id);
        self.builder.close(id);
        1
    }

    /// `_name` without `name`: one element or a list of them, without values.
    fn extensions_only(&mut self, member: usize, name: Span, parent: u32) {
        let slot = Slot {
            name,
            parent,
            index: NOT_LISTED,
        };
        if self.raws[member].kind != RawKind::Array {
            self.valueless(member, slot);
            return;
        }
        let mut index = 0;
        for item in self.items(member) {
            if self.raws[item].kind != RawKind::Null {
                index += self.valueless(item, Slot { index, ..slot });
            }
        }
    }

    /// Adds the `id` and `extension` that `_name` holds to a primitive.
    fn extensions(&mut self, beside: Option<usize>, slot: Slot, id: u32) {
        let Some(beside) = beside else { return };
        if self.raws[beside].kind != RawKind::Object {
            self.misaligned(
                slot,
                beside,
                "the `_` property of a primitive must be an object",
            );
            return;
        }
        self.properties(beside, id);
    }

    /// What `resourceType` says, where it is a string.
    fn resource_type(&self, object: usize) -> Option<Span> {
        let members = self.items(object);
        let named = members.iter().map(|&member| self.raws[member]);
        let mut types =
            named.filter(|raw| raw.kind == RawKind::Text && self.text(raw.key) == "resourceType");
        types.next().map(|raw| raw.text)
    }

    /// The raw values directly inside an object or array.
    fn items(&self, container: usize) -> Vec<usize> {
        let end = self.raws[container].end as usize;
        let mut items = Vec::new();
        let mut next = container + 1;
        while next < end {
            items.push(next);
            next = self.raws[next].end as usize;
        }
        items
    }

    fn without_underscore(&mut self, key: Span) -> Span {
        let name = self.text(key).trim_start_matches('_').to_owned();
        Span::pooled(&mut self.builder.pool, &name)
    }

    fn text(&self, span: Span) -> &str {
        span.of(self.builder.source, &self.builder.pool)
    }

    fn misaligned(&mut self, slot: Slot, raw: usize, message: &str) {
        self.issue_at(FormIssueKind::MisalignedExtension, slot, raw, message);
    }

    /// Notes a fault at an element that perhaps was not made.
    fn issue_at(&mut self, kind: FormIssueKind, slot: Slot, raw: usize, message: &str) {
        let mut name = self.text(slot.name).to_owned();
        if slot.index != NOT_LISTED {
            name = format!("{name}[{}]", slot.index);
        }
        let offset = self.raws[raw].position as usize;
        self.issue(kind, Some(slot.parent), &name, offset, message);
    }

    /// Notes a fault of form.
    fn issue(
        &mut self,
        kind: FormIssueKind,
        parent: Option<u32>,
        name: &str,
        offset: usize,
        message: &str,
    ) {
        let issue = FormIssue::new(kind, parent, name, offset, message);
        self.builder.note(issue);
    }
}

/// The property names of one object, sorted; empty where no `_name` occurs, which is nearly always.
struct Names(Vec<usize>);

impl Names {
    /// Sorts the names only where a `_name` makes the question likely.
    fn of(elements: &Elements<'_>, members: &[usize]) -> Self {
        let key = |member: usize| elements.text(elements.raws[member].key);
        if !members.iter().any(|&member| key(member).starts_with('_')) {
            return Self(Vec::new());
        }
        let mut sorted = members.to_vec();
        sorted.sort_unstable_by(|left, right| key(*left).cmp(key(*right)));
        Self(sorted)
    }

    fn beside(&self, elements: &Elements<'_>, name: &str) -> Option<usize> {
        if self.0.is_empty() {
            return None;
        }
        self.find(elements, &format!("_{name}"))
    }

    fn has(&self, elements: &Elements<'_>, name: &str) -> bool {
        self.find(elements, name).is_some()
    }

    fn find(&self, elements: &Elements<'_>, name: &str) -> Option<usize> {
        let key = |member: &usize| elements.text(elements.raws[*member].key);
        let found = self.0.binary_search_by(|member| key(member).cmp(name));
        found.ok().map(|at| self.0[at])
    }
}
