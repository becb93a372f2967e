//! Aggregates: many rows to one value. All have partial states that merge.
//!
//! Those of the engine are used where their results are the same.

mod any;
mod count;
mod extreme;
mod max;
mod mean;
mod min;
mod quantiles;
mod sum;

use crate::function::{Datum, Function};
use datafusion_expr::{AggregateUDF, Expr};
use nixie_types::DataType;
use std::sync::Arc;

/// The functions of this family.
pub(crate) const FUNCTIONS: &[&Function] = &[
    &any::ANY,
    &count::COUNT,
    &max::MAX,
    &mean::MEAN,
    &min::MIN,
    &quantiles::QUANTILES,
    &sum::SUM,
];

/// An aggregate for one argument type.
#[derive(Debug)]
pub(crate) struct AggregateOverload {
    /// Type of the column.
    pub(crate) arg: DataType,
    /// Type of the result.
    pub(crate) returns: DataType,
    /// Returns the engine's expression.
    pub(crate) build: fn(Vec<Expr>) -> Expr,
    /// Result for no rows, where the engine gives null.
    pub(crate) empty: Option<Datum>,
}

/// Returns the aggregates of our own, for registration with a session.
pub(crate) fn udafs() -> Vec<Arc<AggregateUDF>> {
    vec![
        any::udaf(),
        extreme::max(),
        extreme::min(),
        quantiles::udaf(),
    ]
}

/// Returns the one argument of an aggregate.
fn argument(args: Vec<Expr>) -> Expr {
    match args.into_iter().next() {
        Some(arg) => arg,
        // INVARIANT: overloads take one argument, and resolution counts them.
        None => unreachable!("an aggregate has an argument"),
    }
}
