//! The thread that reads the rings.

use super::Config;
use super::stages::{self, StageCpu};
use crate::CollectorError;
use crate::abi::{self, Event, EventError, Header};
use crate::connections::{Connections, OwnEnd, unix_sockets};
use crate::kernel::{Kernel, Maps, Numbered};
use crate::losses::{KernelLosses, Missing, Sequences};
use crate::processes::{Clock, Processes};
use crate::sources::agent_status::{self, Report};
use crate::sources::{conn_stats, probe_status, proc_exit_events, stirling_error};
use nixie_metadata::Metadata;
use nixie_protocols::{PROTOCOLS, RowSink, TableRows};
use nixie_types::{Loss, Sink, StatusKind, Upid, clock};
use std::cell::RefCell;
use std::collections::HashSet;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// How long events wait in the rings at most. A quarter-full ring wakes the thread earlier.
const POLL: Duration = Duration::from_millis(50);

/// How often finished records are handed over.
const DRAIN_NS: i64 = 100_000_000;

/// How often time-outs are looked at.
const TICK_NS: i64 = 1_000_000_000;

/// How often processes are looked for whose exit was not seen.
const SWEEP_NS: i64 = 10_000_000_000;

/// LIMIT: events read before the periodic jobs get a turn, so that a flood cannot starve them.
const EVENTS_PER_ROUND: u64 = 8192;

/// Why events are lost that the sequence numbers miss.
const RING_FULL: &str = "ring buffer full";

/// What the reader of a ring answers to be left alone for now.
const PAUSE: i32 = -rustix::io::Errno::INTR.raw_os_error();

/// See the module.
pub(super) struct EventLoop<'a> {
    kernel: &'a Kernel<'a>,
    ring_buffer: libbpf_rs::RingBuffer<'a>,
    state: Rc<RefCell<State>>,
}

/// Everything that events change.
struct State {
    agent: Upid,
    clock: Clock,
    processes: Processes,
    connections: Connections,
    maps: Maps,
    sequences: Sequences,
    unread: Unread,
    kernel_losses: KernelLosses,
    /// Until when losses have been told.
    told_until_ns: i64,
    rows: TableRows,
    sink: Arc<dyn Sink>,
    /// CPU time of the thread that samples `/proc`.
    sampler_cpu_ns: Arc<AtomicU64>,
    counters: EventCounters,
    cpu: StageCpu,
    events_of_round: u64,
    due: Due,
}

#[derive(Clone, Copy, Debug, Default)]
struct EventCounters {
    events: u64,
    missing: u64,
    unreadable: u64,
    rows: u64,
    swept_processes: u64,
}

/// How far the CPUs' numbers had come at a moment, until the rings have been read up to there.
#[derive(Clone, Debug, Default)]
struct Unread {
    numbered: Vec<Numbered>,
    at_ns: i64,
    /// The rings were empty at some time since.
    is_read: bool,
}

/// When each periodic job is to run next.
#[derive(Clone, Copy, Debug, Default)]
struct Due {
    drain_ns: i64,
    tick_ns: i64,
    sweep_ns: i64,
    conn_stats_ns: i64,
    agent_status_ns: i64,
}

impl<'a> EventLoop<'a> {
    pub(super) fn new(
        kernel: &'a Kernel<'a>,
        config: &Config,
        metadata: Arc<Metadata>,
        sink: Arc<dyn Sink>,
        sampler_cpu_ns: Arc<AtomicU64>,
    ) -> Result<Self, CollectorError> {
        let clock = Clock::read();
        let asid = metadata.asid();
        let mut processes = Processes::new(metadata, clock);
        let pids = kernel.scope_pids(&config.scope);
        for &pid in &pids {
            processes.upid(pid, 0);
        }
        let now_ns = clock::now_ns();
        let state = Rc::new(RefCell::new(State {
            agent: agent_upid(asid),
            clock,
            processes,
            connections: Connections::new(
                Arc::new(config.limits.clone()),
                config.connection_limits.clone(),
                unix_sockets(&pids),
                config.own_address.map(OwnEnd::new),
            ),
            maps: kernel.maps()?,
            sequences: Sequences::default(),
            unread: Unread::default(),
            kernel_losses: KernelLosses::default(),
            told_until_ns: now_ns,
            rows: TableRows::default(),
            sink,
            sampler_cpu_ns,
            counters: EventCounters::default(),
            cpu: StageCpu::default(),
            events_of_round: 0,
            due: Due {
                conn_stats_ns: now_ns + TICK_NS,
                agent_status_ns: now_ns + TICK_NS,
                ..Due::default()
            },
        }));
        state.borrow_mut().report_start(kernel, now_ns);
        let shared = Rc::clone(&state);
        let ring_buffer =
            kernel.ring_buffer(move |bytes| shared.borrow_mut().event_of_round(bytes))?;
        Ok(Self {
            kernel,
            ring_buffer,
            state,
        })
    }

    pub(super) fn run(&mut self, stop: &AtomicBool) {
        let mut is_more = false;
        while !stop.load(Ordering::Acquire) {
            if !is_more {
                // Wakes early only when a ring fills; what waits is read either way.
                self.read(|rings| rings.poll(POLL));
            }
            is_more = self.read(libbpf_rs::RingBuffer::consume);
            self.state.borrow_mut().unread.is_read |= !is_more;
            self.state.borrow_mut().jobs(self.kernel);
        }
        self.state.borrow_mut().look_ahead(self.kernel);
        while self.read(libbpf_rs::RingBuffer::consume) {}
        self.state.borrow_mut().finish(self.kernel);
    }

    /// Reads a round of events; returns true if there are more.
    fn read(&self, how: impl Fn(&libbpf_rs::RingBuffer<'a>) -> libbpf_rs::Result<()>) -> bool {
        self.state.borrow_mut().events_of_round = 0;
        match how(&self.ring_buffer) {
            Ok(()) => false,
            Err(error) if error.kind() == libbpf_rs::ErrorKind::Interrupted => {
                self.state.borrow().events_of_round >= EVENTS_PER_ROUND
            }
            Err(error) => {
                tracing::warn!(%error, "rings cannot be read");
                false
            }
        }
    }
}

impl State {
    fn event_of_round(&mut self, bytes: &[u8]) -> i32 {
        self.event(bytes);
        self.events_of_round += 1;
        if self.events_of_round >= EVENTS_PER_ROUND {
            PAUSE
        } else {
            0
        }
    }

    fn event(&mut self, bytes: &[u8]) {
        self.counters.events += 1;
        let (header, event) = match abi::parse(bytes) {
            Ok(parsed) => parsed,
            Err(error) => return self.unreadable(&error),
        };
        if let Some(missing) = self.sequences.note(header.cpu, header.seq, header.time_ns) {
            self.missed(missing);
        }
        self.handle(header, &event);
    }

    fn missed(&mut self, missing: Missing) {
        self.counters.missing += missing.events;
        let start_ns = self.clock.wall_ns(missing.after_ns);
        let end_ns = self.clock.wall_ns(missing.before_ns);
        self.lost(RING_FULL, start_ns, end_ns, missing.events);
    }

    fn handle(&mut self, header: Header, event: &Event<'_>) {
        let now_ns = self.clock.wall_ns(header.time_ns);
        match event {
            Event::Open(open) => {
                let upid = self.processes.upid(header.tgid, open.start_boottime_ns);
                self.connections.opened(upid, open, now_ns, &mut self.maps);
            }
            Event::Data(data) => {
                let upid = self.processes.upid(header.tgid, 0);
                let started = self.cpu.chunk();
                let (maps, rows) = (&mut self.maps, &mut self.rows);
                self.connections.data(upid, data, now_ns, maps, rows);
                self.cpu.chunk_parsed(started);
            }
            Event::Eof(close) => self.connections.eof(close, now_ns),
            Event::Close(close) if close.hint => self.connections.eof_hint(close, now_ns),
            Event::Close(close) => self.connections.closed(close, now_ns),
            Event::Fork(fork) => self.processes.forked(header.tgid, fork),
            Event::Exec(exec) => self.processes.execed(header.tgid, exec),
            Event::Exit(exit) => {
                let upid = self.processes.exited(header.tgid, exit, now_ns);
                self.connections.process_exited(upid, now_ns);
                let rows = self.rows.rows(&proc_exit_events::TABLE);
                proc_exit_events::append(upid, exit, now_ns, rows);
            }
        }
    }

    fn unreadable(&mut self, error: &EventError) {
        self.counters.unreadable += 1;
        if self.counters.unreadable == 1 {
            tracing::warn!(%error, "kernel programs and agent disagree about an event");
        }
    }

    /// Runs what is due.
    fn jobs(&mut self, kernel: &Kernel<'_>) {
        let now_ns = clock::now_ns();
        if now_ns >= self.due.tick_ns {
            self.due.tick_ns = now_ns + TICK_NS;
            self.tick(kernel, now_ns);
        } else if now_ns >= self.due.drain_ns {
            self.due.drain_ns = now_ns + DRAIN_NS;
            let (maps, rows) = (&mut self.maps, &mut self.rows);
            let connections = &mut self.connections;
            self.cpu
                .of_protocols(|| connections.drain(now_ns, maps, rows));
        }
        if now_ns >= self.due.sweep_ns {
            self.due.sweep_ns = now_ns + SWEEP_NS;
            self.counters.swept_processes += self.processes.sweep(now_ns) as u64;
        }
        if now_ns >= self.due.conn_stats_ns {
            self.due.conn_stats_ns = now_ns + conn_stats::PERIOD_NS;
            self.report_conn_stats(now_ns);
        }
        if now_ns >= self.due.agent_status_ns {
            self.due.agent_status_ns = now_ns + agent_status::PERIOD_NS;
            self.report_agent_status(kernel, now_ns);
        }
        self.maps.publish_verdicts();
        self.hand_over();
    }

    fn tick(&mut self, kernel: &Kernel<'_>, now_ns: i64) {
        self.clock = Clock::read();
        self.processes.set_clock(self.clock);
        let living: HashSet<Upid> = self.processes.living().collect();
        let is_living = |upid| living.contains(&upid);
        self.connections
            .tick(now_ns, is_living, &mut self.maps, &mut self.rows);
        for missing in self.sequences.settle(false) {
            self.missed(missing);
        }
        if self.unread.is_read {
            self.note_unread();
            self.look_ahead(kernel);
        }
        let stats = kernel.stats();
        let own = self.connections.losses();
        for (reason, events) in self.kernel_losses.news(&stats).into_iter().chain(own) {
            self.lost(reason, self.told_until_ns, now_ns, events);
        }
        self.told_until_ns = now_ns;
    }

    /// Notes how far the CPUs have come, to be compared once the rings are read up to there.
    fn look_ahead(&mut self, kernel: &Kernel<'_>) {
        self.unread = Unread {
            numbered: kernel.numbered(),
            at_ns: clock::now_ns(),
            is_read: false,
        };
    }

    /// Events that were lost behind the last one of a CPU leave no hole between its events.
    fn note_unread(&mut self) {
        let time_ns = self.clock.monotonic_ns(self.unread.at_ns);
        for &Numbered { cpu, events } in &self.unread.numbered {
            self.sequences.reached(cpu, events, time_ns);
        }
    }

    fn lost(&self, reason: &'static str, start_ns: i64, end_ns: i64, events: u64) {
        // How many bytes a lost event carried is not known to whoever counts it.
        let bytes = 0;
        self.sink.lost(&Loss {
            reason,
            table: None,
            start_ns,
            end_ns,
            events,
            bytes,
        });
    }

    fn finish(&mut self, kernel: &Kernel<'_>) {
        let now_ns = clock::now_ns();
        self.note_unread();
        self.tick(kernel, now_ns);
        for missing in self.sequences.settle(true) {
            self.missed(missing);
        }
        self.connections
            .finish(now_ns, &mut self.maps, &mut self.rows);
        self.report_conn_stats(now_ns);
        self.report_agent_status(kernel, now_ns);
        self.hand_over();
    }

    fn hand_over(&mut self) {
        for rows in self.rows.iter_mut() {
            let table = rows.spec();
            if let Some(batch) = rows.take() {
                self.counters.rows += batch.num_rows() as u64;
                self.cpu.of_tables(|| self.sink.append(table, batch));
            }
        }
    }

    fn report_conn_stats(&mut self, now_ns: i64) {
        let living: HashSet<Upid> = self.processes.living().collect();
        let totals = self.connections.totals(&self.maps);
        let rows = self.rows.rows(&conn_stats::TABLE);
        conn_stats::report(totals, |upid| living.contains(&upid), now_ns, rows);
    }

    fn report_start(&mut self, kernel: &Kernel<'_>, now_ns: i64) {
        let names = crate::sources::TABLES.iter().map(|table| table.name);
        for source in names.chain(PROTOCOLS.iter().map(|protocol| protocol.name)) {
            let rows = self.rows.rows(&stirling_error::TABLE);
            stirling_error::append(self.agent, source, None, "Init", now_ns, rows);
        }
        for (program, info) in kernel.programs() {
            let rows = self.rows.rows(&probe_status::TABLE);
            probe_status::append(self.agent, &program, &info, now_ns, rows);
        }
        self.hand_over();
    }

    fn report_agent_status(&mut self, kernel: &Kernel<'_>, now_ns: i64) {
        let rows = self.rows.rows(&agent_status::TABLE);
        let mut report = Report {
            agent: self.agent,
            now_ns,
            rows,
        };
        for (name, value) in kernel.stats() {
            report.counter("kernel", &name, value);
        }
        report.gauge("kernel", "map_bytes", kernel.map_bytes());
        let EventCounters {
            events,
            missing,
            unreadable,
            rows,
            swept_processes,
        } = self.counters;
        report.counter("collector", "events", events);
        report.counter("collector", "events_lost_ring_full", missing);
        let accounted = self.sequences.accounted();
        report.counter("collector", "events_accounted", accounted);
        report.counter("collector", "events_unreadable", unreadable);
        report.counter("collector", "rows", rows);
        report.counter("collector", "processes_ended_unseen", swept_processes);
        for (stage, cpu_ns) in self.cpu.report().into_iter().chain(stages::of_threads()) {
            report.counter(stage, "cpu_ns", cpu_ns);
        }
        self.connections.report(&mut report);
        for (name, _, value) in self.connections.protocol_counters().iter() {
            report.counter("protocols", name, value);
        }
        let memory = own_memory();
        report.gauge("agent", "rss_bytes", memory);
        report.counter("agent", "cpu_ns", process_cpu_ns());
        report.counter(
            "sampler",
            "cpu_ns",
            self.sampler_cpu_ns.load(Ordering::Relaxed),
        );
        self.sink.status(&mut |status| match status.kind {
            StatusKind::Counter => report.counter(status.stage, &status.name, status.value),
            StatusKind::Gauge => report.gauge(status.stage, &status.name, status.value),
        });
    }
}

fn agent_upid(asid: u32) -> Upid {
    let pid = std::process::id();
    let stat = crate::procfs::read(pid, "stat").and_then(|text| crate::procfs::parse_stat(&text));
    Upid {
        asid,
        pid,
        start_ticks: stat.map_or(0, |stat| stat.start_ticks),
    }
}

pub(super) fn thread_cpu_ns() -> u64 {
    cpu_ns(rustix::time::ClockId::ThreadCPUTime)
}

fn process_cpu_ns() -> u64 {
    cpu_ns(rustix::time::ClockId::ProcessCPUTime)
}

fn cpu_ns(id: rustix::time::ClockId) -> u64 {
    let time = rustix::time::clock_gettime(id);
    u64::try_from(time.tv_sec * clock::NANOS_PER_SEC + time.tv_nsec).unwrap_or(0)
}

fn own_memory() -> u64 {
    let stat = crate::procfs::read(std::process::id(), "stat");
    let pages = stat
        .and_then(|text| crate::procfs::parse_stat(&text))
        .map(|s| s.resident_pages);
    u64::try_from(pages.unwrap_or(0)).unwrap_or(0) * rustix::param::page_size() as u64
}
