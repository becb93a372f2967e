//! Which tables and functions a query knows.
//!
//! A function is looked for among those of PxL first, then among those of DataFusion. SQL makes
//! names lower-case; so those of PxL are found whatever their case.

use super::aggregate::PxlAggregate;
use crate::catalog::TableCatalog;
use arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::TableReference;
use datafusion::common::config::ConfigOptions;
use datafusion::datasource::cte_worktable::CteWorkTable;
use datafusion::datasource::provider_as_source;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::session_state::SessionState;
use datafusion::logical_expr::planner::{ContextProvider, ExprPlanner};
use datafusion::logical_expr::{AggregateUDF, HigherOrderUDF, ScalarUDF, TableSource, WindowUDF};
use nixie_functions::Registry;
use nixie_pxl::Catalog;
use std::collections::HashMap;
use std::sync::Arc;

/// The one catalog, for clients that put its name before that of a table.
pub const SQL_CATALOG: &str = "px";

/// The one schema in it.
pub const SQL_SCHEMA: &str = "public";

/// What SQL and PxL count in the same way; SQL's takes `*`, too.
const OF_SQL: &[&str] = &["count"];

/// The names that a query can use.
pub(super) struct Names<'a> {
    catalog: &'a TableCatalog,
    session: &'a SessionState,
    scalars: HashMap<String, Arc<ScalarUDF>>,
    aggregates: HashMap<String, Arc<AggregateUDF>>,
}

impl<'a> Names<'a> {
    pub(super) fn new(
        catalog: &'a TableCatalog,
        registry: &Arc<Registry>,
        session: &'a SessionState,
    ) -> Self {
        let scalars = registry.scalar_functions().into_iter();
        let aggregates = registry
            .functions()
            .filter(|function| function.is_aggregate() && !OF_SQL.contains(&function.name));
        Self {
            catalog,
            session,
            scalars: scalars
                .map(|function| (function.name().to_lowercase(), function))
                .collect(),
            aggregates: aggregates
                .map(|function| {
                    let aggregate = PxlAggregate::new(function, Arc::clone(registry));
                    (function.name.to_lowercase(), Arc::new(aggregate.into()))
                })
                .collect(),
        }
    }

    /// Returns the names of all tables.
    pub(super) fn tables(&self) -> Vec<String> {
        self.catalog.table_names()
    }

    /// Returns the names of all functions, sorted.
    pub(super) fn functions(&self) -> Vec<String> {
        let mut names = self.udf_names();
        names.extend(self.udaf_names());
        names.extend(self.udwf_names());
        names.sort_unstable();
        names.dedup();
        names
    }
}

impl ContextProvider for Names<'_> {
    fn get_table_source(&self, name: TableReference) -> Result<Arc<dyn TableSource>> {
        let is_here = match &name {
            TableReference::Bare { .. } => true,
            TableReference::Partial { schema, .. } => **schema == *SQL_SCHEMA,
            TableReference::Full {
                catalog, schema, ..
            } => **catalog == *SQL_CATALOG && **schema == *SQL_SCHEMA,
        };
        let found = is_here.then(|| self.catalog.table(name.table())).flatten();
        found.ok_or_else(|| DataFusionError::Plan(format!("table `{name}` not found")))
    }

    fn create_cte_work_table(&self, name: &str, schema: SchemaRef) -> Result<Arc<dyn TableSource>> {
        Ok(provider_as_source(Arc::new(CteWorkTable::new(
            name, schema,
        ))))
    }

    fn get_expr_planners(&self) -> &[Arc<dyn ExprPlanner>] {
        self.session.expr_planners()
    }

    fn get_function_meta(&self, name: &str) -> Option<Arc<ScalarUDF>> {
        let own = self.scalars.get(&name.to_lowercase());
        own.or_else(|| self.session.scalar_functions().get(name))
            .cloned()
    }

    fn get_higher_order_meta(&self, name: &str) -> Option<Arc<HigherOrderUDF>> {
        self.session.higher_order_functions().get(name).cloned()
    }

    fn get_aggregate_meta(&self, name: &str) -> Option<Arc<AggregateUDF>> {
        let own = self.aggregates.get(&name.to_lowercase());
        own.or_else(|| self.session.aggregate_functions().get(name))
            .cloned()
    }

    fn get_window_meta(&self, name: &str) -> Option<Arc<WindowUDF>> {
        self.session.window_functions().get(name).cloned()
    }

    fn get_variable_type(&self, _: &[String]) -> Option<DataType> {
        None
    }

    fn options(&self) -> &ConfigOptions {
        self.session.config_options()
    }

    fn udf_names(&self) -> Vec<String> {
        let own = self.scalars.keys();
        own.chain(self.session.scalar_functions().keys())
            .cloned()
            .collect()
    }

    fn higher_order_function_names(&self) -> Vec<String> {
        self.session
            .higher_order_functions()
            .keys()
            .cloned()
            .collect()
    }

    fn udaf_names(&self) -> Vec<String> {
        let own = self.aggregates.keys();
        own.chain(self.session.aggregate_functions().keys())
            .cloned()
            .collect()
    }

    fn udwf_names(&self) -> Vec<String> {
        self.session.window_functions().keys().cloned().collect()
    }
}
