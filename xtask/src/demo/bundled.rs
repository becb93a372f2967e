//! Scripts that come with px on the running system: the ones that Pixie's users know best.

use super::agent::Agent;
use anyhow::{Context, Result, ensure};

/// Scripts with their required arguments, and whether the system has rows for them. The others are
/// about Kubernetes, or read tables whose source is not there yet.
const SCRIPTS: [(&str, &[&str], bool); 8] = [
    ("px/http_data", &[], true),
    ("px/service_stats", &[], true),
    ("px/sql_queries", &[], false),
    ("px/net_flow_graph", &["--namespace", "default"], false),
    ("px/pod", &["--pod", "default/shop"], false),
    ("px/cluster", &[], false),
    ("px/perf_flamegraph", &[], false),
    ("pxbeta/pii_cluster_egress", &[], false),
];

/// Runs them all and says how many rows each gave.
pub(super) fn run(agent: &Agent) -> Result<String> {
    let mut said = Vec::new();
    for (name, arguments, has_rows) in SCRIPTS {
        let rows = agent.script_rows(name, arguments);
        let rows = rows.with_context(|| format!("script `{name}` failed"))?;
        ensure!(rows > 0 || !has_rows, "script `{name}` gave no rows");
        said.push(format!("{name} {rows}"));
    }
    let (count, said) = (said.len(), said.join(", "));
    Ok(format!(
        "{count} scripts that come with px ran; their rows: {said}"
    ))
}
