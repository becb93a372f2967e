//! Probes: functions of the script that say what is recorded of the calls of a traced function.

use crate::diagnostics::{Checked, Problem, Reported};
use crate::eval::Evaluator;
use crate::eval::calls::{Arguments, Bound};
use crate::mutation::Probe;
use crate::objects::builtin::TraceFunction;
use crate::objects::{Object, ProbeFunction};
use ruff_text_size::{Ranged, TextRange};
use std::rc::Rc;

/// Columns that every table of a probe has.
const OWN_COLUMNS: [&str; 2] = ["upid", "time_"];

impl<'a> Evaluator<'a, '_> {
    /// Runs a probe's function and returns what it describes.
    pub(super) fn probe(&mut self, probe: &ProbeFunction<'a>, range: TextRange) -> Checked<Probe> {
        if self.probe.is_some() {
            let message = "already have a current probe, are you calling this in another trace \
                           definition";
            return self.fail(range, Problem::new("not-supported", message));
        }
        self.probe = Some(Probe {
            name: probe.function.def.name.to_string(),
            symbol: probe.symbol.to_string(),
            ..Probe::default()
        });
        let args = Arguments {
            positional: Vec::new(),
            keywords: Vec::new(),
            range,
        };
        let result = self.user_function(&probe.function, args);
        let Some(mut found) = self.probe.take() else {
            return Err(Reported);
        };
        let place = probe.function.def.name.range();
        found.columns = self.probe_columns(&result?, place)?;
        Ok(found)
    }

    fn probe_columns(
        &mut self,
        result: &Object<'a>,
        range: TextRange,
    ) -> Checked<Vec<(String, String)>> {
        if matches!(result, Object::None) {
            let message =
                "improper probe definition: missing output spec of probe, add a return statement";
            let help = "return `[{'column': pxtrace.ArgExpr('name')}]`";
            return self.fail(range, Problem::new("wrong-type", message).help(help));
        }
        let Some(outputs) = result.items() else {
            let message = format!(
                "unable to parse probe output definition, expected Collection, received {}",
                result.kind()
            );
            let help = "return a list of one dict";
            return self.fail(range, Problem::new("wrong-type", message).help(help));
        };
        let [output] = outputs else {
            let message = format!(
                "expected one dict of columns in the list that a probe returns, received {}",
                outputs.len()
            );
            return self.fail(range, Problem::new("wrong-type", message));
        };
        let Object::Dict(items) = output else {
            let message = format!("expected Dict, got {}", output.kind());
            return self.fail(range, Problem::new("wrong-type", message));
        };
        let mut columns: Vec<(String, String)> = Vec::with_capacity(items.len());
        for (name, value) in items.iter() {
            let name = self.text("column name", name, range)?.to_string();
            let Object::TraceValue(id) = value else {
                let message = format!(
                    "expected TracingVariable for `{name}`, got {}",
                    value.kind()
                );
                let help = "use `pxtrace.ArgExpr`, `pxtrace.RetExpr` or `pxtrace.FunctionLatency`";
                return self.fail(range, Problem::new("wrong-type", message).help(help));
            };
            let taken = columns.iter().any(|(known, _)| *known == name);
            if taken || OWN_COLUMNS.contains(&name.as_str()) {
                let message = format!("column `{name}` is in the table of the probe already");
                return self.fail(range, Problem::new("duplicate-column", message));
            }
            columns.push((name, id.to_string()));
        }
        Ok(columns)
    }

    /// `pxtrace.ArgExpr` and `pxtrace.RetExpr`.
    pub(super) fn traced(
        &mut self,
        function: TraceFunction,
        bound: Vec<Bound<'a>>,
        range: TextRange,
    ) -> Checked<Object<'a>> {
        let Some(Some((expression, expression_range))) = bound.into_iter().next() else {
            return Err(Reported);
        };
        let expression = self
            .text("expr", &expression, expression_range)?
            .to_string();
        let Some(probe) = &mut self.probe else {
            return self.no_probe(function.name(), range);
        };
        let (list, prefix) = match function {
            TraceFunction::RetExpr => (&mut probe.returns, "ret"),
            _ => (&mut probe.arguments, "arg"),
        };
        let id = format!("{prefix}{}", list.len());
        list.push((id.clone(), expression));
        Ok(Object::TraceValue(id.into()))
    }

    /// `pxtrace.FunctionLatency`.
    pub(super) fn latency(&mut self, range: TextRange) -> Checked<Object<'a>> {
        let Some(probe) = &mut self.probe else {
            return self.no_probe("FunctionLatency", range);
        };
        let id: Rc<str> = "lat0".into();
        probe.latency = Some(id.to_string());
        Ok(Object::TraceValue(id))
    }

    fn no_probe<T>(&mut self, function: &str, range: TextRange) -> Checked<T> {
        let message =
            format!("missing current probe: `pxtrace.{function}` has a meaning only in a probe");
        let help = "put it into a function with `@pxtrace.probe('symbol')` before it";
        self.fail(range, Problem::new("not-supported", message).help(help))
    }
}
