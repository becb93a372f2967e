//! Expressions.

use crate::diagnostics::{Checked, Problem};
use crate::eval::Evaluator;
use crate::objects::Object;
use crate::objects::builtin::Method;
use crate::plan::{Frame, Literal, Term, TermKind};
use ruff_python_ast::{
    Expr, ExprAttribute, ExprDictComp, ExprFString, ExprIf, ExprListComp, ExprSubscript,
    FStringPart, InterpolatedStringElement, Number, Stmt,
};
use ruff_text_size::{Ranged, TextRange};
use std::rc::Rc;

impl<'a> Evaluator<'a, '_> {
    /// Returns the value of an expression.
    pub(super) fn eval(&mut self, expr: &'a Expr) -> Checked<Object<'a>> {
        let range = expr.range();
        self.spend(1, range)?;
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
            Expr::DictComp(comp) => self.dict_comprehension(comp),
            Expr::FString(text) => self.formatted(text),
            Expr::If(choice) => self.choice(choice),
            Expr::List(list) => Ok(Object::List(Rc::new(self.items(&list.elts)?))),
            Expr::ListComp(comp) => self.list_comprehension(comp),
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
            Object::Function(function) if name == "__doc__" => {
                let doc = docstring(&function.def.body);
                Ok(term(Literal::Text(doc.into()), attribute.range))
            }
            Object::Grouped(grouped) => {
                self.grouped_attribute(&grouped, name, attribute.attr.range)
            }
            Object::Module(module) => self.attribute_of(module, name, attribute.attr.range),
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
            Object::Dict(items) => {
                let key = self.eval(&subscript.slice)?;
                self.value_of(&items, &key, subscript.slice.range())
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
            Object::Term(term) => match term.value() {
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

    fn value_of(
        &mut self,
        items: &[(Object<'a>, Object<'a>)],
        key: &Object<'a>,
        range: TextRange,
    ) -> Checked<Object<'a>> {
        let literal = |object: &Object<'a>| match object {
            Object::Term(term) => term.value().cloned(),
            _ => None,
        };
        let Some(wanted) = literal(key) else {
            let message = format!("dict keys must be literals, not {}", key.kind());
            return self.fail(range, Problem::new("wrong-type", message));
        };
        // Of several equal keys the last one counts.
        let found = items
            .iter()
            .rev()
            .find(|(key, _)| literal(key).as_ref() == Some(&wanted));
        match found {
            Some((_, value)) => Ok(value.clone()),
            None => {
                let message = format!("key not found in a dict of {} entries", items.len());
                self.fail(range, Problem::new("wrong-argument", message))
            }
        }
    }

    fn choice(&mut self, choice: &'a ExprIf) -> Checked<Object<'a>> {
        if self.condition("if", &choice.test)? {
            self.eval(&choice.body)
        } else {
            self.eval(&choice.orelse)
        }
    }

    fn list_comprehension(&mut self, comp: &'a ExprListComp) -> Checked<Object<'a>> {
        let mut items = Vec::new();
        self.comprehend(&comp.generators, &mut |this| {
            items.push(this.eval(&comp.elt)?);
            this.check_items(items.len(), comp.range)
        })?;
        self.list_of(items, comp.range)
    }

    fn dict_comprehension(&mut self, comp: &'a ExprDictComp) -> Checked<Object<'a>> {
        let Some(key) = &comp.key else {
            return self.not_defined("DictUnpacking", comp.range);
        };
        let mut items = Vec::new();
        self.comprehend(&comp.generators, &mut |this| {
            let pair = this.pair(key, &comp.value)?;
            items.push(pair);
            this.check_items(items.len(), comp.range)
        })?;
        Ok(Object::Dict(Rc::new(items)))
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
        self.spend(out.len() / 64, text.range)?;
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
            Object::Term(term) => term.value(),
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
}

/// Returns the text that a module or function starts with, or the empty text.
pub(super) fn docstring(body: &[Stmt]) -> &str {
    let literal = match body.first() {
        Some(Stmt::Expr(first)) => first.value.as_string_literal_expr(),
        _ => None,
    };
    literal.map_or("", |literal| literal.value.to_str())
}

/// Returns a literal as an object.
pub(super) fn term<'a>(literal: Literal, range: TextRange) -> Object<'a> {
    Object::Term(Term::literal(literal, range))
}

const fn node_name(expr: &Expr) -> &'static str {
    match expr {
        Expr::Await(_) => "Await",
        Expr::EllipsisLiteral(_) => "Ellipsis",
        Expr::Generator(_) => "Generator",
        Expr::Lambda(_) => "Lambda",
        Expr::Named(_) => "NamedExpr",
        Expr::Set(_) => "Set",
        Expr::SetComp(_) => "SetComp",
        Expr::Slice(_) => "Slice",
        Expr::Starred(_) => "Starred",
        Expr::Yield(_) | Expr::YieldFrom(_) => "YieldExpr",
        _ => "expression",
    }
}
