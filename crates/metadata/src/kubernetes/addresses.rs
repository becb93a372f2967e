//! Which pod had an address, and when.

use crate::kubernetes::Pod;
use crate::kubernetes::index::{Index, takes_over};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::Arc;

/// The pods of each address.
#[derive(Clone, Debug, Default)]
pub(super) struct Addresses {
    /// The pod that has an address, or had it last.
    latest: HashMap<Arc<str>, Arc<str>>,
    /// All pods that had an address, by their start times.
    history: HashMap<Arc<str>, BTreeMap<i64, Arc<str>>>,
    /// The addresses of each pod.
    of_pods: HashMap<Arc<str>, BTreeSet<Arc<str>>>,
}

impl Addresses {
    pub(super) fn latest(&self, ip: &str) -> Option<&Arc<str>> {
        self.latest.get(canonical(ip).as_str())
    }

    /// Returns the pod with the latest start time that is not after `time_ns`.
    pub(super) fn at(&self, ip: &str, time_ns: i64) -> Option<&Arc<str>> {
        let history = self.history.get(canonical(ip).as_str())?;
        history.range(..=time_ns).next_back().map(|(_, pod)| pod)
    }

    /// Notes the address of a pod. A pod on the host's network has none of its own.
    pub(super) fn note(&mut self, pod: &Pod, pods: &Index<Pod>) {
        if pod.ip.is_empty() || pod.uses_host_network() {
            return;
        }
        let ip: Arc<str> = canonical(&pod.ip).into();
        let uid: Arc<str> = pod.uid.as_str().into();
        let holder = self.latest.get(&ip).and_then(|uid| pods.get(uid));
        if holder.is_none_or(|holder| takes_over(pod, holder.as_ref())) {
            self.latest.insert(Arc::clone(&ip), Arc::clone(&uid));
        }
        let ips = self.of_pods.entry(Arc::clone(&uid)).or_default();
        ips.insert(Arc::clone(&ip));
        if pod.start_time_ns != 0 {
            let history = self.history.entry(ip).or_default();
            history.insert(pod.start_time_ns, uid);
        }
    }

    /// Forgets a pod.
    pub(super) fn forget(&mut self, uid: &str) {
        for ip in self.of_pods.remove(uid).unwrap_or_default() {
            if self.latest.get(&ip).is_some_and(|pod| **pod == *uid) {
                self.latest.remove(&ip);
            }
            if let Some(history) = self.history.get_mut(&ip) {
                history.retain(|_, pod| **pod != *uid);
                if history.is_empty() {
                    self.history.remove(&ip);
                }
            }
        }
    }
}

/// Returns an address in its one spelling: an IPv4 address within IPv6 is an IPv4 address. Other
/// text stays as it is.
pub(super) fn canonical(ip: &str) -> String {
    ip.parse::<IpAddr>()
        .map_or_else(|_| ip.to_owned(), |ip| ip.to_canonical().to_string())
}
