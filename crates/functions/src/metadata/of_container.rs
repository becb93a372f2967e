//! What is known of a Kubernetes container. Its name is unique within its pod only; of several the
//! one that started last is meant.

use crate::function::{Datum, Function};
use crate::metadata::lookup::{View, by_id_and_name, lookups};
use crate::metadata::status;
use crate::semantics::Semantics;
use crate::value::{Str, Time};
use nixie_metadata::kubernetes::Container;
use nixie_types::SemanticType;

/// Properties that are found both ways.
pub(super) const BY_ID_AND_NAME: &[Function] = by_id_and_name! {
    "container", "container", container("pod1_container_1"), container_named("running_container");
    "start_time" -> Time, Semantics::None, Datum::Time(6), "the start time", start_time;
    "stop_time" -> Time, Semantics::None, Datum::Time(0), "the stop time, 0 while it runs,", stop_time;
};

/// Properties that are found one way only.
pub(super) const FUNCTIONS: &[Function] = lookups! {
    "container_name_to_container_id"("container_name": Str) -> Str, Semantics::None,
        Datum::Text("running_container") => Datum::Text("pod1_container_1"),
        "Returns the id of the container that has a name, or had it last.",
        |view, name| view.kubernetes.container_named(name).map(|found| found.id.clone()).unwrap_or_default();
    "container_id_to_status"("container_id": Str) -> Str, Semantics::Always(SemanticType::ContainerStatus),
        Datum::Text("pod1_container_1") => Datum::Text(r#"{"state":"Running","message":"Running message","reason":"Running reason"}"#),
        "Returns the status of a container as JSON; of an unknown one its state is `Unknown`.",
        |view, id| status::of_container(view.kubernetes.container(id).map(|found| &**found));
};

const fn start_time(_: &View<'_>, container: &Container) -> i64 {
    container.start_time_ns
}

const fn stop_time(_: &View<'_>, container: &Container) -> i64 {
    container.stop_time_ns
}
