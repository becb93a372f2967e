//! All that is known of a cluster, and how news change it.

use crate::kubernetes::addresses::{Addresses, canonical};
use crate::kubernetes::index::{Index, takes_over};
use crate::kubernetes::pod_containers::PodContainers;
use crate::kubernetes::{
    Container, Deployment, KubernetesUpdate, Namespace, NetworkUpdate, Node, Pod, ReplicaSet,
    Service, ServiceUpdate,
};
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

/// LIMIT: how long an object is kept after its end, in nanoseconds: a day.
pub const ENDED_KEPT_NS: i64 = 86_400 * 1_000_000_000;

/// LIMIT: time between two searches for objects to forget, in nanoseconds: a minute.
pub const CLEAN_PERIOD_NS: i64 = 60 * 1_000_000_000;

/// LIMIT: objects kept, living and ended; the ones that ended first are forgotten first. When none
/// has ended, new ones are not taken in, and counted.
pub const OBJECTS_MAX: usize = 200_000;

/// Part of all objects that is forgotten at once when there are too many, so that the search for
/// them is rare.
const FORGOTTEN_PART: usize = 16;

/// All that is known of a cluster. A copy shares the objects.
#[derive(Clone, Debug, Default)]
pub struct KubernetesState {
    pub(super) pods: Index<Pod>,
    pub(super) containers: Index<Container>,
    pub(super) services: Index<Service>,
    pub(super) replica_sets: Index<ReplicaSet>,
    pub(super) deployments: Index<Deployment>,
    pub(super) namespaces: Index<Namespace>,
    pub(super) nodes: Index<Node>,
    pub(super) network: NetworkUpdate,
    pub(super) addresses: Addresses,
    /// Services that a pod is or was behind.
    pub(super) services_of_pods: HashMap<Arc<str>, BTreeSet<Arc<str>>>,
    /// Services by their addresses within the cluster.
    pub(super) services_of_ips: HashMap<Arc<str>, Arc<str>>,
    pub(super) pod_containers: PodContainers,
    /// Made when it is first asked for.
    pub(super) cidrs: OnceLock<Arc<[String]>>,
    present: bool,
    forgotten: u64,
    refused: u64,
    cleaned_at_ns: i64,
}

impl KubernetesState {
    /// Returns true once anything was told: this host is part of a cluster.
    #[must_use]
    pub const fn is_present(&self) -> bool {
        self.present
    }

    /// Returns how many objects were forgotten because of [`OBJECTS_MAX`].
    #[must_use]
    pub const fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// Returns how many news were not taken in because of [`OBJECTS_MAX`].
    #[must_use]
    pub const fn refused(&self) -> u64 {
        self.refused
    }

    /// Returns the number of objects, living and ended.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pods.len()
            + self.containers.len()
            + self.services.len()
            + self.replica_sets.len()
            + self.deployments.len()
            + self.namespaces.len()
            + self.nodes.len()
    }

    /// Returns true when no object is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes news in, and forgets now and then what ended long ago.
    pub fn apply(&mut self, updates: impl IntoIterator<Item = KubernetesUpdate>, now_ns: i64) {
        for update in updates {
            self.present = true;
            self.cidrs = OnceLock::new();
            if self.len() >= OBJECTS_MAX && !self.knows(&update) {
                self.make_room();
                if self.len() >= OBJECTS_MAX {
                    self.refused += 1;
                    continue;
                }
            }
            match update {
                KubernetesUpdate::Container(container) => self.put_container(container),
                KubernetesUpdate::Deployment(deployment) => self.deployments.put(deployment),
                KubernetesUpdate::Namespace(namespace) => self.namespaces.put(namespace),
                KubernetesUpdate::Network(network) => self.put_network(network),
                KubernetesUpdate::Node(node) => self.nodes.put(node),
                KubernetesUpdate::Pod(pod) => self.put_pod(*pod),
                KubernetesUpdate::ReplicaSet(replica_set) => self.replica_sets.put(*replica_set),
                KubernetesUpdate::Service(service) => self.put_service(service),
            }
        }
        if now_ns.saturating_sub(self.cleaned_at_ns) >= CLEAN_PERIOD_NS {
            self.cleaned_at_ns = now_ns;
            self.cidrs = OnceLock::new();
            self.clean(now_ns);
        }
    }

    fn knows(&self, update: &KubernetesUpdate) -> bool {
        match update {
            KubernetesUpdate::Container(new) => self.containers.get(bare_id(&new.id)).is_some(),
            KubernetesUpdate::Deployment(new) => self.deployments.get(&new.uid).is_some(),
            KubernetesUpdate::Namespace(new) => self.namespaces.get(&new.uid).is_some(),
            KubernetesUpdate::Network(_) => true,
            KubernetesUpdate::Node(new) => self.nodes.get(&new.uid).is_some(),
            KubernetesUpdate::Pod(new) => self.pods.get(&new.uid).is_some(),
            KubernetesUpdate::ReplicaSet(new) => self.replica_sets.get(&new.uid).is_some(),
            KubernetesUpdate::Service(new) => self.services.get(&new.uid).is_some(),
        }
    }

    fn put_container(&mut self, mut container: Container) {
        container.id = bare_id(&container.id).to_owned();
        self.containers.put(container);
    }

    fn put_pod(&mut self, mut pod: Pod) {
        let uid: Arc<str> = pod.uid.as_str().into();
        for id in &mut pod.container_ids {
            *id = bare_id(id).to_owned();
            self.pod_containers.note(&uid, id);
        }
        self.addresses.note(&pod, &self.pods);
        self.pods.put(pod);
    }

    fn put_network(&mut self, network: NetworkUpdate) {
        let known = &mut self.network;
        known.service_cidr = network.service_cidr.or_else(|| known.service_cidr.take());
        known.pod_cidrs = network.pod_cidrs.or_else(|| known.pod_cidrs.take());
    }

    fn put_service(&mut self, update: ServiceUpdate) {
        let known = self.services.get(&update.uid);
        let mut service = known.map(|known| (**known).clone()).unwrap_or_default();
        let uid: Arc<str> = update.uid.as_str().into();
        service.uid = update.uid;
        service.name = update.name;
        service.namespace = update.namespace;
        service.start_time_ns = update.start_time_ns;
        service.stop_time_ns = update.stop_time_ns;
        if let Some(pods) = update.pod_ids {
            let before = std::mem::replace(&mut service.pod_ids, pods);
            service.former_pod_ids.extend(before);
            let gone = std::mem::take(&mut service.former_pod_ids);
            for pod in gone {
                if service.pod_ids.contains(&pod) {
                    continue;
                }
                // Pods of other hosts may never be told of here, nor their ends.
                if self.pods.get(&pod).is_some() {
                    service.former_pod_ids.insert(pod);
                } else {
                    self.leave(&pod, &uid);
                }
            }
        }
        service.external_ips = update.external_ips.unwrap_or(service.external_ips);
        service.cluster_ip = update.cluster_ip.unwrap_or(service.cluster_ip);
        for pod in &service.pod_ids {
            let services = self.services_of_pods.entry(pod.as_str().into());
            services.or_default().insert(Arc::clone(&uid));
        }
        self.note_service_ip(&service, uid);
        self.services.put(service);
    }

    /// Forgets that a pod was behind a service.
    fn leave(&mut self, pod: &str, service: &str) {
        if let Some(services) = self.services_of_pods.get_mut(pod) {
            services.remove(service);
            if services.is_empty() {
                self.services_of_pods.remove(pod);
            }
        }
    }

    fn note_service_ip(&mut self, service: &Service, uid: Arc<str>) {
        // `None` is what a service without an address of its own says.
        if matches!(service.cluster_ip.as_str(), "" | "None") {
            return;
        }
        let ip: Arc<str> = canonical(&service.cluster_ip).into();
        let holder = self.services_of_ips.get(&ip);
        let holder = holder.and_then(|uid| self.services.get(uid));
        if holder.is_none_or(|holder| takes_over(service, holder.as_ref())) {
            self.services_of_ips.insert(ip, uid);
        }
    }

    /// Forgets what ended long ago.
    fn clean(&mut self, now_ns: i64) {
        for uid in self.pods.expired(now_ns) {
            self.forget_pod(&uid);
        }
        for id in self.containers.expired(now_ns) {
            self.forget_container(&id);
        }
        for uid in self.services.expired(now_ns) {
            self.forget_service(&uid);
        }
        for uid in self.replica_sets.expired(now_ns) {
            self.replica_sets.remove(&uid);
        }
        for uid in self.deployments.expired(now_ns) {
            self.deployments.remove(&uid);
        }
        for uid in self.namespaces.expired(now_ns) {
            self.namespaces.remove(&uid);
        }
        for uid in self.nodes.expired(now_ns) {
            self.nodes.remove(&uid);
        }
    }

    /// Forgets the pods and containers that ended first when there are too many objects: these two
    /// come and go by the thousands.
    fn make_room(&mut self) {
        let pods = self.pods.ended().map(|(stop_ns, id)| (stop_ns, true, id));
        let containers = self.containers.ended();
        let containers = containers.map(|(stop_ns, id)| (stop_ns, false, id));
        let mut ended: Vec<_> = pods.chain(containers).collect();
        ended.sort_unstable();
        for (_, is_pod, id) in ended.into_iter().take(OBJECTS_MAX / FORGOTTEN_PART) {
            if is_pod {
                self.forget_pod(&id);
            } else {
                self.forget_container(&id);
            }
            self.forgotten += 1;
        }
    }

    fn forget_pod(&mut self, uid: &str) {
        self.pods.remove(uid);
        self.addresses.forget(uid);
        let services = self.services_of_pods.remove(uid).unwrap_or_default();
        for service in services {
            if let Some(known) = self.services.get(&service) {
                let mut service = (**known).clone();
                service.pod_ids.remove(uid);
                service.former_pod_ids.remove(uid);
                self.services.put(service);
            }
        }
        self.pod_containers.forget_pod(uid);
    }

    fn forget_container(&mut self, id: &str) {
        self.containers.remove(id);
        self.pod_containers.forget_container(id);
    }

    fn forget_service(&mut self, uid: &str) {
        self.services.remove(uid);
        self.services_of_ips.retain(|_, service| **service != *uid);
        self.services_of_pods.retain(|_, services| {
            services.remove(uid);
            !services.is_empty()
        });
    }
}

/// Returns a container id without the runtime's name, `containerd://ID`.
fn bare_id(id: &str) -> &str {
    id.rsplit_once("://").map_or(id, |(_, id)| id)
}
