//! Keeps `docs/reference/tables.md` in step with the tables: `UPDATE=1` writes it anew.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests fail by panicking"
)]

use nixie_types::{ColumnSpec, PatternType, TableSpec};
use std::fmt::Write;

const PATH: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../docs/reference/tables.md"
);

const INTRODUCTION: &str = "\
# Tables

Every table, as scripts see it: `px.DataFrame('http_events')`. `px tables` lists them with what
they hold now. Times are nanoseconds since the Unix epoch; `upid` names a process for all time, as
`asid:pid:start_ticks`. Rows are in the order of `time_`. The tables under
[No source yet](#no-source-yet) are known to scripts, and always empty.
";

const AWAITED: &str = "
# No source yet
";

#[test]
fn the_page_describes_every_table() {
    let mut page = INTRODUCTION.to_owned();
    let mut tables = nixie_collector::tables();
    tables.sort_by_key(|table| table.name);
    for table in tables {
        render(&mut page, table);
    }
    page.push_str(AWAITED);
    for table in nixie_collector::awaited_tables() {
        render(&mut page, table);
    }
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(PATH, &page).unwrap();
    }
    let known = std::fs::read_to_string(PATH).unwrap_or_default();
    assert!(
        known == page,
        "`docs/reference/tables.md` is not up to date: run with UPDATE=1"
    );
}

fn render(page: &mut String, table: &TableSpec) {
    writeln!(page, "\n## {}\n\n{}\n", table.name, table.description).unwrap();
    page.push_str("| Column | Type | Meaning | Pattern | What it holds |\n|---|---|---|---|---|\n");
    for column in table.columns {
        writeln!(
            page,
            "| {} | {} | {} | {} | {}{} |",
            column.name,
            column.data_type.name(),
            column.semantic_type.name(),
            pattern(column.pattern_type),
            column.description,
            values(column)
        )
        .unwrap();
    }
}

const fn pattern(pattern: PatternType) -> &'static str {
    match pattern {
        PatternType::General => "general",
        PatternType::GeneralEnum => "few values",
        PatternType::Structured => "structured",
        PatternType::MetricCounter => "counter",
        PatternType::MetricGauge => "gauge",
    }
}

fn values(column: &ColumnSpec) -> String {
    let names = column
        .decoder
        .iter()
        .map(|(value, name)| format!("{value} {name}"));
    let names: Vec<String> = names.collect();
    if names.is_empty() {
        String::new()
    } else {
        format!(" {}.", names.join(", "))
    }
}
