//! Tokens to a tree, by precedence. Nesting is bounded, so that neither parsing nor evaluating can exhaust the stack.

use super::ExpressionError;
use super::ast::{
    Call, Indices, Literal, Node, NodeKind, Operation, Operator, Role, Sign, Spelling, Step,
    TypeOperator, Variable, Yields,
};
use super::decimal::Decimal;
use super::functions::{self, Arguments, Function};
use super::lexer::{Quotes, Token, TokenKind, tokens};
use super::naming::{fixed_text, member, type_argument, type_specifier};
use super::quantity::{Quantity, Unit};
use super::temporal::{CalendarUnit, Temporal, TemporalKind};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// How deep brackets may nest.
const MAX_NESTING: usize = 64;

/// How deep the tree of an expression may be, which bounds the recursion of all that walks it. Brackets that hold one
/// operator of each level are the worst.
const MAX_DEPTH: u16 = 200;

/// How long an expression may be, in bytes.
const MAX_LENGTH: usize = 64 * 1024;

/// Parses a whole expression; beside it stand the names of the variables that it uses.
pub(super) fn parse(
    text: &str,
    quotes: Quotes,
) -> Result<(Node, BTreeSet<String>), ExpressionError> {
    if text.len() > MAX_LENGTH {
        let message = format!("the expression is longer than {MAX_LENGTH} bytes");
        return Err(ExpressionError::new(0, message));
    }
    let tokens = tokens(text, quotes)?;
    let mut parser = Parser {
        tokens: &tokens,
        next: 0,
        nesting: 0,
        indices: 0,
        variables: BTreeSet::new(),
        defined: BTreeSet::new(),
    };
    let node = parser.expression(0)?;
    if *parser.peek() == TokenKind::End {
        let from_outside = &parser.variables - &parser.defined;
        return Ok((node, from_outside));
    }
    let message = format!(
        "expected an operator or the end of the expression, found {}",
        parser.peek().describe()
    );
    let error = ExpressionError::new(parser.position(), message);
    Err(match parser.peek().spelling() {
        Some("AND" | "OR" | "IN" | "IS" | "AS" | "And" | "Or") => {
            error.with_help("operators are lowercase")
        }
        Some("=") => error.with_help("FHIRPath compares with a single `=`"),
        _ => error,
    })
}

struct Parser<'p> {
    tokens: &'p [Token<'p>],
    next: usize,
    nesting: usize,
    /// How many `$index` there were so far.
    indices: usize,
    variables: BTreeSet<String>,
    /// The variables that the expression defines itself.
    defined: BTreeSet<String>,
}

impl<'p> Parser<'p> {
    /// Operators that bind at least as tightly as `level`.
    fn expression(&mut self, level: u8) -> Result<Node, ExpressionError> {
        self.enter()?;
        let mut left = self.signed()?;
        let mut type_tests = 0;
        loop {
            if let Some(operator) = self.type_operator(level) {
                type_tests += 1;
                if type_tests > MAX_NESTING {
                    return Err(self.error("too many `is` and `as` in a row"));
                }
                left = self.type_test(left, operator)?;
                continue;
            }
            let Some((operator, tightness)) = self.operator(level) else {
                break;
            };
            let position = self.position();
            self.next += 1;
            let operand = self.expression(tightness + 1)?;
            let operation = Operation {
                operator,
                position,
                operand,
            };
            left = chained(left, operation);
        }
        self.nesting -= 1;
        if left.depth > MAX_DEPTH {
            return Err(self.error("the expression nests too deep"));
        }
        Ok(left)
    }

    /// Counts the levels that are open; every recursion of the parser passes here.
    fn enter(&mut self) -> Result<(), ExpressionError> {
        self.nesting += 1;
        if self.nesting > MAX_NESTING {
            return Err(self.error(format!(
                "the expression nests deeper than {MAX_NESTING} levels"
            )));
        }
        Ok(())
    }

    fn operator(&self, level: u8) -> Option<(Operator, u8)> {
        let text = self.peek().spelling()?;
        let row = Operator::TABLE.iter().find(|row| row.0 == text)?;
        (row.2 >= level).then_some((row.1, row.2))
    }

    /// `is` and `as` are followed by a type, not by an expression, and so stand apart from the operators.
    fn type_operator(&self, level: u8) -> Option<TypeOperator> {
        let operator = match self.peek().spelling()? {
            "is" => TypeOperator::Is,
            "as" => TypeOperator::As,
            _ => return None,
        };
        (Operator::TYPE_LEVEL >= level).then_some(operator)
    }

    /// A type after `is` or `as`; dots belong to its name, such as `FHIR.Patient`.
    fn type_test(
        &mut self,
        operand: Node,
        operator: TypeOperator,
    ) -> Result<Node, ExpressionError> {
        let position = operand.position;
        self.next += 1;
        let named_at = self.position();
        let first = self.identifier("the name of a type")?;
        let mut names = vec![first];
        while self.eat(".") {
            names.push(self.identifier("the rest of a type's name")?);
        }
        let specifier = type_specifier(names, named_at)?;
        let kind = NodeKind::TypeTest(Box::new(operand), operator, specifier);
        Ok(Node::new(position, kind))
    }

    /// Signs bind looser than steps: `-1.abs()` is the negative of `1.abs()`.
    fn signed(&mut self) -> Result<Node, ExpressionError> {
        let position = self.position();
        let sign = match self.peek().spelling() {
            Some("-") => Sign::Minus,
            Some("+") => Sign::Plus,
            Some(_) | None => return self.path(),
        };
        self.next += 1;
        self.enter()?;
        let operand = Box::new(self.signed()?);
        self.nesting -= 1;
        let kind = NodeKind::Signed(sign, operand);
        Ok(Node::new(position, kind))
    }

    /// What comes first, and the steps and indices after it.
    fn path(&mut self) -> Result<Node, ExpressionError> {
        let (first, mut steps) = self.start()?;
        loop {
            if self.eat(".") {
                steps.push(self.step()?);
            } else if self.eat("[") {
                let index = self.expression(0)?;
                self.expect("]")?;
                steps.push(Step::Item(index));
            } else {
                break;
            }
        }
        if steps.is_empty() {
            return Ok(first);
        }
        Ok(path_of(first, steps))
    }

    /// What a path starts with. An element or a function there is a step from `$this`, as `$this.name` would be.
    fn start(&mut self) -> Result<(Node, Vec<Step>), ExpressionError> {
        let position = self.position();
        let named = match self.peek() {
            TokenKind::Word(word) => !matches!(*word, "true" | "false"),
            TokenKind::Quoted(_) => true,
            TokenKind::Text(_)
            | TokenKind::Number(_)
            | TokenKind::Temporal(_)
            | TokenKind::Dollar(_)
            | TokenKind::Percent(_)
            | TokenKind::Symbol(_)
            | TokenKind::End => false,
        };
        if !named {
            return Ok((self.term()?, Vec::new()));
        }
        let node = |kind| Node::new(position, kind);
        Ok(match self.step()? {
            Step::Member(member) if member.spelling == Spelling::TypeLike => {
                (node(NodeKind::Head(member)), Vec::new())
            }
            step @ (Step::Member(_) | Step::Call(_) | Step::Item(_)) => {
                (node(NodeKind::This), vec![step])
            }
        })
    }

    /// A name is a function when a bracket follows, and an element otherwise.
    fn step(&mut self) -> Result<Step, ExpressionError> {
        let position = self.position();
        let name = self.identifier("the name of an element or a function")?;
        if self.eat("(") {
            return self.call(name, position).map(Step::Call);
        }
        member(name, position).map(Step::Member)
    }

    /// What a path can start with.
    fn term(&mut self) -> Result<Node, ExpressionError> {
        let position = self.position();
        let token = self.peek().clone();
        self.next += 1;
        let kind = match token {
            TokenKind::Symbol("(") => return self.in_brackets(),
            TokenKind::Symbol("{") => {
                self.expect("}")?;
                NodeKind::Empty
            }
            TokenKind::Text(text) => NodeKind::Literal(Literal::Text(text)),
            TokenKind::Number(text) => NodeKind::Literal(self.number(text, position)?),
            TokenKind::Temporal(text) => NodeKind::Literal(temporal(text, position)?),
            TokenKind::Dollar("this") => NodeKind::This,
            TokenKind::Dollar("index") => {
                self.indices += 1;
                NodeKind::Index
            }
            TokenKind::Dollar(_) => NodeKind::Total,
            TokenKind::Percent(name) => {
                self.variables.insert(name.clone());
                let text = fixed_text(&name);
                NodeKind::Variable(Variable { name, text })
            }
            TokenKind::Word("true") => NodeKind::Literal(Literal::Boolean(true)),
            TokenKind::Word("false") => NodeKind::Literal(Literal::Boolean(false)),
            TokenKind::Word(_) | TokenKind::Quoted(_) | TokenKind::Symbol(_) | TokenKind::End => {
                self.next -= 1;
                let message = format!("expected a value, found {}", token.describe());
                return Err(ExpressionError::new(position, message));
            }
        };
        Ok(Node::new(position, kind))
    }

    /// An expression in brackets.
    fn in_brackets(&mut self) -> Result<Node, ExpressionError> {
        let position = self.position();
        let inner = self.expression(0)?;
        self.expect(")")?;
        // The brackets stay visible, so that `(a | b) | c` keeps its order of evaluation.
        let kind = NodeKind::Path(Box::new(inner), Vec::new());
        Ok(Node::new(position, kind))
    }

    /// A number, with the unit that may follow it.
    fn number(&mut self, text: &str, position: usize) -> Result<Literal, ExpressionError> {
        if let Some(digits) = text.strip_suffix('L') {
            let long = digits.parse().map(Literal::Long);
            return long.map_err(|_| ExpressionError::new(position, "the number is out of range"));
        }
        let value = Decimal::parse(text)
            .ok_or_else(|| ExpressionError::new(position, "the number has too many digits"))?;
        if let Some(unit) = self.unit() {
            self.next += 1;
            return Ok(Literal::Quantity(Box::new(Quantity { value, unit })));
        }
        if text.contains('.') {
            return Ok(Literal::Decimal(value));
        }
        Ok(value
            .to_integer()
            .map_or(Literal::Decimal(value), Literal::Integer))
    }

    /// A unit follows a number as a text in quotes or as a calendar keyword.
    fn unit(&self) -> Option<Unit<'static>> {
        if let TokenKind::Text(code) = self.peek() {
            return Some(Unit::Code(Cow::Owned(code.clone())));
        }
        let word = self.peek().spelling()?;
        CalendarUnit::from_word(word).map(Unit::Calendar)
    }

    /// A call, with its arguments checked as far as that can be done before there is data.
    fn call(&mut self, name: String, position: usize) -> Result<Call, ExpressionError> {
        let function = functions::find(&name).ok_or_else(|| unknown_function(&name, position))?;
        let mut arguments = Vec::new();
        let indices = self.indices;
        if !self.eat(")") {
            loop {
                let argument = self.expression(0)?;
                arguments.push(self.directed(argument, function)?);
                if self.eat(")") {
                    break;
                }
                if !self.eat(",") {
                    return Err(self.error(format!(
                        "expected `,` or `)`, found {}",
                        self.peek().describe()
                    )));
                }
            }
        }
        check_count(function, arguments.len(), position)?;
        let asked = match self.indices == indices {
            true => Indices::Never,
            false => Indices::Asked,
        };
        let mut call = Call {
            position,
            function,
            role: Role::of(function.name, &arguments, asked),
            arguments,
            type_argument: None,
            pattern: None,
        };
        if function.name == "defineVariable"
            && let Some(name) = call.arguments[0].literal_text()
        {
            self.defined.insert(name.to_owned());
        }
        match function.arguments {
            Arguments::Type => call.type_argument = Some(type_argument(&call)?),
            Arguments::Pattern => call.pattern = functions::literal_pattern(&call)?,
            Arguments::Expressions => {}
        }
        Ok(call)
    }

    /// A key to sort by may be followed by its direction. Downwards is what a minus before the key means, too.
    fn directed(&mut self, key: Node, function: &Function) -> Result<Node, ExpressionError> {
        let direction = match self.peek().spelling() {
            Some(word @ ("asc" | "desc")) if function.name == "sort" => word,
            Some(_) | None => return Ok(key),
        };
        self.next += 1;
        if direction == "asc" {
            return Ok(key);
        }
        let position = key.position;
        let kind = NodeKind::Signed(Sign::Minus, Box::new(key));
        Ok(Node::new(position, kind))
    }

    /// A name; the keywords `is`, `as`, `in` and `contains` are names too where a name is due.
    fn identifier(&mut self, wanted: &str) -> Result<String, ExpressionError> {
        let name = match self.peek() {
            TokenKind::Word(name) => Some((*name).to_owned()),
            TokenKind::Quoted(name) => Some(name.clone()),
            TokenKind::Text(_)
            | TokenKind::Number(_)
            | TokenKind::Temporal(_)
            | TokenKind::Dollar(_)
            | TokenKind::Percent(_)
            | TokenKind::Symbol(_)
            | TokenKind::End => None,
        };
        let found = || self.peek().describe();
        let name =
            name.ok_or_else(|| self.error(format!("expected {wanted}, found {}", found())))?;
        self.next += 1;
        Ok(name)
    }

    fn peek(&self) -> &'p TokenKind<'p> {
        &self.tokens[self.next.min(self.tokens.len() - 1)].kind
    }

    fn position(&self) -> usize {
        self.tokens[self.next.min(self.tokens.len() - 1)].position
    }

    fn eat(&mut self, symbol: &str) -> bool {
        let found = matches!(self.peek(), TokenKind::Symbol(next) if *next == symbol);
        self.next += usize::from(found);
        found
    }

    fn expect(&mut self, symbol: &str) -> Result<(), ExpressionError> {
        if self.eat(symbol) {
            return Ok(());
        }
        Err(self.error(format!(
            "expected `{symbol}`, found {}",
            self.peek().describe()
        )))
    }

    fn error(&self, message: impl Into<String>) -> ExpressionError {
        ExpressionError::new(self.position(), message)
    }
}

/// What comes first, and the steps after it; a `not()` at the end of a question turns its answer round.
fn path_of(first: Node, mut steps: Vec<Step>) -> Node {
    let position = first.position;
    let last = steps.pop_if(|step| matches!(step, Step::Call(call) if call.function.name == "not"));
    let Some(last) = last else {
        return Node::new(position, NodeKind::Path(Box::new(first), steps));
    };
    if steps.is_empty() && first.yields == Yields::Truth {
        return Node::new(position, NodeKind::Not(Box::new(first)));
    }
    let mut before = Node::new(position, NodeKind::Path(Box::new(first), steps));
    if before.yields == Yields::Truth {
        return Node::new(position, NodeKind::Not(Box::new(before)));
    }
    if let NodeKind::Path(_, steps) = &mut before.kind {
        steps.push(last);
    }
    Node::new(position, before.kind)
}

/// Adds an operation to a chain of its level on the left; all operators of FHIRPath group from the left.
fn chained(mut left: Node, operation: Operation) -> Node {
    let position = left.position;
    let level = operation.operator.level();
    let same_level = |last: &Operation| last.operator.level() == level;
    if let NodeKind::Chain(_, operations) = &mut left.kind
        && operations.last().is_some_and(same_level)
    {
        operations.push(operation);
        return Node::new(position, left.kind);
    }
    let kind = NodeKind::Chain(Box::new(left), vec![operation]);
    Node::new(position, kind)
}

/// A date or time, checked against the calendar: `@2023-02-29` is an error of the expression.
fn temporal(text: &str, position: usize) -> Result<Literal, ExpressionError> {
    let parsed = match text.strip_prefix('T') {
        Some(time) => Temporal::parse_time(time),
        None => Temporal::parse(text).map(|point| Temporal {
            kind: if text.contains('T') {
                TemporalKind::DateTime
            } else {
                TemporalKind::Date
            },
            ..point
        }),
    };
    let error = || {
        ExpressionError::new(position, format!("`@{text}` is no date, date-time or time"))
            .with_help("write such as `@2014-02-28`, `@2014-02-28T14:30:00+01:00` or `@T14:30`")
    };
    parsed.map(Literal::Temporal).ok_or_else(error)
}

/// The count of arguments, against the function's row.
fn check_count(function: &Function, count: usize, position: usize) -> Result<(), ExpressionError> {
    let (least, most) = function.arity;
    if (least..=most).contains(&count) {
        return Ok(());
    }
    let wanted = match (least, most) {
        (0, 0) => "no argument".to_owned(),
        (1, 1) => "one argument".to_owned(),
        (least, most) if least == most => format!("{least} arguments"),
        (least, usize::MAX) => format!("at least {least} arguments"),
        (least, most) => format!("{least} to {most} arguments"),
    };
    let message = format!("`{}` takes {wanted}, not {count}", function.name);
    Err(ExpressionError::new(position, message).with_help(function.doc))
}

/// A misspelt function is known by its nearest neighbour.
fn unknown_function(name: &str, position: usize) -> ExpressionError {
    let error = ExpressionError::new(position, format!("no function `{name}`"));
    match functions::nearest(name) {
        Some(near) => error.with_help(format!("did you mean `{near}`?")),
        None => error,
    }
}
