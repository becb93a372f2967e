//! `agent_status`: what the agent does, loses and costs, as counters and gauges.
//!
//! One row for each value and period. Counters run since the start of the agent.

use crate::sources::{TIME, UPID};
use nixie_types::{ColumnSpec, DataType, PatternType, Rows, TableSpec, Upid};

/// How often values are reported.
pub(crate) const PERIOD_NS: i64 = 5_000_000_000;

/// See the module.
pub(crate) static TABLE: TableSpec = TableSpec {
    name: "agent_status",
    description: "What the agent does, loses and costs.",
    columns: &[
        TIME,
        UPID,
        ColumnSpec::new("stage", DataType::String, "Part of the agent: kernel, collector, …")
            .pattern(PatternType::GeneralEnum)
            .dictionary(),
        ColumnSpec::new("name", DataType::String, "Name of the value.")
            .pattern(PatternType::GeneralEnum)
            .dictionary(),
        ColumnSpec::new("kind", DataType::String, "`counter` or `gauge`.")
            .pattern(PatternType::GeneralEnum)
            .dictionary(),
        ColumnSpec::new("value", DataType::Int64, "The value; its unit ends the name."),
    ],
};

/// Writes the rows of one period.
pub(crate) struct Report<'a> {
    pub agent: Upid,
    pub now_ns: i64,
    pub rows: &'a mut Rows,
}

impl Report<'_> {
    /// Adds a running total.
    pub(crate) fn counter(&mut self, stage: &str, name: &str, value: u64) {
        self.add(stage, name, "counter", value);
    }

    /// Adds a momentary value.
    pub(crate) fn gauge(&mut self, stage: &str, name: &str, value: u64) {
        self.add(stage, name, "gauge", value);
    }

    fn add(&mut self, stage: &str, name: &str, kind: &str, value: u64) {
        self.rows
            .row()
            .time(self.now_ns)
            .upid(self.agent)
            .string(stage)
            .string(name)
            .string(kind)
            .int64(i64::try_from(value).unwrap_or(i64::MAX))
            .end();
    }
}
