//! Running totals of connections and bytes for each process and peer: the rows of `conn_stats`.

use nixie_types::Upid;
use std::collections::BTreeMap;

/// LIMIT: peers with totals; beyond it new peers are not counted one by one.
pub(crate) const TOTALS_MAX: usize = 65_536;

/// Connections that are counted together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TotalsKey {
    pub upid: Upid,
    pub remote_addr: String,
    /// 0 where the traced process is the server.
    pub remote_port: i64,
    pub role_code: i64,
    pub family_code: i64,
}

/// What is counted for a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub opened: i64,
    pub closed: i64,
    pub sent_bytes: i64,
    pub received_bytes: i64,
    pub protocol: i64,
    pub encrypted: bool,
    /// Something has changed since it was last reported.
    pub changed: bool,
}

/// All totals.
#[derive(Debug, Default)]
pub(crate) struct ConnTotals {
    totals: BTreeMap<TotalsKey, Totals>,
    /// Connections whose peer found no room.
    pub over_limit: u64,
}

impl ConnTotals {
    /// Adds bytes sent and received, and a connection if it is new.
    pub(crate) fn add(
        &mut self,
        key: &TotalsKey,
        is_new: bool,
        [sent, received]: [u64; 2],
        protocol: Option<i64>,
        encrypted: bool,
    ) {
        if !self.totals.contains_key(key) {
            if self.totals.len() >= TOTALS_MAX {
                self.over_limit += u64::from(is_new);
                return;
            }
            self.totals.insert(key.clone(), Totals::default());
        }
        let Some(totals) = self.totals.get_mut(key) else {
            return;
        };
        totals.opened += i64::from(is_new);
        totals.sent_bytes = totals.sent_bytes.saturating_add_unsigned(sent);
        totals.received_bytes = totals.received_bytes.saturating_add_unsigned(received);
        totals.protocol = protocol.unwrap_or(totals.protocol);
        totals.encrypted |= encrypted;
        totals.changed |= is_new || sent + received > 0;
    }

    /// Counts a connection as closed.
    pub(crate) fn close(&mut self, key: &TotalsKey) {
        if let Some(totals) = self.totals.get_mut(key) {
            totals.closed += 1;
            totals.changed = true;
        }
    }

    /// Reports each key that has open connections or has changed since the last call, and forgets
    /// those of ended processes without open connections.
    pub(crate) fn report(
        &mut self,
        is_living: impl Fn(Upid) -> bool,
        mut row: impl FnMut(&TotalsKey, &Totals),
    ) {
        self.totals.retain(|key, totals| {
            let open = totals.opened > totals.closed;
            if open || totals.changed {
                row(key, totals);
                totals.changed = false;
            }
            open || is_living(key.upid)
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(pid: u32) -> TotalsKey {
        TotalsKey {
            upid: Upid {
                asid: 0,
                pid,
                start_ticks: 1,
            },
            remote_addr: "10.0.0.1".to_owned(),
            remote_port: 80,
            role_code: 1,
            family_code: 1,
        }
    }

    fn report(totals: &mut ConnTotals, living: bool) -> Vec<(u32, Totals)> {
        let mut rows = Vec::new();
        totals.report(|_| living, |key, totals| rows.push((key.upid.pid, *totals)));
        rows
    }

    #[test]
    fn totals_grow_and_are_64_bit() {
        let mut totals = ConnTotals::default();
        totals.add(&key(1), true, [3_000_000_000, 5], Some(1), false);
        totals.add(&key(1), false, [3_000_000_000, 5], None, false);
        totals.add(&key(1), true, [0, 0], None, false);
        totals.close(&key(1));
        let rows = report(&mut totals, true);
        assert_eq!(rows.len(), 1);
        let (_, row) = rows[0];
        assert_eq!((row.opened, row.closed), (2, 1));
        assert_eq!(
            (row.sent_bytes, row.received_bytes, row.protocol),
            (6_000_000_000, 10, 1)
        );
    }

    #[test]
    fn an_idle_peer_is_reported_while_a_connection_is_open_and_once_after() {
        let mut totals = ConnTotals::default();
        totals.add(&key(1), true, [1, 1], None, false);
        assert_eq!(report(&mut totals, true).len(), 1);
        assert_eq!(report(&mut totals, true).len(), 1);
        totals.close(&key(1));
        assert_eq!(report(&mut totals, true).len(), 1);
        assert_eq!(report(&mut totals, true).len(), 0);
        totals.add(&key(1), true, [1, 1], None, false);
        let (_, row) = report(&mut totals, true)[0];
        assert_eq!(row.opened, 2, "totals go on after a pause");
    }

    #[test]
    fn totals_of_an_ended_process_are_forgotten_after_their_last_report() {
        let mut totals = ConnTotals::default();
        totals.add(&key(1), true, [1, 1], None, false);
        totals.close(&key(1));
        assert_eq!(report(&mut totals, false).len(), 1);
        assert!(totals.totals.is_empty());
    }

    #[test]
    fn peers_are_bounded_and_the_rest_counted() {
        let mut totals = ConnTotals::default();
        let max = u32::try_from(TOTALS_MAX).expect("fits");
        for pid in 0..=max {
            totals.add(&key(pid), true, [1, 1], None, false);
        }
        assert_eq!((totals.totals.len(), totals.over_limit), (TOTALS_MAX, 1));
    }
}
