//! Operators: on literals they are computed, on columns they build expressions.

use crate::diagnostics::{Checked, Problem};
use crate::eval::{Evaluator, TEXT_BYTES_MAX};
use crate::objects::Object;
use crate::plan::{Literal, Term, TermKind, term};
use ruff_python_ast::{BoolOp, CmpOp, ExprBoolOp, ExprCompare, ExprUnaryOp, Operator, UnaryOp};
use ruff_text_size::{Ranged, TextRange};
use std::rc::Rc;

impl<'a> Evaluator<'a, '_> {
    pub(super) fn binary(
        &mut self,
        op: Operator,
        left: (Object<'a>, TextRange),
        right: (Object<'a>, TextRange),
        range: TextRange,
    ) -> Checked<Object<'a>> {
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
        let values: Vec<_> = op
            .values
            .iter()
            .map(|value| (self.eval(value), value.range()))
            .collect();
        let mut folded: Option<(Object<'a>, TextRange)> = None;
        for (value, range) in values {
            let value = value?;
            folded = Some(match folded {
                Some((left, left_range)) => {
                    let both = left_range.cover(range);
                    let args = [(left, left_range), (value, range)];
                    (self.operator(function, &args, both)?, both)
                }
                None => (value, range),
            });
        }
        match folded {
            Some((object, _)) => Ok(object),
            None => self.fail(op.range, not_handled("and")),
        }
    }

    pub(super) fn compare(&mut self, compare: &'a ExprCompare) -> Checked<Object<'a>> {
        let mut folded: Option<Object<'a>> = None;
        let mut left = (self.eval(&compare.left)?, compare.left.range());
        for (op, right) in compare.ops.iter().zip(&compare.comparators) {
            let function = match op {
                CmpOp::Eq => "equal",
                CmpOp::Gt => "greaterThan",
                CmpOp::GtE => "greaterThanEqual",
                CmpOp::Lt => "lessThan",
                CmpOp::LtE => "lessThanEqual",
                CmpOp::NotEq => "notEqual",
                other => {
                    let problem = not_handled(other.as_str())
                        .help("use `px.equals_any(value, [a, b])`, or `==`");
                    return self.fail(compare.range, problem);
                }
            };
            let right = (self.eval(right)?, right.range());
            let both = left.1.cover(right.1);
            let one = self.operator(function, &[left, right.clone()], both)?;
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

    pub(super) fn unary(&mut self, op: &'a ExprUnaryOp) -> Checked<Object<'a>> {
        let operand = self.eval(&op.operand)?;
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
            if matches!(&literal, Literal::Text(text) if text.len() > TEXT_BYTES_MAX) {
                let message = format!("text is longer than {TEXT_BYTES_MAX} bytes");
                return self.fail(range, Problem::new("too-large", message));
            }
            return Ok(Object::Term(Term::literal(literal, range)));
        }
        self.function_call(function, args, range).map(Object::Term)
    }

    fn fold(&self, function: &str, args: &[Rc<Term>]) -> Option<Literal> {
        let scalars: Option<Vec<_>> = args
            .iter()
            .map(|arg| arg.as_literal().map(Literal::to_scalar))
            .collect();
        Literal::from_scalar(&self.registry.evaluate(function, &scalars?)?)
    }

    /// Returns the term of a function, within the limits of terms.
    pub(super) fn function_call(
        &mut self,
        function: &str,
        args: Vec<Rc<Term>>,
        range: TextRange,
    ) -> Checked<Rc<Term>> {
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

fn not_handled(op: &str) -> Problem {
    Problem::new("not-supported", format!("operator `{op}` not handled"))
}
