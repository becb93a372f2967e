//! How errors become statuses: the message in the stream, and the end of the call.

use arrow::error::ArrowError;
use datafusion::error::DataFusionError;
use nixie_api::ApiError;
use nixie_api::proto::vizierpb::error_details::Error;
use nixie_api::proto::vizierpb::{CompilerError, ErrorDetails, Status as Report};
use nixie_pxl::Diagnostic;
use nixie_query::QueryError;
use std::error::Error as StdError;
use std::fmt::Write;
use tonic::{Code, Status};

/// LIMIT: bytes of a foreign text that a message shows.
const SHOWN_BYTES_MAX: usize = 100;

/// LIMIT: bytes of a message; it travels in a header, and clients take about 8 KiB of them.
const MESSAGE_BYTES_MAX: usize = 2 * 1024;

/// LIMIT: errors of a script that are told.
const ERRORS_MAX: usize = 100;

/// Returns as much of a foreign text as a message may show.
pub(crate) fn shown(text: &str) -> &str {
    &text[..text.floor_char_boundary(SHOWN_BYTES_MAX)]
}

/// Returns what a stream tells of a failure.
pub(crate) fn report(status: &Status) -> Report {
    Report {
        code: status.code() as i32,
        message: status.message().to_owned(),
        error_details: Vec::new(),
    }
}

/// Returns what a stream tells of the errors of a script, and how the call ends.
pub(crate) fn of_script(script: &str, errors: &[Diagnostic]) -> (Report, Status) {
    let lines_max = script.lines().count().max(1);
    let mut message = String::new();
    for error in errors.iter().take(ERRORS_MAX) {
        let before = if message.is_empty() { "" } else { "; " };
        // Writing to a string cannot fail.
        write!(
            message,
            "{before}{}:{}: {}",
            error.line, error.column, error.message
        )
        .unwrap_or_default();
    }
    let status = Status::invalid_argument(cut(message));
    let details = errors.iter().take(ERRORS_MAX).map(|error| {
        let help = error.help.iter().map(|help| format!("\n{help}"));
        let compiler_error = CompilerError {
            // Clients look the line up in the script: there must be one.
            line: error.line.clamp(1, lines_max) as u64,
            column: error.column.max(1) as u64,
            message: std::iter::once(error.message.clone()).chain(help).collect(),
        };
        ErrorDetails {
            error: Some(Error::CompilerError(compiler_error)),
        }
    });
    (
        Report {
            error_details: details.collect(),
            ..report(&status)
        },
        status,
    )
}

/// Returns how a call ends whose query failed.
pub(crate) fn of_query(error: &QueryError) -> Status {
    let code = match error {
        QueryError::OutOfMemory { .. } | QueryError::FellBehind { .. } => Code::ResourceExhausted,
        QueryError::TimedOut { .. } => Code::DeadlineExceeded,
        QueryError::NotDeployable { .. } => Code::Unimplemented,
        QueryError::Failed(error) if is_of_values(error) => Code::InvalidArgument,
        QueryError::Failed(_) => Code::Internal,
    };
    Status::new(code, with_causes(error))
}

/// Tells whether a query failed by what it computes of its values, such as a division by zero: who
/// has written it can mend it, and nothing is wrong with the agent.
fn is_of_values(error: &DataFusionError) -> bool {
    let mut next: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(error) = next {
        let boxed = error.downcast_ref::<Box<DataFusionError>>();
        let of_engine = boxed
            .map(|boxed| &**boxed)
            .or_else(|| error.downcast_ref::<DataFusionError>());
        // What the engine calls an execution error comes of bad arguments.
        if matches!(of_engine, Some(DataFusionError::Execution(_))) {
            return true;
        }
        if let Some(
            ArrowError::ArithmeticOverflow(_)
            | ArrowError::CastError(_)
            | ArrowError::ComputeError(_)
            | ArrowError::DivideByZero
            | ArrowError::ParseError(_),
        ) = error.downcast_ref::<ArrowError>()
        {
            return true;
        }
        next = error.source();
    }
    false
}

/// Returns how a call ends whose query in SQL has errors.
pub(crate) fn of_sql(errors: &[Diagnostic]) -> Status {
    let text = |error: &Diagnostic| {
        let place = match error.line {
            0 => String::new(),
            line => format!("{line}:{}: ", error.column),
        };
        let help = error.help.iter().map(|help| format!("; {help}"));
        let help: String = help.collect();
        format!("{place}{}{help}", error.message)
    };
    let texts: Vec<String> = errors.iter().take(ERRORS_MAX).map(text).collect();
    Status::invalid_argument(cut(texts.join("; ")))
}

/// Returns how a call ends whose rows cannot be sent.
pub(crate) fn of_api(error: &ApiError) -> Status {
    let code = match error {
        ApiError::RowTooLarge { .. } => Code::ResourceExhausted,
        _ => Code::Internal,
    };
    Status::new(code, with_causes(error))
}

/// Returns an error's message with those of its causes.
pub(crate) fn with_causes(error: &(dyn StdError + 'static)) -> String {
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        // Writing to a string cannot fail.
        write!(message, ": {error}").unwrap_or_default();
        cause = error.source();
    }
    cut(message)
}

fn cut(mut message: String) -> String {
    if message.len() > MESSAGE_BYTES_MAX {
        message.truncate(message.floor_char_boundary(MESSAGE_BYTES_MAX));
        message.push('…');
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn diagnostic(line: usize, column: usize) -> Diagnostic {
        Diagnostic {
            code: "unknown-column",
            message: "column `x` not found".to_owned(),
            line,
            column,
            width: 1,
            help: Some("did you mean `y`?".to_owned()),
        }
    }

    #[test]
    fn errors_of_a_script_always_have_a_place_in_it() {
        let errors = [diagnostic(2, 5), diagnostic(0, 0), diagnostic(9, 1)];
        let (report, status) = of_script("import px\npx.x", &errors);
        assert_eq!((status.code(), report.code), (Code::InvalidArgument, 3));
        assert!(
            report.message.starts_with("2:5: column `x` not found; "),
            "{}",
            report.message
        );
        let places: Vec<_> = report
            .error_details
            .iter()
            .map(|details| match &details.error {
                Some(Error::CompilerError(error)) => (error.line, error.column),
                None => panic!("no error"),
            })
            .collect();
        assert_eq!(places, [(2, 5), (1, 1), (2, 1)]);
        let Some(Error::CompilerError(error)) = &report.error_details[0].error else {
            panic!("no error")
        };
        assert_eq!(error.message, "column `x` not found\ndid you mean `y`?");
    }

    #[test]
    fn many_errors_do_not_burst_a_header() {
        let errors = vec![diagnostic(1, 1); 10_000];
        let (report, status) = of_script("x", &errors);
        assert!(status.message().len() <= MESSAGE_BYTES_MAX + 3);
        assert_eq!(report.error_details.len(), ERRORS_MAX);
    }

    #[test]
    fn failures_keep_their_kind_and_their_causes() {
        let late = QueryError::TimedOut {
            limit: std::time::Duration::from_secs(1),
        };
        assert_eq!(of_query(&late).code(), Code::DeadlineExceeded);
        let inner = DataFusionError::Plan("no such thing".to_owned());
        let status = of_query(&inner.into());
        assert_eq!(status.code(), Code::Internal);
        assert!(status.message().contains("no such thing"), "{status}");
    }

    #[test]
    fn what_a_query_computes_of_its_values_is_not_the_fault_of_the_agent() {
        let zero = || DataFusionError::from(ArrowError::DivideByZero);
        let code = |error: DataFusionError| of_query(&error.into()).code();
        let inner = DataFusionError::External(Box::new(QueryError::Failed(Box::new(zero()))));
        for error in [
            zero(),
            zero().context("of a column"),
            DataFusionError::Shared(Arc::new(zero())),
            DataFusionError::Shared(Arc::new(inner)),
            ArrowError::CastError("`x` is no number".to_owned()).into(),
            DataFusionError::Execution("more than one row".to_owned()),
        ] {
            assert_eq!(code(error), Code::InvalidArgument);
        }
        for error in [
            DataFusionError::Internal("a bug".to_owned()),
            ArrowError::SchemaError("other columns".to_owned()).into(),
            DataFusionError::External("a file".into()),
        ] {
            assert_eq!(code(error), Code::Internal);
        }
    }
}
