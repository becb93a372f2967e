//! What results mean, by the meanings of the arguments.

use crate::metadata::tests::recorded;
use crate::registry::Registry;
use nixie_types::SemanticType;
use nixie_types::SemanticType as St;

/// A function, the meanings of its arguments, and the meaning of its result.
const MEANINGS: &[(&str, &[SemanticType], SemanticType)] = &[
    ("add", &[St::DurationNs, St::DurationNs], St::DurationNs),
    ("add", &[St::Bytes, St::None], St::None),
    ("add", &[St::Percent, St::Percent], St::None),
    (
        "subtract",
        &[St::ThroughputPerNs, St::ThroughputPerNs],
        St::ThroughputPerNs,
    ),
    ("multiply", &[St::Bytes, St::Bytes], St::None),
    (
        "divide",
        &[St::Bytes, St::DurationNs],
        St::ThroughputBytesPerNs,
    ),
    ("divide", &[St::None, St::DurationNs], St::ThroughputPerNs),
    ("divide", &[St::Bytes, St::Bytes], St::None),
    ("abs", &[St::Percent], St::Percent),
    ("abs", &[St::Port], St::None),
    ("bin", &[St::DurationNs, St::None], St::None),
    ("mean", &[St::Percent], St::Percent),
    ("max", &[St::DurationNs], St::DurationNs),
    ("min", &[St::ThroughputBytesPerNs], St::ThroughputBytesPerNs),
    ("sum", &[St::Bytes], St::Bytes),
    ("sum", &[St::Percent], St::Percent),
    ("sum", &[St::DurationNs], St::None),
    ("count", &[St::Bytes], St::None),
    ("any", &[St::IpAddress], St::IpAddress),
    ("quantiles", &[St::DurationNs], St::DurationNsQuantiles),
    ("quantiles", &[St::Bytes], St::Quantiles),
    ("select", &[St::None, St::PodName, St::PodName], St::PodName),
    (
        "select",
        &[St::None, St::PodName, St::ServiceName],
        St::None,
    ),
    (
        "_script_reference",
        &[St::None, St::None],
        St::ScriptReference,
    ),
    ("asid", &[], St::Asid),
    ("upid_to_pod_status", &[St::Upid], St::PodStatus),
    ("pod_id_to_service_name", &[St::None], St::ServiceName),
    ("pod_name_to_service_name", &[St::PodName], St::ServiceName),
    ("pod_name_to_service_name", &[St::None], St::None),
    ("pod_name_to_status", &[St::None], St::PodStatus),
    ("container_id_to_status", &[St::None], St::ContainerStatus),
    ("service_id_to_cluster_ip", &[St::None], St::IpAddress),
    ("upid_to_replicaset_name", &[St::Upid], St::None),
    ("deployment_id_to_deployment_name", &[St::None], St::None),
];

#[test]
fn results_mean_what_they_mean_in_pixie() {
    let registry = Registry::new(recorded());
    for (name, args, want) in MEANINGS {
        let function = registry.function(name).expect(name);
        assert_eq!(function.semantic_type(args), *want, "`{name}` of {args:?}");
    }
}
