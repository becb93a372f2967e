//! Says what is missing from a result, in one line.

use nixie_api::Completeness;
use nixie_live::cells::format::{bytes, time};
use std::fmt;

/// What is missing, as a line of text; empty when nothing is.
pub(crate) struct Completion<'a>(pub(crate) &'a Completeness);

impl fmt::Display for Completion<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cut = self.0.cut_at_rows.map(|rows| {
            format!(
                "cut at {} rows; ask for fewer, or set `#px:set max_output_rows_per_table=N`",
                grouped(rows)
            )
        });
        let lost = self.0.lost.iter().map(|lost| {
            let events = if lost.count == 1 { "event" } else { "events" };
            let size = if lost.bytes > 0 {
                format!(" ({})", bytes(lost.bytes as f64))
            } else {
                String::new()
            };
            format!("{} {events}{size} lost: {}", lost.count, lost.reason)
        });
        let evicted = self.0.evicted_until_ns.map(|until_ns| {
            format!(
                "rows up to {} may have been evicted to make room",
                time(until_ns)
            )
        });
        let parts: Vec<String> = cut.into_iter().chain(lost).chain(evicted).collect();
        if parts.is_empty() {
            return Ok(());
        }
        write!(f, "incomplete: {}", parts.join("; "))
    }
}

/// Returns a number with a comma before each three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use nixie_api::Lost;

    fn lost(count: u64, bytes: u64, reason: &str) -> Lost {
        Lost {
            reason: reason.to_owned(),
            count,
            bytes,
        }
    }

    #[test]
    fn a_complete_result_says_nothing() {
        assert_eq!(Completion(&Completeness::default()).to_string(), "");
    }

    #[test]
    fn a_cut_result_says_where() {
        let completeness = Completeness {
            cut_at_rows: Some(10_000),
            ..Completeness::default()
        };
        assert_eq!(
            Completion(&completeness).to_string(),
            "incomplete: cut at 10,000 rows; ask for fewer, or set \
             `#px:set max_output_rows_per_table=N`"
        );
        assert_eq!(
            (grouped(7), grouped(1_234_567)),
            ("7".to_owned(), "1,234,567".to_owned())
        );
    }

    #[test]
    fn every_kind_of_loss_is_named() {
        let completeness = Completeness {
            lost: vec![lost(120, 49152, "ring buffer full"), lost(1, 0, "late")],
            evicted_until_ns: Some(0),
            cut_at_rows: None,
        };
        assert_eq!(
            Completion(&completeness).to_string(),
            "incomplete: 120 events (48.0 KiB) lost: ring buffer full; 1 event lost: late; \
             rows up to 1970-01-01 00:00:00.000000000 may have been evicted to make room"
        );
    }
}
