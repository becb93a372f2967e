//! Which tables and functions a query knows.
//!
//! A function is looked for among those of PxL first, then among those of DataFusion. SQL makes
//! names lower-case; so those of PxL are found whatever their case.

use super::aggregate::PxlAggregate;
use super::bounded::bounded;
use crate::catalog::TableCatalog;
use arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::TableReference;
use datafusion::common::config::ConfigOptions;
use datafusion::datasource::cte_worktable::CteWorkTable;
use datafusion::datasource::provider_as_source;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::session_state::SessionState;
use datafusion::logical_expr::planner::{ContextProvider, ExprPlanner};
use datafusion::logical_expr::{
    AggregateUDF, Expr, HigherOrderUDF, ScalarUDF, TableSource, WindowUDF,
};
use datafusion::scalar::ScalarValue;
use nixie_functions::{Registry, TableFunction};
use nixie_pxl::Catalog;
use std::collections::HashMap;
use std::sync::Arc;

/// The one catalog, for clients that put its name before that of a table.
pub const SQL_CATALOG: &str = "px";

/// The one schema in it.
pub const SQL_SCHEMA: &str = "public";

/// What SQL and PxL count in the same way; SQL's takes `*`, too.
const OF_SQL: &[&str] = &["count"];

/// What PxL has for some types, and SQL for texts and truth values, too.
const OF_ALL_TYPES: &[&str] = &["max", "min"];

/// The names that a query can use.
pub(super) struct Names<'a> {
    catalog: &'a TableCatalog,
    session: &'a SessionState,
    registry: &'a Registry,
    scalars: HashMap<String, Arc<ScalarUDF>>,
    aggregates: HashMap<String, Arc<AggregateUDF>>,
}

impl<'a> Names<'a> {
    pub(super) fn new(
        catalog: &'a TableCatalog,
        registry: &'a Arc<Registry>,
        session: &'a SessionState,
    ) -> Self {
        let scalars = registry.scalar_functions().into_iter();
        let aggregates = registry
            .functions()
            .filter(|function| function.is_aggregate() && !OF_SQL.contains(&function.name));
        Self {
            catalog,
            session,
            registry,
            scalars: scalars
                .map(|function| (function.name().to_lowercase(), function))
                .collect(),
            aggregates: aggregates
                .map(|function| {
                    let engine = session.aggregate_functions().get(function.name);
                    let engine = engine.filter(|_| OF_ALL_TYPES.contains(&function.name));
                    let registry = Arc::clone(registry);
                    let aggregate = PxlAggregate::new(function, registry, engine.cloned());
                    (function.name.to_lowercase(), Arc::new(aggregate.into()))
                })
                .collect(),
        }
    }

    /// Returns the names of all tables.
    pub(super) fn tables(&self) -> Vec<String> {
        self.catalog.table_names()
    }

    /// Returns the names of all functions that give tables, sorted.
    pub(super) fn table_functions(&self) -> Vec<String> {
        let functions = self.registry.table_functions();
        functions
            .map(|function| function.name().to_owned())
            .collect()
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

    fn get_table_function_source(
        &self,
        name: &str,
        args: Vec<Expr>,
    ) -> Result<Arc<dyn TableSource>> {
        let mut functions = self.registry.table_functions();
        let function = functions.find(|function| function.name().eq_ignore_ascii_case(name));
        let function = function
            .ok_or_else(|| DataFusionError::Plan(format!("table function `{name}` not found")))?;
        let values = table_arguments(function, args)?;
        Ok(self.catalog.table_function(function, values))
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
        own.cloned()
            .or_else(|| Some(bounded(self.session.scalar_functions().get(name)?)))
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

/// Returns the arguments of a table function, those that are left out by their defaults.
fn table_arguments(function: &TableFunction, args: Vec<Expr>) -> Result<Vec<ScalarValue>> {
    let name = function.name();
    let wrong = DataFusionError::Plan;
    if args.len() > function.args.len() {
        let (given, most) = (args.len(), function.args.len());
        let message = format!("`{name}` takes at most {most} arguments, got {given}");
        return Err(wrong(message));
    }
    let mut given = args.into_iter();
    let values = function.args.iter().map(|arg| {
        let Some(value) = given.next() else {
            return match arg.default {
                Some(default) => Ok(default.into()),
                None => Err(wrong(format!("`{name}` needs its argument `{}`", arg.name))),
            };
        };
        let literal = match &value {
            Expr::Literal(literal, _) => literal.cast_to(&arg.data_type.arrow()).ok(),
            _ => None,
        };
        match literal {
            Some(literal) if !literal.is_null() => Ok(literal),
            _ => {
                let seen = match &value {
                    Expr::Literal(literal, _) => literal.to_string(),
                    other => other.to_string(),
                };
                let (wanted, arg) = (arg.data_type.name(), arg.name);
                Err(wrong(format!(
                    "`{name}` needs a literal {wanted} as `{arg}`, got `{seen}`"
                )))
            }
        }
    });
    values.collect()
}
