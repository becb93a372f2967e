//! Which response answers which request.
//!
//! HTTP/1 answers in the order of the requests, so while nothing is lost the oldest unanswered
//! request is the one that is answered, however the two directions interleave. A loss breaks the
//! count, and guessing would shift every later pair. Instead:
//!
//! - **Requests lost**: those seen before the loss still pair; from there on it is uncertain.
//! - **Responses lost**: which of the waiting requests were answered is not known: uncertain.
//! - **While uncertain** a response takes the one request that was sent since the loss. With more
//!   or no candidates all are dropped. The pair is *held* until a later request shows that no
//!   other response was due, or a second of silence does; a second response instead shows that
//!   it was wrong, and it is dropped.
//! - A connection that was seen to pipeline proves nothing by alternation: there only silence,
//!   with nothing waiting, ends the uncertainty.
//!
//! A connection joined in its middle starts uncertain. What is dropped is counted.

use super::message::{Message, Method};
use crate::Counters;
use std::collections::VecDeque;

/// An exchange.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) time_ns: i64,
    pub(super) request: Message,
    /// `None` when the connection ended, or patience did, without an answer.
    pub(super) response: Option<Message>,
}

/// The pairing state of a connection.
#[derive(Debug)]
pub(super) struct Stitch {
    waiting: VecDeque<Waiting>,
    certainty: Certainty,
    /// Requests may have been lost behind the last waiting one.
    hole_behind: bool,
    /// Whom the response in progress answers.
    answers: Answers,
    /// The pair that awaits its confirmation.
    held: Option<Record>,
    /// A response whose request has not been seen yet: the directions may arrive out of step.
    orphan: Option<Message>,
    pipelining: bool,
    /// A response has come since the last request started.
    answered: bool,
    last_ns: i64,
    records: Vec<Record>,
    records_bytes: usize,
    bytes_max: usize,
}

#[derive(Debug)]
struct Waiting {
    message: Message,
    /// The body is still on its way.
    open: bool,
    /// The answer that came before the end of the request.
    early: Option<Message>,
    hole_before: bool,
    /// Keeps its place, but makes no record.
    void: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Certainty {
    Certain,
    /// The first `before_loss` of the waiting requests may have been answered unseen.
    Uncertain { before_loss: usize },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answers {
    Front,
    /// A request that has not been seen yet.
    Later,
    Nobody,
}

impl Stitch {
    pub(super) fn new(bytes_max: usize, mid_stream: bool) -> Self {
        Self {
            waiting: VecDeque::new(),
            certainty: if mid_stream { Certainty::NOTHING_KNOWN } else { Certainty::Certain },
            hole_behind: mid_stream,
            answers: Answers::Later,
            held: None,
            orphan: None,
            pipelining: false,
            answered: false,
            last_ns: i64::MIN,
            records: Vec::new(),
            records_bytes: 0,
            bytes_max,
        }
    }

    /// Tells that bytes of either direction were read at this time.
    pub(super) fn touch(&mut self, time_ns: i64) {
        self.last_ns = self.last_ns.max(time_ns);
    }

    /// Takes a request whose head is complete and whose body follows.
    pub(super) fn request_started(&mut self, message: Message, counters: &mut Counters) {
        let start_ns = message.start_ns;
        let quiet = start_ns.saturating_sub(self.last_ns) >= QUIET_NS;
        if let Some(held) = self.held.take() {
            let after = held.response.as_ref().is_none_or(|held| start_ns >= held.end_ns);
            if after && self.waiting.is_empty() {
                self.emit(held, counters);
                self.certainty = Certainty::Certain;
            } else {
                counters.records_uncertain += 1;
            }
        }
        let over = match self.certainty {
            Certainty::Certain => self.waiting.is_empty(),
            Certainty::Uncertain { .. } => self.sent_since_loss() == 0 || self.answered,
        };
        if quiet && over && self.answers != Answers::Front {
            self.drop_waiting(counters);
            self.certainty = Certainty::Certain;
            self.hole_behind = false;
        }
        if self.waiting.len() >= WAITING_MAX || self.waiting_bytes() > self.bytes_max {
            self.drop_waiting(counters);
            self.certainty = Certainty::NOTHING_KNOWN;
        }
        let early = self.orphan.take().filter(|orphan| {
            let out_of_step = start_ns < orphan.end_ns && self.waiting.is_empty();
            counters.responses_unpaired += u64::from(!out_of_step);
            out_of_step
        });
        let hole_before = std::mem::take(&mut self.hole_behind);
        self.answered = false;
        self.waiting.push_back(Waiting { message, open: true, early, hole_before, void: false });
    }

    /// Returns the request whose body is on its way.
    pub(super) fn open_request(&mut self) -> Option<&mut Message> {
        self.waiting.back_mut().filter(|last| last.open).map(|last| &mut last.message)
    }

    /// Tells whether the request whose body is on its way has its answer already.
    pub(super) fn open_request_is_answered(&self) -> bool {
        self.waiting.back().is_some_and(|last| last.open && last.early.is_some())
    }

    /// Tells that the request in progress is complete.
    pub(super) fn request_finished(&mut self, time_ns: i64, counters: &mut Counters) {
        let Some(last) = self.waiting.back_mut().filter(|last| last.open) else { return };
        last.open = false;
        last.message.end_ns = time_ns;
        last.message.fit();
        if last.early.is_some()
            && let Some(mut last) = self.waiting.pop_back()
            && let Some(response) = last.early.take()
        {
            self.pair(last, response, counters);
        }
    }

    /// Tells that requests may have been lost from here on; none is in progress.
    pub(super) fn request_lost(&mut self, counters: &mut Counters) {
        self.hole_behind = true;
        // A loss may be told late: what is held may answer the request that was lost.
        counters.records_uncertain += u64::from(self.held.take().is_some());
        counters.responses_unpaired += u64::from(self.orphan.take().is_some());
    }

    /// Takes note of a response whose head is complete.
    ///
    /// Returns the method that it answers, or nothing when that is not known.
    pub(super) fn response_started(
        &mut self,
        start_ns: i64,
        counters: &mut Counters,
    ) -> Option<Method> {
        let at_hole = self.waiting.front().map_or(self.hole_behind, |front| front.hole_before);
        if at_hole && self.certainty == Certainty::Certain {
            self.certainty = Certainty::NOTHING_KNOWN;
        }
        self.answers = match self.certainty {
            Certainty::Certain => {
                // Sent before the answer to the one before it: the client pipelines.
                self.pipelining |=
                    self.waiting.get(1).is_some_and(|second| second.message.start_ns <= start_ns);
                if self.waiting.is_empty() { Answers::Later } else { Answers::Front }
            }
            Certainty::Uncertain { .. } => self.choose(counters),
        };
        // Its end may show only with the next response, when nobody knows whether a body follows.
        self.answered |= self.answers == Answers::Nobody;
        match self.waiting.front() {
            Some(front) if self.answers == Answers::Front && front.early.is_none() => {
                // While uncertain a body is not taken on trust: it would swallow later messages.
                let method = front.message.method;
                (self.certainty == Certainty::Certain || method == Method::Head).then_some(method)
            }
            Some(_) if self.answers == Answers::Front => {
                self.answers = Answers::Nobody;
                None
            }
            _ => None,
        }
    }

    /// Takes a complete response.
    pub(super) fn response_finished(&mut self, response: Message, counters: &mut Counters) {
        self.answered = true;
        match std::mem::replace(&mut self.answers, Answers::Later) {
            Answers::Front => match self.waiting.front_mut() {
                Some(front) if front.open => front.early = Some(response),
                Some(_) => {
                    if let Some(front) = self.waiting.pop_front() {
                        self.pair(front, response, counters);
                    }
                }
                None => counters.responses_unpaired += 1,
            },
            Answers::Later => {
                let replaced = self.orphan.replace(response).is_some();
                counters.responses_unpaired += u64::from(replaced);
            }
            Answers::Nobody => counters.responses_unpaired += 1,
        }
    }

    /// Tells that responses may have been lost; none is in progress.
    pub(super) fn response_lost(&mut self, counters: &mut Counters) {
        counters.records_uncertain += u64::from(self.held.take().is_some());
        counters.responses_unpaired += u64::from(self.orphan.take().is_some());
        self.certainty = Certainty::Uncertain { before_loss: self.waiting.len() };
    }

    /// Lets patience end.
    pub(super) fn tick(&mut self, now_ns: i64, answer_ns_max: i64, counters: &mut Counters) {
        if self.waiting.is_empty()
            && now_ns.saturating_sub(self.last_ns) >= QUIET_NS
            && let Some(held) = self.held.take()
        {
            self.emit(held, counters);
            self.certainty = Certainty::Certain;
        }
        for at in 0..self.waiting.len() {
            let waiting = &mut self.waiting[at];
            let answered = waiting.early.is_some() || (at == 0 && self.answers == Answers::Front);
            let waited_ns = now_ns.saturating_sub(waiting.message.end_ns);
            if waiting.void || waiting.open || answered || waited_ns < answer_ns_max {
                continue;
            }
            // Its place is kept: a late answer must not go to the next request.
            waiting.void = true;
            let request = waiting.message.take();
            self.unanswered(request, now_ns, counters);
        }
    }

    /// Ends the connection; nothing is in progress.
    pub(super) fn close(&mut self, time_ns: i64, counters: &mut Counters) {
        if let Some(held) = self.held.take() {
            self.emit(held, counters);
        }
        counters.responses_unpaired += u64::from(self.orphan.take().is_some());
        for waiting in std::mem::take(&mut self.waiting) {
            if !waiting.void {
                self.unanswered(waiting.message, time_ns, counters);
            }
        }
    }

    /// Takes the finished records.
    pub(super) fn take_records(&mut self) -> Vec<Record> {
        self.records_bytes = 0;
        std::mem::take(&mut self.records)
    }

    /// Gives the emptied vector of records back, so that it is not allocated again and again.
    pub(super) fn reuse(&mut self, records: Vec<Record>) {
        if self.records.is_empty() && records.capacity() <= RECORDS_REUSED_MAX {
            self.records = records;
        }
    }

    pub(super) fn retained_bytes(&self) -> usize {
        let one = |message: &Option<Message>| message.as_ref().map_or(0, Message::retained_bytes);
        let held = self.held.as_ref().map_or(0, |held| {
            held.request.retained_bytes() + one(&held.response)
        });
        self.waiting_bytes()
            + self.waiting.capacity() * size_of::<Waiting>()
            + self.records_bytes
            + self.records.capacity().saturating_sub(self.records.len()) * size_of::<Record>()
            + held
            + one(&self.orphan)
    }

    fn waiting_bytes(&self) -> usize {
        let bytes = |waiting: &Waiting| {
            waiting.message.retained_bytes()
                + waiting.early.as_ref().map_or(0, Message::retained_bytes)
        };
        self.waiting.iter().map(bytes).sum()
    }

    /// Returns how many of the waiting requests were sent since the last loss.
    fn sent_since_loss(&self) -> usize {
        match self.certainty {
            Certainty::Certain => self.waiting.len(),
            Certainty::Uncertain { before_loss } => self.waiting.len().saturating_sub(before_loss),
        }
    }

    /// Decides whom a response answers while the pairing is uncertain.
    fn choose(&mut self, counters: &mut Counters) -> Answers {
        if self.held.take().is_some() {
            // Two responses since one request: the pair held was wrong, and so would be this one.
            counters.records_uncertain += 1;
            return Answers::Nobody;
        }
        let since = self.sent_since_loss();
        if self.pipelining {
            self.drop_first(1, counters);
            return Answers::Nobody;
        }
        if since == 1 {
            self.drop_first(self.waiting.len() - 1, counters);
            return Answers::Front;
        }
        self.drop_waiting(counters);
        Answers::Nobody
    }

    fn drop_waiting(&mut self, counters: &mut Counters) {
        self.drop_first(self.waiting.len(), counters);
        if self.answers == Answers::Front {
            self.answers = Answers::Nobody;
        }
    }

    /// Drops the oldest waiting requests. One whose body is on its way keeps its place.
    fn drop_first(&mut self, count: usize, counters: &mut Counters) {
        for _ in 0..count.min(self.waiting.len()) {
            let Some(mut first) = self.waiting.pop_front() else { break };
            counters.requests_unpaired += u64::from(!first.void);
            if first.open {
                first.void = true;
                first.message.forget_text();
                self.waiting.push_front(first);
                break;
            }
        }
        if let Certainty::Uncertain { before_loss } = &mut self.certainty {
            *before_loss = before_loss.saturating_sub(count);
        }
    }

    fn pair(&mut self, request: Waiting, response: Message, counters: &mut Counters) {
        if request.void {
            counters.responses_unpaired += 1;
            return;
        }
        let record =
            Record { time_ns: response.end_ns, request: request.message, response: Some(response) };
        match self.certainty {
            Certainty::Certain => self.emit(record, counters),
            Certainty::Uncertain { .. } => {
                counters.records_uncertain += u64::from(self.held.replace(record).is_some());
            }
        }
    }

    /// Writes a request without answer, unless its answer may have been lost.
    fn unanswered(&mut self, request: Message, time_ns: i64, counters: &mut Counters) {
        if self.certainty == Certainty::Certain {
            counters.requests_unanswered += 1;
            self.emit(Record { time_ns, request, response: None }, counters);
        } else {
            counters.requests_unpaired += 1;
        }
    }

    fn emit(&mut self, record: Record, counters: &mut Counters) {
        let bytes = size_of::<Record>()
            + record.request.retained_bytes()
            + record.response.as_ref().map_or(0, Message::retained_bytes);
        if self.records_bytes + bytes > self.bytes_max {
            counters.records_over_limit += 1;
            return;
        }
        self.records_bytes += bytes;
        self.records.push(record);
    }
}

impl Certainty {
    const NOTHING_KNOWN: Self = Self::Uncertain { before_loss: 0 };
}

/// Silence after which nothing is under way any more.
const QUIET_NS: i64 = nixie_types::clock::NANOS_PER_SEC;

/// LIMIT: requests waiting for answers; no client pipelines deeper.
const WAITING_MAX: usize = 512;

/// LIMIT: places for records that a connection keeps between drains.
const RECORDS_REUSED_MAX: usize = 8;
