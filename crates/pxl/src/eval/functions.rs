//! Definitions of functions, with their decorators.

use crate::diagnostics::{Checked, Problem, Reported};
use crate::eval::Evaluator;
use crate::eval::calls::{Arguments, Bound};
use crate::objects::builtin::VisFunction;
use crate::objects::{Decorator, Object, ProbeFunction, UserFunction, UserParam};
use ruff_python_ast::StmtFunctionDef;
use ruff_text_size::{Ranged, TextRange};
use std::collections::HashSet;
use std::rc::Rc;

impl<'a> Evaluator<'a, '_> {
    /// Returns the function of a definition, as its decorators leave it.
    pub(super) fn define(&mut self, def: &'a StmtFunctionDef) -> Checked<Object<'a>> {
        let parameters = &def.parameters;
        for (variadic, what) in [(&parameters.vararg, "args"), (&parameters.kwarg, "kwargs")] {
            if let Some(variadic) = variadic {
                let message =
                    format!("variable length {what} are not supported in function definitions");
                let help = "name each parameter; a list can take what varies";
                let problem = Problem::new("not-supported", message).help(help);
                return self.fail(variadic.range, problem);
            }
        }
        self.check_definition(def)?;
        let mut params = Vec::new();
        for parameter in parameters.iter_non_variadic_params() {
            let annotation = match parameter.parameter.annotation() {
                Some(annotation) => Some(self.eval(annotation)?),
                None => None,
            };
            let default = match parameter.default() {
                Some(default) => {
                    let object = self.eval(default)?;
                    if let (Some(annotation), false) = (&annotation, matches!(object, Object::None))
                    {
                        self.check_annotation(annotation, &object, default.range())?;
                    }
                    Some(object)
                }
                None => None,
            };
            params.push(UserParam {
                name: parameter.name().as_str(),
                annotation,
                default,
            });
        }
        let function = Object::Function(Rc::new(UserFunction {
            def,
            params,
            scope: self.scope,
            module: self.module,
        }));
        self.decorated(def, function)
    }

    /// Refuses forms of definitions that would not do what they say.
    fn check_definition(&mut self, def: &'a StmtFunctionDef) -> Checked<()> {
        let parameters = &def.parameters;
        let mut names = HashSet::new();
        for parameter in parameters.iter_non_variadic_params() {
            let name = parameter.name();
            if !names.insert(name.as_str()) {
                let message = format!("duplicated argument `{name}` in function definition");
                return self.fail(name.range, Problem::new("syntax", message));
            }
        }
        let by_kind = parameters
            .posonlyargs
            .last()
            .map(|last| ("/", last.range()));
        let first = parameters.kwonlyargs.first();
        let by_kind = by_kind.or_else(|| Some(("*", first?.range())));
        if let Some((sign, range)) = by_kind {
            let message = format!("`{sign}` is not supported in function definitions");
            let help = "every argument can be given by position and by name";
            return self.fail(range, Problem::new("not-supported", message).help(help));
        }
        if def.is_async {
            let message = format!("`async def {}` is not supported", def.name);
            let help = "leave `async` out";
            return self.fail(
                def.name.range,
                Problem::new("not-supported", message).help(help),
            );
        }
        if let Some(returns) = &def.returns {
            self.eval(returns)?;
        }
        Ok(())
    }

    /// Applies decorators, the innermost first.
    fn decorated(&mut self, def: &'a StmtFunctionDef, function: Object<'a>) -> Checked<Object<'a>> {
        let mut decorators = Vec::with_capacity(def.decorator_list.len());
        for decorator in &def.decorator_list {
            decorators.push((self.eval(&decorator.expression)?, decorator.range()));
        }
        let mut object = function;
        for (decorator, range) in decorators.into_iter().rev() {
            object = match decorator {
                Object::Decorator(decorator) => self.decorate(&decorator, object, range)?,
                Object::Function(wrapper) => {
                    let args = Arguments {
                        positional: vec![(object, range)],
                        keywords: Vec::new(),
                        range,
                    };
                    self.user_function(&wrapper, args)?
                }
                other => {
                    let message = format!(
                        "expected a decorator that takes a function, received {}",
                        other.kind()
                    );
                    let help = "`@pxtrace.probe('symbol')` and `@px.vis.vega(spec)` are decorators";
                    return self.fail(range, Problem::new("wrong-type", message).help(help));
                }
            };
        }
        Ok(object)
    }

    fn decorate(
        &mut self,
        decorator: &Decorator,
        object: Object<'a>,
        range: TextRange,
    ) -> Checked<Object<'a>> {
        match (decorator, object) {
            (Decorator::Vega, object) => Ok(object),
            (Decorator::Probe(symbol), Object::Function(function)) => {
                if let Some(param) = function.params.first() {
                    let message = format!(
                        "probe `{}` takes no parameters, `{}` was given",
                        function.def.name, param.name
                    );
                    let help = "read arguments of the traced function by `pxtrace.ArgExpr`";
                    return self.fail(range, Problem::new("wrong-argument", message).help(help));
                }
                let symbol = Rc::clone(symbol);
                Ok(Object::Probe(Rc::new(ProbeFunction { function, symbol })))
            }
            (Decorator::Probe(_), other) => {
                let message = format!(
                    "expected a function to probe with, received {}",
                    other.kind()
                );
                self.fail(range, Problem::new("wrong-type", message))
            }
        }
    }

    /// A call of a function of `px.vis`.
    pub(super) fn vis(
        &mut self,
        function: VisFunction,
        args: Arguments<'a>,
    ) -> Checked<Object<'a>> {
        let bound = self.meet_all(function.name(), function.params(), args)?;
        match function {
            VisFunction::Vega => {
                let Some(Some((spec, range))) = bound.into_iter().next() else {
                    return Err(Reported);
                };
                self.text("vega_spec", &spec, range)?;
                Ok(Object::Decorator(Rc::new(Decorator::Vega)))
            }
        }
    }

    /// Returns the argument of each parameter of a function that came with a module.
    pub(super) fn meet_all(
        &mut self,
        function: &str,
        params: &[crate::objects::builtin::Param],
        args: Arguments<'a>,
    ) -> Checked<Vec<Bound<'a>>> {
        let params: Vec<_> = params.iter().map(|p| (p.name, p.required)).collect();
        self.meet(function, &params, args)
    }
}
