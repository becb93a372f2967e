//! Says what became of an export, in one line.

use crate::render::Completion;
use nixie_api::{ExportReport, Exported};
use std::fmt;

/// What became of an export, as a line of text.
pub(crate) struct ExportLine<'a>(pub(crate) &'a ExportReport);

impl fmt::Display for ExportLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = self.0;
        let ExportReport { spans, points, .. } = report;
        let made = |exported: &Exported| exported.sent + exported.refused + exported.dropped > 0;
        let mut sent = Vec::new();
        // What the export is not about is not spoken of, unless there was nothing at all.
        if made(spans) || !made(points) {
            sent.push(counted(spans.sent, "span"));
        }
        if made(points) || !made(spans) {
            sent.push(counted(points.sent, "data point"));
        }
        let (endpoint, protocol) = (&report.endpoint, &report.protocol);
        write!(f, "exported {} to {endpoint} ({protocol})", sent.join(", "))?;
        let refused = spans.refused + points.refused;
        if refused > 0 {
            write!(f, "; {refused} refused")?;
        }
        let dropped = spans.dropped + points.dropped;
        if dropped > 0 {
            write!(f, "; {dropped} not delivered")?;
        }
        if !report.problems.is_empty() {
            write!(f, ": {}", report.problems.join("; "))?;
        }
        let completion = Completion(&report.completeness).to_string();
        if !completion.is_empty() {
            write!(f, "; {completion}")?;
        }
        Ok(())
    }
}

fn counted(count: u64, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use nixie_api::Completeness;

    const fn exported(sent: u64, refused: u64, dropped: u64) -> Exported {
        Exported {
            sent,
            refused,
            dropped,
        }
    }

    fn line(spans: Exported, points: Exported, problems: &[&str]) -> String {
        let report = ExportReport {
            endpoint: "h:4317".to_owned(),
            protocol: "gRPC".to_owned(),
            spans,
            points,
            problems: problems.iter().map(|&problem| problem.to_owned()).collect(),
            ..ExportReport::default()
        };
        ExportLine(&report).to_string()
    }

    #[test]
    fn what_was_sent_is_told() {
        let none = Exported::default();
        assert_eq!(
            line(exported(1, 0, 0), exported(20, 0, 0), &[]),
            "exported 1 span, 20 data points to h:4317 (gRPC)"
        );
        assert_eq!(
            line(none, exported(2, 0, 0), &[]),
            "exported 2 data points to h:4317 (gRPC)"
        );
        assert_eq!(
            line(none, none, &[]),
            "exported 0 spans, 0 data points to h:4317 (gRPC)"
        );
    }

    #[test]
    fn what_was_not_taken_is_told_with_the_reason() {
        assert_eq!(
            line(exported(5, 3, 0), exported(0, 0, 7), &["too old", "gone"]),
            "exported 5 spans, 0 data points to h:4317 (gRPC); 3 refused; 7 not delivered: too \
             old; gone"
        );
    }

    #[test]
    fn rows_that_are_missing_are_told() {
        let report = ExportReport {
            completeness: Completeness {
                lost: Vec::new(),
                evicted_until_ns: Some(0),
                ..Completeness::default()
            },
            ..ExportReport::default()
        };
        let text = ExportLine(&report).to_string();
        assert!(text.contains("; incomplete: rows up to 1970"), "{text}");
    }
}
