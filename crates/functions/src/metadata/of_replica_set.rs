//! What is known of a replica set, by its id or by its name.

use crate::function::{Datum, Function};
use crate::metadata::lookup::{View, by_id_and_name, lookups};
use crate::metadata::status;
use crate::semantics::Semantics;
use crate::value::{Str, Time};
use nixie_metadata::kubernetes::ReplicaSet;

const NONE: Semantics = Semantics::None;

/// Properties that are found both ways.
pub(super) const BY_ID_AND_NAME: &[Function] = by_id_and_name! {
    "replicaset", "replica set", replica_set("rs0_uid"), replica_set_named("pl/rs0");
    "start_time" -> Time, NONE, Datum::Time(101), "the start time", start_time;
    "stop_time" -> Time, NONE, Datum::Time(0), "the stop time, 0 while it is there,", stop_time;
    "namespace" -> Str, NONE, Datum::Text("pl"), "the namespace", namespace;
    "owner_references" -> Str, NONE, Datum::Text(r#"["{\"uid\":\"deployment_uid\",\"kind\":\"Deployment\",\"name\":\"deployment1\"}"]"#), "the owners, as a JSON array of JSON texts,", owner_references;
    "status" -> Str, NONE, Datum::Text(r#"{"replicas":5,"fully_labeled_replicas":5,"ready_replicas":3,"available_replicas":3,"requested_replicas":5,"observed_generation":5,"conditions":"\"ready\": \"True\", "}"#), "the status, as JSON,", of_replica_set;
    "deployment_name" -> Str, NONE, Datum::Text("pl/deployment1"), "the name of the deployment", deployment_name;
    "deployment_id" -> Str, NONE, Datum::Text("deployment_uid"), "the id of the deployment", deployment_id;
};

/// Names and ids.
pub(super) const FUNCTIONS: &[Function] = lookups! {
    "replicaset_id_to_replicaset_name"("replicaset_id": Str) -> Str, NONE, ID => NAME,
        "Returns the name of a replica set.",
        |view, id| view.kubernetes.replica_set(id).map(|found| found.full_name()).unwrap_or_default();
    "replicaset_name_to_replicaset_id"("replicaset_name": Str) -> Str, NONE, NAME => ID,
        "Returns the id of the replica set that has a name, or had it last.",
        |view, name| view.kubernetes.replica_set_named(name).map(|found| found.uid.clone()).unwrap_or_default();
};

const ID: Datum = Datum::Text("rs0_uid");
const NAME: Datum = Datum::Text("pl/rs0");

const fn start_time(_: &View<'_>, replica_set: &ReplicaSet) -> i64 {
    replica_set.start_time_ns
}

const fn stop_time(_: &View<'_>, replica_set: &ReplicaSet) -> i64 {
    replica_set.stop_time_ns
}

fn namespace(_: &View<'_>, replica_set: &ReplicaSet) -> String {
    replica_set.namespace.clone()
}

fn owner_references(_: &View<'_>, replica_set: &ReplicaSet) -> String {
    status::owners(&replica_set.owner_references)
}

fn of_replica_set(_: &View<'_>, replica_set: &ReplicaSet) -> String {
    status::of_replica_set(replica_set)
}

fn deployment_name(view: &View<'_>, replica_set: &ReplicaSet) -> String {
    let found = view.kubernetes.deployment_of_replica_set(replica_set);
    found.map_or_else(String::new, |found| found.full_name())
}

fn deployment_id(view: &View<'_>, replica_set: &ReplicaSet) -> String {
    let found = view.kubernetes.deployment_of_replica_set(replica_set);
    found.map_or_else(String::new, |found| found.uid.clone())
}
