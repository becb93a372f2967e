//! Prints rows: as a table for people, as JSON lines or CSV for programs.

mod completion;
pub(crate) mod diagnostics;
mod export;
mod json_lines;
mod printer;
mod stats;
mod table;

pub(crate) use completion::Completion;
pub(crate) use export::ExportLine;
pub(crate) use json_lines::JsonLines;
pub(crate) use printer::{Format, Printer, print};
pub(crate) use stats::Stats;
