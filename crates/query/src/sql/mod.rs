//! SQL as a second language over the same tables and functions.
//!
//! One query becomes a [`Program`] with one output, so that it runs like a script: with the same
//! limits and the same statement of what is missing. The grammar and the planner are those of
//! DataFusion; this module finds tables and functions by name, refuses everything that is not a
//! query, and turns results into the types of PxL.
//!
//! | question | where |
//! |---|---|
//! | which names does a query know | `names.rs` |
//! | how do PxL's aggregates work in SQL | `aggregate.rs` |
//! | which operators are those of PxL | `operators.rs` |
//! | which functions could make too much text | `bounded.rs` |
//! | what does an error say, and where | `errors.rs` |
//! | what are its parameters | `parameters.rs` |
//! | is it too large | `size.rs` |
//! | what type has a column of the result | `columns.rs` |
//! | and what does it mean | `meanings.rs` |

mod aggregate;
mod bounded;
mod columns;
mod errors;
mod meanings;
mod names;
mod operators;
mod parameters;
mod size;

pub use names::{SQL_CATALOG, SQL_SCHEMA};

use crate::catalog::TableCatalog;
use crate::steps::keep_apart;
use crate::time_range::TimeRange;
use arrow::array::RecordBatch;
use arrow::datatypes::DataType as ArrowType;
use datafusion::common::ParamValues;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::DataFusionError;
use datafusion::execution::session_state::SessionState;
use datafusion::logical_expr::LogicalPlan;
use datafusion::sql::planner::{ParserOptions, PlannerContext, SqlToRel};
use datafusion::sql::sqlparser::ast::{Spanned, Statement};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::parser::Parser;
use errors::Place;
use names::Names;
use nixie_functions::Registry;
use nixie_pxl::{Diagnostic, Output, OutputColumn, Program, ROWS_MAX_DEFAULT, Scan};
use operators::Operators;
use parameters::{Tokens, Values};
use std::sync::Arc;

/// LIMIT: parts of a query inside each other.
const DEPTH_MAX: usize = 50;

/// LIMIT: bytes of a query.
const QUERY_BYTES_MAX: usize = 64 << 10;

/// Name of the one table of the result.
const OUTPUT_NAME: &str = "output";

/// What is known of a query before its parameters have values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlDescription {
    /// Columns of the result; none if they may depend on the values.
    pub columns: Option<Vec<OutputColumn>>,
    /// Type of each parameter, as far as the query tells.
    pub parameters: Vec<Option<ArrowType>>,
}

/// Where a query finds what it names.
pub(crate) struct Compiler<'a> {
    pub(crate) catalog: &'a TableCatalog,
    pub(crate) registry: &'a Arc<Registry>,
    pub(crate) session: &'a SessionState,
}

impl Compiler<'_> {
    /// Compiles a query; the columns of `row` are the values of its parameters.
    pub(crate) fn compile(
        &self,
        sql: &str,
        row: Option<&RecordBatch>,
    ) -> Result<Program, Vec<Diagnostic>> {
        let values = row.map_or_else(|| Ok(Values::none()), Values::of);
        let compiled = values.and_then(|values| self.program(sql, values));
        compiled.map_err(|error| vec![error])
    }

    fn program(&self, sql: &str, values: Values) -> Result<Program, Diagnostic> {
        let (query, parameters) = parse(sql)?;
        values.check(parameters)?;
        let names = self.names();
        // Every `now()` of the query is this moment.
        let mut session = self.session.clone();
        session.mark_start_execution();
        let plan = plan(&names, query, &values).and_then(|plan| {
            let plan = match parameters {
                0 => plan,
                _ => plan.with_param_values(ParamValues::from(values))?,
            };
            let operators = Operators {
                registry: self.registry,
            };
            let (plan, columns) = columns::of_pxl(operators.replace(plan)?, self.registry)?;
            // What is read, and from when, shows only once the filters are at their tables.
            let plan = session.optimize(&keep_apart(plan)?)?;
            let scans = scans(&plan)?;
            Ok((plan, columns, scans))
        });
        let (plan, columns, scans) =
            plan.map_err(|error| errors::diagnostic(sql, &error, &names))?;
        let output = Output {
            name: OUTPUT_NAME.to_owned(),
            columns,
            plan,
            scans,
            rows_max: Some(ROWS_MAX_DEFAULT),
            ..Output::default()
        };
        Ok(Program {
            outputs: vec![output],
            ..Program::default()
        })
    }

    /// Describes a query whose parameters have no values yet.
    pub(crate) fn describe(&self, sql: &str) -> Result<SqlDescription, Vec<Diagnostic>> {
        let (query, parameters) = parse(sql).map_err(|error| vec![error])?;
        let names = self.names();
        let described = plan(&names, query.clone(), &Values::none()).and_then(|plan| {
            let types = plan.get_parameter_types()?;
            let (_, columns) = columns::of_pxl(plan, self.registry)?;
            let of = |number| types.get(&format!("${number}")).cloned().flatten();
            let parameters: Vec<_> = (1..=parameters).map(of).collect();
            // The type of a function's result may be that of its argument.
            let is_known = parameters.iter().all(Option::is_some);
            Ok(SqlDescription {
                columns: is_known.then_some(columns),
                parameters,
            })
        });
        described.or_else(|error| {
            // Some functions have a type only once their arguments have. What is wrong besides is
            // wrong with values of any type.
            if parameters > 0 && plan(&names, query, &Values::nulls(parameters)).is_ok() {
                return Ok(SqlDescription {
                    columns: None,
                    parameters: vec![None; parameters],
                });
            }
            Err(vec![errors::diagnostic(sql, &error, &names)])
        })
    }

    fn names(&self) -> Names<'_> {
        Names::new(self.catalog, self.registry, self.session)
    }
}

/// Returns the plan of a query, with its parameters of the types of their values.
fn plan(
    names: &Names<'_>,
    query: Statement,
    values: &Values,
) -> Result<LogicalPlan, DataFusionError> {
    let options = ParserOptions::new()
        .with_collect_spans(true)
        .with_map_string_types_to_utf8view(true);
    let mut context = PlannerContext::new().with_prepare_param_data_types(values.types());
    let plan = SqlToRel::new_with_options(names, options)
        .sql_statement_to_plan_with_context(query, &mut context)?;
    only_reads(&plan)?;
    if plan.schema().fields().is_empty() {
        let message = "the query gives no columns; write `SELECT` and what to show of each row";
        return Err(DataFusionError::Plan(message.to_owned()));
    }
    Ok(plan)
}

/// Returns the one query of a text, and the number of its parameters.
fn parse(sql: &str) -> Result<(Statement, usize), Diagnostic> {
    if sql.len() > QUERY_BYTES_MAX {
        let message = format!(
            "query has {} bytes, at most {QUERY_BYTES_MAX} are read",
            sql.len()
        );
        return Err(errors::at("too-large", message, Place::default(), None));
    }
    let Tokens { tokens, parameters } = Tokens::of(sql)?;
    size::check(sql, &tokens)?;
    let statements = Parser::new(&GenericDialect {})
        .with_recursion_limit(DEPTH_MAX)
        .with_tokens_with_locations(tokens)
        .parse_statements()
        .map_err(|error| errors::syntax(&error))?;
    let mut statements = statements.into_iter();
    let Some(first) = statements.next() else {
        let help = "write one, for example `SELECT * FROM http_events LIMIT 10`";
        let message = "there is no query".to_owned();
        return Err(errors::at(
            "empty-script",
            message,
            Place::default(),
            Some(help),
        ));
    };
    if let Some(second) = statements.next() {
        let message = "expected one query, found another statement after it".to_owned();
        let place = Place::of(sql, second.span());
        return Err(errors::at(
            "not-supported",
            message,
            place,
            Some("ask one by one"),
        ));
    }
    match first {
        query @ Statement::Query(_) => Ok((query, parameters)),
        other => {
            let text = other.to_string();
            let what = text.split_whitespace().next().unwrap_or("this");
            let message = format!("`{what}` is not possible, only queries are");
            let help = "tables are filled by the agent only; ask with `SELECT`";
            let place = Place::word(sql, what);
            Err(errors::at("not-supported", message, place, Some(help)))
        }
    }
}

/// Refuses what a query can hold besides reading.
fn only_reads(plan: &LogicalPlan) -> Result<(), DataFusionError> {
    plan.apply_with_subqueries(|node| match node {
        LogicalPlan::Ddl(_)
        | LogicalPlan::Dml(_)
        | LogicalPlan::Copy(_)
        | LogicalPlan::Statement(_)
        | LogicalPlan::Analyze(_)
        | LogicalPlan::Explain(_)
        | LogicalPlan::DescribeTable(_)
        | LogicalPlan::Extension(_) => Err(DataFusionError::Plan(
            "only queries are possible, found one that changes something".to_owned(),
        )),
        _ => Ok(TreeNodeRecursion::Continue),
    })?;
    Ok(())
}

/// Returns the tables that a plan reads, sorted, each with the time range asked of it.
fn scans(plan: &LogicalPlan) -> Result<Vec<Scan>, DataFusionError> {
    let mut scans = Vec::new();
    plan.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node {
            let range = TimeRange::of(&scan.filters);
            let scan = Scan {
                table: scan.table_name.table().to_owned(),
                start_ns: range.start_ns,
                end_ns: range.end_ns,
            };
            if !scans.contains(&scan) {
                scans.push(scan);
            }
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    scans.sort_by(|a, b| (&a.table, a.start_ns, a.end_ns).cmp(&(&b.table, b.start_ns, b.end_ns)));
    Ok(scans)
}

#[cfg(test)]
mod differential;
#[cfg(test)]
mod tests;
