//! Methods of DataFrames.

use crate::diagnostics::{Checked, Problem, Reported};
use crate::eval::Evaluator;
use crate::eval::calls::{Arguments, Bound};
use crate::objects::builtin::Method;
use crate::objects::{Grouped, Object};
use crate::plan::bind::{Binder, unknown_column, unknown_overload};
use crate::plan::{
    AggregateOutput, Column, Frame, Kind, Literal, Node, Relation, Term, TermKind, node,
};
use nixie_functions::Function;
use nixie_types::DataType;
use ruff_text_size::TextRange;
use std::rc::Rc;

impl<'a> Evaluator<'a, '_> {
    pub(super) fn method(
        &mut self,
        frame: &Frame,
        method: Method,
        args: Arguments<'a>,
    ) -> Checked<Object<'a>> {
        let range = args.range;
        match method {
            Method::Agg => return self.aggregate(frame, &[], false, args),
            Method::Map => {
                let message =
                    "map assign not callable; use the attribute assignment syntax instead";
                let problem = Problem::new("not-supported", message).help("write `df.x = ...`");
                return self.fail(range, problem);
            }
            Method::Rolling => return self.rolling(range),
            Method::Stream => {
                let problem = Problem::new("not-available", "`stream()` is not available yet");
                return self.fail(range, problem);
            }
            _ => {}
        }
        let params: Vec<_> = method
            .params()
            .iter()
            .map(|p| (p.name, p.required))
            .collect();
        let bound = self.meet(method.name(), &params, args)?;
        match method {
            Method::Append => self.append(frame, bound, range),
            Method::Drop => self.drop_columns(frame, bound, range),
            Method::Filter => match bound.into_iter().next() {
                Some(Some((Object::Term(term), _))) => self.filter(frame, &term, range),
                Some(Some((other, range))) => self.wrong_kind("key", "expr", &other, range),
                _ => Err(Reported),
            },
            Method::Groupby => self.groupby(frame, bound),
            Method::Head => self.head(frame, bound, range),
            Method::Merge => self.merge(frame, bound, range),
            Method::Agg | Method::Map | Method::Rolling | Method::Stream => Err(Reported),
        }
    }

    pub(super) fn rolling<T>(&mut self, range: TextRange) -> Checked<T> {
        let problem = Problem::new("not-available", "`rolling()` is not available yet")
            .help("bin the time instead: `df.time_ = px.bin(df.time_, px.seconds(10))`");
        self.fail(range, problem)
    }

    /// Returns an operator, within the limits of plans.
    pub(super) fn node(
        &mut self,
        kind: Kind,
        relation: Relation,
        range: TextRange,
    ) -> Checked<Frame> {
        let frame = Node::new(kind, relation);
        if frame.depth > node::DEPTH_MAX || frame.size > node::SIZE_MAX {
            let message = format!(
                "plan has more than {} operators or {} above each other",
                node::SIZE_MAX,
                node::DEPTH_MAX
            );
            return self.fail(range, Problem::new("too-large", message));
        }
        Ok(frame)
    }

    /// `df[key]`
    pub(super) fn select(
        &mut self,
        frame: &Frame,
        key: &Object<'a>,
        range: TextRange,
        key_range: TextRange,
    ) -> Checked<Object<'a>> {
        match key {
            Object::List(_) | Object::Tuple(_) => {
                let names = self.texts("key", key, key_range)?;
                self.keep(frame, &names, range, key_range)
            }
            Object::Term(term) => match term.as_literal() {
                Some(Literal::Text(name)) => Ok(Object::Term(Term::new(
                    TermKind::Column(Rc::clone(name)),
                    key_range,
                ))),
                _ => self.filter(frame, term, range),
            },
            other => {
                let message = format!(
                    "subscript argument must have a list of strings or expression, {} not allowed",
                    other.kind()
                );
                self.fail(key_range, Problem::new("wrong-argument", message))
            }
        }
    }

    fn keep(
        &mut self,
        frame: &Frame,
        names: &[Rc<str>],
        range: TextRange,
        key_range: TextRange,
    ) -> Checked<Object<'a>> {
        let mut columns: Vec<Column> = Vec::with_capacity(names.len());
        let mut failed = false;
        for name in names {
            if columns.iter().any(|known| known.name == *name) {
                let message = format!(
                    "cannot specify the same column name more than once when filtering by cols, \
                     `{name}` specified more than once"
                );
                self.diagnostics
                    .report(key_range, Problem::new("duplicate-column", message));
                continue;
            }
            match frame.relation.column(name) {
                Some(column) => columns.push(column.clone()),
                None => {
                    failed = true;
                    self.diagnostics
                        .report(key_range, unknown_column(name, &frame.relation));
                    columns.push(Column::poisoned(Rc::clone(name)));
                }
            }
        }
        if columns.is_empty() {
            let problem = Problem::new("wrong-argument", "a DataFrame needs at least one column");
            return self.fail(key_range, problem);
        }
        let input = Rc::clone(frame);
        let kind = if failed {
            Kind::Poisoned { input }
        } else {
            Kind::Project { input }
        };
        self.node(kind, Relation { columns }, range)
            .map(Object::Frame)
    }

    fn filter(&mut self, frame: &Frame, term: &Term, range: TextRange) -> Checked<Object<'a>> {
        let binder = Binder {
            registry: self.registry,
            diagnostics: self.diagnostics,
            relation: &frame.relation,
        };
        let predicate = { binder }.bind(term);
        // Where the condition has a problem, what follows is checked on all rows.
        let Ok(predicate) = predicate else {
            return Ok(Object::Frame(Rc::clone(frame)));
        };
        if predicate.data_type != DataType::Boolean {
            let message = format!(
                "expected Boolean for Filter expression, got `{}`",
                predicate.data_type.name()
            );
            self.diagnostics
                .report(term.range, Problem::new("wrong-type", message));
            return Ok(Object::Frame(Rc::clone(frame)));
        }
        if is_always_true(&predicate) {
            return Ok(Object::Frame(Rc::clone(frame)));
        }
        let kind = Kind::Filter {
            input: Rc::clone(frame),
            predicate,
        };
        self.node(kind, frame.relation.clone(), range)
            .map(Object::Frame)
    }

    fn drop_columns(
        &mut self,
        frame: &Frame,
        bound: Vec<Bound<'a>>,
        range: TextRange,
    ) -> Checked<Object<'a>> {
        let Some(Some((object, names_range))) = bound.into_iter().next() else {
            return Err(Reported);
        };
        let names = self.texts("columns", &object, names_range)?;
        for name in &names {
            if frame.relation.column(name).is_none() {
                self.diagnostics
                    .report(names_range, unknown_column(name, &frame.relation));
            }
        }
        let columns: Vec<_> = frame
            .relation
            .columns
            .iter()
            .filter(|column| !names.contains(&column.name))
            .cloned()
            .collect();
        if columns.is_empty() {
            let problem = Problem::new("wrong-argument", "a DataFrame needs at least one column");
            return self.fail(range, problem);
        }
        let kind = Kind::Project {
            input: Rc::clone(frame),
        };
        self.node(kind, Relation { columns }, range)
            .map(Object::Frame)
    }

    fn head(
        &mut self,
        frame: &Frame,
        bound: Vec<Bound<'a>>,
        range: TextRange,
    ) -> Checked<Object<'a>> {
        let mut bound = bound.into_iter();
        let rows = match bound.next().flatten() {
            Some((object, range)) => {
                let rows = self.int("n", &object, range)?;
                match usize::try_from(rows) {
                    Ok(rows) => rows,
                    Err(_) => {
                        let message = format!("expected arg `n` of at least 0, received {rows}");
                        return self.fail(range, Problem::new("wrong-argument", message));
                    }
                }
            }
            None => 5,
        };
        if let Some(Some((object, range))) = bound.next() {
            self.int("_pem_only", &object, range)?;
        }
        let kind = Kind::Limit {
            input: Rc::clone(frame),
            rows,
        };
        self.node(kind, frame.relation.clone(), range)
            .map(Object::Frame)
    }

    fn groupby(&mut self, frame: &Frame, bound: Vec<Bound<'a>>) -> Checked<Object<'a>> {
        let Some(Some((object, range))) = bound.into_iter().next() else {
            return Err(Reported);
        };
        let by = self.texts("by", &object, range)?;
        let mut poisoned = false;
        for (index, name) in by.iter().enumerate() {
            match frame.relation.column(name) {
                Some(column) => poisoned |= column.poisoned,
                None => {
                    poisoned = true;
                    self.diagnostics
                        .report(range, unknown_column(name, &frame.relation));
                }
            }
            if by[..index].contains(name) {
                let message = format!("column `{name}` is given twice in `groupby`");
                return self.fail(range, Problem::new("duplicate-column", message));
            }
        }
        Ok(Object::Grouped(Rc::new(Grouped {
            frame: Rc::clone(frame),
            by,
            poisoned,
        })))
    }

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
                let message = format!("output `{name}` of `agg` is given twice");
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
        let Some(column) = inputs.into_iter().next() else {
            return Err(Reported);
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
                column,
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
                let message = format!(
                    "expected second tuple argument of `{name}` to be type Func, received {}",
                    other.kind()
                );
                let help = "pass the function itself, without parentheses: `px.sum`";
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

    fn append(
        &mut self,
        frame: &Frame,
        bound: Vec<Bound<'a>>,
        range: TextRange,
    ) -> Checked<Object<'a>> {
        let Some(Some((object, objs_range))) = bound.into_iter().next() else {
            return Err(Reported);
        };
        let objects = match &object {
            Object::List(items) | Object::Tuple(items) => items.to_vec(),
            other => vec![other.clone()],
        };
        let mut inputs = vec![Rc::clone(frame)];
        for object in objects {
            let Object::Frame(other) = object else {
                return self.wrong_kind("objs", "DataFrame", &object, objs_range);
            };
            if let Some(what) = disagreement(&frame.relation, &other.relation) {
                let message = format!("table schema disagreement between parent ops: {what}");
                let help = "all appended DataFrames need the same columns with the same types";
                let problem = Problem::new("schema-mismatch", message).help(help);
                return self.fail(objs_range, problem);
            }
            inputs.push(other);
        }
        self.node(Kind::Union { inputs }, frame.relation.clone(), range)
            .map(Object::Frame)
    }
}

/// Returns true for a condition that holds for every row: `px.contains(x, '')`, or `True`.
fn is_always_true(predicate: &crate::plan::bind::Typed) -> bool {
    use crate::plan::bind::TypedKind;
    match &predicate.kind {
        TypedKind::Literal(Literal::Bool(value)) => *value,
        TypedKind::Call { resolved, args } if resolved.function().name == "contains" => {
            matches!(
                args.get(1).map(|arg| &arg.kind),
                Some(TypedKind::Literal(Literal::Text(text))) if text.is_empty()
            )
        }
        _ => false,
    }
}

fn disagreement(first: &Relation, other: &Relation) -> Option<String> {
    for column in &first.columns {
        match other.column(&column.name) {
            None => return Some(format!("missing `{}`", column.name)),
            Some(found) if found.poisoned || column.poisoned => {}
            Some(found) if found.data_type != column.data_type => {
                return Some(format!(
                    "wrong type for `{}`, expected `{}`, found `{}`",
                    column.name,
                    column.data_type.name(),
                    found.data_type.name()
                ));
            }
            Some(_) => {}
        }
    }
    let extra = other.names().find(|name| first.column(name).is_none())?;
    Some(format!(
        "column count wrong, `{extra}` is only in the appended one"
    ))
}
