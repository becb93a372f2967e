//! From a user's arguments to the functions to run.

use super::{Argument, Variable, VariableKind, Vis};
use crate::diagnostics::{Diagnostics, Problem};
use crate::{Diagnostic, FunctionCall};
use std::collections::BTreeMap;

impl Vis {
    /// Returns the functions to run: global ones first, then those of widgets, each in order.
    ///
    /// An argument that is not given, or empty, has the default of its variable.
    ///
    /// # Errors
    ///
    /// When an argument is missing, unknown, or not among the valid values.
    pub fn calls(
        &self,
        arguments: &BTreeMap<String, String>,
    ) -> Result<Vec<FunctionCall>, Vec<Diagnostic>> {
        let mut diagnostics = Diagnostics::new("");
        for name in arguments.keys() {
            if !self
                .variables
                .iter()
                .any(|variable| *variable.name == **name)
            {
                let known = self.variables.iter().map(|variable| &*variable.name);
                let message = format!("the script takes no argument `{name}`");
                let problem = Problem::new("unknown-argument", message).suggest(name, known);
                diagnostics.report_nowhere(problem);
            }
        }
        let mut values = BTreeMap::new();
        for variable in &self.variables {
            match variable.value(arguments.get(&*variable.name)) {
                Ok(value) => drop(values.insert(&*variable.name, value)),
                Err(problem) => drop(diagnostics.report_nowhere(problem)),
            }
        }
        if !diagnostics.is_empty() {
            return Err(diagnostics.finish());
        }
        Ok(self.calls_with(&values))
    }

    /// Returns the functions to run with a value for each variable.
    fn calls_with(&self, values: &BTreeMap<&str, String>) -> Vec<FunctionCall> {
        let value = |argument: &Argument| match argument {
            Argument::Value(value) => value.to_string(),
            Argument::Variable(name) => values.get(&**name).cloned().unwrap_or_default(),
        };
        let calls = self.all_calls().into_iter();
        calls
            .map(|(call, output)| FunctionCall {
                function: call.function.to_string(),
                arguments: call
                    .arguments
                    .iter()
                    .map(|(name, argument)| (name.to_string(), value(argument)))
                    .collect(),
                output,
            })
            .collect()
    }

    /// Returns the functions to run with made-up values for what has no default, once for the
    /// defaults and once for each other valid value of each variable.
    #[must_use]
    pub fn sample_calls(&self) -> Vec<Vec<FunctionCall>> {
        let base: BTreeMap<&str, String> = self
            .variables
            .iter()
            .map(|variable| (&*variable.name, variable.sample()))
            .collect();
        let mut samples = vec![self.calls_with(&base)];
        for variable in &self.variables {
            for valid in &variable.valid_values {
                if base.get(&*variable.name) != Some(valid) {
                    let mut values = base.clone();
                    values.insert(&variable.name, valid.clone());
                    samples.push(self.calls_with(&values));
                }
            }
        }
        samples
    }
}

impl Variable {
    /// Returns the value to use for what the user gave.
    fn value(&self, given: Option<&String>) -> Result<String, Problem> {
        let given = given.filter(|given| !given.is_empty());
        let name = &self.name;
        let Some(value) = given.map(String::as_str).or(self.default.as_deref()) else {
            let message = format!("missing required argument `{name}`");
            let mut help = format!("give it as `-- --{name} VALUE`");
            if !self.description.is_empty() {
                help = format!("{help}: {}", self.description);
            }
            return Err(Problem::new("missing-argument", message).help(help));
        };
        if given.is_some()
            && !self.valid_values.is_empty()
            && !self.valid_values.iter().any(|valid| valid == value)
        {
            let message = format!("`{value}` is no valid value of argument `{name}`");
            let list = self.valid_values.join("`, `");
            return Err(Problem::new("invalid-value", message).help(format!("valid are `{list}`")));
        }
        Ok(self.spelled(value))
    }

    /// Returns a value as scripts read it: users separate texts of a list by commas.
    fn spelled(&self, value: &str) -> String {
        if self.kind != VariableKind::StringList || value.trim_start().starts_with('[') {
            return value.to_owned();
        }
        let quoted = |item: &str| {
            format!(
                "'{}'",
                item.trim().replace('\\', "\\\\").replace('\'', "\\'")
            )
        };
        let items = value.split(',').filter(|item| !item.trim().is_empty());
        let items: Vec<_> = items.map(quoted).collect();
        format!("[{}]", items.join(","))
    }

    fn sample(&self) -> String {
        let value = match (&self.default, self.valid_values.first()) {
            (Some(default), _) => default,
            (None, Some(valid)) => valid.as_str(),
            (None, None) => self.kind.sample(),
        };
        self.spelled(value)
    }
}
