//! Laws that every aggregate keeps: however rows are split, their partial states merge to what
//! the rows give at once, alone and by group.

use super::all;
use crate::aggregates::AggregateOverload;
use crate::function::Body;
use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, FixedSizeBinaryArray, Float64Array, Int64Array,
    RecordBatch, StringViewArray, TimestampNanosecondArray,
};
use arrow::datatypes::{Field, Float64Type, Schema};
use datafusion_common::{DFSchema, ScalarValue};
use datafusion_expr::execution_props::ExecutionProps;
use datafusion_expr::expr::AggregateFunction;
use datafusion_expr::physical_planning_context::PhysicalPlanningContext;
use datafusion_expr::{EmitTo, Expr, col};
use datafusion_physical_expr::aggregate::{AggregateExprBuilder, AggregateFunctionExpr};
use datafusion_physical_expr::{PhysicalExpr, create_physical_expr};
use fastrand::Rng;
use nixie_types::DataType;
use serde_json::Value;
use std::sync::Arc;

const ROWS: usize = 600;
const GROUPS: usize = 3;

/// An aggregate over rows of its own.
pub(super) struct Subject {
    name: &'static str,
    batch: RecordBatch,
    inputs: Vec<Arc<dyn PhysicalExpr>>,
    aggregate: AggregateFunctionExpr,
}

impl Subject {
    fn new(name: &'static str, overload: &AggregateOverload) -> Self {
        Self::over(name, overload, |column| {
            values(name, overload.names[column], overload.args[column])
        })
    }

    pub(super) fn over(
        name: &'static str,
        overload: &AggregateOverload,
        column: impl Fn(usize) -> ArrayRef,
    ) -> Self {
        let arrays: Vec<_> = (0..overload.args.len()).map(column).collect();
        let field =
            |(name, array): (&&str, &ArrayRef)| Field::new(*name, array.data_type().clone(), false);
        let fields: Vec<_> = overload.names.iter().zip(&arrays).map(field).collect();
        let schema = Arc::new(Schema::new(fields));
        let known = DFSchema::try_from(Arc::clone(&schema)).unwrap();
        let call = overload.call(overload.names.iter().map(|name| col(*name)).collect());
        let Expr::AggregateFunction(AggregateFunction { func, params }) = call else {
            panic!("`{name}` is no aggregate")
        };
        let (props, context) = (ExecutionProps::new(), PhysicalPlanningContext::default());
        let physical = |expr: &Expr| create_physical_expr(expr, &known, &props, &context).unwrap();
        let inputs: Vec<_> = params.args.iter().map(physical).collect();
        let aggregate = AggregateExprBuilder::new(func, inputs.clone())
            .schema(Arc::clone(&schema))
            .alias("x")
            .build()
            .unwrap();
        let batch = RecordBatch::try_new(schema, arrays).unwrap();
        Self {
            name,
            batch,
            inputs,
            aggregate,
        }
    }

    /// The arguments of the aggregate over some rows.
    fn arguments(&self, from: usize, to: usize) -> Vec<ArrayRef> {
        let part = self.batch.slice(from, to - from);
        let array = |input: &Arc<dyn PhysicalExpr>| {
            input
                .evaluate(&part)
                .unwrap()
                .into_array(part.num_rows())
                .unwrap()
        };
        self.inputs.iter().map(array).collect()
    }

    /// The result of parts that are computed apart, and merged; each ends before a row of `ends`.
    pub(super) fn merged(&self, ends: &[usize]) -> ScalarValue {
        let name = self.name;
        let mut merged = self.aggregate.create_accumulator().unwrap();
        let mut from = 0;
        for &to in ends {
            let mut part = self.aggregate.create_accumulator().unwrap();
            part.update_batch(&self.arguments(from, to)).unwrap();
            assert!(part.size() > 0);
            let state = part.state().unwrap();
            let fields = self.aggregate.state_fields().unwrap();
            let array = |value: &ScalarValue| value.to_array().unwrap();
            let arrays: Vec<_> = state.iter().map(array).collect();
            for (field, array) in fields.iter().zip(&arrays) {
                assert_eq!(field.data_type(), array.data_type(), "`{name}`");
            }
            merged.merge_batch(&arrays).unwrap();
            from = to;
        }
        merged.evaluate().unwrap()
    }

    fn check(&self, got: &ScalarValue, want: &ScalarValue, rows: &[usize]) {
        let name = self.name;
        match name {
            "any" | "sample" => {
                let column = self.batch.column(0);
                let is_one =
                    |row: &usize| ScalarValue::try_from_array(column, *row).unwrap() == *got;
                assert!(rows.iter().any(is_one), "`{name}` gave {got}");
            }
            "quantiles" => {
                let (got, want) = (json(got), json(want));
                for (key, want) in want.as_object().unwrap() {
                    let (got, want) = (got[key].as_f64().unwrap(), want.as_f64().unwrap());
                    assert!(
                        (got - want).abs() <= want.abs() * 0.01,
                        "`{name}` {key}: {got}, {want}"
                    );
                }
            }
            "_build_request_path_clusters" => assert_eq!(endpoints(got), endpoints(want)),
            "_kmeans_fit" => {
                let (got, want) = (centroids(got), centroids(want));
                assert_eq!((got.len(), want.len()), (4, 4));
                for (got, want) in got.iter().zip(&want) {
                    let apart = got.iter().zip(want).map(|(a, b)| (a - b).abs());
                    assert!(
                        apart.fold(0.0, f64::max) < 0.1,
                        "`{name}`: {got:?}, {want:?}"
                    );
                }
            }
            _ => match (got, want) {
                (ScalarValue::Float64(Some(got)), ScalarValue::Float64(Some(want))) => {
                    assert!(
                        (got - want).abs() <= want.abs() * 1e-12,
                        "`{name}`: {got}, {want}"
                    );
                }
                _ => assert_eq!(got, want, "`{name}`"),
            },
        }
    }
}

fn json(value: &ScalarValue) -> Value {
    let ScalarValue::Utf8View(Some(text)) = value else {
        panic!("{value} is no text")
    };
    serde_json::from_str(text).unwrap()
}

/// The clusters without an order.
fn endpoints(clusters: &ScalarValue) -> Vec<String> {
    let mut members: Vec<_> = Vec::new();
    for cluster in json(clusters).as_array().unwrap() {
        let mut texts: Vec<_> = cluster["m"]
            .as_array()
            .unwrap()
            .iter()
            .map(Value::to_string)
            .collect();
        texts.sort();
        members.push(format!("{} {texts:?}", cluster["c"]));
    }
    members.sort();
    members
}

/// The centroids by the place of their largest number, which tells the blobs apart.
fn centroids(model: &ScalarValue) -> Vec<Vec<f64>> {
    let model = json(model);
    let numbers = |centroid: &Value| -> Vec<f64> {
        let numbers = centroid.as_array().unwrap().iter();
        numbers.map(|number| number.as_f64().unwrap()).collect()
    };
    let mut found: Vec<_> = model["centroids"]
        .as_array()
        .unwrap()
        .iter()
        .map(numbers)
        .collect();
    found.sort_by_key(|numbers| numbers.iter().position(|number| *number > 0.5));
    found
}

fn values(function: &str, column: &str, data_type: DataType) -> ArrayRef {
    let mut random = Rng::with_seed(function.len() as u64);
    let mut int = |row: usize| match column {
        "k" => 4,
        "period_ms" => 11,
        "count" => i64::try_from(row).unwrap(),
        _ => random.i64(-1000..1000),
    };
    match data_type {
        DataType::Int64 => Arc::new(Int64Array::from_iter_values((0..ROWS).map(int))),
        DataType::Time64Ns => Arc::new(TimestampNanosecondArray::from_iter_values(
            (0..ROWS).map(int),
        )),
        DataType::Boolean => Arc::new(BooleanArray::from(
            (0..ROWS).map(|row| int(row) > 0).collect::<Vec<_>>(),
        )),
        DataType::Float64 => {
            let mut float = |row: usize| match row % 50 {
                // What NaN means is up to each aggregate; here it must mean the same in all.
                7 if matches!(function, "max" | "min" | "quantiles") => f64::NAN,
                _ => int(row) as f64 / 7.0 - 500.0,
            };
            let floats: Vec<_> = (0..ROWS).map(&mut float).collect();
            Arc::new(Float64Array::from(floats))
        }
        DataType::UInt128 => {
            let bytes = (0..ROWS).map(|row| (row as u128).to_be_bytes());
            Arc::new(FixedSizeBinaryArray::try_from_iter(bytes).unwrap())
        }
        DataType::String => {
            let text = |row| text(function, row);
            Arc::new(StringViewArray::from_iter_values((0..ROWS).map(text)))
        }
    }
}

fn text(function: &str, row: usize) -> String {
    match function {
        "_build_request_path_clusters" => match row % 4 {
            0 => format!("/orders/{}/items", row % 40),
            1 => format!("/users/{}", row % 8),
            2 => "/health".to_owned(),
            _ => format!("/few/a{}/b/c", row % 3),
        },
        "_kmeans_fit" => {
            let noise = (row % 11) as f64 / 1000.0;
            // Groups of the law see all blobs.
            let blob = row / GROUPS % 4;
            let number = |at: usize| format!("{:?}", noise + if at == blob { 1.0 } else { 0.0 });
            format!("[{}]", (0..64).map(number).collect::<Vec<_>>().join(","))
        }
        "pprof" => format!("main;f{};g{}", row % 5, row % 7),
        _ => format!("value {row}"),
    }
}

fn subjects() -> Vec<Subject> {
    let mut subjects = Vec::new();
    for function in all() {
        if let Body::Aggregate(overloads) = function.body {
            subjects.extend(
                overloads
                    .iter()
                    .map(|overload| Subject::new(function.name, overload)),
            );
        }
    }
    subjects
}

/// Ways to split the rows: ends of the parts, of which some are empty.
const SPLITS: [&[usize]; 4] = [
    &[ROWS],
    &[1, ROWS],
    &[0, 250, 250, 400, ROWS],
    &[100, 101, 300, 599, ROWS],
];

#[test]
fn all_aggregates_are_covered() {
    let mut names: Vec<_> = subjects().iter().map(|subject| subject.name).collect();
    names.dedup();
    assert_eq!(names.len(), 11, "{names:?}");
}

#[test]
fn examples_give_their_results() {
    for function in all() {
        let Body::Aggregate(overloads) = function.body else {
            continue;
        };
        let width = overloads[0].args.len();
        let rows: Vec<_> = function.example.args.chunks(width).collect();
        let types: Vec<_> = rows[0].iter().map(|value| value.data_type()).collect();
        let overload = overloads.iter().find(|overload| overload.args == types);
        let overload = overload.expect(function.name);
        assert_eq!(overload.names.len(), width, "`{}`", function.name);
        let subject = Subject::over(function.name, overload, |column| {
            let values = rows.iter().map(|row| ScalarValue::from(row[column]));
            ScalarValue::iter_to_array(values).unwrap()
        });
        let mut single = subject.aggregate.create_accumulator().unwrap();
        single
            .update_batch(&subject.arguments(0, rows.len()))
            .unwrap();
        let want = ScalarValue::from(function.example.result);
        assert_eq!(single.evaluate().unwrap(), want, "`{}`", function.name);
        assert_eq!(
            want.data_type(),
            overload.returns.arrow(),
            "`{}`",
            function.name
        );
    }
}

#[test]
fn parts_merge_to_the_whole() {
    let rows: Vec<_> = (0..ROWS).collect();
    for subject in subjects() {
        let mut whole = subject.aggregate.create_accumulator().unwrap();
        whole.update_batch(&subject.arguments(0, ROWS)).unwrap();
        let want = whole.evaluate().unwrap();
        for split in SPLITS {
            subject.check(&subject.merged(split), &want, &rows);
        }
    }
}

#[test]
fn parts_merge_to_the_whole_by_group() {
    for subject in subjects() {
        if !subject.aggregate.groups_accumulator_supported() {
            continue;
        }
        let wants: Vec<_> = (0..GROUPS).map(|group| alone(&subject, group)).collect();
        for split in SPLITS {
            let mut merged = subject.aggregate.create_groups_accumulator().unwrap();
            let mut from = 0;
            for (index, &to) in split.iter().enumerate() {
                let values = subject.arguments(from, to);
                let groups: Vec<_> = (from..to).map(|row| row % GROUPS).collect();
                if index % 2 == 1 {
                    let states = merged.convert_to_state(&values, None).unwrap();
                    merged.merge_batch(&states, &groups, GROUPS).unwrap();
                } else {
                    let mut part = subject.aggregate.create_groups_accumulator().unwrap();
                    part.update_batch(&values, &groups, None, GROUPS).unwrap();
                    let states = part.state(EmitTo::All).unwrap();
                    merged.merge_batch(&states, &[0, 1, 2], GROUPS).unwrap();
                }
                from = to;
            }
            let first = merged.evaluate(EmitTo::First(1)).unwrap();
            let rest = merged.evaluate(EmitTo::All).unwrap();
            assert_eq!(
                (first.len(), rest.len()),
                (1, GROUPS - 1),
                "`{}`",
                subject.name
            );
            for (group, want) in wants.iter().enumerate() {
                let got = match group {
                    0 => ScalarValue::try_from_array(&first, 0).unwrap(),
                    _ => ScalarValue::try_from_array(&rest, group - 1).unwrap(),
                };
                let rows: Vec<_> = (group..ROWS).step_by(GROUPS).collect();
                subject.check(&got, want, &rows);
            }
        }
    }
}

/// The result for the rows of one group, which other rows do not touch.
fn alone(subject: &Subject, group: usize) -> ScalarValue {
    let mut single = subject.aggregate.create_accumulator().unwrap();
    for row in (group..ROWS).step_by(GROUPS) {
        single
            .update_batch(&subject.arguments(row, row + 1))
            .unwrap();
    }
    single.evaluate().unwrap()
}

#[test]
fn filtered_rows_do_not_count() {
    for subject in subjects() {
        if !subject.aggregate.groups_accumulator_supported() {
            continue;
        }
        let values = subject.arguments(0, ROWS);
        let keeps: BooleanArray = (0..ROWS).map(|row| Some(row % GROUPS == 1)).collect();
        let mut groups = subject.aggregate.create_groups_accumulator().unwrap();
        groups
            .update_batch(&values, &[0; ROWS], Some(&keeps), 1)
            .unwrap();
        let result = groups.evaluate(EmitTo::All).unwrap();
        let got = ScalarValue::try_from_array(&result, 0).unwrap();
        let rows: Vec<_> = (1..ROWS).step_by(GROUPS).collect();
        subject.check(&got, &alone(&subject, 1), &rows);
        let states = groups.convert_to_state(&values, Some(&keeps)).unwrap();
        let mut merged = subject.aggregate.create_groups_accumulator().unwrap();
        merged.merge_batch(&states, &[0; ROWS], 1).unwrap();
        let result = merged.evaluate(EmitTo::All).unwrap();
        let got = ScalarValue::try_from_array(&result, 0).unwrap();
        subject.check(&got, &alone(&subject, 1), &rows);
    }
}

#[test]
fn the_largest_and_smallest_float_are_never_nan() {
    for subject in subjects() {
        let is_extreme = matches!(subject.name, "max" | "min");
        if is_extreme
            && subject
                .batch
                .column(0)
                .as_primitive_opt::<Float64Type>()
                .is_some()
        {
            let ScalarValue::Float64(Some(value)) = alone(&subject, 1) else {
                panic!("no float")
            };
            assert!((-650.0..-350.0).contains(&value), "{value}");
        }
    }
}
