//! Pairs a question with the next answer; after a loss, waits for the next question.

use super::frame::{self, Line};
use super::table::{self, TEMPLATE_EVENTS};
use crate::{Counters, Input, Parsed, Parser, RowSink, Side};
use nixie_types::{ConnInfo, Role};

#[derive(Debug)]
pub(super) struct Record {
    pub(super) question: Vec<u8>,
    pub(super) question_ns: i64,
    pub(super) answer: Vec<u8>,
    pub(super) answer_ns: i64,
}

pub(super) struct Template {
    question: Option<(Vec<u8>, i64)>,
    records: Vec<Record>,
}

impl Template {
    pub(super) const fn new(_mid_stream: bool) -> Self {
        Self {
            question: None,
            records: Vec::new(),
        }
    }

    fn take(&mut self, side: Side, text: &[u8], time_ns: i64, counters: &mut Counters) {
        // LIMIT: a line longer than this is cut, and records beyond the limit are dropped.
        let text = &text[..text.len().min(LINE_BYTES_MAX)];
        match side {
            Side::Request => {
                let replaced = self.question.replace((text.to_vec(), time_ns)).is_some();
                counters.requests_unpaired += u64::from(replaced);
            }
            Side::Response => match self.question.take() {
                None => counters.responses_unpaired += 1,
                Some(_) if self.records.len() == RECORDS_MAX => counters.records_over_limit += 1,
                Some((question, question_ns)) => self.records.push(Record {
                    question,
                    question_ns,
                    answer: text.to_vec(),
                    answer_ns: time_ns,
                }),
            },
        }
    }
}

impl Parser for Template {
    fn parse(&mut self, side: Side, input: Input<'_>, counters: &mut Counters) -> Parsed {
        // The line end at which a start was found again.
        if input.bytes[0] == b'\n' {
            return Parsed::Part(1);
        }
        let tag = if side == Side::Request { b'Q' } else { b'A' };
        match frame::parse(input.bytes, input.scanned, tag) {
            Line::NeedMore => Parsed::NeedMore,
            Line::Invalid(reason) => Parsed::Invalid(reason),
            Line::Done { text, consumed } => {
                self.take(side, text, input.time_ns, counters);
                Parsed::Frame(consumed)
            }
        }
    }

    fn gap(&mut self, side: Side, _bytes: u64, time_ns: i64, counters: &mut Counters) -> bool {
        self.lost(side, time_ns, counters);
        false
    }

    fn lost(&mut self, _side: Side, _time_ns: i64, counters: &mut Counters) {
        counters.requests_unpaired += u64::from(self.question.take().is_some());
    }

    fn close(&mut self, _time_ns: i64, counters: &mut Counters) {
        counters.requests_unpaired += u64::from(self.question.take().is_some());
    }

    fn tick(&mut self, _now_ns: i64, _counters: &mut Counters) {}

    fn drain(
        &mut self,
        conn: &ConnInfo,
        role: Role,
        out: &mut dyn RowSink,
        counters: &mut Counters,
    ) {
        for record in self.records.drain(..) {
            counters.records += 1;
            table::append(&record, conn, role, out.rows(&TEMPLATE_EVENTS));
        }
    }

    fn retained_bytes(&self) -> usize {
        let bytes = |record: &Record| record.question.capacity() + record.answer.capacity();
        self.question
            .as_ref()
            .map_or(0, |(question, _)| question.capacity())
            + self.records.iter().map(bytes).sum::<usize>()
            + self.records.capacity() * size_of::<Record>()
    }
}

const LINE_BYTES_MAX: usize = 1024;
const RECORDS_MAX: usize = 100;
