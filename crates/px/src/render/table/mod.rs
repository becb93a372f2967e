//! A table for people: aligned columns, values by their meaning, no wider than the terminal.

use arrow::array::RecordBatch;
use nixie_api::TableHeader;
use nixie_live::cells::{self, Cell, Color, Styled, visible};

/// LIMIT: rows that are looked at for the widths of the columns; later rows are cut to fit.
const MEASURED_ROWS_MAX: usize = 500;

/// LIMIT: characters of a value without a terminal that gives a width.
const VALUE_CHARS_MAX: usize = 256;

/// A column is not made narrower than this to fit the terminal.
const COLUMN_CHARS_MIN: usize = 6;

const GAP: &str = "  ";

/// The text of one table.
pub(super) struct TableText {
    name: String,
    columns: Vec<Column>,
    width_max: Option<usize>,
    colors: bool,
    /// Rows until the widths are settled.
    measured: Vec<Vec<Styled>>,
    settled: bool,
}

#[derive(Debug)]
struct Column {
    values: cells::Column,
    width: usize,
}

impl TableText {
    pub(super) fn new(header: &TableHeader, width_max: Option<usize>, colors: bool) -> Self {
        let column = |column: &nixie_api::TableColumn| Column {
            values: cells::Column::of(column),
            width: column.name.chars().count(),
        };
        let columns = header.columns.iter().map(column).collect();
        let (name, measured) = (visible(&header.name), Vec::new());
        Self {
            name,
            columns,
            width_max,
            colors,
            measured,
            settled: false,
        }
    }

    /// Takes a row; returns the lines that can be printed now.
    pub(super) fn row(&mut self, batch: &RecordBatch, row: usize) -> String {
        let cells = self.columns.iter().zip(batch.columns());
        let cells: Vec<Styled> = cells
            .map(|(column, values)| column.values.styled(Cell::of(values, row)))
            .collect();
        if self.settled {
            return self.line(&cells);
        }
        self.measured.push(cells);
        if self.measured.len() < MEASURED_ROWS_MAX {
            String::new()
        } else {
            self.settle()
        }
    }

    /// Returns the lines of all rows that have come: more may take long.
    pub(super) fn flush(&mut self) -> String {
        if self.settled {
            String::new()
        } else {
            self.settle()
        }
    }

    /// Ends the table; returns the lines that are left.
    pub(super) fn finish(mut self) -> String {
        self.flush()
    }

    fn settle(&mut self) -> String {
        self.settled = true;
        let measured = std::mem::take(&mut self.measured);
        for (index, column) in self.columns.iter_mut().enumerate() {
            let widths = measured.iter().map(|row| row[index].text.chars().count());
            column.width = widths
                .chain([column.width])
                .max()
                .unwrap_or(0)
                .min(VALUE_CHARS_MAX);
        }
        if let Some(width_max) = self.width_max {
            narrow(&mut self.columns, width_max);
        }
        let plain = |text: String| Styled {
            text,
            color: Color::Plain,
        };
        let names: Vec<Styled> = self
            .columns
            .iter()
            .map(|column| plain(column.values.name.to_uppercase()))
            .collect();
        let mut text = format!("{}\n{}", visible(&self.name), self.line(&names));
        for row in &measured {
            text += &self.line(row);
        }
        if measured.is_empty() {
            text += "(no rows)\n";
        }
        text
    }

    fn line(&self, cells: &[Styled]) -> String {
        let mut line = String::new();
        for (index, (column, cell)) in self.columns.iter().zip(cells).enumerate() {
            let text = cut(&cell.text, column.width);
            let padding = " ".repeat(column.width.saturating_sub(text.chars().count()));
            let text = self.colored(&text, cell.color);
            let is_last = index + 1 == self.columns.len();
            if index > 0 {
                line += GAP;
            }
            match (column.values.right, is_last) {
                (true, _) => line += &format!("{padding}{text}"),
                (false, true) => line += &text,
                (false, false) => line += &format!("{text}{padding}"),
            }
        }
        line.push('\n');
        line
    }

    fn colored(&self, text: &str, color: Color) -> String {
        let code = match color {
            Color::Plain => return text.to_owned(),
            Color::Green => 32,
            Color::Yellow => 33,
            Color::Red => 31,
        };
        if self.colors {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }
}

/// Makes the widest columns narrower until the line fits, if it can.
fn narrow(columns: &mut [Column], width_max: usize) {
    let gaps = GAP.len() * columns.len().saturating_sub(1);
    loop {
        let width: usize = columns.iter().map(|column| column.width).sum::<usize>() + gaps;
        let Some(excess) = width.checked_sub(width_max).filter(|&excess| excess > 0) else {
            return;
        };
        let Some(widest) = columns.iter_mut().max_by_key(|column| column.width) else {
            return;
        };
        if widest.width <= COLUMN_CHARS_MIN {
            return;
        }
        widest.width = (widest.width - excess.min(widest.width / 4).max(1)).max(COLUMN_CHARS_MIN);
    }
}

fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    text.chars()
        .take(width.saturating_sub(1))
        .chain(['…'])
        .collect()
}

#[cfg(test)]
mod tests;
