//! Laws that every function keeps.

use super::*;
use crate::function::Datum;
use crate::metadata::tests::recorded;
use arrow::array::{Array, ArrayRef};

pub(super) fn context() -> Context {
    Context {
        metadata: recorded(),
        names: Names::default(),
    }
}

pub(super) fn value(result: &ColumnarValue, row: usize) -> ScalarValue {
    match result {
        ColumnarValue::Array(array) => ScalarValue::try_from_array(array, row).unwrap(),
        ColumnarValue::Scalar(scalar) => scalar.clone(),
    }
}

/// Each argument as a slice out of the middle of a longer array.
fn sliced(args: &[Datum], rows: usize) -> Vec<ColumnarValue> {
    let array = |arg: &Datum| -> ArrayRef {
        let scalar = ScalarValue::from(*arg);
        let long = scalar.to_array_of_size(rows + 3).unwrap();
        long.slice(2, rows)
    };
    args.iter()
        .map(|arg| ColumnarValue::Array(array(arg)))
        .collect()
}

#[test]
fn examples_give_their_results() {
    let context = context();
    for function in all() {
        let Body::Scalar(overloads) = function.body else {
            continue;
        };
        let types: Vec<_> = function
            .example
            .args
            .iter()
            .map(|arg| arg.data_type())
            .collect();
        let overload = overloads
            .iter()
            .find(|overload| overload.kernel.args() == types);
        let kernel = overload.expect(function.name).kernel;
        let want = ScalarValue::from(function.example.result);
        let constants: Vec<_> = function
            .example
            .args
            .iter()
            .map(|arg| ColumnarValue::Scalar(ScalarValue::from(*arg)))
            .collect();
        let result = kernel.invoke(&context, &constants, 1).unwrap();
        assert_eq!(value(&result, 0), want, "`{}` of constants", function.name);
        let result = kernel
            .invoke(&context, &sliced(function.example.args, 5), 5)
            .unwrap();
        for row in 0..5 {
            assert_eq!(value(&result, row), want, "`{}` of columns", function.name);
        }
        assert_eq!(
            want.data_type(),
            kernel.returns().arrow(),
            "`{}`",
            function.name
        );
    }
}

#[test]
fn no_rows_give_no_rows() {
    let context = context();
    for function in all() {
        let Body::Scalar(overloads) = function.body else {
            continue;
        };
        for overload in overloads {
            if overload.kernel.args().is_empty() {
                continue;
            }
            let empty = |data_type: &DataType| {
                ColumnarValue::Array(arrow::array::new_empty_array(&data_type.arrow()))
            };
            let args: Vec<_> = overload.kernel.args().iter().map(empty).collect();
            let result = overload.kernel.invoke(&context, &args, 0).unwrap();
            if let ColumnarValue::Array(array) = result {
                assert_eq!(array.len(), 0, "`{}`", function.name);
                assert_eq!(array.data_type(), &overload.kernel.returns().arrow());
            }
        }
    }
}

#[test]
fn names_are_unique_and_overloads_distinct() {
    let registry = Registry::new(recorded());
    assert_eq!(registry.functions().count(), all().count());
    for function in registry.functions() {
        let mut signatures = function.signatures();
        let count = signatures.len();
        signatures.sort_by_key(|types| types.iter().map(|t| t.name()).collect::<Vec<_>>());
        signatures.dedup();
        assert_eq!(signatures.len(), count, "`{}`", function.name);
        assert!(
            function.doc.ends_with('.'),
            "`{}`: the text is no sentence",
            function.name
        );
    }
}

#[test]
fn names_of_arguments_are_complete() {
    for function in all() {
        let Body::Scalar(overloads) = function.body else {
            continue;
        };
        for overload in overloads {
            let named = overload.names.len();
            assert!(
                named == overload.kernel.args().len() || function.name == "_script_reference",
                "`{}`",
                function.name
            );
        }
    }
}

#[test]
fn resolution_is_exact() {
    let registry = Registry::new(recorded());
    let types = [DataType::Int64, DataType::Float64];
    assert!(registry.resolve("add", &types).is_ok());
    assert!(matches!(
        registry.resolve("greaterThan", &types),
        Err(UnknownFunction::Types {
            aggregate: false,
            ..
        })
    ));
    assert!(matches!(
        registry.resolve("nope", &types),
        Err(UnknownFunction::Name)
    ));
    let sum = registry.resolve("sum", &[DataType::Boolean]).unwrap();
    assert_eq!(sum.data_type(), DataType::Int64);
    assert_eq!(
        sum.semantic_type(&[SemanticType::DurationNs]),
        SemanticType::None
    );
    assert_eq!(sum.empty_value(), Some(ScalarValue::Int64(Some(0))));
}

#[test]
fn constants_are_evaluated() {
    let registry = Registry::new(recorded());
    let text = |text: &str| ScalarValue::Utf8View(Some(text.to_owned()));
    assert_eq!(
        registry.evaluate("add", &[text("a"), text("_b")]),
        Some(text("a_b"))
    );
    assert_eq!(
        registry.evaluate("add", &[text("a"), ScalarValue::Int64(Some(1))]),
        None
    );
}
