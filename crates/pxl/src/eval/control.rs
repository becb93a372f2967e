//! Choices and loops over what is known at compile time. An extension: rows have neither.

use crate::diagnostics::{Checked, Problem, Reported};
use crate::eval::calls::Arguments;
use crate::eval::expressions::term;
use crate::eval::{Evaluator, ITEMS_MAX, Scope};
use crate::objects::Object;
use crate::objects::builtin::GlobalFunction;
use crate::plan::Literal;
use ruff_python_ast::{Comprehension, Expr, Stmt, StmtFor, StmtIf};
use ruff_text_size::{Ranged, TextRange};
use std::rc::Rc;

/// What comes after a statement.
pub(super) enum Flow<'a> {
    /// The end of the loop.
    Break,
    /// The next round of the loop.
    Continue,
    /// The next statement.
    Next,
    /// The caller, with a value.
    Return(Object<'a>),
}

impl<'a> Evaluator<'a, '_> {
    /// Runs statements up to one that leads elsewhere. A problem does not end them: the next
    /// statement may show another.
    pub(super) fn block(&mut self, body: &'a [Stmt]) -> Checked<Flow<'a>> {
        let mut result = Ok(());
        for stmt in body {
            match self.statement(stmt) {
                Ok(Flow::Next) => {}
                Ok(flow) => return Ok(flow),
                Err(reported) if stmt.is_return_stmt() || self.is_exhausted() => {
                    return Err(reported);
                }
                Err(reported) => result = Err(reported),
            }
        }
        result.map(|()| Flow::Next)
    }

    pub(super) fn if_else(&mut self, choice: &'a StmtIf) -> Checked<Flow<'a>> {
        if self.condition("if", &choice.test)? {
            return self.block(&choice.body);
        }
        for clause in &choice.elif_else_clauses {
            let holds = match &clause.test {
                Some(test) => self.condition("elif", test)?,
                None => true,
            };
            if holds {
                return self.block(&clause.body);
            }
        }
        Ok(Flow::Next)
    }

    /// Returns whether a condition holds; it must be known at compile time.
    pub(super) fn condition(&mut self, word: &str, test: &'a Expr) -> Checked<bool> {
        let object = self.eval(test)?;
        if let Some(holds) = object.truth() {
            return Ok(holds);
        }
        let message = format!(
            "condition of `{word}` must be known at compile time, received {}",
            object.kind()
        );
        let help = "use `px.select(condition, a, b)` to choose for each row, or `df[condition]` \
                    to keep rows";
        self.fail(test.range(), Problem::new("wrong-type", message).help(help))
    }

    pub(super) fn for_each(&mut self, each: &'a StmtFor) -> Checked<Flow<'a>> {
        if each.is_async {
            let message = "can't parse expression of type `AsyncFor`";
            return self.fail(each.range, Problem::new("not-supported", message));
        }
        let items = self.iterable(&each.iter)?;
        let mut result = Ok(());
        for item in items {
            self.step(each.iter.range())?;
            self.unpack(&each.target, item)?;
            self.loop_depth += 1;
            let flow = self.block(&each.body);
            self.loop_depth -= 1;
            match flow {
                Ok(Flow::Break) => return result.map(|()| Flow::Next),
                Ok(Flow::Continue | Flow::Next) => {}
                Ok(flow @ Flow::Return(_)) => return Ok(flow),
                Err(reported) if self.is_exhausted() => return Err(reported),
                Err(reported) => result = Err(reported),
            }
        }
        result?;
        self.block(&each.orelse)
    }

    /// Returns what a loop goes through.
    fn iterable(&mut self, expr: &'a Expr) -> Checked<Vec<Object<'a>>> {
        let object = self.eval(expr)?;
        self.spend(object.items().map_or(0, <[Object<'a>]>::len), expr.range())?;
        match &object {
            Object::List(items) | Object::Tuple(items) => Ok(items.to_vec()),
            Object::Dict(items) => Ok(items.iter().map(|(key, _)| key.clone()).collect()),
            other => {
                let message = format!(
                    "expected a list, tuple or dict to loop over, received {}",
                    other.kind()
                );
                let help = match other {
                    Object::Frame(_) => "operations on a DataFrame work on all its rows",
                    _ => "write the items in brackets: `[a, b]`",
                };
                self.fail(expr.range(), Problem::new("wrong-type", message).help(help))
            }
        }
    }

    /// Binds the names of a loop.
    fn unpack(&mut self, target: &'a Expr, item: Object<'a>) -> Checked<()> {
        let (Expr::Tuple(_) | Expr::List(_)) = target else {
            return self.store(target, Ok(item));
        };
        let targets = match target {
            Expr::Tuple(tuple) => &tuple.elts,
            Expr::List(list) => &list.elts,
            _ => return Err(Reported),
        };
        let Some(items) = item.items().filter(|items| items.len() == targets.len()) else {
            let seen = item.items().map_or_else(
                || item.kind().to_owned(),
                |items| format!("{} of {}", item.kind(), items.len()),
            );
            let message = format!(
                "expected {} values to unpack, received {seen}",
                targets.len()
            );
            return self.fail(target.range(), Problem::new("wrong-type", message));
        };
        for (target, item) in targets.iter().zip(items) {
            self.unpack(target, item.clone())?;
        }
        Ok(())
    }

    /// Runs what a comprehension gives for each of its items, in a scope of its own.
    pub(super) fn comprehend(
        &mut self,
        generators: &'a [Comprehension],
        emit: &mut dyn FnMut(&mut Self) -> Checked<()>,
    ) -> Checked<()> {
        self.scopes.push(Scope {
            parent: Some(self.scope),
            ..Scope::default()
        });
        let outer = std::mem::replace(&mut self.scope, self.scopes.len() - 1);
        let result = self.generate(generators, emit);
        self.scope = outer;
        result
    }

    fn generate(
        &mut self,
        generators: &'a [Comprehension],
        emit: &mut dyn FnMut(&mut Self) -> Checked<()>,
    ) -> Checked<()> {
        let Some((first, rest)) = generators.split_first() else {
            return emit(self);
        };
        if first.is_async {
            let message = "expression node `AsyncComprehension` not defined in PxL";
            return self.fail(first.range, Problem::new("not-supported", message));
        }
        'items: for item in self.iterable(&first.iter)? {
            self.step(first.range)?;
            self.unpack(&first.target, item)?;
            for test in &first.ifs {
                if !self.condition("if", test)? {
                    continue 'items;
                }
            }
            self.generate(rest, emit)?;
        }
        Ok(())
    }

    /// Returns items as a list, within the limit of lists.
    pub(super) fn list_of(
        &mut self,
        items: Vec<Object<'a>>,
        range: TextRange,
    ) -> Checked<Object<'a>> {
        self.check_items(items.len(), range)?;
        Ok(Object::List(Rc::new(items)))
    }

    pub(super) fn check_items(&mut self, items: usize, range: TextRange) -> Checked<()> {
        if items > ITEMS_MAX {
            let message = format!("list has {items} items, at most {ITEMS_MAX} are taken");
            return self.fail(range, Problem::new("too-large", message));
        }
        Ok(())
    }

    /// A call of a function that needs no import.
    pub(super) fn global(
        &mut self,
        function: GlobalFunction,
        args: Arguments<'a>,
    ) -> Checked<Object<'a>> {
        let range = args.range;
        let bound = self.meet_all(function.name(), function.params(), args)?;
        let mut given = bound.into_iter().flatten();
        match function {
            GlobalFunction::Len => {
                let Some((object, object_range)) = given.next() else {
                    return Err(Reported);
                };
                let length = match &object {
                    Object::Dict(items) => Some(items.len()),
                    Object::Term(term) => match term.value() {
                        Some(Literal::Text(text)) => Some(text.chars().count()),
                        _ => None,
                    },
                    other => other.items().map(<[Object<'a>]>::len),
                };
                match length {
                    Some(length) => Ok(int(length, range)),
                    None => {
                        let message = format!(
                            "expected arg `obj` as list, tuple, dict or String, received {}",
                            object.kind()
                        );
                        let help = "use `px.length` for columns, `px.count` for rows";
                        let problem = Problem::new("wrong-argument", message).help(help);
                        self.fail(object_range, problem)
                    }
                }
            }
            GlobalFunction::Range => {
                let mut numbers = Vec::new();
                for (object, range) in given {
                    numbers.push(self.int("range", &object, range)?);
                }
                self.range(&numbers, range)
            }
        }
    }

    fn range(&mut self, numbers: &[i64], range: TextRange) -> Checked<Object<'a>> {
        let (start, stop, step) = match *numbers {
            [stop] => (0, stop, 1),
            [start, stop] => (start, stop, 1),
            [start, stop, step] => (start, stop, step),
            _ => return Err(Reported),
        };
        if step == 0 {
            let message = "range() arg `step` must not be zero";
            return self.fail(range, Problem::new("wrong-argument", message));
        }
        let mut items = Vec::new();
        let mut next = Some(start);
        while let Some(number) = next.filter(|n| if step > 0 { *n < stop } else { *n > stop }) {
            items.push(term(Literal::Int(number), range));
            self.check_items(items.len(), range)?;
            self.spend(1, range)?;
            next = number.checked_add(step);
        }
        Ok(Object::List(Rc::new(items)))
    }
}

fn int<'a>(number: usize, range: TextRange) -> Object<'a> {
    term(
        Literal::Int(i64::try_from(number).unwrap_or(i64::MAX)),
        range,
    )
}
