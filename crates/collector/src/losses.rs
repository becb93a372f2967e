//! Tells lost events from late ones by the sequence numbers of each CPU.

use std::collections::BTreeMap;
use std::ops::Range;

/// A run of events of one CPU that never arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Missing {
    pub events: u64,
    /// Time of the last event before the run, in the kernel's clock.
    pub after_ns: u64,
    /// Time of the first event behind it.
    pub before_ns: u64,
}

/// LIMIT: events of a CPU within which one that was overtaken is waited for. A program that is
/// interrupted between taking its number and its place in the ring is overtaken by what interrupts
/// it, which is a packet that ends a connection.
const OVERTAKEN_BY_MAX: u64 = 16;

/// Follows the sequence numbers. Events of one CPU go through one ring, and arrive in order but for
/// those that were interrupted.
#[derive(Debug, Default)]
pub(crate) struct Sequences {
    cpus: BTreeMap<u32, Cpu>,
}

#[derive(Debug)]
struct Cpu {
    next: u64,
    last_ns: u64,
    gaps: Vec<Gap>,
}

/// Numbers that have not arrived yet.
#[derive(Debug)]
struct Gap {
    numbers: Range<u64>,
    after_ns: u64,
    before_ns: u64,
    /// It was there at the last [`Sequences::settle`].
    is_old: bool,
}

impl Gap {
    fn missing(&self) -> Missing {
        Missing {
            events: self.numbers.end - self.numbers.start,
            after_ns: self.after_ns,
            before_ns: self.before_ns,
        }
    }
}

impl Sequences {
    /// Notes an event; returns what is now known to be missing.
    pub(crate) fn note(&mut self, cpu: u32, seq: u64, time_ns: u64) -> Option<Missing> {
        // Rings are empty when the programs are attached: every CPU starts at 0.
        let state = self.cpus.entry(cpu).or_insert_with(|| Cpu::new(time_ns));
        if seq < state.next {
            state.arrived_late(seq);
            return None;
        }
        state.skip_to(seq, time_ns);
        state.next = seq + 1;
        state.last_ns = time_ns;
        let first = state.gaps.first()?;
        let is_over = state.next - first.numbers.end > OVERTAKEN_BY_MAX;
        is_over.then(|| state.gaps.remove(0).missing())
    }

    /// Notes that a CPU has numbered `events` events, and that those which had a place in a ring have
    /// been read up to `time_ns`: so a loss shows behind which nothing comes.
    pub(crate) fn reached(&mut self, cpu: u32, events: u64, time_ns: u64) {
        let state = self.cpus.entry(cpu).or_insert_with(|| Cpu::new(time_ns));
        state.skip_to(events, time_ns);
    }

    /// Returns what has been missing since before the last call, and everything at the end.
    pub(crate) fn settle(&mut self, is_end: bool) -> Vec<Missing> {
        let mut missing = Vec::new();
        for state in self.cpus.values_mut() {
            let over = state.gaps.extract_if(.., |gap| is_end || gap.is_old);
            missing.extend(over.map(|gap| gap.missing()));
            for gap in &mut state.gaps {
                gap.is_old = true;
            }
        }
        missing
    }

    /// Returns how many events were accounted for, arrived or missing.
    pub(crate) fn accounted(&self) -> u64 {
        self.cpus.values().map(|cpu| cpu.next).sum()
    }
}

impl Cpu {
    const fn new(time_ns: u64) -> Self {
        Self {
            next: 0,
            last_ns: time_ns,
            gaps: Vec::new(),
        }
    }

    /// Leaves a gap for the numbers before `seq`, if there are any.
    fn skip_to(&mut self, seq: u64, time_ns: u64) {
        if seq > self.next {
            self.gaps.push(Gap {
                numbers: self.next..seq,
                after_ns: self.last_ns,
                before_ns: time_ns,
                is_old: false,
            });
            self.next = seq;
        }
    }

    /// Takes an event that was overtaken out of its gap.
    fn arrived_late(&mut self, seq: u64) {
        let Some(at) = self.gaps.iter().position(|gap| gap.numbers.contains(&seq)) else {
            return;
        };
        let gap = self.gaps.remove(at);
        for numbers in [seq + 1..gap.numbers.end, gap.numbers.start..seq] {
            if !numbers.is_empty() {
                self.gaps.insert(at, Gap { numbers, ..gap });
            }
        }
    }
}

/// What the programs lose for want of room, by the name of their counter, and what to call it. A
/// full ring is not among them: its losses show in the sequence numbers, with their times.
const KERNEL_LOSSES: [(&str, &str); 5] = [
    ("lost_conns_full", "too many connections"),
    ("lost_scope_full", "too many processes in scope"),
    ("lost_scratch_busy", "kernel program interrupted by itself"),
    ("lost_no_ring", "no ring for a CPU"),
    ("lost_no_scratch", "no working space for a CPU"),
];

/// Follows the programs' own counters of losses.
#[derive(Debug, Default)]
pub(crate) struct KernelLosses {
    seen: [u64; KERNEL_LOSSES.len()],
}

impl KernelLosses {
    /// Returns each loss since the last call, with its reason.
    pub(crate) fn news(&mut self, stats: &[(String, u64)]) -> Vec<(&'static str, u64)> {
        let mut news = Vec::new();
        for ((name, reason), seen) in KERNEL_LOSSES.iter().zip(&mut self.seen) {
            let now = stats
                .iter()
                .find(|(of, _)| of == name)
                .map_or(0, |(_, value)| *value);
            if now > *seen {
                news.push((*reason, now - *seen));
                *seen = now;
            }
        }
        news
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_loss_of_the_programs_is_told_once() {
        let mut losses = KernelLosses::default();
        let stats = |value| {
            vec![
                ("lost_conns_full".to_owned(), value),
                ("events".to_owned(), 9),
            ]
        };
        assert_eq!(losses.news(&stats(0)), []);
        assert_eq!(losses.news(&stats(3)), [("too many connections", 3)]);
        assert_eq!(losses.news(&stats(3)), []);
        assert_eq!(losses.news(&stats(5)), [("too many connections", 2)]);
    }

    #[test]
    fn every_name_is_one_of_the_programs_own() {
        let header = include_str!("../../../bpf/include/events.h");
        for (name, _) in KERNEL_LOSSES {
            let constant = format!("STAT_{}", name.to_ascii_uppercase());
            assert!(header.contains(&constant), "{constant}");
        }
    }

    fn missing(events: u64, after_ns: u64, before_ns: u64) -> Missing {
        Missing {
            events,
            after_ns,
            before_ns,
        }
    }

    #[test]
    fn a_jump_is_a_loss_of_exactly_the_events_between() {
        let mut sequences = Sequences::default();
        assert_eq!(sequences.note(0, 0, 10), None);
        assert_eq!(sequences.note(1, 0, 11), None);
        assert_eq!(sequences.note(0, 1, 12), None);
        assert_eq!(sequences.note(0, 5, 20), None);
        assert_eq!(sequences.settle(true), [missing(3, 12, 20)]);
        assert_eq!(sequences.note(0, 6, 21), None);
        assert_eq!(sequences.settle(true), []);
        assert_eq!(sequences.accounted(), 8);
    }

    #[test]
    fn events_lost_before_the_first_arrival_count_too() {
        let mut sequences = Sequences::default();
        assert_eq!(sequences.note(0, 2, 10), None);
        assert_eq!(sequences.settle(true), [missing(2, 10, 10)]);
    }

    #[test]
    fn a_loss_is_told_once_enough_events_have_come_behind_it() {
        let mut sequences = Sequences::default();
        for seq in 4..4 + OVERTAKEN_BY_MAX {
            assert_eq!(sequences.note(0, seq, 10), None);
        }
        let last = 4 + OVERTAKEN_BY_MAX;
        assert_eq!(sequences.note(0, last, 10), Some(missing(4, 10, 10)));
        assert_eq!(sequences.settle(true), []);
    }

    #[test]
    fn an_event_that_was_overtaken_is_not_lost() {
        let mut sequences = Sequences::default();
        for seq in [0, 2, 1, 6, 4] {
            assert_eq!(sequences.note(0, seq, seq), None);
        }
        let left = [missing(1, 2, 6), missing(1, 2, 6)];
        assert_eq!(sequences.settle(true), left);
        assert_eq!(sequences.accounted(), 7);
    }

    #[test]
    fn a_loss_behind_which_nothing_comes_shows_by_the_count_of_its_cpu() {
        let mut sequences = Sequences::default();
        assert_eq!(sequences.note(0, 0, 5), None);
        sequences.reached(0, 3, 9);
        sequences.reached(1, 2, 9);
        sequences.reached(0, 3, 10);
        assert_eq!(sequences.settle(false), []);
        // One of them was only late.
        assert_eq!(sequences.note(0, 2, 8), None);
        assert_eq!(
            sequences.settle(false),
            [missing(1, 5, 9), missing(2, 9, 9)]
        );
        assert_eq!(sequences.note(0, 3, 11), None);
        assert_eq!(sequences.settle(true), []);
        assert_eq!(sequences.accounted(), 6);
    }

    #[test]
    fn what_is_missing_is_told_at_the_second_look() {
        let mut sequences = Sequences::default();
        assert_eq!(sequences.note(0, 1, 5), None);
        assert_eq!(sequences.settle(false), []);
        assert_eq!(sequences.settle(false), [missing(1, 5, 5)]);
    }
}
