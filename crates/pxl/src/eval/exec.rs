//! Functions that the caller asks to run, as widgets of a vis specification do.

use crate::FunctionCall;
use crate::diagnostics::{Checked, Problem, Reported};
use crate::eval::Evaluator;
use crate::eval::calls::Arguments;
use crate::objects::types::TypeObject;
use crate::objects::{Object, UserFunction, UserParam};
use crate::plan::Literal;
use nixie_types::DataType;
use ruff_text_size::TextRange;
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
                DataType::UInt128 => {
                    let message = "passing arg of type `UINT128` is currently unsupported";
                    return self.nowhere(Problem::new("wrong-argument", message));
                }
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

    /// Returns the list that a text like `['a','b']` spells.
    fn list(&mut self, arg: &str, text: &str) -> Checked<Object<'a>> {
        match parse_list(text) {
            Some(items) => {
                let item = |literal| super::expressions::term(literal, TextRange::default());
                Ok(Object::List(Rc::new(items.into_iter().map(item).collect())))
            }
            None => {
                let message = format!(
                    "failed to parse arg `{arg}` with value `{text}` as list; write \
                     `['a','b']` with texts, numbers or booleans"
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

fn parse_list(text: &str) -> Option<Vec<Literal>> {
    use ruff_python_ast::{Expr, Number};
    crate::nesting::check(text).ok()?;
    let parsed = ruff_python_parser::parse_expression(text.trim()).ok()?;
    let Expr::List(list) = parsed.expr() else {
        return None;
    };
    list.elts
        .iter()
        .map(|item| match item {
            Expr::BooleanLiteral(literal) => Some(Literal::Bool(literal.value)),
            Expr::NumberLiteral(literal) => match &literal.value {
                Number::Float(float) => Some(Literal::Float(*float)),
                Number::Int(int) => int.as_i64().map(Literal::Int),
                Number::Complex { .. } => None,
            },
            Expr::StringLiteral(literal) => Some(Literal::Text(literal.value.to_str().into())),
            _ => None,
        })
        .collect()
}
