//! A differential as a tree: what is to be changed at which element, and at which slice.

use super::facts::Facts;
use super::node::MAX_STEPS;
use super::{MAX_ELEMENTS, SnapshotError, refuse};
use crate::fhir::definitions::{ElementDefinition, Structure};

/// The most properties (and items of lists) of one element.
const MAX_PROPERTIES: usize = 1_000;

/// What a differential says of one element or slice.
#[derive(Debug, Clone, Default)]
pub(super) struct Change {
    /// The last step of the path as written: `value[x]`, or `valueQuantity` for short.
    pub(super) name: Box<str>,
    pub(super) slice: Option<Box<str>>,
    /// The id, or the path, for messages.
    pub(super) label: Box<str>,
    /// Whether the differential has the element itself, and not only something below it.
    pub(super) stated: bool,
    /// Its place in the differential, where it is stated.
    pub(super) at: usize,
    pub(super) facts: Facts,
    pub(super) children: Vec<Change>,
    pub(super) slices: Vec<Change>,
}

impl Change {
    fn implied(name: &str, slice: Option<&str>, label: &str) -> Self {
        Self {
            name: name.into(),
            slice: slice.map(Into::into),
            label: label.into(),
            ..Self::default()
        }
    }

    /// How many changes this is.
    pub(super) fn size(&self) -> usize {
        let below = self.children.iter().chain(&self.slices);
        1 + below.map(Self::size).sum::<usize>()
    }

    /// Builds the tree of a structure's differential. Paths that are not of its type, or not in order, are refused.
    pub(super) fn of_differential(structure: &Structure) -> Result<Self, SnapshotError> {
        if structure.differential.len() > MAX_ELEMENTS {
            return Err(refuse("", "the differential is too long"));
        }
        let type_name = path_root(&structure.type_name);
        let mut root = Self::implied(type_name, None, type_name);
        let mut open = Vec::new();
        for (index, element) in structure.differential.iter().enumerate() {
            let steps = steps_of(element, type_name, index == 0)?;
            root.place(index, element, &steps, &mut open)?;
        }
        Ok(root)
    }

    /// Finds or makes the place of an element, and says what it says there.
    fn place(
        &mut self,
        at: usize,
        element: &ElementDefinition,
        steps: &[&str],
        open: &mut Vec<Step>,
    ) -> Result<(), SnapshotError> {
        let ancestors = ancestors_of(element, steps, open);
        let mut here = self;
        for step in &ancestors {
            here = here.child(&step.name, &element.path);
            if let Some(slice) = &step.slice {
                here = here.slice(slice, &element.path);
            }
        }
        if let Some(last) = steps.get(1..).and_then(<[&str]>::last) {
            here = here.child(last, &element.path);
            if let Some(slice) = &element.slice_name {
                here = here.slice(slice, &element.path);
            }
            *open = ancestors;
            open.push(Step {
                name: (*last).into(),
                slice: element.slice_name.clone(),
                id: last_step(&element.id).into(),
            });
        } else {
            open.clear();
        }
        here.state(at, element)
    }

    fn state(&mut self, at: usize, element: &ElementDefinition) -> Result<(), SnapshotError> {
        if self.stated {
            let told = match &self.slice {
                Some(slice) => format!("the slice `{slice}` is stated twice"),
                None => "the element is stated twice, and the second time without a slice name"
                    .to_owned(),
            };
            return Err(refuse(&element.id, told));
        }
        if element.origin.element().children().count() > MAX_PROPERTIES {
            return Err(refuse(&element.id, "the element says too many things"));
        }
        self.stated = true;
        self.at = at;
        self.label = element.id.clone();
        self.facts = Facts::of(&element.origin);
        Ok(())
    }

    fn child(&mut self, name: &str, label: &str) -> &mut Self {
        let at = self.children.iter().rposition(|child| *child.name == *name);
        let at = at.unwrap_or_else(|| {
            self.children.push(Self::implied(name, None, label));
            self.children.len() - 1
        });
        &mut self.children[at]
    }

    fn slice(&mut self, slice: &str, label: &str) -> &mut Self {
        let known = |change: &Self| change.slice.as_deref() == Some(slice);
        let at = self.slices.iter().rposition(known);
        let at = at.unwrap_or_else(|| {
            let name = self.name.clone();
            self.slices.push(Self::implied(&name, Some(slice), label));
            self.slices.len() - 1
        });
        &mut self.slices[at]
    }
}

/// One step of the element that was stated last, with the slice it went into.
#[derive(Debug, Clone)]
struct Step {
    name: Box<str>,
    slice: Option<Box<str>>,
    /// The step as the id has it, which some tools write with another name for the slice.
    id: Box<str>,
}

fn last_step(id: &str) -> &str {
    id.rsplit('.').next().unwrap_or(id)
}

/// The steps between root and element. Elements follow the slice that they belong to; where the slice itself is not
/// stated, the element's id tells it.
fn ancestors_of(element: &ElementDefinition, steps: &[&str], open: &[Step]) -> Vec<Step> {
    let ids: Vec<&str> = element.id.split('.').collect();
    let ids_fit = ids.len() == steps.len();
    let mut beside_open = true;
    let between = steps.iter().enumerate().take(steps.len().saturating_sub(1));
    let step = |(at, name): (usize, &&str)| {
        let id = ids.get(at).copied().filter(|_| ids_fit).unwrap_or_default();
        let said = id.split_once(':');
        let said = said.and_then(|(step, slice)| (step == *name).then_some(slice));
        let opened = open.get(at - 1).filter(|_| beside_open);
        let opened = opened.filter(|step| *step.name == **name);
        let slice = match (said, opened) {
            (Some(_), Some(step)) if *step.id == *id => step.slice.clone(),
            (Some(slice), _) => Some(slice.into()),
            (None, Some(step)) => step.slice.clone(),
            (None, None) => None,
        };
        beside_open = opened.is_some_and(|step| step.slice == slice);
        Step {
            name: (*name).into(),
            slice,
            id: id.into(),
        }
    };
    between.skip(1).map(step).collect()
}

/// A type that is named by an address has its last part for a path.
pub(super) fn path_root(type_name: &str) -> &str {
    type_name.rsplit('/').next().unwrap_or(type_name)
}

/// The steps of an element's path, checked by the rules of elementdefinition.html (eld-19, eld-20, and its root).
fn steps_of<'e>(
    element: &'e ElementDefinition,
    type_name: &str,
    first: bool,
) -> Result<Vec<&'e str>, SnapshotError> {
    let path = &*element.path;
    let steps: Vec<&str> = path.split('.').collect();
    if path.is_empty() {
        return Err(refuse(&element.id, "the element has no path"));
    }
    if steps[0] != type_name || (steps.len() == 1 && !first) {
        return Err(refuse(
            path,
            format!("the path does not start with `{type_name}.`"),
        ));
    }
    if steps.len() > MAX_STEPS {
        return Err(refuse(path, "the path is too deep"));
    }
    match steps.iter().find(|step| !is_step(step)) {
        Some(step) => Err(refuse(path, format!("`{step}` is no element's name"))),
        None => Ok(steps),
    }
}

/// The longest name of an element.
const MAX_NAME: usize = 64;

fn is_step(step: &str) -> bool {
    let stem = step.strip_suffix("[x]").unwrap_or(step);
    let fits =
        |letter: char| letter.is_ascii_graphic() && !",:;'\"/|?!@#$%^&*()[]{}".contains(letter);
    !stem.is_empty() && step.len() <= MAX_NAME && stem.chars().all(fits)
}
