//! `px.display` and `px.debug`

use crate::diagnostics::{Checked, Problem, Reported};
use crate::eval::calls::Bound;
use crate::eval::{Evaluator, OPERATORS_MAX, OUTPUTS_MAX, Sink, TERM_WORK};
use crate::objects::Object;
use crate::plan::Frame;
use ruff_text_size::TextRange;

impl<'a> Evaluator<'a, '_> {
    pub(super) fn display(
        &mut self,
        bound: Vec<Bound<'a>>,
        debug: bool,
        range: TextRange,
    ) -> Checked<Object<'a>> {
        let mut bound = bound.into_iter();
        let Some(Some((out, out_range))) = bound.next() else {
            return Err(Reported);
        };
        let Object::Frame(frame) = out else {
            let message = format!("expected DataFrame, received {}", out.kind());
            let problem = Problem::new("wrong-type", message);
            let problem = match out {
                Object::Grouped(_) => problem.help("finish it with `.agg(...)`"),
                Object::Term(_) => problem.help("assign it to a column of a DataFrame"),
                _ => problem,
            };
            return self.fail(out_range, problem);
        };
        let name = match bound.next().flatten() {
            Some((name, range)) => self.text("name", &name, range)?.to_string(),
            None => "output".to_owned(),
        };
        if debug {
            let name = self.debug_name(format!("_{name}"));
            self.add_sink(name, frame, range)?;
        } else if self.functions.is_empty() {
            self.add_sink(name, frame, range)?;
        }
        Ok(Object::None)
    }

    /// Returns the name, with a number if a function that the caller asked for has it.
    fn debug_name(&self, name: String) -> String {
        let reserved = |name: &str| self.functions.iter().any(|call| call.output == name);
        if !reserved(&name) {
            return name;
        }
        let mut numbered = (1..).map(|n| format!("{name}_{n}"));
        numbered.find(|name| !reserved(name)).unwrap_or(name)
    }

    /// Adds an output under the name or, when that is taken, the name with a number.
    pub(super) fn add_sink(&mut self, name: String, frame: Frame, range: TextRange) -> Checked<()> {
        if self.sinks.len() >= OUTPUTS_MAX {
            let message = format!("script displays more than {OUTPUTS_MAX} tables");
            return self.fail(range, Problem::new("too-large", message));
        }
        self.count_plan(&frame, range)?;
        let taken = |name: &str| self.sinks.iter().any(|sink| sink.name == name);
        let free = if taken(&name) {
            (1..)
                .map(|n| format!("{name}_{n}"))
                .find(|name| !taken(name))
                .unwrap_or(name)
        } else {
            name
        };
        self.sinks.push(Sink { name: free, frame });
        Ok(())
    }

    /// Counts what is to be made a plan of, for an output or an export.
    pub(super) fn count_plan(&mut self, frame: &Frame, range: TextRange) -> Checked<()> {
        self.spend(TERM_WORK.saturating_mul(frame.terms), range)?;
        self.operators = self.operators.saturating_add(frame.size);
        if self.operators > OPERATORS_MAX {
            let message = format!(
                "all outputs together have more than {OPERATORS_MAX} operators, shared ones counted \
                 as often as they are used"
            );
            return self.fail(range, Problem::new("too-large", message));
        }
        Ok(())
    }
}
