//! `pod_name_to_status` and `upid_to_pod_status`

use crate::adapter::scalar1;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::semantics::Semantics;
use crate::value::{Str, UInt128};
use nixie_types::{SemanticType, Upid};

/// `pod_name_to_status`
pub(crate) const POD_NAME_TO_STATUS: Function = Function {
    name: "pod_name_to_status",
    family: Family::Metadata,
    doc: "Returns the status of a pod as JSON; of an unknown one its phase is `Unknown`.",
    example: Example {
        args: &[Datum::Text("ns/unknown")],
        result: Datum::Text(UNKNOWN),
    },
    semantics: Semantics::Always(SemanticType::PodStatus),
    body: Body::Scalar(&[Overload::new(
        &["pod_name"],
        &scalar1::<Str, Str, _>(of_name),
    )]),
};

/// `upid_to_pod_status`
pub(crate) const UPID_TO_POD_STATUS: Function = Function {
    name: "upid_to_pod_status",
    family: Family::Metadata,
    doc: "Returns the status of the pod of a process as JSON; of an unknown one its phase is `Unknown`.",
    example: Example {
        args: &[Datum::UInt128(9)],
        result: Datum::Text(UNKNOWN),
    },
    semantics: Semantics::Always(SemanticType::PodStatus),
    body: Body::Scalar(&[Overload::new(
        &["upid"],
        &scalar1::<UInt128, Str, _>(of_upid),
    )]),
};

const UNKNOWN: &str = r#"{"phase":"Unknown","message":"","reason":"","ready":false}"#;

fn of_name(_: &str) -> String {
    UNKNOWN.to_owned()
}

fn of_upid(_: Upid) -> String {
    UNKNOWN.to_owned()
}
