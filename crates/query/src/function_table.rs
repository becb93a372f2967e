//! What a table function gives, as DataFusion sees it.

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{MemTable, Session, TableProvider};
use datafusion::common::{Result, ScalarValue};
use datafusion::datasource::TableType;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::Expr;
use datafusion::physical_plan::ExecutionPlan;
use nixie_functions::{AgentState, Registry, TableFunction};
use std::sync::{Arc, OnceLock};

/// Who answers table functions.
#[derive(Clone, Debug)]
pub(crate) struct Answers {
    pub(crate) registry: Arc<Registry>,
    pub(crate) agent: Arc<dyn AgentState>,
}

/// The rows of a table function. They are made when the first plan needs them, and stay the same.
#[derive(Debug)]
pub(crate) struct FunctionTable {
    function: &'static TableFunction,
    args: Vec<ScalarValue>,
    answers: Option<Answers>,
    rows: OnceLock<Arc<MemTable>>,
}

impl FunctionTable {
    pub(crate) const fn new(
        function: &'static TableFunction,
        args: Vec<ScalarValue>,
        answers: Option<Answers>,
    ) -> Self {
        Self {
            function,
            args,
            answers,
            rows: OnceLock::new(),
        }
    }

    fn rows(&self) -> Result<Arc<MemTable>> {
        if let Some(rows) = self.rows.get() {
            return Ok(Arc::clone(rows));
        }
        let Some(Answers { registry, agent }) = &self.answers else {
            let name = self.function.name();
            let message = format!("`{name}` needs a running agent to answer it, and there is none");
            return Err(DataFusionError::Execution(message));
        };
        let batch = self
            .function
            .evaluate(&self.args, registry, agent.as_ref())
            .map_err(|error| DataFusionError::External(Box::new(error)))?;
        let table = MemTable::try_new(batch.schema(), vec![vec![batch]])?;
        // Whoever was first decides what the rows are.
        Ok(Arc::clone(self.rows.get_or_init(|| Arc::new(table))))
    }
}

#[async_trait]
impl TableProvider for FunctionTable {
    fn schema(&self) -> SchemaRef {
        self.function.table.schema()
    }

    fn table_type(&self) -> TableType {
        TableType::Temporary
    }

    async fn scan(
        &self,
        session: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let rows = self.rows()?;
        rows.scan(session, projection, filters, limit).await
    }
}
