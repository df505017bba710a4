//! The properties of one element of a snapshot under construction: most stand as they were written somewhere, few are
//! made here. Copies are cheap: what is shared is counted, not cloned.

use crate::fhir::definitions::{
    ElementDefinition, ElementType, Given, Max, Structure, text, type_of,
};
use crate::fhir::tree::Element;
use std::cell::OnceCell;
use std::rc::Rc;
use std::sync::Arc;

/// One property (one item of a list), with its name.
#[derive(Debug, Clone)]
pub(super) enum Fact {
    /// As a definition has it.
    Given(Given),
    /// Made here.
    Made(Rc<Made>),
}

/// A property that was made here.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) name: Box<str>,
    pub(super) value: Value,
}

/// The value of a property that was made here.
#[derive(Debug)]
pub(super) enum Value {
    /// A text.
    Text(Box<str>),
    /// A number or a truth value: written without quotes.
    Bare(Box<str>),
    /// Properties of its own.
    Parts(Vec<Fact>),
}

impl Fact {
    pub(super) fn text(name: &str, value: &str) -> Self {
        Self::made(name, Value::Text(value.into()))
    }

    pub(super) fn bare(name: &str, value: impl ToString) -> Self {
        Self::made(name, Value::Bare(value.to_string().into()))
    }

    pub(super) fn parts(name: &str, parts: Vec<Fact>) -> Self {
        Self::made(name, Value::Parts(parts))
    }

    fn made(name: &str, value: Value) -> Self {
        Self::Made(Rc::new(Made {
            name: name.into(),
            value,
        }))
    }

    pub(super) fn name(&self) -> &str {
        match self {
            Self::Given(given) => given.element().name(),
            Self::Made(made) => &made.name,
        }
    }

    /// The text of a primitive.
    pub(super) fn value(&self) -> Option<&str> {
        match self {
            Self::Given(given) => given.element().value(),
            Self::Made(made) => match &made.value {
                Value::Text(text) | Value::Bare(text) => Some(text),
                Value::Parts(_) => None,
            },
        }
    }

    /// The properties below, each as a fact of its own.
    pub(super) fn inside(&self) -> Vec<Fact> {
        match self {
            Self::Given(given) => below(given).collect(),
            Self::Made(made) => match &made.value {
                Value::Parts(parts) => parts.clone(),
                Value::Text(_) | Value::Bare(_) => Vec::new(),
            },
        }
    }

    /// The text of a property below.
    pub(super) fn text_of(&self, name: &str) -> Option<&str> {
        match self {
            Self::Given(given) => {
                let element = given.element();
                element.child(name)?.value()
            }
            Self::Made(made) => match &made.value {
                Value::Parts(parts) => parts.iter().find(|part| part.name() == name)?.value(),
                Value::Text(_) | Value::Bare(_) => None,
            },
        }
    }

    /// The texts of all properties below that have this name.
    pub(super) fn texts_of(&self, name: &str) -> Vec<Box<str>> {
        let parts = self.inside();
        let named = parts.iter().filter(|part| part.name() == name);
        named
            .filter_map(|part| part.value().map(Into::into))
            .collect()
    }

    /// Reads a `type` property.
    pub(super) fn as_type(&self) -> Option<ElementType> {
        match self {
            Self::Given(given) => {
                let element = given.element();
                let holder = element.parent().and_then(|holder| text(holder, "path"));
                type_of(element, holder.unwrap_or_default())
            }
            Self::Made(_) => Some(ElementType {
                code: self.code_of_type()?.into(),
                profiles: self.texts_of("profile"),
                target_profiles: self.texts_of("targetProfile"),
                aggregation: self.texts_of("aggregation"),
                versioning: self.text_of("versioning").map(Into::into),
                regex: None,
            }),
        }
    }

    /// A system type stands for the FHIR type that it names in an extension.
    fn code_of_type(&self) -> Option<String> {
        let parts = self.inside();
        let extension = parts.iter().find(|part| part.name() == "extension");
        let named = extension.and_then(|extension| extension.text_of("valueUrl"));
        named.or_else(|| self.text_of("code")).map(str::to_owned)
    }

    /// Whether two properties say the same, whatever format each was written in.
    pub(super) fn says_what(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Given(left), Self::Given(right)) => same(left.element(), right.element()),
            _ => self.value() == other.value() && self.same_parts(other),
        }
    }

    fn same_parts(&self, other: &Self) -> bool {
        let (left, right) = (self.inside(), other.inside());
        left.len() == right.len()
            && left
                .iter()
                .zip(&right)
                .all(|(left, right)| left.name() == right.name() && left.says_what(right))
    }
}

/// Recursion is bounded by the depth of trees.
fn same(left: Element<'_>, right: Element<'_>) -> bool {
    let mut others = right.children();
    left.value() == right.value()
        && left.children().all(|child| {
            let other = others.next();
            other.is_some_and(|other| child.name() == other.name() && same(child, other))
        })
        && others.next().is_none()
}

fn below(given: &Given) -> impl Iterator<Item = Fact> {
    let element = given.element();
    element
        .children()
        .map(|child| Fact::Given(given.beside(child)))
}

/// The properties of one element, without those that its place in the tree tells (`id`, `path`, `sliceName`).
#[derive(Debug, Clone, Default)]
pub(super) struct Facts {
    /// The element of a snapshot that these are, as long as nothing was changed: most elements of a snapshot are never
    /// looked at.
    seed: Option<Seed>,
    list: OnceCell<Rc<Vec<Fact>>>,
}

/// An element of a snapshot.
#[derive(Debug, Clone)]
struct Seed {
    structure: Arc<Structure>,
    at: usize,
}

/// What the tree tells.
const STRUCTURAL: [&str; 3] = ["id", "path", "sliceName"];

impl Facts {
    /// The properties of an ElementDefinition as it was written.
    pub(super) fn of(origin: &Given) -> Self {
        listed(origin).collect()
    }

    /// The properties of an element of a snapshot.
    pub(super) fn of_snapshot(structure: &Arc<Structure>, at: usize) -> Self {
        Self {
            seed: Some(Seed {
                structure: structure.clone(),
                at,
            }),
            list: OnceCell::new(),
        }
    }

    /// The element that these are, unchanged.
    pub(super) fn unchanged(&self) -> Option<&ElementDefinition> {
        let seed = self.seed.as_ref()?;
        seed.structure.snapshot.get(seed.at)
    }

    fn list(&self) -> &[Fact] {
        self.list.get_or_init(|| {
            let element = self.unchanged();
            Rc::new(element.map_or_else(Vec::new, all_of))
        })
    }

    /// The list, to be changed.
    fn own(&mut self) -> &mut Vec<Fact> {
        self.list();
        self.seed = None;
        let list = self.list.take().unwrap_or_default();
        self.list = OnceCell::from(list);
        match self.list.get_mut() {
            Some(list) => Rc::make_mut(list),
            // invariant: the cell was filled just above.
            None => unreachable!("a list that was just set"),
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Fact> {
        self.list().iter()
    }

    pub(super) fn get(&self, name: &str) -> Option<&Fact> {
        self.iter().find(|fact| fact.name() == name)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    pub(super) fn all<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f Fact> {
        self.iter().filter(move |fact| fact.name() == name)
    }

    /// The first property whose name starts so and goes on with a type: `fixed` finds `fixedCode`.
    pub(super) fn choice(&self, prefix: &str) -> Option<&Fact> {
        self.iter().find(|fact| is_choice(fact, prefix))
    }

    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.get(name)?.value()
    }

    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        self.value(name)?.parse().ok()
    }

    pub(super) fn min(&self) -> Option<u32> {
        match self.unchanged() {
            Some(element) => element.min,
            None => self.value("min")?.parse().ok(),
        }
    }

    pub(super) fn max(&self) -> Option<Max> {
        match self.unchanged() {
            Some(element) => element.max,
            None => Max::parse(self.value("max")?),
        }
    }

    pub(super) fn types(&self) -> Vec<ElementType> {
        match self.unchanged() {
            Some(element) => element.types.clone(),
            None => self.all("type").filter_map(Fact::as_type).collect(),
        }
    }

    /// Whether repetitions are divided.
    pub(super) fn is_slicing(&self) -> bool {
        match self.unchanged() {
            Some(element) => element.slicing.is_some(),
            None => self.has("slicing"),
        }
    }

    pub(super) fn add(&mut self, fact: Fact) {
        self.own().push(fact);
    }

    /// Takes away all properties of a name.
    pub(super) fn remove(&mut self, name: &str) {
        if self.has(name) {
            self.own().retain(|fact| fact.name() != name);
        }
    }

    /// Takes away the properties that do not fit.
    pub(super) fn keep(&mut self, fits: impl FnMut(&Fact) -> bool) {
        self.own().retain(fits);
    }

    pub(super) fn remove_choice(&mut self, prefix: &str) {
        if self.choice(prefix).is_some() {
            self.own().retain(|fact| !is_choice(fact, prefix));
        }
    }

    /// Puts one property in the place of all of its name.
    pub(super) fn set(&mut self, fact: Fact) {
        let facts = self.own();
        facts.retain(|known| known.name() != fact.name());
        facts.push(fact);
    }

    pub(super) fn set_min(&mut self, min: u32) {
        self.set(Fact::bare("min", min));
    }

    pub(super) fn set_max(&mut self, max: Max) {
        self.set(Fact::text("max", &max_text(max)));
    }
}

/// The properties of an element of a snapshot. Compact definitions leave the base out where it repeats the element.
fn all_of(element: &ElementDefinition) -> Vec<Fact> {
    let mut facts: Vec<Fact> = listed(&element.origin).collect();
    if let Some(base) = &element.base
        && !facts.iter().any(|fact| fact.name() == "base")
    {
        facts.push(base_fact(&base.path, base.min, base.max));
    }
    facts
}

/// The property that says where an element was first defined.
pub(super) fn base_fact(path: &str, min: u32, max: Max) -> Fact {
    Fact::parts(
        "base",
        vec![
            Fact::text("path", path),
            Fact::bare("min", min),
            Fact::text("max", &max_text(max)),
        ],
    )
}

fn max_text(max: Max) -> String {
    match max {
        Max::Times(most) => most.to_string(),
        Max::Many => "*".to_owned(),
    }
}

fn listed(origin: &Given) -> impl Iterator<Item = Fact> {
    below(origin).filter(|fact| !STRUCTURAL.contains(&fact.name()))
}

fn is_choice(fact: &Fact, prefix: &str) -> bool {
    let rest = fact.name().strip_prefix(prefix);
    rest.is_some_and(|rest| rest.starts_with(|letter: char| letter.is_ascii_uppercase()))
}

impl FromIterator<Fact> for Facts {
    fn from_iter<T: IntoIterator<Item = Fact>>(facts: T) -> Self {
        Self {
            seed: None,
            list: OnceCell::from(Rc::new(facts.into_iter().collect())),
        }
    }
}
