//! Tokens to an expression, by precedence. Nesting is bounded, and with it the depth of evaluation.

use super::expression::{
    Axis, Expression, Location, Namespace, Operator, PathError, Prefixes, Shape, Start, Step, Test,
};
use super::functions::{self, Takes};
use super::lexer::{Token, TokenKind, tokens};

/// How deep brackets may nest.
const MAX_NESTING: usize = 64;

/// How long a path may be, in bytes.
const MAX_LENGTH: usize = 64 * 1024;

/// Negation binds tighter than `*` and looser than `|`.
const NEGATION_LEVEL: u8 = 7;

/// Parses a whole path.
pub(super) fn parse(text: &str, prefixes: &Prefixes) -> Result<Expression, PathError> {
    if text.len() > MAX_LENGTH {
        let message = format!("the path is longer than {MAX_LENGTH} bytes");
        return Err(PathError::new(0, message));
    }
    let tokens = tokens(text)?;
    let mut parser = Parser {
        tokens: &tokens,
        prefixes,
        next: 0,
        nesting: 0,
    };
    let expression = parser.expression(0)?;
    if *parser.peek() == TokenKind::End {
        return Ok(expression);
    }
    Err(parser.unexpected("an operator or the end of the path"))
}

struct Parser<'p> {
    tokens: &'p [Token<'p>],
    prefixes: &'p Prefixes,
    next: usize,
    nesting: usize,
}

impl<'p> Parser<'p> {
    /// Operators that bind at least as tightly as `level`.
    fn expression(&mut self, level: u8) -> Result<Expression, PathError> {
        self.nesting += 1;
        if self.nesting > MAX_NESTING {
            let message = format!("the path nests deeper than {MAX_NESTING} levels");
            return Err(PathError::new(self.position(), message));
        }
        let mut left = if self.eat("-") {
            Expression::Negative(Box::new(self.expression(NEGATION_LEVEL)?))
        } else {
            self.operand()?
        };
        while let Some((operator, tightness)) = self.operator(level) {
            let position = self.position();
            self.next += 1;
            let right = self.expression(tightness + 1)?;
            let nodes = |side: &Expression| side.shape() == Shape::Nodes;
            if operator == Operator::Union && !(nodes(&left) && nodes(&right)) {
                return Err(PathError::new(
                    position,
                    "`|` joins nodes, and a side of it has none",
                ));
            }
            left = chained(left, operator, right);
        }
        self.nesting -= 1;
        Ok(left)
    }

    fn operator(&self, level: u8) -> Option<(Operator, u8)> {
        let text = self.peek().spelling()?;
        let row = Operator::TABLE.iter().find(|row| row.0 == text)?;
        (row.2 >= level).then_some((row.1, row.2))
    }

    /// A path, a value, or an expression in brackets with what follows it.
    fn operand(&mut self) -> Result<Expression, PathError> {
        let start = match *self.peek() {
            TokenKind::Text(text) => {
                self.next += 1;
                return Ok(Expression::Text(text.to_owned()));
            }
            TokenKind::Number(number) => {
                self.next += 1;
                return Ok(Expression::Number(number));
            }
            TokenKind::Symbol("$") => {
                let message = "variables are not supported in paths";
                return Err(PathError::new(self.position(), message));
            }
            TokenKind::Symbol("(") => {
                self.next += 1;
                let inner = self.expression(0)?;
                self.expect(")")?;
                inner
            }
            TokenKind::Name(name) if self.is_call(name) => self.call(name)?,
            TokenKind::Name(_) | TokenKind::Symbol(_) | TokenKind::End => return self.location(),
        };
        self.filtered(start)
    }

    /// `text()` and `node()` look like calls and are steps.
    fn is_call(&self, name: &str) -> bool {
        let bracket = matches!(self.tokens.get(self.next + 1), Some(token) if token.kind == TokenKind::Symbol("("));
        bracket && !matches!(name, "text" | "node" | "comment" | "processing-instruction")
    }

    /// Predicates and steps after a call or brackets.
    fn filtered(&mut self, start: Expression) -> Result<Expression, PathError> {
        let position = self.position();
        let predicates = self.predicates()?;
        let goes_on = matches!(self.peek().spelling(), Some("/" | "//"));
        if predicates.is_empty() && !goes_on {
            return Ok(start);
        }
        if start.shape() != Shape::Nodes {
            return Err(PathError::new(
                position,
                "only nodes have predicates and steps",
            ));
        }
        let mut steps = Vec::new();
        self.more_steps(&mut steps)?;
        let start = Start::Filter(Box::new(start), predicates);
        Ok(Expression::Location(Location { start, steps }))
    }

    /// A path from the root or from here.
    fn location(&mut self) -> Result<Expression, PathError> {
        let mut steps = Vec::new();
        let start = match self.peek().spelling() {
            Some("/") => {
                self.next += 1;
                if self.starts_step() {
                    steps.push(self.step()?);
                }
                Start::Root
            }
            Some("//") => {
                self.next += 1;
                steps.push(anything_below());
                steps.push(self.step()?);
                Start::Root
            }
            Some(_) | None => {
                steps.push(self.step()?);
                Start::Here
            }
        };
        self.more_steps(&mut steps)?;
        Ok(Expression::Location(Location { start, steps }))
    }

    /// Steps after a slash; two slashes stand for a step of their own.
    fn more_steps(&mut self, steps: &mut Vec<Step>) -> Result<(), PathError> {
        loop {
            if self.eat("//") {
                steps.push(anything_below());
            } else if !self.eat("/") {
                return Ok(());
            }
            steps.push(self.step()?);
        }
    }

    fn starts_step(&self) -> bool {
        let symbol = matches!(self.peek().spelling(), Some("." | ".." | "@" | "*"));
        symbol || matches!(self.peek(), TokenKind::Name(_))
    }

    /// An axis, a test and predicates, or one of the dots.
    fn step(&mut self) -> Result<Step, PathError> {
        let whole = |axis| Step {
            axis,
            test: Test::Any,
            predicates: Vec::new(),
        };
        if self.eat(".") {
            return Ok(whole(Axis::Itself));
        }
        if self.eat("..") {
            return Ok(whole(Axis::Parent));
        }
        let axis = self.axis()?;
        let test = self.test(axis)?;
        let predicates = self.predicates()?;
        Ok(Step {
            axis,
            test,
            predicates,
        })
    }

    /// `@`, a named axis, or child.
    fn axis(&mut self) -> Result<Axis, PathError> {
        if self.eat("@") {
            return Ok(Axis::Attribute);
        }
        let named = self.tokens.get(self.next + 1).map(|token| token.kind);
        let (TokenKind::Name(name), Some(TokenKind::Symbol("::"))) = (*self.peek(), named) else {
            return Ok(Axis::Child);
        };
        let row = Axis::TABLE.iter().find(|row| row.0 == name);
        let Some((_, axis)) = row else {
            let error = PathError::new(self.position(), format!("no axis `{name}`"));
            let near = functions::nearest_of(name, Axis::TABLE.iter().map(|row| row.0));
            return Err(match near {
                Some(near) => error.with_help(format!("did you mean `{near}`?")),
                None => error,
            });
        };
        self.next += 2;
        Ok(*axis)
    }

    /// Which nodes of the axis: `*`, a name, or `text()` and `node()`.
    fn test(&mut self, axis: Axis) -> Result<Test, PathError> {
        if self.eat("*") {
            let namespace = Namespace::Any;
            return Ok(Test::Name {
                namespace,
                name: None,
            });
        }
        let position = self.position();
        let name = self.name("the name of an element or attribute")?;
        if self.eat(":") {
            return self.prefixed(name, position);
        }
        if self.eat("(") {
            self.expect(")")?;
            return match name {
                "text" => Ok(Test::Text),
                "node" => Ok(Test::Any),
                _ => Err(PathError::new(
                    position,
                    format!("`{name}()` is not supported as a step"),
                )),
            };
        }
        let default = self.prefixes.default_namespace();
        let namespace = match default.filter(|_| axis != Axis::Attribute) {
            Some(namespace) => Namespace::Named(namespace.to_owned()),
            None => Namespace::None,
        };
        let name = Some(name.to_owned());
        Ok(Test::Name { namespace, name })
    }

    /// A prefix must be declared: an unknown one would silently find nothing.
    fn prefixed(&mut self, prefix: &str, position: usize) -> Result<Test, PathError> {
        let namespace = self.prefixes.namespace(prefix).map(str::to_owned);
        let namespace = namespace.ok_or_else(|| {
            let error = PathError::new(position, format!("the prefix `{prefix}` is not declared"));
            let known: Vec<_> = self
                .prefixes
                .known()
                .map(|known| format!("`{known}`"))
                .collect();
            match known.as_slice() {
                [] => error.with_help("declare it with its namespace"),
                known => error.with_help(format!("declared are {}", known.join(", "))),
            }
        })?;
        let name = match self.eat("*") {
            true => None,
            false => Some(self.name("a name after the prefix")?.to_owned()),
        };
        let namespace = Namespace::Named(namespace);
        Ok(Test::Name { namespace, name })
    }

    /// Conditions in brackets.
    fn predicates(&mut self) -> Result<Vec<Expression>, PathError> {
        let mut predicates = Vec::new();
        while self.eat("[") {
            predicates.push(self.expression(0)?);
            self.expect("]")?;
        }
        Ok(predicates)
    }

    /// A call, with its arguments checked against the function's row.
    fn call(&mut self, name: &str) -> Result<Expression, PathError> {
        let position = self.position();
        let function = functions::find(name).ok_or_else(|| {
            let error = PathError::new(position, format!("no function `{name}`"));
            match functions::nearest_of(name, functions::function_docs().map(|row| row.name)) {
                Some(near) => error.with_help(format!("did you mean `{near}`?")),
                None => error,
            }
        })?;
        self.next += 2;
        let mut arguments = Vec::new();
        if !self.eat(")") {
            loop {
                arguments.push(self.expression(0)?);
                if self.eat(")") {
                    break;
                }
                self.expect(",")?;
            }
        }
        let (least, most) = function.arity;
        if !(least..=most).contains(&arguments.len()) {
            let message = format!("`{name}` does not take {} arguments", arguments.len());
            return Err(PathError::new(position, message).with_help(function.doc));
        }
        let single = arguments
            .iter()
            .any(|argument| argument.shape() == Shape::Single);
        if function.takes == Takes::Nodes && single {
            return Err(PathError::new(position, format!("`{name}` takes nodes")));
        }
        Ok(Expression::Call(function, arguments))
    }

    /// A name where nothing else will do.
    fn name(&mut self, wanted: &str) -> Result<&'p str, PathError> {
        let TokenKind::Name(name) = *self.peek() else {
            return Err(self.unexpected(wanted));
        };
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

    fn expect(&mut self, symbol: &str) -> Result<(), PathError> {
        if self.eat(symbol) {
            return Ok(());
        }
        Err(self.unexpected(&format!("`{symbol}`")))
    }

    /// An error that shows what was found instead.
    fn unexpected(&self, wanted: &str) -> PathError {
        let message = format!("expected {wanted}, found {}", self.peek().describe());
        let error = PathError::new(self.position(), message);
        match self.peek() {
            TokenKind::Symbol("=") => error.with_help("XPath compares with a single `=`"),
            TokenKind::Symbol(_)
            | TokenKind::Name(_)
            | TokenKind::Text(_)
            | TokenKind::Number(_)
            | TokenKind::End => error,
        }
    }
}

/// The step that `//` stands for.
fn anything_below() -> Step {
    Step {
        axis: Axis::DescendantOrSelf,
        test: Test::Any,
        predicates: Vec::new(),
    }
}

/// Adds an operation to the chain on the left. Unions keep a chain of their own, since they bind tightest.
fn chained(left: Expression, operator: Operator, right: Expression) -> Expression {
    let is_union = left.shape() == Shape::Nodes;
    match left {
        Expression::Chain(first, mut rest) if is_union == (operator == Operator::Union) => {
            rest.push((operator, right));
            Expression::Chain(first, rest)
        }
        other @ (Expression::Chain(..)
        | Expression::Text(_)
        | Expression::Number(_)
        | Expression::Negative(_)
        | Expression::Call(..)
        | Expression::Location(_)) => Expression::Chain(Box::new(other), vec![(operator, right)]),
    }
}
