//! Prints what each operator of a plan did.

use nixie_api::{OperatorStats, TableEnd};
use nixie_live::cells::format::{bytes, duration};
use std::fmt;

/// What the operators of one table's plan did, as lines of text.
pub(crate) struct Stats<'a>(pub(crate) &'a TableEnd);

const HEADERS: [&str; 4] = ["OPERATOR", "ROWS", "BYTES", "TIME"];

/// LIMIT: characters of an operator's description that are shown.
const OPERATOR_CHARS_MAX: usize = 100;

impl fmt::Display for Stats<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: Vec<_> = self.0.operators.iter().map(cells).collect();
        let mut widths = HEADERS.map(|header| header.chars().count());
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let headers = HEADERS.map(str::to_owned);
        for [operator, rows, bytes, time] in std::iter::once(&headers).chain(&rows) {
            let [first, second, third, fourth] = widths;
            writeln!(
                f,
                "{operator:<first$}  {rows:>second$}  {bytes:>third$}  {time:>fourth$}"
            )?;
        }
        writeln!(f, "in all {}", duration(self.0.elapsed_ns as f64))
    }
}

fn cells(operator: &OperatorStats) -> [String; 4] {
    let indent = "  ".repeat(operator.depth);
    let mut text = format!("{indent}{}", operator.operator.replace('\n', " "));
    if text.chars().count() > OPERATOR_CHARS_MAX {
        text = text.chars().take(OPERATOR_CHARS_MAX - 1).collect();
        text.push('…');
    }
    [
        text,
        operator.rows.to_string(),
        bytes(operator.bytes as f64),
        duration(operator.elapsed_ns as f64),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_are_indented_and_numbers_aligned() {
        let operator = |depth, operator: &str, rows| OperatorStats {
            depth,
            operator: operator.to_owned(),
            rows,
            bytes: 2048,
            elapsed_ns: 1_500_000,
        };
        let end = TableEnd {
            elapsed_ns: 2_000_000,
            operators: vec![
                operator(0, "Filter: a > 1", 5),
                operator(1, "TableScan: t", 12_000),
            ],
            ..TableEnd::default()
        };
        let want = "\
OPERATOR         ROWS    BYTES    TIME
Filter: a > 1       5  2.0 KiB  1.5 ms
  TableScan: t  12000  2.0 KiB  1.5 ms
in all 2.0 ms
";
        assert_eq!(Stats(&end).to_string(), want);
    }

    #[test]
    fn long_descriptions_are_cut() {
        let end = TableEnd {
            operators: vec![OperatorStats {
                operator: "x".repeat(500),
                ..OperatorStats::default()
            }],
            ..TableEnd::default()
        };
        let text = Stats(&end).to_string();
        assert!(
            text.lines().all(|line| line.chars().count() < 130),
            "{text}"
        );
    }
}
