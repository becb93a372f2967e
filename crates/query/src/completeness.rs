//! What is missing from a result.

use nixie_pxl::Scan;
use nixie_tables::{LossLog, TableStore};
use std::fmt;

/// Data of one kind that never reached a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// Why, for example `ring buffer full`.
    pub reason: String,
    /// Number of events or rows.
    pub count: u64,
    /// Number of bytes, as far as they are known.
    pub bytes: u64,
}

/// How complete a result is, for the tables and times that it asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completeness {
    /// Data that were lost, one entry for each reason.
    pub lost: Vec<Lost>,
    /// Rows up to this time were asked for but may have been evicted to make room.
    pub evicted_until_ns: Option<i64>,
    /// Only so many rows are shown, and there are more.
    pub cut_at_rows: Option<u64>,
}

impl Completeness {
    /// Returns how complete a result of some scans is.
    pub(crate) fn of(scans: &[Scan], store: &TableStore, losses: &LossLog) -> Self {
        // What a table function gives was never collected, so that none of it was lost.
        let collected = scans
            .iter()
            .filter(|scan| store.table(&scan.table).is_some());
        let ranges: Vec<(&str, i64, i64)> = collected
            .map(|scan| {
                let start_ns = scan.start_ns.unwrap_or(i64::MIN);
                (
                    scan.table.as_str(),
                    start_ns,
                    scan.end_ns.unwrap_or(i64::MAX),
                )
            })
            .collect();
        let mut lost: Vec<Lost> = Vec::new();
        for loss in losses.affecting(&ranges) {
            match lost.iter_mut().find(|known| known.reason == loss.reason) {
                Some(known) => {
                    known.count += loss.events;
                    known.bytes += loss.bytes;
                }
                None => lost.push(Lost {
                    reason: loss.reason.to_owned(),
                    count: loss.events,
                    bytes: loss.bytes,
                }),
            }
        }
        let evicted = scans.iter().filter_map(|scan| evicted_until(scan, store));
        Self {
            lost,
            evicted_until_ns: evicted.max(),
            cut_at_rows: None,
        }
    }

    /// Returns true when nothing that was asked for is known to be missing.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.lost.is_empty() && self.evicted_until_ns.is_none() && self.cut_at_rows.is_none()
    }
}

/// A scan without a start asks for what there is, so that eviction takes nothing from it.
fn evicted_until(scan: &Scan, store: &TableStore) -> Option<i64> {
    let until_ns = store.table(&scan.table)?.stats().evicted_until_ns?;
    (until_ns >= scan.start_ns?).then_some(until_ns)
}

impl fmt::Display for Completeness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_complete() {
            return f.write_str("complete");
        }
        let cut = self.cut_at_rows.map(|rows| format!("cut at {rows} rows"));
        let lost = self.lost.iter().map(|lost| {
            let (count, bytes, reason) = (lost.count, lost.bytes, &lost.reason);
            format!("{count} events ({bytes} bytes) lost: {reason}")
        });
        let evicted = self.evicted_until_ns;
        let evicted = evicted.map(|_| "older rows were evicted to make room".to_owned());
        let parts: Vec<_> = cut.into_iter().chain(lost).chain(evicted).collect();
        write!(f, "incomplete: {}", parts.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::tests::{HTTP, store};
    use nixie_types::Loss;
    use nixie_types::Rows;

    fn scan(start_ns: Option<i64>) -> Scan {
        Scan {
            table: "http_events".to_owned(),
            start_ns,
            end_ns: Some(100),
        }
    }

    #[test]
    fn losses_of_one_reason_are_added_up() {
        let losses = LossLog::default();
        for (table, events) in [(None, 100), (Some("http_events"), 20), (Some("other"), 7)] {
            let reason = "ring buffer full";
            losses.record(Loss {
                table,
                start_ns: 5,
                end_ns: 6,
                reason,
                events,
                bytes: 10,
            });
        }
        let found = Completeness::of(&[scan(Some(0))], &store(1), &losses);
        assert_eq!(
            found.to_string(),
            "incomplete: 120 events (20 bytes) lost: ring buffer full"
        );
        assert!(Completeness::of(&[scan(Some(7))], &store(1), &losses).is_complete());
    }

    #[test]
    fn evicted_rows_count_only_when_they_were_asked_for() {
        let store = TableStore::new(&[&HTTP], 200_000).unwrap();
        for time_ns in 0..5000 {
            let mut rows = Rows::new(&HTTP);
            rows.row()
                .time(time_ns)
                .string(&"x".repeat(100))
                .int64(1)
                .end();
            rows.row()
                .time(time_ns)
                .string(&format!("{time_ns:0100}"))
                .int64(1)
                .end();
            store.append("http_events", rows.take().unwrap()).unwrap();
        }
        let until = store
            .table("http_events")
            .unwrap()
            .stats()
            .evicted_until_ns
            .unwrap();
        let losses = LossLog::default();
        let of = |start_ns| Completeness::of(&[scan(start_ns)], &store, &losses);
        assert_eq!(of(Some(0)).evicted_until_ns, Some(until));
        assert_eq!(of(Some(until + 1)), Completeness::default());
        assert_eq!(of(None), Completeness::default());
    }
}
