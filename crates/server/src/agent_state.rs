//! What table functions ask of an agent on its own: itself, its tables and its process.

use crate::random::random_uuid;
use crate::schedule::ScheduleCell;
use nixie_functions::{
    AgentInfo, AgentLife, AgentState, ProcessFile, ScriptRun, TableInfo, Tracepoint,
};
use nixie_metadata::Metadata;
use nixie_tables::{Table, TableStore};
use nixie_types::clock;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, UdpSocket};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// LIMIT: threads whose stacks are told.
const THREADS_MAX: usize = 1000;

/// An address for documents (RFC 5737): nothing is sent to it, but its route tells which address
/// of this host others see.
const ELSEWHERE: (Ipv4Addr, u16) = (Ipv4Addr::new(192, 0, 2, 1), 9);

/// An agent on its own.
#[derive(Debug)]
pub(crate) struct LoneAgent {
    id: u128,
    create_time_ns: i64,
    metadata: Arc<Metadata>,
    store: Arc<TableStore>,
    schedule: ScheduleCell,
}

impl LoneAgent {
    /// Returns an agent with a new id.
    pub(crate) fn new(
        metadata: Arc<Metadata>,
        store: Arc<TableStore>,
        schedule: ScheduleCell,
    ) -> io::Result<Self> {
        Ok(Self {
            id: random_uuid()?,
            create_time_ns: clock::now_ns(),
            metadata,
            store,
            schedule,
        })
    }
}

impl AgentState for LoneAgent {
    fn agents(&self) -> Vec<AgentInfo> {
        vec![AgentInfo {
            id: self.id,
            asid: self.metadata.asid(),
            hostname: self.metadata.hostname().to_owned(),
            ip_address: own_address().to_string(),
            life: AgentLife::Healthy,
            create_time_ns: self.create_time_ns,
            // It is this very process that answers.
            heartbeat_age_ns: 0,
            kernel_headers_installed: has_kernel_headers(),
            collects_data: true,
            profiler_sampling_period_ms: 0,
        }]
    }

    fn tables(&self) -> Vec<TableInfo> {
        (0..).zip(self.store.tables()).map(table_info).collect()
    }

    /// Nothing can deploy any yet.
    fn tracepoints(&self) -> Vec<Tracepoint> {
        Vec::new()
    }

    fn script_runs(&self) -> Vec<ScriptRun> {
        let schedule = self.schedule.get();
        schedule.map_or_else(Vec::new, |schedule| schedule.history())
    }

    fn pod_name(&self) -> String {
        String::new()
    }

    fn version(&self) -> String {
        concat!("v", env!("CARGO_PKG_VERSION")).to_owned()
    }

    fn process_file(&self, file: ProcessFile) -> io::Result<String> {
        let name = match file {
            ProcessFile::Smaps => "smaps",
            ProcessFile::Status => "status",
        };
        fs::read_to_string(Path::new("/proc/self").join(name))
    }

    fn stack_traces(&self) -> io::Result<String> {
        let tasks: Result<Vec<PathBuf>, io::Error> = fs::read_dir("/proc/self/task")?
            .map(|task| task.map(|task| task.path()))
            .collect();
        let mut tasks = tasks?;
        tasks.sort_unstable();
        let mut out = String::new();
        for task in tasks.iter().take(THREADS_MAX) {
            // A thread may end while it is looked at.
            if let Ok(text) = thread_text(task) {
                out.push_str(&text);
            }
        }
        if tasks.len() > THREADS_MAX {
            let more = tasks.len() - THREADS_MAX;
            // Writing to a `String` cannot fail.
            writeln!(out, "and {more} more threads").unwrap_or_default();
        }
        Ok(out)
    }
}

fn table_info((id, table): (i64, &Table)) -> TableInfo {
    let stats = table.stats();
    let count = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    TableInfo {
        spec: table.spec(),
        id,
        batches_added: count(stats.batches_added),
        batches_expired: count(stats.batches_evicted),
        bytes_added: count(stats.bytes_added),
        num_batches: count(stats.batches),
        compacted_batches: count(stats.batches_merged),
        size_bytes: count(stats.bytes),
        cold_size_bytes: count(stats.sealed_bytes),
        max_size_bytes: count(stats.bytes_max),
        min_time_ns: stats.min_time_ns,
    }
}

/// Returns the address by which other hosts see this one; that of itself where it has no route.
fn own_address() -> IpAddr {
    let seen = || -> io::Result<IpAddr> {
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
        socket.connect(ELSEWHERE)?;
        Ok(socket.local_addr()?.ip())
    };
    seen().unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST))
}

fn has_kernel_headers() -> bool {
    let name = rustix::system::uname();
    let folder = Path::new("/lib/modules").join(name.release().to_string_lossy().as_ref());
    let headers = fs::metadata(folder.join("build/include"));
    headers.is_ok_and(|found| found.is_dir())
}

/// Returns the name and state of a thread, and its stack in the kernel where the system tells it.
fn thread_text(task: &Path) -> io::Result<String> {
    let name = fs::read_to_string(task.join("comm"))?;
    let status = fs::read_to_string(task.join("status"))?;
    let state = status.lines().find_map(|line| line.strip_prefix("State:"));
    let id = task.file_name().unwrap_or_default().to_string_lossy();
    let (name, state) = (name.trim_end(), state.unwrap_or("?").trim());
    let mut out = format!("thread {id} `{name}`: {state}\n");
    match fs::read_to_string(task.join("stack")) {
        Ok(stack) => out.extend(stack.lines().map(|line| format!("    {line}\n"))),
        Err(error) => {
            writeln!(out, "    kernel stack cannot be read: {error}").unwrap_or_default();
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::tests::{HTTP, agent, batch};
    use std::sync::Barrier;

    fn lone(agent: &crate::Agent) -> LoneAgent {
        let metadata = Arc::clone(agent.metadata());
        let store = Arc::clone(agent.engine().store());
        LoneAgent::new(metadata, store, ScheduleCell::default()).unwrap()
    }

    #[test]
    fn threads_are_told_by_their_names() {
        let agent = agent();
        let lone = lone(&agent);
        // Its name is its own only once it runs.
        let runs = Arc::new(Barrier::new(2));
        let (done, wait) = std::sync::mpsc::sync_channel::<()>(0);
        let thread = std::thread::Builder::new().name("a-named-thread".to_owned());
        let its = Arc::clone(&runs);
        let thread = thread.spawn(move || {
            its.wait();
            wait.recv().is_err()
        });
        let handle = thread.unwrap();
        runs.wait();
        let text = lone.stack_traces().unwrap();
        drop(done);
        assert!(handle.join().unwrap());
        assert!(text.contains("`a-named-thread`: "), "{text}");
        let status = lone.process_file(ProcessFile::Status).unwrap();
        assert!(status.contains(&format!("Pid:\t{}\n", std::process::id())));
    }

    #[test]
    fn tables_tell_what_happened_to_them() {
        let agent = agent();
        for part in 0..200 {
            agent.sink().append(&HTTP, batch(part * 10, 10));
        }
        let lone = lone(&agent);
        let tables = lone.tables();
        // The agent's own table comes before it.
        let http = &tables[1];
        assert_eq!(
            (http.spec.name, http.id, tables.len()),
            ("http_events", 1, 2)
        );
        assert_eq!((http.batches_added, http.min_time_ns), (200, Some(0)));
        assert!(http.compacted_batches > 0 && http.num_batches < 200);
        assert!(http.size_bytes > 0 && http.size_bytes <= http.max_size_bytes);
    }
}
