//! Runs a plan over rows that never end.
//!
//! Plans that can be streamed look at one row at a time. So the plan is run over the rows that the
//! tables hold, and then again and again over those that have come since.

use crate::QueryError;
use crate::engine::{Prepared, Resources, Sessions};
use crate::provider::QueryRows;
use arrow::array::RecordBatch;
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::memory_pool::MemoryPool;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::execute_stream;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use futures::StreamExt;
use nixie_tables::{Follower, Snapshot, TableStore};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

/// Time that rows are gathered before the plan is run over them.
const GATHER_TIME: Duration = Duration::from_millis(100);

/// A plan, and where its rows come from.
struct Endless {
    sessions: Sessions,
    plan: LogicalPlan,
    memory: Arc<dyn MemoryPool>,
    followers: Vec<Follower>,
    /// Rows that the next round reads, by table.
    rows: BTreeMap<&'static str, Snapshot>,
    /// The rows of this round.
    round: Option<SendableRecordBatchStream>,
}

/// Returns the rows of a plan, and then those that come into the tables that it reads.
pub(crate) fn endless(
    prepared: &Prepared,
    sessions: Sessions,
    plan: LogicalPlan,
    memory: Arc<dyn MemoryPool>,
    store: &TableStore,
    tables: impl Iterator<Item = String>,
) -> SendableRecordBatchStream {
    let schema = prepared.plan.schema();
    let followed = tables.filter_map(|name| Some(store.table(&name)?.follow()));
    let (held, followers): (Vec<_>, Vec<_>) = followed.unzip();
    let rows = followers.iter().map(Follower::table).zip(held).collect();
    let endless = Endless {
        sessions,
        plan,
        memory,
        followers,
        rows,
        round: None,
    };
    let batches = futures::stream::unfold(Some(endless), |endless| async {
        let mut endless = endless?;
        let batch = endless.next().await;
        let rest = batch.is_ok().then_some(endless);
        Some((batch, rest))
    });
    Box::pin(RecordBatchStreamAdapter::new(schema, batches))
}

impl Endless {
    async fn next(&mut self) -> Result<RecordBatch, DataFusionError> {
        loop {
            if let Some(round) = &mut self.round {
                match round.next().await {
                    Some(Ok(batch)) if batch.num_rows() == 0 => continue,
                    Some(batch) => return batch,
                    None => self.round = None,
                }
                self.gather().await?;
            }
            let resources = Resources {
                memory: Arc::clone(&self.memory),
                rows: Arc::new(QueryRows::new(std::mem::take(&mut self.rows))),
            };
            let prepared = self.sessions.prepare(&self.plan, &resources).await;
            let Prepared { plan, session, .. } = prepared.map_err(external)?;
            self.round = Some(execute_stream(plan, session.task_ctx())?);
        }
    }

    /// Waits until rows have come, and a moment more.
    async fn gather(&mut self) -> Result<(), DataFusionError> {
        let followers = &self.followers;
        // All of them are asked: each one has to know whom to wake.
        poll_fn(|context| {
            let ready = followers
                .iter()
                .filter(|follower| follower.poll_ready(context).is_ready());
            if ready.count() > 0 {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
        tokio::time::sleep(GATHER_TIME).await;
        for follower in followers {
            let rows = follower.take().map_err(|behind| {
                external(QueryError::FellBehind {
                    table: follower.table().to_owned(),
                    waiting_bytes: behind.waiting_bytes,
                })
            })?;
            self.rows.insert(follower.table(), rows);
        }
        Ok(())
    }
}

fn external(error: QueryError) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}
