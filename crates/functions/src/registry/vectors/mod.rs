//! Calls with results that Pixie's own tests pin, or that follow from its code.
//!
//! Each call is made as a script makes it: found by name and types, and computed over columns by
//! the expression that a plan holds. What the tests of a function already say is not repeated.

mod aggregates;
mod meanings;
mod operators;
mod others;

use super::Registry;
use crate::function::{Datum, Family};
use crate::metadata::tests::recorded;
use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::{Field, Schema};
use datafusion_common::{DFSchema, ScalarValue};
use datafusion_expr::execution_props::ExecutionProps;
use datafusion_expr::physical_planning_context::PhysicalPlanningContext;
use datafusion_expr::{col, lit};
use datafusion_physical_expr::create_physical_expr;
use std::sync::Arc;

/// A function, its arguments, and the result.
type Vector = (&'static str, &'static [Datum], Datum);

/// Computes a call over columns of one row.
fn call(registry: &Registry, name: &str, args: &[Datum]) -> ScalarValue {
    let types: Vec<_> = args.iter().map(|arg| arg.data_type()).collect();
    let resolved = registry
        .resolve(name, &types)
        .unwrap_or_else(|_| panic!("`{name}` of {types:?}"));
    let literals = resolved.function().literal_args();
    let column = |index: usize| format!("arg{index}");
    let field =
        |(index, arg): (usize, &Datum)| Field::new(column(index), arg.data_type().arrow(), false);
    let fields: Vec<_> = args.iter().enumerate().map(field).collect();
    let schema = Arc::new(Schema::new(fields));
    let argument = |(index, arg): (usize, &Datum)| match index < literals {
        true => lit(ScalarValue::from(*arg)),
        false => col(column(index)),
    };
    let call = resolved.call(args.iter().enumerate().map(argument).collect());
    let arrays = args.iter().map(|arg| ScalarValue::from(*arg).to_array());
    let arrays: Vec<ArrayRef> = arrays.collect::<Result<_, _>>().unwrap();
    let options = RecordBatchOptions::new().with_row_count(Some(1));
    let batch = RecordBatch::try_new_with_options(Arc::clone(&schema), arrays, &options).unwrap();
    let known = DFSchema::try_from(schema).unwrap();
    let (props, context) = (ExecutionProps::new(), PhysicalPlanningContext::default());
    let physical = create_physical_expr(&call, &known, &props, &context).unwrap();
    let result = physical.evaluate(&batch).unwrap().into_array(1).unwrap();
    ScalarValue::try_from_array(&result, 0).unwrap()
}

/// Floats are the same when only the last digits differ, and NaN is the same as NaN.
fn same(got: &ScalarValue, want: &ScalarValue) -> bool {
    match (got, want) {
        (ScalarValue::Float64(Some(got)), ScalarValue::Float64(Some(want))) => {
            got == want
                || (got.is_nan() && want.is_nan())
                || (got - want).abs() <= want.abs() * 4.0 * f64::EPSILON
        }
        _ => got == want,
    }
}

#[test]
fn calls_give_what_they_give_in_pixie() {
    let registry = Registry::new(recorded());
    for vectors in operators::ALL.iter().chain(others::ALL) {
        for (name, args, want) in *vectors {
            let want = ScalarValue::from(*want);
            let got = call(&registry, name, args);
            assert!(
                same(&got, &want),
                "`{name}` of {args:?}: {got}, expected {want}"
            );
            // The planner computes what is constant by itself.
            let constants: Vec<_> = args.iter().map(|arg| ScalarValue::from(*arg)).collect();
            let constant = registry.evaluate(name, &constants).expect(name);
            assert!(
                same(&constant, &want),
                "`{name}` of constants {args:?}: {constant}"
            );
        }
    }
}

#[test]
fn every_form_of_operators_and_math_has_a_vector() {
    let registry = Registry::new(recorded());
    let form = |(name, args, _): &Vector| {
        let types: Vec<_> = args.iter().map(|arg| arg.data_type()).collect();
        (*name, types)
    };
    let all: Vec<_> = operators::ALL.iter().copied().flatten().map(form).collect();
    for function in registry.functions() {
        if !matches!(function.family, Family::Operators | Family::Math) {
            continue;
        }
        for types in function.signatures() {
            assert!(
                all.contains(&(function.name, types.clone())),
                "`{}` of {types:?}",
                function.name
            );
        }
    }
}
