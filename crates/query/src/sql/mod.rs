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
//! | what does an error say, and where | `errors.rs` |
//! | what type has a column of the result | `columns.rs` |

mod aggregate;
mod columns;
mod errors;
mod names;

use crate::catalog::TableCatalog;
use crate::time_range::TimeRange;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::DataFusionError;
use datafusion::execution::session_state::SessionState;
use datafusion::logical_expr::LogicalPlan;
use datafusion::sql::planner::{ParserOptions, SqlToRel};
use datafusion::sql::sqlparser::ast::{Spanned, Statement};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::parser::Parser;
use errors::Place;
use names::Names;
use nixie_functions::Registry;
use nixie_pxl::{Diagnostic, Output, Program, ROWS_MAX_DEFAULT, Scan};
use std::sync::Arc;

/// LIMIT: parts of a query inside each other.
const DEPTH_MAX: usize = 50;

/// LIMIT: bytes of a query.
const QUERY_BYTES_MAX: usize = 64 << 10;

/// Name of the one table of the result.
const OUTPUT_NAME: &str = "output";

/// Compiles a query.
pub(crate) fn compile(
    sql: &str,
    catalog: &TableCatalog,
    registry: &Arc<Registry>,
    session: &SessionState,
) -> Result<Program, Vec<Diagnostic>> {
    let query = parse(sql).map_err(|error| vec![error])?;
    let names = Names::new(catalog, registry, session);
    // Every `now()` of the query is this moment.
    let mut session = session.clone();
    session.mark_start_execution();
    let options = ParserOptions::new()
        .with_collect_spans(true)
        .with_map_string_types_to_utf8view(true);
    let plan = SqlToRel::new_with_options(&names, options)
        .sql_statement_to_plan(query)
        .and_then(|plan| {
            only_reads(&plan)?;
            let (plan, columns) = columns::of_pxl(plan)?;
            // What is read, and from when, shows only once the filters are at their tables.
            let plan = session.optimize(&plan)?;
            let scans = scans(&plan)?;
            Ok((plan, columns, scans))
        });
    let (plan, columns, scans) =
        plan.map_err(|error| vec![errors::diagnostic(sql, &error, &names)])?;
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

/// Returns the one query of a text.
fn parse(sql: &str) -> Result<Statement, Diagnostic> {
    if sql.len() > QUERY_BYTES_MAX {
        let message = format!(
            "query has {} bytes, at most {QUERY_BYTES_MAX} are read",
            sql.len()
        );
        return Err(errors::at("too-large", message, Place::default(), None));
    }
    let statements = Parser::new(&GenericDialect {})
        .with_recursion_limit(DEPTH_MAX)
        .try_with_sql(sql)
        .and_then(|mut parser| parser.parse_statements())
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
        query @ Statement::Query(_) => Ok(query),
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
