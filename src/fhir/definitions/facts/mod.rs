//! Facts: a definition without prose, as compact FHIR JSON that reads like the whole one.
//!
//! What is left out says nothing that software acts on, or is said elsewhere:
//! - descriptions, publishers, mappings, examples: [`parts`] names what is kept;
//! - the `id` of an element that repeats its path, and the `base` that repeats its own limits
//!   (reading fills both in);
//! - in snapshots, constraints of the element's type that are repeated at the element: whoever validates applies them
//!   from the type;
//! - the differential of a type of its own (a specialization) that has a snapshot;
//! - SNOMED CT codes, where the result is given away: see [`Snomed`].

mod json;
mod parts;
#[cfg(test)]
mod tests;

use super::given::{all, text};
use crate::fhir::tree::{Element, Kind};
use crate::fhir::types::BuiltIn;
use json::{comma, member, string};
use parts::{Form, Part, Times};
use std::collections::{BTreeMap, BTreeSet};

/// Whether words for people are kept: titles, what a constraint says in words, designations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wording {
    /// They are left out.
    LeaveOut,
    /// They are kept.
    Keep,
}

/// Whether SNOMED CT codes are kept. Whoever gives them away needs a licence that not every reader has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Snomed {
    /// Lists and filters of SNOMED CT are left out, and [`LEFT_OUT`] marks where.
    LeaveOut,
    /// They are kept.
    Keep,
}

/// Whether kinds of resources that no part of the engine reads are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Others {
    /// They are left out.
    LeaveOut,
    /// They are kept whole, but for their narrative.
    Keep,
}

/// How far definitions are reduced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reduction {
    /// Words for people.
    pub wording: Wording,
    /// SNOMED CT codes.
    pub snomed: Snomed,
    /// Questionnaires, ConceptMaps, examples that have an address…
    pub others: Others,
}

impl Reduction {
    /// For packs that are given away with the program: facts only.
    pub const EMBEDDED: Self = Self {
        wording: Wording::LeaveOut,
        snomed: Snomed::LeaveOut,
        others: Others::LeaveOut,
    };

    /// For a user's own packages, kept beside them so that they open fast.
    pub const CACHE: Self = Self {
        wording: Wording::Keep,
        snomed: Snomed::Keep,
        others: Others::Keep,
    };
}

/// The extension that marks where SNOMED CT codes were left out; its `valueInteger` says how many.
///
/// A value set with this mark is not known in full: whether a code of the system belongs to it cannot be told.
pub const LEFT_OUT: &str = "urn:plugfest:codes-left-out";

/// The address of SNOMED CT as a code system.
pub const SNOMED_CT: &str = "http://snomed.info/sct";

/// The constraints that stand at the root of each type: type → key → what is said there.
pub(super) type RootConstraints = BTreeMap<String, BTreeMap<String, Stated>>;

/// What makes a constraint the same as another with its key.
#[derive(Debug)]
pub(super) struct Stated {
    expression: String,
    /// The type that states it: the last part of its address, since older releases write no more.
    source: String,
}

/// Adds the constraints at the root of a type's own StructureDefinition.
pub(super) fn note_root_constraints(known: &mut RootConstraints, definition: Element<'_>) {
    if text(definition, "derivation") == Some("constraint") {
        return;
    }
    let root = definition
        .child("snapshot")
        .and_then(|view| view.child("element"));
    let (Some(name), Some(root)) = (text(definition, "type"), root) else {
        return;
    };
    let constraints = all(root, "constraint").filter_map(|constraint| stated(constraint, name));
    known
        .entry(name.to_owned())
        .or_default()
        .extend(constraints);
}

fn stated(constraint: Element<'_>, otherwise: &str) -> Option<(String, Stated)> {
    let source = text(constraint, "source").unwrap_or(otherwise);
    let stated = Stated {
        expression: text(constraint, "expression")?.to_owned(),
        source: source.rsplit('/').next().unwrap_or(source).to_owned(),
    };
    Some((text(constraint, "key")?.to_owned(), stated))
}

/// The facts of a definition as JSON; `None` for a kind that is left out.
pub(super) fn of(
    definition: Element<'_>,
    reduction: Reduction,
    roots: &RootConstraints,
) -> Option<String> {
    let kind = definition.resource_type()?;
    let mut writer = Writer {
        out: String::from("{"),
        reduction,
        roots,
        is_stu3: text(definition, "fhirVersion").is_some_and(|version| version.starts_with("3.")),
    };
    member(&mut writer.out, "resourceType");
    string(&mut writer.out, kind);
    match (parts::of_kind(kind), reduction.others) {
        (Some(table), _) => writer.parts(definition, table),
        (None, Others::Keep) => writer.everything(definition, &["text"]),
        (None, Others::LeaveOut) => return None,
    }
    writer.out.push('}');
    Some(writer.out)
}

struct Writer<'c> {
    out: String,
    reduction: Reduction,
    roots: &'c RootConstraints,
    is_stu3: bool,
}

impl Writer<'_> {
    /// The members of an object that a table names, in its order, and the extensions that may be rules.
    fn parts(&mut self, holder: Element<'_>, table: &'static [Part]) {
        self.id(holder);
        self.extensions(holder);
        let wording = self.reduction.wording;
        let kept = table.iter().filter(|part| part.wording <= wording);
        for part in kept {
            let found: Vec<Element<'_>> = chosen(holder, part.name)
                .filter(|child| self.says_something(*child))
                .collect();
            if !found.is_empty() {
                self.part(part, table, &found);
            }
        }
    }

    /// The id of an element definition, where it is not its path.
    fn id(&mut self, holder: Element<'_>) {
        let id = text(holder, "id").filter(|_| holder.name() == "element");
        if let Some(id) = id.filter(|id| text(holder, "path") != Some(id)) {
            member(&mut self.out, "id");
            string(&mut self.out, id);
        }
    }

    fn extensions(&mut self, holder: Element<'_>) {
        for (name, mark) in [
            ("extension", self.left_out(holder)),
            ("modifierExtension", None),
        ] {
            let kept: Vec<Element<'_>> = all(holder, name)
                .filter(|extension| !is_idle(*extension) && !self.speaks_snomed(*extension))
                .collect();
            if kept.is_empty() && mark.is_none() {
                continue;
            }
            member(&mut self.out, name);
            self.list(&kept, |writer, item| writer.whole(item));
            if let Some(mark) = mark {
                self.out.pop();
                comma(&mut self.out);
                self.out.push_str(&mark);
                self.out.push(']');
            }
        }
    }

    fn part(&mut self, part: &Part, table: &'static [Part], found: &[Element<'_>]) {
        let name = found[0].name();
        let is_often = match part.times {
            Times::Once => false,
            Times::Often => true,
            Times::OftenSinceR4 => !self.is_stu3,
        };
        let is_list = is_often || found.len() > 1 || found[0].index().is_some();
        match part.form {
            Form::Text | Form::Flag | Form::Number => {
                self.primitives(name, is_list, found, |child| is_bare(part.form, child));
            }
            Form::Object(inner) => self.objects(name, is_list, found, inner),
            Form::Again => self.objects(name, is_list, found, table),
            Form::Whole => self.same(name, is_list, found),
        }
    }

    fn objects(
        &mut self,
        name: &str,
        is_list: bool,
        found: &[Element<'_>],
        inner: &'static [Part],
    ) {
        member(&mut self.out, name);
        let write = |writer: &mut Self, item: Element<'_>| {
            writer.out.push('{');
            match writer.holds_snomed(item) {
                true => writer.without_codes(item, inner),
                false => writer.parts(item, inner),
            }
            writer.out.push('}');
        };
        match is_list {
            true => self.list(found, write),
            false => write(self, found[0]),
        }
    }

    /// Elements that keep everything they have.
    fn same(&mut self, name: &str, is_list: bool, found: &[Element<'_>]) {
        if found.iter().all(|child| is_primitive(*child)) {
            return self.primitives(name, is_list, found, is_bare_by_type);
        }
        member(&mut self.out, name);
        match is_list {
            true => self.list(found, |writer, item| writer.whole(item)),
            false => self.whole(found[0]),
        }
    }

    fn list<'e>(&mut self, items: &[Element<'e>], write: impl Fn(&mut Self, Element<'e>)) {
        self.out.push('[');
        for item in items {
            comma(&mut self.out);
            write(self, *item);
        }
        self.out.push(']');
    }

    /// Values, and beside them in `_name` what extends them.
    fn primitives(
        &mut self,
        name: &str,
        is_list: bool,
        found: &[Element<'_>],
        is_bare: impl Fn(Element<'_>) -> bool,
    ) {
        let value = |writer: &mut Self, child: Element<'_>| match child.value() {
            Some(value) if is_bare(child) => writer.out.push_str(value),
            Some(value) => string(&mut writer.out, value),
            None => writer.out.push_str("null"),
        };
        if found.iter().any(|child| child.value().is_some()) {
            member(&mut self.out, name);
            match is_list {
                true => self.list(found, value),
                false => value(self, found[0]),
            }
        }
        if found.iter().all(|child| !is_extended(*child)) {
            return;
        }
        member(&mut self.out, &format!("_{name}"));
        let beside = |writer: &mut Self, child: Element<'_>| match is_extended(child) {
            true => {
                writer.out.push('{');
                writer.extensions(child);
                writer.out.push('}');
            }
            false => writer.out.push_str("null"),
        };
        match is_list {
            true => self.list(found, beside),
            false => beside(self, found[0]),
        }
    }

    /// A value with all that it holds.
    fn whole(&mut self, element: Element<'_>) {
        if is_primitive(element) {
            match element.value() {
                Some(value) if is_bare_by_type(element) => self.out.push_str(value),
                Some(value) => string(&mut self.out, value),
                None => self.out.push_str("null"),
            }
            return;
        }
        self.out.push('{');
        if let Some(kind) = element.resource_type() {
            member(&mut self.out, "resourceType");
            string(&mut self.out, kind);
        }
        self.everything(element, &[]);
        self.out.push('}');
    }

    /// All members of an object but some.
    fn everything(&mut self, holder: Element<'_>, left_out: &[&str]) {
        let mut done = BTreeSet::from_iter(left_out.iter().copied());
        for child in holder.children() {
            if !done.insert(child.name()) {
                continue;
            }
            let found: Vec<Element<'_>> = all(holder, child.name()).collect();
            let is_list =
                found.len() > 1 || child.index().is_some() || REPEATING.contains(&child.name());
            self.same(child.name(), is_list, &found);
        }
    }

    /// Whether a member adds anything to what a reader takes for granted.
    fn says_something(&self, child: Element<'_>) -> bool {
        let in_snapshot = |element: Element<'_>| {
            element
                .parent()
                .is_some_and(|view| view.name() == "snapshot")
        };
        let Some(holder) = child.parent() else {
            return true;
        };
        match child.name() {
            "contains" => !self.holds_snomed(child),
            "differential" => !is_told_by_snapshot(holder),
            "isModifier" | "isSummary" | "mustSupport" => {
                child.value() != Some("false") || !in_snapshot(holder)
            }
            "base" if holder.name() == "element" => {
                !in_snapshot(holder) || !repeats_itself(holder, child)
            }
            "constraint" => !in_snapshot(holder) || !self.is_of_the_type(holder, child),
            _ => true,
        }
    }

    /// Whether the element's types state the constraint already; what a root states is its own.
    ///
    /// A key is unique in the structure that states it, so that key and source name one constraint, even where an
    /// element repeats an older wording of it (R4B does so with `ele-1`).
    fn is_of_the_type(&self, element: Element<'_>, constraint: Element<'_>) -> bool {
        if self.reduction.wording == Wording::Keep {
            return false;
        }
        let is_root = text(element, "path").is_none_or(|path| !path.contains('.'));
        let Some((key, here)) = stated(constraint, "").filter(|_| !is_root) else {
            return false;
        };
        let states = |name: &str| {
            let there = self.roots.get(name).and_then(|root| root.get(&key));
            there.is_some_and(|there| {
                there.expression == here.expression || there.source == here.source
            })
        };
        let types: Vec<&str> = all(element, "type")
            .filter_map(|found| text(found, "code"))
            .collect();
        // Every element is an `Element`, but for those that hold a resource.
        let is_element = !types.iter().any(|name| self.is_resource(name));
        is_element && states("Element")
            || !types.is_empty() && types.iter().all(|name| states(name))
    }

    /// Resources state no `ele-1`; all other types do.
    fn is_resource(&self, name: &str) -> bool {
        self.roots
            .get(name)
            .is_some_and(|root| !root.contains_key("ele-1"))
    }

    fn holds_snomed(&self, element: Element<'_>) -> bool {
        self.reduction.snomed == Snomed::LeaveOut && text(element, "system") == Some(SNOMED_CT)
    }

    /// Whether an extension's value is a code of SNOMED CT that may not be kept.
    fn speaks_snomed(&self, extension: Element<'_>) -> bool {
        let below =
            |element: Element<'_>| element.descendants().any(|found| self.holds_snomed(found));
        self.reduction.snomed == Snomed::LeaveOut && below(extension)
    }

    /// The mark of a place where codes are left out: how many.
    fn left_out(&self, element: Element<'_>) -> Option<String> {
        if self.reduction.snomed == Snomed::Keep {
            return None;
        }
        let count = match (element.name(), self.holds_snomed(element)) {
            ("include" | "exclude", true) => {
                all(element, "concept").count() + all(element, "filter").count()
            }
            ("expansion" | "contains", _) => all(element, "contains")
                .filter(|child| self.holds_snomed(*child))
                .count(),
            _ => 0,
        };
        (count > 0).then(|| format!("{{\"url\":\"{LEFT_OUT}\",\"valueInteger\":{count}}}"))
    }

    /// The members of an object that name no code.
    fn without_codes(&mut self, holder: Element<'_>, table: &'static [Part]) {
        self.extensions(holder);
        for part in table {
            let found: Vec<Element<'_>> = chosen(holder, part.name).collect();
            if !found.is_empty() && matches!(part.name, "system" | "version" | "valueSet") {
                self.part(part, table, &found);
            }
        }
    }
}

/// Lists in data types, for sources in XML, where one alone looks like no list.
const REPEATING: [&str; 10] = [
    "coding",
    "extension",
    "given",
    "line",
    "modifierExtension",
    "prefix",
    "profile",
    "suffix",
    "tag",
    "telecom",
];

/// The children of a name; of `fixed[x]`, the choice that was made.
fn chosen<'r>(holder: Element<'r>, name: &'static str) -> impl Iterator<Item = Element<'r>> {
    let (prefix, is_choice) = match name.strip_suffix("[x]") {
        Some(prefix) => (prefix, true),
        None => (name, false),
    };
    holder.children().filter(move |child| {
        let rest = child.name().strip_prefix(prefix);
        match is_choice {
            true => {
                rest.is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_uppercase()))
            }
            false => rest == Some(""),
        }
    })
}

fn is_idle(extension: Element<'_>) -> bool {
    let url = text(extension, "url").unwrap_or_default();
    let last = url.rsplit('/').next().unwrap_or_default();
    parts::IDLE_EXTENSIONS.binary_search(&last).is_ok()
}

fn is_extended(element: Element<'_>) -> bool {
    all(element, "extension").any(|extension| !is_idle(extension))
}

/// Whether a value is written without quotes in JSON.
fn is_bare(form: Form, element: Element<'_>) -> bool {
    let value = element.value().unwrap_or_default();
    match form {
        Form::Flag => matches!(value, "true" | "false"),
        Form::Number => json::is_number(value),
        Form::Text | Form::Object(_) | Form::Again | Form::Whole => false,
    }
}

/// As JSON had it, or as the type of an XML value asks for.
fn is_bare_by_type(element: Element<'_>) -> bool {
    let value = element.value().unwrap_or_default();
    match element.kind() {
        Kind::Number | Kind::Boolean => true,
        Kind::Untyped => match element.type_name(&BuiltIn) {
            Some("boolean") => matches!(value, "true" | "false"),
            Some("decimal" | "integer" | "positiveInt" | "unsignedInt") => json::is_number(value),
            _ => false,
        },
        Kind::Text | Kind::Xhtml | Kind::Complex | Kind::Resource => false,
    }
}

/// Whether an element has a value, or could have one and only has extensions.
fn is_primitive(element: Element<'_>) -> bool {
    element.value().is_some()
        || element.kind() == Kind::Complex
            && element
                .type_name(&BuiltIn)
                .is_some_and(|name| name.starts_with(|first: char| first.is_ascii_lowercase()))
}

/// A type of its own says everything in its snapshot.
fn is_told_by_snapshot(definition: Element<'_>) -> bool {
    definition.child("snapshot").is_some() && text(definition, "derivation") != Some("constraint")
}

/// Whether `base` says no more than the element itself.
fn repeats_itself(element: Element<'_>, base: Element<'_>) -> bool {
    ["path", "min", "max"]
        .iter()
        .all(|name| text(element, name) == text(base, name))
}
