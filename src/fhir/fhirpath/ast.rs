//! The shape of a parsed expression. Chains are flat, so that depth comes from brackets alone.

use super::decimal::Decimal;
use super::functions::Function;
use super::quantity::Quantity;
use super::temporal::Temporal;
use regex::Regex;
use std::cmp::Ordering;

/// One node, with the byte offset where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) position: usize,
    pub(crate) kind: NodeKind,
    pub(crate) yields: Yields,
    /// Levels of nodes, itself included.
    pub(crate) depth: u16,
}

/// What can be said of a node's result before there is data. Truth values and counts need no collection around them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Yields {
    /// A truth value, or nothing.
    Truth,
    /// A whole number, always.
    Count,
    Items,
}

impl Node {
    pub(crate) fn new(position: usize, kind: NodeKind) -> Self {
        Self {
            position,
            yields: kind.yields(),
            depth: kind.depth_below().saturating_add(1),
            kind,
        }
    }

    /// What stands in brackets, for the sake of its shape.
    pub(crate) fn without_brackets(&self) -> &Self {
        let mut here = self;
        while let NodeKind::Path(inner, steps) = &here.kind
            && steps.is_empty()
        {
            here = inner;
        }
        here
    }

    /// The parts of `a | b | c`, in brackets or not.
    pub(crate) fn union_parts(&self) -> Option<(&Self, &[Operation])> {
        let NodeKind::Chain(first, operations) = &self.without_brackets().kind else {
            return None;
        };
        let united = |operation: &Operation| operation.operator == Operator::Union;
        operations
            .iter()
            .all(united)
            .then_some((&**first, operations.as_slice()))
    }

    /// The text of a literal text.
    pub(crate) fn literal_text(&self) -> Option<&str> {
        let NodeKind::Literal(Literal::Text(text)) = &self.kind else {
            return None;
        };
        Some(text)
    }
}

#[derive(Debug, Clone)]
pub(crate) enum NodeKind {
    /// `{}`
    Empty,
    Literal(Literal),
    This,
    Index,
    Total,
    Variable(Variable),
    /// A name at the start of a path that looks like a type's; any other name there is a step from `$this`.
    Head(Member),
    /// What comes first, and what is asked of it, from left to right. Without steps it is a pair of brackets.
    Path(Box<Node>, Vec<Step>),
    /// `not()` after what yields a truth value.
    Not(Box<Node>),
    /// A number's sign.
    Signed(Sign, Box<Node>),
    /// Operators of one level, from left to right.
    Chain(Box<Node>, Vec<Operation>),
    /// `is` and `as`.
    TypeTest(Box<Node>, TypeOperator, TypeSpecifier),
}

/// How many steps are walked at a stretch: each is a level of recursion. Between stretches items are collected.
pub(crate) const STRETCH: usize = 8;

impl NodeKind {
    fn yields(&self) -> Yields {
        match self {
            Self::Literal(Literal::Integer(_)) => Yields::Count,
            Self::Not(_) => Yields::Truth,
            Self::Path(inner, steps) if steps.is_empty() => inner.yields,
            Self::Path(_, steps) => yields_of(steps),
            Self::Chain(_, operations) if operations.iter().all(Operation::compares) => {
                Yields::Truth
            }
            Self::Empty
            | Self::Literal(_)
            | Self::This
            | Self::Index
            | Self::Total
            | Self::Variable(_)
            | Self::Head(_)
            | Self::Signed(..)
            | Self::Chain(..)
            | Self::TypeTest(..) => Yields::Items,
        }
    }
}

impl NodeKind {
    /// Levels of nodes below.
    fn depth_below(&self) -> u16 {
        let deepest = |nodes: &[Node]| nodes.iter().map(|node| node.depth).max().unwrap_or(0);
        match self {
            Self::Path(first, steps) => {
                let below = steps.iter().map(|step| match step {
                    Step::Member(_) => 0,
                    Step::Call(call) => deepest(&call.arguments),
                    Step::Item(index) => index.depth,
                });
                below.max().unwrap_or(0).max(first.depth)
            }
            Self::Chain(first, operations) => {
                let operands = operations.iter().map(|operation| operation.operand.depth);
                operands.max().unwrap_or(0).max(first.depth)
            }
            Self::Not(inner) | Self::Signed(_, inner) | Self::TypeTest(inner, ..) => inner.depth,
            Self::Empty
            | Self::Literal(_)
            | Self::This
            | Self::Index
            | Self::Total
            | Self::Variable(_)
            | Self::Head(_) => 0,
        }
    }
}

/// A path is a question when it is one stretch that ends with the function that asks.
fn yields_of(steps: &[Step]) -> Yields {
    let Some((Step::Call(last), before)) = steps.split_last() else {
        return Yields::Items;
    };
    if before.len() > STRETCH || !before.iter().all(Step::streams) {
        return Yields::Items;
    }
    match last.role {
        Role::Exists | Role::Empty | Role::All | Role::HasValue => Yields::Truth,
        Role::Count => Yields::Count,
        Role::Where
        | Role::Select
        | Role::Children
        | Role::Descendants
        | Role::Extension
        | Role::First
        | Role::Collected => Yields::Items,
    }
}

impl Operation {
    /// Whether the operator yields a truth value, or nothing.
    fn compares(&self) -> bool {
        match self.operator {
            Operator::Logic(_)
            | Operator::Equal
            | Operator::NotEqual
            | Operator::Equivalent
            | Operator::NotEquivalent
            | Operator::Order(_)
            | Operator::In
            | Operator::Contains => true,
            Operator::Union | Operator::Concatenate | Operator::Arithmetic(_) => false,
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) enum Literal {
    Boolean(bool),
    Integer(i64),
    /// `1L`
    Long(i64),
    Decimal(Decimal),
    Text(String),
    Temporal(Temporal),
    Quantity(Box<Quantity<'static>>),
}

#[derive(Debug, Clone)]
pub(crate) struct Operation {
    pub(crate) operator: Operator,
    pub(crate) position: usize,
    pub(crate) operand: Node,
}

/// One step of a path.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Member(Member),
    Call(Call),
    /// `[index]`
    Item(Node),
}

impl Step {
    /// Whether each item goes through the step by itself, so that the items before it need not be collected.
    pub(crate) fn streams(&self) -> bool {
        match self {
            Self::Member(_) => true,
            Self::Call(call) => call.role.streams(),
            Self::Item(_) => false,
        }
    }
}

/// `%name`
#[derive(Debug, Clone)]
pub(crate) struct Variable {
    pub(crate) name: String,
    /// What the name stands for in every expression, such as the address of a code system.
    pub(crate) text: Option<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) position: usize,
    pub(crate) name: String,
    /// The hash that elements of this name have.
    pub(crate) hash: u32,
    /// Whether the name looks like a choice element with its type, such as `valueQuantity`.
    pub(crate) spelling: Spelling,
    /// Whether elements of this name come with their type on the wire, as `value` does.
    pub(crate) choice: Choice,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Choice {
    Never,
    Possible,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spelling {
    Plain,
    /// A typed choice in some types, a plain element in others.
    PerhapsChoice,
    /// Starts with a capital, as types do.
    TypeLike,
}

#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) position: usize,
    pub(crate) function: &'static Function,
    pub(crate) arguments: Vec<Node>,
    /// For `is`, `as` and `ofType`.
    pub(crate) type_argument: Option<TypeSpecifier>,
    /// For `matches` and its kin, when the pattern is a literal.
    pub(crate) pattern: Option<Regex>,
    pub(crate) role: Role,
}

/// How a call takes part in walking a path without collecting what lies between its steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Each item goes on, or not.
    Where,
    /// Each item gives way to what an expression finds.
    Select,
    /// Each item gives way to its children.
    Children,
    /// Each item gives way to all below it.
    Descendants,
    /// Each item gives way to its extensions with a URL that is a literal.
    Extension,
    /// The first item ends the walk.
    First,
    /// The first item (that meets a condition, if there is one) ends the walk.
    Exists,
    /// The first item ends the walk.
    Empty,
    /// Items are counted.
    Count,
    /// The first item that does not meet a condition ends the walk.
    All,
    /// Whether there is one item, with a value.
    HasValue,
    /// All items are collected first.
    Collected,
}

impl Role {
    /// The role of a function with these arguments. A condition that asks for `$index` needs to see all items in turn.
    pub(crate) fn of(function: &str, arguments: &[Node], index: Indices) -> Self {
        let role = match function {
            "where" => Self::Where,
            "select" => Self::Select,
            "children" => Self::Children,
            "descendants" => Self::Descendants,
            "extension" if arguments.iter().all(|url| url.literal_text().is_some()) => {
                Self::Extension
            }
            "first" => Self::First,
            "exists" => Self::Exists,
            "empty" => Self::Empty,
            "count" => Self::Count,
            "all" => Self::All,
            "hasValue" => Self::HasValue,
            _ => Self::Collected,
        };
        match index {
            Indices::Asked => Self::Collected,
            Indices::Never => role,
        }
    }

    fn streams(self) -> bool {
        match self {
            Self::Where | Self::Select | Self::Children | Self::Descendants | Self::Extension => {
                true
            }
            Self::First
            | Self::Exists
            | Self::Empty
            | Self::Count
            | Self::All
            | Self::HasValue
            | Self::Collected => false,
        }
    }
}

/// Whether an argument asks for `$index`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Indices {
    Asked,
    Never,
}

/// A type's name, with its namespace if one is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TypeSpecifier {
    pub(crate) position: usize,
    pub(crate) namespace: Option<String>,
    pub(crate) name: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sign {
    Plus,
    Minus,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TypeOperator {
    Is,
    As,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Logic(Logic),
    Equal,
    NotEqual,
    Equivalent,
    NotEquivalent,
    Order(Order),
    In,
    Contains,
    Union,
    Concatenate,
    Arithmetic(Arithmetic),
}

/// Three-valued logic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Logic {
    Implies,
    Or,
    Xor,
    And,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arithmetic {
    Plus,
    Minus,
    Times,
    Divide,
    WholeDivide,
    Remainder,
}

impl Operator {
    /// How tightly the operator binds.
    pub(crate) fn level(self) -> u8 {
        let row = Self::TABLE.iter().find(|row| row.1 == self);
        // invariant: every operator has a row.
        row.map_or(0, |row| row.2)
    }

    /// The logic of a logical operator. Levels are not mixed: beside one stand only others.
    pub(crate) fn logic(self) -> Option<Logic> {
        let Self::Logic(logic) = self else {
            return None;
        };
        Some(logic)
    }

    /// Spelling, operator, and how tightly it binds (a higher level binds tighter).
    pub(crate) const TABLE: [(&'static str, Self, u8); 22] = [
        ("implies", Self::Logic(Logic::Implies), 1),
        ("or", Self::Logic(Logic::Or), 2),
        ("xor", Self::Logic(Logic::Xor), 2),
        ("and", Self::Logic(Logic::And), 3),
        ("in", Self::In, 4),
        ("contains", Self::Contains, 4),
        ("=", Self::Equal, 5),
        ("!=", Self::NotEqual, 5),
        ("~", Self::Equivalent, 5),
        ("!~", Self::NotEquivalent, 5),
        ("<", Self::Order(Order::Less), 6),
        ("<=", Self::Order(Order::LessOrEqual), 6),
        (">", Self::Order(Order::Greater), 6),
        (">=", Self::Order(Order::GreaterOrEqual), 6),
        ("|", Self::Union, 7),
        ("&", Self::Concatenate, 9),
        ("+", Self::Arithmetic(Arithmetic::Plus), 9),
        ("-", Self::Arithmetic(Arithmetic::Minus), 9),
        ("*", Self::Arithmetic(Arithmetic::Times), 10),
        ("/", Self::Arithmetic(Arithmetic::Divide), 10),
        ("div", Self::Arithmetic(Arithmetic::WholeDivide), 10),
        ("mod", Self::Arithmetic(Arithmetic::Remainder), 10),
    ];

    /// What the operator says of two whole numbers; `None` for operators that compare otherwise.
    pub(crate) fn of_numbers(self, left: i64, right: i64) -> Option<bool> {
        match self {
            Self::Equal => Some(left == right),
            Self::NotEqual => Some(left != right),
            Self::Order(order) => Some(order.holds(left.cmp(&right))),
            Self::Logic(_)
            | Self::Equivalent
            | Self::NotEquivalent
            | Self::In
            | Self::Contains
            | Self::Union
            | Self::Concatenate
            | Self::Arithmetic(_) => None,
        }
    }

    /// The level of `is` and `as`, between union and addition.
    pub(crate) const TYPE_LEVEL: u8 = 8;
}

impl Order {
    /// Whether two items that stand to each other like this are in order.
    pub(crate) fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }
}

impl Arithmetic {
    /// How the operator is written.
    pub(crate) fn spelling(self) -> &'static str {
        match self {
            Self::Plus => "+",
            Self::Minus => "-",
            Self::Times => "*",
            Self::Divide => "/",
            Self::WholeDivide => "div",
            Self::Remainder => "mod",
        }
    }
}
