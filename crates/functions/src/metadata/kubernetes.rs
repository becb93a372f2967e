//! Lookups of pods, services, replica sets and deployments.
//!
//! A host without Kubernetes has none of them, so each gives what it gives for an unknown name: the
//! empty text or the time 0. The functions are here so that scripts written for a cluster run.

use crate::adapter::scalar1;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::semantics::Semantics;
use crate::value::{Str, Time, UInt128};
use nixie_types::{SemanticType, Upid};

/// All of them.
pub(crate) const FUNCTIONS: &[&Function] = &[
    &UPID_TO_CONTAINER_NAME,
    &UPID_TO_POD_ID,
    &UPID_TO_POD_NAME,
    &UPID_TO_NAMESPACE,
    &UPID_TO_POD_QOS,
    &UPID_TO_SERVICE_ID,
    &UPID_TO_REPLICASET_ID,
    &UPID_TO_REPLICASET_NAME,
    &UPID_TO_DEPLOYMENT_ID,
    &UPID_TO_DEPLOYMENT_NAME,
    &POD_ID_TO_POD_NAME,
    &POD_NAME_TO_POD_ID,
    &POD_NAME_TO_POD_IP,
    &POD_ID_TO_NAMESPACE,
    &POD_ID_TO_NODE_NAME,
    &POD_ID_TO_SERVICE_NAME,
    &POD_NAME_TO_SERVICE_NAME,
    &POD_ID_TO_SERVICE_ID,
    &POD_NAME_TO_SERVICE_ID,
    &POD_ID_TO_REPLICASET_NAME,
    &POD_NAME_TO_REPLICASET_NAME,
    &POD_ID_TO_REPLICASET_ID,
    &POD_NAME_TO_REPLICASET_ID,
    &POD_ID_TO_DEPLOYMENT_NAME,
    &POD_NAME_TO_DEPLOYMENT_NAME,
    &POD_ID_TO_DEPLOYMENT_ID,
    &POD_NAME_TO_DEPLOYMENT_ID,
    &SERVICE_ID_TO_SERVICE_NAME,
    &SERVICE_NAME_TO_SERVICE_ID,
    &REPLICASET_ID_TO_REPLICASET_NAME,
    &REPLICASET_NAME_TO_REPLICASET_ID,
    &REPLICASET_ID_TO_DEPLOYMENT_NAME,
    &REPLICASET_NAME_TO_DEPLOYMENT_NAME,
    &REPLICASET_ID_TO_DEPLOYMENT_ID,
    &REPLICASET_NAME_TO_DEPLOYMENT_ID,
    &DEPLOYMENT_ID_TO_DEPLOYMENT_NAME,
    &DEPLOYMENT_NAME_TO_DEPLOYMENT_ID,
    &IP_TO_SERVICE_ID,
    &POD_ID_TO_START_TIME,
    &POD_NAME_TO_START_TIME,
];

macro_rules! unknown {
    ($($name:ident, $text:literal, $doc:literal, $overload:expr, $arg:expr, $result:expr, $semantics:expr;)*) => {
        $(
            #[doc = $doc]
            const $name: Function = Function {
                name: $text,
                family: Family::Metadata,
                doc: $doc,
                example: Example { args: &[$arg], result: $result },
                semantics: $semantics,
                body: Body::Scalar(&[$overload]),
            };
        )*
    };
}

const OF_UPID: Overload = Overload::new(&["upid"], &scalar1::<UInt128, Str, _>(no_upid));
const OF_TEXT: Overload = Overload::new(&["key"], &scalar1::<Str, Str, _>(no_text));
const TIME_OF_TEXT: Overload = Overload::new(&["key"], &scalar1::<Str, Time, _>(no_time));
const UPID: Datum = Datum::UInt128(9);
const KEY: Datum = Datum::Text("ns/unknown");
const EMPTY: Datum = Datum::Text("");

const fn no_upid(_: Upid) -> String {
    String::new()
}

const fn no_text(_: &str) -> String {
    String::new()
}

const fn no_time(_: &str) -> i64 {
    0
}

unknown! {
    UPID_TO_CONTAINER_NAME, "upid_to_container_name", "Returns the container name of a process; without Kubernetes there is none.", OF_UPID, UPID, EMPTY, Semantics::Always(SemanticType::ContainerName);
    UPID_TO_POD_ID, "upid_to_pod_id", "Returns the pod id of a process; without Kubernetes there is none.", OF_UPID, UPID, EMPTY, Semantics::None;
    UPID_TO_POD_NAME, "upid_to_pod_name", "Returns the pod name of a process; without Kubernetes there is none.", OF_UPID, UPID, EMPTY, Semantics::Always(SemanticType::PodName);
    UPID_TO_NAMESPACE, "upid_to_namespace", "Returns the namespace of a process; without Kubernetes there is none.", OF_UPID, UPID, EMPTY, Semantics::Always(SemanticType::NamespaceName);
    UPID_TO_POD_QOS, "upid_to_pod_qos", "Returns the pod qos of a process; without Kubernetes there is none.", OF_UPID, UPID, EMPTY, Semantics::None;
    UPID_TO_SERVICE_ID, "upid_to_service_id", "Returns the service id of a process; without Kubernetes there is none.", OF_UPID, UPID, EMPTY, Semantics::None;
    UPID_TO_REPLICASET_ID, "upid_to_replicaset_id", "Returns the replica set id of a process; without Kubernetes there is none.", OF_UPID, UPID, EMPTY, Semantics::None;
    UPID_TO_REPLICASET_NAME, "upid_to_replicaset_name", "Returns the replica set name of a process; without Kubernetes there is none.", OF_UPID, UPID, EMPTY, Semantics::None;
    UPID_TO_DEPLOYMENT_ID, "upid_to_deployment_id", "Returns the deployment id of a process; without Kubernetes there is none.", OF_UPID, UPID, EMPTY, Semantics::None;
    UPID_TO_DEPLOYMENT_NAME, "upid_to_deployment_name", "Returns the deployment name of a process; without Kubernetes there is none.", OF_UPID, UPID, EMPTY, Semantics::None;
    POD_ID_TO_POD_NAME, "pod_id_to_pod_name", "Returns the pod name of a pod, by its id; without Kubernetes there is none.", OF_TEXT, KEY, EMPTY, Semantics::Always(SemanticType::PodName);
    POD_NAME_TO_POD_ID, "pod_name_to_pod_id", "Returns the pod id of a pod, by its name; without Kubernetes there is none.", OF_TEXT, KEY, EMPTY, Semantics::None;
    POD_NAME_TO_POD_IP, "pod_name_to_pod_ip", "Returns the pod IP of a pod, by its name; without Kubernetes there is none.", OF_TEXT, KEY, EMPTY, Semantics::None;
    POD_ID_TO_NAMESPACE, "pod_id_to_namespace", "Returns the namespace of a pod, by its id; without Kubernetes there is none.", OF_TEXT, KEY, EMPTY, Semantics::Always(SemanticType::NamespaceName);
    POD_ID_TO_NODE_NAME, "pod_id_to_node_name", "Returns the node name of a pod, by its id; without Kubernetes there is none.", OF_TEXT, KEY, EMPTY, Semantics::Always(SemanticType::NodeName);
    POD_ID_TO_SERVICE_NAME, "pod_id_to_service_name", "Returns the service name of a pod, by its id; without Kubernetes there is none.", OF_TEXT, KEY, EMPTY, Semantics::Always(SemanticType::ServiceName);
    POD_NAME_TO_SERVICE_NAME, "pod_name_to_service_name", "Returns the service name of a pod, by its name; without Kubernetes there is none.", OF_TEXT, KEY, EMPTY, Semantics::Rules(&[(&[SemanticType::PodName], SemanticType::ServiceName)]);
    POD_ID_TO_SERVICE_ID, "pod_id_to_service_id", "Returns the service id of a pod, by its id; without Kubernetes there is none.", OF_TEXT, KEY, EMPTY, Semantics::None;
    POD_NAME_TO_SERVICE_ID, "pod_name_to_service_id", "Returns the service id of a pod, by its name; without Kubernetes there is none.", OF_TEXT, KEY, EMPTY, Semantics::None;
    POD_ID_TO_REPLICASET_NAME, "pod_id_to_replicaset_name", "Returns the replica set name of a pod, by its id; without Kubernetes there is none.", OF_TEXT, KEY, EMPTY, Semantics::None;
    POD_NAME_TO_REPLICASET_NAME, "pod_name_to_replicaset_name", "Returns the replica set name of a pod, by its name; without Kubernetes there is none.", OF_TEXT, KEY, EMPTY, Semantics::None;
    POD_ID_TO_REPLICASET_ID, "pod_id_to_replicaset_id", "Returns the replica set id of a pod, by its id; without Kubernetes there is none.", OF_TEXT, KEY, EMPTY, Semantics::None;
    POD_NAME_TO_REPLICASET_ID, "pod_name_to_replicaset_id", "Returns the replica set id of a pod, by its name; without Kubernetes there is none.", OF_TEXT, KEY, EMPTY, Semantics::None;
    POD_ID_TO_DEPLOYMENT_NAME, "pod_id_to_deployment_name", "Returns the deployment name of a pod, by its id; without Kubernetes there is none.", OF_TEXT, KEY, EMPTY, Semantics::None;
    POD_NAME_TO_DEPLOYMENT_NAME, "pod_name_to_deployment_name", "Returns the deployment name of a pod, by its name; without Kubernetes there is none.", OF_TEXT, KEY, EMPTY, Semantics::None;
    POD_ID_TO_DEPLOYMENT_ID, "pod_id_to_deployment_id", "Returns the deployment id of a pod, by its id; without Kubernetes there is none.", OF_TEXT, KEY, EMPTY, Semantics::None;
    POD_NAME_TO_DEPLOYMENT_ID, "pod_name_to_deployment_id", "Returns the deployment id of a pod, by its name; without Kubernetes there is none.", OF_TEXT, KEY, EMPTY, Semantics::None;
    SERVICE_ID_TO_SERVICE_NAME, "service_id_to_service_name", "Returns the service name of a service, by its id; without Kubernetes there is none.", OF_TEXT, KEY, EMPTY, Semantics::Always(SemanticType::ServiceName);
    SERVICE_NAME_TO_SERVICE_ID, "service_name_to_service_id", "Returns the service id of a service, by its name; without Kubernetes there is none.", OF_TEXT, KEY, EMPTY, Semantics::None;
    REPLICASET_ID_TO_REPLICASET_NAME, "replicaset_id_to_replicaset_name", "Returns the replica set name of a replica set, by its id; without Kubernetes there is none.", OF_TEXT, KEY, EMPTY, Semantics::None;
    REPLICASET_NAME_TO_REPLICASET_ID, "replicaset_name_to_replicaset_id", "Returns the replica set id of a replica set, by its name; without Kubernetes there is none.", OF_TEXT, KEY, EMPTY, Semantics::None;
    REPLICASET_ID_TO_DEPLOYMENT_NAME, "replicaset_id_to_deployment_name", "Returns the deployment name of a replica set, by its id; without Kubernetes there is none.", OF_TEXT, KEY, EMPTY, Semantics::None;
    REPLICASET_NAME_TO_DEPLOYMENT_NAME, "replicaset_name_to_deployment_name", "Returns the deployment name of a replica set, by its name; without Kubernetes there is none.", OF_TEXT, KEY, EMPTY, Semantics::None;
    REPLICASET_ID_TO_DEPLOYMENT_ID, "replicaset_id_to_deployment_id", "Returns the deployment id of a replica set, by its id; without Kubernetes there is none.", OF_TEXT, KEY, EMPTY, Semantics::None;
    REPLICASET_NAME_TO_DEPLOYMENT_ID, "replicaset_name_to_deployment_id", "Returns the deployment id of a replica set, by its name; without Kubernetes there is none.", OF_TEXT, KEY, EMPTY, Semantics::None;
    DEPLOYMENT_ID_TO_DEPLOYMENT_NAME, "deployment_id_to_deployment_name", "Returns the deployment name of a deployment, by its id; without Kubernetes there is none.", OF_TEXT, KEY, EMPTY, Semantics::None;
    DEPLOYMENT_NAME_TO_DEPLOYMENT_ID, "deployment_name_to_deployment_id", "Returns the deployment id of a deployment, by its name; without Kubernetes there is none.", OF_TEXT, KEY, EMPTY, Semantics::None;
    IP_TO_SERVICE_ID, "ip_to_service_id", "Returns the service id of an IP address; without Kubernetes there is none.", OF_TEXT, KEY, EMPTY, Semantics::None;
    POD_ID_TO_START_TIME, "pod_id_to_start_time", "Returns the start time of a pod, by its id; without Kubernetes there is none.", TIME_OF_TEXT, KEY, Datum::Time(0), Semantics::None;
    POD_NAME_TO_START_TIME, "pod_name_to_start_time", "Returns the start time of a pod, by its name; without Kubernetes there is none.", TIME_OF_TEXT, KEY, Datum::Time(0), Semantics::None;
}
