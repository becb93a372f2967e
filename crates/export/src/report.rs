//! What became of an export.

use crate::Protocol;
use crate::request::Signal;

/// LIMIT: different problems that a report tells; more are counted, not told.
const PROBLEMS_MAX: usize = 5;

/// What became of data points or spans.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// The receiver took them.
    pub sent: u64,
    /// The receiver refused them, one by one or with their request.
    pub refused: u64,
    /// They could not be delivered.
    pub dropped: u64,
}

impl Tally {
    /// Returns what did not arrive.
    #[must_use]
    pub const fn lost(&self) -> u64 {
        self.refused + self.dropped
    }
}

/// What became of an export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportReport {
    /// Where it went.
    pub endpoint: String,
    /// How.
    pub protocol: Protocol,
    /// Rows that were exported.
    pub rows: u64,
    /// Spans made of them.
    pub spans: Tally,
    /// Data points made of them.
    pub points: Tally,
    /// Requests, those that were sent again counted once.
    pub requests: u64,
    /// How often requests were sent again.
    pub retries: u64,
    /// What went wrong, each problem once.
    pub problems: Vec<String>,
}

impl ExportReport {
    pub(crate) const fn new(endpoint: String, protocol: Protocol) -> Self {
        Self {
            endpoint,
            protocol,
            rows: 0,
            spans: Tally {
                sent: 0,
                refused: 0,
                dropped: 0,
            },
            points: Tally {
                sent: 0,
                refused: 0,
                dropped: 0,
            },
            requests: 0,
            retries: 0,
            problems: Vec::new(),
        }
    }

    pub(crate) const fn tally(&mut self, signal: Signal) -> &mut Tally {
        match signal {
            Signal::Metrics => &mut self.points,
            Signal::Traces => &mut self.spans,
        }
    }

    pub(crate) fn problem(&mut self, problem: String) {
        if self.problems.len() < PROBLEMS_MAX && !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }
}
