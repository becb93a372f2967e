//! Rebuilds connections from kernel events and turns their bytes into rows.
//!
//! A connection is known by the id that the kernel programs gave its socket, whatever descriptors
//! and processes use it. [`lane`] puts the bytes of each direction in order, `nixie-protocols`
//! makes records of them, and [`conn`] holds both with what is known about the ends.

pub(crate) mod address;
mod conn;
mod lane;
mod listeners;
mod living;
mod own_end;
mod totals;

pub(crate) use totals::ConnTotals;

use crate::abi::{Close, Data, Open};
use crate::kernel::{KernelVerdict, Maps};
use crate::sources::agent_status::Report;
use conn::{Conn, PeerKey};
use listeners::Listeners;
use living::LivingSockets;
pub(crate) use living::unix_sockets;
use nixie_protocols::{Counters, Limits, RowSink, TableRows, Verdict};
use nixie_types::{Role, Rows, TableSpec, Upid};
pub(crate) use own_end::OwnEnd;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// How long bytes that come too early wait for those before them.
const REORDER_NS: i64 = 100_000_000;

/// How long a connection is kept after its end, for bytes that are read or seen late.
const CLOSE_GRACE_NS: i64 = 500_000_000;

/// After this long without traffic it is looked whether a unix socket still lives.
const UNIX_IDLE_NS: i64 = 1_000_000_000;

/// Limits of all connections together.
#[derive(Clone, Debug)]
pub struct ConnectionLimits {
    /// LIMIT: connections followed at once; the programs' map has as many.
    pub count_max: usize,
    /// LIMIT: bytes that all connections together may hold for unfinished messages. Beyond it the
    /// connections that hold most are given up.
    pub retained_bytes_max: usize,
    /// LIMIT: nanoseconds without traffic after which a connection is dropped if its process has
    /// ended, as its close was lost, or if it is one of datagrams, which have no close.
    pub idle_ns_max: i64,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            count_max: 32_768,
            retained_bytes_max: 64 << 20,
            idle_ns_max: 60_000_000_000,
        }
    }
}

/// What became of events and connections here, besides the protocols' own counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct ConnCounters {
    opened: u64,
    closed: u64,
    /// Data of connections whose start was not seen.
    events_without_open: u64,
    /// Connections not followed because there are too many.
    over_limit: u64,
    /// Connections given up because all together hold too much.
    over_memory: u64,
    /// Connections given up because they speak nothing that is decoded.
    given_up: u64,
    /// Connections of those who ask this agent, whose bytes are not looked at.
    to_this_agent: u64,
    /// Rows left out because the other end is traced too and reports them.
    rows_reported_by_server: u64,
    /// Bytes that passed but were not seen: cut, faulted or lost.
    gap_bytes: u64,
}

/// All connections in scope.
pub(crate) struct Connections {
    limits: Arc<Limits>,
    all_limits: ConnectionLimits,
    conns: HashMap<u64, Conn>,
    /// Connections that have fed bytes since the last drain.
    dirty: Vec<u64>,
    /// Connections that have ended, until their time of grace is over.
    ending: Vec<u64>,
    /// Inodes of the unix sockets that are older than the agent.
    older_unix: HashSet<u64>,
    own_end: Option<OwnEnd>,
    /// Unix sockets by the process that opened them.
    unix: BTreeSet<(Upid, u64)>,
    /// Connections by the ends as their peer sees them.
    by_peer: HashMap<PeerKey, u64>,
    totals: ConnTotals,
    listeners: Listeners,
    protocol_counters: Counters,
    counters: ConnCounters,
    /// Losses that were told, in the order of [`Connections::losses`].
    told: [u64; 4],
}

impl Connections {
    /// Returns no connections yet. `older_unix` are the inodes of the unix sockets that there are;
    /// bytes may have passed through them. `own_end` is where the agent answers.
    pub(crate) fn new(
        limits: Arc<Limits>,
        all_limits: ConnectionLimits,
        older_unix: HashSet<u64>,
        own_end: Option<OwnEnd>,
    ) -> Self {
        Self {
            all_limits,
            own_end,
            older_unix,
            limits,
            conns: HashMap::new(),
            dirty: Vec::new(),
            ending: Vec::new(),
            unix: BTreeSet::new(),
            by_peer: HashMap::new(),
            totals: ConnTotals::default(),
            listeners: Listeners::default(),
            protocol_counters: Counters::default(),
            counters: ConnCounters::default(),
            told: [0; 4],
        }
    }

    pub(crate) const fn protocol_counters(&self) -> &Counters {
        &self.protocol_counters
    }

    fn retained_bytes(&self) -> usize {
        self.conns.values().map(Conn::retained_bytes).sum()
    }

    pub(crate) fn opened(&mut self, upid: Upid, open: &Open, now_ns: i64, maps: &mut Maps) {
        if self.conns.len() >= self.all_limits.count_max {
            self.counters.over_limit += 1;
            maps.set_verdict(open.conn_id, KernelVerdict::CountOnly);
            return;
        }
        let role = match open.role {
            crate::abi::ROLE_CLIENT => Role::Client,
            crate::abi::ROLE_SERVER => Role::Server,
            _ => self.listeners.role(upid.pid, open, now_ns),
        };
        let is_new_unix = open.is_unix() && !self.older_unix.contains(&open.inode);
        let is_mid_stream = open.is_mid_stream() && !is_new_unix;
        let mut conn = Conn::new(upid, open, role, is_mid_stream, now_ns, &self.limits);
        if self.own_end.as_ref().is_some_and(|own| conn.leads_to(own)) {
            self.counters.to_this_agent += 1;
            conn.give_up_stream();
        }
        if conn.is_count_only() {
            maps.set_verdict(open.conn_id, KernelVerdict::CountOnly);
        }
        if conn.is_unix() {
            self.unix.insert((upid, open.conn_id));
        }
        self.counters.opened += 1;
        self.conns.insert(open.conn_id, conn);
        self.introduce(open.conn_id);
    }

    pub(crate) fn data(
        &mut self,
        upid: Upid,
        data: &Data<'_>,
        now_ns: i64,
        maps: &mut Maps,
        rows: &mut TableRows,
    ) {
        let limits = &self.limits;
        let conns = &mut self.conns;
        let room = conns.len() < self.all_limits.count_max;
        let conn = match conns.entry(data.conn_id) {
            std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::hash_map::Entry::Vacant(entry) => {
                // Its start was lost: better without addresses than not at all.
                self.counters.events_without_open += 1;
                if !room {
                    self.counters.over_limit += 1;
                    return;
                }
                entry.insert(Conn::without_open(upid, now_ns, limits))
            }
        };
        self.counters.gap_bytes += conn.push(upid, data, now_ns);
        if conn.mark_dirty() {
            self.dirty.push(data.conn_id);
        }
        Self::tell_verdict(data.conn_id, conn, maps, &mut self.counters);
        if conn.is_drain_due() {
            self.drain_one(data.conn_id, rows);
        }
    }

    pub(crate) fn eof(&mut self, close: &Close, now_ns: i64) {
        if let Some(conn) = self.conns.get_mut(&close.conn_id)
            && conn.direction_ended(close.ingress, now_ns)
        {
            self.ending.push(close.conn_id);
        }
    }

    pub(crate) fn closed(&mut self, close: &Close, now_ns: i64) {
        if let Some(conn) = self.conns.get_mut(&close.conn_id)
            && conn.ended(close.sent_bytes, close.received_bytes, now_ns)
        {
            self.ending.push(close.conn_id);
        }
    }

    /// A descriptor of a unix socket was closed; if it was not the last, bytes will follow.
    pub(crate) fn eof_hint(&mut self, close: &Close, now_ns: i64) {
        if let Some(conn) = self.conns.get_mut(&close.conn_id)
            && conn.ended_unseen(now_ns)
        {
            self.ending.push(close.conn_id);
        }
    }

    /// Returns what was lost since the last call for want of room, with the reasons.
    pub(crate) fn losses(&mut self) -> Vec<(&'static str, u64)> {
        let now = [
            ("too many connections", self.counters.over_limit),
            (
                "connections held too much memory",
                self.counters.over_memory,
            ),
            (
                "too many records between two drains",
                self.protocol_counters.records_over_limit,
            ),
            (
                "message heads too large",
                self.protocol_counters.frames_oversized,
            ),
        ];
        let mut news = Vec::new();
        for ((reason, count), told) in now.into_iter().zip(&mut self.told) {
            if count > *told {
                news.push((reason, count - *told));
                *told = count;
            }
        }
        news
    }

    /// Adds what is known here to the agent's report about itself.
    pub(crate) fn report(&self, report: &mut Report<'_>) {
        let ConnCounters {
            opened,
            closed,
            events_without_open,
            over_limit,
            over_memory,
            given_up,
            to_this_agent,
            rows_reported_by_server,
            gap_bytes,
        } = self.counters;
        for (name, value) in [
            ("opened", opened),
            ("closed", closed),
            ("events_without_open", events_without_open),
            ("dropped_over_limit", over_limit),
            ("given_up_over_memory", over_memory),
            ("given_up", given_up),
            ("to_this_agent", to_this_agent),
            ("rows_reported_by_server", rows_reported_by_server),
            ("gap_bytes", gap_bytes),
            ("peers_over_limit", self.totals.over_limit),
        ] {
            report.counter("connections", name, value);
        }
        report.gauge("connections", "open", self.conns.len() as u64);
        report.gauge(
            "connections",
            "retained_bytes",
            self.retained_bytes() as u64,
        );
    }

    /// Unix sockets end with their process without a word.
    pub(crate) fn process_exited(&mut self, upid: Upid, now_ns: i64) {
        for &(_, conn_id) in self.unix.range((upid, 0)..=(upid, u64::MAX)) {
            if let Some(conn) = self.conns.get_mut(&conn_id)
                && conn.upid() == upid
                && conn.ended_unseen(now_ns)
            {
                self.ending.push(conn_id);
            }
        }
    }

    /// Writes finished records, and lets go of what has ended.
    pub(crate) fn drain(&mut self, now_ns: i64, maps: &mut Maps, rows: &mut TableRows) {
        for conn_id in std::mem::take(&mut self.dirty) {
            self.drain_one(conn_id, rows);
        }
        let before_ns = now_ns - CLOSE_GRACE_NS;
        let conns = &self.conns;
        let is_over = |id: &mut u64| {
            conns
                .get(id)
                .is_none_or(|conn| conn.ended_before(before_ns))
        };
        let over: Vec<u64> = self.ending.extract_if(.., is_over).collect();
        let mut living = LivingSockets::default();
        for conn_id in over {
            let conn = self.conns.get_mut(&conn_id);
            if conn.is_none_or(|conn| !conn.goes_on(&mut living)) {
                self.remove(conn_id, now_ns, maps, rows);
            }
        }
    }

    /// Lets time-outs happen, about once a second.
    pub(crate) fn tick(
        &mut self,
        now_ns: i64,
        is_living: impl Fn(Upid) -> bool,
        maps: &mut Maps,
        rows: &mut TableRows,
    ) {
        #[allow(
            clippy::iter_over_hash_type,
            reason = "connections do not depend on each other"
        )]
        for (id, conn) in &mut self.conns {
            self.counters.gap_bytes += conn.tick(now_ns, now_ns - REORDER_NS);
            if conn.mark_dirty() {
                self.dirty.push(*id);
            }
            let is_idle = conn.is_idle_since(now_ns - self.all_limits.idle_ns_max);
            let is_lost = is_idle && (conn.is_datagram() || !is_living(conn.upid()));
            let is_quiet = conn.is_unix() && conn.is_idle_since(now_ns - UNIX_IDLE_NS);
            if (is_lost || is_quiet) && conn.ended_unseen(now_ns) {
                self.ending.push(*id);
            }
            Self::tell_verdict(*id, conn, maps, &mut self.counters);
        }
        self.limit_memory(maps);
        self.drain(now_ns, maps, rows);
    }

    /// Ends all connections, at the agent's own end.
    pub(crate) fn finish(&mut self, now_ns: i64, maps: &mut Maps, rows: &mut TableRows) {
        let all: Vec<u64> = self.conns.keys().copied().collect();
        for conn_id in all {
            self.remove(conn_id, now_ns, maps, rows);
        }
    }

    /// Returns the running totals of all peers, brought up to date.
    pub(crate) fn totals(&mut self, maps: &Maps) -> &mut ConnTotals {
        #[allow(clippy::iter_over_hash_type, reason = "totals are sums")]
        for (id, conn) in &mut self.conns {
            conn.fold_into(&mut self.totals, *id, maps);
        }
        &mut self.totals
    }

    fn drain_one(&mut self, conn_id: u64, rows: &mut TableRows) {
        let reported = self.is_reported_by_server(conn_id);
        let Some(conn) = self.conns.get_mut(&conn_id) else {
            return;
        };
        if reported {
            let mut discarded = Discard::default();
            conn.drain(&mut discarded);
            self.counters.rows_reported_by_server += discarded.rows_count();
        } else {
            conn.drain(rows);
        }
        self.protocol_counters.add(&conn.take_counters());
    }

    /// Makes a new connection and its other end, if that is traced too, know of each other.
    fn introduce(&mut self, conn_id: u64) {
        let Some(conn) = self.conns.get_mut(&conn_id) else {
            return;
        };
        let (Some(own), Some(peer)) = (conn.own_key(), conn.peer_key()) else {
            return;
        };
        self.by_peer.insert(peer, conn_id);
        if let Some(&other_id) = self.by_peer.get(&own) {
            conn.set_other_end(other_id);
            if let Some(other) = self.conns.get_mut(&other_id) {
                other.set_other_end(conn_id);
            }
        }
    }

    /// The server's side tells of a request when both sides are traced, as in Pixie. It may be gone
    /// by the time that the client's side is looked at.
    fn is_reported_by_server(&self, conn_id: u64) -> bool {
        let Some(conn) = self.conns.get(&conn_id) else {
            return false;
        };
        let other = conn.other_end().filter(|_| conn.role() == Role::Client);
        other.is_some_and(|id| {
            self.conns
                .get(&id)
                .is_none_or(|other| !other.is_count_only())
        })
    }

    fn remove(&mut self, conn_id: u64, now_ns: i64, maps: &mut Maps, rows: &mut TableRows) {
        if let Some(conn) = self.conns.get_mut(&conn_id) {
            self.counters.gap_bytes += conn.close(now_ns);
        }
        self.drain_one(conn_id, rows);
        let Some(mut conn) = self.conns.remove(&conn_id) else {
            return;
        };
        conn.fold_into(&mut self.totals, conn_id, maps);
        conn.count_close(&mut self.totals);
        self.counters.closed += 1;
        if let Some(key) = conn.peer_key()
            && self.by_peer.get(&key) == Some(&conn_id)
        {
            self.by_peer.remove(&key);
        }
        self.unix.remove(&(conn.opened_by(), conn_id));
        conn.forget(conn_id, maps);
    }

    /// Tells the kernel when a connection's fate has changed.
    fn tell_verdict(id: u64, conn: &mut Conn, maps: &mut Maps, counters: &mut ConnCounters) {
        match conn.new_verdict() {
            None | Some(Verdict::Undecided) => {}
            Some(Verdict::Trace) => {
                maps.set_verdict(id, KernelVerdict::Trace);
            }
            Some(Verdict::GivenUp(reason)) => {
                counters.given_up += 1;
                tracing::debug!(conn = id, %reason, "connection given up");
                maps.set_verdict(id, KernelVerdict::CountOnly);
            }
        }
    }

    fn limit_memory(&mut self, maps: &mut Maps) {
        let mut retained = self.retained_bytes();
        if retained <= self.all_limits.retained_bytes_max {
            return;
        }
        let mut by_size: Vec<(usize, u64)> = self
            .conns
            .iter()
            .map(|(id, conn)| (conn.retained_bytes(), *id))
            .collect();
        by_size.sort_unstable();
        while retained > self.all_limits.retained_bytes_max
            && let Some((bytes, id)) = by_size.pop()
        {
            let Some(conn) = self.conns.get_mut(&id) else {
                continue;
            };
            self.protocol_counters.add(&conn.take_counters());
            conn.give_up_stream();
            maps.set_verdict(id, KernelVerdict::CountOnly);
            self.counters.over_memory += 1;
            retained -= bytes;
        }
    }
}

/// Rows that nobody wants.
#[derive(Default)]
struct Discard(TableRows);

impl Discard {
    fn rows_count(&mut self) -> u64 {
        self.0.iter_mut().map(|rows| rows.len() as u64).sum()
    }
}

impl RowSink for Discard {
    fn rows(&mut self, table: &'static TableSpec) -> &mut Rows {
        self.0.rows(table)
    }
}
