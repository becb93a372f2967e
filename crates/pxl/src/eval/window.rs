//! `df.groupby` and `df.rolling` on their way to `agg`.
//!
//! A window bins rows by their time: the result has `time_`, the start of each window, before the
//! groups and the outputs.

use crate::diagnostics::{Checked, Problem, Reported};
use crate::eval::Evaluator;
use crate::eval::calls::{Arguments, Bound};
use crate::objects::builtin::Method;
use crate::objects::{Grouped, Object};
use crate::plan::bind::{Binder, unknown_column};
use crate::plan::{Column, Frame, Kind, Literal, Term, TermKind};
use crate::time;
use ruff_text_size::TextRange;
use std::rc::Rc;

/// The column that windows are over.
const TIME_COLUMN: &str = "time_";

impl<'a> Evaluator<'a, '_> {
    pub(super) fn grouped_attribute(
        &mut self,
        grouped: &Rc<Grouped>,
        name: &str,
        range: TextRange,
    ) -> Checked<Object<'a>> {
        let method = match Method::from_name(name) {
            Some(Method::Agg) => Some(Method::Agg),
            Some(Method::Rolling) if grouped.window_ns.is_none() => Some(Method::Rolling),
            Some(Method::Groupby) if grouped.by.is_empty() => Some(Method::Groupby),
            _ => None,
        };
        if let Some(method) = method {
            return Ok(Object::GroupedMethod(Rc::clone(grouped), method));
        }
        let (before, after) = if grouped.by.is_empty() {
            ("rolling()", "an `agg()` or a `groupby()`")
        } else {
            ("groupby()", "an `agg()` or a `rolling()`")
        };
        let message = format!("`{before}` should be followed by {after}, not `{name}`");
        let help = if name == "groupby" {
            "group by several columns at once: `df.groupby(['a', 'b'])`"
        } else {
            "write `df.groupby(...).agg(...)`"
        };
        self.fail(range, Problem::new("wrong-type", message).help(help))
    }

    pub(super) fn grouped_method(
        &mut self,
        grouped: &Rc<Grouped>,
        method: Method,
        args: Arguments<'a>,
    ) -> Checked<Object<'a>> {
        if method == Method::Agg {
            return self.aggregate_grouped(grouped, args);
        }
        let bound = self.meet_all(method.name(), method.params(), args)?;
        if method == Method::Rolling {
            return self.rolling(Grouped::clone(grouped), bound);
        }
        self.groupby(Grouped::clone(grouped), bound)
    }

    pub(super) fn groupby(
        &mut self,
        mut grouped: Grouped,
        bound: Vec<Bound<'a>>,
    ) -> Checked<Object<'a>> {
        let Some(Some((object, range))) = bound.into_iter().next() else {
            return Err(Reported);
        };
        let by = self.texts("by", &object, range)?;
        if by.is_empty() {
            let message = "expected arg `by` with at least one column, received an empty list";
            let help = "use `df.agg(...)` for one row over all rows";
            return self.fail(range, Problem::new("wrong-argument", message).help(help));
        }
        let relation = &grouped.frame.relation;
        for (index, name) in by.iter().enumerate() {
            match relation.column(name) {
                Some(column) => grouped.poisoned |= column.poisoned,
                None => {
                    grouped.poisoned = true;
                    self.diagnostics
                        .report(range, unknown_column(name, relation));
                }
            }
            if by[..index].contains(name) {
                let message = format!("column `{name}` is given twice in `groupby`");
                return self.fail(range, Problem::new("duplicate-column", message));
            }
        }
        grouped.by = by;
        Ok(Object::Grouped(Rc::new(grouped)))
    }

    pub(super) fn rolling(
        &mut self,
        mut grouped: Grouped,
        bound: Vec<Bound<'a>>,
    ) -> Checked<Object<'a>> {
        let mut bound = bound.into_iter();
        let Some(Some((window, range))) = bound.next() else {
            return Err(Reported);
        };
        if let Some(Some((on, on_range))) = bound.next() {
            let on = self.text("on", &on, on_range)?;
            if &*on != TIME_COLUMN {
                let message =
                    format!("windowing is only supported on `{TIME_COLUMN}`, received `{on}`");
                return self.fail(on_range, Problem::new("wrong-argument", message));
            }
        }
        let window_ns = self.window(&window, range)?;
        if window_ns <= 0 {
            let message = format!("window size must be > 0, received {window_ns} ns");
            return self.fail(range, Problem::new("wrong-argument", message));
        }
        let relation = &grouped.frame.relation;
        match relation.column(TIME_COLUMN) {
            Some(column) if column.poisoned => grouped.poisoned = true,
            Some(_) if relation.has_time() => {}
            Some(column) => {
                let seen = column.data_type.name();
                let message = format!("`{TIME_COLUMN}` must be TIME64NS for a window, is {seen}");
                return self.fail(range, Problem::new("wrong-type", message));
            }
            None => {
                grouped.poisoned = true;
                self.diagnostics
                    .report(range, unknown_column(TIME_COLUMN, relation));
            }
        }
        grouped.window_ns = Some(window_ns);
        Ok(Object::Grouped(Rc::new(grouped)))
    }

    fn window(&mut self, window: &Object<'a>, range: TextRange) -> Checked<i64> {
        let literal = match window {
            Object::Term(term) => term.as_literal(),
            _ => None,
        };
        match literal {
            Some(Literal::Int(ns)) => Ok(*ns),
            Some(Literal::Text(text)) => match time::parse_duration(text) {
                Some(ns) => Ok(ns),
                None => self.fail(range, time::wrong_duration(text)),
            },
            _ => self.wrong_kind("window", "Int or String", window, range),
        }
    }

    fn aggregate_grouped(
        &mut self,
        grouped: &Rc<Grouped>,
        args: Arguments<'a>,
    ) -> Checked<Object<'a>> {
        let mut by = grouped.by.clone();
        let mut frame = Rc::clone(&grouped.frame);
        if let Some(window_ns) = grouped.window_ns {
            if by.iter().any(|name| &**name == TIME_COLUMN) {
                let message =
                    format!("`{TIME_COLUMN}` is the window, it cannot be in `groupby` too");
                return self.fail(args.range, Problem::new("duplicate-column", message));
            }
            by.insert(0, TIME_COLUMN.into());
            if !grouped.poisoned {
                frame = self.binned(&frame, window_ns, args.range)?;
            }
        }
        self.aggregate(&frame, &by, grouped.poisoned, args)
    }

    /// Returns the rows with the start of their window for their time.
    fn binned(&mut self, frame: &Frame, window_ns: i64, range: TextRange) -> Checked<Frame> {
        let time = Term::new(TermKind::Column(TIME_COLUMN.into()), range);
        let window = Term::literal(Literal::Int(window_ns), range);
        let start = self.function_call("bin", vec![time, window], range)?;
        let mut binder = Binder {
            registry: self.registry,
            diagnostics: self.diagnostics,
            relation: &frame.relation,
        };
        let mut value = binder.bind(&start)?;
        if let Some(column) = frame.relation.column(TIME_COLUMN) {
            value.semantic_type = column.semantic_type;
        }
        let column = Column::new(TIME_COLUMN.into(), value.data_type, value.semantic_type);
        let relation = frame.relation.with(column);
        let kind = Kind::Assign {
            input: Rc::clone(frame),
            name: TIME_COLUMN.into(),
            value,
        };
        self.node(kind, relation, range)
    }
}
