//! Operators: on literals they are computed, on columns they build expressions.

use crate::diagnostics::{Checked, Problem, Reported};
use crate::eval::{Evaluator, TERM_WORK, TEXT_BYTES_MAX};
use crate::objects::Object;
use crate::plan::{Literal, Term, TermKind, term};
use ruff_python_ast::{BoolOp, CmpOp, ExprBoolOp, ExprCompare, ExprUnaryOp, Operator, UnaryOp};
use ruff_text_size::{Ranged, TextRange};
use std::rc::Rc;

/// The functions of comparisons.
const COMPARISONS: [&str; 6] = [
    "equal",
    "greaterThan",
    "greaterThanEqual",
    "lessThan",
    "lessThanEqual",
    "notEqual",
];

impl<'a> Evaluator<'a, '_> {
    pub(super) fn binary(
        &mut self,
        op: Operator,
        left: (Object<'a>, TextRange),
        right: (Object<'a>, TextRange),
        range: TextRange,
    ) -> Checked<Object<'a>> {
        if let (Operator::Add, Some(joined)) = (op, joined(&left.0, &right.0)) {
            let items = joined.items().map_or(0, <[Object<'a>]>::len);
            self.spend(items, range)?;
            self.check_items(items, range)?;
            return Ok(joined);
        }
        let function = match op {
            Operator::Add => "add",
            Operator::Div => "divide",
            Operator::Mod => "modulo",
            Operator::Mult => "multiply",
            Operator::Sub => "subtract",
            other => {
                let problem = not_handled(other.as_str());
                let problem = match other {
                    Operator::BitAnd => problem.help("use `and` to combine conditions"),
                    Operator::BitOr => problem.help("use `or` to combine conditions"),
                    Operator::FloorDiv => problem.help("use `px.floor(a / b)`"),
                    Operator::Pow => problem.help("use `px.pow(a, b)`"),
                    _ => problem,
                };
                return self.fail(range, problem);
            }
        };
        self.operator(function, &[left, right], range)
    }

    pub(super) fn boolean(&mut self, op: &'a ExprBoolOp) -> Checked<Object<'a>> {
        let function = match op.op {
            BoolOp::And => "logicalAnd",
            BoolOp::Or => "logicalOr",
        };
        let mut folded: Option<(Object<'a>, TextRange)> = None;
        let mut failed = false;
        for value in &op.values {
            let range = value.range();
            let Ok(value) = self.eval(value) else {
                failed = true;
                continue;
            };
            let (object, range) = match folded {
                // Collections and `None` are no operands; here the left one has not decided.
                Some((left, left_range)) if is_decided(&left, &value) => {
                    (value, left_range.cover(range))
                }
                Some((left, left_range)) => {
                    let both = left_range.cover(range);
                    let args = [(left, left_range), (value, range)];
                    (self.operator(function, &args, both)?, both)
                }
                None => (value, range),
            };
            // As in Python, what cannot change the result is not looked at.
            let decides = Some(op.op == BoolOp::Or);
            if !failed && (known(&object) == decides || truth_of_other(&object) == decides) {
                return Ok(object);
            }
            folded = Some((object, range));
        }
        match folded {
            Some((object, _)) if !failed => Ok(object),
            _ => Err(Reported),
        }
    }

    pub(super) fn compare(&mut self, compare: &'a ExprCompare) -> Checked<Object<'a>> {
        let mut folded: Option<Object<'a>> = None;
        let mut left = (self.eval(&compare.left)?, compare.left.range());
        for (op, right) in compare.ops.iter().zip(&compare.comparators) {
            let right = (self.eval(right)?, right.range());
            let both = left.1.cover(right.1);
            let one = self.comparison(*op, left, right.clone(), both)?;
            folded = Some(match folded {
                Some(before) => {
                    let args = [(before, compare.range), (one, both)];
                    self.operator("logicalAnd", &args, compare.range)?
                }
                None => one,
            });
            left = right;
        }
        match folded {
            Some(object) => Ok(object),
            None => self.fail(compare.range, not_handled("comparison")),
        }
    }

    fn comparison(
        &mut self,
        op: CmpOp,
        left: (Object<'a>, TextRange),
        right: (Object<'a>, TextRange),
        range: TextRange,
    ) -> Checked<Object<'a>> {
        let function = match op {
            CmpOp::Eq => "equal",
            CmpOp::Gt => "greaterThan",
            CmpOp::GtE => "greaterThanEqual",
            CmpOp::Lt => "lessThan",
            CmpOp::LtE => "lessThanEqual",
            CmpOp::NotEq => "notEqual",
            CmpOp::In | CmpOp::NotIn => {
                self.spend(right.0.items().map_or(1, <[Object<'a>]>::len), range)?;
                let found = contains(&right.0, &left.0);
                return self.compared(op, found, range);
            }
            CmpOp::Is | CmpOp::IsNot => {
                let same = matches!(right.0, Object::None).then(|| matches!(left.0, Object::None));
                return self.compared(op, same, range);
            }
        };
        self.operator(function, &[left, right], range)
    }

    /// Returns the result of an operator that only what is known at compile time has.
    fn compared(
        &mut self,
        op: CmpOp,
        holds: Option<bool>,
        range: TextRange,
    ) -> Checked<Object<'a>> {
        let Some(holds) = holds else {
            let help = match op {
                CmpOp::In | CmpOp::NotIn => {
                    "`in` takes a literal and a list of literals; for columns use \
                     `px.equals_any(value, [a, b])` or `px.contains`"
                }
                _ => "`is` compares with `None` only; use `==`",
            };
            return self.fail(range, not_handled(op.as_str()).help(help));
        };
        let holds = holds == matches!(op, CmpOp::In | CmpOp::Is);
        Ok(Object::Term(Term::literal(Literal::Bool(holds), range)))
    }

    pub(super) fn unary(&mut self, op: &'a ExprUnaryOp) -> Checked<Object<'a>> {
        let operand = self.eval(&op.operand)?;
        if let (UnaryOp::Not, Some(holds)) = (op.op, truth_of_other(&operand)) {
            let literal = Literal::Bool(!holds);
            return Ok(Object::Term(Term::literal(literal, op.range)));
        }
        let function = match op.op {
            UnaryOp::Invert => "invert",
            UnaryOp::Not => "logicalNot",
            UnaryOp::UAdd => return Ok(operand),
            UnaryOp::USub => "negate",
        };
        self.operator(function, &[(operand, op.operand.range())], op.range)
    }

    fn operator(
        &mut self,
        function: &str,
        operands: &[(Object<'a>, TextRange)],
        range: TextRange,
    ) -> Checked<Object<'a>> {
        let mut args = Vec::with_capacity(operands.len());
        for (operand, operand_range) in operands {
            let Object::Term(operand) = operand else {
                let message = format!(
                    "operand of `{function}` must be an expression, received {}",
                    operand.kind()
                );
                return self.fail(*operand_range, Problem::new("wrong-type", message));
            };
            args.push(Rc::clone(operand));
        }
        if let Some(literal) = self.fold(function, &args) {
            let text = match &literal {
                Literal::Text(text) => text.len() / 64,
                _ => 0,
            };
            self.spend(TERM_WORK + text, range)?;
            if matches!(&literal, Literal::Text(text) if text.len() > TEXT_BYTES_MAX) {
                let message = format!("text is longer than {TEXT_BYTES_MAX} bytes");
                return self.fail(range, Problem::new("too-large", message));
            }
            return Ok(Object::Term(Term::literal(literal, range)));
        }
        self.function_call(function, args, range).map(Object::Term)
    }

    fn fold(&self, function: &str, args: &[Rc<Term>]) -> Option<Literal> {
        // The result of a comparison has no meaning that a cast could have given it.
        let literal = |arg: &'_ Rc<Term>| match COMPARISONS.contains(&function) {
            true => arg.value().map(Literal::to_scalar),
            false => arg.as_literal().map(Literal::to_scalar),
        };
        let scalars: Option<Vec<_>> = args.iter().map(literal).collect();
        Literal::from_scalar(&self.registry.evaluate(function, &scalars?)?)
    }

    /// Returns the term of a function, within the limits of terms.
    pub(super) fn function_call(
        &mut self,
        function: &str,
        args: Vec<Rc<Term>>,
        range: TextRange,
    ) -> Checked<Rc<Term>> {
        self.spend(TERM_WORK, range)?;
        let call = Term::new(
            TermKind::Call {
                function: function.into(),
                args,
            },
            range,
        );
        if call.size > term::SIZE_MAX || call.depth > term::DEPTH_MAX {
            let message = format!(
                "expression has more than {} parts or {} levels",
                term::SIZE_MAX,
                term::DEPTH_MAX
            );
            let help = "assign parts of it to columns";
            return self.fail(range, Problem::new("too-large", message).help(help));
        }
        Ok(call)
    }
}

/// Returns the value of a condition that is known.
fn known(object: &Object<'_>) -> Option<bool> {
    match object {
        Object::Term(term) => match term.as_literal() {
            Some(Literal::Bool(value)) => Some(*value),
            _ => None,
        },
        _ => None,
    }
}

/// Returns whether a collection or `None` makes a condition hold; none for anything else.
fn truth_of_other(object: &Object<'_>) -> Option<bool> {
    match object {
        Object::Term(_) => None,
        other => other.truth(),
    }
}

/// Returns true when `and` or `or` of two values is one of them, since they are known and not
/// both are operands.
fn is_decided(left: &Object<'_>, right: &Object<'_>) -> bool {
    truth_of_other(left).is_some() || (known(left).is_some() && truth_of_other(right).is_some())
}

/// Returns two lists or two tuples as one.
fn joined<'a>(left: &Object<'a>, right: &Object<'a>) -> Option<Object<'a>> {
    let all = |a: &[Object<'a>], b: &[Object<'a>]| Rc::new([a, b].concat());
    match (left, right) {
        (Object::List(a), Object::List(b)) => Some(Object::List(all(a, b))),
        (Object::Tuple(a), Object::Tuple(b)) => Some(Object::Tuple(all(a, b))),
        _ => None,
    }
}

/// Returns whether a literal is in a collection of literals; none when that is not known.
fn contains(collection: &Object<'_>, object: &Object<'_>) -> Option<bool> {
    let literal = |object: &Object<'_>| match object {
        Object::Term(term) => term.value().cloned(),
        _ => None,
    };
    let wanted = literal(object)?;
    let items: Vec<_> = match collection {
        Object::Dict(items) => items.iter().map(|(key, _)| literal(key)).collect(),
        Object::Term(_) => {
            let (Literal::Text(text), Literal::Text(part)) = (literal(collection)?, wanted) else {
                return None;
            };
            return Some(text.contains(&*part));
        }
        other => other.items()?.iter().map(literal).collect(),
    };
    let items: Option<Vec<_>> = items.into_iter().collect();
    Some(items?.contains(&wanted))
}

fn not_handled(op: &str) -> Problem {
    Problem::new("not-supported", format!("operator `{op}` not handled"))
}
