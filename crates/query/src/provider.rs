//! A stored table as DataFusion sees it.

use crate::DataAccess;
use crate::data_access::Redaction;
use crate::equal_texts;
use crate::output::ScanCounters;
use crate::scan_exec::TableScanExec;
use crate::time_range::TimeRange;
use arrow::datatypes::{Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::Result;
use datafusion::datasource::TableType;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_plan::ExecutionPlan;
use nixie_tables::{ScanOptions, Snapshot, Table, TableStore};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// A table of a store.
#[derive(Debug)]
pub struct StoredTable {
    store: Arc<TableStore>,
    name: &'static str,
    schema: SchemaRef,
}

/// The rows that a query reads of each table: the same ones, wherever it reads them.
#[derive(Debug, Default)]
pub(crate) struct QueryRows(Mutex<BTreeMap<&'static str, Snapshot>>);

impl QueryRows {
    /// Returns rows that are given; those of other tables are the ones that are held when they are
    /// first asked for.
    pub(crate) const fn new(rows: BTreeMap<&'static str, Snapshot>) -> Self {
        Self(Mutex::new(rows))
    }

    fn of(&self, table: &Table) -> Snapshot {
        let mut rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let rows = rows.entry(table.spec().name);
        rows.or_insert_with(|| table.snapshot()).clone()
    }
}

/// How the scans of one plan are to be done, and what they counted. Travels in the session.
#[derive(Debug, Default)]
pub(crate) struct ScanScope {
    /// Rows must come in order of time.
    pub(crate) ordered: bool,
    /// What may be seen of the rows.
    pub(crate) access: DataAccess,
    /// The rows to read.
    pub(crate) rows: Arc<QueryRows>,
    /// One entry for each scan.
    counters: Mutex<Vec<Arc<ScanCounters>>>,
}

impl ScanScope {
    pub(crate) fn new(ordered: bool, access: DataAccess, rows: Arc<QueryRows>) -> Self {
        Self {
            ordered,
            access,
            rows,
            counters: Mutex::default(),
        }
    }

    /// Returns what the scans counted so far.
    pub(crate) fn counters(&self) -> Vec<Arc<ScanCounters>> {
        let counters = self.counters.lock();
        counters.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes what scans count into the account.
    pub(crate) fn add_counters(&self, counters: impl IntoIterator<Item = Arc<ScanCounters>>) {
        let all = self.counters.lock();
        all.unwrap_or_else(PoisonError::into_inner).extend(counters);
    }
}

impl StoredTable {
    /// Returns a table by name, if the store has it.
    #[must_use]
    pub fn new(store: Arc<TableStore>, name: &str) -> Option<Self> {
        let table = store.table(name)?;
        let (name, schema) = (table.spec().name, table.schema());
        Some(Self {
            store,
            name,
            schema,
        })
    }
}

#[async_trait]
impl TableProvider for StoredTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    /// A time range is applied to the row. Texts that columns must equal let chunks be passed over;
    /// that and every other filter is left to the plan.
    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> Result<Vec<TableProviderFilterPushDown>> {
        let support = |filter: &&Expr| {
            if TimeRange::of_filter(filter).is_some() {
                TableProviderFilterPushDown::Exact
            } else if equal_texts::of_filter(filter, &self.schema).is_empty() {
                TableProviderFilterPushDown::Unsupported
            } else {
                TableProviderFilterPushDown::Inexact
            }
        };
        Ok(filters.iter().map(support).collect())
    }

    async fn scan(
        &self,
        session: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let table = self.store.table(self.name).ok_or_else(|| {
            DataFusionError::Plan(format!("table `{}` is not in the store", self.name))
        })?;
        let scope = session.config().get_extension::<ScanScope>();
        let access = scope.as_ref().map(|scope| scope.access).unwrap_or_default();
        let range = TimeRange::of(filters);
        // What is hidden must not show in which chunks were read.
        let hidden = Redaction::of(access, self.name, &self.schema);
        let equal_texts = filters.iter();
        let equal_texts = equal_texts
            .flat_map(|filter| equal_texts::of_filter(filter, &self.schema))
            .filter(|equal| !hidden.hides(equal.column));
        let options = ScanOptions {
            equal_texts: equal_texts.collect(),
            projection: projection.cloned(),
            start_ns: range.start_ns,
            end_ns: range.end_ns,
            limit,
            batch_rows: session.config().batch_size(),
        };
        let ordered = scope.as_ref().is_none_or(|scope| scope.ordered);
        let partitions = if ordered {
            1
        } else {
            session.config().target_partitions()
        };
        let counters = Arc::new(ScanCounters::new(self.name));
        if let Some(scope) = &scope {
            scope.add_counters([Arc::clone(&counters)]);
        }
        let rows = match &scope {
            Some(scope) => scope.rows.of(table),
            None => table.snapshot(),
        };
        let redaction = |schema: &Schema| Redaction::of(access, self.name, schema);
        let scan = TableScanExec::new(rows, options, partitions, counters, redaction)?;
        Ok(Arc::new(scan))
    }
}
