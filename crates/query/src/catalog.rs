//! The tables that scripts can read.

use crate::function_table::{Answers, FunctionTable};
use crate::provider::StoredTable;
use datafusion::catalog::TableProvider;
use datafusion::common::ScalarValue;
use datafusion::datasource::provider_as_source;
use datafusion::logical_expr::TableSource;
use nixie_functions::TableFunction;
use nixie_pxl::Catalog;
use nixie_tables::TableStore;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The tables of a store, as the compiler sees them. One is for one script: within it, the same call
/// of a table function gives the same rows.
#[derive(Debug)]
pub struct TableCatalog {
    store: Arc<TableStore>,
    answers: Option<Answers>,
    called: Mutex<HashMap<Call, Arc<FunctionTable>>>,
}

/// A table function with its arguments.
type Call = (&'static str, Vec<ScalarValue>);

impl TableCatalog {
    /// Returns the tables of a store.
    #[must_use]
    pub fn new(store: Arc<TableStore>) -> Self {
        Self {
            store,
            answers: None,
            called: Mutex::default(),
        }
    }

    /// Returns the catalog with somebody to answer table functions.
    #[must_use]
    pub(crate) fn with_answers(mut self, answers: Answers) -> Self {
        self.answers = Some(answers);
        self
    }
}

impl Catalog for TableCatalog {
    fn table(&self, name: &str) -> Option<Arc<dyn TableSource>> {
        let table = StoredTable::new(Arc::clone(&self.store), name)?;
        Some(provider_as_source(Arc::new(table)))
    }

    fn table_names(&self) -> Vec<String> {
        self.store
            .tables()
            .map(|table| table.spec().name.to_owned())
            .collect()
    }

    fn table_function(
        &self,
        function: &'static TableFunction,
        args: Vec<ScalarValue>,
    ) -> Arc<dyn TableSource> {
        let mut called = self.called.lock().unwrap_or_else(PoisonError::into_inner);
        let table = called
            .entry((function.name(), args.clone()))
            .or_insert_with(|| {
                let answers = self.answers.clone();
                Arc::new(FunctionTable::new(function, args, answers))
            });
        provider_as_source(Arc::clone(table) as Arc<dyn TableProvider>)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use nixie_types::{ColumnSpec, DataType, Rows, SemanticType, TableSpec};

    pub(crate) static HTTP: TableSpec = TableSpec {
        name: "http_events",
        description: "Requests.",
        columns: &[
            ColumnSpec::new("time_", DataType::Time64Ns, "When.").semantic(SemanticType::TimeNs),
            ColumnSpec::new("req_path", DataType::String, "Path.").dictionary(),
            ColumnSpec::new("latency", DataType::Int64, "How long."),
        ],
    };

    /// A store of `rows` rows, one each nanosecond from 0, in batches of 100.
    pub(crate) fn store(rows: i64) -> Arc<TableStore> {
        let store = TableStore::new(&[&HTTP], 512 << 20).unwrap();
        let mut built = Rows::new(&HTTP);
        for row in 0..rows {
            let path = format!("/a/path/of/some/length/{}", row % 10);
            built.row().time(row).string(&path).int64(row % 1000).end();
            if row % 100 == 99 {
                store.append("http_events", built.take().unwrap()).unwrap();
            }
        }
        store
            .append("http_events", built.take().unwrap_or_else(empty))
            .unwrap();
        Arc::new(store)
    }

    fn empty() -> arrow::array::RecordBatch {
        arrow::array::RecordBatch::new_empty(HTTP.storage_schema())
    }

    pub(crate) fn catalog() -> TableCatalog {
        TableCatalog::new(store(0))
    }

    #[test]
    fn tables_are_found_by_name_with_their_meaning() {
        let catalog = catalog();
        assert_eq!(catalog.table_names(), ["http_events"]);
        let schema = catalog.table("http_events").unwrap().schema();
        assert_eq!(schema.field(0).metadata()["px.semantic_type"], "ST_TIME_NS");
        assert!(catalog.table("http_event").is_none());
    }
}
