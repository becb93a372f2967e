//! Calls: how arguments meet parameters.

use crate::diagnostics::{Checked, Problem, Reported};
use crate::eval::control::Flow;
use crate::eval::{CALL_DEPTH_MAX, Evaluator, Scope};
use crate::objects::types::TypeObject;
use crate::objects::{Object, UserFunction};
use crate::plan::{Literal, Term, TermKind};
use nixie_functions::Function;
use nixie_types::DataType;
use ruff_python_ast::{Expr, ExprCall};
use ruff_text_size::{Ranged, TextRange};
use std::collections::HashMap;
use std::rc::Rc;

/// The arguments of a call, evaluated.
pub(super) struct Arguments<'a> {
    pub(super) positional: Vec<(Object<'a>, TextRange)>,
    pub(super) keywords: Vec<(&'a str, Object<'a>, TextRange)>,
    /// The whole call.
    pub(super) range: TextRange,
}

/// An argument as it met its parameter.
pub(super) type Bound<'a> = Option<(Object<'a>, TextRange)>;

impl<'a> Evaluator<'a, '_> {
    pub(super) fn call(&mut self, call: &'a ExprCall) -> Checked<Object<'a>> {
        if let Some(value) = self.at_cursor(call) {
            return value;
        }
        let callee = self.eval(&call.func);
        let args = self.arguments(call);
        let (callee, args) = (callee?, args?);
        match callee {
            Object::Builtin(builtin) => self.builtin(builtin, args),
            Object::Function(function) => self.user_function(&function, args),
            Object::Config(function) => self.config(function, args),
            Object::Global(function) => self.global(function, args),
            Object::GroupedMethod(grouped, method) => self.grouped_method(&grouped, method, args),
            Object::Method(frame, method) => self.method(&frame, method, args),
            Object::OtelFunction(function) => self.otel(function, args),
            Object::Registered(function) => self.registered(function, args),
            Object::TableFunction(function) => self.table_function(function, args),
            Object::Trace(function) => self.trace(function, args),
            Object::Type(cast) => self.cast(cast, args),
            Object::Vis(function) => self.vis(function, args),
            Object::Term(term) => {
                let problem = match &term.kind {
                    TermKind::Column(name) => {
                        let methods = crate::objects::builtin::Method::ALL;
                        let message = format!("dataframe has no method `{name}`");
                        Problem::new("unknown-attribute", message)
                            .suggest(name, methods.iter().map(|method| method.name()))
                    }
                    _ => Problem::new("wrong-type", "expression object is not callable"),
                };
                self.fail(call.func.range(), problem)
            }
            other => {
                let message = format!("{} object is not callable", other.kind());
                self.fail(call.func.range(), Problem::new("wrong-type", message))
            }
        }
    }

    fn arguments(&mut self, call: &'a ExprCall) -> Checked<Arguments<'a>> {
        let mut failed = false;
        let mut positional = Vec::with_capacity(call.arguments.args.len());
        for arg in &call.arguments.args {
            if let Expr::Starred(starred) = arg {
                let message = "`*` arguments are not supported in calls";
                return self.fail(starred.range, Problem::new("not-supported", message));
            }
            match self.eval(arg) {
                Ok(object) => positional.push((object, arg.range())),
                Err(Reported) => failed = true,
            }
        }
        let mut keywords = Vec::with_capacity(call.arguments.keywords.len());
        for keyword in &call.arguments.keywords {
            let Some(name) = &keyword.arg else {
                let message = "`**` arguments are not supported in calls";
                return self.fail(keyword.range, Problem::new("not-supported", message));
            };
            match self.eval(&keyword.value) {
                Ok(object) => keywords.push((name.as_str(), object, keyword.range)),
                Err(Reported) => failed = true,
            }
        }
        if failed {
            return Err(Reported);
        }
        Ok(Arguments {
            positional,
            keywords,
            range: call.range(),
        })
    }

    /// Returns the argument of each parameter; parameters are names and whether they are required.
    pub(super) fn meet(
        &mut self,
        function: &str,
        params: &[(&str, bool)],
        args: Arguments<'a>,
    ) -> Checked<Vec<Bound<'a>>> {
        let mut bound: Vec<Bound<'a>> = vec![None; params.len()];
        if args.positional.len() > params.len() {
            let message = format!(
                "{function}() takes {} arguments but {} were given",
                params.len(),
                args.positional.len() + args.keywords.len()
            );
            return self.fail(args.range, Problem::new("wrong-argument", message));
        }
        for (place, arg) in args.positional.into_iter().enumerate() {
            bound[place] = Some(arg);
        }
        for (name, object, range) in args.keywords {
            let Some(place) = params.iter().position(|(param, _)| *param == name) else {
                let message = format!("{function}() got an unexpected keyword argument `{name}`");
                let problem = Problem::new("wrong-argument", message)
                    .suggest(name, params.iter().map(|(param, _)| *param));
                return self.fail(range, problem);
            };
            if bound[place].is_some() {
                let message = format!("{function}() got multiple values for argument `{name}`");
                return self.fail(range, Problem::new("wrong-argument", message));
            }
            bound[place] = Some((object, range));
        }
        let missing: Vec<_> = params
            .iter()
            .zip(&bound)
            .filter(|((_, required), arg)| *required && arg.is_none())
            .map(|((name, _), _)| format!("`{name}`"))
            .collect();
        if missing.is_empty() {
            return Ok(bound);
        }
        let plural = if missing.len() == 1 { "" } else { "s" };
        let message = format!(
            "{function}() missing {} required positional argument{plural} {}",
            missing.len(),
            missing.join(", ")
        );
        self.fail(args.range, Problem::new("wrong-argument", message))
    }

    pub(super) fn user_function(
        &mut self,
        function: &Rc<UserFunction<'a>>,
        args: Arguments<'a>,
    ) -> Checked<Object<'a>> {
        let name = function.def.name.as_str();
        let range = args.range;
        let params: Vec<_> = function
            .params
            .iter()
            .map(|param| (param.name, param.default.is_none()))
            .collect();
        let bound = self.meet(name, &params, args)?;
        if self.call_depth >= CALL_DEPTH_MAX {
            let message = format!("functions call each other more than {CALL_DEPTH_MAX} deep");
            let help = format!("a call of `{name}` that leads to itself never ends");
            return self.fail(range, Problem::new("too-large", message).help(help));
        }
        let mut names = HashMap::new();
        let mut failed = false;
        for (param, arg) in function.params.iter().zip(bound) {
            let object = match (arg, &param.default) {
                (Some((object, range)), _) => {
                    if let Some(annotation) = &param.annotation {
                        failed |= self.check_annotation(annotation, &object, range).is_err();
                    }
                    object
                }
                (None, Some(default)) => default.clone(),
                (None, None) => return Err(Reported),
            };
            names.insert(param.name, object);
        }
        if failed {
            return Err(Reported);
        }
        self.enter(function, names, range)
    }

    /// Runs a function's body in a scope of its own.
    fn enter(
        &mut self,
        function: &UserFunction<'a>,
        names: HashMap<&'a str, Object<'a>>,
        range: TextRange,
    ) -> Checked<Object<'a>> {
        self.scopes.push(Scope {
            names,
            parent: Some(function.scope),
        });
        let scope = std::mem::replace(&mut self.scope, self.scopes.len() - 1);
        let target = self.target.take();
        let loop_depth = std::mem::take(&mut self.loop_depth);
        let module = std::mem::replace(&mut self.module, function.module);
        // Of a function that comes with px the script shows the call only.
        let outside = function.module.is_some_and(|module| {
            let name = format!("{}.{}", module.name(), function.def.name);
            self.diagnostics.go_into(name, Some(range))
        });
        self.call_depth += 1;
        let flow = self.block(&function.def.body);
        self.call_depth -= 1;
        if outside {
            self.diagnostics.come_out();
        }
        self.module = module;
        self.loop_depth = loop_depth;
        self.target = target;
        self.scope = scope;
        match flow? {
            Flow::Return(object) => Ok(object),
            Flow::Break | Flow::Continue | Flow::Next => Ok(Object::None),
        }
    }

    pub(super) fn check_annotation(
        &mut self,
        annotation: &Object<'a>,
        object: &Object<'a>,
        range: TextRange,
    ) -> Checked<()> {
        let wrong = match (annotation, object) {
            (
                Object::Type(TypeObject {
                    data_type: None, ..
                }),
                Object::List(_),
            ) => None,
            (
                Object::Type(TypeObject {
                    data_type: None, ..
                }),
                other,
            ) => Some(("list".to_owned(), other.kind().to_owned())),
            (
                Object::Type(TypeObject {
                    data_type: Some(want),
                    ..
                }),
                Object::Term(term),
            ) => {
                let got = match &term.kind {
                    TermKind::Literal(literal) => Some(literal.data_type()),
                    TermKind::Cast { data_type, .. } => Some(*data_type),
                    _ => None,
                };
                (got != Some(*want)).then(|| {
                    let got = got.map_or_else(|| "a column".to_owned(), type_name);
                    (type_name(*want), got)
                })
            }
            (
                Object::Type(TypeObject {
                    data_type: Some(want),
                    ..
                }),
                other,
            ) => Some((type_name(*want), other.kind().to_owned())),
            (Object::Builtin(crate::objects::builtin::Builtin::DataFrame), other) => {
                (!matches!(other, Object::Frame(_)))
                    .then(|| ("DataFrame".to_owned(), other.kind().to_owned()))
            }
            _ => None,
        };
        match wrong {
            Some((want, got)) => {
                let message = format!("expected `{want}`, received `{got}`");
                self.fail(range, Problem::new("wrong-type", message))
            }
            None => Ok(()),
        }
    }

    fn cast(&mut self, cast: &'static TypeObject, args: Arguments<'a>) -> Checked<Object<'a>> {
        let range = args.range;
        let bound = self.meet(cast.name, &[("expr", true)], args)?;
        let Some(Some((object, arg_range))) = bound.into_iter().next() else {
            return Err(Reported);
        };
        let (Some(data_type), Object::Term(arg)) = (cast.data_type, &object) else {
            let message = format!(
                "cannot cast {} to `{}`, expected an expression",
                object.kind(),
                cast.name
            );
            return self.fail(arg_range, Problem::new("wrong-type", message));
        };
        let kind = TermKind::Cast {
            name: cast.name,
            data_type,
            semantic_type: cast.semantic_type,
            arg: Rc::clone(arg),
        };
        let term = Term::new(kind, range);
        if term.depth > crate::plan::term::DEPTH_MAX {
            let message = "expression has too many levels";
            return self.fail(range, Problem::new("too-large", message));
        }
        Ok(Object::Term(term))
    }

    fn registered(
        &mut self,
        function: &'static Function,
        args: Arguments<'a>,
    ) -> Checked<Object<'a>> {
        if let Some((name, _, range)) = args.keywords.first() {
            let message = format!(
                "{}() got an unexpected keyword argument `{name}`; functions over rows take \
                 arguments by position",
                function.name
            );
            return self.fail(*range, Problem::new("wrong-argument", message));
        }
        let literals = function.literal_args();
        if args.positional.len() < literals {
            let message = format!(
                "{}(): expected {literals} init args but only received {} arguments",
                function.name,
                args.positional.len()
            );
            return self.fail(args.range, Problem::new("wrong-argument", message));
        }
        let mut terms = Vec::with_capacity(args.positional.len());
        for (place, (object, range)) in args.positional.iter().enumerate() {
            let Object::Term(term) = object else {
                let message = format!(
                    "argument to `{}` must be an expression, received {}",
                    function.name,
                    object.kind()
                );
                return self.fail(*range, Problem::new("wrong-type", message));
            };
            if place < literals && term.value().is_none() {
                let message = format!(
                    "{}(): expected init argument {place} to be a primitive data type, received {}",
                    function.name,
                    term.kind_name()
                );
                let help = "it must be known at compile time";
                return self.fail(*range, Problem::new("wrong-type", message).help(help));
            }
            terms.push(Rc::clone(term));
        }
        self.function_call(function.name, terms, args.range)
            .map(Object::Term)
    }

    /// Returns the text of a literal.
    pub(super) fn text(
        &mut self,
        param: &str,
        object: &Object<'a>,
        range: TextRange,
    ) -> Checked<Rc<str>> {
        if let Object::Term(term) = object
            && let Some(Literal::Text(text)) = term.value()
        {
            return Ok(Rc::clone(text));
        }
        self.wrong_kind(param, "String", object, range)
    }

    /// Returns the whole number of a literal.
    pub(super) fn int(
        &mut self,
        param: &str,
        object: &Object<'a>,
        range: TextRange,
    ) -> Checked<i64> {
        if let Object::Term(term) = object
            && let Some(Literal::Int(int)) = term.value()
        {
            return Ok(*int);
        }
        self.wrong_kind(param, "Int", object, range)
    }

    /// Returns the texts of a literal, or of a list or tuple of them.
    pub(super) fn texts(
        &mut self,
        param: &str,
        object: &Object<'a>,
        range: TextRange,
    ) -> Checked<Vec<Rc<str>>> {
        match object {
            Object::List(items) | Object::Tuple(items) => items
                .iter()
                .enumerate()
                .map(|(index, item)| self.text(&format!("{param} (index {index})"), item, range))
                .collect(),
            other => Ok(vec![self.text(param, other, range)?]),
        }
    }

    /// Returns the place of each text of a literal, or of a list or tuple of them.
    pub(super) fn places(object: &Object<'a>, range: TextRange) -> Vec<TextRange> {
        let place = |item: &Object<'a>| match item {
            Object::Term(term) => term.range,
            _ => range,
        };
        match object {
            Object::List(items) | Object::Tuple(items) => items.iter().map(place).collect(),
            _ => vec![range],
        }
    }

    pub(super) fn wrong_kind<T>(
        &mut self,
        param: &str,
        want: &str,
        object: &Object<'a>,
        range: TextRange,
    ) -> Checked<T> {
        let message = format!(
            "expected arg `{param}` as type `{want}`, received `{}`",
            object.kind()
        );
        self.fail(range, Problem::new("wrong-argument", message))
    }
}

fn type_name(data_type: DataType) -> String {
    data_type.name().to_lowercase()
}
