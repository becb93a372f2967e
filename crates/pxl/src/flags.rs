//! Lines of a script that are comments to the language and settings to who runs it.

use crate::diagnostics::{Diagnostics, Problem, Reported};
use ruff_text_size::{TextRange, TextSize};

/// LIMIT: rows of one output that are shown when the script does not say otherwise.
pub const ROWS_MAX_DEFAULT: usize = 10_000;

/// How a line with a setting begins.
const PREFIX: &str = "#px:set ";

const NAMES: [&str; 3] = ["explain", "analyze", "max_output_rows_per_table"];

/// What the `#px:set` lines of a script ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flags {
    /// Give the plan with the result.
    pub explain: bool,
    /// Give the plan with what each operator cost.
    pub analyze: bool,
    /// Rows of one output that are shown; none means all.
    pub rows_max: Option<usize>,
}

impl Default for Flags {
    fn default() -> Self {
        Self {
            explain: false,
            analyze: false,
            rows_max: Some(ROWS_MAX_DEFAULT),
        }
    }
}

impl Flags {
    /// Reads the settings of a script; those with a problem are reported.
    pub(crate) fn of(script: &str, diagnostics: &mut Diagnostics<'_>) -> Self {
        let mut flags = Self::default();
        let mut at = 0;
        for line in script.split_inclusive('\n') {
            if let Some(setting) = line.strip_prefix(PREFIX)
                && let Err(problem) = flags.set(setting.trim())
            {
                let range = TextRange::at(size(at), size(line.trim_end().len()));
                let _: Reported = diagnostics.report(range, problem);
            }
            at += line.len();
        }
        flags
    }

    fn set(&mut self, setting: &str) -> Result<(), Problem> {
        let malformed = |seen: &str, expected: &str| {
            let message = format!("config setting is malformed, received `{seen}`");
            Problem::new("wrong-setting", message).help(expected)
        };
        let (name, value) = setting
            .split_once('=')
            .filter(|_| !setting.contains(char::is_whitespace))
            .ok_or_else(|| malformed(setting, "write `#px:set name=value` without spaces"))?;
        match name {
            "explain" | "analyze" => {
                let value = boolean(value)
                    .ok_or_else(|| malformed(setting, "expected `true` or `false`"))?;
                if name == "explain" {
                    self.explain = value;
                } else {
                    self.analyze = value;
                }
            }
            "max_output_rows_per_table" => {
                let rows: usize = value
                    .parse()
                    .map_err(|_| malformed(setting, "expected a number of rows; 0 means all"))?;
                self.rows_max = Some(rows).filter(|rows| *rows > 0);
            }
            other => {
                let message = format!("`{other}` is not a valid flag");
                let known = format!("flags are `{}`", NAMES.join("`, `"));
                let problem = Problem::new("wrong-setting", message);
                return Err(problem.help(known).suggest(other, NAMES));
            }
        }
        Ok(())
    }
}

fn boolean(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

fn size(bytes: usize) -> TextSize {
    TextSize::try_from(bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(script: &str) -> Result<Flags, Vec<String>> {
        let mut diagnostics = Diagnostics::new(script);
        let flags = Flags::of(script, &mut diagnostics);
        let list = diagnostics.finish();
        if list.is_empty() {
            return Ok(flags);
        }
        let line = |d: &crate::Diagnostic| format!("{}:{} {}", d.line, d.column, d.message);
        Err(list.iter().map(line).collect())
    }

    #[test]
    fn settings_are_read_anywhere_at_the_start_of_a_line() {
        let all = flags(
            "import px\n#px:set explain=true\n#px:set analyze=1\n#px:set max_output_rows_per_table=5",
        );
        let want = Flags {
            explain: true,
            analyze: true,
            rows_max: Some(5),
        };
        assert_eq!(all, Ok(want));
        assert_eq!(
            flags(" #px:set nonsense\n#px:setting"),
            Ok(Flags::default())
        );
        let unlimited = flags("#px:set max_output_rows_per_table=0").map(|flags| flags.rows_max);
        assert_eq!(unlimited, Ok(None));
    }

    #[test]
    fn wrong_settings_are_reported_with_their_line() {
        for (script, want) in [
            (
                "\n#px:set explain",
                "2:1 config setting is malformed, received `explain`",
            ),
            (
                "#px:set a = b",
                "1:1 config setting is malformed, received `a = b`",
            ),
            (
                "#px:set explain=maybe",
                "1:1 config setting is malformed, received `explain=maybe`",
            ),
            (
                "#px:set max_output_rows_per_table=-1",
                "1:1 config setting is malformed, received `max_output_rows_per_table=-1`",
            ),
            ("#px:set explian=true", "1:1 `explian` is not a valid flag"),
        ] {
            assert_eq!(flags(script), Err(vec![want.to_owned()]));
        }
    }
}
