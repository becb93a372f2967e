//! Services, replica sets, deployments and namespaces, by their ids and names.

use super::{of_text, recorded, terminated, time};

/// Functions, keys and values that stay the same when objects end.
const LASTING: &[(&str, &str, &str)] = &[
    ("service_id_to_service_name", "nonexistent", ""),
    ("service_name_to_service_id", "pl/nonexistent", ""),
    ("service_name_to_service_id", "bad_format", ""),
    ("service_name_to_namespace", "badlyformed", ""),
    ("service_id_to_cluster_ip", "4_uid", ""),
    ("service_id_to_external_ips", "4_uid", "[]"),
    ("service_id_to_external_ips", "nonexistent", ""),
    ("replicaset_name_to_replicaset_id", "badformat", ""),
    (
        "replicaset_id_to_replicaset_name",
        "terminating_rs0_uid",
        "pl/terminating_rs",
    ),
    ("replicaset_id_to_namespace", "rs0_uid", "pl"),
    ("replicaset_name_to_namespace", "pl/unknown", ""),
    (
        "replicaset_id_to_deployment_name",
        "terminating_rs0_uid",
        "pl/terminating_deployment1",
    ),
    (
        "replicaset_name_to_deployment_id",
        "pl/terminating_rs",
        "terminating_deployment_uid",
    ),
    (
        "deployment_id_to_deployment_name",
        "deployment_uid",
        "pl/deployment1",
    ),
    ("deployment_name_to_namespace", "pl/unknown", ""),
    (
        "namespace_name_to_namespace_id",
        "terminating_namespace1",
        "terminating_namespace_uid",
    ),
    ("namespace_name_to_namespace_id", "badformat", ""),
];

#[test]
fn services_replica_sets_deployments_and_namespaces() {
    let (before, after) = (recorded(), terminated());
    for &(name, key, want) in LASTING {
        for metadata in [&before, &after] {
            assert_eq!(of_text(metadata, name, key), want, "{name} {key}");
        }
    }
    for kind in ["replicaset", "deployment"] {
        let (id, name) = match kind {
            "replicaset" => ("terminating_rs0_uid", "pl/terminating_rs"),
            _ => ("terminating_deployment_uid", "pl/terminating_deployment1"),
        };
        let (of_id, of_name) = (
            format!("{kind}_id_to_stop_time"),
            format!("{kind}_name_to_stop_time"),
        );
        assert_eq!(
            (time(&before, &of_id, id), time(&before, &of_name, name)),
            (0, 0)
        );
        assert_eq!(
            (time(&after, &of_id, id), time(&after, &of_name, name)),
            (150, 150)
        );
        assert_eq!(time(&after, &of_name, "badformat"), 0);
    }
    assert_eq!(
        time(
            &before,
            "deployment_id_to_start_time",
            "terminating_deployment_uid"
        ),
        123
    );
    assert_eq!(
        time(&before, "replicaset_name_to_start_time", "pl/rs0"),
        101
    );
}

/// Kind and property; values of the one that runs, of the one that ends before its end, and after.
const BY_ID_AND_NAME: &[(&str, &str, [&str; 3])] = &[
    (
        "replicaset",
        "status",
        [
            r#"{"replicas":5,"fully_labeled_replicas":5,"ready_replicas":3,"available_replicas":3,"requested_replicas":5,"observed_generation":5,"conditions":"\"ready\": \"True\", "}"#,
            ENDED_REPLICA_SET,
            ENDED_REPLICA_SET,
        ],
    ),
    (
        "replicaset",
        "owner_references",
        [OWNERS, OWNERS_OF_ENDED, OWNERS_OF_ENDED],
    ),
    ("replicaset", "namespace", ["pl"; 3]),
    (
        "replicaset",
        "deployment_name",
        ["pl/deployment1", ENDED_DEPLOYMENT, ENDED_DEPLOYMENT],
    ),
    (
        "replicaset",
        "deployment_id",
        [
            "deployment_uid",
            "terminating_deployment_uid",
            "terminating_deployment_uid",
        ],
    ),
    (
        "deployment",
        "status",
        [
            r#"{"replicas":5,"updated_replicas":4,"ready_replicas":3,"available_replicas":3,"unavailable_replicas":2,"requested_replicas":5,"observed_generation":5,"conditions":"\"Available\": \"True\", "}"#,
            r#"{"replicas":6,"updated_replicas":5,"ready_replicas":3,"available_replicas":3,"unavailable_replicas":2,"requested_replicas":0,"observed_generation":2,"conditions":"\"Available\": \"False\", "}"#,
            r#"{"replicas":0,"updated_replicas":0,"ready_replicas":0,"available_replicas":0,"unavailable_replicas":0,"requested_replicas":0,"observed_generation":2,"conditions":"\"Available\": \"False\", "}"#,
        ],
    ),
    ("deployment", "namespace", ["pl"; 3]),
];

const ENDED_DEPLOYMENT: &str = "pl/terminating_deployment1";
const ENDED_REPLICA_SET: &str = r#"{"replicas":0,"fully_labeled_replicas":0,"ready_replicas":0,"available_replicas":0,"requested_replicas":0,"observed_generation":5,"conditions":"\"Terminating\": \"True\", "}"#;
const OWNERS: &str =
    r#"["{\"uid\":\"deployment_uid\",\"kind\":\"Deployment\",\"name\":\"deployment1\"}"]"#;
const OWNERS_OF_ENDED: &str = r#"["{\"uid\":\"terminating_deployment_uid\",\"kind\":\"Deployment\",\"name\":\"terminating_deployment1\"}"]"#;

#[test]
fn replica_sets_and_deployments_by_id_and_name_before_and_after_their_end() {
    let (before, after) = (recorded(), terminated());
    for (kind, property, [running, ending, ended]) in BY_ID_AND_NAME {
        let keys = match *kind {
            "replicaset" => [
                ("id", "rs0_uid", "terminating_rs0_uid", "rs1_uid"),
                ("name", "pl/rs0", "pl/terminating_rs", "pl/rs1"),
            ],
            _ => [
                (
                    "id",
                    "deployment_uid",
                    "terminating_deployment_uid",
                    "other",
                ),
                ("name", "pl/deployment1", ENDED_DEPLOYMENT, "pl/other"),
            ],
        };
        for (by, first, second, unknown) in keys {
            let name = format!("{kind}_{by}_to_{property}");
            for (metadata, want) in [(&before, ending), (&after, ended)] {
                assert_eq!(of_text(metadata, &name, first), *running, "{name}");
                assert_eq!(of_text(metadata, &name, second), *want, "{name}");
                for bad in [unknown, "badformat", ""] {
                    assert_eq!(of_text(metadata, &name, bad), "", "{name}");
                }
            }
        }
    }
}
