//! Functions of the `px` module that run at compile time.

use crate::diagnostics::{Checked, Problem, Reported};
use crate::eval::Evaluator;
use crate::eval::calls::{Arguments, Bound};
use crate::eval::expressions::term;
use crate::objects::Object;
use crate::objects::builtin::Builtin;
use crate::plan::{Kind, Literal, Relation, Term};
use crate::strptime::{StrptimeError, known_fields, strptime};
use crate::time;
use nixie_types::{SemanticType, Upid};
use ruff_text_size::TextRange;
use std::rc::Rc;
use std::sync::Arc;

/// LIMIT: script arguments of one link.
const REFERENCE_ARGS_MAX: usize = 8;

impl<'a> Evaluator<'a, '_> {
    pub(super) fn builtin(&mut self, builtin: Builtin, args: Arguments<'a>) -> Checked<Object<'a>> {
        let range = args.range;
        let bound = self.meet_all(builtin.name(), builtin.params(), args)?;
        match builtin {
            Builtin::Arg => self.argument(bound, range),
            Builtin::DataFrame => self.dataframe(bound, range),
            Builtin::Days => self.unit(bound, 86_400_000_000_000, range),
            Builtin::Debug => self.display(bound, true, range),
            Builtin::Display => self.display(bound, false, range),
            Builtin::Export => self.export(bound, range),
            Builtin::EqualsAny => self.equals_any(bound, range),
            Builtin::FormatDuration => {
                let ns = self.first_int(bound, "duration")?;
                Ok(term(Literal::Text(time::format_duration(ns).into()), range))
            }
            Builtin::Hours => self.unit(bound, 3_600_000_000_000, range),
            Builtin::MakeUpid => self.make_upid(bound, range),
            Builtin::Microseconds => self.unit(bound, 1_000, range),
            Builtin::Milliseconds => self.unit(bound, 1_000_000, range),
            Builtin::Minutes => self.unit(bound, 60_000_000_000, range),
            Builtin::Now => Ok(term(Literal::Int(self.options.now_ns), range)),
            Builtin::ParseDuration => {
                let (text, text_range) = self.first_text(bound, "duration")?;
                match time::parse_duration(&text) {
                    Some(ns) => Ok(term(Literal::Int(ns), range)),
                    None => self.fail(text_range, time::wrong_duration(&text)),
                }
            }
            Builtin::ParseTime => {
                let Some(Some((object, time_range))) = bound.into_iter().next() else {
                    return Err(Reported);
                };
                let ns = self.point_in_time("time", &object, time_range)?;
                Ok(term(Literal::Time(ns), range))
            }
            Builtin::ScriptReference => self.script_reference(bound, range),
            Builtin::Seconds => self.unit(bound, 1_000_000_000, range),
            Builtin::Strptime => self.strptime(bound, range),
            Builtin::Uint128 => self.uint128(bound, range),
        }
    }

    fn first_int(&mut self, bound: Vec<Bound<'a>>, param: &str) -> Checked<i64> {
        match bound.into_iter().next() {
            Some(Some((object, range))) => self.int(param, &object, range),
            _ => Err(Reported),
        }
    }

    fn first_text(&mut self, bound: Vec<Bound<'a>>, param: &str) -> Checked<(Rc<str>, TextRange)> {
        match bound.into_iter().next() {
            Some(Some((object, range))) => Ok((self.text(param, &object, range)?, range)),
            _ => Err(Reported),
        }
    }

    fn unit(
        &mut self,
        bound: Vec<Bound<'a>>,
        unit_ns: i64,
        range: TextRange,
    ) -> Checked<Object<'a>> {
        let amount = self.first_int(bound, "unit")?;
        match amount.checked_mul(unit_ns) {
            Some(ns) => Ok(term(Literal::Int(ns), range)),
            None => {
                let message = "duration does not fit into 64 bits of nanoseconds";
                self.fail(range, Problem::new("wrong-time", message))
            }
        }
    }

    fn dataframe(&mut self, bound: Vec<Bound<'a>>, range: TextRange) -> Checked<Object<'a>> {
        let Ok([Some(table), select, start, end]) = <[Bound<'a>; 4]>::try_from(bound) else {
            return Err(Reported);
        };
        let name = self.text("table", &table.0, table.1)?;
        // All arguments are checked, also when the table is not there.
        let start_ns = self.bound_time("start_time", start);
        let end_ns = self.bound_time("end_time", end);
        let selected = match &select {
            Some((object @ (Object::List(_) | Object::Tuple(_)), range)) => {
                self.texts("select", object, *range)?
            }
            Some((object, range)) => return self.wrong_kind("select", "list", object, *range),
            None => Vec::new(),
        };
        let known = self.catalog.table(&name);
        let Some(source) = known.or_else(|| self.traced_table(&name)) else {
            if self.is_traced_table(&name) {
                // Its columns are known once the tracepoint is in place.
                return Err(Reported);
            }
            let names = self.catalog.table_names();
            let problem = Problem::new("unknown-table", format!("table `{name}` not found"))
                .suggest(&name, names.iter().map(String::as_str));
            return self.fail(table.1, problem);
        };
        let (start_ns, end_ns) = (start_ns?, end_ns?);
        let mut relation = Relation::of_table(source.as_ref());
        if !selected.is_empty() {
            let places =
                select.map_or_else(Vec::new, |(object, range)| Self::places(&object, range));
            relation = self.selected(&name, &relation, &selected, &places)?;
        }
        let source = Arc::clone(&source);
        let kind = Kind::Source {
            table: name,
            source,
            start_ns,
            end_ns,
        };
        self.node(kind, relation, range).map(Object::Frame)
    }

    fn selected(
        &mut self,
        table: &str,
        relation: &Relation,
        names: &[Rc<str>],
        places: &[TextRange],
    ) -> Checked<Relation> {
        let mut columns = Vec::with_capacity(names.len());
        let mut failed = None;
        for (index, (name, &range)) in names.iter().zip(places).enumerate() {
            if names[..index].contains(name) {
                let message = format!("column `{name}` is selected twice");
                let problem = Problem::new("duplicate-column", message);
                failed = Some(self.diagnostics.report(range, problem));
                continue;
            }
            match relation.column(name) {
                Some(column) => columns.push(column.clone()),
                None => {
                    let message = format!("cannot find column `{name}` in table `{table}`");
                    let problem =
                        Problem::new("unknown-column", message).suggest(name, relation.names());
                    failed = Some(self.diagnostics.report(range, problem));
                }
            }
        }
        match failed {
            Some(reported) => Err(reported),
            None => Ok(Relation { columns }),
        }
    }

    fn bound_time(&mut self, param: &str, bound: Bound<'a>) -> Checked<Option<i64>> {
        match bound {
            None | Some((Object::None, _)) => Ok(None),
            Some((object, range)) => self.point_in_time(param, &object, range).map(Some),
        }
    }

    fn point_in_time(
        &mut self,
        param: &str,
        object: &Object<'a>,
        range: TextRange,
    ) -> Checked<i64> {
        let literal = match object {
            Object::Term(term) => term.time().or_else(|| term.value()),
            _ => None,
        };
        match literal {
            Some(Literal::Int(ns) | Literal::Time(ns)) => Ok(*ns),
            Some(Literal::Text(text)) => match time::parse_time(text, self.options.now_ns) {
                Some(ns) => Ok(ns),
                None => {
                    let message =
                        format!("time string `{text}` is in wrong format: failed to parse time");
                    let help = "write a duration before now like `-5m` (units ms, s, m, h, d), or \
                                `2020-03-13 19:02:03 +0000`";
                    self.fail(range, Problem::new("wrong-time", message).help(help))
                }
            },
            _ => self.wrong_kind(param, "Time, Int or String", object, range),
        }
    }

    fn make_upid(&mut self, bound: Vec<Bound<'a>>, range: TextRange) -> Checked<Object<'a>> {
        let mut numbers = [0_i64; 3];
        for ((number, param), arg) in numbers.iter_mut().zip(["asid", "pid", "ts_ns"]).zip(bound) {
            let Some((object, range)) = arg else {
                return Err(Reported);
            };
            *number = self.int(param, &object, range)?;
        }
        let [asid, pid, start] = numbers;
        let (Ok(asid_bits), Ok(pid_bits)) = (u32::try_from(asid), u32::try_from(pid)) else {
            let (name, value) = if u32::try_from(asid).is_err() {
                ("asid", asid)
            } else {
                ("pid", pid)
            };
            let message = format!(
                "{name} value `{value}` out of range for a 32-bit number (min is 0 and max is \
                 4294967295)"
            );
            return self.fail(range, Problem::new("wrong-argument", message));
        };
        let upid = Upid {
            asid: asid_bits,
            pid: pid_bits,
            start_ticks: start.cast_unsigned(),
        };
        Ok(term(
            Literal::UInt128(upid.to_u128(), SemanticType::Upid),
            range,
        ))
    }

    fn uint128(&mut self, bound: Vec<Bound<'a>>, range: TextRange) -> Checked<Object<'a>> {
        let (text, text_range) = self.first_text(bound, "uuid")?;
        match parse_uuid(&text) {
            Some(value) => Ok(term(Literal::UInt128(value, SemanticType::None), range)),
            None => {
                let message = format!("`{text}` is not a valid UUID");
                self.fail(text_range, Problem::new("wrong-argument", message))
            }
        }
    }

    fn strptime(&mut self, bound: Vec<Bound<'a>>, range: TextRange) -> Checked<Object<'a>> {
        let Ok([Some(text), Some(format)]) = <[Bound<'a>; 2]>::try_from(bound) else {
            return Err(Reported);
        };
        let text = self.text("date_string", &text.0, text.1)?;
        let format_text = self.text("format", &format.0, format.1)?;
        let problem = match strptime(&text, &format_text) {
            Ok(ns) => return Ok(term(Literal::Int(ns), range)),
            Err(StrptimeError::Text) => Problem::new(
                "wrong-time",
                format!("failed to parse time: `{text}` does not fit the format `{format_text}`"),
            ),
            Err(StrptimeError::Field { field, place }) => Problem::new(
                "wrong-time",
                format!(
                    "failed to parse time: the format `{format_text}` has the unknown field \
                     `{field}` at character {place}"
                ),
            )
            .help(format!("the fields are {}", known_fields())),
        };
        self.fail(range, problem)
    }

    fn equals_any(&mut self, bound: Vec<Bound<'a>>, range: TextRange) -> Checked<Object<'a>> {
        let Ok([Some((value, value_range)), Some((comparisons, list_range))]) =
            <[Bound<'a>; 2]>::try_from(bound)
        else {
            return Err(Reported);
        };
        let Object::Term(value) = value else {
            return self.wrong_kind("value", "expr", &value, value_range);
        };
        let (Object::List(items) | Object::Tuple(items)) = &comparisons else {
            let message = format!(
                "`comparisons` must be a collection, received {}",
                comparisons.kind()
            );
            return self.fail(list_range, Problem::new("wrong-argument", message));
        };
        let mut tests = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let Object::Term(item) = item else {
                let message = format!(
                    "expected item in index {index} be an expression, received {}",
                    item.kind()
                );
                return self.fail(list_range, Problem::new("wrong-argument", message));
            };
            let args = vec![Rc::clone(&value), Rc::clone(item)];
            tests.push(self.function_call("equal", args, range)?);
        }
        // In pairs, so that a long list does not make a deep expression.
        while tests.len() > 1 {
            let mut pairs = Vec::with_capacity(tests.len().div_ceil(2));
            for pair in tests.chunks(2) {
                pairs.push(match pair {
                    [one] => Rc::clone(one),
                    _ => self.function_call("logicalOr", pair.to_vec(), range)?,
                });
            }
            tests = pairs;
        }
        match tests.pop() {
            Some(any) => Ok(Object::Term(any)),
            None => {
                let message = "`comparisons` cannot be an empty collection";
                self.fail(list_range, Problem::new("wrong-argument", message))
            }
        }
    }

    fn script_reference(&mut self, bound: Vec<Bound<'a>>, range: TextRange) -> Checked<Object<'a>> {
        let Ok([Some(label), Some(script), pairs]) = <[Bound<'a>; 3]>::try_from(bound) else {
            return Err(Reported);
        };
        let mut args = vec![
            self.reference_part("label", &label.0, label.1)?,
            self.reference_part("script", &script.0, script.1)?,
        ];
        if let Some((pairs, pairs_range)) = pairs {
            let Object::Dict(items) = &pairs else {
                let message = format!(
                    "expected third argument `args` of function `script_reference` to be a \
                     dictionary, received {}",
                    pairs.kind()
                );
                return self.fail(pairs_range, Problem::new("wrong-argument", message));
            };
            if items.len() > REFERENCE_ARGS_MAX {
                let message = format!(
                    "`args` of `script_reference` has {} entries, at most {REFERENCE_ARGS_MAX} \
                     are taken",
                    items.len()
                );
                return self.fail(pairs_range, Problem::new("too-large", message));
            }
            for (key, value) in items.iter() {
                let key = self.text("args", key, pairs_range)?;
                args.push(Term::literal(Literal::Text(key), pairs_range));
                args.push(self.reference_part("args", value, pairs_range)?);
            }
        }
        self.function_call("_script_reference", args, range)
            .map(Object::Term)
    }

    fn reference_part(
        &mut self,
        param: &str,
        object: &Object<'a>,
        range: TextRange,
    ) -> Checked<Rc<Term>> {
        match object {
            Object::Term(term)
                if term
                    .as_literal()
                    .is_none_or(|l| matches!(l, Literal::Text(_))) =>
            {
                Ok(Rc::clone(term))
            }
            other => {
                let message = format!(
                    "expected argument `{param}` of function `script_reference` to be of type \
                     string, column, or function, received {}",
                    other.kind()
                );
                self.fail(range, Problem::new("wrong-argument", message))
            }
        }
    }

    /// `px.arg(name, default)`: a script argument, converted to the type of the default.
    fn argument(&mut self, bound: Vec<Bound<'a>>, range: TextRange) -> Checked<Object<'a>> {
        let mut bound = bound.into_iter();
        let Some(Some((name, name_range))) = bound.next() else {
            return Err(Reported);
        };
        let name = self.text("name", &name, name_range)?;
        self.arguments_used.insert(name.to_string());
        let default = bound.next().flatten();
        let Some(text) = self.options.arguments.get(&*name) else {
            return match default {
                Some((default, _)) => Ok(default),
                None => {
                    let message = format!("missing required argument `{name}`");
                    let help = format!("run the script with `-- --{name} VALUE`");
                    self.fail(range, Problem::new("missing-argument", message).help(help))
                }
            };
        };
        let wanted = match &default {
            Some((Object::Term(term), _)) if term.time().is_some() => "time",
            Some((Object::Term(term), _)) => term.value().map_or("str", |l| match l {
                Literal::Bool(_) => "bool",
                Literal::Float(_) => "float64",
                Literal::Int(_) => "int64",
                Literal::Time(_) => "time",
                Literal::Text(_) | Literal::UInt128(..) => "str",
            }),
            _ => "str",
        };
        let text = text.clone();
        if matches!(default, Some((Object::List(_), _))) {
            return self.list(&name, &text);
        }
        match self.convert(&text, wanted) {
            Some(literal) => Ok(Object::Term(match default {
                Some((Object::Term(default), _)) => default.with_value(literal, range),
                _ => Term::literal(literal, range),
            })),
            None => {
                let message =
                    format!("failed to parse arg `{name}` with value `{text}` as {wanted}");
                self.fail(range, Problem::new("wrong-argument", message))
            }
        }
    }

    /// Returns the value of a script argument's text.
    pub(super) fn convert(&self, text: &str, wanted: &str) -> Option<Literal> {
        match wanted {
            "bool" => match text.to_lowercase().as_str() {
                "true" | "t" | "yes" | "y" | "1" => Some(Literal::Bool(true)),
                "false" | "f" | "no" | "n" | "0" => Some(Literal::Bool(false)),
                _ => None,
            },
            "float64" => text.trim().parse().ok().map(Literal::Float),
            "int64" => text.trim().parse().ok().map(Literal::Int),
            "time" => match text.trim().parse() {
                Ok(ns) => Some(Literal::Time(ns)),
                Err(_) => time::parse_time(text, self.options.now_ns).map(Literal::Time),
            },
            _ => Some(Literal::Text(text.into())),
        }
    }
}

pub(crate) fn parse_uuid(text: &str) -> Option<u128> {
    let groups: Vec<_> = text.split('-').collect();
    let lengths: Vec<_> = groups.iter().map(|group| group.len()).collect();
    if lengths != [8, 4, 4, 4, 12] || !groups.concat().bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    u128::from_str_radix(&groups.concat(), 16)
        .ok()
        .filter(|value| *value != 0)
}
