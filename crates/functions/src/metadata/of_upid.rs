//! What a process identity tells, and whom the process belongs to.
//!
//! A process belongs to a pod by its container. On a host without Kubernetes its systemd unit takes
//! the place of the service, and the host that of the node.

use crate::function::{Datum, Function};
use crate::metadata::lookup::{View, lookups};
use crate::metadata::status;
use crate::semantics::Semantics;
use crate::value::{Int, Str, Time, UInt128};
use nixie_metadata::Process;
use nixie_metadata::kubernetes::{Deployment, Pod, QosClass, ReplicaSet, Service};
use nixie_types::{SemanticType, Upid};
use std::sync::Arc;

/// A process in a container of a pod.
const IN_POD: Datum = Datum::UInt128(123 << 96 | 567 << 64 | 89_101);

/// A process in a systemd unit.
const IN_UNIT: Datum = Datum::UInt128(7 << 96 | 42 << 64 | 1000);

const NONE: Semantics = Semantics::None;

const fn always(semantic_type: SemanticType) -> Semantics {
    Semantics::Always(semantic_type)
}

/// Functions of a process identity.
pub(super) const FUNCTIONS: &[Function] = lookups! {
    "upid_to_asid"("upid": UInt128) -> Int, always(SemanticType::Asid), IN_POD => Datum::Int(123),
        "Returns the short id of the agent that saw a process.",
        |_, upid| i64::from(upid.asid);
    "upid_to_pid"("upid": UInt128) -> Int, NONE, IN_POD => Datum::Int(567),
        "Returns the process id.",
        |_, upid| i64::from(upid.pid);
    "upid_to_start_ts"("upid": UInt128) -> Time, NONE, IN_POD => Datum::Time(89_101),
        "Returns the start time as it is held in the identity: clock ticks since boot.",
        |_, upid| upid.start_ticks.cast_signed();
    "upid_to_string"("upid": UInt128) -> Str, NONE, IN_POD => Datum::Text("123:567:89101"),
        "Returns an identity as `asid:pid:start`.",
        |_, upid| upid.to_string();
    "upid_to_container_id"("upid": UInt128) -> Str, NONE, IN_POD => Datum::Text("pod1_container_1"),
        "Returns the id of the container that a process runs in, or the empty text.",
        |view, upid| of_process(view, upid, |process| process.container_id.clone().unwrap_or_default());
    "upid_to_container_name"("upid": UInt128) -> Str, always(SemanticType::ContainerName), IN_POD => Datum::Text("running_container"),
        "Returns the name of the Kubernetes container of a process.",
        container_name;
    "upid_to_cmdline"("upid": UInt128) -> Str, NONE, IN_UNIT => Datum::Text("nginx -g off"),
        "Returns the command line of a process.",
        |view, upid| of_process(view, upid, |process| process.cmdline.clone());
    "upid_to_pod_id"("upid": UInt128) -> Str, NONE, IN_POD => Datum::Text("1_uid"),
        "Returns the id of the pod of a process.",
        |view, upid| view.pod_id(upid).unwrap_or_default();
    "upid_to_pod_name"("upid": UInt128) -> Str, always(SemanticType::PodName), IN_POD => Datum::Text("pl/running_pod"),
        "Returns the name of the pod of a process.",
        |view, upid| of_pod(view, upid, Pod::full_name);
    "upid_to_namespace"("upid": UInt128) -> Str, always(SemanticType::NamespaceName), IN_POD => Datum::Text("pl"),
        "Returns the namespace of the pod of a process.",
        |view, upid| of_pod(view, upid, |pod| pod.namespace.clone());
    "upid_to_node_name"("upid": UInt128) -> Str, always(SemanticType::NodeName), IN_POD => Datum::Text("test_node"),
        "Returns the name of the node of the pod of a process: without Kubernetes that of the host.",
        |view, upid| host_or_pod(view, upid, |pod| pod.node_name.clone());
    "upid_to_hostname"("upid": UInt128) -> Str, NONE, IN_POD => Datum::Text("test_host"),
        "Returns the name of the host of the pod of a process: without Kubernetes that of the host.",
        |view, upid| host_or_pod(view, upid, |pod| pod.hostname.clone());
    "upid_to_pod_qos"("upid": UInt128) -> Str, NONE, IN_POD => Datum::Text("kGuaranteed"),
        "Returns what the pod of a process is promised: `kGuaranteed`, `kBurstable`, `kBestEffort` or `kUnknown`.",
        |view, upid| of_pod(view, upid, |pod| qos(pod.qos).to_owned());
    "upid_to_pod_status"("upid": UInt128) -> Str, always(SemanticType::PodStatus), IN_POD => Datum::Text(RUNNING),
        "Returns the status of the pod of a process as JSON; of none its phase is `Unknown`.",
        |view, upid| status::of_pod(view.pod(upid).map(|pod| &**pod));
    "upid_to_service_id"("upid": UInt128) -> Str, NONE, IN_POD => Datum::Text("3_uid"),
        "Returns the id of the service of a process, or a JSON array of several.",
        |view, upid| status::list(services(view, upid).iter().map(|service| service.uid.as_str()));
    "upid_to_service_name"("upid": UInt128) -> Str, always(SemanticType::ServiceName), IN_POD => Datum::Text("pl/running_service"),
        "Returns the service of a process, or a JSON array of several: without Kubernetes its systemd unit.",
        service_name;
    "upid_to_replicaset_id"("upid": UInt128) -> Str, NONE, IN_POD => Datum::Text("rs0_uid"),
        "Returns the id of the replica set of a process, while it is there.",
        |view, upid| of_replica_set(view, upid, |replica_set| replica_set.uid.clone());
    "upid_to_replicaset_name"("upid": UInt128) -> Str, NONE, IN_POD => Datum::Text("pl/rs0"),
        "Returns the name of the replica set of a process, while it is there.",
        |view, upid| of_replica_set(view, upid, ReplicaSet::full_name);
    "upid_to_deployment_id"("upid": UInt128) -> Str, NONE, IN_POD => Datum::Text("deployment_uid"),
        "Returns the id of the deployment of a process, while it is there.",
        |view, upid| of_deployment(view, upid, |deployment| deployment.uid.clone());
    "upid_to_deployment_name"("upid": UInt128) -> Str, NONE, IN_POD => Datum::Text("pl/deployment1"),
        "Returns the name of the deployment of a process, while it is there.",
        |view, upid| of_deployment(view, upid, Deployment::full_name);
    "upid_to_cgroup"("upid": UInt128) -> Str, NONE, IN_UNIT => Datum::Text("/system.slice/nginx.service"),
        "Returns the path of the cgroup that a process runs in. An extension.",
        |view, upid| of_process(view, upid, |process| process.cgroup.clone());
    "upid_to_comm"("upid": UInt128) -> Str, NONE, IN_UNIT => Datum::Text("nginx"),
        "Returns the name of the main thread of a process, at most 15 bytes. An extension.",
        |view, upid| of_process(view, upid, |process| process.comm.clone());
    "upid_to_exe"("upid": UInt128) -> Str, NONE, IN_UNIT => Datum::Text("/usr/sbin/nginx"),
        "Returns the path of the executable of a process. An extension.",
        |view, upid| of_process(view, upid, |process| process.exe.clone());
    "upid_to_parent_pid"("upid": UInt128) -> Int, NONE, IN_UNIT => Datum::Int(1),
        "Returns the process id of the parent of a process, or 0 when it is not known. An extension.",
        |view, upid| view.process(upid).map_or(0, |process| i64::from(process.parent_pid));
    "upid_to_unit"("upid": UInt128) -> Str, NONE, IN_UNIT => Datum::Text("nginx.service"),
        "Returns the systemd unit that a process runs in, or the empty text. An extension.",
        |view, upid| of_process(view, upid, |process| process.unit.clone().unwrap_or_default());
    "shared_libraries"("upid": UInt128) -> Str, NONE, IN_POD => Datum::Text(""),
        "Returns the files that a living process has mapped, as often as they are, or a JSON array of several.",
        |view, upid| status::list(view.metadata.mapped_files(upid).iter().map(String::as_str));
};

const RUNNING: &str =
    r#"{"phase":"Running","message":"Running message","reason":"Running reason","ready":true}"#;

fn of_process(view: &View<'_>, upid: Upid, property: impl Fn(&Process) -> String) -> String {
    view.process(upid)
        .map_or_else(String::new, |process| property(&process))
}

fn of_pod(view: &View<'_>, upid: Upid, property: impl Fn(&Pod) -> String) -> String {
    view.pod(upid).map_or_else(String::new, |pod| property(pod))
}

fn host_or_pod(view: &View<'_>, upid: Upid, property: impl Fn(&Pod) -> String) -> String {
    if view.is_plain_host() {
        return of_process(view, upid, |_| view.metadata.hostname().to_owned());
    }
    of_pod(view, upid, property)
}

fn container_name(view: &View<'_>, upid: Upid) -> String {
    of_process(view, upid, |process| {
        let container = process.container_id.as_deref();
        container
            .and_then(|id| view.kubernetes.container(id))
            .map_or_else(String::new, |container| container.name.clone())
    })
}

const fn qos(class: QosClass) -> &'static str {
    match class {
        QosClass::BestEffort => "kBestEffort",
        QosClass::Burstable => "kBurstable",
        QosClass::Guaranteed => "kGuaranteed",
        QosClass::Unknown => "kUnknown",
    }
}

fn services<'v>(view: &'v View<'_>, upid: Upid) -> Vec<&'v Arc<Service>> {
    view.pod_id(upid)
        .map(|pod| view.kubernetes.services_of_pod(&pod))
        .unwrap_or_default()
}

fn service_name(view: &View<'_>, upid: Upid) -> String {
    if view.is_plain_host() {
        return of_process(view, upid, |process| {
            process.unit.clone().unwrap_or_default()
        });
    }
    let services = services(view, upid);
    let names: Vec<_> = services.iter().map(|service| service.full_name()).collect();
    status::list(names.iter().map(String::as_str))
}

fn of_replica_set(view: &View<'_>, upid: Upid, property: impl Fn(&ReplicaSet) -> String) -> String {
    let pod = view.pod(upid);
    pod.and_then(|pod| view.kubernetes.replica_set_of_pod(pod))
        .filter(|replica_set| replica_set.stop_time_ns == 0)
        .map_or_else(String::new, |replica_set| property(replica_set))
}

fn of_deployment(view: &View<'_>, upid: Upid, property: impl Fn(&Deployment) -> String) -> String {
    let pod = view.pod(upid);
    pod.and_then(|pod| view.kubernetes.deployment_of_pod(pod))
        .filter(|deployment| deployment.stop_time_ns == 0)
        .map_or_else(String::new, |deployment| property(deployment))
}
