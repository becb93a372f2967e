//! The grid of a vis specification: where widgets stand on a large terminal.

use nixie_pxl::vis::Position;
use ratatui::layout::Rect;

/// Columns of the grid.
const COLUMNS: i32 = 12;

/// Widgets without a place stand two in a row.
const TILE: Position = Position {
    x: 0,
    y: 0,
    w: 6,
    h: 3,
};

/// LIMIT: rows of the grid that a widget may take, and that it may stand below the top.
const ROWS_MAX: i32 = 1_000;

/// Lines that a row of the grid takes at least; a grid that is higher than the terminal scrolls.
const ROW_LINES_MIN: usize = 4;

/// Returns the places of widgets, moved up as far as they go without lying on each other. If one
/// has no place, none has.
pub(super) fn arranged(given: &[Option<Position>]) -> Vec<Position> {
    let all: Option<Vec<Position>> = given.iter().copied().collect();
    let wanted = all.unwrap_or_else(|| tiled(given.len()));
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by_key(|&index| (wanted[index].y, wanted[index].x));
    let mut placed: Vec<Option<Position>> = vec![None; wanted.len()];
    for index in order {
        let mut place = sound(wanted[index]);
        // Widgets fall upwards through free rows only, so the order of rows stays.
        place.y = (0..place.y)
            .rev()
            .take_while(|&y| {
                !placed
                    .iter()
                    .flatten()
                    .any(|other| overlap(&Position { y, ..place }, other))
            })
            .last()
            .unwrap_or(place.y);
        while let Some(other) = placed.iter().flatten().find(|other| overlap(&place, other)) {
            place.y = other.y + other.h;
        }
        placed[index] = Some(place);
    }
    placed.into_iter().flatten().collect()
}

fn tiled(count: usize) -> Vec<Position> {
    let numbers = (0..count).map(|number| i32::try_from(number).unwrap_or(i32::MAX));
    numbers
        .map(|number| Position {
            x: number % 2 * TILE.w,
            y: (number / 2).saturating_mul(TILE.h),
            ..TILE
        })
        .collect()
}

/// Returns a place that lies on the grid.
fn sound(place: Position) -> Position {
    let w = place.w.clamp(1, COLUMNS);
    Position {
        x: place.x.clamp(0, COLUMNS - w),
        y: place.y.clamp(0, ROWS_MAX),
        w,
        h: place.h.clamp(1, ROWS_MAX),
    }
}

const fn overlap(a: &Position, b: &Position) -> bool {
    a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h
}

/// How a grid is drawn in an area.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    area: Rect,
    row_lines: usize,
}

impl Scale {
    /// Returns how high rows are: so that all fit, unless they would be too low to read.
    pub(super) fn of(places: &[Position], area: Rect) -> Self {
        let rows = places
            .iter()
            .map(|place| place.y + place.h)
            .max()
            .unwrap_or(1);
        let rows = usize::try_from(rows).unwrap_or(1).max(1);
        let row_lines = (usize::from(area.height) / rows).max(ROW_LINES_MIN);
        Self { area, row_lines }
    }

    /// Returns the lines that a place takes, from the top of the whole grid.
    pub(super) fn lines(&self, place: &Position) -> std::ops::Range<usize> {
        let line = |row: i32| usize::try_from(row).unwrap_or(0) * self.row_lines;
        line(place.y)..line(place.y + place.h)
    }

    /// Returns where a place is on the terminal, if any of it is, when the grid is shown from
    /// some line on.
    pub(super) fn rect(&self, place: &Position, top: usize) -> Option<Rect> {
        let lines = self.lines(place);
        let height = usize::from(self.area.height);
        let (start, end) = (lines.start.max(top), lines.end.min(top + height));
        let column = |x: i32| {
            let columns = i32::from(self.area.width) * x / COLUMNS;
            u16::try_from(columns).unwrap_or(0)
        };
        let size = |lines: usize| u16::try_from(lines).unwrap_or(0);
        (start < end).then(|| {
            let (left, right) = (column(place.x), column(place.x + place.w));
            let y = self.area.y + size(start - top);
            Rect::new(self.area.x + left, y, right - left, size(end - start))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(x: i32, y: i32, w: i32, h: i32) -> Position {
        Position { x, y, w, h }
    }

    #[test]
    fn widgets_fall_upwards_and_never_lie_on_each_other() {
        let given = [
            at(0, 0, 6, 3),
            at(6, 5, 6, 2),
            at(0, 1, 6, 2),
            at(0, 90, 12, 1),
        ];
        let expected = [
            at(0, 0, 6, 3),
            at(6, 0, 6, 2),
            at(0, 3, 6, 2),
            at(0, 5, 12, 1),
        ];
        assert_eq!(arranged(&given.map(Some)), expected);
    }

    #[test]
    fn without_a_place_widgets_are_tiled() {
        let given = [Some(at(3, 3, 3, 3)), None, None];
        assert_eq!(
            arranged(&given),
            [at(0, 0, 6, 3), at(6, 0, 6, 3), at(0, 3, 6, 3)]
        );
    }

    #[test]
    fn places_off_the_grid_are_put_on_it() {
        let hostile = at(i32::MAX, i32::MIN, i32::MIN, i32::MAX);
        assert_eq!(arranged(&[Some(hostile)]), [at(11, 0, 1, ROWS_MAX)]);
    }

    #[test]
    fn a_high_grid_scrolls() {
        let places = [at(0, 0, 12, 5), at(0, 5, 12, 5)];
        let scale = Scale::of(&places, Rect::new(0, 1, 120, 30));
        assert_eq!(scale.rect(&places[0], 0), Some(Rect::new(0, 1, 120, 20)));
        assert_eq!(scale.rect(&places[1], 0), Some(Rect::new(0, 21, 120, 10)));
        assert_eq!(scale.rect(&places[0], 20), None);
        assert_eq!(scale.rect(&places[1], 20), Some(Rect::new(0, 1, 120, 20)));
    }
}
