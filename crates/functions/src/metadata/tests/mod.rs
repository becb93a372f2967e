//! The functions on a recorded state, before and after some of its objects end.

#[path = "../../../../metadata/testdata/recorded.rs"]
mod fixture;
mod owners;

use super::functions;
use crate::function::{Body, Datum, Function};
use crate::kernel::Context;
use crate::network::Names;
use arrow::array::{AsArray, FixedSizeBinaryBuilder, Int64Array, StringViewArray};
use datafusion_common::ScalarValue;
use datafusion_expr::ColumnarValue;
use fixture::{IN_POD_1 as P1, IN_POD_2 as P2, IN_UNIT as UNIT, plain_host};
use nixie_metadata::Metadata;
use nixie_metadata::kubernetes::{KubernetesUpdate, Pod, ServiceUpdate};
use nixie_types::{DataType, Upid};
use std::sync::Arc;

/// Before anything is cleaned.
const NOW_NS: i64 = 1_000;

const TERMINATED: &str = include_str!("../../../../metadata/testdata/terminated.json");

/// A process that nobody knows.
const P3: Upid = upid(123, 567, 1);

const fn upid(asid: u32, pid: u32, start_ticks: u64) -> Upid {
    Upid {
        asid,
        pid,
        start_ticks,
    }
}

fn updates(text: &str) -> Vec<KubernetesUpdate> {
    serde_json::from_str(text).unwrap()
}

/// The recorded state, which the examples are about.
pub(crate) fn recorded() -> Arc<Metadata> {
    Arc::new(fixture::recorded())
}

fn terminated() -> Arc<Metadata> {
    let metadata = recorded();
    metadata.update_kubernetes(updates(TERMINATED), NOW_NS);
    metadata
}

fn function(name: &str) -> &'static Function {
    functions()
        .find(|function| function.name == name)
        .unwrap_or_else(|| panic!("`{name}` is missing"))
}

fn call(metadata: &Arc<Metadata>, name: &str, args: &[ColumnarValue]) -> ColumnarValue {
    let rows = args.iter().find_map(|arg| match arg {
        ColumnarValue::Array(array) => Some(array.len()),
        ColumnarValue::Scalar(_) => None,
    });
    let types: Vec<_> = args
        .iter()
        .map(|arg| DataType::from_arrow(&arg.data_type()).unwrap())
        .collect();
    let Body::Scalar(overloads) = function(name).body else {
        panic!("`{name}` is no aggregate")
    };
    let overload = overloads.iter().find(|o| o.kernel.args() == types);
    let context = Context {
        metadata: Arc::clone(metadata),
        names: Names::default(),
    };
    let kernel = overload.unwrap_or_else(|| panic!("`{name}` of {types:?}"));
    kernel
        .kernel
        .invoke(&context, args, rows.unwrap_or(1))
        .unwrap()
}

fn value(metadata: &Arc<Metadata>, name: &str, args: &[Datum]) -> ScalarValue {
    let args: Vec<_> = args
        .iter()
        .map(|arg| ColumnarValue::Scalar(ScalarValue::from(*arg)))
        .collect();
    match call(metadata, name, &args) {
        ColumnarValue::Array(array) => ScalarValue::try_from_array(&array, 0).unwrap(),
        ColumnarValue::Scalar(scalar) => scalar,
    }
}

fn text(metadata: &Arc<Metadata>, name: &str, args: &[Datum]) -> String {
    match value(metadata, name, args) {
        ScalarValue::Utf8View(Some(text)) => text,
        other => panic!("`{name}` gives {other}"),
    }
}

fn time(metadata: &Arc<Metadata>, name: &str, key: &'static str) -> i64 {
    match value(metadata, name, &[Datum::Text(key)]) {
        ScalarValue::TimestampNanosecond(Some(time), None) => time,
        other => panic!("`{name}` gives {other}"),
    }
}

fn of_upid(metadata: &Arc<Metadata>, name: &str, upid: Upid) -> String {
    text(metadata, name, &[Datum::UInt128(upid.to_u128())])
}

fn of_text(metadata: &Arc<Metadata>, name: &str, key: &'static str) -> String {
    text(metadata, name, &[Datum::Text(key)])
}

const UNKNOWN_POD: &str = r#"{"phase":"Unknown","message":"","reason":"","ready":false}"#;
const ENDED_POD: &str = r#"{"phase":"Failed","message":"Failed message terminated","reason":"Failed reason terminated","ready":false}"#;

#[test]
fn all_names_are_there() {
    // `shared_libraries` and six extensions besides.
    let names: Vec<_> = functions().map(|function| function.name).collect();
    let extensions = ["cgroup", "comm", "exe", "parent_pid", "unit"];
    assert_eq!(names.len(), 98 + 1 + extensions.len());
    for extension in extensions {
        assert!(names.contains(&format!("upid_to_{extension}").as_str()));
    }
}

#[test]
fn processes_in_pods_before_and_after_their_end() {
    let (before, after) = (recorded(), terminated());
    // Of the first pod, of the second pod before and after its end.
    for (name, first, second, ended) in [
        (
            "upid_to_container_id",
            "pod1_container_1",
            "pod2_container_1",
            "pod2_container_1",
        ),
        (
            "upid_to_container_name",
            "running_container",
            "terminating_container",
            "terminating_container",
        ),
        ("upid_to_cmdline", "test", "cmdline", "cmdline"),
        ("upid_to_pod_id", "1_uid", "2_uid", "2_uid"),
        (
            "upid_to_pod_name",
            "pl/running_pod",
            "pl/terminating_pod",
            "pl/terminating_pod",
        ),
        ("upid_to_namespace", "pl", "pl", "pl"),
        ("upid_to_node_name", "test_node", "test_node_tbt", ""),
        ("upid_to_hostname", "test_host", "test_host_tbt", ""),
        (
            "upid_to_pod_qos",
            "kGuaranteed",
            "kBestEffort",
            "kBestEffort",
        ),
        ("upid_to_service_id", "3_uid", "4_uid", ""),
        (
            "upid_to_service_name",
            "pl/running_service",
            "pl/terminating_service",
            "",
        ),
        (
            "upid_to_replicaset_id",
            "rs0_uid",
            "terminating_rs0_uid",
            "",
        ),
        ("upid_to_replicaset_name", "pl/rs0", "pl/terminating_rs", ""),
        (
            "upid_to_deployment_id",
            "deployment_uid",
            "terminating_deployment_uid",
            "",
        ),
        (
            "upid_to_deployment_name",
            "pl/deployment1",
            "pl/terminating_deployment1",
            "",
        ),
    ] {
        assert_eq!(of_upid(&before, name, P1), first, "{name}");
        assert_eq!(of_upid(&after, name, P1), first, "{name}");
        assert_eq!(of_upid(&before, name, P2), second, "{name}");
        assert_eq!(of_upid(&after, name, P2), ended, "{name}");
        assert_eq!(of_upid(&before, name, P3), "", "{name}");
    }
    assert_eq!(of_upid(&after, "upid_to_pod_status", P2), ENDED_POD);
    assert_eq!(of_upid(&after, "upid_to_pod_status", P3), UNKNOWN_POD);
}

#[test]
fn identities_tell_their_parts() {
    let metadata = recorded();
    let other = upid(255, 123, 11_111);
    assert_eq!(of_upid(&metadata, "upid_to_string", other), "255:123:11111");
    // They tell them also of processes that nobody knows.
    for (name, want) in [
        ("upid_to_asid", Datum::Int(255)),
        ("upid_to_pid", Datum::Int(123)),
        ("upid_to_start_ts", Datum::Time(11_111)),
    ] {
        let got = value(&metadata, name, &[Datum::UInt128(other.to_u128())]);
        assert_eq!(got, ScalarValue::from(want), "{name}");
    }
    for (args, want) in [
        (
            &[Datum::Int(100), Datum::Int(23_123)][..],
            upid(1, 100, 23_123),
        ),
        (
            &[Datum::Int(2), Datum::Int(100), Datum::Int(23_123)],
            upid(2, 100, 23_123),
        ),
    ] {
        let want = ScalarValue::FixedSizeBinary(16, Some(want.to_bytes().to_vec()));
        assert_eq!(value(&metadata, "upid", args), want);
    }
}

#[test]
fn owners_of_pods_are_named_also_after_their_end() {
    let (before, after) = (recorded(), terminated());
    let owners = r#"["{\"uid\":\"rs0_uid\",\"kind\":\"ReplicaSet\",\"name\":\"rs0\"}"]"#;
    let ended = r#"["{\"uid\":\"terminating_rs0_uid\",\"kind\":\"ReplicaSet\",\"name\":\"terminating_rs\"}"]"#;
    for (property, first, second) in [
        ("owner_references", owners, ended),
        ("replicaset_name", "pl/rs0", "pl/terminating_rs"),
        ("replicaset_id", "rs0_uid", "terminating_rs0_uid"),
        (
            "deployment_name",
            "pl/deployment1",
            "pl/terminating_deployment1",
        ),
        (
            "deployment_id",
            "deployment_uid",
            "terminating_deployment_uid",
        ),
    ] {
        let (of_id, of_name) = (
            format!("pod_id_to_{property}"),
            format!("pod_name_to_{property}"),
        );
        for metadata in [&before, &after] {
            assert_eq!(of_text(metadata, &of_id, "1_uid"), first);
            assert_eq!(of_text(metadata, &of_name, "pl/running_pod"), first);
            assert_eq!(of_text(metadata, &of_id, "2_uid"), second);
            assert_eq!(of_text(metadata, &of_name, "pl/terminating_pod"), second);
            for bad in ["", "bad", "pl/nobody", r#"["pl/a","pl/b"]"#] {
                assert_eq!(of_text(metadata, &of_id, bad), "");
                assert_eq!(of_text(metadata, &of_name, bad), "");
            }
        }
    }
}

#[test]
fn pods_by_id_and_name() {
    let (before, after) = (recorded(), terminated());
    for (name, first, second) in [
        (
            "pod_id_to_pod_name",
            ("1_uid", "pl/running_pod"),
            ("2_uid", "pl/terminating_pod"),
        ),
        (
            "pod_name_to_pod_id",
            ("pl/running_pod", "1_uid"),
            ("pl/terminating_pod", "2_uid"),
        ),
        (
            "pod_id_to_pod_labels",
            ("1_uid", r#"{"k1":"v1", "k2":"v2"}"#),
            ("2_uid", r#"{"k1":"v1"}"#),
        ),
        (
            "pod_name_to_pod_ip",
            ("pl/running_pod", "1.1.1.1"),
            ("pl/terminating_pod", ""),
        ),
        ("pod_id_to_namespace", ("1_uid", "pl"), ("2_uid", "pl")),
        (
            "pod_name_to_namespace",
            ("pl/running_pod", "pl"),
            ("px-sock-shop/x", "px-sock-shop"),
        ),
        (
            "pod_id_to_node_name",
            ("1_uid", "test_node"),
            ("2_uid", "test_node_tbt"),
        ),
    ] {
        assert_eq!(of_text(&before, name, first.0), first.1, "{name}");
        assert_eq!(of_text(&before, name, second.0), second.1, "{name}");
        assert_eq!(of_text(&before, name, "badlyformed"), "", "{name}");
    }
    assert_eq!(time(&before, "pod_id_to_start_time", "1_uid"), 5);
    assert_eq!(
        time(&before, "pod_name_to_start_time", "pl/terminating_pod"),
        10
    );
    assert_eq!(time(&before, "pod_name_to_start_time", "bad"), 0);
    assert_eq!(time(&before, "pod_id_to_stop_time", "2_uid"), 0);
    assert_eq!(time(&after, "pod_id_to_stop_time", "2_uid"), 15);
    assert_eq!(
        time(&after, "pod_name_to_stop_time", "pl/terminating_pod"),
        15
    );
    assert_eq!(
        of_text(&after, "pod_name_to_status", "pl/terminating_pod"),
        ENDED_POD
    );
    assert_eq!(of_text(&after, "pod_name_to_status", "bad"), UNKNOWN_POD);
}

#[test]
fn a_pod_in_two_services_has_both() {
    let metadata = recorded();
    metadata.update_kubernetes(
        [KubernetesUpdate::Service(ServiceUpdate {
            uid: "5_uid".to_owned(),
            name: "other_service_with_pod".to_owned(),
            namespace: "pl".to_owned(),
            pod_ids: Some(["1_uid".to_owned()].into()),
            ..ServiceUpdate::default()
        })],
        NOW_NS,
    );
    let (ids, names) = (
        r#"["3_uid","5_uid"]"#,
        r#"["pl/running_service","pl/other_service_with_pod"]"#,
    );
    assert_eq!(of_upid(&metadata, "upid_to_service_id", P1), ids);
    assert_eq!(of_upid(&metadata, "upid_to_service_name", P1), names);
    assert_eq!(of_text(&metadata, "pod_id_to_service_id", "1_uid"), ids);
    assert_eq!(
        of_text(&metadata, "pod_name_to_service_id", "pl/running_pod"),
        ids
    );
    assert_eq!(of_text(&metadata, "pod_id_to_service_name", "1_uid"), names);
    assert_eq!(
        of_text(&metadata, "pod_name_to_service_name", "pl/running_pod"),
        names
    );
    assert_eq!(of_text(&metadata, "ip_to_service_id", "1.1.1.1"), ids);
    assert_eq!(
        of_text(&metadata, "service_name_to_namespace", names_of_two()),
        ""
    );
}

const fn names_of_two() -> &'static str {
    r#"["pl/running_service","pl/other_service_with_pod"]"#
}

#[test]
fn a_pod_whose_owner_is_not_known_has_none() {
    let metadata = recorded();
    let pod = r#"[{"pod": {"uid": "missing_owner_3_uid", "name": "missing_owner_pod", "namespace": "pl",
        "owner_references": [{"uid": "rs_missing_uid", "kind": "ReplicaSet", "name": "x"}]}},
        {"pod": {"uid": "alone", "name": "alone", "namespace": "pl"}}]"#;
    metadata.update_kubernetes(updates(pod), NOW_NS);
    let name = "pl/missing_owner_pod";
    assert_eq!(of_text(&metadata, "pod_name_to_replicaset_id", name), "");
    assert_eq!(of_text(&metadata, "pod_name_to_deployment_id", name), "");
    assert_eq!(
        of_text(&metadata, "pod_id_to_owner_references", "alone"),
        "[]"
    );
}

#[test]
fn containers_before_and_after_their_end() {
    let (before, after) = (recorded(), terminated());
    let name = "container_name_to_container_id";
    assert_eq!(
        of_text(&before, name, "terminating_container"),
        "pod2_container_1"
    );
    assert_eq!(of_text(&before, name, "nonexistent"), "");
    assert_eq!(
        time(&before, "container_id_to_start_time", "pod2_container_1"),
        7
    );
    assert_eq!(
        time(&before, "container_name_to_start_time", "running_container"),
        6
    );
    assert_eq!(
        time(&after, "container_id_to_stop_time", "pod2_container_1"),
        14
    );
    assert_eq!(
        time(
            &after,
            "container_name_to_stop_time",
            "terminating_container"
        ),
        14
    );
    assert_eq!(
        time(&after, "container_name_to_stop_time", "nonexistent"),
        0
    );
    assert_eq!(
        of_text(&before, "container_id_to_status", "pod2_container_1"),
        r#"{"state":"Terminated","message":"Terminating message pending","reason":"Terminating reason pending"}"#
    );
    assert_eq!(
        of_text(&before, "container_id_to_status", "nonexistent"),
        r#"{"state":"Unknown","message":"","reason":""}"#
    );
}

#[test]
fn addresses_belong_to_pods_at_their_times() {
    let metadata = recorded();
    for (name, ip, want) in [
        ("ip_to_pod_id", "1.1.1.1", "1_uid"),
        ("ip_to_pod_id", "1.2.1.2", ""),
        ("ip_to_pod_id", "127.0.0.2", ""),
        ("ip_to_service_id", "1.1.1.1", "3_uid"),
        ("ip_to_service_id", "127.0.0.2", "3_uid"),
        ("ip_to_service_id", "1.1.1.10", ""),
    ] {
        assert_eq!(of_text(&metadata, name, ip), want, "{name} {ip}");
    }
    let at = |metadata, time| {
        text(
            metadata,
            "ip_to_pod_id",
            &[Datum::Text("1.1.1.1"), Datum::Time(time)],
        )
    };
    assert_eq!(
        [4, 8, 100].map(|time| at(&metadata, time)),
        ["", "1_uid", "1_uid"]
    );
    let reused = Pod {
        uid: "101_uid".to_owned(),
        name: "reused_ip".to_owned(),
        namespace: "pl".to_owned(),
        start_time_ns: 100,
        ip: "1.1.1.1".to_owned(),
        ..Pod::default()
    };
    metadata.update_kubernetes([KubernetesUpdate::Pod(Box::new(reused))], NOW_NS);
    assert_eq!(
        [8, 100].map(|time| at(&metadata, time)),
        ["1_uid", "101_uid"]
    );
    let fallback = |upid: Upid, time| {
        let args = [
            Datum::UInt128(upid.to_u128()),
            Datum::Text("1.1.1.1"),
            Datum::Time(time),
        ];
        text(&metadata, "_upid_to_podname_local_addr_fallback", &args)
    };
    assert_eq!(fallback(P2, 8), "pl/terminating_pod");
    assert_eq!(
        [4, 8, 200].map(|time| fallback(P3, time)),
        ["", "pl/running_pod", "pl/reused_ip"]
    );
}

#[test]
fn on_a_host_without_kubernetes_units_and_the_host_stand_in() {
    let metadata = Arc::new(plain_host());
    for (name, want) in [
        ("upid_to_service_name", "nginx.service"),
        ("upid_to_node_name", "myhost"),
        ("upid_to_hostname", "myhost"),
        ("upid_to_container_id", "c0ffee"),
        ("upid_to_pod_name", ""),
        ("upid_to_container_name", ""),
        ("upid_to_pod_status", UNKNOWN_POD),
    ] {
        assert_eq!(of_upid(&metadata, name, UNIT), want, "{name}");
    }
    assert_eq!(of_upid(&metadata, "upid_to_node_name", P3), "");
    assert_eq!(text(&metadata, "get_cidrs", &[]), "[]");
    // In a cluster a unit is no service.
    assert_eq!(of_upid(&recorded(), "upid_to_service_name", UNIT), "");
}

#[test]
fn an_agent_on_its_own_is_a_cluster_of_its_host() {
    let metadata = Arc::new(Metadata::new("alone".to_owned(), 0));
    assert_eq!(text(&metadata, "vizier_name", &[]), "alone");
    assert_eq!(text(&metadata, "vizier_namespace", &[]), "");
}

#[test]
fn rows_of_a_batch_get_the_values_of_their_keys() {
    let metadata = recorded();
    let mut upids = FixedSizeBinaryBuilder::new(16);
    for upid in [P1, P3, UNIT, P1, P2] {
        upids.append_value(upid.to_bytes()).unwrap();
    }
    let upids = [ColumnarValue::Array(Arc::new(upids.finish()))];
    let names = call(&metadata, "upid_to_cmdline", &upids)
        .into_array(5)
        .unwrap();
    let names: Vec<_> = names.as_string_view().iter().flatten().collect();
    assert_eq!(names, ["test", "", "nginx -g off", "test", "cmdline"]);
    let pids = call(&metadata, "upid_to_parent_pid", &upids)
        .into_array(5)
        .unwrap();
    assert_eq!(
        pids.as_ref(),
        &Int64Array::from(vec![0, 0, 1, 0, 0]) as &dyn arrow::array::Array
    );
    let ids = StringViewArray::from(vec!["2_uid", "1_uid", "2_uid"]);
    let ids = [ColumnarValue::Array(Arc::new(ids))];
    let names = call(&metadata, "pod_id_to_pod_name", &ids)
        .into_array(3)
        .unwrap();
    let names: Vec<_> = names.as_string_view().iter().flatten().collect();
    assert_eq!(
        names,
        ["pl/terminating_pod", "pl/running_pod", "pl/terminating_pod"]
    );
}
