//! The options that say how a result is printed.

use crate::failure::{Exit, Failure};
use crate::render::Results;
use crate::render::files::{FileFormat, Files};
use crate::render::printer::{Printer, TextFormat};
use clap::ValueEnum;
use clap::builder::PossibleValue;
use std::io::{self, IsTerminal};
use std::path::PathBuf;

/// How a result is printed.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct OutputOptions {
    /// How to print rows
    #[arg(short, long, value_enum, default_value = "table")]
    output: Format,
    /// Where Arrow or Parquet goes, if not to standard output: a file, or a folder for a file a table
    #[arg(long, value_name = "PATH")]
    to: Option<PathBuf>,
    /// Print tables as they are, never through PX_PAGER, PAGER or `less`
    #[arg(long)]
    no_pager: bool,
}

/// How a list is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    /// For people
    Table,
    /// One JSON object a line
    Json,
}

/// A form of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Aligned columns, values by their meaning
    Table,
    /// One JSON object a line, `_tableName_` first, raw values
    Json,
    /// Raw values below a header; those of scripts begin with `table_id`
    Csv,
    /// Arrow IPC: a stream on standard output, the file format in files
    Arrow,
    /// Parquet
    Parquet,
    /// Nothing: to see whether a script runs, and what it costs
    #[value(alias = "inmemory")]
    Null,
    /// The terminal UI, as `px live` does; of `px run` only
    Live,
}

impl OutputOptions {
    /// Returns true if rows are to be watched in the terminal UI.
    pub(crate) fn is_live(&self) -> bool {
        self.output == Format::Live
    }

    /// Returns how a list is printed instead of rows.
    pub(crate) fn list_format(&self) -> Result<ListFormat, Failure> {
        match self.output {
            Format::Table => Ok(ListFormat::Table),
            Format::Json => Ok(ListFormat::Json),
            other => {
                let name = other.to_possible_value();
                let name = name.as_ref().map_or("", PossibleValue::get_name);
                let message = format!("a list is not printed as `{name}`");
                Err(Failure::new(Exit::Usage, message).hint("its forms are table and json"))
            }
        }
    }

    /// Returns true if rows appear where progress does.
    pub(crate) fn is_on_terminal(&self) -> bool {
        let is_text = !matches!(self.output, Format::Arrow | Format::Parquet);
        is_text && io::stdout().is_terminal()
    }

    /// Returns what prints a result; `named` has rows of CSV begin with the name of their table.
    pub(crate) fn results(&self, named: bool) -> Result<Box<dyn Results>, Failure> {
        let format = match self.output {
            Format::Table => TextFormat::Table,
            Format::Json => TextFormat::Json,
            Format::Csv => TextFormat::Csv,
            Format::Arrow => return self.files(FileFormat::Arrow),
            Format::Parquet => return self.files(FileFormat::Parquet),
            Format::Null => TextFormat::Nothing,
            Format::Live => {
                let failure = Failure::new(Exit::Usage, "`-o live` is of `px run` only");
                return Err(
                    failure.hint("other forms are table, json, csv, arrow, parquet and null")
                );
            }
        };
        if self.to.is_some() {
            let failure = Failure::new(Exit::Usage, "`--to` is for `-o arrow` and `-o parquet`");
            return Err(failure.hint("other forms go to standard output: write `> FILE`"));
        }
        Ok(Box::new(Printer::new(format, !self.no_pager, named)))
    }

    fn files(&self, format: FileFormat) -> Result<Box<dyn Results>, Failure> {
        Ok(Box::new(Files::new(format, self.to.as_deref())?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_have_two_forms() {
        let format = |output| {
            let options = OutputOptions {
                output,
                to: None,
                no_pager: false,
            };
            options.list_format()
        };
        assert_eq!(format(Format::Table).unwrap(), ListFormat::Table);
        assert_eq!(format(Format::Json).unwrap(), ListFormat::Json);
        let text = format(Format::Csv).unwrap_err().to_string();
        assert!(text.contains("not printed as `csv`"), "{text}");
    }
}
