//! `upid_to_node_name`

use crate::adapter::per_upid;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::semantics::Semantics;
use nixie_types::SemanticType;

/// `upid_to_node_name`
pub(crate) const UPID_TO_NODE_NAME: Function = Function {
    name: "upid_to_node_name",
    family: Family::Metadata,
    doc: "Returns the name of the node that a process runs on: without Kubernetes that of the host.",
    example: Example {
        args: &[Datum::UInt128(7 << 96 | 42 << 64 | 1000)],
        result: Datum::Text("example-host"),
    },
    semantics: Semantics::Always(SemanticType::NodeName),
    body: Body::Scalar(&[Overload::new(
        &["upid"],
        &per_upid(|context, _| context.metadata.hostname().to_owned()),
    )]),
};
