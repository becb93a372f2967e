//! Statements.

use crate::diagnostics::{Checked, Problem, Reported};
use crate::eval::control::Flow;
use crate::eval::{Evaluator, STEPS_MAX, TERM_WORK};
use crate::objects::Object;
use crate::objects::builtin::Method;
use crate::objects::module::Module;
use crate::plan::bind::Binder;
use crate::plan::{Column, Frame, Kind, Node, Term};
use ruff_python_ast::{Expr, ExprAttribute, Stmt, StmtAssign, StmtReturn};
use ruff_text_size::{Ranged, TextRange};
use std::rc::Rc;

impl<'a> Evaluator<'a, '_> {
    /// Runs a statement.
    pub(super) fn statement(&mut self, stmt: &'a Stmt) -> Checked<Flow<'a>> {
        self.step(stmt.range())?;
        match stmt {
            Stmt::Assign(assign) => self.assign(assign)?,
            Stmt::AugAssign(assign) => {
                let target = self.with_target(&assign.target, |this| {
                    let left = this.eval(&assign.target)?;
                    let right = this.eval(&assign.value)?;
                    this.binary(
                        assign.op,
                        (left, assign.target.range()),
                        (right, assign.value.range()),
                        assign.range,
                    )
                });
                self.store(&assign.target, target)?;
            }
            Stmt::Break(stop) => return self.leave_loop("break", stop.range, Flow::Break),
            Stmt::Continue(next) => return self.leave_loop("continue", next.range, Flow::Continue),
            Stmt::Expr(expr) => drop(self.eval(&expr.value)?),
            Stmt::For(each) => return self.for_each(each),
            Stmt::FunctionDef(def) => {
                let function = self.define(def);
                self.bind(def.name.as_str(), function.unwrap_or(Object::Poison));
            }
            Stmt::If(choice) => return self.if_else(choice),
            Stmt::Import(import) => self.import(import)?,
            Stmt::ImportFrom(import) => self.import_from(import)?,
            Stmt::Pass(_) => {}
            Stmt::Return(ret) => return self.return_value(ret),
            other => return self.unsupported(other),
        }
        Ok(Flow::Next)
    }

    /// Counts a step of the run.
    pub(super) fn step(&mut self, range: TextRange) -> Checked<()> {
        self.steps += 1;
        if self.steps > STEPS_MAX {
            let message = format!("script runs more than {STEPS_MAX} statements");
            return self.fail(range, Problem::new("too-large", message));
        }
        Ok(())
    }

    /// Counts work.
    pub(super) fn spend(&mut self, work: usize, range: TextRange) -> Checked<()> {
        self.work = self.work.saturating_add(work);
        if self.work > self.work_max {
            let message = format!(
                "script takes more than {} steps to compile: parts of expressions, items \
                 of lists, and pieces of text",
                self.work_max
            );
            return self.fail(range, Problem::new("too-large", message));
        }
        Ok(())
    }

    /// Returns true when no more will be run: it was too much, or no more problems would be told.
    pub(super) const fn is_exhausted(&self) -> bool {
        let is_told = self.diagnostics.is_full() && self.cursor.is_none();
        is_told || self.steps > STEPS_MAX || self.work > self.work_max
    }

    fn leave_loop(&mut self, word: &str, range: TextRange, flow: Flow<'a>) -> Checked<Flow<'a>> {
        if self.loop_depth == 0 {
            let message = format!("`{word}` outside loop");
            return self.fail(range, Problem::new("syntax", message));
        }
        Ok(flow)
    }

    fn return_value(&mut self, ret: &'a StmtReturn) -> Checked<Flow<'a>> {
        if self.call_depth == 0 {
            let problem = Problem::new("not-supported", "`return` outside function");
            return self.fail(ret.range, problem);
        }
        match &ret.value {
            Some(value) => self.eval(value).map(Flow::Return),
            None => Ok(Flow::Return(Object::None)),
        }
    }

    fn unsupported<T>(&mut self, stmt: &Stmt) -> Checked<T> {
        let (name, help) = match stmt {
            Stmt::AnnAssign(_) => ("AnnAssign", "leave the annotation out"),
            Stmt::Assert(_) => ("Assert", "leave it out"),
            Stmt::ClassDef(_) => ("ClassDef", "define functions instead"),
            Stmt::Delete(_) => ("Delete", "use `df.drop` to remove columns"),
            Stmt::Global(_) | Stmt::Nonlocal(_) => ("Global", "return the value instead"),
            Stmt::Match(_) => ("Match", "use `if` and `elif`"),
            Stmt::Raise(_) => ("Raise", "leave it out"),
            Stmt::Try(_) => ("TryExcept", "leave it out"),
            Stmt::While(_) => ("While", "use `for` over a list or `range(n)`"),
            Stmt::With(_) => ("With", "leave it out"),
            _ => (
                "statement",
                "use assignments, calls, functions, imports, `if` and `for`",
            ),
        };
        let message = format!("can't parse expression of type `{name}`");
        // The first line is enough to show the place of a block.
        self.fail(
            stmt.range(),
            Problem::new("not-supported", message).help(help),
        )
    }

    fn assign(&mut self, assign: &'a StmtAssign) -> Checked<()> {
        let [target] = assign.targets.as_slice() else {
            let problem = Problem::new("not-supported", "we only support single target assignment")
                .help("write one assignment for each name");
            return self.fail(assign.range, problem);
        };
        let value = self.with_target(target, |this| this.eval(&assign.value));
        self.store(target, value)
    }

    /// Evaluates the right side of an assignment, knowing which DataFrame it is for.
    fn with_target<T>(&mut self, target: &'a Expr, run: impl FnOnce(&mut Self) -> T) -> T {
        let base = match target {
            Expr::Attribute(attribute) => attribute.value.as_name_expr(),
            Expr::Subscript(subscript) => subscript.value.as_name_expr(),
            _ => None,
        };
        let frame = base.and_then(|name| match self.peek(name.id.as_str()) {
            Some(Object::Frame(frame)) => Some((name.id.as_str(), frame)),
            _ => None,
        });
        let outer = std::mem::replace(&mut self.target, frame);
        let result = run(self);
        self.target = outer;
        result
    }

    fn peek(&self, name: &str) -> Option<Object<'a>> {
        let mut next = Some(self.scope);
        while let Some(index) = next {
            if let Some(object) = self.scopes[index].names.get(name) {
                return Some(object.clone());
            }
            next = self.scopes[index].parent;
        }
        None
    }

    /// Returns the module that an attribute is assigned to, if it is one.
    fn owner(&self, base: &'a Expr) -> Option<Module> {
        let name = base.as_name_expr()?;
        match self.peek(name.id.as_str())? {
            Object::Module(module) => Some(module),
            _ => None,
        }
    }

    fn store_attribute(
        &mut self,
        owner: Module,
        attribute: &'a ExprAttribute,
        value: Checked<Object<'a>>,
    ) -> Checked<()> {
        let failed = value.is_err();
        let value = value.unwrap_or(Object::Poison);
        self.attributes
            .insert((owner, attribute.attr.as_str()), value);
        if failed { Err(Reported) } else { Ok(()) }
    }

    pub(super) fn store(&mut self, target: &'a Expr, value: Checked<Object<'a>>) -> Checked<()> {
        match target {
            Expr::Name(name) => {
                let failed = value.is_err();
                self.bind(name.id.as_str(), value.unwrap_or(Object::Poison));
                if failed { Err(Reported) } else { Ok(()) }
            }
            Expr::Attribute(attribute) => {
                if let Some(owner) = self.owner(&attribute.value) {
                    return self.store_attribute(owner, attribute, value);
                }
                let name = |_: &mut Self| Ok(attribute.attr.as_str().into());
                self.store_column(&attribute.value, name, target, value)
            }
            Expr::Subscript(subscript) => {
                let key = |this: &mut Self| {
                    let key = this.eval(&subscript.slice)?;
                    this.text("column name", &key, subscript.slice.range())
                };
                self.store_column(&subscript.value, key, target, value)
            }
            other => {
                let problem = Problem::new(
                    "not-supported",
                    "assignment target must be a Name or Subscript",
                )
                .help("write one assignment for each name");
                self.fail(other.range(), problem)
            }
        }
    }

    fn store_column(
        &mut self,
        base: &'a Expr,
        key: impl FnOnce(&mut Self) -> Checked<Rc<str>>,
        target: &'a Expr,
        value: Checked<Object<'a>>,
    ) -> Checked<()> {
        let Expr::Name(name) = base else {
            let message = format!(
                "can only assign to Dataframe by subscript from Name, received {}",
                node_kind(base)
            );
            let problem =
                Problem::new("not-supported", message).help("give the DataFrame a name first");
            return self.fail(base.range(), problem);
        };
        let frame = match self.lookup(name.id.as_str(), name.range)? {
            Object::Frame(frame) => frame,
            other if target.is_subscript_expr() => {
                let message = format!(
                    "subscript assignment not allowed for {} objects",
                    other.kind()
                );
                return self.fail(target.range(), Problem::new("wrong-type", message));
            }
            other => {
                let message = format!("cannot assign attributes to {} objects", other.kind());
                let help = "columns are assigned to DataFrames, attributes to modules";
                let problem = Problem::new("wrong-type", message).help(help);
                return self.fail(target.range(), problem);
            }
        };
        let column = key(self)?;
        if target.is_attribute_expr() && (Method::from_name(&column).is_some() || &*column == "ctx")
        {
            let message =
                format!("expected `Column` in arg `assignment target`, got function `{column}`");
            let help = format!("write `{}['{column}'] = ...`", name.id);
            return self.fail(
                target.range(),
                Problem::new("wrong-type", message).help(help),
            );
        }
        let assigned = value.and_then(|value| match value {
            Object::Term(term) => self.assigned(&frame, Rc::clone(&column), &term),
            other => {
                let message = format!(
                    "expected an expression to assign to column `{column}`, received {}",
                    other.kind()
                );
                self.fail(target.range(), Problem::new("wrong-type", message))
            }
        });
        let failed = assigned.is_err();
        let frame = assigned.unwrap_or_else(|Reported| {
            let relation = frame.relation.with(Column::poisoned(column));
            Node::new(Kind::Poisoned { input: frame }, relation)
        });
        self.bind(name.id.as_str(), Object::Frame(frame));
        if failed { Err(Reported) } else { Ok(()) }
    }

    fn assigned(&mut self, frame: &Frame, name: Rc<str>, term: &Term) -> Checked<Frame> {
        self.spend(TERM_WORK * term.size, term.range)?;
        let value = Binder {
            registry: self.registry,
            diagnostics: self.diagnostics,
            relation: &frame.relation,
        }
        .bind(term)?;
        let column = Column::new(Rc::clone(&name), value.data_type, value.semantic_type);
        let relation = frame.relation.with(column);
        self.node(
            Kind::Assign {
                input: Rc::clone(frame),
                name,
                value,
            },
            relation,
            term.range,
        )
    }
}

/// Returns what kind of thing stands before the column in an assignment.
const fn node_kind(expr: &Expr) -> &'static str {
    match expr {
        Expr::Attribute(_) => "Attribute",
        Expr::Call(_) => "Call",
        Expr::Subscript(_) => "Subscript",
        _ => "expression",
    }
}
