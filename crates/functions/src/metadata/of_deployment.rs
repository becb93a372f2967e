//! What is known of a deployment, by its id or by its name.

use crate::function::{Datum, Function};
use crate::metadata::lookup::{View, by_id_and_name, lookups};
use crate::metadata::status;
use crate::semantics::Semantics;
use crate::value::{Str, Time};
use nixie_metadata::kubernetes::Deployment;

const NONE: Semantics = Semantics::None;

/// Properties that are found both ways.
pub(super) const BY_ID_AND_NAME: &[Function] = by_id_and_name! {
    "deployment", "deployment", deployment("deployment_uid"), deployment_named("pl/deployment1");
    "start_time" -> Time, NONE, Datum::Time(101), "the start time", start_time;
    "stop_time" -> Time, NONE, Datum::Time(0), "the stop time, 0 while it is there,", stop_time;
    "namespace" -> Str, NONE, Datum::Text("pl"), "the namespace", namespace;
    "status" -> Str, NONE, Datum::Text(r#"{"replicas":5,"updated_replicas":4,"ready_replicas":3,"available_replicas":3,"unavailable_replicas":2,"requested_replicas":5,"observed_generation":5,"conditions":"\"Available\": \"True\", "}"#), "the status, as JSON,", of_deployment;
};

/// Names and ids.
pub(super) const FUNCTIONS: &[Function] = lookups! {
    "deployment_id_to_deployment_name"("deployment_id": Str) -> Str, NONE, ID => NAME,
        "Returns the name of a deployment.",
        |view, id| view.kubernetes.deployment(id).map(|found| found.full_name()).unwrap_or_default();
    "deployment_name_to_deployment_id"("deployment_name": Str) -> Str, NONE, NAME => ID,
        "Returns the id of the deployment that has a name, or had it last.",
        |view, name| view.kubernetes.deployment_named(name).map(|found| found.uid.clone()).unwrap_or_default();
};

const ID: Datum = Datum::Text("deployment_uid");
const NAME: Datum = Datum::Text("pl/deployment1");

const fn start_time(_: &View<'_>, deployment: &Deployment) -> i64 {
    deployment.start_time_ns
}

const fn stop_time(_: &View<'_>, deployment: &Deployment) -> i64 {
    deployment.stop_time_ns
}

fn namespace(_: &View<'_>, deployment: &Deployment) -> String {
    deployment.namespace.clone()
}

fn of_deployment(_: &View<'_>, deployment: &Deployment) -> String {
    status::of_deployment(deployment)
}
