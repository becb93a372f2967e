//! Which networks belong to the cluster: as told, or else as its objects show.

use crate::kubernetes::state::KubernetesState;
use ipnet::{IpNet, Ipv4Net};
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

impl KubernetesState {
    /// Returns the networks of the cluster's pods and services as `address/length`, sorted as
    /// text. For each IPv4 network of pods there is also the address of the node's end of it.
    #[must_use]
    pub fn cidrs(&self) -> Arc<[String]> {
        Arc::clone(self.cidrs.get_or_init(|| self.all_cidrs()))
    }

    fn all_cidrs(&self) -> Arc<[String]> {
        let mut all = BTreeSet::new();
        for cidr in self.pod_cidrs() {
            if let Some(bridge) = bridge(&cidr) {
                all.insert(bridge);
            }
            all.insert(cidr);
        }
        all.extend(self.service_cidr());
        all.into_iter().collect()
    }

    /// Returns the networks of the pods: as told, or those of the nodes with what is outside of
    /// them and has an address.
    fn pod_cidrs(&self) -> Vec<String> {
        if let Some(told) = &self.network.pod_cidrs {
            return told.clone();
        }
        let of_nodes = self.nodes.sorted().into_iter();
        let mut known: Vec<IpNet> = of_nodes
            .flat_map(|node| &node.pod_cidrs)
            .filter_map(|cidr| cidr.parse().ok())
            .collect();
        for pod in self.pods.sorted() {
            if let Ok(ip) = pod.ip.parse::<IpAddr>()
                && !pod.uses_host_network()
                && !known.iter().any(|cidr| cidr.contains(&ip))
            {
                known.push(ip.into());
            }
        }
        IpNet::aggregate(&known)
            .iter()
            .map(IpNet::to_string)
            .collect()
    }

    /// Returns the network of the services: as told, or the smallest one that holds all addresses
    /// of services that are of the family of the first.
    fn service_cidr(&self) -> Option<String> {
        if let Some(told) = &self.network.service_cidr {
            return Some(told.clone());
        }
        let services = self.services.sorted().into_iter();
        let mut ips = services.filter_map(|service| service.cluster_ip.parse::<IpAddr>().ok());
        let mut network = IpNet::from(ips.next()?);
        for ip in ips {
            while !network.contains(&ip) && network.addr().is_ipv4() == ip.is_ipv4() {
                network = network.supernet()?;
            }
        }
        Some(network.trunc().to_string())
    }
}

/// Returns the address that the bridge of a node has in a network of pods: the last octet is 1.
fn bridge(cidr: &str) -> Option<String> {
    let [a, b, c, _] = cidr.parse::<Ipv4Net>().ok()?.addr().octets();
    Some(format!("{}/32", Ipv4Addr::new(a, b, c, 1)))
}
