//! How objects belong together.

use crate::kubernetes::addresses::canonical;
use crate::kubernetes::state::KubernetesState;
use crate::kubernetes::{
    Container, Deployment, Namespace, Node, OwnerReference, Pod, ReplicaSet, Service,
};
use crate::{Process, cgroup};
use std::sync::Arc;

macro_rules! kinds {
    ($($all:ident, $by_id:ident, $named:ident, $type:ident, $what:literal;)*) => {
        impl KubernetesState {
            $(
                #[doc = concat!("Returns a ", $what, " by its id, if it is known.")]
                #[must_use]
                pub fn $by_id(&self, id: &str) -> Option<&Arc<$type>> {
                    self.$all.get(id)
                }

                #[doc = concat!("Returns the ", $what, " that has a name, or had it last.")]
                #[must_use]
                pub fn $named(&self, name: &str) -> Option<&Arc<$type>> {
                    self.$all.named(name)
                }

                #[doc = concat!("Returns every ", $what, ", in the order of their ids.")]
                #[must_use]
                pub fn $all(&self) -> Vec<&Arc<$type>> {
                    self.$all.sorted()
                }
            )*
        }
    };
}

kinds! {
    containers, container, container_named, Container, "container";
    deployments, deployment, deployment_named, Deployment, "deployment";
    namespaces, namespace, namespace_named, Namespace, "namespace";
    nodes, node, node_named, Node, "node";
    pods, pod, pod_named, Pod, "pod";
    replica_sets, replica_set, replica_set_named, ReplicaSet, "replica set";
    services, service, service_named, Service, "service";
}

impl KubernetesState {
    /// Returns the id of the pod of a container, as the container or its pod tell.
    #[must_use]
    pub fn pod_id_of_container(&self, container_id: &str) -> Option<&str> {
        let told = self.containers.get(container_id);
        match told.map(|container| container.pod_id.as_str()) {
            Some(pod_id) if !pod_id.is_empty() => Some(pod_id),
            _ => self.pod_containers.pod(container_id).map(|uid| &**uid),
        }
    }

    /// Returns the pod of a container.
    #[must_use]
    pub fn pod_of_container(&self, container_id: &str) -> Option<&Arc<Pod>> {
        self.pods.get(self.pod_id_of_container(container_id)?)
    }

    /// Returns the id of the pod of a process: that of its container, or else the one that its
    /// cgroup names, for a container that nothing was told of yet.
    #[must_use]
    pub fn pod_id_of_process(&self, process: &Process) -> Option<String> {
        let container = process.container_id.as_deref();
        match container.and_then(|id| self.pod_id_of_container(id)) {
            Some(pod) => Some(pod.to_owned()),
            None => cgroup::pod_uid_of(&process.cgroup).filter(|uid| self.pods.get(uid).is_some()),
        }
    }

    /// Returns the services that are there and that a pod is behind, in the order of their ids.
    /// A pod that is behind none any more, as before its end, belongs to those it was behind.
    #[must_use]
    pub fn services_of_pod(&self, pod_id: &str) -> Vec<&Arc<Service>> {
        let known = self.services_of_pods.get(pod_id).into_iter().flatten();
        let running: Vec<_> = known
            .filter_map(|uid| self.services.get(uid))
            .filter(|service| service.stop_time_ns == 0)
            .collect();
        let is_behind = |service: &&Arc<Service>| service.pod_ids.contains(pod_id);
        if running.iter().any(is_behind) {
            return running.into_iter().filter(is_behind).collect();
        }
        running
    }

    /// Returns the replica set that made a pod, also after its end.
    #[must_use]
    pub fn replica_set_of_pod(&self, pod: &Pod) -> Option<&Arc<ReplicaSet>> {
        owner(&pod.owner_references, "ReplicaSet", |uid| {
            self.replica_sets.get(uid)
        })
    }

    /// Returns the deployment that made a replica set, also after its end.
    #[must_use]
    pub fn deployment_of_replica_set(&self, replica_set: &ReplicaSet) -> Option<&Arc<Deployment>> {
        owner(&replica_set.owner_references, "Deployment", |uid| {
            self.deployments.get(uid)
        })
    }

    /// Returns the deployment that made the replica set of a pod, also after its end.
    #[must_use]
    pub fn deployment_of_pod(&self, pod: &Pod) -> Option<&Arc<Deployment>> {
        self.deployment_of_replica_set(self.replica_set_of_pod(pod)?)
    }

    /// Returns the id of the pod that has an address, or had it last.
    #[must_use]
    pub fn pod_id_of_ip(&self, ip: &str) -> Option<&str> {
        self.addresses.latest(ip).map(|uid| &**uid)
    }

    /// Returns the id of the pod that had an address at a time: of those that had it, the one that
    /// started last before. It may have ended by then.
    #[must_use]
    pub fn pod_id_of_ip_at(&self, ip: &str, time_ns: i64) -> Option<&str> {
        self.addresses.at(ip, time_ns).map(|uid| &**uid)
    }

    /// Returns the services of an address: the one whose own it is, also after its end, or else
    /// those of the pod that has it.
    #[must_use]
    pub fn services_of_ip(&self, ip: &str) -> Vec<&Arc<Service>> {
        let own = self.services_of_ips.get(canonical(ip).as_str());
        match own.and_then(|uid| self.services.get(uid)) {
            Some(service) => vec![service],
            None => match self.pod_id_of_ip(ip) {
                Some(pod) => self.services_of_pod(pod),
                None => Vec::new(),
            },
        }
    }
}

fn owner<'s, T>(
    references: &[OwnerReference],
    kind: &str,
    find: impl Fn(&str) -> Option<&'s Arc<T>>,
) -> Option<&'s Arc<T>> {
    references
        .iter()
        .filter(|reference| reference.kind == kind)
        .find_map(|reference| find(&reference.uid))
}
