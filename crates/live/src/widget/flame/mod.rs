//! A flame graph: where running code spends its time. The root is on top, what it calls below.

mod tree;

use super::{Body, Click, Look, Opened, Step};
use crate::cells::format;
use crate::data::Table;
use crate::keys::scrolled;
use crate::palette::{Palette, explain, write};
use crossterm::event::{KeyCode, KeyEvent};
use nixie_pxl::vis::Settings;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use regex::Regex;
use tree::{Frame, Tree};

/// A flame graph.
pub(super) struct Flame {
    settings: Settings,
    tree: Result<Tree, String>,
    /// Names that lead to the frame that fills the width; refreshes make a new tree.
    zoomed: Vec<String>,
    /// Names that lead to the selected frame.
    selected: Vec<String>,
    top: usize,
    /// Where frames were drawn, for the mouse.
    drawn: Vec<(Rect, usize)>,
}

impl Flame {
    pub(super) fn new(settings: Settings) -> Self {
        Self {
            settings,
            tree: Ok(Tree::default()),
            zoomed: Vec::new(),
            selected: Vec::new(),
            top: 0,
            drawn: Vec::new(),
        }
    }

    fn select(&mut self, at: usize) {
        if let Ok(tree) = &self.tree {
            self.selected = tree.path(at);
        }
    }

    /// Makes the selected frame as wide as the widget.
    fn zoom_in(&mut self) {
        self.zoomed = self.selected.clone();
        self.top = 0;
    }

    fn zoom_out(&mut self) {
        self.zoomed.pop();
        self.top = 0;
    }
}

impl Body for Flame {
    fn update(&mut self, table: &Table) {
        self.tree = Tree::of(&self.settings, table);
        if let Ok(tree) = &self.tree {
            self.zoomed = tree.path(tree.follow(&self.zoomed));
            self.selected = tree.path(tree.follow(&self.selected));
        }
    }

    fn draw(&mut self, table: &Table, area: Rect, buffer: &mut Buffer, look: Look<'_>) {
        self.drawn.clear();
        let tree = match &self.tree {
            Ok(tree) if table.rows() > 0 && !tree.frames.is_empty() => tree,
            Ok(_) => {
                write(buffer, area, "(no rows)", look.palette.faint());
                return;
            }
            Err(problem) => {
                explain(buffer, area, problem, look.palette.wrong());
                return;
            }
        };
        let (root, selected) = (tree.follow(&self.zoomed), tree.follow(&self.selected));
        let height = usize::from(area.height);
        let depth = tree.depth(selected).saturating_sub(tree.depth(root));
        self.top = scrolled(self.top, depth, height);
        // A frame with its depth below the root, and where it begins and ends.
        let mut left = vec![(root, 0, 0.0_f64, f64::from(area.width))];
        while let Some((at, depth, start, end)) = left.pop() {
            let columns = (start.round() as u16, end.round() as u16);
            if depth >= self.top + height || columns.0 >= columns.1 {
                continue;
            }
            let frame = &tree.frames[at];
            if let Some(line) = depth.checked_sub(self.top) {
                let y = area.y + u16::try_from(line).unwrap_or(0);
                let place = Rect::new(area.x + columns.0, y, columns.1 - columns.0, 1);
                let mut style = style(tree, frame, look.palette);
                if look
                    .pattern
                    .is_some_and(|pattern| pattern.is_match(&frame.name))
                {
                    style = style.patch(look.palette.found());
                }
                if look.focused && at == selected {
                    style = style.patch(look.palette.selected());
                }
                draw_frame(frame, place, style, buffer);
                self.drawn.push((place, at));
            }
            let mut x = start;
            for &child in &frame.children {
                let share = tree.frames[child].count / frame.count.max(f64::MIN_POSITIVE);
                let width = (end - start) * share;
                left.push((child, depth + 1, x, x + width));
                x += width;
            }
        }
    }

    fn press(&mut self, _table: &Table, key: KeyEvent) -> Option<Opened> {
        let Ok(tree) = &self.tree else {
            return None;
        };
        let at = tree.follow(&self.selected);
        let frame = tree.frames.get(at)?;
        let siblings = match at {
            0 => &[0][..],
            _ => &tree.frames[frame.parent].children,
        };
        let place = siblings
            .iter()
            .position(|&sibling| sibling == at)
            .unwrap_or(0);
        let to = match key.code {
            KeyCode::Up if at != tree.follow(&self.zoomed) => Some(frame.parent),
            KeyCode::Down => frame.children.first().copied(),
            KeyCode::Left => place.checked_sub(1).map(|place| siblings[place]),
            KeyCode::Right => siblings.get(place + 1).copied(),
            KeyCode::Home => Some(tree.follow(&self.zoomed)),
            _ => None,
        };
        match (to, key.code) {
            (Some(to), _) => self.select(to),
            (None, KeyCode::Enter) => self.zoom_in(),
            (None, KeyCode::Backspace) => self.zoom_out(),
            _ => {}
        }
        None
    }

    fn click(&mut self, _table: &Table, click: Click) -> Option<Opened> {
        let found = self
            .drawn
            .iter()
            .find(|(place, _)| place.contains((click.x, click.y).into()));
        let at = found?.1;
        self.select(at);
        if click.double {
            self.zoom_in();
        }
        None
    }

    fn find(&mut self, _table: &Table, pattern: &Regex, step: Step) -> bool {
        let Ok(tree) = &self.tree else {
            return false;
        };
        let order = tree.in_order();
        let selected = tree.follow(&self.selected);
        let place = order.iter().position(|&at| at == selected).unwrap_or(0);
        let is_match = |&place: &usize| pattern.is_match(&tree.frames[order[place]].name);
        let Some(place) = super::table::places(place, order.len(), step).find(is_match) else {
            return false;
        };
        let at = order[place];
        let zoomed = tree.follow(&self.zoomed);
        let path = tree.path(at);
        // What is found may be outside of what fills the width.
        if !path.starts_with(&tree.path(zoomed)) {
            self.zoomed.clear();
        }
        self.selected = path;
        true
    }

    fn status(&self, _table: &Table) -> String {
        let Ok(tree) = &self.tree else {
            return String::new();
        };
        let Some(frame) = tree.frames.get(tree.follow(&self.selected)) else {
            return String::new();
        };
        let total = tree.frames[0].count.max(f64::MIN_POSITIVE);
        let mut status = format!(
            "{}: {} samples, {} {}",
            frame.name,
            format::float(frame.count),
            tree.percentage,
            format::percent(frame.count / total)
        );
        if tree.has_delta {
            status += &format!(", delta {}", format::float(frame.delta));
        }
        if tree.left_out > 0 {
            status += &format!("; {} stacks did not fit", tree.left_out);
        }
        status
    }
}

fn draw_frame(frame: &Frame, place: Rect, style: Style, buffer: &mut Buffer) {
    buffer.set_style(place, style);
    // The edge tells frames apart where there are no colours.
    write(buffer, place, &format!("▏{}", frame.name), style);
}

fn style(tree: &Tree, frame: &Frame, palette: Palette) -> Style {
    if !palette.colors {
        return Style::new();
    }
    let color = match frame {
        frame if tree.has_delta && frame.delta < 0.0 => Color::Blue,
        frame if tree.has_delta && frame.delta > 0.0 => Color::Red,
        _ if tree.has_delta => Color::White,
        frame if frame.is_level => Color::Blue,
        frame if is_kernel(&frame.name) => Color::Green,
        _ => Color::Cyan,
    };
    let text = if color == Color::Blue {
        Color::White
    } else {
        Color::Black
    };
    Style::new()
        .fg(text)
        .bg(color)
        .remove_modifier(Modifier::DIM)
}

fn is_kernel(name: &str) -> bool {
    name.starts_with("[k] ") || name.contains("_[k]")
}
