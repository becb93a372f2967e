//! How a command fails: what is printed, and the exit code.

use std::error::Error;
use std::fmt;
use std::process::ExitCode;

/// The documented exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Whoever reads the output has seen enough.
    Enough = 0,
    /// The command failed.
    Failed = 1,
    /// The command line is wrong; also used by the argument parser.
    Usage = 2,
    /// No agent answers.
    Unreachable = 3,
    /// The script has errors.
    Script = 4,
}

/// Why a command failed. Printed as `error:`, `caused by:` and `hint:` lines.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    message: String,
    causes: Vec<String>,
    hint: Option<String>,
    /// Text printed before all else, for example the place of an error in a script.
    details: String,
}

impl Failure {
    /// Returns a failure without causes.
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        let (message, causes) = (message.into(), Vec::new());
        Self {
            exit,
            message,
            causes,
            hint: None,
            details: String::new(),
        }
    }

    /// Returns the end of a command whose output nobody reads any more; nothing is said of it.
    pub(crate) fn enough() -> Self {
        Self::new(Exit::Enough, "")
    }

    /// Returns a failure because of an error and what caused that.
    pub(crate) fn of(error: &(dyn Error + 'static)) -> Self {
        let mut failure = Self::new(Exit::Failed, error.to_string());
        failure.add_causes(error.source());
        failure
    }

    /// Adds an error, and what caused it, as the cause.
    pub(crate) fn caused_by(mut self, error: &(dyn Error + 'static)) -> Self {
        self.add_causes(Some(error));
        self
    }

    /// Adds causes given as text.
    pub(crate) fn with_causes(mut self, causes: Vec<String>) -> Self {
        self.causes.extend(causes);
        self
    }

    /// Adds what to do about it.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds text to be printed before all else.
    pub(crate) fn details(mut self, details: String) -> Self {
        self.details = details;
        self
    }

    /// Returns the message with what caused it in one line.
    pub(crate) fn causes_in_line(&self) -> String {
        let parts: Vec<&str> = std::iter::once(self.message.as_str())
            .chain(self.causes.iter().map(String::as_str))
            .flat_map(str::lines)
            .collect();
        parts.join(": ")
    }

    /// Returns what to do about it.
    pub(crate) fn into_hint(self) -> Option<String> {
        self.hint
    }

    /// Returns true if no agent answers.
    pub(crate) fn is_unreachable(&self) -> bool {
        self.exit == Exit::Unreachable
    }

    /// Returns the code to exit with.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.exit as u8)
    }

    fn add_causes(&mut self, mut error: Option<&(dyn Error + 'static)>) {
        while let Some(cause) = error {
            self.causes.push(cause.to_string());
            error = cause.source();
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.details)?;
        if self.message.is_empty() {
            return Ok(());
        }
        writeln!(f, "error: {}", self.message)?;
        for cause in &self.causes {
            writeln!(f, "caused by: {cause}")?;
        }
        if let Some(hint) = &self.hint {
            writeln!(f, "hint: {hint}")?;
        }
        Ok(())
    }
}

impl From<nixie_server::ServerError> for Failure {
    fn from(error: nixie_server::ServerError) -> Self {
        Self::of(&error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_and_hint_follow_the_error() {
        let cause = std::io::Error::other("disk on fire");
        let failure = Failure::new(Exit::Failed, "cannot write `x`")
            .caused_by(&cause)
            .hint("wait");
        let text = "error: cannot write `x`\ncaused by: disk on fire\nhint: wait\n";
        assert_eq!(failure.to_string(), text);
    }
}
