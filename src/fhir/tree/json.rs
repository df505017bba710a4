//! JSON to elements in one pass: it keeps the text of numbers, knows where everything stands, and notes faults of form.
//!
//! `_name` joins `name`: at once where it follows a single value, which it nearly always does; else the element is
//! marked, and [`super::merge`] puts the tree in order afterwards.

use super::json_text::Text;
use super::{
    Builder, FormIssue, FormIssueKind, Kind, MAX_DEPTH, Manner, Mark, NOT_LISTED, Node, Parts,
    Span, merge, name_hash,
};
use crate::fhir::error::{Fault, Reads, fault};

/// Properties that hold a whole resource; elsewhere `resourceType` is an ordinary element (ExampleScenario has one).
const CONTAINERS: [&str; 3] = ["contained", "resource", "outcome"];

/// How many names of one object are compared one by one as they come; beyond, they are sorted at its end.
const FEW: usize = 32;

/// Reads one JSON object into elements.
pub(super) fn read(source: &str, manner: Manner) -> Result<Parts, (Fault, Parts)> {
    let mut reader = Reader::new(source, manner);
    match reader.document() {
        Ok(()) if reader.out_of_order => Ok(merge::merged(reader.builder)),
        Ok(()) => Ok(reader.builder.into_parts()),
        Err(error) => Err((error, reader.builder.into_parts())),
    }
}

pub(super) struct Reader<'s> {
    pub(super) source: &'s str,
    pub(super) bytes: &'s [u8],
    pub(super) at: usize,
    pub(super) builder: Builder<'s>,
    /// The element whose content is being read, and the name and index of the value below it: faults are noted there.
    pub(super) here: u32,
    pub(super) naming: Option<(Span, u32)>,
    /// The hashes of the names of all open objects, and where these names stand.
    hashes: Vec<u32>,
    keys: Vec<u32>,
    /// Whether some node stands for a null, an empty array, a property that comes twice, or a `_name` apart from `name`.
    pub(super) out_of_order: bool,
}

/// Where the next element goes.
#[derive(Clone, Copy)]
struct Slot {
    name: Span,
    hash: u32,
    parent: u32,
    index: u32,
    mark: Mark,
    /// Byte offset of the property name; list items stand where their value does.
    key_at: Option<usize>,
}

/// A property name.
#[derive(Clone, Copy)]
struct Key {
    name: Span,
    hash: u32,
    at: usize,
    /// Whether a `_` stood before the name.
    beside: bool,
}

/// What the members of an object have shown so far.
struct Members {
    parent: u32,
    /// Start of this object's hashes.
    first_hash: usize,
    /// Whether `resourceType` names a type here.
    typed: bool,
    type_seen: bool,
    /// Two names may be the same, or belong to each other.
    suspect: bool,
    /// The primitive just read, which a `_name` may follow.
    last: Option<u32>,
}

impl<'s> Reader<'s> {
    fn new(source: &'s str, manner: Manner) -> Self {
        Self {
            source,
            bytes: source.as_bytes(),
            at: 0,
            builder: Builder::new(source, manner),
            here: u32::MAX,
            naming: None,
            hashes: Vec::with_capacity(FEW),
            keys: Vec::with_capacity(FEW),
            out_of_order: false,
        }
    }

    /// The root is a resource where it says so; any other object is read all the same.
    fn document(&mut self) -> Reads<()> {
        if self.source.starts_with('\u{FEFF}') {
            self.note(
                FormIssueKind::ByteOrderMark,
                0,
                "a byte order mark stands before the JSON",
            );
            self.at = 3;
        }
        self.skip_space()?;
        let start = self.at;
        if self.peek() != Some(b'{') {
            return Err(self.no_object(start));
        }
        let root = Slot {
            name: Span::EMPTY,
            hash: name_hash(""),
            parent: 0,
            index: NOT_LISTED,
            mark: Mark::NONE,
            key_at: None,
        };
        let id = self.open(root, Kind::Complex, Span::EMPTY, start);
        self.members(id, true, 0)?;
        let root = &mut self.builder.nodes[0];
        (root.name, root.hash) = (
            root.value,
            name_hash(root.value.of(self.source, &self.builder.pool)),
        );
        self.builder.close(id);
        self.skip_space()?;
        if self.at < self.source.len() {
            return Err(fault(
                self.at,
                "there is text after the end of the JSON value",
            ));
        }
        Ok(())
    }

    /// Why a body does not start as a resource does.
    fn no_object(&self, start: usize) -> Fault {
        match self.peek() {
            Some(b'[' | b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n') => {
                fault(start, "a FHIR resource in JSON is an object: `{ … }`")
            }
            _ => self.expected("a JSON value"),
        }
    }

    /// The members of an object, up to its closing brace, as children of a node.
    fn members(&mut self, parent: u32, typed: bool, depth: usize) -> Reads<()> {
        let mut members = Members {
            parent,
            first_hash: self.hashes.len(),
            typed,
            type_seen: false,
            suspect: false,
            last: None,
        };
        self.at += 1;
        let first = self.builder.nodes.len();
        let mut count = 0_usize;
        while self.another(b'}', count > 0, parent)? {
            self.member(&mut members, depth)?;
            count += 1;
        }
        if members.suspect {
            let keys = self.keys.split_off(members.first_hash);
            self.pair_names(parent, first, &keys)?;
        }
        self.hashes.truncate(members.first_hash);
        self.keys.truncate(members.first_hash);
        if count == 0 && depth > 0 {
            self.note_empty_object(parent);
        }
        Ok(())
    }

    /// Moves to the next member or item; false at the closing bracket. Commas that are too many or missing are noted.
    fn another(&mut self, close: u8, after_one: bool, parent: u32) -> Reads<bool> {
        (self.here, self.naming) = (parent, None);
        self.skip_space()?;
        let mut comma = None;
        while self.peek() == Some(b',') {
            if comma.is_some() || !after_one {
                self.mend_comma(comma.unwrap_or(self.at), close)?;
            }
            comma = Some(self.at);
            self.at += 1;
            self.skip_space()?;
        }
        if self.peek() == Some(close) {
            if let Some(comma) = comma {
                self.mend_comma(comma, close)?;
            }
            self.at += 1;
            return Ok(false);
        }
        if after_one && comma.is_none() {
            self.mend_missing_comma(close)?;
        }
        Ok(true)
    }

    /// A name, a colon, a value.
    fn member(&mut self, members: &mut Members, depth: usize) -> Reads<()> {
        let key = self.key()?;
        self.skip_space()?;
        if self.peek() == Some(b':') {
            self.at += 1;
        } else {
            let wanted = self.expected("`:` after the property name");
            self.mend(FormIssueKind::MissingColon, wanted)?;
        }
        self.skip_space()?;
        if members.typed && !key.beside && self.text(key.name) == "resourceType" {
            return self.resource_type(members, key, depth);
        }
        if key.beside && self.follows(members, key) {
            return self.extensions_of_last(members, depth);
        }
        self.watch_name(members, key);
        let first = self.builder.nodes.len();
        self.property(key.slot(members.parent), depth)?;
        if let Some(head) = self.builder.nodes.get_mut(first) {
            head.mark.insert(Mark::HEAD);
            let single = head.index == NOT_LISTED && !key.beside && head.is_primitive();
            members.last = single.then_some(first as u32);
        }
        Ok(())
    }

    /// Notes whether a name may have come before in the same object.
    fn watch_name(&mut self, members: &mut Members, key: Key) {
        let before = &self.hashes[members.first_hash..];
        members.suspect |= before.len() >= FEW || before.contains(&key.hash);
        self.hashes.push(key.hash);
        self.keys.push(key.at as u32);
    }

    /// The type of the resource goes into the node of its object. A second one is read and forgotten.
    fn resource_type(&mut self, members: &mut Members, key: Key, depth: usize) -> Reads<()> {
        let first = self.builder.nodes.len();
        if members.type_seen {
            let message = "the property `resourceType` comes twice in one object";
            self.mend(FormIssueKind::DuplicateProperty, fault(key.at, message))?;
            self.property(key.slot(members.parent), depth)?;
            self.builder.forget(first, members.parent);
            return Ok(());
        }
        (members.type_seen, members.last) = (true, None);
        self.property(key.slot(members.parent), depth)?;
        let node = self.builder.nodes[first];
        if node.kind != Kind::Text || node.index != NOT_LISTED {
            // Something else of that name is an element like any other.
            self.builder.nodes[first].mark.insert(Mark::HEAD);
            self.watch_name(members, key);
            return Ok(());
        }
        self.builder.forget(first, members.parent);
        let object = &mut self.builder.nodes[members.parent as usize];
        (object.kind, object.value) = (Kind::Resource, node.value);
        Ok(())
    }

    /// Whether a `_name` with an object comes right after a single `name`.
    fn follows(&self, members: &Members, key: Key) -> bool {
        let Some(last) = members.last else {
            return false;
        };
        let node = &self.builder.nodes[last as usize];
        self.peek() == Some(b'{')
            && node.hash == key.hash
            && self.text(node.name) == self.text(key.name)
    }

    /// The primitive just read is still the last node, so its `id` and extensions can go right below it.
    fn extensions_of_last(&mut self, members: &mut Members, depth: usize) -> Reads<()> {
        let Some(last) = members.last.take() else {
            return Ok(());
        };
        self.builder.nodes[last as usize]
            .mark
            .insert(Mark::EXTENDED);
        self.bounded(depth + 1)?;
        self.members(last, false, depth + 1)?;
        self.builder.close(last);
        Ok(())
    }

    /// A property name; one without quotes is noted.
    fn key(&mut self) -> Reads<Key> {
        let at = self.at;
        let whole = match self.peek() {
            Some(b'"') => self.string()?,
            _ => self.bare_name()?,
        };
        let text = whole.of(self.source, &self.builder.pool);
        let (name, beside) = match text.strip_prefix('_') {
            Some(plain) if !plain.is_empty() => (plain, true),
            Some(_) | None => (text, false),
        };
        let hash = name_hash(name);
        let name = whole.without_start(text.len() - name.len());
        Ok(Key {
            name,
            hash,
            at,
            beside,
        })
    }

    /// One property: an array becomes repeated elements, each with its place in the list.
    fn property(&mut self, slot: Slot, depth: usize) -> Reads<()> {
        if self.peek() != Some(b'[') {
            return self.value(slot, depth + 1);
        }
        let mut index = 0;
        let start = self.at;
        self.list(slot, &mut index, depth + 1)?;
        if index == 0 {
            let whole = Slot {
                index: NOT_LISTED,
                ..slot
            };
            self.empty_array(whole, start);
        }
        Ok(())
    }

    /// The items of an array; an array inside is noted and laid flat, so that what it holds is not lost.
    fn list(&mut self, slot: Slot, index: &mut u32, depth: usize) -> Reads<()> {
        self.bounded(depth)?;
        self.at += 1;
        let mut count = 0_usize;
        while self.another(b']', count > 0, slot.parent)? {
            let slot = Slot {
                index: *index,
                key_at: None,
                ..slot
            };
            if self.peek() == Some(b'[') {
                self.note_at(
                    FormIssueKind::NestedArray,
                    slot,
                    self.at,
                    "an array must not hold an array",
                );
                self.list(slot, index, depth + 1)?;
            } else {
                self.value(slot, depth + 1)?;
                *index += 1;
            }
            count += 1;
        }
        Ok(())
    }

    /// One value that is no array. The first byte tells its kind.
    fn value(&mut self, slot: Slot, depth: usize) -> Reads<()> {
        let start = self.at;
        self.naming = Some((slot.name, slot.index));
        if slot.mark.contains(Mark::BESIDE) && self.peek() != Some(b'{') {
            return self.misplaced_beside(slot, depth);
        }
        match self.peek() {
            Some(b'{') => return self.object(slot, depth),
            Some(b'"') => {
                let text = self.string()?;
                if text.is_empty() {
                    self.note_at(
                        FormIssueKind::EmptyText,
                        slot,
                        start,
                        "a value must not be the empty string",
                    );
                }
                self.open(slot, Kind::Text, text, start);
            }
            Some(b'-' | b'0'..=b'9') => {
                let text = self.number()?;
                self.open(slot, Kind::Number, text, start);
            }
            _ => match self.word()? {
                Text::Null => self.null(slot, start),
                Text::Boolean(text) => {
                    self.open(slot, Kind::Boolean, text, start);
                }
                Text::Number(text) => {
                    self.open(slot, Kind::Number, text, start);
                }
                Text::Bare(text) => {
                    self.open(slot, Kind::Text, text, start);
                }
            },
        }
        Ok(())
    }

    /// An object that is not the root.
    fn object(&mut self, slot: Slot, depth: usize) -> Reads<()> {
        self.bounded(depth)?;
        let holds_resource =
            !slot.mark.contains(Mark::BESIDE) && CONTAINERS.contains(&self.text(slot.name));
        let id = self.open(slot, Kind::Complex, Span::EMPTY, self.at);
        self.members(id, holds_resource, depth)?;
        self.builder.close(id);
        Ok(())
    }

    /// What stands in a `_name` must be an object, or null in an array.
    fn misplaced_beside(&mut self, slot: Slot, depth: usize) -> Reads<()> {
        let start = self.at;
        let first = self.builder.nodes.len();
        let plain = Slot {
            mark: Mark::NONE,
            ..slot
        };
        self.value(plain, depth)?;
        let was_null = self.builder.nodes[first].mark.contains(Mark::NULL);
        self.builder.forget(first, slot.parent);
        if !was_null || slot.index == NOT_LISTED {
            self.note_at(
                FormIssueKind::MisalignedExtension,
                slot,
                start,
                "the `_` property of a primitive must be an object",
            );
        }
        self.null(slot, start);
        Ok(())
    }

    /// A null keeps its place until values and extensions are brought together.
    fn null(&mut self, slot: Slot, start: usize) {
        let id = self.open(slot, Kind::Complex, Span::EMPTY, start);
        self.builder.nodes[id as usize].mark.insert(Mark::NULL);
        self.out_of_order = true;
    }

    /// An empty array keeps its place as well, so that it counts as a property.
    fn empty_array(&mut self, slot: Slot, start: usize) {
        if !slot.mark.contains(Mark::BESIDE) {
            self.note_at(
                FormIssueKind::EmptyArray,
                slot,
                start,
                "an array must not be empty: leave the property out",
            );
        }
        let id = self.open(slot, Kind::Complex, Span::EMPTY, start);
        self.builder.nodes[id as usize].mark.insert(Mark::VOID);
        self.out_of_order = true;
    }

    /// A node whose content follows; callers close it.
    fn open(&mut self, slot: Slot, kind: Kind, value: Span, start: usize) -> u32 {
        self.builder.open(slot.node(kind, value, start))
    }

    fn bounded(&self, depth: usize) -> Reads<()> {
        if depth > MAX_DEPTH {
            let message = format!("the JSON nests deeper than {MAX_DEPTH} levels");
            return Err(fault(self.at, message));
        }
        Ok(())
    }

    pub(super) fn text(&self, span: Span) -> &str {
        span.of(self.source, &self.builder.pool)
    }

    #[cold]
    fn mend_comma(&mut self, at: usize, close: u8) -> Reads<()> {
        let wanted = if close == b'}' {
            "a property name in double quotes"
        } else {
            "a JSON value"
        };
        let error = match self.builder.manner {
            Manner::Strict => self.expected(wanted),
            Manner::Tolerant => fault(at, "a comma has nothing to part: JSON has no spare commas"),
        };
        self.mend(FormIssueKind::ExtraComma, error)
    }

    /// Only what starts a value or a name can go on without a comma.
    #[cold]
    fn mend_missing_comma(&mut self, close: u8) -> Reads<()> {
        let error = self.expected(&format!("`,` or `{}`", char::from(close)));
        if matches!(self.peek(), None | Some(b'}' | b']' | b':')) {
            return Err(error);
        }
        self.mend(FormIssueKind::MissingComma, error)
    }

    /// `_name` may be empty: the element that it belongs to is then judged by its own rules.
    #[cold]
    fn note_empty_object(&mut self, id: u32) {
        let node = self.builder.nodes[id as usize];
        if node.kind != Kind::Complex || node.mark.contains(Mark::BESIDE) {
            return;
        }
        let message = "an object must not be empty: leave the property out";
        let at = node.position as usize;
        self.builder
            .note_named(FormIssueKind::EmptyObject, &node, at, message);
    }

    /// A fault that a tolerant reader goes on after, and a strict one does not.
    #[cold]
    pub(super) fn mend(&mut self, kind: FormIssueKind, error: Fault) -> Reads<()> {
        match self.builder.manner {
            Manner::Strict => Err(error),
            Manner::Tolerant => {
                self.note(kind, error.0, &error.1);
                Ok(())
            }
        }
    }

    /// Notes a fault where the reader is.
    #[cold]
    fn note(&mut self, kind: FormIssueKind, at: usize, message: &str) {
        let parent = (self.here != u32::MAX).then_some(self.here);
        let name = match self.naming {
            Some((name, NOT_LISTED)) => self.text(name).to_owned(),
            Some((name, index)) => format!("{}[{index}]", self.text(name)),
            None => String::new(),
        };
        self.builder
            .note(FormIssue::new(kind, parent, &name, at, message));
    }

    /// Notes a fault at an element that perhaps was not made.
    #[cold]
    fn note_at(&mut self, kind: FormIssueKind, slot: Slot, at: usize, message: &str) {
        let node = slot.node(Kind::Complex, Span::EMPTY, at);
        self.builder
            .note_named(kind, &node, node.position as usize, message);
    }
}

impl Key {
    /// The place of a property that is not a list, or not yet known to be one.
    fn slot(self, parent: u32) -> Slot {
        Slot {
            name: self.name,
            hash: self.hash,
            parent,
            index: NOT_LISTED,
            mark: if self.beside {
                Mark::BESIDE
            } else {
                Mark::NONE
            },
            key_at: Some(self.at),
        }
    }
}

impl Slot {
    /// A node for this place.
    fn node(self, kind: Kind, value: Span, start: usize) -> Node {
        Node {
            name: self.name,
            value,
            hash: self.hash,
            parent: self.parent,
            end: 0,
            position: self.key_at.unwrap_or(start) as u32,
            index: self.index,
            kind,
            mark: self.mark,
        }
    }
}
