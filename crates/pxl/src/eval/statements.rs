//! Statements.

use crate::diagnostics::{Checked, Problem, Reported};
use crate::eval::{Evaluator, STEPS_MAX};
use crate::objects::builtin::{LATER_MODULES, Method};
use crate::objects::{Module, Object, UserFunction, UserParam};
use crate::plan::bind::Binder;
use crate::plan::{Column, Frame, Kind, Node, Term};
use ruff_python_ast::{Alias, Expr, Stmt, StmtAssign, StmtFunctionDef, StmtImport, StmtImportFrom};
use ruff_text_size::{Ranged, TextRange};
use std::rc::Rc;

impl<'a> Evaluator<'a, '_> {
    /// Runs a statement; gives a value for `return`.
    pub(super) fn statement(&mut self, stmt: &'a Stmt) -> Checked<Option<Object<'a>>> {
        self.steps += 1;
        if self.steps > STEPS_MAX {
            let message = format!("script runs more than {STEPS_MAX} statements");
            return self.fail(stmt.range(), Problem::new("too-large", message));
        }
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
            Stmt::Expr(expr) => drop(self.eval(&expr.value)?),
            Stmt::FunctionDef(def) => {
                let function = self.define(def);
                self.bind(def.name.as_str(), function.unwrap_or(Object::Poison));
            }
            Stmt::Import(import) => self.import(import)?,
            Stmt::ImportFrom(import) => self.import_from(import)?,
            Stmt::Pass(_) => {}
            Stmt::Return(ret) => {
                if self.call_depth == 0 {
                    let problem = Problem::new("not-supported", "`return` outside function");
                    return self.fail(ret.range, problem);
                }
                return match &ret.value {
                    Some(value) => self.eval(value).map(Some),
                    None => Ok(Some(Object::None)),
                };
            }
            other => return self.unsupported(other),
        }
        Ok(None)
    }

    fn unsupported<T>(&mut self, stmt: &Stmt) -> Checked<T> {
        let (name, help) = match stmt {
            Stmt::AnnAssign(_) => ("AnnAssign", "leave the annotation out"),
            Stmt::Assert(_) => ("Assert", "leave it out"),
            Stmt::Break(_) => ("Break", "there are no loops over rows"),
            Stmt::ClassDef(_) => ("ClassDef", "define functions instead"),
            Stmt::Continue(_) => ("Continue", "there are no loops over rows"),
            Stmt::Delete(_) => ("Delete", "use `df.drop` to remove columns"),
            Stmt::For(_) => ("For", "operations on a DataFrame work on all its rows"),
            Stmt::Global(_) | Stmt::Nonlocal(_) => ("Global", "return the value instead"),
            Stmt::If(_) => (
                "If",
                "use `px.select` to choose for each row, or `a if c else b`",
            ),
            Stmt::Raise(_) => ("Raise", "leave it out"),
            Stmt::Try(_) => ("TryExcept", "leave it out"),
            Stmt::While(_) => ("While", "operations on a DataFrame work on all its rows"),
            Stmt::With(_) => ("With", "leave it out"),
            _ => ("statement", "use assignments, calls, functions and imports"),
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

    fn store(&mut self, target: &'a Expr, value: Checked<Object<'a>>) -> Checked<()> {
        match target {
            Expr::Name(name) => {
                let failed = value.is_err();
                self.bind(name.id.as_str(), value.unwrap_or(Object::Poison));
                if failed { Err(Reported) } else { Ok(()) }
            }
            Expr::Attribute(attribute) => self.store_column(
                &attribute.value,
                |_| Ok(attribute.attr.as_str().into()),
                target,
                value,
            ),
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
            let problem = Problem::new(
                "not-supported",
                "can only assign to Dataframe by subscript from Name",
            )
            .help("give the DataFrame a name first");
            return self.fail(base.range(), problem);
        };
        let frame = match self.lookup(name.id.as_str(), name.range)? {
            Object::Frame(frame) => frame,
            other => {
                let message = format!("assignment not allowed for {} objects", other.kind());
                return self.fail(target.range(), Problem::new("wrong-type", message));
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

    fn define(&mut self, def: &'a StmtFunctionDef) -> Checked<Object<'a>> {
        if let Some(decorator) = def.decorator_list.first() {
            let problem = Problem::new("not-available", "decorators are not available yet");
            return self.fail(decorator.range(), problem);
        }
        let parameters = &def.parameters;
        for (variadic, what) in [(&parameters.vararg, "args"), (&parameters.kwarg, "kwargs")] {
            if let Some(variadic) = variadic {
                let message =
                    format!("variable length {what} are not supported in function definitions");
                return self.fail(variadic.range, Problem::new("not-supported", message));
            }
        }
        let mut params = Vec::new();
        for parameter in parameters.iter_non_variadic_params() {
            let annotation = match parameter.parameter.annotation() {
                Some(annotation) => Some(self.eval(annotation)?),
                None => None,
            };
            let default = match parameter.default() {
                Some(default) => Some(self.eval(default)?),
                None => None,
            };
            params.push(UserParam {
                name: parameter.name().as_str(),
                annotation,
                default,
            });
        }
        Ok(Object::Function(Rc::new(UserFunction {
            def,
            params,
            scope: self.scope,
        })))
    }

    fn import(&mut self, import: &'a StmtImport) -> Checked<()> {
        let mut result = Ok(());
        for alias in &import.names {
            let module = self.module(alias.name.as_str(), alias.range);
            if module.is_err() {
                result = Err(Reported);
            }
            let name = bound_name(alias);
            // `import a.b` binds `a`.
            let name = name.split('.').next().unwrap_or(name);
            self.bind(name, module.unwrap_or(Object::Poison));
        }
        result
    }

    fn import_from(&mut self, import: &'a StmtImportFrom) -> Checked<()> {
        if import.level > 0 {
            let message = format!("unexpected import level {}, expected 0", import.level);
            return self.fail(import.range, Problem::new("unknown-module", message));
        }
        let module = import.module.as_ref().map_or("", |module| module.as_str());
        let module = self.module(module, import.range);
        let mut result = Ok(());
        for alias in &import.names {
            let object = match &module {
                Ok(_) => self.imported(alias),
                Err(reported) => Err(*reported),
            };
            if object.is_err() {
                result = Err(Reported);
            }
            self.bind(bound_name(alias), object.unwrap_or(Object::Poison));
        }
        result
    }

    fn imported(&mut self, alias: &'a Alias) -> Checked<Object<'a>> {
        let name = alias.name.as_str();
        if let Some(object) = self.px(name) {
            return Ok(object);
        }
        let message = format!("cannot import name `{name}` from `px`");
        let problem = self.unknown_in_px("unknown-name", message, name);
        self.fail(alias.range, problem)
    }

    fn module(&mut self, name: &str, range: TextRange) -> Checked<Object<'a>> {
        if name == "px" {
            return Ok(Object::Module(Module::Px));
        }
        if LATER_MODULES.contains(&name) {
            let message = format!("module `{name}` is not available yet");
            return self.fail(range, Problem::new("not-available", message));
        }
        let problem = Problem::new(
            "unknown-module",
            format!("ModuleNotFoundError: no module named `{name}`"),
        )
        .suggest(
            name,
            ["px"].into_iter().chain(LATER_MODULES.iter().copied()),
        );
        self.fail(range, problem)
    }
}

fn bound_name(alias: &Alias) -> &str {
    alias.asname.as_ref().unwrap_or(&alias.name).as_str()
}
