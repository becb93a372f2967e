//! Prints the tables of a result in one of three forms.

use crate::config::colors;
use crate::failure::{Exit, Failure};
use crate::render::table::TableText;
use crate::render::{Completion, ExportLine, Results, Stats, json_lines, meanings, pager};
use arrow::array::RecordBatch;
use nixie_api::{ExportReport, TableEnd, TableHeader};
use nixie_live::cells::{Cell, harmless};
use nixie_types::SemanticType;
use rustix::termios::tcgetwinsize;
use std::io::{self, ErrorKind, IsTerminal, Write};

/// Name of the column of CSV that tells the table.
const TABLE_ID: &str = "table_id";

/// How rows are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TextFormat {
    Table,
    Json,
    Csv,
    Nothing,
}

/// Prints tables to standard output.
pub(crate) struct Printer {
    format: TextFormat,
    tables: usize,
    header: Option<TableHeader>,
    /// Meanings of the columns of this table.
    meanings: Vec<SemanticType>,
    text: Option<TableText>,
    width: Option<usize>,
    colors: bool,
    is_terminal: bool,
    /// Rows of CSV begin with the name of their table.
    named: bool,
    /// Tables that have an end go through a pager.
    paged: bool,
}

impl Printer {
    pub(crate) fn new(format: TextFormat, paged: bool, named: bool) -> Self {
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
            header: None,
            meanings: Vec::new(),
            text: None,
            width,
            colors,
            is_terminal,
            named,
            paged: paged && is_terminal && format == TextFormat::Table,
        }
    }
}

impl Results for Printer {
    fn table(&mut self, header: TableHeader) -> Result<(), Failure> {
        self.tables += 1;
        if self.paged && !header.streaming {
            pager::start();
            self.paged = false;
        }
        match self.format {
            TextFormat::Table => {
                print(if self.tables > 1 { "\n" } else { "" })?;
                self.text = Some(TableText::new(&header, self.width, self.colors));
            }
            TextFormat::Csv => {
                let names = header.columns.iter().map(|column| Cell::Text(&column.name));
                self.print_csv(&csv_line(self.named.then_some(TABLE_ID), names))?;
            }
            TextFormat::Json | TextFormat::Nothing => {}
        }
        self.meanings = meanings(&header);
        self.header = Some(header);
        Ok(())
    }

    fn rows(&mut self, batch: &RecordBatch) -> Result<(), Failure> {
        let name = self.header.as_ref().map(|header| header.name.clone());
        let name = name.unwrap_or_default();
        let rows = 0..batch.num_rows();
        let lines: String = match (self.format, &mut self.text) {
            (TextFormat::Nothing, _) => return Ok(()),
            (TextFormat::Json, _) => json_lines(&name, batch, &self.meanings),
            (TextFormat::Table, Some(text)) => {
                let mut lines: String = rows.map(|row| text.row(batch, row)).collect();
                if self.header.as_ref().is_some_and(|header| header.streaming) {
                    lines += &text.flush();
                }
                lines
            }
            _ => {
                let name = self.named.then_some(name.as_str());
                let line = |row| {
                    let cells = batch.columns().iter().zip(&self.meanings);
                    let cells =
                        cells.map(|(column, meaning)| Cell::of(column, row).meaning(*meaning));
                    csv_line(name, cells)
                };
                return self.print_csv(&rows.map(line).collect::<String>());
            }
        };
        print(&lines)
    }

    fn table_end(&mut self, end: &TableEnd) -> Result<(), Failure> {
        if let Some(text) = self.text.take() {
            print(&text.finish())?;
        }
        let completion = Completion(&end.completeness).to_string();
        if completion.is_empty() {
            return Ok(());
        }
        match self.format {
            TextFormat::Table => print_harmless(&format!("{completion}\n")),
            // Programs that read the rows must not find a sentence among them.
            TextFormat::Json | TextFormat::Csv | TextFormat::Nothing => {
                let name = self.header.as_ref().map_or("", |header| &header.name);
                crate::say::line(format_args!("{name}: {completion}"));
                Ok(())
            }
        }
    }

    fn export(&mut self, report: &ExportReport) -> Result<(), Failure> {
        let line = ExportLine(report).to_string();
        match self.format {
            TextFormat::Table => print_harmless(&format!("{line}\n")),
            // Programs that read the rows must not find a sentence among them.
            TextFormat::Json | TextFormat::Csv | TextFormat::Nothing => {
                crate::say::line(format_args!("{line}"));
                Ok(())
            }
        }
    }

    fn stats(&mut self, stats: &Stats<'_>) -> Result<(), Failure> {
        match self.format {
            TextFormat::Table => print_harmless(&format!("\n{stats}")),
            TextFormat::Json | TextFormat::Csv | TextFormat::Nothing => {
                for line in stats.to_string().lines() {
                    crate::say::line(format_args!("{line}"));
                }
                Ok(())
            }
        }
    }
}

impl Printer {
    /// Programs get what was captured as it is; a terminal must not obey it.
    fn print_csv(&self, lines: &str) -> Result<(), Failure> {
        if self.is_terminal {
            print_harmless(lines)
        } else {
            print(lines)
        }
    }
}

/// Returns a line of CSV, after the name of its table if that belongs in it.
fn csv_line<'a>(table: Option<&'a str>, cells: impl Iterator<Item = Cell<'a>>) -> String {
    let mut line = String::new();
    for (index, cell) in table.map(Cell::Text).into_iter().chain(cells).enumerate() {
        if index > 0 {
            line.push(',');
        }
        cell.write_csv(&mut line);
    }
    line.push('\n');
    line
}

/// Prints what may hold texts of others, none of which is an order to a terminal.
pub(crate) fn print_harmless(text: &str) -> Result<(), Failure> {
    print(&harmless(text))
}

/// Prints text to standard output. A reader that has seen enough is no error to speak of.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let printed = pager::write(text).and_then(|is_written| {
        if is_written {
            return Ok(());
        }
        let mut output = io::stdout().lock();
        output.write_all(text.as_bytes())?;
        output.flush()
    });
    printed.map_err(|error| match error.kind() {
        ErrorKind::BrokenPipe => Failure::enough(),
        _ => Failure::new(Exit::Failed, "cannot write to standard output").caused_by(&error),
    })
}
