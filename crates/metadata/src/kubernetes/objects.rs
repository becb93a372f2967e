//! What is known of one object. Times are nanoseconds since the Unix epoch; a stop time of 0 means
//! that the object is there.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

macro_rules! names {
    ($(#[$doc:meta])* $type:ident { $($(#[$variant_doc:meta])* $variant:ident = $name:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        pub enum $type {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $type {
            /// Returns the name, as Kubernetes spells it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

names! {
    /// Where a pod is in its life.
    PodPhase {
        /// Ended, and a container failed.
        Failed = "Failed",
        /// Not all containers are there.
        Pending = "Pending",
        /// At least one container runs, starts or restarts.
        Running = "Running",
        /// Ended well.
        Succeeded = "Succeeded",
        /// Deleted before it failed or succeeded.
        Terminated = "Terminated",
        /// Not told.
        #[default]
        Unknown = "Unknown",
    }
}

names! {
    /// What a pod is promised of processor and memory.
    QosClass {
        /// Nothing.
        BestEffort = "BestEffort",
        /// Some.
        Burstable = "Burstable",
        /// All that it may use.
        Guaranteed = "Guaranteed",
        /// Not told.
        #[default]
        Unknown = "Unknown",
    }
}

names! {
    /// What a container does.
    ContainerState {
        /// It runs.
        Running = "Running",
        /// It has ended.
        Terminated = "Terminated",
        /// Not told.
        #[default]
        Unknown = "Unknown",
        /// It has not started.
        Waiting = "Waiting",
    }
}

names! {
    /// Whether a condition holds.
    ConditionStatus {
        /// It does not.
        False = "False",
        /// It does.
        True = "True",
        /// Not told.
        #[default]
        Unknown = "Unknown",
    }
}

/// A statement about an object, for example `Ready`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Condition {
    /// What is stated.
    pub kind: String,
    /// Whether it holds.
    pub status: ConditionStatus,
}

/// The object that made an object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OwnerReference {
    /// Id.
    pub uid: String,
    /// For example `ReplicaSet`.
    pub kind: String,
    /// Name without the namespace.
    pub name: String,
}

/// A pod.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Pod {
    /// Id.
    pub uid: String,
    /// Name without the namespace.
    pub name: String,
    /// Namespace.
    pub namespace: String,
    /// Labels as the text of a JSON object.
    pub labels: String,
    /// When it started.
    pub start_time_ns: i64,
    /// When it ended.
    pub stop_time_ns: i64,
    /// Ids of its containers, with or without the runtime's name.
    pub container_ids: Vec<String>,
    /// What it is promised.
    pub qos: QosClass,
    /// Where it is in its life.
    pub phase: PodPhase,
    /// Name of its node.
    pub node_name: String,
    /// Name of its host.
    pub hostname: String,
    /// Its address.
    pub ip: String,
    /// The address of its host: the same as its own if it uses the host's network.
    pub host_ip: String,
    /// Why it is in this phase, for people.
    pub message: String,
    /// Why it is in this phase, in a word.
    pub reason: String,
    /// What is stated of it.
    pub conditions: Vec<Condition>,
    /// What made it.
    pub owner_references: Vec<OwnerReference>,
}

impl Pod {
    /// Returns whether it takes requests.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.conditions
            .iter()
            .any(|condition| condition.kind == "Ready" && condition.status == ConditionStatus::True)
    }

    /// Returns whether its address is that of its host, and so tells nothing of the pod.
    #[must_use]
    pub fn uses_host_network(&self) -> bool {
        !self.ip.is_empty() && self.ip == self.host_ip
    }
}

/// A container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Container {
    /// Id, with or without the runtime's name.
    pub id: String,
    /// Name, which is unique within its pod only.
    pub name: String,
    /// Id of its pod; may be left to the pod to tell.
    pub pod_id: String,
    /// When it started.
    pub start_time_ns: i64,
    /// When it ended.
    pub stop_time_ns: i64,
    /// What it does.
    pub state: ContainerState,
    /// Why it is in this state, for people.
    pub message: String,
    /// Why it is in this state, in a word.
    pub reason: String,
}

/// A service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
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
    /// Ids of the pods behind it.
    pub pod_ids: BTreeSet<String>,
    /// Ids of pods that were behind it. A pod loses its place before it ends; what it has served
    /// until then still belongs to the service.
    pub former_pod_ids: BTreeSet<String>,
    /// Its address within the cluster.
    pub cluster_ip: String,
    /// Its addresses from outside.
    pub external_ips: Vec<String>,
}

/// A replica set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReplicaSet {
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
    /// Pods that there are.
    pub replicas: i64,
    /// Pods that have all labels of the template.
    pub fully_labeled_replicas: i64,
    /// Pods that are ready.
    pub ready_replicas: i64,
    /// Pods that have been ready for a while.
    pub available_replicas: i64,
    /// Pods that are wanted.
    pub requested_replicas: i64,
    /// The version of the specification that this is about.
    pub observed_generation: i64,
    /// What is stated of it.
    pub conditions: Vec<Condition>,
    /// What made it.
    pub owner_references: Vec<OwnerReference>,
}

/// A deployment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Deployment {
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
    /// Pods that there are.
    pub replicas: i64,
    /// Pods of the present template.
    pub updated_replicas: i64,
    /// Pods that are ready.
    pub ready_replicas: i64,
    /// Pods that have been ready for a while.
    pub available_replicas: i64,
    /// Pods that are missing.
    pub unavailable_replicas: i64,
    /// Pods that are wanted.
    pub requested_replicas: i64,
    /// The version of the specification that this is about.
    pub observed_generation: i64,
    /// What is stated of it.
    pub conditions: Vec<Condition>,
}

/// A namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Namespace {
    /// Id.
    pub uid: String,
    /// Name.
    pub name: String,
    /// When it was made.
    pub start_time_ns: i64,
    /// When it was deleted.
    pub stop_time_ns: i64,
}

/// A node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Node {
    /// Id.
    pub uid: String,
    /// Name.
    pub name: String,
    /// When it joined.
    pub start_time_ns: i64,
    /// When it left.
    pub stop_time_ns: i64,
    /// Networks that its pods get their addresses from, as `address/length`.
    pub pod_cidrs: Vec<String>,
}
