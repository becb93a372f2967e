//! Which containers the pods name as theirs. A pod names those that run now only; earlier ones
//! still belong to it.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// LIMIT: containers of one pod, with those that ended; the oldest are forgotten first.
const CONTAINERS_OF_POD_MAX: usize = 1000;

/// The containers of each pod, and the pod of each container.
#[derive(Clone, Debug, Default)]
pub(super) struct PodContainers {
    pods: HashMap<Arc<str>, Arc<str>>,
    containers: HashMap<Arc<str>, VecDeque<Arc<str>>>,
}

impl PodContainers {
    pub(super) fn pod(&self, container_id: &str) -> Option<&Arc<str>> {
        self.pods.get(container_id)
    }

    pub(super) fn note(&mut self, pod_uid: &Arc<str>, container_id: &str) {
        let container: Arc<str> = container_id.into();
        let before = self
            .pods
            .insert(Arc::clone(&container), Arc::clone(pod_uid));
        if before.is_some_and(|before| before == *pod_uid) {
            return;
        }
        let containers = self.containers.entry(Arc::clone(pod_uid)).or_default();
        containers.push_back(container);
        if containers.len() > CONTAINERS_OF_POD_MAX
            && let Some(oldest) = containers.pop_front()
        {
            self.pods.remove(&oldest);
        }
    }

    pub(super) fn forget_pod(&mut self, pod_uid: &str) {
        for container in self.containers.remove(pod_uid).unwrap_or_default() {
            self.pods.remove(&container);
        }
    }

    pub(super) fn forget_container(&mut self, container_id: &str) {
        let Some(pod) = self.pods.remove(container_id) else {
            return;
        };
        if let Some(containers) = self.containers.get_mut(&pod) {
            containers.retain(|container| **container != *container_id);
        }
    }
}
