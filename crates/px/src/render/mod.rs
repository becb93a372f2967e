//! Prints rows: as a table for people, as JSON lines, CSV, Arrow or Parquet for programs.

mod completion;
pub(crate) mod diagnostics;
mod export;
mod files;
mod json_lines;
mod output;
pub(crate) mod pager;
mod printer;
mod progress;
mod stats;
mod table;

pub(crate) use completion::Completion;
pub(crate) use export::ExportLine;
pub(crate) use json_lines::{JsonLines, json_line, json_lines, meanings};
pub(crate) use output::{ListFormat, OutputOptions};
pub(crate) use printer::{print, print_harmless};
pub(crate) use progress::Progress;
pub(crate) use stats::Stats;

use crate::failure::Failure;
use arrow::array::RecordBatch;
use nixie_api::{ExportReport, TableEnd, TableHeader};

/// Takes a result, table by table.
pub(crate) trait Results {
    /// Begins a table.
    fn table(&mut self, header: TableHeader) -> Result<(), Failure>;

    /// Takes rows of the table.
    fn rows(&mut self, batch: &RecordBatch) -> Result<(), Failure>;

    /// Ends the table, and says what is missing from it.
    fn table_end(&mut self, end: &TableEnd) -> Result<(), Failure>;

    /// Says what became of an export.
    fn export(&mut self, report: &ExportReport) -> Result<(), Failure>;

    /// Says what the table cost.
    fn stats(&mut self, stats: &Stats<'_>) -> Result<(), Failure>;

    /// Ends the result, of which nothing more follows. Without it, the result is not whole.
    fn finish(&mut self) -> Result<(), Failure> {
        Ok(())
    }
}
