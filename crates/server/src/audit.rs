//! Who ran what: a row for each query, in a table that scripts can read.

use crate::Agent;
use crate::access::Principal;
use nixie_types::{ColumnSpec, DataType, Rows, SemanticType, TableSpec, clock};
use std::net::SocketAddr;
use tokio::time::Instant;
use tonic::Status;

/// The table.
pub static API_QUERIES: TableSpec = TableSpec {
    name: "api_queries",
    description: "Scripts that clients ran on this agent, each at its end.",
    columns: &[
        ColumnSpec::new("time_", DataType::Time64Ns, "When the query ended.")
            .semantic(SemanticType::TimeNs),
        ColumnSpec::new(
            "principal",
            DataType::String,
            "Who ran it: `key ID`, `user NAME`, `local token` or `schedule`.",
        )
        .dictionary(),
        ColumnSpec::new("role", DataType::String, "What they may do.").dictionary(),
        ColumnSpec::new("client_addr", DataType::String, "Address of the client.")
            .semantic(SemanticType::IpAddress)
            .dictionary(),
        ColumnSpec::new("client_port", DataType::Int64, "Port of the client.")
            .semantic(SemanticType::Port),
        ColumnSpec::new(
            "query_id",
            DataType::String,
            "Id of the query; empty over HTTP.",
        ),
        ColumnSpec::new(
            "query_name",
            DataType::String,
            "Name that the client gave it, up to 256 bytes.",
        )
        .dictionary(),
        ColumnSpec::new("script", DataType::String, "The script, up to 4 KiB.").dictionary(),
        ColumnSpec::new(
            "mutation",
            DataType::Boolean,
            "It was allowed to change what is traced.",
        ),
        ColumnSpec::new(
            "status",
            DataType::Int64,
            "How it ended, as a gRPC code; 0 is well.",
        ),
        ColumnSpec::new(
            "message",
            DataType::String,
            "Why it failed; empty if it did not.",
        ),
        ColumnSpec::new(
            "latency",
            DataType::Int64,
            "How long it took, waiting included.",
        )
        .semantic(SemanticType::DurationNs),
        ColumnSpec::new("rows", DataType::Int64, "Rows of its result."),
        ColumnSpec::new("rows_read", DataType::Int64, "Rows that it read."),
    ],
};

/// LIMIT: bytes of a script in the table.
const SCRIPT_BYTES_MAX: usize = 4096;

/// LIMIT: bytes of the name that a client gives its query, in the table.
const NAME_BYTES_MAX: usize = 256;

/// LIMIT: bytes of why a query failed, in the table.
const MESSAGE_BYTES_MAX: usize = 2048;

/// A query that runs.
#[derive(Debug)]
pub(crate) struct Audited {
    pub(crate) principal: Principal,
    pub(crate) client: Option<SocketAddr>,
    pub(crate) query_id: String,
    pub(crate) query_name: String,
    pub(crate) script: String,
    pub(crate) mutation: bool,
    pub(crate) started: Instant,
}

/// How a query ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    code: i32,
    message: String,
    rows: u64,
    rows_read: u64,
}

impl Outcome {
    pub(crate) fn succeeded(rows: u64, rows_read: u64) -> Self {
        Self {
            rows,
            rows_read,
            ..Self::default()
        }
    }

    pub(crate) fn failed(status: &Status) -> Self {
        Self::default().but(status)
    }

    /// Returns the outcome of a query that gave its rows, and failed in something else.
    pub(crate) fn but(self, status: &Status) -> Self {
        Self {
            code: status.code() as i32,
            message: status.message().to_owned(),
            ..self
        }
    }
}

impl Audited {
    /// Writes the row.
    pub(crate) fn record(self, agent: &Agent, outcome: &Outcome) {
        let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let address = self
            .client
            .map_or_else(String::new, |client| client.ip().to_string());
        let latency_ns = self.started.elapsed().as_nanos();
        let mut rows = Rows::new(&API_QUERIES);
        rows.row()
            .time(clock::now_ns())
            .string(&self.principal.name)
            .string(self.principal.role.name())
            .string(&address)
            .int64(self.client.map_or(0, |client| client.port().into()))
            .string(&self.query_id)
            .string(cut(&self.query_name, NAME_BYTES_MAX))
            .string(cut(&self.script, SCRIPT_BYTES_MAX))
            .bool(self.mutation)
            .int64(outcome.code.into())
            .string(cut(&outcome.message, MESSAGE_BYTES_MAX))
            .int64(i64::try_from(latency_ns).unwrap_or(i64::MAX))
            .int64(number(outcome.rows))
            .int64(number(outcome.rows_read))
            .end();
        if let Some(batch) = rows.take() {
            agent.sink().append(&API_QUERIES, batch);
        }
    }
}

/// Returns as much of a client's text as the table takes.
fn cut(text: &str, bytes_max: usize) -> &str {
    &text[..text.floor_char_boundary(bytes_max)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::tests::agent;

    #[tokio::test]
    async fn a_client_cannot_fill_the_table_with_one_row() {
        let agent = agent();
        let large = "ä".repeat(1 << 20);
        let audited = Audited {
            principal: Principal::schedule(),
            client: None,
            query_id: String::new(),
            query_name: large.clone(),
            script: large.clone(),
            mutation: false,
            started: Instant::now(),
        };
        audited.record(&agent, &Outcome::failed(&Status::internal(large)));
        let store = agent.engine().store();
        let table = store
            .tables()
            .find(|table| table.spec().name == API_QUERIES.name);
        let stats = table.expect("the table").stats();
        assert!(
            stats.bytes_added > 0 && stats.bytes_added < 64 * 1024,
            "{stats:?}"
        );
    }
}
