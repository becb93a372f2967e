//! `px tables`.

use crate::agent_options::AgentOptions;
use crate::client::{Client, read_answer};
use crate::commands::completion;
use crate::failure::{Exit, Failure};
use crate::render::{ListFormat, json_line, print};
use clap_complete::ArgValueCandidates;
use nixie_api::{TABLES_PATH, TableInfo, TablesResponse};
use nixie_live::cells::format::{bytes, time};
use nixie_pxl::similar;
use std::fmt::Write;
use std::process::ExitCode;

/// List the tables of the running agent, or the columns of one
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Table whose columns to list
    #[arg(add = ArgValueCandidates::new(completion::tables))]
    table: Option<String>,
    /// How to print
    #[arg(short, long, value_enum, default_value = "table")]
    output: ListFormat,
    #[command(flatten)]
    agent: AgentOptions,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let answer = Client::find(&args.agent)?.get(TABLES_PATH)?;
    let mut tables = read_answer::<TablesResponse>(&answer)?.tables;
    if let Some(name) = &args.table {
        let names: Vec<String> = tables.iter().map(|table| table.name.clone()).collect();
        tables.retain(|table| table.name == *name);
        if tables.is_empty() {
            return Err(unknown(name, &names));
        }
    }
    let text = match (args.output, &args.table) {
        (ListFormat::Json, _) => tables.iter().map(json_line).collect::<Result<_, _>>()?,
        (ListFormat::Table, None) => list(&tables),
        (ListFormat::Table, Some(_)) => tables.iter().map(columns).collect(),
    };
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn unknown(name: &str, known: &[String]) -> Failure {
    let failure = Failure::new(Exit::Failed, format!("table `{name}` not found"));
    let there_are = format!("there are {}", known.join(", "));
    failure.hint(match similar(name, known.iter().map(String::as_str)) {
        Some(similar) => format!("did you mean `{similar}`? {there_are}"),
        None => there_are,
    })
}

fn list(tables: &[TableInfo]) -> String {
    let width = tables
        .iter()
        .map(|table| table.name.len())
        .max()
        .unwrap_or(0)
        .max(5);
    let mut text = format!(
        "{:width$}  {:>10}  {:>9}  {:>9}  {:23}  {}\n",
        "TABLE", "ROWS", "HELD", "LIMIT", "FROM", "TO"
    );
    let (filled, awaited): (Vec<_>, Vec<_>) = tables.iter().partition(|table| table.has_source);
    for table in filled {
        let shown = |time_ns: Option<i64>| time_ns.map_or_else(|| "-".to_owned(), time);
        // Writing to a string cannot fail.
        writeln!(
            text,
            "{:width$}  {:>10}  {:>9}  {:>9}  {:23.23}  {:.23}",
            table.name,
            table.rows,
            bytes(table.bytes as f64),
            bytes(table.bytes_max as f64),
            shown(table.min_time_ns),
            shown(table.max_time_ns),
        )
        .unwrap_or_default();
    }
    if !awaited.is_empty() {
        let names: Vec<&str> = awaited.iter().map(|table| table.name.as_str()).collect();
        let names = names.join(", ");
        writeln!(
            text,
            "\nknown to scripts, but always empty: no source fills them yet\n{names}"
        )
        .unwrap_or_default();
    }
    text
}

fn columns(table: &TableInfo) -> String {
    let width = table
        .columns
        .iter()
        .map(|column| column.name.len())
        .max()
        .unwrap_or(0)
        .max(6);
    let mut text = format!("{}: {}\n\n", table.name, table.description);
    if !table.has_source {
        text += "no source fills it yet: it is always empty\n\n";
    }
    writeln!(
        text,
        "{:width$}  {:8}  {:24}  MEANING",
        "COLUMN", "TYPE", "SEMANTIC TYPE"
    )
    .unwrap_or_default();
    for column in &table.columns {
        let (name, data_type) = (&column.name, &column.data_type);
        let (semantic_type, description) = (&column.semantic_type, &column.description);
        writeln!(
            text,
            "{name:width$}  {data_type:8}  {semantic_type:24}  {description}"
        )
        .unwrap_or_default();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_that_was_meant_is_suggested_first() {
        let known = ["conn_stats".to_owned(), "http_events".to_owned()];
        let text = unknown("http_evnts", &known).to_string();
        assert!(
            text.contains("hint: did you mean `http_events`? there are conn_stats, http_events"),
            "{text}"
        );
        let text = unknown("zebra", &known).to_string();
        assert!(text.contains("hint: there are conn_stats"), "{text}");
    }
}
