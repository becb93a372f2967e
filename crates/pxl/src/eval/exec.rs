//! Functions that the caller asks to run, as widgets of a vis specification do.

use crate::FunctionCall;
use crate::diagnostics::{Checked, Problem, Reported};
use crate::eval::calls::Arguments;
use crate::eval::{Evaluator, Scope};
use crate::objects::module::Module;
use crate::objects::types::TypeObject;
use crate::objects::{Object, UserFunction, UserParam};
use crate::plan::Literal;
use nixie_types::{DataType, SemanticType, Upid};
use ruff_python_ast::Expr;
use ruff_text_size::TextRange;
use std::collections::BTreeMap;
use std::rc::Rc;

impl<'a> Evaluator<'a, '_> {
    /// Runs all functions that were asked for; what they return is displayed.
    pub(super) fn run_functions(&mut self) {
        for call in self.functions {
            // A problem has been reported; the next function may show another.
            if let Err(Reported) = self.run_function(call) {}
        }
    }

    fn run_function(&mut self, call: &'a FunctionCall) -> Checked<()> {
        let name = call.function.as_str();
        if name.is_empty() {
            let message = "must specify func_name for each function to execute";
            return self.nowhere(Problem::new("wrong-argument", message));
        }
        if call.output.is_empty() {
            let message = format!("output_table_prefix must be specified for function `{name}`");
            return self.nowhere(Problem::new("wrong-argument", message));
        }
        let function = match self.scopes[0].names.get(name) {
            Some(Object::Function(function)) => Rc::clone(function),
            Some(Object::Poison) => return Err(Reported),
            Some(other) => {
                let message = format!("`{name}` is a {} not a function", other.kind());
                return self.nowhere(Problem::new("unknown-function", message));
            }
            None => {
                let mut known: Vec<_> = self.scopes[0].names.keys().copied().collect();
                known.sort_unstable();
                let message = format!("function to execute, `{name}`, not found");
                return self
                    .nowhere(Problem::new("unknown-function", message).suggest(name, known));
            }
        };
        let args = self.function_arguments(&function, call)?;
        let result = self.user_function(&function, args)?;
        self.function_result(name, &call.output, result)
    }

    fn nowhere<T>(&mut self, problem: Problem) -> Checked<T> {
        Err(self.diagnostics.report_nowhere(problem))
    }

    fn function_arguments(
        &mut self,
        function: &Rc<UserFunction<'a>>,
        call: &'a FunctionCall,
    ) -> Checked<Arguments<'a>> {
        let name = &call.function;
        let range = function.def.name.range;
        let mut keywords = Vec::with_capacity(call.arguments.len());
        for (arg, text) in &call.arguments {
            let Some(param) = function
                .params
                .iter()
                .find(|param| param.name == arg.as_str())
            else {
                let known = function.params.iter().map(|param| param.name);
                let message = format!("function `{name}` does not have an argument called `{arg}`");
                return self.nowhere(Problem::new("unknown-argument", message).suggest(arg, known));
            };
            let object = self.function_argument(name, param, text)?;
            keywords.push((param.name, object, range));
        }
        Ok(Arguments {
            positional: Vec::new(),
            keywords,
            range,
        })
    }

    fn function_argument(
        &mut self,
        function: &str,
        param: &UserParam<'a>,
        text: &str,
    ) -> Checked<Object<'a>> {
        let arg = param.name;
        let Some(annotation) = &param.annotation else {
            let message =
                format!("arg type annotation required, function `{function}`, arg `{arg}`");
            return self.nowhere(Problem::new("wrong-argument", message));
        };
        let wanted = match annotation {
            Object::Type(TypeObject {
                data_type: None, ..
            }) => return self.list(arg, text),
            Object::Type(TypeObject {
                data_type: Some(data_type),
                ..
            }) => match data_type {
                DataType::Boolean => "bool",
                DataType::Float64 => "float64",
                DataType::Int64 => "int64",
                DataType::String => "str",
                DataType::Time64Ns => "time",
                DataType::UInt128 => return self.identity(arg, text),
            },
            _ => {
                let message =
                    "all arguments to executed functions must have an underlying concrete type";
                return self.nowhere(Problem::new("wrong-argument", message));
            }
        };
        match self.convert(text, wanted) {
            Some(literal) => Ok(super::expressions::term(literal, TextRange::default())),
            None => {
                let message =
                    format!("failed to parse arg `{arg}` with value `{text}` as {wanted}");
                self.nowhere(Problem::new("wrong-argument", message))
            }
        }
    }

    /// Returns the list that a text like `['a','b']` gives, evaluated with `px` in scope.
    pub(super) fn list(&mut self, arg: &str, text: &str) -> Checked<Object<'a>> {
        let wrong = |seen: &str| {
            let message = format!(
                "failed to parse arg `{arg}` with value `{text}` as list, {seen}; write `['a','b']`"
            );
            Problem::new("wrong-argument", message)
        };
        let lists = self.lists;
        let Some(expr) = lists.get(text) else {
            return self.nowhere(wrong("it is not an expression in brackets"));
        };
        let mut names = Self::global_names();
        names.insert("px", Object::Module(Module::Px));
        self.scopes.push(Scope {
            names,
            parent: None,
        });
        let scope = std::mem::replace(&mut self.scope, self.scopes.len() - 1);
        let entered = self.diagnostics.go_into(format!("argument {arg}"), None);
        let object = self.eval(expr);
        if entered {
            self.diagnostics.come_out();
        }
        self.scope = scope;
        match object? {
            list @ Object::List(_) => Ok(list),
            other => {
                let problem = wrong(&format!("expected `list` got `{}`", other.kind()));
                self.nowhere(problem)
            }
        }
    }

    /// Returns the identity that a text spells.
    fn identity(&mut self, arg: &str, text: &str) -> Checked<Object<'a>> {
        let value = match text.trim().parse::<Upid>() {
            Ok(upid) => Some(upid.to_u128()),
            Err(_) => super::builtins::parse_uuid(text.trim()),
        };
        match value {
            Some(value) => {
                let literal = Literal::UInt128(value, SemanticType::Upid);
                Ok(super::expressions::term(literal, TextRange::default()))
            }
            None => {
                let message = format!(
                    "failed to parse arg `{arg}` with value `{text}` as UPID, expected a UUID or \
                     `asid:pid:start_ticks`"
                );
                self.nowhere(Problem::new("wrong-argument", message))
            }
        }
    }

    fn function_result(&mut self, name: &str, output: &str, result: Object<'a>) -> Checked<()> {
        let range = TextRange::default();
        match result {
            Object::Frame(frame) => self.add_sink(output.to_owned(), frame, range),
            Object::List(items) | Object::Tuple(items) => {
                for (index, item) in items.iter().enumerate() {
                    let Object::Frame(frame) = item else {
                        let message = format!(
                            "function `{name}` returns {} but should return a DataFrame at index \
                             {index}, all returned objects must be dataframes",
                            item.kind()
                        );
                        return self.nowhere(Problem::new("wrong-type", message));
                    };
                    self.add_sink(format!("{output}[{index}]"), Rc::clone(frame), range)?;
                }
                Ok(())
            }
            other => {
                let message = format!(
                    "function `{name}` returns {} but should return a DataFrame",
                    other.kind()
                );
                self.nowhere(Problem::new("wrong-type", message))
            }
        }
    }
}

/// Arguments that spell a list, parsed before the run, by their text.
pub(crate) type Lists<'t> = BTreeMap<&'t str, Expr>;

/// Parses the arguments that may spell a list. A text that cannot be parsed is left out: whether
/// it should be a list is known only to the function that takes it.
pub(crate) fn parse_lists<'t>(
    functions: &'t [FunctionCall],
    arguments: &'t BTreeMap<String, String>,
) -> Lists<'t> {
    let texts = functions.iter().flat_map(|call| call.arguments.values());
    let texts = texts.chain(arguments.values());
    let parse = |text: &String| {
        let inner = text.trim();
        if !inner.starts_with(['[', '(']) || crate::nesting::check(inner).is_err() {
            return None;
        }
        let parsed = ruff_python_parser::parse_expression(inner).ok()?;
        Some(*parsed.into_syntax().body)
    };
    texts
        .filter_map(|text| Some((text.as_str(), parse(text)?)))
        .collect()
}
