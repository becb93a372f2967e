//! `upid_to_service_name`

use crate::adapter::per_upid;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::semantics::Semantics;
use nixie_types::SemanticType;

/// `upid_to_service_name`
pub(crate) const UPID_TO_SERVICE_NAME: Function = Function {
    name: "upid_to_service_name",
    family: Family::Metadata,
    doc: "Returns the service that a process belongs to: without Kubernetes its systemd unit, or the empty text.",
    example: Example {
        args: &[Datum::UInt128(7 << 96 | 42 << 64 | 1000)],
        result: Datum::Text("nginx.service"),
    },
    semantics: Semantics::Always(SemanticType::ServiceName),
    body: Body::Scalar(&[Overload::new(
        &["upid"],
        &per_upid(|_, process| process.unit.clone().unwrap_or_default()),
    )]),
};
