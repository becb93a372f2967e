//! Methods of DataFrames.

use crate::diagnostics::{Checked, Problem, Reported};
use crate::eval::calls::{Arguments, Bound};
use crate::eval::{Evaluator, TERM_WORK};
use crate::objects::builtin::Method;
use crate::objects::{Grouped, Object};
use crate::plan::bind::{Binder, unknown_column};
use crate::plan::{Column, Frame, Kind, Literal, Node, Relation, Term, TermKind, node};
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
            _ => {}
        }
        let bound = self.meet_all(method.name(), method.params(), args)?;
        let ungrouped = || Grouped {
            frame: Rc::clone(frame),
            by: Vec::new(),
            window_ns: None,
            poisoned: false,
        };
        match method {
            Method::Append => self.append(frame, bound, range),
            Method::Drop => self.drop_columns(frame, bound, range),
            Method::Filter => match bound.into_iter().next() {
                Some(Some((Object::Term(term), _))) => self.filter(frame, &term, range),
                Some(Some((other, range))) => self.wrong_kind("key", "expr", &other, range),
                _ => Err(Reported),
            },
            Method::Groupby => self.groupby(ungrouped(), bound),
            Method::Head => self.head(frame, bound, range),
            Method::Merge => self.merge(frame, bound, range),
            Method::Rolling => self.rolling(ungrouped(), bound),
            Method::Stream => self.stream(frame, range),
            Method::Agg | Method::Map => Err(Reported),
        }
    }

    /// `df.stream()`: the rows as they come, without an end.
    fn stream(&mut self, frame: &Frame, range: TextRange) -> Checked<Object<'a>> {
        if let Some(operator) = frame.blocking() {
            let message = format!("df.stream() not yet supported with the operator `{operator}`");
            let help = "assignments, filters and column choices can be streamed";
            return self.fail(range, Problem::new("not-supported", message).help(help));
        }
        let kind = Kind::Stream {
            input: Rc::clone(frame),
        };
        self.node(kind, frame.relation.clone(), range)
            .map(Object::Frame)
    }

    /// Returns an operator, within the limits of plans.
    pub(super) fn node(
        &mut self,
        kind: Kind,
        relation: Relation,
        range: TextRange,
    ) -> Checked<Frame> {
        if kind.inputs().iter().any(|input| input.is_stream()) {
            let message = "df.stream() in the middle of a query is not yet implemented";
            let help = "make it the last operation before `px.display`";
            return self.fail(range, Problem::new("not-supported", message).help(help));
        }
        self.spend(relation.columns.len(), range)?;
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
                let places = Self::places(key, key_range);
                self.keep(frame, &names, range, &places)
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
        places: &[TextRange],
    ) -> Checked<Object<'a>> {
        let mut columns: Vec<Column> = Vec::with_capacity(names.len());
        let mut failed = false;
        for (name, &place) in names.iter().zip(places) {
            if columns.iter().any(|known| known.name == *name) {
                let message = format!(
                    "cannot specify the same column name more than once when filtering by cols, \
                     `{name}` specified more than once"
                );
                self.diagnostics
                    .report(place, Problem::new("duplicate-column", message));
                continue;
            }
            match frame.relation.column(name) {
                Some(column) => columns.push(column.clone()),
                None => {
                    failed = true;
                    self.diagnostics
                        .report(place, unknown_column(name, &frame.relation));
                    columns.push(Column::poisoned(Rc::clone(name)));
                }
            }
        }
        if columns.is_empty() {
            let problem = Problem::new("wrong-argument", "a DataFrame needs at least one column");
            return self.fail(range, problem);
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
        self.spend(TERM_WORK * term.size, term.range)?;
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
        for (name, place) in names.iter().zip(Self::places(&object, names_range)) {
            if frame.relation.column(name).is_none() {
                self.diagnostics
                    .report(place, unknown_column(name, &frame.relation));
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
