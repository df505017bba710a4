//! From items to the elements below them, to variables, and along references.

use super::ExpressionError;
use super::ast::{Member, Node, NodeKind, Role, Spelling, Step, TypeOperator, Variable};
use super::evaluate::{EvaluationError, Evaluator, Fault, Outcome, Scope};
use super::items::Items;
use super::system::system_value;
use super::typing::type_of;
use super::value::{TypeName, Value};
use super::variables::Members;
use super::walk;
use crate::fhir::tree::{Element, Kind};
use crate::fhir::types;
use std::borrow::Cow;
use std::collections::HashMap;

/// A name at the start of a path: a type's name stands for an item of that type, any other for its elements.
pub(super) fn head<'r>(
    evaluator: &mut Evaluator<'r>,
    scope: Scope<'_, 'r>,
    member: &'r Member,
) -> Outcome<'r> {
    let this = scope.this;
    let is_of_type = |item: &Value<'r>| {
        let name = item.element().and_then(Element::resource_type);
        name.is_some_and(|name| is_or_derives(evaluator, name, &member.name))
    };
    if this.iter().any(is_of_type) {
        return Ok(this
            .iter()
            .filter(|item| is_of_type(item))
            .cloned()
            .collect());
    }
    refuse_other_type(evaluator, this, member)?;
    // The elements of FHIR start with a small letter, those of logical models need not.
    walk::members(evaluator, this, member, scope)
}

/// Whether a type is another, or stands below it.
pub(super) fn is_or_derives(evaluator: &Evaluator<'_>, name: &str, ancestor: &str) -> bool {
    let mut here = Some(name);
    // Type hierarchies are short; a cycle in foreign tables must not hang.
    for _ in 0..16 {
        match here {
            Some(name) if name == ancestor => return true,
            Some(name) => here = evaluator.variables.types.supertype(name),
            None => return false,
        }
    }
    false
}

/// In strict mode a path that starts with another type's name is wrong, and not just empty.
fn refuse_other_type(
    evaluator: &Evaluator<'_>,
    this: &[Value<'_>],
    member: &Member,
) -> Result<(), Fault> {
    let strict = evaluator.variables.members == Members::Strict;
    let Some(Value::Element(element)) = this.first() else {
        return Ok(());
    };
    let Some(found) = element.resource_type() else {
        return Ok(());
    };
    if strict && evaluator.variables.types.is_known(&member.name) {
        let message = format!("the resource is a {found}, not a {}", member.name);
        return Err(EvaluationError::new(member.position, message));
    }
    Ok(())
}

/// `valueQuantity` is plain below a Device's property, and a typed choice below an Observation.
pub(super) fn refuse_typed_choice(child: Element<'_>, member: &Member) -> Result<(), Fault> {
    if member.spelling != Spelling::PerhapsChoice || types::is_plain(child) {
        return Ok(());
    }
    let Some((base, type_name)) = child.choice() else {
        return Ok(());
    };
    let error = ExpressionError::typed_choice(&member.name, base, type_name, member.position);
    let fault = EvaluationError::new(error.position, error.message);
    Err(match error.help {
        Some(help) => fault.with_help(help),
        None => fault,
    })
}

/// In strict mode, an element that its type does not have is a typing error.
pub(super) fn refuse_unknown_element<'r>(
    evaluator: &Evaluator<'r>,
    element: Element<'r>,
    member: &Member,
) -> Result<(), Fault> {
    if evaluator.variables.members == Members::Lenient {
        return Ok(());
    }
    let Some(type_name) = type_of(evaluator, element) else {
        return Ok(());
    };
    refuse_element_of(evaluator, type_name, member)
}

/// Refuses an element that a type does not have, where all its elements are known.
fn refuse_element_of(
    evaluator: &Evaluator<'_>,
    type_name: &str,
    member: &Member,
) -> Result<(), Fault> {
    let Some(elements) = evaluator.variables.types.elements(type_name) else {
        return Ok(());
    };
    let names = || elements.iter().map(|name| name.trim_end_matches("[x]"));
    if names().any(|name| name == member.name) {
        return Ok(());
    }
    let error = EvaluationError::new(
        member.position,
        format!("{type_name} has no element `{}`", member.name),
    );
    let near = super::functions::nearest_of(&member.name, names());
    Err(match near {
        Some(near) => error.with_help(format!("did you mean `{near}`?")),
        None => error,
    })
}

/// In strict mode: the order of `children()` means nothing, so no step may depend on it.
pub(super) fn refuse_unordered(steps: &[Step]) -> Result<(), Fault> {
    let pairs = steps.iter().zip(steps.iter().skip(1));
    for (before, step) in pairs {
        if let Step::Call(previous) = before
            && matches!(previous.role, Role::Children | Role::Descendants)
            && is_ordering(step)
        {
            let message = format!(
                "the items of `{}()` have no order that a step could count on",
                previous.function.name
            );
            return Err(EvaluationError::new(previous.position, message));
        }
    }
    Ok(())
}

/// Whether the result of a step depends on the order of its input.
pub(super) fn is_ordering(step: &Step) -> bool {
    match step {
        Step::Call(call) => matches!(
            call.function.name,
            "first" | "last" | "tail" | "skip" | "take"
        ),
        Step::Item(_) => true,
        Step::Member(_) => false,
    }
}

/// In strict mode: an element that follows `as` must be one of the type.
pub(super) fn refuse_after_cast(
    evaluator: &Evaluator<'_>,
    first: &Node,
    step: Option<&Step>,
) -> Result<(), Fault> {
    let inner = &first.without_brackets().kind;
    if let (NodeKind::TypeTest(_, TypeOperator::As, specifier), Some(Step::Member(member))) =
        (inner, step)
        && evaluator.variables.members == Members::Strict
    {
        return refuse_element_of(evaluator, &specifier.name, member);
    }
    Ok(())
}

/// A variable of the expression, of the caller, of FHIRPath or of FHIR.
pub(super) fn variable<'r>(
    evaluator: &Evaluator<'r>,
    variable: &'r Variable,
    position: usize,
) -> Outcome<'r> {
    let name = variable.name.as_str();
    let mut defined = evaluator.defined.iter().rev();
    if let Some((_, items)) = defined.find(|(known, _)| known == name) {
        return Ok(items.clone());
    }
    if let Some(values) = evaluator.variables.named.get(name) {
        return Ok(Items::of(values));
    }
    if let Some(text) = &variable.text {
        return Ok(Items::One(Value::Text(Cow::Borrowed(text))));
    }
    let element = match name {
        "context" => evaluator.context,
        "resource" => evaluator.context.nearest_resource(),
        "rootResource" => container_of(evaluator.context.nearest_resource()),
        _ => return Err(unknown_variable(evaluator, name, position)),
    };
    Ok(Items::One(Value::Element(element)))
}

/// The names that FHIRPath and FHIR give a meaning, so that nothing else can take them.
pub(super) fn is_reserved(name: &str) -> bool {
    matches!(
        name,
        "ucum" | "sct" | "loinc" | "context" | "resource" | "rootResource"
    )
}

/// A variable without a value is an error: an empty collection would hide the typing error.
fn unknown_variable(evaluator: &Evaluator<'_>, name: &str, position: usize) -> Fault {
    let known = [
        "ucum",
        "sct",
        "loinc",
        "context",
        "resource",
        "rootResource",
    ];
    let given = evaluator.variables.named.keys().map(String::as_str);
    let error = EvaluationError::new(position, format!("the variable `%{name}` has no value"));
    match super::functions::nearest_of(name, known.into_iter().chain(given)) {
        Some(near) => error.with_help(format!("did you mean `%{near}`?")),
        None => error,
    }
}

/// A contained resource belongs to the resource around it.
fn container_of(resource: Element<'_>) -> Element<'_> {
    match resource.parent() {
        Some(parent) if resource.name() == "contained" => parent.nearest_resource(),
        Some(_) | None => resource,
    }
}

/// Whether an element can only be a primitive without a value: it has nothing but `id` and `extension`.
pub(super) fn is_valueless_primitive(element: Element<'_>) -> bool {
    element.kind() == Kind::Complex
        && element.children().next().is_some()
        && element
            .children()
            .all(|child| matches!(child.name(), "id" | "extension"))
}

/// The entries of a Bundle by full URL and by `Type/id`.
pub(crate) struct BundleIndex<'r> {
    entries: HashMap<Cow<'r, str>, Element<'r>>,
}

/// The resource that a reference names: contained, in the Bundle around, or known to the caller.
pub(super) fn resolve<'r>(evaluator: &mut Evaluator<'r>, from: &Value<'r>) -> Option<Element<'r>> {
    let reference = reference_text(from)?;
    let here = from.element().unwrap_or(evaluator.context);
    let container = container_of(here.nearest_resource());
    if reference == "#" {
        return Some(container);
    }
    if let Some(id) = reference.strip_prefix('#') {
        return container
            .children()
            .find(|child| child.name() == "contained" && id_of(*child) == Some(id));
    }
    if let Some(found) = in_bundle(evaluator, here, &reference) {
        return Some(found);
    }
    let services = evaluator.variables.services;
    services.resolve(&reference)
}

/// The address in a Reference, or a URI or canonical by itself.
fn reference_text<'r>(from: &Value<'r>) -> Option<Cow<'r, str>> {
    match from {
        Value::Text(text) => Some(text.clone()),
        Value::Element(element) => {
            let text = element
                .value()
                .or_else(|| element.child("reference")?.value());
            text.map(Cow::Borrowed)
        }
        Value::Boolean(_)
        | Value::Integer(_)
        | Value::Long(_)
        | Value::Decimal(_)
        | Value::Temporal(_)
        | Value::Quantity(_)
        | Value::Type(_) => None,
    }
}

/// A relative reference means the server of the entry that it stands in; failing that, any entry of that type and
/// id.
fn in_bundle<'r>(
    evaluator: &mut Evaluator<'r>,
    here: Element<'r>,
    reference: &str,
) -> Option<Element<'r>> {
    let root = here.resource.root();
    if root.resource_type() != Some("Bundle") {
        return None;
    }
    let index = evaluator
        .bundle
        .get_or_insert_with(|| BundleIndex::of(root));
    let without_version = reference.split("/_history/").next().unwrap_or(reference);
    let absolute = || {
        let full_url = entry_of(here)?.child("fullUrl")?.value()?;
        let mut base = full_url.rsplitn(3, '/');
        let _id_and_type = (base.next()?, base.next()?);
        Some(format!("{}/{without_version}", base.next()?))
    };
    let entries = &index.entries;
    let relative = !without_version.contains(':');
    let in_place = relative
        .then(absolute)
        .flatten()
        .and_then(|address| entries.get(address.as_str()));
    in_place.or_else(|| entries.get(without_version)).copied()
}

impl<'r> BundleIndex<'r> {
    /// The first entry with an address wins; a second one is the Bundle's own fault, which a check may find.
    fn of(bundle: Element<'r>) -> Self {
        let mut entries = HashMap::new();
        for entry in bundle.children().filter(|child| child.name() == "entry") {
            let Some(resource) = entry.child("resource") else {
                continue;
            };
            if let Some(address) = entry.child("fullUrl").and_then(Element::value) {
                entries.entry(Cow::Borrowed(address)).or_insert(resource);
            }
            if let (Some(name), Some(id)) = (resource.resource_type(), id_of(resource)) {
                entries
                    .entry(Cow::Owned(format!("{name}/{id}")))
                    .or_insert(resource);
            }
        }
        Self { entries }
    }
}

/// The Bundle entry that an element stands in.
fn entry_of(element: Element<'_>) -> Option<Element<'_>> {
    let mut here = element;
    while let Some(above) = here.parent() {
        if here.name() == "entry" && above.resource_type() == Some("Bundle") {
            return Some(here);
        }
        here = above;
    }
    None
}

fn id_of(resource: Element<'_>) -> Option<&str> {
    resource.child("id")?.value()
}

/// Whether an item is a primitive with a value.
pub(super) fn has_value<'r>(evaluator: &Evaluator<'r>, item: &Value<'r>) -> bool {
    match item.element() {
        Some(element) => element.value().is_some(),
        None => system_value(evaluator, item).is_some(),
    }
}

/// Whether an element is an extension with this URL.
pub(super) fn is_extension(element: Element<'_>, url: Option<&str>) -> bool {
    element.name() == "extension" && element.child("url").and_then(Element::value) == url
}

/// The type of an item, as `type()` tells it.
pub(super) fn type_name<'r>(evaluator: &Evaluator<'r>, item: &Value<'r>) -> TypeName<'r> {
    if let Some(name) = item.system_type() {
        let name = Cow::Borrowed(name);
        return TypeName {
            namespace: "System",
            name,
        };
    }
    let element_type = |element| type_of(evaluator, element);
    let name = match item.element() {
        Some(element) => element_type(element).unwrap_or("Element"),
        None => "SimpleTypeInfo",
    };
    TypeName {
        namespace: "FHIR",
        name: Cow::Borrowed(name),
    }
}
