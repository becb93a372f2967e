//! What is said in JSON: lists, owners and statuses.

use crate::json::write_text;
use nixie_metadata::kubernetes::{
    Condition, Container, ContainerState, Deployment, OwnerReference, Pod, PodPhase, ReplicaSet,
};
use std::fmt::Write as _;

/// Returns none as the empty text, one as it is, and several as a JSON array.
pub(super) fn list<'t>(values: impl IntoIterator<Item = &'t str>) -> String {
    let values: Vec<_> = values.into_iter().collect();
    match values.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        _ => array(values),
    }
}

/// Returns a JSON array of texts.
pub(super) fn array<T: AsRef<str>>(values: impl IntoIterator<Item = T>) -> String {
    let mut out = String::from("[");
    for value in values {
        if out.len() > 1 {
            out.push(',');
        }
        write_text(&mut out, value.as_ref());
    }
    out.push(']');
    out
}

/// Returns the owners as a JSON array of texts, each the JSON of one.
pub(super) fn owners(references: &[OwnerReference]) -> String {
    array(references.iter().map(|reference| {
        let mut out = String::new();
        text_member(&mut out, "uid", &reference.uid);
        text_member(&mut out, "kind", &reference.kind);
        text_member(&mut out, "name", &reference.name);
        closed(out)
    }))
}

/// Returns the status of a pod; of none, that of an unknown one.
pub(super) fn of_pod(pod: Option<&Pod>) -> String {
    let (phase, message, reason) = pod.map_or((PodPhase::Unknown, "", ""), |pod| {
        (pod.phase, pod.message.as_str(), pod.reason.as_str())
    });
    let mut out = String::new();
    text_member(&mut out, "phase", phase.name());
    text_member(&mut out, "message", message);
    text_member(&mut out, "reason", reason);
    member(&mut out, "ready", pod.is_some_and(Pod::is_ready));
    closed(out)
}

/// Returns the status of a container; of none, that of an unknown one.
pub(super) fn of_container(container: Option<&Container>) -> String {
    let (state, message, reason) = container.map_or((ContainerState::Unknown, "", ""), |known| {
        (known.state, known.message.as_str(), known.reason.as_str())
    });
    let mut out = String::new();
    text_member(&mut out, "state", state.name());
    text_member(&mut out, "message", message);
    text_member(&mut out, "reason", reason);
    closed(out)
}

/// Returns the status of a replica set.
pub(super) fn of_replica_set(replica_set: &ReplicaSet) -> String {
    let mut out = String::new();
    member(&mut out, "replicas", replica_set.replicas);
    member(
        &mut out,
        "fully_labeled_replicas",
        replica_set.fully_labeled_replicas,
    );
    member(&mut out, "ready_replicas", replica_set.ready_replicas);
    member(
        &mut out,
        "available_replicas",
        replica_set.available_replicas,
    );
    member(
        &mut out,
        "requested_replicas",
        replica_set.requested_replicas,
    );
    member(
        &mut out,
        "observed_generation",
        replica_set.observed_generation,
    );
    text_member(&mut out, "conditions", &conditions(&replica_set.conditions));
    closed(out)
}

/// Returns the status of a deployment.
pub(super) fn of_deployment(deployment: &Deployment) -> String {
    let mut out = String::new();
    member(&mut out, "replicas", deployment.replicas);
    member(&mut out, "updated_replicas", deployment.updated_replicas);
    member(&mut out, "ready_replicas", deployment.ready_replicas);
    member(
        &mut out,
        "available_replicas",
        deployment.available_replicas,
    );
    member(
        &mut out,
        "unavailable_replicas",
        deployment.unavailable_replicas,
    );
    member(
        &mut out,
        "requested_replicas",
        deployment.requested_replicas,
    );
    member(
        &mut out,
        "observed_generation",
        deployment.observed_generation,
    );
    text_member(&mut out, "conditions", &conditions(&deployment.conditions));
    closed(out)
}

/// Returns conditions as scripts know them: not JSON, the last first, each with a comma behind.
fn conditions(conditions: &[Condition]) -> String {
    let mut out = String::new();
    for Condition { kind, status } in conditions.iter().rev() {
        // Writing to a `String` cannot fail.
        write!(out, "\"{kind}\": \"{}\", ", status.name()).unwrap_or_default();
    }
    out
}

fn key(out: &mut String, name: &str) {
    out.push(if out.is_empty() { '{' } else { ',' });
    write_text(out, name);
    out.push(':');
}

fn member(out: &mut String, name: &str, value: impl std::fmt::Display) {
    key(out, name);
    write!(out, "{value}").unwrap_or_default();
}

fn text_member(out: &mut String, name: &str, value: &str) {
    key(out, name);
    write_text(out, value);
}

fn closed(mut out: String) -> String {
    out.push('}');
    out
}
