//! Where an extension may stand.

use crate::fhir::definitions::{ExtensionContext, STRUCTURE_BASE, Version, all, extension, text};
use crate::fhir::fhirpath::Expression;
use crate::fhir::tree::{Element, Kind, name_hash};
use crate::fhir::validate::IssueKind;
use crate::fhir::validate::decide::is_true;
use crate::fhir::validate::run::{Run, Step};
use crate::fhir::validate::shape::{Link, Shape};
use crate::fhir::validate::suggest::list;

impl<'v> Run<'v> {
    /// Whether the extension that the walk stands at may stand there.
    pub(super) fn context(&mut self, element: Element<'v>, shape: &'v Shape) {
        let structure = &shape.structure;
        let Some(above) = self.trail.len().checked_sub(2) else {
            return;
        };
        if structure.contexts.is_empty() || self.trail.iter().any(is_template) {
            return;
        }
        let holder = self.trail[above];
        let allowed = self.allowed_here(shape);
        let fits = allowed
            .iter()
            .any(|context| self.is_context(holder, context));
        if !fits {
            self.error(IssueKind::Extension, "structure", element, || {
                let names = list(allowed.iter().map(|context| &context.expression));
                let here = holder.element.path();
                format!(
                    "the extension `{}` does not belong at `{here}`: it is for {names}",
                    structure.url
                )
            });
            return;
        }
        for invariant in &structure.context_invariants {
            self.context_invariant(element, holder.element, shape, invariant);
        }
    }

    /// The contexts that count in this release: a definition may tie some to releases.
    fn allowed_here(&self, shape: &'v Shape) -> Vec<&'v ExtensionContext> {
        let version = self.shapes().definitions().version();
        let contexts = &shape.structure.contexts;
        let root = shape.structure.source.root();
        let written: Vec<_> = all(root, "context").collect();
        if written.len() != contexts.len() {
            return contexts.iter().collect();
        }
        let both = contexts.iter().zip(written);
        both.filter(|(_, written)| counts_in(*written, version))
            .map(|(context, _)| context)
            .collect()
    }

    fn is_context(&self, holder: Step<'v>, context: &ExtensionContext) -> bool {
        match &*context.kind {
            "extension" => {
                let wanted = context.expression.split('#').next().unwrap_or_default();
                // On an extension, or on the value of one.
                let holders = [Some(holder.element), holder.element.parent()];
                let url = |element: Element<'v>| element.child("url").and_then(Element::value);
                holders
                    .into_iter()
                    .flatten()
                    .any(|element| url(element) == Some(wanted))
            }
            "fhirpath" => self.fhirpath_context(holder.element, &context.expression),
            _ => self.element_context(holder, &context.expression),
        }
    }

    /// An expression that is true of the element, or finds it from the resource.
    fn fhirpath_context(&self, holder: Element<'v>, text: &str) -> bool {
        let Ok(expression) = Expression::parse(text) else {
            return false;
        };
        let variables = crate::fhir::fhirpath::Variables::new().with_services(self.answers);
        let here = expression.evaluate_at(holder, &variables);
        if here.is_ok_and(|found| is_true(&found)) {
            return true;
        }
        let from_resource = expression.evaluate_at(holder.nearest_resource(), &variables);
        from_resource.is_ok_and(|found| found.elements().any(|element| element == holder))
    }

    /// A path, a type, or one of the words that stand for many types.
    fn element_context(&self, holder: Step<'v>, expression: &str) -> bool {
        let expression = match expression.split_once('#') {
            Some((_, path)) => path,
            None => expression
                .strip_prefix(STRUCTURE_BASE)
                .unwrap_or(expression),
        };
        let expression = expression.trim_end_matches("[x]");
        let is_resource = holder.element.kind() == Kind::Resource;
        match expression {
            "Element" | "Base" => return true,
            "CanonicalResource" | "MetadataResource" => {
                return is_resource
                    && holder
                        .at
                        .node
                        .child_named("url", name_hash("url"))
                        .is_some();
            }
            "DataType" => return !is_resource && !holder.at.node.has_children(),
            _ => {}
        }
        self.has_type(holder, expression) || self.has_path(expression)
    }

    fn has_type(&self, holder: Step<'v>, name: &str) -> bool {
        let code = match holder.element.resource_type() {
            Some(type_name) => type_name,
            None => holder.at.code,
        };
        !code.is_empty() && !name.contains('.') && self.is_a(code, name)
    }

    /// Whether the element that holds the extension is meant by a path, from any type on its way.
    fn has_path(&self, path: &str) -> bool {
        let Some((_, above)) = self.trail.split_last() else {
            return false;
        };
        let mut rest = String::new();
        for step in above.iter().rev() {
            let linked = match &step.at.node.link {
                Some(Link::Here(node)) => {
                    let shape = step.at.shape;
                    Some(&*shape.definition(shape.node(*node)).path)
                }
                Some(Link::There(_, path)) => Some(&**path),
                None => None,
            };
            let mut names = [Some(step.at.path()), linked].into_iter().flatten();
            if names.any(|here| self.is_path(path, here.trim_end_matches("[x]"), &rest)) {
                return true;
            }
            rest.insert_str(0, name_of(step));
            rest.insert(0, '.');
            if step.element.kind() == Kind::Resource {
                return false;
            }
        }
        false
    }

    /// Whether a path names what stands at `rest` below `here`; a type above may name the same element, as
    /// `Quantity.value` does for an `Age`.
    fn is_path(&self, path: &str, here: &str, rest: &str) -> bool {
        if path.strip_prefix(here) == Some(rest) {
            return true;
        }
        let (Some((root, below)), Some((type_name, tail))) =
            (here.split_once('.'), path.split_once('.'))
        else {
            return false;
        };
        tail.strip_prefix(below) == Some(rest) && self.is_a(root, type_name)
    }

    fn context_invariant(
        &mut self,
        element: Element<'v>,
        holder: Element<'v>,
        shape: &'v Shape,
        invariant: &'v str,
    ) {
        let holds = Expression::parse(invariant).ok().map(|expression| {
            let extension = vec![crate::fhir::fhirpath::Value::Element(element)];
            let variables = crate::fhir::fhirpath::Variables::new()
                .with_services(self.answers)
                .with_values("extension", extension);
            expression
                .evaluate_at(holder, &variables)
                .map(|found| is_true(&found))
        });
        if let Some(Ok(false)) = holds {
            self.error(IssueKind::Extension, "structure", element, || {
                format!(
                    "the extension `{}` asks of its place: {invariant}",
                    shape.structure.url
                )
            });
        } else if !matches!(holds, Some(Ok(true))) {
            self.undecided(crate::fhir::validate::Weight::Decisive, element, || {
                format!(
                    "what the extension `{}` asks of its place cannot be decided: {invariant}",
                    shape.structure.url
                )
            });
        }
    }
}

/// Values in definitions are templates for other places: what is in them belongs where they will be.
fn is_template(step: &Step<'_>) -> bool {
    const TEMPLATES: [&str; 7] = [
        "ElementDefinition.defaultValue[x]",
        "ElementDefinition.example.value[x]",
        "ElementDefinition.fixed[x]",
        "ElementDefinition.maxValue[x]",
        "ElementDefinition.minValue[x]",
        "ElementDefinition.pattern[x]",
        "ElementDefinition.example",
    ];
    TEMPLATES.contains(&step.at.path())
}

/// The name of an element by its definition, without the marks of a choice.
fn name_of<'v>(step: &Step<'v>) -> &'v str {
    if step.at.node.definition == 0 {
        return step.element.name();
    }
    step.at.shape.name_of(step.at.node).trim_end_matches("[x]")
}

/// Whether a context counts in a release.
fn counts_in(context: Element<'_>, version: Version) -> bool {
    const SPECIFIC: &str = "http://hl7.org/fhir/StructureDefinition/version-specific-use";
    let Some(specific) = extension(context, SPECIFIC) else {
        return true;
    };
    let bound = |name: &str| {
        let found = all(specific, "extension").find(|part| text(*part, "url") == Some(name))?;
        Version::parse(text(found, "valueCode")?)
    };
    bound("startFhirVersion").is_none_or(|start| version >= start)
        && bound("endFhirVersion").is_none_or(|end| version <= end)
}
