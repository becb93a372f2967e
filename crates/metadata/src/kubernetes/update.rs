//! What a watch tells of a cluster.

use crate::kubernetes::{Container, Deployment, Namespace, Node, Pod, ReplicaSet};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// News of one object. All but those of services are the whole of what is known of it; the end of
/// an object is news with a stop time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KubernetesUpdate {
    /// Of a container.
    Container(Container),
    /// Of a deployment.
    Deployment(Deployment),
    /// Of a namespace.
    Namespace(Namespace),
    /// Of the cluster's networks.
    Network(NetworkUpdate),
    /// Of a node.
    Node(Node),
    /// Of a pod.
    Pod(Box<Pod>),
    /// Of a replica set.
    ReplicaSet(Box<ReplicaSet>),
    /// Of a service.
    Service(ServiceUpdate),
}

/// News of a service. Its addresses and its pods are told apart from each other, by the service
/// and its end points: what is left out stays as it was.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServiceUpdate {
    /// Id.
    pub uid: String,
    /// Name without the namespace.
    pub name: String,
    /// Namespace.
    pub namespace: String,
    /// When it was made.
    pub start_time_ns: i64,
    /// When it was deleted.
    pub stop_time_ns: i64,
    /// Ids of all pods behind it.
    pub pod_ids: Option<BTreeSet<String>>,
    /// Its address within the cluster.
    pub cluster_ip: Option<String>,
    /// Its addresses from outside.
    pub external_ips: Option<Vec<String>>,
}

/// The networks of a cluster, where they are known better than its objects show them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NetworkUpdate {
    /// Network of the services, as `address/length`.
    pub service_cidr: Option<String>,
    /// Networks of the pods.
    pub pod_cidrs: Option<Vec<String>>,
}
