//! Places in a document: bytes here, lines and UTF-16 units in the protocol.

use lsp_types::{Position, Range};

/// Returns the byte of a position; the nearest one for a position that is not there.
pub(super) fn offset(text: &str, position: Position) -> usize {
    let mut start = 0;
    for _ in 0..position.line {
        match text[start..].find('\n') {
            Some(length) => start += length + 1,
            None => return text.len(),
        }
    }
    let line = text[start..].lines().next().unwrap_or_default();
    let mut units = 0;
    for (at, c) in line.char_indices() {
        if units >= position.character {
            return start + at;
        }
        units += units_of(c);
    }
    start + line.len()
}

/// Returns the position of a byte.
pub(super) fn position(text: &str, offset: usize) -> Position {
    let before = &text[..text.floor_char_boundary(offset.min(text.len()))];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = before.matches('\n').count();
    Position {
        line: u32::try_from(line).unwrap_or(u32::MAX),
        character: before[line_start..].chars().map(units_of).sum(),
    }
}

/// Returns the range of some bytes.
pub(super) fn range(text: &str, bytes: &std::ops::Range<usize>) -> Range {
    Range {
        start: position(text, bytes.start),
        end: position(text, bytes.end),
    }
}

/// Returns the range of a problem: line and column from 1, in characters; line 0 is no place.
pub(super) fn range_of_chars(text: &str, line: usize, column: usize, width: usize) -> Range {
    let number = line.saturating_sub(1);
    let content = text.lines().nth(number).unwrap_or_default();
    let units = |chars: usize| content.chars().take(chars).map(units_of).sum();
    let start = column.saturating_sub(1);
    let line = u32::try_from(number).unwrap_or(u32::MAX);
    let at = |chars| Position {
        line,
        character: units(chars),
    };
    Range {
        start: at(start),
        end: at(start.saturating_add(width)),
    }
}

const fn units_of(c: char) -> u32 {
    // A character has one or two units.
    if c.len_utf16() == 2 { 2 } else { 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "a\né😀b\n";

    #[test]
    fn bytes_and_positions_are_each_other() {
        for (byte, line, character) in [
            (0, 0, 0),
            (1, 0, 1),
            (2, 1, 0),
            (4, 1, 1),
            (8, 1, 3),
            (9, 1, 4),
            (10, 2, 0),
        ] {
            let there = Position { line, character };
            assert_eq!(position(TEXT, byte), there, "{byte}");
            assert_eq!(offset(TEXT, there), byte, "{byte}");
        }
    }

    #[test]
    fn positions_outside_are_moved_to_the_text() {
        for (line, character, byte) in [(0, 99, 1), (9, 0, 10), (1, 2, 8)] {
            assert_eq!(offset(TEXT, Position { line, character }), byte);
        }
        assert_eq!(
            position(TEXT, 99),
            Position {
                line: 2,
                character: 0
            }
        );
    }

    #[test]
    fn problems_are_counted_in_characters() {
        let range = range_of_chars(TEXT, 2, 2, 2);
        assert_eq!((range.start.character, range.end.character), (1, 4));
        let nowhere = range_of_chars(TEXT, 0, 0, 0);
        assert_eq!(
            (nowhere.start, nowhere.end),
            (Position::default(), Position::default())
        );
    }
}
