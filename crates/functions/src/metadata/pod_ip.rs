//! `ip_to_pod_id` and `_upid_to_podname_local_addr_fallback`

use crate::adapter::{scalar1, scalar2, scalar3};
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::semantics::Semantics;
use crate::value::{Str, Time, UInt128};
use nixie_types::SemanticType;

/// `ip_to_pod_id`
pub(crate) const IP_TO_POD_ID: Function = Function {
    name: "ip_to_pod_id",
    family: Family::Metadata,
    doc: "Returns the id of the pod that has an IP address, or had it at a time; without Kubernetes \
          there is none.",
    example: Example {
        args: &[Datum::Text("192.0.2.1")],
        result: Datum::Text(""),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[
        Overload::new(&["ip"], &scalar1::<Str, Str, _>(|_: &str| String::new())),
        Overload::new(
            &["ip", "time"],
            &scalar2::<Str, Time, Str, _>(|_: &str, _| String::new()),
        ),
    ]),
};

/// `_upid_to_podname_local_addr_fallback`
pub(crate) const UPID_TO_PODNAME_LOCAL_ADDR_FALLBACK: Function = Function {
    name: "_upid_to_podname_local_addr_fallback",
    family: Family::Metadata,
    doc: "Returns the pod of a process, or else the one that had its address at the time; without \
          Kubernetes there is none.",
    example: Example {
        args: &[Datum::UInt128(9), Datum::Text("192.0.2.1"), Datum::Time(1)],
        result: Datum::Text(""),
    },
    semantics: Semantics::Always(SemanticType::PodName),
    body: Body::Scalar(&[Overload::new(
        &["upid", "local_addr", "time"],
        &scalar3::<UInt128, Str, Time, Str, _>(|_, _: &str, _| String::new()),
    )]),
};
