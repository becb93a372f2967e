//! An aggregate for one list of argument types.

use crate::function::Datum;
use arrow::datatypes::DataType as ArrowType;
use datafusion_expr::{AggregateUDF, Expr, cast};
use nixie_types::DataType;
use std::sync::Arc;

/// An aggregate for one list of argument types.
#[derive(Debug)]
pub(crate) struct AggregateOverload {
    /// Names of the columns.
    pub(crate) names: &'static [&'static str],
    /// Types of the columns.
    pub(crate) args: &'static [DataType],
    /// Type of the result.
    pub(crate) returns: DataType,
    /// Result for no rows, where the engine gives null.
    pub(crate) empty: Option<Datum>,
    computes: Computes,
    /// What the columns are converted to first.
    converts: Option<&'static ArrowType>,
}

#[derive(Debug)]
enum Computes {
    /// By an aggregate of the engine over one column.
    Engine(fn(Expr) -> Expr),
    /// By one of our own.
    Own(fn() -> Arc<AggregateUDF>),
}

impl AggregateOverload {
    /// Returns an overload for one column that an aggregate of the engine computes.
    pub(crate) const fn engine(
        args: &'static [DataType; 1],
        returns: DataType,
        build: fn(Expr) -> Expr,
    ) -> Self {
        Self {
            names: &["column"],
            args,
            returns,
            empty: None,
            computes: Computes::Engine(build),
            converts: None,
        }
    }

    /// Returns an overload that an aggregate of our own computes.
    pub(crate) const fn own(
        names: &'static [&'static str],
        args: &'static [DataType],
        returns: DataType,
        udaf: fn() -> Arc<AggregateUDF>,
    ) -> Self {
        Self {
            names,
            args,
            returns,
            empty: None,
            computes: Computes::Own(udaf),
            converts: None,
        }
    }

    /// Returns the overload with a result for no rows.
    pub(crate) const fn empty(mut self, empty: Datum) -> Self {
        self.empty = Some(empty);
        self
    }

    /// Returns the overload with columns that are converted first.
    pub(crate) const fn converts(mut self, to: &'static ArrowType) -> Self {
        self.converts = Some(to);
        self
    }

    /// Returns the engine's expression.
    pub(crate) fn call(&self, args: Vec<Expr>) -> Expr {
        let converted = |arg| match self.converts {
            Some(to) => cast(arg, to.clone()),
            None => arg,
        };
        let mut args = args.into_iter().map(converted);
        match (&self.computes, args.next()) {
            (Computes::Own(udaf), first) => udaf().call(first.into_iter().chain(args).collect()),
            (Computes::Engine(build), Some(arg)) => build(arg),
            // INVARIANT: such an overload takes one column, and resolution counts them.
            (Computes::Engine(_), None) => unreachable!("an aggregate has an argument"),
        }
    }

    /// Returns the aggregate if it is one of our own.
    pub(crate) fn udaf(&self) -> Option<Arc<AggregateUDF>> {
        match self.computes {
            Computes::Engine(_) => None,
            Computes::Own(udaf) => Some(udaf()),
        }
    }
}
