//! How rows and losses get from the collector into the tables.

use crate::schedule::ScheduleCell;
use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::TimestampNanosecondType;
use nixie_export::ExportCounters;
use nixie_query::Engine;
use nixie_types::{Loss, Sink, Status, StatusKind, TableSpec, clock};
use std::sync::Arc;
use tracing::warn;

/// Writes rows into the tables of an engine, and losses into its log.
pub struct StoreSink {
    engine: Arc<Engine>,
    exports: Arc<ExportCounters>,
    schedule: ScheduleCell,
}

impl StoreSink {
    /// Returns a sink into the tables of an engine; it tells of exports and scheduled scripts
    /// beside the tables.
    pub(crate) const fn new(
        engine: Arc<Engine>,
        exports: Arc<ExportCounters>,
        schedule: ScheduleCell,
    ) -> Self {
        Self {
            engine,
            exports,
            schedule,
        }
    }
}

impl Sink for StoreSink {
    fn append(&self, table: &'static TableSpec, batch: RecordBatch) {
        let (start_ns, end_ns) = time_range(&batch);
        let (events, bytes) = (
            batch.num_rows() as u64,
            batch.get_array_memory_size() as u64,
        );
        let loss = |reason, events, bytes| Loss {
            table: Some(table.name),
            start_ns,
            end_ns,
            reason,
            events,
            bytes,
        };
        match self.engine.store().append(table.name, batch) {
            Ok(dropped) if dropped.rows > 0 => {
                self.lost(&loss(
                    "row larger than its table",
                    dropped.rows,
                    dropped.bytes,
                ));
            }
            Ok(_) => {}
            Err(error) => {
                warn!(table = table.name, rows = events, %error, "rows refused by their table");
                self.lost(&loss("rows refused by their table", events, bytes));
            }
        }
    }

    fn lost(&self, loss: &Loss) {
        self.engine.losses().record(*loss);
    }

    fn status(&self, report: &mut dyn FnMut(Status)) {
        let tables = self.engine.store().tables();
        for table in tables.filter(|table| table.has_source()) {
            let stats = table.stats();
            let mut tell = |what: &str, kind, value| {
                let name = format!("{}_{what}", table.spec().name);
                report(Status {
                    stage: "tables",
                    name,
                    kind,
                    value,
                });
            };
            tell("held_bytes", StatusKind::Gauge, stats.bytes);
            tell("rows_added", StatusKind::Counter, stats.rows_added);
            tell("rows_evicted", StatusKind::Counter, stats.rows_evicted);
            tell("rows_dropped", StatusKind::Counter, stats.rows_dropped);
        }
        self.exports.status(report);
        if let Some(schedule) = self.schedule.get() {
            schedule.counters().status(report);
        }
    }
}

/// Returns the earliest and latest time in the first column; now, when it holds no times.
fn time_range(batch: &RecordBatch) -> (i64, i64) {
    let times = batch.columns().first().and_then(|column| {
        let times = column.as_primitive_opt::<TimestampNanosecondType>()?;
        let values = times.values();
        Some((*values.iter().min()?, *values.iter().max()?))
    });
    times.unwrap_or_else(|| (clock::now_ns(), clock::now_ns()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::tests::{HTTP, agent, batch};
    use nixie_types::{ColumnSpec, DataType, Rows};

    static UNKNOWN: TableSpec = TableSpec {
        name: "unknown",
        description: "Not in the store.",
        columns: &[ColumnSpec::new("time_", DataType::Time64Ns, "When.")],
    };

    #[test]
    fn rows_arrive_in_their_table() {
        let agent = agent();
        agent.sink().append(&HTTP, batch(0, 10));
        assert_eq!(
            agent
                .engine()
                .store()
                .table("http_events")
                .unwrap()
                .stats()
                .rows,
            10
        );
    }

    #[test]
    fn rows_that_no_table_takes_are_a_loss_with_its_time() {
        let agent = agent();
        let mut rows = Rows::new(&UNKNOWN);
        for time_ns in [7, 5, 6] {
            rows.row().time(time_ns).end();
        }
        agent.sink().append(&UNKNOWN, rows.take().unwrap());
        let losses = agent.engine().losses().affecting(&[("unknown", 0, 99)]);
        assert_eq!(
            (losses[0].start_ns, losses[0].end_ns, losses[0].events),
            (5, 7, 3)
        );
    }

    #[test]
    fn a_row_that_is_too_large_is_a_loss() {
        let agent = agent();
        let mut rows = Rows::new(&HTTP);
        rows.row()
            .time(3)
            .string(&"x".repeat(9 << 20))
            .int64(1)
            .end();
        agent.sink().append(&HTTP, rows.take().unwrap());
        let losses = agent.engine().losses().affecting(&[("http_events", 3, 3)]);
        assert_eq!(
            (losses[0].reason, losses[0].events),
            ("row larger than its table", 1)
        );
    }
}
