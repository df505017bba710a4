//! The shape of a parsed expression. Chains are flat, so that depth comes from brackets alone.

use super::decimal::Decimal;
use super::functions::Function;
use super::quantity::Quantity;
use super::temporal::Temporal;
use regex::Regex;

/// One node, with the byte offset where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) position: usize,
    pub(crate) kind: NodeKind,
}

impl Node {
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
    /// A number's sign.
    Signed(Sign, Box<Node>),
    /// Operators of one level, from left to right.
    Chain(Box<Node>, Vec<Operation>),
    /// `is` and `as`.
    TypeTest(Box<Node>, TypeOperator, TypeSpecifier),
}

#[derive(Debug, Clone)]
pub(crate) enum Literal {
    Boolean(bool),
    Integer(i64),
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

    /// The level of `is` and `as`, between union and addition.
    pub(crate) const TYPE_LEVEL: u8 = 8;
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
