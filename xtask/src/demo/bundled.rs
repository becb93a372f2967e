//! The scripts that come with px, all of them, on the running system.

use super::agent::Agent;
use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

/// Scripts that must have rows here. The others are about Kubernetes, or read tables whose source
/// is not there yet.
const WITH_ROWS: [&str; 6] = [
    "px/http_data",
    "px/service_stats",
    "px/host",
    "px/process",
    "px/top",
    "px/errors",
];

/// Values for arguments without a default, by their type.
const VALUES: [(&str, &str); 5] = [
    ("PX_NAMESPACE", "default"),
    ("PX_NODE", "node"),
    ("PX_POD", "default/shop"),
    ("PX_SERVICE", "default/shop"),
    ("PX_STRING", "127.0.0.1"),
];

/// What is said of scripts that change what is traced.
const NOT_DEPLOYABLE: &str = "not deployable here yet";

/// Runs them all, and says what came of it.
pub(super) fn run(agent: &Agent) -> Result<String> {
    let (mut with_rows, mut without_rows, mut undeployable) = (Vec::new(), 0, 0);
    for name in agent.scripts()? {
        let arguments = arguments(&agent.vis(&name)?);
        match agent.script_rows(&name, &arguments) {
            Ok(0) => without_rows += 1,
            Ok(rows) => with_rows.push((name, rows)),
            Err(error) if format!("{error:#}").contains(NOT_DEPLOYABLE) => undeployable += 1,
            Err(error) => return Err(error.context(format!("script `{name}` failed"))),
        }
    }
    for wanted in WITH_ROWS {
        let has_rows = with_rows.iter().any(|(name, _)| name == wanted);
        ensure!(has_rows, "script `{wanted}` gave no rows");
    }
    let rows = with_rows
        .iter()
        .map(|(name, rows)| format!("{name} {rows}"));
    let rows = rows.collect::<Vec<_>>().join(", ");
    let ran = with_rows.len() + without_rows;
    Ok(format!(
        "{ran} scripts that come with px ran without an error, {undeployable} more change what is \
         traced, which is {NOT_DEPLOYABLE}; rows: {rows}"
    ))
}

/// Returns values for the arguments that a vis specification requires.
fn arguments(vis: &Value) -> Vec<String> {
    let variables = vis["variables"].as_array().map_or(&[][..], Vec::as_slice);
    let required = variables
        .iter()
        .filter(|variable| variable["defaultValue"].is_null());
    required
        .filter_map(|variable| {
            let kind = variable["type"].as_str()?;
            let (_, value) = VALUES.iter().find(|(known, _)| *known == kind)?;
            Some([
                format!("--{}", variable["name"].as_str()?),
                (*value).to_owned(),
            ])
        })
        .flatten()
        .collect()
}

/// Reads the names that `px script list -o json` prints.
pub(super) fn names(printed: &str) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for line in printed.lines() {
        let line: Value = serde_json::from_str(line)?;
        let name = line["name"].as_str().context("a script without a name")?;
        found.push(name.to_owned());
    }
    if found.is_empty() {
        bail!("no scripts come with px");
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn required_arguments_get_values() {
        let vis = json!({"variables": [
            {"name": "pod", "type": "PX_POD"},
            {"name": "start_time", "type": "PX_STRING", "defaultValue": "-5m"},
            {"name": "ns", "type": "PX_NAMESPACE"}
        ]});
        assert_eq!(
            arguments(&vis),
            ["--pod", "default/shop", "--ns", "default"]
        );
        assert!(arguments(&Value::Null).is_empty());
    }

    #[test]
    fn names_are_read_line_by_line() {
        let printed = "{\"name\": \"px/a\", \"short\": \"x\"}\n{\"name\": \"px/b\"}\n";
        assert_eq!(names(printed).unwrap(), ["px/a", "px/b"]);
        assert!(names("").is_err() && names("{}").is_err());
    }
}
