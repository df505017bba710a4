//! What the names of an expression mean: elements, types, variables.

use super::ExpressionError;
use super::ast::{Call, Choice, Member, Node, NodeKind, Spelling, Step, TypeSpecifier};
use crate::fhir::tree::name_hash;
use crate::fhir::types;

/// An element by name. A name that no type of FHIR has, since it holds a choice's type, is refused with the right
/// one.
pub(super) fn member(name: String, position: usize) -> Result<Member, ExpressionError> {
    let spelling = match types::split_choice(&name) {
        Some(_) if types::may_be_plain(&name) => Spelling::PerhapsChoice,
        Some((base, type_name)) => {
            return Err(ExpressionError::typed_choice(
                &name, base, type_name, position,
            ));
        }
        None if name.starts_with(|letter: char| letter.is_ascii_uppercase()) => Spelling::TypeLike,
        None => Spelling::Plain,
    };
    let choice = match types::has_choices(&name) {
        true => Choice::Possible,
        false => Choice::Never,
    };
    Ok(Member {
        position,
        hash: name_hash(&name),
        name,
        spelling,
        choice,
    })
}

/// The variables that FHIRPath and FHIR define as texts.
pub(super) fn fixed_text(name: &str) -> Option<String> {
    let text = match name {
        "ucum" => "http://unitsofmeasure.org",
        "sct" => "http://snomed.info/sct",
        "loinc" => "http://loinc.org",
        _ => {
            let value_set = name.strip_prefix("vs-");
            return value_set
                .map(|name| format!("http://hl7.org/fhir/ValueSet/{name}"))
                .or_else(|| {
                    let extension = name.strip_prefix("ext-")?;
                    Some(format!(
                        "http://hl7.org/fhir/StructureDefinition/{extension}"
                    ))
                });
        }
    };
    Some(text.to_owned())
}

/// The argument of `is`, `as` and `ofType` is a name, though it looks like a path.
pub(super) fn type_argument(call: &Call) -> Result<TypeSpecifier, ExpressionError> {
    let argument = &call.arguments[0];
    let names = type_names(argument).ok_or_else(|| {
        let message = format!(
            "`{}` takes the name of a type, such as `Quantity`",
            call.function.name
        );
        ExpressionError::new(argument.position, message)
    })?;
    type_specifier(names, argument.position)
}

/// The words of a path that is nothing but names; `None` for any other expression.
fn type_names(node: &Node) -> Option<Vec<String>> {
    match &node.kind {
        NodeKind::Head(member) => Some(vec![member.name.clone()]),
        NodeKind::Path(first, steps) => {
            let mut names = Vec::new();
            if !matches!(first.kind, NodeKind::This) {
                names = type_names(first)?;
            }
            for step in steps {
                let Step::Member(member) = step else {
                    return None;
                };
                names.push(member.name.clone());
            }
            Some(names)
        }
        NodeKind::Empty
        | NodeKind::Literal(_)
        | NodeKind::This
        | NodeKind::Index
        | NodeKind::Total
        | NodeKind::Variable(_)
        | NodeKind::Not(_)
        | NodeKind::Signed(..)
        | NodeKind::Chain(..)
        | NodeKind::TypeTest(..) => None,
    }
}

/// Splits the namespace off; a System type that does not exist is an error here, a FHIR type only where types are
/// known.
pub(super) fn type_specifier(
    mut names: Vec<String>,
    position: usize,
) -> Result<TypeSpecifier, ExpressionError> {
    let namespace = match names.first().map(String::as_str) {
        Some("System" | "FHIR") if names.len() > 1 => Some(names.remove(0)),
        _ => None,
    };
    let name = names.join(".");
    if namespace.as_deref() != Some("FHIR")
        && !is_system_type(&name)
        && namespace.is_some()
        && !types::is_known(&name)
    {
        let message = format!("there is no type `System.{name}`");
        return Err(ExpressionError::new(position, message));
    }
    Ok(TypeSpecifier {
        position,
        namespace,
        name,
    })
}

/// The types that FHIRPath brings itself.
pub(super) fn is_system_type(name: &str) -> bool {
    matches!(
        name,
        "Any"
            | "Boolean"
            | "String"
            | "Integer"
            | "Long"
            | "Decimal"
            | "Date"
            | "DateTime"
            | "Time"
            | "Quantity"
    )
}
