//! Expressions.

use crate::diagnostics::{Checked, Problem};
use crate::eval::Evaluator;
use crate::objects::builtin::{Builtin, LATER, Method};
use crate::objects::types::PX;
use crate::objects::{Module, Object};
use crate::plan::{Frame, Literal, Term, TermKind};
use ruff_python_ast::{
    Expr, ExprAttribute, ExprFString, ExprIf, ExprSubscript, FStringPart,
    InterpolatedStringElement, Number,
};
use ruff_text_size::{Ranged, TextRange};
use std::rc::Rc;

impl<'a> Evaluator<'a, '_> {
    /// Returns the value of an expression.
    pub(super) fn eval(&mut self, expr: &'a Expr) -> Checked<Object<'a>> {
        let range = expr.range();
        match expr {
            Expr::Attribute(attribute) => self.attribute(attribute),
            Expr::BinOp(op) => {
                let (left, right) = self.pair(&op.left, &op.right)?;
                self.binary(
                    op.op,
                    (left, op.left.range()),
                    (right, op.right.range()),
                    range,
                )
            }
            Expr::BoolOp(op) => self.boolean(op),
            Expr::BooleanLiteral(literal) => Ok(term(Literal::Bool(literal.value), range)),
            Expr::BytesLiteral(literal) => {
                let bytes: Vec<u8> = literal.value.bytes().collect();
                match String::from_utf8(bytes) {
                    Ok(text) => Ok(term(Literal::Text(text.into()), range)),
                    Err(_) => self.fail(
                        range,
                        Problem::new("wrong-type", "bytes are not valid UTF-8 text"),
                    ),
                }
            }
            Expr::Call(call) => self.call(call),
            Expr::Compare(compare) => self.compare(compare),
            Expr::Dict(dict) => {
                let mut items = Vec::with_capacity(dict.items.len());
                for item in &dict.items {
                    let Some(key) = &item.key else {
                        return self.not_defined("DictUnpacking", range);
                    };
                    let pair = self.pair(key, &item.value)?;
                    items.push(pair);
                }
                Ok(Object::Dict(Rc::new(items)))
            }
            Expr::FString(text) => self.formatted(text),
            Expr::If(choice) => self.choice(choice),
            Expr::List(list) => Ok(Object::List(Rc::new(self.items(&list.elts)?))),
            Expr::Name(name) => self.lookup(name.id.as_str(), range),
            Expr::NoneLiteral(_) => Ok(Object::None),
            Expr::NumberLiteral(literal) => match &literal.value {
                Number::Int(int) => match int.as_i64() {
                    Some(int) => Ok(term(Literal::Int(int), range)),
                    None => {
                        let problem =
                            Problem::new("wrong-type", "number does not fit into 64 bits");
                        self.fail(range, problem)
                    }
                },
                Number::Float(float) => Ok(term(Literal::Float(*float), range)),
                Number::Complex { .. } => self.not_defined("Complex", range),
            },
            Expr::StringLiteral(literal) => {
                Ok(term(Literal::Text(literal.value.to_str().into()), range))
            }
            Expr::Subscript(subscript) => self.subscript(subscript),
            Expr::Tuple(tuple) => Ok(Object::Tuple(Rc::new(self.items(&tuple.elts)?))),
            Expr::UnaryOp(op) => self.unary(op),
            other => self.not_defined(node_name(other), range),
        }
    }

    fn not_defined<T>(&mut self, name: &str, range: TextRange) -> Checked<T> {
        let message = format!("expression node `{name}` not defined in PxL");
        self.fail(range, Problem::new("not-supported", message))
    }

    /// Evaluates both, so that problems of both are found.
    pub(super) fn pair(
        &mut self,
        left: &'a Expr,
        right: &'a Expr,
    ) -> Checked<(Object<'a>, Object<'a>)> {
        let (left, right) = (self.eval(left), self.eval(right));
        Ok((left?, right?))
    }

    fn items(&mut self, exprs: &'a [Expr]) -> Checked<Vec<Object<'a>>> {
        let items: Vec<_> = exprs.iter().map(|expr| self.eval(expr)).collect();
        items.into_iter().collect()
    }

    fn attribute(&mut self, attribute: &'a ExprAttribute) -> Checked<Object<'a>> {
        let name = attribute.attr.as_str();
        match self.eval(&attribute.value)? {
            Object::Frame(frame) => {
                if let Some(method) = Method::from_name(name) {
                    return Ok(Object::Method(frame, method));
                }
                if name == "ctx" {
                    return Ok(Object::Ctx(frame));
                }
                self.same_frame(&attribute.value, &frame, attribute.range)?;
                Ok(Object::Term(Term::new(
                    TermKind::Column(name.into()),
                    attribute.range,
                )))
            }
            Object::Module(Module::Px) => match self.px(name) {
                Some(object) => Ok(object),
                None => {
                    let problem = if LATER.contains(&name) {
                        let message = format!("`px.{name}` is not available yet");
                        Problem::new("not-available", message)
                    } else {
                        let message = format!("no such attribute `{name}` in module `px`");
                        self.unknown_in_px("unknown-function", message, name)
                    };
                    self.fail(attribute.attr.range, problem)
                }
            },
            Object::Grouped(grouped) if name == "agg" => Ok(Object::GroupedAgg(grouped)),
            Object::Grouped(_) if name == "rolling" => self.rolling(attribute.attr.range),
            Object::Grouped(_) => {
                let message = format!(
                    "`groupby()` should be followed by an `agg()` or a `rolling()`, not `{name}`"
                );
                let help = if name == "groupby" {
                    "group by several columns at once: `df.groupby(['a', 'b'])`"
                } else {
                    "write `df.groupby(...).agg(...)`"
                };
                self.fail(
                    attribute.attr.range,
                    Problem::new("wrong-type", message).help(help),
                )
            }
            other => {
                let message = format!("{} object has no attribute `{name}`", other.kind());
                self.fail(
                    attribute.attr.range,
                    Problem::new("unknown-attribute", message),
                )
            }
        }
    }

    /// Checks that a column that is assigned from is one of the DataFrame assigned to.
    pub(super) fn same_frame(
        &mut self,
        base: &Expr,
        frame: &Frame,
        range: TextRange,
    ) -> Checked<()> {
        let (Some(name), Some((target, target_frame))) = (base.as_name_expr(), &self.target) else {
            return Ok(());
        };
        let name = name.id.as_str();
        if name == *target || target_frame.descends_from(frame) {
            return Ok(());
        }
        let message = format!(
            "name `{name}` is not available in this context: a column of `{name}` cannot be \
             assigned to `{target}`"
        );
        let help = format!("use `{target}` on both sides, or `{target}.merge({name}, ...)`");
        self.fail(range, Problem::new("other-dataframe", message).help(help))
    }

    fn subscript(&mut self, subscript: &'a ExprSubscript) -> Checked<Object<'a>> {
        let base = self.eval(&subscript.value)?;
        if matches!(*subscript.slice, Expr::Slice(_)) {
            let message = "`Slice` object must be an index";
            return self.fail(
                subscript.slice.range(),
                Problem::new("not-supported", message),
            );
        }
        match base {
            Object::Frame(frame) => {
                // Conditions may use any DataFrame's columns, as they may have been stored.
                let target = self.target.take();
                let key = self.eval(&subscript.slice);
                self.target = target;
                let key = key?;
                if matches!(&key, Object::Term(term) if matches!(term.as_literal(), Some(Literal::Text(_))))
                {
                    self.same_frame(&subscript.value, &frame, subscript.range)?;
                }
                self.select(&frame, &key, subscript.range, subscript.slice.range())
            }
            Object::Ctx(frame) => {
                let key = self.eval(&subscript.slice)?;
                let key = self.text("key", &key, subscript.slice.range())?;
                if let Expr::Attribute(attribute) = &*subscript.value {
                    self.same_frame(&attribute.value, &frame, subscript.range)?;
                }
                Ok(Object::Term(Term::new(TermKind::Ctx(key), subscript.range)))
            }
            Object::List(items) | Object::Tuple(items) => {
                let key = self.eval(&subscript.slice)?;
                self.item(&items, &key, subscript.slice.range())
            }
            other => {
                let message = format!("{} is not subscriptable", other.kind());
                self.fail(subscript.range, Problem::new("wrong-type", message))
            }
        }
    }

    fn item(
        &mut self,
        items: &[Object<'a>],
        key: &Object<'a>,
        range: TextRange,
    ) -> Checked<Object<'a>> {
        let index = match key {
            Object::Term(term) => match term.as_literal() {
                Some(Literal::Int(index)) => Some(*index),
                _ => None,
            },
            _ => None,
        };
        let Some(index) = index else {
            let message = format!("list indices must be integers, not {}", key.kind());
            return self.fail(range, Problem::new("wrong-type", message));
        };
        let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
        let place = if index < 0 {
            index.saturating_add(length)
        } else {
            index
        };
        match usize::try_from(place)
            .ok()
            .and_then(|place| items.get(place))
        {
            Some(item) => Ok(item.clone()),
            None => {
                let message = format!(
                    "list index out of range: {index} in a list of {}",
                    items.len()
                );
                self.fail(range, Problem::new("wrong-argument", message))
            }
        }
    }

    fn choice(&mut self, choice: &'a ExprIf) -> Checked<Object<'a>> {
        let test = self.eval(&choice.test)?;
        let known = match &test {
            Object::Term(term) => match term.as_literal() {
                Some(Literal::Bool(value)) => Some(*value),
                _ => None,
            },
            _ => None,
        };
        match known {
            Some(true) => self.eval(&choice.body),
            Some(false) => self.eval(&choice.orelse),
            None => {
                let message = format!(
                    "condition of `if` must be a boolean known at compile time, received {}",
                    test.kind()
                );
                let help = "use `px.select(condition, a, b)` to choose for each row";
                let problem = Problem::new("wrong-type", message).help(help);
                self.fail(choice.test.range(), problem)
            }
        }
    }

    fn formatted(&mut self, text: &'a ExprFString) -> Checked<Object<'a>> {
        let mut out = String::new();
        for part in text.value.iter() {
            match part {
                FStringPart::Literal(literal) => out.push_str(literal.as_str()),
                FStringPart::FString(formatted) => {
                    for element in &formatted.elements {
                        self.formatted_element(element, &mut out)?;
                    }
                }
            }
        }
        Ok(term(Literal::Text(out.into()), text.range))
    }

    fn formatted_element(
        &mut self,
        element: &'a InterpolatedStringElement,
        out: &mut String,
    ) -> Checked<()> {
        let value = match element {
            InterpolatedStringElement::Literal(literal) => {
                out.push_str(&literal.value);
                return Ok(());
            }
            InterpolatedStringElement::Interpolation(value) => value,
        };
        if value.format_spec.is_some() || value.debug_text.is_some() {
            let problem = Problem::new("not-supported", "formats in f-strings are not supported");
            return self.fail(value.range, problem);
        }
        let object = self.eval(&value.expression)?;
        let literal = match &object {
            Object::Term(term) => term.as_literal(),
            _ => None,
        };
        match literal {
            Some(Literal::Text(text)) => out.push_str(text),
            Some(Literal::Int(int)) => out.push_str(&int.to_string()),
            Some(Literal::Float(float)) => out.push_str(&format!("{float:?}")),
            Some(Literal::Bool(bool)) => out.push_str(if *bool { "True" } else { "False" }),
            _ => {
                let message = format!(
                    "values in f-strings must be known at compile time, received {}",
                    object.kind()
                );
                let help = "join columns by `+`, numbers by `px.itoa`";
                let problem = Problem::new("wrong-type", message).help(help);
                return self.fail(value.range, problem);
            }
        }
        if out.len() > super::TEXT_BYTES_MAX {
            let message = format!("text is longer than {} bytes", super::TEXT_BYTES_MAX);
            return self.fail(value.range, Problem::new("too-large", message));
        }
        Ok(())
    }

    /// Returns an attribute of the `px` module.
    pub(super) fn px(&self, name: &str) -> Option<Object<'a>> {
        if let Some(builtin) = Builtin::from_name(name) {
            return Some(Object::Builtin(builtin));
        }
        if let Some(known) = PX.iter().find(|known| known.name == name) {
            return Some(Object::Type(known));
        }
        if let Some(function) = self.registry.table_function(name) {
            return Some(Object::TableFunction(function));
        }
        self.registry.function(name).map(Object::Registered)
    }

    /// Returns the problem of a name that `px` does not have.
    pub(super) fn unknown_in_px(&self, code: &'static str, message: String, name: &str) -> Problem {
        let builtins = Builtin::ALL.iter().map(|builtin| builtin.name());
        let types = PX.iter().map(|known| known.name);
        let functions = self.registry.functions().map(|known| known.name);
        let tables = self.registry.table_functions().map(|known| known.name());
        let names = builtins.chain(types).chain(functions).chain(tables);
        Problem::new(code, message).suggest(name, names)
    }
}

/// Returns a literal as an object.
pub(super) fn term<'a>(literal: Literal, range: TextRange) -> Object<'a> {
    Object::Term(Term::literal(literal, range))
}

const fn node_name(expr: &Expr) -> &'static str {
    match expr {
        Expr::Await(_) => "Await",
        Expr::DictComp(_) => "DictComp",
        Expr::EllipsisLiteral(_) => "Ellipsis",
        Expr::Generator(_) => "Generator",
        Expr::Lambda(_) => "Lambda",
        Expr::ListComp(_) => "ListComp",
        Expr::Named(_) => "NamedExpr",
        Expr::Set(_) => "Set",
        Expr::SetComp(_) => "SetComp",
        Expr::Slice(_) => "Slice",
        Expr::Starred(_) => "Starred",
        Expr::Yield(_) | Expr::YieldFrom(_) => "YieldExpr",
        _ => "expression",
    }
}
