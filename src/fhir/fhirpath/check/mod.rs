//! Checks an expression against a type before there is data: what can only be a mistake is one. What the knowledge of
//! types cannot tell is passed over in silence.

mod kinds;
mod results;

use super::ExpressionError;
use super::ast::{
    Arithmetic, Call, Literal, Member, Node, NodeKind, Operation, Operator, Role, Step,
    TypeOperator, TypeSpecifier, Variable,
};
use super::functions::nearest_of;
use super::naming::is_system_type;
use super::navigate::is_ordering;
use super::temporal::TemporalKind;
use crate::fhir::types::Types;
use kinds::{Class, Kind, Kinds, derives, is_abstract};
use results::{Yield, input_of, is_scoped, sees_results, yield_of};

/// All that is wrong with an expression over elements of a type, in the order of the text.
pub(super) fn check(node: &Node, root_type: &str, types: &dyn Types) -> Vec<ExpressionError> {
    let root = match types.is_known(root_type) {
        true => Kinds::fhir(root_type),
        false => Kinds::UNKNOWN,
    };
    let mut checker = Checker {
        types,
        root: root.clone(),
        errors: Vec::new(),
    };
    checker.node(node, &root);
    checker.errors.sort_by_key(|error| error.position);
    checker.errors
}

struct Checker<'t> {
    types: &'t dyn Types,
    root: Kinds,
    errors: Vec<ExpressionError>,
}

impl Checker<'_> {
    /// The kinds of a node's items. Recursion is bounded by the depth that the parser allows.
    fn node(&mut self, node: &Node, this: &Kinds) -> Kinds {
        match &node.kind {
            NodeKind::Empty => Kinds(Some(Vec::new())),
            NodeKind::Literal(literal) => Kinds::system(literal_type(literal)),
            NodeKind::This => this.clone(),
            NodeKind::Index => Kinds::system("Integer"),
            NodeKind::Total => Kinds::UNKNOWN,
            NodeKind::Variable(variable) => self.variable(variable),
            NodeKind::Head(member) => self.head(member, this),
            NodeKind::Path(first, steps) => self.path(first, steps, this),
            NodeKind::Not(inner) => {
                self.node(inner, this);
                Kinds::system("Boolean")
            }
            NodeKind::Signed(_, operand) => self.node(operand, this),
            NodeKind::Chain(first, operations) => {
                let mut left = self.node(first, this);
                for operation in operations {
                    let right = self.node(&operation.operand, this);
                    left = self.operation(left, operation, right);
                }
                left
            }
            NodeKind::TypeTest(operand, operator, specifier) => {
                self.node(operand, this);
                self.type_name(specifier);
                match operator {
                    TypeOperator::Is => Kinds::system("Boolean"),
                    TypeOperator::As => kinds_of(specifier),
                }
            }
        }
    }

    fn variable(&self, variable: &Variable) -> Kinds {
        let is_resource = |kind: &Kind| derives(kind.name(), "Resource", self.types);
        match variable.name.as_str() {
            "context" => self.root.clone(),
            "resource" | "rootResource"
                if self.root.0.iter().flatten().all(is_resource) && self.root.0.is_some() =>
            {
                self.root.clone()
            }
            _ if variable.text.is_some() => Kinds::system("String"),
            _ => Kinds::UNKNOWN,
        }
    }

    /// A type's name at the start of a path must be the type of the items there, or one beside it in the hierarchy.
    fn head(&mut self, member: &Member, this: &Kinds) -> Kinds {
        if !self.types.is_known(&member.name) {
            return self.member(member, this);
        }
        let Some(kinds) = &this.0 else {
            return Kinds::fhir(&member.name);
        };
        let fits = |kind: &Kind| {
            derives(kind.name(), &member.name, self.types)
                || derives(&member.name, kind.name(), self.types)
        };
        if let (Some(found), false) = (kinds.first(), kinds.iter().any(fits)) {
            let message = format!("the input is a {}, not a {}", found.name(), member.name);
            self.errors
                .push(ExpressionError::new(member.position, message));
            return Kinds::UNKNOWN;
        }
        Kinds::fhir(&member.name)
    }

    fn path(&mut self, first: &Node, steps: &[Step], this: &Kinds) -> Kinds {
        let mut kinds = self.node(first, this);
        for (at, step) in steps.iter().enumerate() {
            if let Some(Step::Call(before)) = at.checked_sub(1).map(|before| &steps[before]) {
                self.refuse_unordered(before, step);
            }
            kinds = match step {
                Step::Member(member) => self.member(member, &kinds),
                Step::Call(call) => self.call(call, &kinds, this),
                Step::Item(index) => {
                    self.node(index, this);
                    kinds
                }
            };
        }
        kinds
    }

    fn refuse_unordered(&mut self, before: &Call, step: &Step) {
        if matches!(before.role, Role::Children | Role::Descendants) && is_ordering(step) {
            let message = format!(
                "the items of `{}()` have no order that a step could count on",
                before.function.name
            );
            self.errors
                .push(ExpressionError::new(before.position, message));
        }
    }

    /// The elements of a name; an error where none of the types has it.
    fn member(&mut self, member: &Member, input: &Kinds) -> Kinds {
        let Some(kinds) = &input.0 else {
            return Kinds::UNKNOWN;
        };
        let mut found: Option<Kinds> = None;
        let mut lacking = None;
        for kind in kinds {
            match self.element(kind, &member.name) {
                Found::Kinds(kinds) => {
                    found = Some(match found {
                        Some(before) => before.or(kinds),
                        None => kinds,
                    });
                }
                Found::Nothing => lacking = lacking.or(Some(kind)),
            }
        }
        match (found, lacking) {
            (Some(found), _) => found,
            (None, None) => Kinds(Some(Vec::new())),
            (None, Some(kind)) => {
                let error = self.no_element(kind, member);
                self.errors.push(error);
                Kinds::UNKNOWN
            }
        }
    }

    fn no_element(&self, kind: &Kind, member: &Member) -> ExpressionError {
        let message = format!("{} has no element `{}`", kind.name(), member.name);
        let error = ExpressionError::new(member.position, message);
        let elements = self.types.elements(kind.name()).unwrap_or_default();
        let names = elements.iter().map(|name| name.trim_end_matches("[x]"));
        match nearest_of(&member.name, names) {
            Some(near) => error.with_help(format!("did you mean `{near}`?")),
            None => error,
        }
    }

    /// The element of a type.
    fn element(&self, kind: &Kind, name: &str) -> Found {
        let type_name = match kind {
            Kind::System(system) => return element_of_system(system, name),
            Kind::Fhir(type_name) => type_name,
        };
        let elements = self.types.elements(type_name);
        let Some(elements) = elements.filter(|_| !is_abstract(type_name)) else {
            return Found::Kinds(Kinds::UNKNOWN);
        };
        let choice = elements
            .iter()
            .any(|element| element.strip_suffix("[x]") == Some(name));
        if choice {
            let choices = self.types.choice_types(type_name, name);
            let kinds = choices.map(|names| {
                let kinds = names.iter().map(|name| Kind::Fhir((*name).to_owned()));
                kinds.collect()
            });
            return Found::Kinds(Kinds(kinds));
        }
        if !elements.contains(&name) {
            return Found::Nothing;
        }
        let element_type = self.types.element_type(type_name, name);
        Found::Kinds(element_type.map_or(Kinds::UNKNOWN, Kinds::fhir))
    }

    fn call(&mut self, call: &Call, input: &Kinds, this: &Kinds) -> Kinds {
        let name = call.function.name;
        self.refuse_input(call, input);
        if let Some(specifier) = &call.type_argument {
            self.type_name(specifier);
            return match name {
                "is" => Kinds::system("Boolean"),
                _ => kinds_of(specifier),
            };
        }
        let seen = match name {
            _ if is_scoped(name) => input,
            _ if sees_results(name) => &Kinds::UNKNOWN,
            _ => this,
        };
        let arguments: Vec<Kinds> = call
            .arguments
            .iter()
            .map(|argument| self.node(argument, seen))
            .collect();
        if name == "iif" {
            self.refuse_condition(call, &arguments);
        }
        let first = || arguments.first().cloned().unwrap_or(Kinds::UNKNOWN);
        match yield_of(name) {
            Yield::System(system) => Kinds::system(system),
            Yield::Fhir(fhir) => Kinds::fhir(fhir),
            Yield::Input => input.clone(),
            Yield::FirstArgument => first(),
            Yield::InputOrFirst => input.clone().or(first()),
            Yield::AnyArgument(from) => {
                let some = arguments.iter().skip(from).cloned().reduce(Kinds::or);
                some.unwrap_or(Kinds::UNKNOWN)
            }
            Yield::Unknown => Kinds::UNKNOWN,
        }
    }

    /// A function that takes texts or numbers, called on what can be neither.
    fn refuse_input(&mut self, call: &Call, input: &Kinds) {
        let Some((takes, word)) = input_of(call.function.name) else {
            return;
        };
        let Some(kinds) = input.0.as_ref().filter(|kinds| !kinds.is_empty()) else {
            return;
        };
        // The value of any primitive of FHIR has a text.
        let texts = takes == [Class::Text];
        let possible = |kind: &Kind| {
            let primitive = matches!(kind, Kind::Fhir(_));
            let class = kind.class(self.types);
            let has_parts = matches!(class, Class::Complex | Class::Quantity);
            class == Class::Unknown || takes.contains(&class) || (texts && primitive && !has_parts)
        };
        if !kinds.iter().any(possible) {
            let message = format!(
                "`{}` is called on {word}, and this is a {}",
                call.function.name,
                kinds[0].name()
            );
            self.errors
                .push(ExpressionError::new(call.position, message));
        }
    }

    /// A literal or a computed value that is no truth value is no condition.
    fn refuse_condition(&mut self, call: &Call, arguments: &[Kinds]) {
        let condition = arguments.first().and_then(|kinds| kinds.0.as_deref());
        if let Some([Kind::System(name)]) = condition
            && *name != "Boolean"
        {
            let message = format!("the condition of `iif` must be a truth value, not a {name}");
            let position = call.arguments[0].position;
            self.errors.push(ExpressionError::new(position, message));
        }
    }

    /// The type that `is`, `as` or `ofType` names must exist.
    fn type_name(&mut self, specifier: &TypeSpecifier) {
        let system = specifier.namespace.as_deref() != Some("FHIR");
        let known = (system && is_system_type(&specifier.name))
            || self.types.is_known(&specifier.name)
            || specifier.name.contains('.');
        if !known {
            let message = format!("there is no type `{}`", specifier.name);
            self.errors
                .push(ExpressionError::new(specifier.position, message));
        }
    }

    fn operation(&mut self, left: Kinds, operation: &Operation, right: Kinds) -> Kinds {
        let (lefts, rights) = (left.classes(self.types), right.classes(self.types));
        let fits = match operation.operator {
            Operator::Order(_) => any_pair(&lefts, &rights, has_order),
            Operator::Arithmetic(arithmetic) => any_pair(&lefts, &rights, |one, other| {
                calculates(arithmetic, one, other)
            }),
            Operator::Logic(_)
            | Operator::Equal
            | Operator::NotEqual
            | Operator::Equivalent
            | Operator::NotEquivalent
            | Operator::In
            | Operator::Contains
            | Operator::Union
            | Operator::Concatenate => true,
        };
        if !fits {
            let name = |kinds: &Kinds| {
                let first = kinds.0.as_ref().and_then(|kinds| kinds.first());
                first.map_or("value", Kind::name).to_owned()
            };
            let message = format!(
                "this operator does not apply to a {} and a {}",
                name(&left),
                name(&right)
            );
            self.errors
                .push(ExpressionError::new(operation.position, message));
        }
        match operation.operator {
            Operator::Union => left.or(right),
            Operator::Concatenate => Kinds::system("String"),
            Operator::Arithmetic(_) => Kinds::UNKNOWN,
            Operator::Logic(_)
            | Operator::Equal
            | Operator::NotEqual
            | Operator::Equivalent
            | Operator::NotEquivalent
            | Operator::Order(_)
            | Operator::In
            | Operator::Contains => Kinds::system("Boolean"),
        }
    }
}

/// What a type has under a name.
enum Found {
    Kinds(Kinds),
    Nothing,
}

fn element_of_system(system: &str, name: &str) -> Found {
    match (system, name) {
        ("Quantity", "value") => Found::Kinds(Kinds::system("Decimal")),
        ("Quantity", "unit" | "code") => Found::Kinds(Kinds::system("String")),
        _ => Found::Nothing,
    }
}

fn kinds_of(specifier: &TypeSpecifier) -> Kinds {
    // What is cast to a System type may be an element, too.
    match is_system_type(&specifier.name) {
        true => Kinds::UNKNOWN,
        false => Kinds::fhir(&specifier.name),
    }
}

fn literal_type(literal: &Literal) -> &'static str {
    match literal {
        Literal::Boolean(_) => "Boolean",
        Literal::Integer(_) => "Integer",
        Literal::Long(_) => "Long",
        Literal::Decimal(_) => "Decimal",
        Literal::Text(_) => "String",
        Literal::Temporal(point) => match point.kind {
            TemporalKind::Date => "Date",
            TemporalKind::DateTime => "DateTime",
            TemporalKind::Time => "Time",
        },
        Literal::Quantity(_) => "Quantity",
    }
}

/// Whether an operator applies to some pair of classes; an empty side settles nothing.
fn any_pair(lefts: &[Class], rights: &[Class], applies: impl Fn(Class, Class) -> bool) -> bool {
    if lefts.is_empty() || rights.is_empty() {
        return true;
    }
    let known = |one: Class, other: Class| one != Class::Unknown && other != Class::Unknown;
    lefts.iter().any(|one| {
        rights
            .iter()
            .any(|other| !known(*one, *other) || applies(*one, *other))
    })
}

fn has_order(left: Class, right: Class) -> bool {
    let numeric = |class| matches!(class, Class::Number | Class::Quantity);
    match (left, right) {
        (Class::Boolean | Class::Complex, _) | (_, Class::Boolean | Class::Complex) => false,
        (left, right) => left == right || (numeric(left) && numeric(right)),
    }
}

fn calculates(operator: Arithmetic, left: Class, right: Class) -> bool {
    let numeric = |class| matches!(class, Class::Number | Class::Quantity);
    let moves = matches!(operator, Arithmetic::Plus | Arithmetic::Minus);
    match (left, right) {
        (Class::Text, Class::Text) => operator == Arithmetic::Plus,
        (Class::Point | Class::Time, Class::Quantity) => moves,
        (left, right) => numeric(left) && numeric(right),
    }
}
