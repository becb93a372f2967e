//! Processes, pods, services and agents.
//!
//! A file holds what can be asked of one kind of key. Functions that differ in the property only
//! are lines of a table there. What is not known gives the empty text, the number 0, or the JSON of
//! an unknown status; so does a host without Kubernetes for everything about pods.
//!
//! Names of Kubernetes objects are `namespace/name`. A function that can have several results gives
//! the empty text for none, the bare value for one, and a JSON array for more.

mod lookup;
mod of_agent;
mod of_container;
mod of_deployment;
mod of_ip;
mod of_pod;
mod of_replica_set;
mod of_service;
mod of_upid;
mod status;
mod upid;

use crate::function::Function;

/// Returns the functions of this family.
pub(crate) fn functions() -> impl Iterator<Item = &'static Function> {
    [
        of_agent::FUNCTIONS,
        of_upid::FUNCTIONS,
        of_pod::BY_ID_AND_NAME,
        of_pod::FUNCTIONS,
        of_container::BY_ID_AND_NAME,
        of_container::FUNCTIONS,
        of_service::FUNCTIONS,
        of_service::MEMBERSHIP,
        of_replica_set::BY_ID_AND_NAME,
        of_replica_set::FUNCTIONS,
        of_deployment::BY_ID_AND_NAME,
        of_deployment::FUNCTIONS,
        of_ip::FUNCTIONS,
        upid::FUNCTIONS,
    ]
    .into_iter()
    .flatten()
}

/// Returns the namespace in `namespace/name`, or the empty text for anything else.
fn namespace_in(name: &str) -> String {
    match name.split_once('/') {
        Some((namespace, rest)) if !rest.contains('/') => namespace.to_owned(),
        _ => String::new(),
    }
}

#[cfg(test)]
pub(crate) mod tests;
