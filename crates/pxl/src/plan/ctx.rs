//! What `df.ctx['key']` stands for: a function of the first of some columns that is there.

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

/// Returns the function of a key, for a DataFrame that has some columns.
pub(crate) fn resolve(key: &str, has: impl Fn(&str) -> bool) -> Result<Conversion, Failure> {
    let property = PROPERTIES
        .iter()
        .find(|property| property.keys.contains(&key))
        .ok_or(Failure::Key)?;
    let column = property
        .columns
        .iter()
        .find(|column| has(column))
        .ok_or(Failure::Columns(property.columns))?;
    let function = format!("{column}_to_{}", property.name);
    if function == "upid_to_pod_name" && has("local_addr") && has("time_") {
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

    #[test]
    fn the_first_column_that_is_there_is_taken() {
        let pod = resolve("pod", |name| name == "pod_id").unwrap();
        assert_eq!(pod.function, "pod_id_to_pod_name");
        assert_eq!(resolve("nope", |_| true), Err(Failure::Key));
        assert_eq!(resolve("cmd", |_| false), Err(Failure::Columns(&["upid"])));
        let fallback = resolve("pod", |_| true).unwrap();
        assert_eq!(fallback.columns, ["upid", "local_addr", "time_"]);
    }

    #[test]
    fn every_conversion_is_a_function() {
        let registry = Registry::new(Arc::new(Metadata::new("host".to_owned(), 0)));
        for property in PROPERTIES {
            for column in property.columns {
                let name = resolve(property.keys[0], |name| name == *column)
                    .unwrap()
                    .function;
                assert!(registry.function(&name).is_some(), "`{name}` is missing");
            }
        }
    }
}
