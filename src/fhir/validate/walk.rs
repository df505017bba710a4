//! The walk along a resource and the shape of its type: names, cardinalities, types, values, invariants, bindings.

use super::invariant::has_content;
use super::primitive::{self, Primitive, shown};
use super::run::{At, Run, Step};
use super::shape::{Class, Link, Node, Shape};
use super::{IssueKind, Weight, suggest};
use crate::fhir::definitions::{ElementDefinition, Max, Missing, StructureKind};
use crate::fhir::tree::{Element, FormIssueKind, Format, Kind};

impl<'v> Run<'v> {
    /// A resource of any type, at the root or inside another.
    pub(super) fn any_resource(&mut self, element: Element<'v>) {
        let Some(type_name) = element.resource_type() else {
            self.error(IssueKind::Structure, "structure", element, || {
                "a resource must name its type in `resourceType`".to_owned()
            });
            return;
        };
        let id = self.shapes().id_of_type(type_name);
        match self.shapes().get(id) {
            Ok(shape) if is_instantiable(shape) => self.resource_of(element, shape),
            Ok(_) | Err(Missing::Unknown) => {
                let version = self.shapes().definitions().version();
                self.error(IssueKind::Structure, "structure", element, || {
                    format!("`{}` is no resource type of {version}", shown(type_name))
                });
            }
            Err(Missing::Unusable(why)) => {
                self.undecided(Weight::Decisive, element, || {
                    format!("the definition of `{type_name}` cannot be used: {why}")
                });
            }
        }
    }

    fn resource_of(&mut self, element: Element<'v>, shape: &'v Shape) {
        let at = At::root(shape);
        self.trail.push(Step { element, at });
        self.children(element, shape, shape.root());
        self.invariants(element, shape, shape.root());
        self.whole_resource(element);
        self.trail.pop();
        // What is only tried is held against what was asked for.
        if self.trial.is_none() {
            self.claims(element);
            self.vital_signs(element);
        }
    }

    /// An element that stands for itself, against the shape of a type.
    pub(super) fn walk_root(&mut self, element: Element<'v>, shape: &'v Shape) {
        if element.kind() == Kind::Resource {
            self.any_resource(element);
        } else {
            self.element(element, At::root(shape));
        }
    }

    /// All children of an element, against the node that spells out its content.
    fn children(&mut self, element: Element<'v>, shape: &'v Shape, node: &'v Node) {
        let base = self.counts.len();
        self.counts.resize(base + node.children.len(), 0);
        for child in element.children() {
            if !self.spend(1) {
                break;
            }
            match At::child(shape, node, child) {
                Some((place, at)) => {
                    self.counts[base + place as usize] += 1;
                    let count = self.counts[base + place as usize];
                    self.count_child(child, &at, count);
                    self.element(child, at);
                }
                None => self.unknown_child(child, shape, node),
            }
        }
        for place in &node.required {
            let child = shape.node(node.children[*place as usize]);
            let count = self.counts[base + *place as usize];
            if count < child.min {
                self.too_few(element, shape, child, count);
            }
        }
        self.counts.truncate(base);
    }

    /// Too many, and arrays where JSON wants none or the other way round.
    fn count_child(&mut self, child: Element<'v>, at: &At<'v>, count: u32) {
        let node = at.node;
        if let Max::Times(most) = node.max
            && count == most + 1
        {
            self.error(IssueKind::Cardinality, "structure", child, || {
                format!("`{}` may occur {}", at.path(), times(most))
            });
        }
        if count == 1
            && self.resource.format() == Format::Json
            && node.is_list != child.index().is_some()
        {
            self.error(IssueKind::Structure, "invalid", child, || {
                match node.is_list {
                    true => format!("`{}` must be a JSON array", child.name()),
                    false => format!("`{}` must not be a JSON array", child.name()),
                }
            });
        }
    }

    pub(super) fn too_few(
        &mut self,
        element: Element<'v>,
        shape: &'v Shape,
        child: &'v Node,
        count: u32,
    ) {
        let definition = shape.definition(child);
        let issue = self.error(IssueKind::Cardinality, "required", element, || {
            let name = title(definition);
            match (child.min, count) {
                (1, _) => format!("`{name}` is missing: it must occur"),
                (min, count) => format!("`{name}` occurs {}, and must {min} times", times(count)),
            }
        });
        if let Some(issue) = issue {
            issue.profile = Some(shape.canonical.clone());
        }
    }

    fn unknown_child(&mut self, child: Element<'v>, shape: &'v Shape, node: &'v Node) {
        let name = child.name();
        if child.index().is_some_and(|index| index > 0) {
            return;
        }
        let known = || node.names.iter().map(|name| &*name.wire);
        self.error(IssueKind::Structure, "structure", child, || {
            let owner = &shape.definition(node).path;
            match known().find(|known| known.eq_ignore_ascii_case(name)) {
                Some(right) => format!("`{name}` is written `{right}`"),
                None => {
                    let hint = suggest::nearest(name, known());
                    format!("`{owner}` has no element `{}`{hint}", shown(name))
                }
            }
        });
    }

    /// One element with all below it.
    pub(super) fn element(&mut self, element: Element<'v>, at: At<'v>) {
        if element.kind() == Kind::Resource {
            self.resource_in_place(element, at);
            return;
        }
        if let Class::Resource = at.class {
            self.any_resource(element);
            return;
        }
        self.trail.push(Step { element, at });
        match at.class {
            Class::Primitive(primitive) => self.primitive(element, &at, primitive),
            Class::Extension
            | Class::Reference
            | Class::CodeableReference
            | Class::Coding
            | Class::CodeableConcept
            | Class::Quantity
            | Class::Narrative
            | Class::Resource
            | Class::Other => self.complex(element, &at),
        }
        self.bound(element, &at);
        self.invariants(element, at.shape, at.node);
        self.type_profiles(element, &at);
        self.trail.pop();
    }

    /// A resource where the definition wants one; elsewhere it is out of place.
    fn resource_in_place(&mut self, element: Element<'v>, at: At<'v>) {
        if at.class != Class::Resource && !self.is_resource_type(&at) {
            self.error(IssueKind::Structure, "structure", element, || {
                format!("a resource stands where a {} is due", at.code)
            });
            return;
        }
        if element.name() != "contained" || !self.validator.options.skip_contained {
            self.any_resource(element);
        }
    }

    fn is_resource_type(&self, at: &At<'v>) -> bool {
        let shape = self.shapes().get(at.type_shape);
        shape.is_ok_and(|shape| shape.structure.kind == StructureKind::Resource)
    }

    /// An element with content of its own: spelt out below its node, elsewhere in its structure, or by its type.
    fn complex(&mut self, element: Element<'v>, at: &At<'v>) {
        if element.kind() != Kind::Complex {
            self.error(IssueKind::Type, "structure", element, || {
                format!(
                    "`{}` is a {}, and so an object with elements, not a plain value",
                    at.path(),
                    type_word(at)
                )
            });
            return;
        }
        if !has_content(element) {
            self.empty(element);
            return;
        }
        let Some((shape, node)) = self.content(element, at) else {
            return;
        };
        self.children(element, shape, node);
        if !std::ptr::eq(node, at.node) {
            self.invariants(element, shape, node);
        }
        self.of_class(element, at);
    }

    /// The node that spells out the content of an element.
    pub(super) fn content(
        &mut self,
        element: Element<'v>,
        at: &At<'v>,
    ) -> Option<(&'v Shape, &'v Node)> {
        if at.node.has_children() {
            return Some((at.shape, at.node));
        }
        match &at.node.link {
            Some(Link::Here(node)) => return Some((at.shape, at.shape.node(*node))),
            Some(Link::There(shape, path)) => {
                let shape = self.shapes().get(*shape).ok()?;
                return Some((shape, shape.at_path(path)?));
            }
            None => {}
        }
        match self.shapes().get(at.type_shape) {
            Ok(shape) if !std::ptr::eq(shape, at.shape) || at.node.definition == 0 => {
                Some((shape, shape.root()))
            }
            Ok(shape) => Some((shape, shape.root())),
            Err(missing) => {
                self.undecided(Weight::Decisive, element, || {
                    format!("the type `{}` is unknown: {missing}", at.code)
                });
                None
            }
        }
    }

    /// What single types need beyond their definitions.
    fn of_class(&mut self, element: Element<'v>, at: &At<'v>) {
        match at.class {
            Class::Extension => self.extension(element, at),
            Class::Reference => self.reference(element, at),
            Class::Narrative => self.narrative(element),
            Class::Coding => self.coding(element),
            Class::Other if at.code == "Attachment" => self.attachment(element),
            Class::Other if at.code == "Identifier" => self.identifier(element),
            Class::Primitive(_)
            | Class::CodeableReference
            | Class::CodeableConcept
            | Class::Quantity
            | Class::Resource
            | Class::Other => {}
        }
    }

    /// `ele-1`.
    fn empty(&mut self, element: Element<'v>) {
        // The form has said so of an element without anything in it.
        if element.children().next().is_none() {
            return;
        }
        let issue = self.error(IssueKind::Invariant, "invariant", element, || {
            "an element must have a value or content besides its id".to_owned()
        });
        if let Some(issue) = issue {
            issue.constraint = Some("ele-1".to_owned());
        }
    }

    /// A primitive: its value, its id, its extensions.
    fn primitive(&mut self, element: Element<'v>, at: &At<'v>, primitive: Primitive) {
        let fits = match element.kind() {
            Kind::Complex => self.valueless(element, at),
            Kind::Untyped => true,
            Kind::Text | Kind::Xhtml if matches!(primitive, Primitive::Xhtml) => true,
            Kind::Text | Kind::Xhtml | Kind::Number | Kind::Boolean | Kind::Resource => {
                element.kind() == primitive.json_kind()
            }
        };
        if !fits && element.kind() == Kind::Complex {
            // Each part that has no place here is said below.
            if self.resource.format() == Format::Xml && element.child("extension").is_none() {
                self.empty(element);
            }
        } else if !fits {
            self.wrong_kind(element, at, primitive);
        } else if let Some(value) = element.value().filter(|value| !value.is_empty()) {
            self.primitive_value(element, at, primitive, value);
        }
        for child in element.children() {
            self.part_of_primitive(child);
        }
    }

    /// An object where a primitive is due: right for one that has nothing but extensions.
    fn valueless(&mut self, element: Element<'v>, at: &At<'v>) -> bool {
        let mut children = element.children();
        if let Some(first) = children.find(|child| !matches!(child.name(), "id" | "extension")) {
            let _ = first;
            return false;
        }
        if !has_content(element) {
            self.empty(element);
        }
        let definition = at.shape.definition(at.node);
        if definition.must_have_value == Some(true) {
            self.error(IssueKind::Value, "required", element, || {
                format!(
                    "`{}` must have a value, and not extensions alone",
                    at.path()
                )
            });
        }
        true
    }

    fn wrong_kind(&mut self, element: Element<'v>, at: &At<'v>, primitive: Primitive) {
        let due = match primitive.json_kind() {
            Kind::Boolean => "`true` or `false`",
            Kind::Number => "a number",
            Kind::Text | Kind::Xhtml | Kind::Untyped => "a text in quotes",
            Kind::Complex | Kind::Resource => "an object",
        };
        let seen = match element.kind() {
            Kind::Boolean => "a truth value",
            Kind::Number => "a number",
            Kind::Text | Kind::Xhtml | Kind::Untyped => "a text",
            Kind::Complex | Kind::Resource => "an object",
        };
        self.error(IssueKind::Type, "invalid", element, || {
            format!(
                "`{}` is a {} and so {due} in JSON, not {seen}",
                at.path(),
                at.code
            )
        });
    }

    fn primitive_value(
        &mut self,
        element: Element<'v>,
        at: &At<'v>,
        primitive: Primitive,
        value: &'v str,
    ) {
        let version = self.shapes().definitions().version();
        if element.name() == "id" {
            self.id(element, value);
            return;
        }
        let is_misspelt = element.kind() == Kind::Number && self.has_odd_numbers();
        if let Some(fault) = primitive.fault(value, version).filter(|_| !is_misspelt) {
            self.error(IssueKind::Value, "invalid", element, || fault);
            return;
        }
        if self.validator.options.security_checks
            && primitive != Primitive::Xhtml
            && primitive::holds_markup(value)
        {
            self.error(IssueKind::Value, "security", element, || {
                format!("`{}` holds what looks like HTML", shown(value))
            });
        }
        if let Some(doubt) = primitive.doubt(value) {
            self.warning(IssueKind::Value, "invalid", element, || doubt);
        }
        match primitive {
            Primitive::Uri | Primitive::Url | Primitive::Canonical | Primitive::Oid => {
                self.address(element, at, primitive, value);
            }
            Primitive::Base64Binary
            | Primitive::Boolean
            | Primitive::Code
            | Primitive::Date
            | Primitive::DateTime
            | Primitive::Decimal
            | Primitive::Id
            | Primitive::Instant
            | Primitive::Integer
            | Primitive::Integer64
            | Primitive::Markdown
            | Primitive::PositiveInt
            | Primitive::String
            | Primitive::Time
            | Primitive::UnsignedInt
            | Primitive::Uuid
            | Primitive::Xhtml => {}
        }
    }

    /// Whether the reader of JSON has met numbers that are none, and said so.
    fn has_odd_numbers(&self) -> bool {
        let mut issues = self.resource.form_issues().iter();
        issues.any(|issue| issue.kind == FormIssueKind::NumberForm)
    }

    /// The id and the extensions of a primitive.
    fn part_of_primitive(&mut self, part: Element<'v>) {
        if part.name() == "extension" {
            let id = self.validator.extension_shape;
            if let Ok(shape) = self.shapes().get(id) {
                self.element(part, At::root(shape));
            }
            return;
        }
        if part.name() != "id" {
            self.error(IssueKind::Structure, "structure", part, || {
                format!(
                    "a primitive has no element `{}`: only `id` and `extension`",
                    shown(part.name())
                )
            });
            return;
        }
        self.id(part, part.value().unwrap_or_default());
    }

    /// The id of a resource is strict; that of an element is any text without white space. Releases differ in the types
    /// that they publish for both, not in these rules.
    fn id(&mut self, element: Element<'v>, value: &'v str) {
        let of_resource = element
            .parent()
            .is_some_and(|above| above.kind() == Kind::Resource);
        let fault = match of_resource {
            true => Primitive::Id.fault(value, self.shapes().definitions().version()),
            false if value.is_empty() || value.contains(char::is_whitespace) => Some(format!(
                "`{}` is no id: it must not be empty nor hold white space",
                shown(value)
            )),
            false => Primitive::String.fault(value, self.shapes().definitions().version()),
        };
        if let Some(fault) = fault {
            self.error(IssueKind::Value, "invalid", element, || fault);
        }
    }
}

/// A type that can stand alone: a resource that is not abstract.
fn is_instantiable(shape: &Shape) -> bool {
    let structure = &shape.structure;
    structure.kind == StructureKind::Resource && !structure.is_abstract && !structure.is_profile()
}

fn type_word<'v>(at: &At<'v>) -> &'v str {
    if at.code.is_empty() {
        "BackboneElement"
    } else {
        at.code
    }
}

/// An element's path, with the slice where it is one.
pub(super) fn title(definition: &ElementDefinition) -> String {
    match &definition.slice_name {
        Some(slice) => format!("{}:{slice}", definition.path),
        None => definition.path.to_string(),
    }
}

/// `once`, `3 times`.
pub(super) fn times(count: u32) -> String {
    match count {
        0 => "never".to_owned(),
        1 => "once".to_owned(),
        many => format!("{many} times"),
    }
}
