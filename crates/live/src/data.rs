//! The tables of one run.

use crate::cells::{Cell, Column};
use crate::source::Told;
use arrow::array::{ArrayRef, RecordBatch};
use nixie_api::TableHeader;
use std::collections::VecDeque;

/// LIMIT: rows of a table that are kept; of a stream those that came last.
pub(crate) const ROWS_MAX: usize = 50_000;

/// LIMIT: tables of one result; scripts have a dozen at most.
const TABLES_MAX: usize = 256;

/// A table as far as it has come.
#[derive(Debug, Default)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) columns: Vec<Column>,
    /// Rows with the number of those before them.
    batches: VecDeque<(usize, RecordBatch)>,
    /// Rows that have come.
    end: usize,
    /// What is missing, in words.
    pub(crate) missing: String,
}

/// What a run has given so far.
#[derive(Debug, Default)]
pub(crate) struct Results {
    pub(crate) tables: Vec<Table>,
    /// What became of exports, in words.
    pub(crate) exports: Vec<String>,
    /// Tables that came and are not kept.
    left_out: usize,
}

impl Table {
    pub(crate) fn new(header: &TableHeader) -> Self {
        Self {
            name: header.name.clone(),
            columns: header.columns.iter().map(Column::of).collect(),
            ..Self::default()
        }
    }

    /// Adds rows, and forgets the oldest if there are too many.
    pub(crate) fn add(&mut self, batch: RecordBatch) {
        if batch.num_rows() == 0 {
            return;
        }
        let start = self.end;
        self.end += batch.num_rows();
        self.batches.push_back((start, batch));
        while let Some((start, batch)) = self.batches.pop_front() {
            let excess = self.end.saturating_sub(ROWS_MAX).saturating_sub(start);
            if excess < batch.num_rows() {
                let rest = batch.slice(excess, batch.num_rows() - excess);
                self.batches.push_front((start + excess, rest));
                return;
            }
        }
    }

    /// Returns the number of rows that are kept.
    pub(crate) fn rows(&self) -> usize {
        self.end - self.forgotten()
    }

    /// Returns the number of rows that came and are not kept.
    pub(crate) fn forgotten(&self) -> usize {
        self.batches.front().map_or(self.end, |(start, _)| *start)
    }

    /// Returns the place of a column by name.
    pub(crate) fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// Returns a value; nothing outside of the table.
    pub(crate) fn cell(&self, row: usize, column: usize) -> Cell<'_> {
        let row = row + self.forgotten();
        let after = self.batches.partition_point(|(start, _)| *start <= row);
        let Some((start, batch)) = after.checked_sub(1).and_then(|at| self.batches.get(at)) else {
            return Cell::Nothing;
        };
        let values: Option<&ArrayRef> = batch.columns().get(column);
        let known = self.columns.get(column);
        let meaning = known.map(|known| known.semantic_type).unwrap_or_default();
        match values.filter(|values| row - start < values.len()) {
            Some(values) => Cell::of(values, row - start).meaning(meaning),
            None => Cell::Nothing,
        }
    }

    /// Returns a value by its meaning, as plain text.
    pub(crate) fn text(&self, row: usize, column: usize) -> String {
        match self.columns.get(column) {
            Some(known) => known.styled(self.cell(row, column)).text,
            None => String::new(),
        }
    }

    /// Returns what is missing, in words: from the result, and of what is kept of it.
    pub(crate) fn missing(&self) -> String {
        let forgotten = match self.forgotten() {
            0 => String::new(),
            rows => format!("the first {rows} rows are not kept"),
        };
        let parts = [self.missing.as_str(), forgotten.as_str()];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        parts.join("; ")
    }
}

impl Results {
    /// Takes what is told of a run, but not how it ends.
    pub(crate) fn take(&mut self, told: Told) {
        match told {
            Told::Table(_) if self.tables.len() >= TABLES_MAX => self.left_out += 1,
            Told::Table(header) => self.tables.push(Table::new(&header)),
            // They are of a table that is left out.
            Told::Rows(_) | Told::TableEnd(_) if self.left_out > 0 => {}
            Told::Rows(batch) => {
                if let Some(table) = self.tables.last_mut() {
                    table.add(batch);
                }
            }
            Told::TableEnd(missing) => {
                if let Some(table) = self.tables.last_mut() {
                    table.missing = missing;
                }
            }
            Told::Exported(line) => self.exports.push(line),
            Told::Failed(_) | Told::Unreachable(_) | Told::Done => {}
        }
    }

    /// Returns a table by name.
    pub(crate) fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == name)
    }

    /// Returns what is to be said of the result as a whole; nothing, mostly.
    pub(crate) fn notice(&self) -> String {
        let left_out = match self.left_out {
            0 => None,
            tables => Some(format!("{tables} more tables are not shown")),
        };
        let lines: Vec<String> = self.exports.iter().cloned().chain(left_out).collect();
        lines.join("; ")
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.tables.is_empty() && self.exports.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::Int64Array;
    use std::sync::Arc;

    fn batch(values: std::ops::Range<i64>) -> RecordBatch {
        let values = Arc::new(Int64Array::from_iter_values(values)) as ArrayRef;
        RecordBatch::try_from_iter([("n", values)]).unwrap()
    }

    #[test]
    fn rows_are_found_across_batches() {
        let mut table = Table::default();
        table.add(batch(0..3));
        table.add(batch(0..0));
        table.add(batch(3..5));
        assert_eq!(table.rows(), 5);
        let cells: Vec<_> = (0..6).map(|row| table.cell(row, 0)).collect();
        let expected: Vec<_> = (0..5).map(Cell::Int64).chain([Cell::Nothing]).collect();
        assert_eq!(cells, expected);
        assert_eq!(table.cell(0, 1), Cell::Nothing);
    }

    #[test]
    fn of_too_many_tables_the_first_are_kept_and_it_is_said() {
        let mut results = Results::default();
        for number in 0..TABLES_MAX + 2 {
            let name = number.to_string();
            let columns = Vec::new();
            results.take(Told::Table(TableHeader {
                name,
                columns,
                streaming: false,
            }));
            results.take(Told::Rows(batch(0..1)));
        }
        assert_eq!(results.tables.len(), TABLES_MAX);
        assert!(results.tables.iter().all(|table| table.rows() == 1));
        assert_eq!(results.notice(), "2 more tables are not shown");
    }

    #[test]
    fn of_too_many_rows_the_last_are_kept_and_it_is_said() {
        let mut table = Table::default();
        let rows = i64::try_from(ROWS_MAX).unwrap();
        table.add(batch(0..rows));
        assert_eq!(table.missing(), "");
        table.add(batch(rows..rows + 7));
        assert_eq!((table.rows(), table.forgotten()), (ROWS_MAX, 7));
        assert_eq!(table.cell(0, 0), Cell::Int64(7));
        assert_eq!(table.cell(ROWS_MAX - 1, 0), Cell::Int64(rows + 6));
        table.add(batch(0..rows + 1));
        assert_eq!((table.rows(), table.cell(0, 0)), (ROWS_MAX, Cell::Int64(1)));
        table.missing = "incomplete: 1 event lost: late".to_owned();
        let missing = table.missing();
        assert!(
            missing.contains("late; the first 50008 rows are not kept"),
            "{missing}"
        );
    }
}
