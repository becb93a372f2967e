//! A recorded cluster with processes, which examples and tests of several crates are about.

use nixie_metadata::{Cluster, KubernetesUpdate, Metadata, Process};
use nixie_types::Upid;

const fn upid(asid: u32, pid: u32, start_ticks: u64) -> Upid {
    Upid {
        asid,
        pid,
        start_ticks,
    }
}

/// Processes in the first pod, in the second pod, and in a systemd unit.
pub(crate) const IN_POD_1: Upid = upid(123, 567, 89_101);
pub(crate) const IN_POD_2: Upid = upid(123, 567, 468);
pub(crate) const IN_UNIT: Upid = upid(7, 42, 1000);

/// Returns the processes on a host without Kubernetes.
pub(crate) fn plain_host() -> Metadata {
    let cluster = Cluster {
        id: 0,
        name: "myvizier".to_owned(),
        namespace: "myviziernamespace".to_owned(),
    };
    let metadata = Metadata::new("myhost".to_owned(), 1)
        .with_cluster(cluster)
        .with_host_cpus(4);
    for (upid, cmdline, container) in [
        (IN_POD_1, "test", "pod1_container_1"),
        (IN_POD_2, "cmdline", "pod2_container_1"),
    ] {
        metadata.insert(Process {
            upid,
            cmdline: cmdline.to_owned(),
            container_id: Some(container.to_owned()),
            ..Process::default()
        });
    }
    metadata.insert(Process {
        upid: IN_UNIT,
        parent_pid: 1,
        cmdline: "nginx -g off".to_owned(),
        exe: "/usr/sbin/nginx".to_owned(),
        comm: "nginx".to_owned(),
        cgroup: "/system.slice/nginx.service".to_owned(),
        unit: Some("nginx.service".to_owned()),
        container_id: Some("c0ffee".to_owned()),
        ..Process::default()
    });
    metadata
}

/// Returns the processes in the recorded cluster.
pub(crate) fn recorded() -> Metadata {
    let metadata = plain_host();
    let updates: Vec<KubernetesUpdate> =
        serde_json::from_str(include_str!("recorded.json")).expect("the state can be read");
    // Before anything is cleaned.
    metadata.update_kubernetes(updates, 1_000);
    metadata
}
