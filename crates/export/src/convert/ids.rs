//! The ids of spans.

use crate::ExportError;
use arrow::array::StringViewArray;

/// Bytes of the id of a trace.
pub(super) const TRACE_ID_BYTES: usize = 16;
/// Bytes of the id of a span.
pub(super) const SPAN_ID_BYTES: usize = 8;

/// Returns the id that a column holds, or a random one where it holds none.
pub(super) fn id<const BYTES: usize>(
    column: Option<&StringViewArray>,
    row: usize,
) -> Result<Vec<u8>, ExportError> {
    if let Some(id) = column.and_then(|column| parse::<BYTES>(column.value(row))) {
        return Ok(id);
    }
    let mut id = vec![0; BYTES];
    getrandom::fill(&mut id)?;
    Ok(id)
}

/// Returns the id that a column holds, or an empty one.
pub(super) fn id_or_none(column: Option<&StringViewArray>, row: usize) -> Vec<u8> {
    column
        .and_then(|column| parse::<SPAN_ID_BYTES>(column.value(row)))
        .unwrap_or_default()
}

/// Returns the bytes of so many hexadecimal digits; all zeros are no id.
fn parse<const BYTES: usize>(text: &str) -> Option<Vec<u8>> {
    if text.len() != 2 * BYTES || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let byte = |index: usize| u8::from_str_radix(&text[2 * index..2 * index + 2], 16).ok();
    let bytes: Vec<u8> = (0..BYTES).map(byte).collect::<Option<_>>()?;
    bytes.iter().any(|byte| *byte != 0).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_number_of_digits_is_an_id() {
        assert_eq!(parse::<2>("0aFf"), Some(vec![0x0a, 0xff]));
        for text in ["", "0a", "0000", "0aFf0", "+aFf", "zzzz", "é1a"] {
            assert_eq!(parse::<2>(text), None, "{text}");
        }
    }

    #[test]
    fn ids_that_are_missing_are_random() {
        let column = StringViewArray::from(vec!["0102030405060708", "nothing"]);
        let id = |row| id::<SPAN_ID_BYTES>(Some(&column), row).unwrap();
        assert_eq!(id(0), [1, 2, 3, 4, 5, 6, 7, 8]);
        assert_ne!(id(1), id(1));
        assert_eq!(id_or_none(Some(&column), 1), Vec::<u8>::new());
    }
}
