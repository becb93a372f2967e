//! What belongs to a pod, by its id or by its name. Unlike by a process, owners are named also
//! after their end.

use crate::function::{Datum, Function};
use crate::metadata::lookup::{View, by_id_and_name, lookups};
use crate::metadata::{namespace_in, status};
use crate::semantics::Semantics;
use crate::value::{Str, Time};
use nixie_metadata::kubernetes::Pod;
use nixie_types::SemanticType;

const NONE: Semantics = Semantics::None;

/// Properties that are found both ways.
pub(super) const BY_ID_AND_NAME: &[Function] = by_id_and_name! {
    "pod", "pod", pod("1_uid"), pod_named("pl/running_pod");
    "service_id" -> Str, NONE, Datum::Text("3_uid"), "the id of the service, or a JSON array of several,", service_id;
    "owner_references" -> Str, NONE, Datum::Text(r#"["{\"uid\":\"rs0_uid\",\"kind\":\"ReplicaSet\",\"name\":\"rs0\"}"]"#), "the owners, as a JSON array of JSON texts,", owner_references;
    "replicaset_name" -> Str, NONE, Datum::Text("pl/rs0"), "the name of the replica set", replica_set_name;
    "replicaset_id" -> Str, NONE, Datum::Text("rs0_uid"), "the id of the replica set", replica_set_id;
    "deployment_name" -> Str, NONE, Datum::Text("pl/deployment1"), "the name of the deployment", deployment_name;
    "deployment_id" -> Str, NONE, Datum::Text("deployment_uid"), "the id of the deployment", deployment_id;
    "start_time" -> Time, NONE, Datum::Time(5), "the start time", start_time;
    "stop_time" -> Time, NONE, Datum::Time(0), "the stop time, 0 while it runs,", stop_time;
};

/// Properties that are found one way only, or have different meanings.
pub(super) const FUNCTIONS: &[Function] = lookups! {
    "pod_id_to_pod_name"("pod_id": Str) -> Str, Semantics::Always(SemanticType::PodName), ID => NAME,
        "Returns the name of a pod.",
        |view, id| of_id(view, id, Pod::full_name);
    "pod_name_to_pod_id"("pod_name": Str) -> Str, NONE, NAME => ID,
        "Returns the id of the pod that has a name, or had it last.",
        |view, name| of_name(view, name, |pod| pod.uid.clone());
    "pod_id_to_pod_labels"("pod_id": Str) -> Str, NONE, ID => Datum::Text(r#"{"k1":"v1", "k2":"v2"}"#),
        "Returns the labels of a pod as a JSON object.",
        |view, id| of_id(view, id, |pod| pod.labels.clone());
    "pod_name_to_pod_ip"("pod_name": Str) -> Str, NONE, NAME => Datum::Text("1.1.1.1"),
        "Returns the IP address of a pod.",
        |view, name| of_name(view, name, |pod| pod.ip.clone());
    "pod_id_to_namespace"("pod_id": Str) -> Str, Semantics::Always(SemanticType::NamespaceName), ID => Datum::Text("pl"),
        "Returns the namespace of a pod, by its id.",
        |view, id| of_id(view, id, |pod| pod.namespace.clone());
    "pod_name_to_namespace"("pod_name": Str) -> Str, Semantics::Always(SemanticType::NamespaceName), Datum::Text("sock-shop/x") => Datum::Text("sock-shop"),
        "Returns the namespace in a pod name of the form `namespace/name`, else the empty text.",
        |_, name| namespace_in(name);
    "pod_id_to_node_name"("pod_id": Str) -> Str, Semantics::Always(SemanticType::NodeName), ID => Datum::Text("test_node"),
        "Returns the name of the node of a pod.",
        |view, id| of_id(view, id, |pod| pod.node_name.clone());
    "pod_id_to_service_name"("pod_id": Str) -> Str, Semantics::Always(SemanticType::ServiceName), ID => Datum::Text("pl/running_service"),
        "Returns the name of the service of a pod, or a JSON array of several, by its id.",
        |view, id| of_id(view, id, |pod| service_name(view, pod));
    "pod_name_to_service_name"("pod_name": Str) -> Str, Semantics::Rules(&[(&[SemanticType::PodName], SemanticType::ServiceName)]), NAME => Datum::Text("pl/running_service"),
        "Returns the name of the service of a pod, or a JSON array of several, by its name.",
        |view, name| of_name(view, name, |pod| service_name(view, pod));
    "pod_name_to_status"("pod_name": Str) -> Str, Semantics::Always(SemanticType::PodStatus), NAME => Datum::Text(RUNNING),
        "Returns the status of a pod as JSON; of an unknown one its phase is `Unknown`.",
        |view, name| status::of_pod(view.kubernetes.pod_named(name).map(|pod| &**pod));
};

const ID: Datum = Datum::Text("1_uid");
const NAME: Datum = Datum::Text("pl/running_pod");
const RUNNING: &str =
    r#"{"phase":"Running","message":"Running message","reason":"Running reason","ready":true}"#;

fn of_id(view: &View<'_>, id: &str, property: impl Fn(&Pod) -> String) -> String {
    let pod = view.kubernetes.pod(id);
    pod.map_or_else(String::new, |pod| property(pod))
}

fn of_name(view: &View<'_>, name: &str, property: impl Fn(&Pod) -> String) -> String {
    let pod = view.kubernetes.pod_named(name);
    pod.map_or_else(String::new, |pod| property(pod))
}

fn service_id(view: &View<'_>, pod: &Pod) -> String {
    let services = view.kubernetes.services_of_pod(&pod.uid);
    status::list(services.iter().map(|service| service.uid.as_str()))
}

fn service_name(view: &View<'_>, pod: &Pod) -> String {
    let services = view.kubernetes.services_of_pod(&pod.uid);
    let names: Vec<_> = services.iter().map(|service| service.full_name()).collect();
    status::list(names.iter().map(String::as_str))
}

fn owner_references(_: &View<'_>, pod: &Pod) -> String {
    status::owners(&pod.owner_references)
}

fn replica_set_name(view: &View<'_>, pod: &Pod) -> String {
    let found = view.kubernetes.replica_set_of_pod(pod);
    found.map_or_else(String::new, |found| found.full_name())
}

fn replica_set_id(view: &View<'_>, pod: &Pod) -> String {
    let found = view.kubernetes.replica_set_of_pod(pod);
    found.map_or_else(String::new, |found| found.uid.clone())
}

fn deployment_name(view: &View<'_>, pod: &Pod) -> String {
    let found = view.kubernetes.deployment_of_pod(pod);
    found.map_or_else(String::new, |found| found.full_name())
}

fn deployment_id(view: &View<'_>, pod: &Pod) -> String {
    let found = view.kubernetes.deployment_of_pod(pod);
    found.map_or_else(String::new, |found| found.uid.clone())
}

const fn start_time(_: &View<'_>, pod: &Pod) -> i64 {
    pod.start_time_ns
}

const fn stop_time(_: &View<'_>, pod: &Pod) -> i64 {
    pod.stop_time_ns
}
