//! `df.groupby` and `df.agg`

use crate::diagnostics::{Checked, Problem, Reported};
use crate::eval::Evaluator;
use crate::eval::calls::Arguments;
use crate::objects::Object;
use crate::plan::bind::{unknown_column, unknown_overload};
use crate::plan::{AggregateOutput, Column, Frame, Kind, Literal, Relation, TermKind};
use nixie_functions::Function;
use nixie_types::DataType;
use ruff_text_size::TextRange;
use std::rc::Rc;

impl<'a> Evaluator<'a, '_> {
    pub(super) fn aggregate(
        &mut self,
        frame: &Frame,
        by: &[Rc<str>],
        poisoned: bool,
        args: Arguments<'a>,
    ) -> Checked<Object<'a>> {
        if let Some((_, range)) = args.positional.first() {
            let message = "agg() takes only keyword arguments";
            let help = "name each output: `df.agg(total=('column', px.sum))`";
            return self.fail(*range, Problem::new("wrong-argument", message).help(help));
        }
        if by.is_empty() && args.keywords.is_empty() {
            let message = "agg() without `groupby` needs at least one output";
            return self.fail(args.range, Problem::new("wrong-argument", message));
        }
        let mut columns: Vec<_> = by
            .iter()
            .map(|name| {
                let known = frame.relation.column(name).cloned();
                known.unwrap_or_else(|| Column::poisoned(Rc::clone(name)))
            })
            .collect();
        let (mut outputs, mut failed) = (Vec::new(), poisoned);
        for (name, object, range) in args.keywords {
            let name: Rc<str> = name.into();
            if columns.iter().any(|column| column.name == name) {
                let message = match by.contains(&name) {
                    true => {
                        format!("output `{name}` of `agg` has the name of a column to group by")
                    }
                    false => format!("output `{name}` of `agg` is given twice"),
                };
                self.diagnostics
                    .report(range, Problem::new("duplicate-column", message));
                failed = true;
                continue;
            }
            match self.output(frame, Rc::clone(&name), &object, range) {
                Ok((output, column)) => {
                    outputs.push(output);
                    columns.push(column);
                }
                Err(Reported) => {
                    failed = true;
                    columns.push(Column::poisoned(name));
                }
            }
        }
        let input = Rc::clone(frame);
        let kind = if failed {
            Kind::Poisoned { input }
        } else {
            Kind::Aggregate {
                input,
                groups: by.to_vec(),
                outputs,
            }
        };
        self.node(kind, Relation { columns }, args.range)
            .map(Object::Frame)
    }

    fn output(
        &mut self,
        frame: &Frame,
        name: Rc<str>,
        object: &Object<'a>,
        range: TextRange,
    ) -> Checked<(AggregateOutput, Column)> {
        let Object::Tuple(parts) = object else {
            let message = format!("expected tuple for `{name}` but received {}", object.kind());
            let help = format!("write `{name}=('column', px.sum)`");
            return self.fail(range, Problem::new("wrong-argument", message).help(help));
        };
        let (function, inputs) = self.output_parts(&name, parts, range)?;
        let mut types = Vec::with_capacity(inputs.len());
        for input in &inputs {
            match frame.relation.column(input) {
                Some(column) if column.poisoned => return Err(Reported),
                Some(column) => types.push((column.data_type, column.semantic_type)),
                None => return self.fail(range, unknown_column(input, &frame.relation)),
            }
        }
        let data_types: Vec<_> = types.iter().map(|(data_type, _)| *data_type).collect();
        let resolved = match self.registry.resolve(function.name, &data_types) {
            Ok(resolved) if resolved.function().is_aggregate() => resolved,
            Ok(_) => return self.not_an_aggregate(function, &data_types, range),
            Err(_) if !function.is_aggregate() => {
                return self.not_an_aggregate(function, &data_types, range);
            }
            Err(unknown) => {
                let problem = unknown_overload(self.registry, function.name, &data_types, unknown);
                return self.fail(range, problem);
            }
        };
        let meanings: Vec<_> = types.iter().map(|(_, meaning)| *meaning).collect();
        let result = Column::new(
            Rc::clone(&name),
            resolved.data_type(),
            resolved.semantic_type(&meanings),
        );
        Ok((
            AggregateOutput {
                name,
                columns: inputs,
                resolved,
            },
            result,
        ))
    }

    fn not_an_aggregate<T>(
        &mut self,
        function: &Function,
        types: &[DataType],
        range: TextRange,
    ) -> Checked<T> {
        let types: Vec<_> = types.iter().map(|data_type| data_type.name()).collect();
        let message = format!(
            "could not find UDA `{}` with update arg types [{}]",
            function.name,
            types.join(",")
        );
        let help = format!(
            "`{}` works row by row; assign its result to a column before `agg`",
            function.name
        );
        self.fail(range, Problem::new("no-overload", message).help(help))
    }

    fn output_parts(
        &mut self,
        name: &str,
        parts: &[Object<'a>],
        range: TextRange,
    ) -> Checked<(&'static Function, Vec<Rc<str>>)> {
        let Some((last, inputs)) = parts.split_last() else {
            let message = format!("expected a column and a function for `{name}`");
            return self.fail(range, Problem::new("wrong-argument", message));
        };
        let function = match last {
            Object::Registered(function) => *function,
            other => {
                let (kind, help) = match other {
                    Object::Term(term) if term.as_literal().is_none() => (
                        "what a call gives",
                        "pass the function itself, without parentheses: `px.sum`",
                    ),
                    Object::Function(_) => (
                        "a function of the script",
                        "aggregates are functions of px, for example `px.sum`",
                    ),
                    _ => (
                        other.kind(),
                        "pass an aggregate of px, for example `px.sum`",
                    ),
                };
                let message = format!(
                    "expected second tuple argument of `{name}` to be type Func, received {kind}"
                );
                return self.fail(range, Problem::new("wrong-argument", message).help(help));
            }
        };
        let mut columns = Vec::with_capacity(inputs.len());
        for input in inputs {
            let Object::Term(term) = input else {
                let message = format!(
                    "all elements of the agg tuple `{name}` must be column names, except the last \
                     which should be a function; received {}",
                    input.kind()
                );
                return self.fail(range, Problem::new("wrong-argument", message));
            };
            match &term.kind {
                TermKind::Literal(Literal::Text(text)) => columns.push(Rc::clone(text)),
                _ => {
                    let message = format!(
                        "all elements of the agg tuple `{name}` must be column names, except the \
                         last which should be a function; received {}",
                        term.kind_name()
                    );
                    let help = "write the name as text: `'column'`";
                    let problem = Problem::new("wrong-argument", message).help(help);
                    return self.fail(range, problem);
                }
            }
        }
        if columns.is_empty() {
            let message = format!("expected a column name for `{name}` before the function");
            return self.fail(range, Problem::new("wrong-argument", message));
        }
        Ok((function, columns))
    }
}
