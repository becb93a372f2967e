//! Prints the tables of a result in one of three forms.

use crate::config::colors;
use crate::failure::{Exit, Failure};
use crate::render::json_lines::object;
use crate::render::table::TableText;
use crate::render::{Completion, ExportLine, Stats};
use arrow::array::RecordBatch;
use nixie_api::{ExportReport, TableHeader};
use nixie_live::cells::Cell;
use rustix::termios::tcgetwinsize;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::process::ExitCode;

/// How rows are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// Aligned columns, values by their meaning
    Table,
    /// One JSON object a line, `_tableName_` first, raw values
    Json,
    /// A header and raw values; an empty line between tables
    Csv,
}

/// Prints tables to standard output.
pub(crate) struct Printer {
    format: Format,
    tables: usize,
    exports: usize,
    /// An export was not delivered as a whole.
    undelivered: bool,
    header: Option<TableHeader>,
    text: Option<TableText>,
    width: Option<usize>,
    colors: bool,
}

impl Printer {
    pub(crate) fn new(format: Format) -> Self {
        let is_terminal = io::stdout().is_terminal();
        let size = is_terminal
            .then(|| tcgetwinsize(io::stdout()).ok())
            .flatten();
        let width = size
            .map(|size| usize::from(size.ws_col))
            .filter(|&width| width > 0);
        let colors = colors(is_terminal);
        Self {
            format,
            tables: 0,
            exports: 0,
            undelivered: false,
            header: None,
            text: None,
            width,
            colors,
        }
    }

    /// Begins a table.
    pub(crate) fn table(&mut self, header: TableHeader) -> Result<(), Failure> {
        let separator = if self.tables > 0 && self.format != Format::Json {
            "\n"
        } else {
            ""
        };
        self.tables += 1;
        match self.format {
            Format::Table => {
                print(separator)?;
                self.text = Some(TableText::new(&header, self.width, self.colors));
            }
            Format::Csv => {
                let mut line = separator.to_owned();
                push_line(
                    &mut line,
                    header.columns.iter().map(|column| Cell::Text(&column.name)),
                );
                print(&line)?;
            }
            Format::Json => {}
        }
        self.header = Some(header);
        Ok(())
    }

    /// Prints rows of the table.
    pub(crate) fn rows(&mut self, batch: &RecordBatch) -> Result<(), Failure> {
        let mut lines = String::new();
        let schema = batch.schema();
        let name = self.header.as_ref().map_or("", |header| &header.name);
        for row in 0..batch.num_rows() {
            match (self.format, &mut self.text) {
                (Format::Json, _) => {
                    lines += &object("_tableName_", name, batch, schema.fields(), row);
                }
                (Format::Table, Some(text)) => lines += &text.row(batch, row),
                _ => {
                    let cells = batch.columns().iter().map(|column| Cell::of(column, row));
                    push_line(&mut lines, cells);
                }
            }
        }
        print(&lines)
    }

    /// Ends the table, and says what is missing from it.
    pub(crate) fn table_end(&mut self, completion: &Completion<'_>) -> Result<(), Failure> {
        if let Some(text) = self.text.take() {
            print(&text.finish())?;
        }
        let completion = completion.to_string();
        if completion.is_empty() {
            return Ok(());
        }
        match self.format {
            Format::Table => print(&format!("{completion}\n")),
            // Programs that read the rows must not find a sentence among them.
            Format::Json | Format::Csv => {
                let name = self.header.as_ref().map_or("", |header| &header.name);
                crate::say::line(format_args!("{name}: {completion}"));
                Ok(())
            }
        }
    }

    /// Says what became of an export.
    pub(crate) fn export(&mut self, report: &ExportReport) -> Result<(), Failure> {
        self.exports += 1;
        self.undelivered |= report.spans.dropped > 0 || report.points.dropped > 0;
        let line = ExportLine(report).to_string();
        match self.format {
            Format::Table => print(&format!("{line}\n")),
            // Programs that read the rows must not find a sentence among them.
            Format::Json | Format::Csv => {
                crate::say::line(format_args!("{line}"));
                Ok(())
            }
        }
    }

    /// Says what the table cost.
    pub(crate) fn stats(&self, stats: &Stats<'_>) -> Result<(), Failure> {
        match self.format {
            Format::Table => print(&format!("\n{stats}")),
            Format::Json | Format::Csv => {
                for line in stats.to_string().lines() {
                    crate::say::line(format_args!("{line}"));
                }
                Ok(())
            }
        }
    }

    /// Ends the result; returns the code to exit with.
    pub(crate) fn finish(self) -> Result<ExitCode, Failure> {
        if self.undelivered {
            return Err(Failure::new(Exit::Failed, "not everything was exported"));
        }
        if self.tables == 0 && self.exports == 0 {
            crate::say::line(format_args!(
                "the script displays nothing; end it with `px.display(df)`"
            ));
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn push_line<'a>(line: &mut String, cells: impl Iterator<Item = Cell<'a>>) {
    for (index, cell) in cells.enumerate() {
        if index > 0 {
            line.push(',');
        }
        cell.write_csv(line);
    }
    line.push('\n');
}

/// Prints text to standard output. A reader that has seen enough is no error to speak of.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut output = io::stdout().lock();
    output
        .write_all(text.as_bytes())
        .and_then(|()| output.flush())
        .map_err(|error| match error.kind() {
            ErrorKind::BrokenPipe => Failure::silent(),
            _ => Failure::new(Exit::Failed, "cannot write to standard output").caused_by(&error),
        })
}
