//! What a profile adds to the type that it constrains: only that is looked at again.

use super::{Additions, Shapes};
use crate::fhir::definitions::{
    Binding, Constraint, ElementDefinition, ElementType, Structure, extension,
};
use crate::fhir::validate::limits::MIN_LENGTH;
use std::sync::Arc;

/// The element of a type that an element of a profile constrains.
#[derive(Debug, Clone)]
pub(super) enum Against {
    /// This shape is a type of its own: it is walked in full.
    Itself,
    /// An element of a type.
    Element(Arc<Structure>, usize),
    /// The type's element is not known: everything that the profile says counts.
    Unknown,
}

impl Against {
    /// What the root of a structure constrains.
    pub(super) fn of(shapes: &Shapes, structure: &Structure) -> Self {
        let definitions = shapes.definitions();
        match definitions.structure_of_type(&structure.type_name) {
            Ok(base) if base.url != structure.url => Self::Element(base, 0),
            Ok(_) => Self::Itself,
            Err(_) if structure.is_profile() => Self::Unknown,
            Err(_) => Self::Itself,
        }
    }

    /// What a child constrains: an element below this one, or below the root of its type.
    pub(super) fn below(
        &self,
        shapes: &Shapes,
        parent: &ElementDefinition,
        child: &ElementDefinition,
    ) -> Self {
        let (structure, at) = match self {
            Self::Itself => return Self::Itself,
            Self::Unknown => return Self::Unknown,
            Self::Element(structure, at) => (structure, *at),
        };
        if let Some(found) = child_of(structure, at, child.name()) {
            return Self::Element(structure.clone(), found);
        }
        let definition = &structure.snapshot[at];
        if let Some(linked) = linked(structure, definition)
            && let Some(found) = child_of(structure, linked, child.name())
        {
            return Self::Element(structure.clone(), found);
        }
        let code = match parent.types.as_slice() {
            [only] => &only.code,
            _ => return Self::Unknown,
        };
        let Ok(type_structure) = shapes.definitions().structure_of_type(code) else {
            return Self::Unknown;
        };
        match child_of(&type_structure, 0, child.name()) {
            Some(found) => Self::Element(type_structure, found),
            None => Self::Unknown,
        }
    }

    /// Whether an invariant stands in the type already, at this element.
    pub(super) fn has(&self, constraint: &Constraint) -> bool {
        let Some(base) = self.definition() else {
            return false;
        };
        let same = |known: &Constraint| {
            known.key == constraint.key && known.expression == constraint.expression
        };
        base.constraints.iter().any(same) || self.is_of_core(constraint)
    }

    /// What core types demand is asked with the type, wherever a profile repeats it.
    fn is_of_core(&self, constraint: &Constraint) -> bool {
        let source = constraint.source.as_deref().unwrap_or_default();
        let name = source.strip_prefix(crate::fhir::definitions::STRUCTURE_BASE);
        matches!(
            name,
            Some("Element" | "Extension" | "DomainResource" | "Resource" | "BackboneElement")
        )
    }

    /// The codes of the types that the element has in its type.
    pub(super) fn type_codes(&self) -> Vec<Box<str>> {
        let types = self
            .definition()
            .map(|definition| definition.types.as_slice());
        types
            .unwrap_or_default()
            .iter()
            .map(|declared| declared.code.clone())
            .collect()
    }

    fn definition(&self) -> Option<&ElementDefinition> {
        match self {
            Self::Element(structure, at) => Some(&structure.snapshot[*at]),
            Self::Itself | Self::Unknown => None,
        }
    }

    /// What an element says beyond its type.
    pub(super) fn additions(&self, element: &ElementDefinition) -> Additions {
        let base = match self {
            Self::Itself => return Additions::default(),
            Self::Element(structure, at) => Some(&structure.snapshot[*at]),
            Self::Unknown => None,
        };
        let is_slice = element.slice_name.is_some();
        Additions {
            cardinality: !is_slice
                && base.is_none_or(|base| base.min != element.min || base.max != element.max),
            types: base.is_none_or(|base| !same_types(&base.types, &element.types)),
            fixed: element.fixed.is_some() || element.pattern.is_some(),
            limits: has_limits(element),
            binding: adds_binding(base.and_then(|base| base.binding.as_ref()), element),
            value: element.must_have_value == Some(true),
        }
    }
}

fn has_limits(element: &ElementDefinition) -> bool {
    extension(element.origin.element(), MIN_LENGTH).is_some()
        || element.min_value.is_some()
        || element.max_value.is_some()
        || element.max_length.is_some()
}

fn adds_binding(base: Option<&Binding>, element: &ElementDefinition) -> bool {
    let Some(binding) = &element.binding else {
        return false;
    };
    let Some(base) = base else {
        return true;
    };
    let address = |value_set: &Option<Box<str>>| {
        let text = value_set.as_deref().unwrap_or_default();
        text.split('|').next().unwrap_or_default().to_owned()
    };
    base.strength != binding.strength
        || address(&base.value_set) != address(&binding.value_set)
        || base.max_value_set != binding.max_value_set
        || base.additional.len() != binding.additional.len()
}

fn same_types(base: &[ElementType], own: &[ElementType]) -> bool {
    let same = |(left, right): (&ElementType, &ElementType)| {
        left.code == right.code
            && left.profiles == right.profiles
            && left.target_profiles == right.target_profiles
            && left.aggregation == right.aggregation
            && left.versioning == right.versioning
    };
    base.len() == own.len() && base.iter().zip(own).all(same)
}

/// The element directly below another in a snapshot; `valueQuantity` is found as `value[x]`.
fn child_of(structure: &Structure, at: usize, name: &str) -> Option<usize> {
    let parent = &structure.snapshot[at].path;
    let after = structure.snapshot.iter().enumerate().skip(at + 1);
    let mut below = after.take_while(|(_, element)| {
        let rest = element.path.strip_prefix(&**parent);
        rest.is_some_and(|rest| rest.starts_with('.'))
    });
    let found = below.find(|(_, element)| {
        let rest = &element.path[parent.len() + 1..];
        !rest.contains('.') && element.slice_name.is_none() && is_name_of(rest, name)
    });
    found.map(|(at, _)| at)
}

fn is_name_of(definition: &str, name: &str) -> bool {
    let Some(stem) = definition.strip_suffix("[x]") else {
        return definition == name;
    };
    let rest = name.strip_prefix(stem);
    rest.is_some_and(|rest| {
        rest == "[x]" || rest.starts_with(|letter: char| letter.is_ascii_uppercase())
    })
}

fn linked(structure: &Structure, definition: &ElementDefinition) -> Option<usize> {
    let reference = definition.content_reference.as_deref()?;
    let (_, path) = reference.split_once('#')?;
    let mut elements = structure.snapshot.iter();
    elements.position(|element| *element.path == *path)
}
