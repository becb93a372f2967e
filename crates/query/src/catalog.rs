//! The tables that scripts can read.

use crate::provider::StoredTable;
use datafusion::datasource::provider_as_source;
use datafusion::logical_expr::TableSource;
use nixie_pxl::Catalog;
use nixie_tables::TableStore;
use std::sync::Arc;

/// The tables of a store, as the compiler sees them.
#[derive(Clone, Debug)]
pub struct TableCatalog {
    store: Arc<TableStore>,
}

impl TableCatalog {
    /// Returns the tables of a store.
    #[must_use]
    pub const fn new(store: Arc<TableStore>) -> Self {
        Self { store }
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
