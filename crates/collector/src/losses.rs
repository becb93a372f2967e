//! Tells lost events from late ones by the sequence numbers of each CPU.

use std::collections::BTreeMap;

/// A run of events of one CPU that never arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Missing {
    pub events: u64,
    /// Time of the last event before the run, in the kernel's clock.
    pub after_ns: u64,
    /// Time of the first event behind it.
    pub before_ns: u64,
}

/// Follows the sequence numbers. Events of one CPU arrive in order: they go through one ring.
#[derive(Debug, Default)]
pub(crate) struct Sequences {
    cpus: BTreeMap<u32, Cpu>,
}

#[derive(Debug)]
struct Cpu {
    next: u64,
    last_ns: u64,
}

impl Sequences {
    /// Notes an event; returns what is missing before it.
    pub(crate) fn note(&mut self, cpu: u32, seq: u64, time_ns: u64) -> Option<Missing> {
        // Rings are empty when the programs are attached: every CPU starts at 0.
        let state = self.cpus.entry(cpu).or_insert(Cpu {
            next: 0,
            last_ns: time_ns,
        });
        let missing = seq.checked_sub(state.next).filter(|&events| events > 0);
        let after_ns = state.last_ns;
        *state = Cpu {
            next: seq + 1,
            last_ns: time_ns,
        };
        missing.map(|events| Missing {
            events,
            after_ns,
            before_ns: time_ns,
        })
    }

    /// Returns how many events of a CPU were accounted for, arrived or missing.
    pub(crate) fn accounted(&self) -> u64 {
        self.cpus.values().map(|cpu| cpu.next).sum()
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

    #[test]
    fn a_jump_is_a_loss_of_exactly_the_events_between() {
        let mut sequences = Sequences::default();
        assert_eq!(sequences.note(0, 0, 10), None);
        assert_eq!(sequences.note(1, 0, 11), None);
        assert_eq!(sequences.note(0, 1, 12), None);
        let missing = Missing {
            events: 3,
            after_ns: 12,
            before_ns: 20,
        };
        assert_eq!(sequences.note(0, 5, 20), Some(missing));
        assert_eq!(sequences.note(0, 6, 21), None);
        assert_eq!(sequences.accounted(), 8);
    }

    #[test]
    fn events_lost_before_the_first_arrival_count_too() {
        let mut sequences = Sequences::default();
        let missing = Missing {
            events: 2,
            after_ns: 10,
            before_ns: 10,
        };
        assert_eq!(sequences.note(0, 2, 10), Some(missing));
    }
}
