//! All processes that were seen, living and ended, within a limit.

use crate::cluster::Cluster;
use crate::kubernetes::{KubernetesState, KubernetesUpdate};
use crate::{Process, mapped_files};
use nixie_types::Upid;
use parking_lot::{Mutex, RwLock};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// LIMIT: processes kept, living and ended; the ones that ended first are forgotten first.
pub const PROCESSES_MAX: usize = 32_768;

/// LIMIT: news of Kubernetes that readers wait for at once.
const UPDATES_AT_ONCE: usize = 256;

/// What is known of the processes of this host, and of the cluster that it is part of.
#[derive(Debug)]
pub struct Metadata {
    hostname: String,
    asid: u32,
    cluster: Cluster,
    host_cpus: u32,
    state: RwLock<State>,
    kubernetes: RwLock<Arc<KubernetesState>>,
    /// Held by whoever prepares the next state.
    updating: Mutex<()>,
}

#[derive(Debug, Default)]
struct State {
    processes: HashMap<Upid, Arc<Process>>,
    /// Ended processes, in the order of their ends.
    ended: VecDeque<Upid>,
    forgotten: u64,
}

impl Metadata {
    /// Returns an empty store for the agent of that short id on that host.
    #[must_use]
    pub fn new(hostname: String, asid: u32) -> Self {
        Self {
            hostname,
            asid,
            cluster: Cluster::default(),
            host_cpus: 1,
            state: RwLock::default(),
            kubernetes: RwLock::default(),
            updating: Mutex::default(),
        }
    }

    /// Returns the store for an agent of that cluster.
    #[must_use]
    pub fn with_cluster(mut self, cluster: Cluster) -> Self {
        self.cluster = cluster;
        self
    }

    /// Returns the cluster that the agent is part of.
    #[must_use]
    pub const fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// Returns the store for a host with so many processors.
    #[must_use]
    pub const fn with_host_cpus(mut self, host_cpus: u32) -> Self {
        self.host_cpus = host_cpus;
        self
    }

    /// Returns the number of processors of the host; 1 when nobody said more.
    #[must_use]
    pub const fn host_cpus(&self) -> u32 {
        self.host_cpus
    }

    /// Returns the files that a process has mapped, once for each mapping, in the order of their
    /// addresses. This is the one answer that is read from `/proc` when it is asked for; there is
    /// none for processes that are not known or have ended.
    #[must_use]
    pub fn mapped_files(&self, upid: Upid) -> Vec<String> {
        let is_living = |process: Arc<Process>| process.exit_time_ns.is_none();
        if !self.process(upid).is_some_and(is_living) {
            return Vec::new();
        }
        mapped_files::read(upid)
    }

    /// Returns what Kubernetes tells, as it is now: later news do not change it.
    #[must_use]
    pub fn kubernetes(&self) -> Arc<KubernetesState> {
        Arc::clone(&self.kubernetes.read())
    }

    /// Takes news of Kubernetes in. Who has taken a state before keeps it as it is.
    pub fn update_kubernetes(
        &self,
        updates: impl IntoIterator<Item = KubernetesUpdate>,
        now_ns: i64,
    ) {
        let turn = self.updating.lock();
        let mut updates = updates.into_iter().peekable();
        // Once at least: time alone lets old objects be forgotten.
        loop {
            self.update_some(updates.by_ref().take(UPDATES_AT_ONCE), now_ns);
            if updates.peek().is_none() {
                break;
            }
        }
        drop(turn);
    }

    fn update_some(&self, updates: impl Iterator<Item = KubernetesUpdate>, now_ns: i64) {
        let mut current = self.kubernetes.write();
        // Nobody looks at it now: readers wait for this short while, and nothing is copied.
        if let Some(state) = Arc::get_mut(&mut current) {
            state.apply(updates, now_ns);
            return;
        }
        drop(current);
        let mut next = KubernetesState::clone(&self.kubernetes());
        next.apply(updates, now_ns);
        let before = std::mem::replace(&mut *self.kubernetes.write(), Arc::new(next));
        // Freed, if nobody has it any more, after the lock is given back.
        drop(before);
    }

    /// Returns the host's name.
    #[must_use]
    pub fn hostname(&self) -> &str {
        &self.hostname
    }

    /// Returns the agent's short id.
    #[must_use]
    pub const fn asid(&self) -> u32 {
        self.asid
    }

    /// Returns a process, living or ended, if it was seen and is still remembered.
    #[must_use]
    pub fn process(&self, upid: Upid) -> Option<Arc<Process>> {
        self.state.read().processes.get(&upid).map(Arc::clone)
    }

    /// Returns all processes that are remembered, in no particular order.
    #[must_use]
    pub fn processes(&self) -> Vec<Arc<Process>> {
        self.state
            .read()
            .processes
            .values()
            .map(Arc::clone)
            .collect()
    }

    /// Returns how many processes were forgotten because of [`PROCESSES_MAX`].
    #[must_use]
    pub fn forgotten(&self) -> u64 {
        self.state.read().forgotten
    }

    /// Adds a process or replaces what was known of it.
    pub fn insert(&self, process: Process) {
        let mut state = self.state.write();
        let upid = process.upid;
        let had_ended = state
            .processes
            .get(&upid)
            .is_some_and(|known| known.exit_time_ns.is_some());
        if process.exit_time_ns.is_some() && !had_ended {
            state.ended.push_back(upid);
        }
        state.processes.insert(upid, Arc::new(process));
        state.forget_ended();
    }

    /// Notes that a process has ended; unknown processes are ignored.
    pub fn exited(&self, upid: Upid, exit_time_ns: i64) {
        let mut state = self.state.write();
        let Some(known) = state.processes.get_mut(&upid) else {
            return;
        };
        if known.exit_time_ns.is_none() {
            Arc::make_mut(known).exit_time_ns = Some(exit_time_ns);
            state.ended.push_back(upid);
        }
        state.forget_ended();
    }
}

impl State {
    fn forget_ended(&mut self) {
        while self.processes.len() > PROCESSES_MAX {
            let Some(upid) = self.ended.pop_front() else {
                return;
            };
            self.processes.remove(&upid);
            self.forgotten += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(pid: u32) -> Process {
        let upid = Upid {
            asid: 0,
            pid,
            start_ticks: 1,
        };
        Process {
            upid,
            comm: format!("p{pid}"),
            ..Process::default()
        }
    }

    #[test]
    fn an_ended_process_is_still_known() {
        let metadata = Metadata::new("host".to_owned(), 0);
        metadata.insert(process(1));
        let upid = process(1).upid;
        metadata.exited(upid, 77);
        let known = metadata.process(upid).expect("still known");
        assert_eq!((known.comm.as_str(), known.exit_time_ns), ("p1", Some(77)));
    }

    #[test]
    fn the_limit_forgets_ended_processes_first() {
        let metadata = Metadata::new("host".to_owned(), 0);
        let max = u32::try_from(PROCESSES_MAX).expect("fits");
        for pid in 0..max {
            metadata.insert(process(pid));
        }
        metadata.exited(process(5).upid, 1);
        metadata.insert(process(max));
        assert!(metadata.process(process(5).upid).is_none());
        assert!(metadata.process(process(0).upid).is_some());
        assert_eq!(metadata.forgotten(), 1);
    }
}
