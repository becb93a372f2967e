//! What `df.ctx['key']` stands for: a function of the first of some columns that is there.

use nixie_types::DataType;

/// The column names that tell what a row belongs to, in order of preference, for each key.
struct Property {
    keys: &'static [&'static str],
    name: &'static str,
    columns: &'static [&'static str],
}

const fn property(
    keys: &'static [&'static str],
    name: &'static str,
    columns: &'static [&'static str],
) -> Property {
    Property {
        keys,
        name,
        columns,
    }
}

const UPID: &[&str] = &["upid"];

const PROPERTIES: &[Property] = &[
    property(&["container_id"], "container_id", UPID),
    property(
        &["service_id"],
        "service_id",
        &["upid", "service_name", "pod_id", "pod_name"],
    ),
    property(&["pod_id"], "pod_id", &["upid", "pod_name"]),
    property(
        &["deployment_id"],
        "deployment_id",
        &[
            "upid",
            "deployment_name",
            "pod_id",
            "pod_name",
            "replicaset_id",
            "replicaset_name",
        ],
    ),
    property(
        &["replicaset_id", "replica_set_id"],
        "replicaset_id",
        &["upid", "pod_id", "pod_name", "replicaset_name"],
    ),
    property(
        &["service_name", "service"],
        "service_name",
        &["upid", "service_id", "pod_id", "pod_name"],
    ),
    property(&["pod_name", "pod"], "pod_name", &["upid", "pod_id"]),
    property(
        &["deployment_name", "deployment"],
        "deployment_name",
        &[
            "upid",
            "deployment_id",
            "pod_id",
            "pod_name",
            "replicaset_id",
            "replicaset_name",
        ],
    ),
    property(
        &["namespace"],
        "namespace",
        &["upid", "pod_id", "pod_name", "service_name"],
    ),
    property(
        &["replicaset_name", "replica_set", "replicaset"],
        "replicaset_name",
        &["upid", "pod_id", "pod_name", "replicaset_id"],
    ),
    property(&["node_name", "node"], "node_name", &["upid", "pod_id"]),
    property(&["hostname", "host"], "hostname", UPID),
    property(&["container_name", "container"], "container_name", UPID),
    property(&["cmdline", "cmd"], "cmdline", UPID),
    property(&["asid"], "asid", UPID),
    property(&["pid"], "pid", UPID),
    // Extensions.
    property(&["exe"], "exe", UPID),
    property(&["unit"], "unit", UPID),
    property(&["cgroup"], "cgroup", UPID),
    property(&["comm"], "comm", UPID),
    property(&["parent_pid"], "parent_pid", UPID),
];

/// The function that a key stands for, and its columns.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Conversion {
    pub(crate) function: String,
    pub(crate) columns: Vec<&'static str>,
}

/// Why a key stands for nothing.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// None of these columns is there.
    Columns(&'static [&'static str]),
    /// There is no such key.
    Key,
}

/// Returns the function of a key, for a DataFrame whose columns have some types.
pub(crate) fn resolve(
    key: &str,
    column_type: impl Fn(&str) -> Option<DataType>,
) -> Result<Conversion, Failure> {
    let property = PROPERTIES
        .iter()
        .find(|property| property.keys.contains(&key))
        .ok_or(Failure::Key)?;
    let column = property
        .columns
        .iter()
        .find(|column| column_type(column).is_some())
        .ok_or(Failure::Columns(property.columns))?;
    let function = format!("{column}_to_{}", property.name);
    let fits = |name, wanted| column_type(name) == Some(wanted);
    if function == "upid_to_pod_name"
        && fits("local_addr", DataType::String)
        && fits("time_", DataType::Time64Ns)
    {
        // Finds the pods of processes that ended before anything was known of them.
        return Ok(Conversion {
            function: "_upid_to_podname_local_addr_fallback".to_owned(),
            columns: vec!["upid", "local_addr", "time_"],
        });
    }
    Ok(Conversion {
        function,
        columns: vec![column],
    })
}

/// Returns all keys.
pub(crate) fn keys() -> impl Iterator<Item = &'static str> {
    PROPERTIES
        .iter()
        .flat_map(|property| property.keys.iter().copied())
}

#[cfg(test)]
mod tests {
    use super::*;
    use nixie_functions::Registry;
    use nixie_metadata::Metadata;
    use std::sync::Arc;

    /// Resolves for a DataFrame that has only some of the columns, as tables have them.
    fn with(key: &str, columns: &[&str]) -> Result<Conversion, Failure> {
        resolve(key, |name| {
            columns.contains(&name).then_some(match name {
                "time_" => DataType::Time64Ns,
                "upid" => DataType::UInt128,
                _ => DataType::String,
            })
        })
    }

    #[test]
    fn the_first_column_that_is_there_is_taken() {
        for (key, columns, function) in [
            ("pod", &["pod_id"][..], "pod_id_to_pod_name"),
            (
                "service_id",
                &["pod_name", "service_name", "pod_id"],
                "service_name_to_service_id",
            ),
            (
                "deployment_id",
                &["replicaset_id", "deployment_name"],
                "deployment_name_to_deployment_id",
            ),
            (
                "namespace",
                &["service_name", "pod_name"],
                "pod_name_to_namespace",
            ),
            (
                "replica_set_id",
                &["replicaset_name"],
                "replicaset_name_to_replicaset_id",
            ),
            ("node", &["pod_id", "upid"], "upid_to_node_name"),
        ] {
            assert_eq!(with(key, columns).unwrap().function, function, "{key}");
        }
        assert_eq!(with("nope", &["upid"]), Err(Failure::Key));
        assert_eq!(with("Pod", &["upid"]), Err(Failure::Key));
        assert_eq!(with("cmd", &["pod_id"]), Err(Failure::Columns(&["upid"])));
    }

    #[test]
    fn pods_are_found_by_address_and_time_where_these_are_what_they_should_be() {
        let all = ["upid", "local_addr", "time_"];
        assert_eq!(with("pod_name", &all).unwrap().columns, all);
        assert_eq!(with("pod", &all[..2]).unwrap().function, "upid_to_pod_name");
        assert_eq!(with("pod_id", &all).unwrap().function, "upid_to_pod_id");
        let numbers = resolve("pod", |name| all.contains(&name).then_some(DataType::Int64));
        assert_eq!(numbers.unwrap().columns, ["upid"]);
    }

    #[test]
    fn every_conversion_is_a_function() {
        let registry = Registry::new(Arc::new(Metadata::new("host".to_owned(), 0)));
        for property in PROPERTIES {
            for column in property.columns {
                let name = with(property.keys[0], &[column]).unwrap().function;
                assert!(registry.function(&name).is_some(), "`{name}` is missing");
            }
        }
    }
}
