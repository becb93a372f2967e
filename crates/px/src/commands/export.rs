//! `px export`: tables as files.

use crate::agent_options::AgentOptions;
use crate::client::Client;
use crate::commands::completion;
use crate::commands::run::ask;
use crate::failure::Failure;
use crate::library::Script;
use crate::render::OutputOptions;
use clap_complete::ArgValueCandidates;
use nixie_api::QueryRequest;
use std::fmt::Write;
use std::process::ExitCode;

/// Write whole tables to files
///
/// Unlike `px run`, which shows at most 10,000 rows of a table unless told otherwise, this writes
/// all rows of the time range.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  px export http_events -o parquet --to http.parquet
  px export http_events conn_stats --start -1h -o arrow --to tables/
  px export http_events --start 2026-01-31T12:00:00Z -o csv > http.csv
  px export --start=-30s -o json http_events | jq .latency

`px run --export-to` sends what a script exports to an OpenTelemetry collector.")]
pub(crate) struct Args {
    /// Tables, see `px tables`
    #[arg(required = true, add = ArgValueCandidates::new(completion::tables))]
    tables: Vec<String>,
    /// From when on: a time before now such as `-5m`, or a time in RFC 3339
    #[arg(
        long,
        value_name = "TIME",
        default_value = "-5m",
        allow_hyphen_values = true
    )]
    start: String,
    /// Until when, in the same forms; until now unless given
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    end: Option<String>,
    #[command(flatten)]
    output: OutputOptions,
    #[command(flatten)]
    agent: AgentOptions,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let script = Script {
        name: "export".to_owned(),
        text: script(&args.tables, &args.start, args.end.as_deref()),
        ..Script::default()
    };
    let request = QueryRequest {
        script: script.text.clone(),
        script_name: script.name.clone(),
        ..QueryRequest::default()
    };
    let client = Client::find(&args.agent)?;
    ask(&client, &request, &script, &args.output, false)
}

/// Returns the script that shows whole tables.
fn script(tables: &[String], start: &str, end: Option<&str>) -> String {
    let mut text = "#px:set max_output_rows_per_table=0\nimport px\n".to_owned();
    for table in tables {
        let (table, start) = (quoted(table), quoted(start));
        let end = end.map_or_else(String::new, |end| format!(", end_time={}", quoted(end)));
        // Writing to a string cannot fail.
        writeln!(
            text,
            "px.display(px.DataFrame({table}, start_time={start}{end}), {table})"
        )
        .unwrap_or_default();
    }
    text
}

/// Returns a text as a literal of PxL, whatever it holds.
fn quoted(text: &str) -> String {
    let escaped = text.chars().map(|character| match character {
        '\\' | '\'' => format!("\\{character}"),
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        other => other.to_string(),
    });
    format!("'{}'", escaped.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_rows_of_the_tables_are_asked_for() {
        let text = script(&["a".to_owned(), "it's\n".to_owned()], "-1h", Some("-1m"));
        let expected = "#px:set max_output_rows_per_table=0\nimport px\n\
            px.display(px.DataFrame('a', start_time='-1h', end_time='-1m'), 'a')\n\
            px.display(px.DataFrame('it\\'s\\n', start_time='-1h', end_time='-1m'), 'it\\'s\\n')\n";
        assert_eq!(text, expected);
    }
}
