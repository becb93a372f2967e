//! What an agent knows: tables, losses, processes, and the engine over them.

use crate::agent_state::LoneAgent;
use crate::schedule::ScheduleCell;
use crate::{API_QUERIES, ServerError, StoreSink};
use nixie_export::ExportCounters;
use nixie_metadata::Metadata;
use nixie_query::{DataAccess, Engine, QueryLimits};
use nixie_tables::TableStore;
use nixie_types::{Sink, TableSpec};
use std::sync::Arc;

/// How much an agent may hold and do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgentConfig {
    /// LIMIT: bytes that all tables together may hold.
    pub table_bytes_max: usize,
    /// Limits of one query.
    pub query: QueryLimits,
    /// What queries may see of what was captured.
    pub access: DataAccess,
}

/// An agent's knowledge. It neither collects nor listens by itself.
pub struct Agent {
    engine: Arc<Engine>,
    metadata: Arc<Metadata>,
    exports: Arc<ExportCounters>,
    schedule: ScheduleCell,
}

impl Agent {
    /// Returns an agent with empty tables; one for its own queries comes to those that are given.
    ///
    /// # Errors
    ///
    /// When the memory does not suffice for the tables, or the system gives no random bytes.
    pub fn new(
        specs: &[&'static TableSpec],
        metadata: Arc<Metadata>,
        config: AgentConfig,
    ) -> Result<Self, ServerError> {
        Self::with_awaited(specs, &[], metadata, config)
    }

    /// The same with more tables, which scripts know and nothing fills; they take no memory.
    ///
    /// # Errors
    ///
    /// When the memory does not suffice for the tables.
    pub fn with_awaited(
        specs: &[&'static TableSpec],
        awaited: &[&'static TableSpec],
        metadata: Arc<Metadata>,
        config: AgentConfig,
    ) -> Result<Self, ServerError> {
        let specs = [specs, &[&API_QUERIES]].concat();
        let store = TableStore::new(&specs, config.table_bytes_max)?.with_awaited(awaited)?;
        let store = Arc::new(store);
        let schedule = ScheduleCell::default();
        let lone = LoneAgent::new(
            Arc::clone(&metadata),
            Arc::clone(&store),
            Arc::clone(&schedule),
        );
        let lone = lone.map_err(ServerError::Random)?;
        let engine = Engine::new(store, Arc::clone(&metadata), config.query)
            .with_access(config.access)
            .with_agent(Arc::new(lone));
        Ok(Self {
            engine: Arc::new(engine),
            metadata,
            exports: Arc::default(),
            schedule,
        })
    }

    /// Returns the engine over the tables.
    #[must_use]
    pub const fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    /// Returns what is known of processes.
    #[must_use]
    pub const fn metadata(&self) -> &Arc<Metadata> {
        &self.metadata
    }

    /// Returns the counters of what was exported.
    #[must_use]
    pub const fn exports(&self) -> &Arc<ExportCounters> {
        &self.exports
    }

    /// Returns the place of the schedule, which a server fills.
    pub(crate) const fn schedule(&self) -> &ScheduleCell {
        &self.schedule
    }

    /// Returns where a collector writes to.
    #[must_use]
    pub fn sink(&self) -> Arc<dyn Sink> {
        Arc::new(StoreSink::new(
            Arc::clone(&self.engine),
            Arc::clone(&self.exports),
            Arc::clone(&self.schedule),
        ))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use arrow::array::RecordBatch;
    use nixie_types::{ColumnSpec, DataType, Rows, SemanticType};

    pub(crate) static HTTP: TableSpec = TableSpec {
        name: "http_events",
        description: "Requests.",
        columns: &[
            ColumnSpec::new("time_", DataType::Time64Ns, "When.").semantic(SemanticType::TimeNs),
            ColumnSpec::new("req_path", DataType::String, "Path.").dictionary(),
            ColumnSpec::new("latency", DataType::Int64, "How long."),
        ],
    };

    pub(crate) fn agent() -> Agent {
        let metadata = Arc::new(Metadata::new("host".to_owned(), 0));
        let config = AgentConfig {
            table_bytes_max: 16 << 20,
            query: QueryLimits::default(),
            access: DataAccess::default(),
        };
        Agent::new(&[&HTTP], metadata, config).unwrap()
    }

    /// `rows` rows, one each nanosecond from `from`.
    pub(crate) fn batch(from: i64, rows: i64) -> RecordBatch {
        let mut built = Rows::new(&HTTP);
        for row in from..from + rows {
            built
                .row()
                .time(row)
                .string(&format!("/path/{}", row % 10))
                .int64(row)
                .end();
        }
        built.take().unwrap()
    }

    #[test]
    fn too_little_memory_is_refused() {
        let metadata = Arc::new(Metadata::new("host".to_owned(), 0));
        let config = AgentConfig {
            table_bytes_max: 1000,
            query: QueryLimits::default(),
            access: DataAccess::default(),
        };
        let error = Agent::new(&[&HTTP], metadata, config)
            .err()
            .expect("too little");
        assert!(matches!(error, ServerError::Tables(_)), "{error}");
    }
}
