//! What a Kubernetes cluster says of the containers of this host, and of what they belong to.
//!
//! A watch turns what the cluster tells into [`KubernetesUpdate`]s, which [`KubernetesState`] takes
//! in. Readers get a snapshot of the whole state and keep it as long as they like: they never wait
//! for a writer that is at work, and no writer waits for them.
//!
//! | question | where |
//! |---|---|
//! | what is told | `update.rs` |
//! | what is known of one object | `objects.rs` |
//! | all objects of a kind, by id and by name | `index.rs` |
//! | who had an address, and when | `addresses.rs` |
//! | which containers a pod had | `pod_containers.rs` |
//! | which addresses belong to the cluster | `cidrs.rs` |
//! | how objects belong together | `state.rs`, `lookup.rs` |

mod addresses;
mod cidrs;
mod index;
mod lookup;
mod objects;
mod pod_containers;
mod state;
mod update;

pub use objects::{
    Condition, ConditionStatus, Container, ContainerState, Deployment, Namespace, Node,
    OwnerReference, Pod, PodPhase, QosClass, ReplicaSet, Service,
};
pub use state::{CLEAN_PERIOD_NS, ENDED_KEPT_NS, KubernetesState, OBJECTS_MAX};
pub use update::{KubernetesUpdate, NetworkUpdate, ServiceUpdate};

#[cfg(test)]
mod tests;
