//! Which time a run is about. Pure: the time is an argument.
//!
//! ```text
//! time    ──┬─────── period ───────┬─────── period ───────┬──→
//!         start                   end = next start
//!                                  └─ lag ─ offset ─→ the run
//! ```
//!
//! The windows of a script join: each starts where the one before ended, whenever the runs are.
//! Rows of a window that come after its run are in none.

use nixie_types::clock::NANOS_PER_SEC;
use uuid::Uuid;

/// LIMIT: time from an event to its row, up to which a run waits for it.
const LAG_NS: i64 = NANOS_PER_SEC;

/// LIMIT: time by which runs of scripts with the same period are spread.
const OFFSET_NS_MAX: i64 = 5 * NANOS_PER_SEC;

/// A time that a run is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    /// First time.
    pub(super) start_ns: i64,
    /// First time of the next window.
    pub(super) end_ns: i64,
    /// Periods before it that no run was about.
    pub(super) skipped: u64,
}

impl Window {
    /// Returns the window together with all that would be skipped before it.
    pub(super) const fn whole(self) -> Self {
        let period_ns = self.end_ns - self.start_ns;
        let skipped_ns = period_ns.saturating_mul(self.skipped.cast_signed());
        Self {
            start_ns: self.start_ns.saturating_sub(skipped_ns),
            end_ns: self.end_ns,
            skipped: 0,
        }
    }
}

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Wait for so many nanoseconds, and ask again.
    Wait(i64),
    /// Run now.
    Run(Window),
    /// The clock was set back behind what has been run: go on from this time.
    Restart(i64),
}

/// When a script runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Timetable {
    period_ns: i64,
    offset_ns: i64,
}

impl Timetable {
    /// Scripts run a little apart, also those that were made at the same moment.
    pub(super) fn new(id: Uuid, period_s: u32) -> Self {
        let period_ns = i64::from(period_s) * NANOS_PER_SEC;
        let spread_ns = OFFSET_NS_MAX.min(period_ns / 2);
        let (_, random) = id.as_u64_pair();
        let random = i64::try_from(random >> 1).unwrap_or_default();
        Self {
            period_ns,
            offset_ns: random % spread_ns,
        }
    }

    /// Returns where the first window of a script starts that is started now.
    pub(super) const fn first_ns(now_ns: i64) -> i64 {
        now_ns - LAG_NS
    }

    /// Returns what to do, when all times before `next_ns` have had their runs.
    ///
    /// When more than one period is over, the runs of all but the last are skipped: what is late
    /// must not come in a burst.
    pub(super) const fn next(self, next_ns: i64, now_ns: i64) -> Next {
        if next_ns > now_ns {
            return Next::Restart(Self::first_ns(now_ns));
        }
        let over_ns = now_ns - next_ns - LAG_NS - self.offset_ns;
        let periods = over_ns.div_euclid(self.period_ns);
        if periods < 1 {
            return Next::Wait(self.period_ns - over_ns);
        }
        let start_ns = next_ns + (periods - 1) * self.period_ns;
        Next::Run(Window {
            start_ns,
            end_ns: start_ns + self.period_ns,
            skipped: (periods - 1).unsigned_abs(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: i64 = NANOS_PER_SEC;
    const TABLE: Timetable = Timetable {
        period_ns: 10 * S,
        offset_ns: 2 * S,
    };

    fn window(start_ns: i64, end_ns: i64, skipped: u64) -> Next {
        Next::Run(Window {
            start_ns,
            end_ns,
            skipped,
        })
    }

    #[test]
    fn a_whole_window_leaves_nothing_out() {
        let Next::Run(late) = TABLE.next(100 * S, 100 * S + 184 * S) else {
            panic!("it is time")
        };
        assert_eq!(Next::Run(late), window(270 * S, 280 * S, 17));
        assert_eq!(Next::Run(late.whole()), window(100 * S, 280 * S, 0));
        assert_eq!(late.whole().whole(), late.whole());
    }

    #[test]
    fn windows_join_whenever_the_runs_are() {
        let mut next_ns = 1000 * S;
        let mut now_ns = 1005 * S;
        let mut last_end_ns = next_ns;
        for run in 0..1000 {
            if let Next::Wait(wait_ns) = TABLE.next(next_ns, now_ns) {
                now_ns += wait_ns;
            }
            // Some runs start late, by less than a period.
            now_ns += (run % 7) * S;
            let Next::Run(window) = TABLE.next(next_ns, now_ns) else {
                panic!("time has come");
            };
            assert_eq!((window.start_ns, window.skipped), (last_end_ns, 0));
            assert_eq!(window.end_ns - window.start_ns, 10 * S);
            assert!(now_ns - window.end_ns >= LAG_NS, "rows may still come");
            last_end_ns = window.end_ns;
            next_ns = window.end_ns;
        }
    }

    #[test]
    fn a_run_waits_for_its_period_for_late_rows_and_for_its_turn() {
        assert_eq!(TABLE.next(100 * S, 101 * S), Next::Wait(12 * S));
        assert_eq!(TABLE.next(100 * S, 113 * S - 1), Next::Wait(1));
        assert_eq!(TABLE.next(100 * S, 113 * S), window(100 * S, 110 * S, 0));
    }

    #[test]
    fn what_is_late_is_skipped_but_for_the_last_period() {
        assert_eq!(
            TABLE.next(100 * S, 123 * S - 1),
            window(100 * S, 110 * S, 0)
        );
        assert_eq!(TABLE.next(100 * S, 123 * S), window(110 * S, 120 * S, 1));
        let Next::Run(late) = TABLE.next(0, 1_000_005 * S) else {
            panic!("time has come");
        };
        assert_eq!((late.skipped, late.start_ns % (10 * S)), (99_999, 0));
    }

    #[test]
    fn a_clock_that_was_set_back_starts_over() {
        assert_eq!(TABLE.next(100 * S, 50 * S), Next::Restart(49 * S));
        assert!(matches!(TABLE.next(49 * S, 50 * S), Next::Wait(_)));
    }

    #[test]
    fn scripts_run_apart_by_less_than_half_a_period() {
        for period_s in [1, 10, 3600] {
            let offsets: Vec<i64> = (0..50)
                .map(|_| Timetable::new(Uuid::new_v4(), period_s).offset_ns)
                .collect();
            let most_ns = (i64::from(period_s) * S / 2).min(OFFSET_NS_MAX);
            assert!(offsets.iter().all(|offset| (0..most_ns).contains(offset)));
            assert!(offsets.iter().any(|offset| *offset != offsets[0]));
        }
    }
}
