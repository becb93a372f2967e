//! Remembers which data never reached a table, so that a result can say what it lacks.

use nixie_types::Loss;
use parking_lot::Mutex;
use std::collections::VecDeque;

/// LIMIT: losses remembered one by one; beyond it old ones are joined into longer time ranges,
/// which keeps every count and never makes a loss look smaller.
pub const LOSSES_MAX: usize = 4096;

/// Losses of one kind this close together are remembered as one.
const JOINED_WITHIN_NS: i64 = 1_000_000_000;

/// All losses since the start.
#[derive(Debug, Default)]
pub struct LossLog {
    losses: Mutex<VecDeque<Loss>>,
}

impl LossLog {
    /// Notes a loss.
    pub fn record(&self, loss: Loss) {
        let mut losses = self.losses.lock();
        let recent = losses.iter_mut().rev().find(|known| known.is_like(&loss));
        if let Some(known) = recent
            && loss.start_ns <= known.end_ns.saturating_add(JOINED_WITHIN_NS)
            && loss.end_ns >= known.start_ns.saturating_sub(JOINED_WITHIN_NS)
        {
            known.join(&loss);
            return;
        }
        losses.push_back(loss);
        if losses.len() > LOSSES_MAX {
            join_oldest(&mut losses);
        }
    }

    /// Returns the losses that affect any of some tables and time ranges, each once, those of
    /// one kind added up, in the order in which the kinds were first seen.
    #[must_use]
    pub fn affecting(&self, ranges: &[(&str, i64, i64)]) -> Vec<Loss> {
        let losses = self.losses.lock();
        let mut found: Vec<Loss> = Vec::new();
        for loss in losses.iter() {
            if !ranges
                .iter()
                .any(|&(table, start, end)| loss.affects(table, start, end))
            {
                continue;
            }
            match found.iter_mut().find(|known| known.is_like(loss)) {
                Some(known) => known.join(loss),
                None => found.push(*loss),
            }
        }
        found
    }
}

/// Joins the oldest loss with the next one of its kind.
fn join_oldest(losses: &mut VecDeque<Loss>) {
    // The oldest may be the only one of its kind: then try the next. The kinds are few, being
    // words in the program text, so that this ends soon.
    for at in 0..losses.len() {
        let oldest = losses[at];
        let next = losses
            .iter_mut()
            .skip(at + 1)
            .find(|known| known.is_like(&oldest));
        if let Some(next) = next {
            next.join(&oldest);
            losses.remove(at);
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEC: i64 = 1_000_000_000;

    fn loss(table: Option<&'static str>, at_sec: i64, reason: &'static str) -> Loss {
        Loss {
            table,
            start_ns: at_sec * SEC,
            end_ns: at_sec * SEC,
            reason,
            events: 1,
            bytes: 10,
        }
    }

    #[test]
    fn only_the_asked_table_and_range_count() {
        let log = LossLog::default();
        log.record(loss(Some("a"), 10, "full"));
        log.record(loss(Some("b"), 10, "full"));
        log.record(loss(None, 20, "lost in kernel"));
        assert_eq!(log.affecting(&[("a", 10 * SEC, 10 * SEC)]).len(), 1);
        assert_eq!(log.affecting(&[("a", 11 * SEC, 19 * SEC)]), []);
        let both = log.affecting(&[("a", 0, 99 * SEC), ("b", 0, 99 * SEC)]);
        let reasons: Vec<_> = both.iter().map(|loss| (loss.table, loss.reason)).collect();
        let kernel = (None, "lost in kernel");
        assert_eq!(reasons, [(Some("a"), "full"), (Some("b"), "full"), kernel]);
    }

    #[test]
    fn a_steady_loss_is_one_entry_that_grows() {
        let log = LossLog::default();
        for at_sec in 0..50 {
            log.record(loss(Some("a"), at_sec, "full"));
        }
        assert_eq!(log.losses.lock().len(), 1);
        let found = log.affecting(&[("a", 49 * SEC, 49 * SEC)]);
        assert_eq!((found[0].events, found[0].bytes), (50, 500));
    }

    #[test]
    fn the_limit_joins_old_losses_and_keeps_every_count() {
        let log = LossLog::default();
        let count = i64::try_from(LOSSES_MAX).unwrap() * 2;
        log.record(loss(None, -10, "only once"));
        for at in 0..count {
            log.record(loss(Some("a"), at * 10, "full"));
        }
        assert_eq!(log.losses.lock().len(), LOSSES_MAX);
        let found = log.affecting(&[("a", i64::MIN, i64::MAX)]);
        assert_eq!(
            found.iter().map(|loss| loss.events).sum::<u64>(),
            1 + count.unsigned_abs()
        );
        // Recent losses are still known exactly.
        let last = (count - 1) * 10 * SEC;
        assert_eq!(log.affecting(&[("a", last, last)])[0].events, 1);
    }
}
