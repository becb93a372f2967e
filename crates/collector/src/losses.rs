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

#[cfg(test)]
mod tests {
    use super::*;

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
