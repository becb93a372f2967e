//! Single values of the last row, and fixed text.

use super::column;
use super::lines::Made;
use crate::data::Table;
use crate::palette::Palette;
use nixie_pxl::vis::Settings;
use ratatui::style::Color;
use ratatui::text::{Line, Span};

/// Shares from here on are no longer good, and from there on bad.
const MEDIUM: f64 = 0.75;
const HIGH: f64 = 0.9;

/// Draws one value.
pub(super) fn stat(settings: &Settings, table: &Table, _columns: usize, palette: Palette) -> Made {
    let stat = settings.group("stat");
    let at = column(
        table,
        stat.ok_or("the vis specification sets no `stat`")?,
        "value",
    )?;
    let Some(row) = table.rows().checked_sub(1) else {
        return Ok(Vec::new());
    };
    let value = table.columns[at].styled(table.cell(row, at));
    let style = palette.cell(value.color).patch(palette.title());
    Ok(vec![
        Line::raw(""),
        Line::styled(format!("  {}", value.text), style),
    ])
}

/// Draws a share from 0 to 1.
pub(super) fn gauge(settings: &Settings, table: &Table, columns: usize, palette: Palette) -> Made {
    let at = column(table, settings.group("gauge").unwrap_or(settings), "value")?;
    let last = table.rows().checked_sub(1);
    let Some(share) = last.and_then(|row| table.cell(row, at).number()) else {
        return Ok(Vec::new());
    };
    let room = columns.saturating_sub(2);
    let filled = (share.clamp(0.0, 1.0) * room as f64).round() as usize;
    let color = match share {
        share if share >= HIGH => Color::Red,
        share if share >= MEDIUM => Color::Yellow,
        _ => Color::Green,
    };
    let rest = "░".repeat(room - filled);
    let bar = vec![
        Span::styled("█".repeat(filled), palette.color(color)),
        Span::styled(rest, palette.faint()),
    ];
    let text = crate::cells::format::percent(share);
    Ok(vec![Line::styled(text, palette.title()), Line::from(bar)])
}

/// Draws fixed text, wrapped at spaces.
pub(super) fn text(settings: &Settings, _table: &Table, columns: usize, _palette: Palette) -> Made {
    let body = settings.text("body").unwrap_or_default();
    let mut lines = Vec::new();
    for paragraph in body.lines() {
        let mut line = String::new();
        for word in paragraph.split(' ') {
            let word = crate::cells::visible(word);
            let joined = crate::palette::width(&line) + 1 + crate::palette::width(&word);
            if !line.is_empty() && joined > columns {
                lines.push(Line::raw(std::mem::take(&mut line)));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line += &word;
        }
        lines.push(Line::raw(line));
    }
    Ok(lines)
}
