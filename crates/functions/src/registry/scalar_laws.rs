//! Laws that every scalar function keeps: a slice of columns gives the slice of the result, and a
//! row gives the same as constants of its values.

use super::tests::{context, value};
use super::{Registry, all};
use crate::function::{Body, Datum, Function, Overload};
use arrow::array::{Array, ArrayRef};
use datafusion_common::ScalarValue;
use datafusion_expr::ColumnarValue;
use nixie_types::DataType;
use std::sync::Arc;

const ROWS: usize = 24;

/// Values that are at the edge of something, and such as other functions make.
const TEXTS: &[&str] = &[
    "",
    " ",
    "a",
    "twelve bytes",
    "thirteen byte",
    "  a longer text, with spaces around it \t",
    "größer als ASCII ✓ und länger",
    "\0\u{1}\u{7f}",
    "*",
    "\\1",
    "-9223372036854775808",
    "6162",
    "10.0.0.1",
    "::1",
    "a@b.c, 10.0.0.1 and 4111 1111 1111 1111",
    "[\"10.0.0.0/8\", \"x\"]",
    "{\"a\": {\"b\": [1, 2.5, null]}, \"p50\": 1.5}",
    "[{\"c\":[\"a\",\"*\"],\"m\":[]}]",
    "pl/pod",
    "/a/b?c=d",
    "https://u@h:1/p?q#f",
    "SELECT 'x', 1 FROM t WHERE a = $1",
    "query=[SELECT ?] params=[1]",
    "Query",
];

const INTS: &[i64] = &[0, 1, -1, 3, 23, 64, i64::MIN, i64::MAX, 1 << 32, 404];

const FLOATS: &[f64] = &[
    0.0,
    -0.0,
    1.5,
    -7.25,
    f64::NAN,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::MAX,
    f64::MIN_POSITIVE,
    1e300,
];

fn datum(data_type: DataType, at: usize) -> Datum {
    match data_type {
        DataType::Boolean => Datum::Bool(at.is_multiple_of(2)),
        DataType::Int64 => Datum::Int(INTS[at % INTS.len()]),
        DataType::Float64 => Datum::Float(FLOATS[at % FLOATS.len()]),
        DataType::String => Datum::Text(TEXTS[at % TEXTS.len()]),
        DataType::Time64Ns => Datum::Time(INTS[at % INTS.len()]),
        DataType::UInt128 => Datum::UInt128(u128::MAX / (at as u128 + 1)),
    }
}

/// The values of an argument; the steps of arguments differ, so that rows have all combinations.
fn values(function: &Function, overload: &Overload, index: usize) -> Vec<ScalarValue> {
    let data_type = overload.kernel.args()[index];
    let one = |row: usize| match function.example.args.get(index) {
        Some(example) if index < overload.literals => *example,
        _ => datum(data_type, row * (2 * index + 1) + index),
    };
    (0..ROWS).map(one).map(ScalarValue::from).collect()
}

fn overloads() -> impl Iterator<Item = (&'static Function, &'static Overload)> {
    all().flat_map(|function| {
        let overloads = match &function.body {
            Body::Scalar(overloads) => *overloads,
            Body::Aggregate(_) => &[],
        };
        overloads.iter().map(move |overload| (function, overload))
    })
}

#[test]
fn slices_and_constants_give_what_whole_columns_give() {
    let context = context();
    for (function, overload) in overloads() {
        let name = function.name;
        let columns: Vec<_> = (0..overload.kernel.args().len())
            .map(|index| values(function, overload, index))
            .collect();
        let array = |values: &Vec<ScalarValue>| ScalarValue::iter_to_array(values.clone()).unwrap();
        let arrays: Vec<ArrayRef> = columns.iter().map(array).collect();
        let invoke = |args: Vec<ColumnarValue>, rows| {
            let result = overload.kernel.invoke(&context, &args, rows);
            result.unwrap_or_else(|error| panic!("`{name}`: {error}"))
        };
        let whole = invoke(
            arrays.iter().cloned().map(ColumnarValue::Array).collect(),
            ROWS,
        );
        if let ColumnarValue::Array(array) = &whole {
            assert_eq!((array.len(), array.null_count()), (ROWS, 0), "`{name}`");
            assert_eq!(
                array.data_type(),
                &overload.kernel.returns().arrow(),
                "`{name}`"
            );
        }
        let (from, rows) = (5, 11);
        let slice = |array: &ArrayRef| ColumnarValue::Array(array.slice(from, rows));
        let sliced = invoke(arrays.iter().map(slice).collect(), rows);
        for row in 0..rows {
            assert_eq!(
                value(&sliced, row),
                value(&whole, from + row),
                "`{name}` of a slice"
            );
        }
        for row in 0..ROWS {
            let constant = |values: &Vec<ScalarValue>| ColumnarValue::Scalar(values[row].clone());
            let single = invoke(columns.iter().map(constant).collect(), 1);
            assert_eq!(
                value(&single, 0),
                value(&whole, row),
                "`{name}` of constants"
            );
            // The first argument a constant, the others columns.
            let mixed = columns.iter().zip(&arrays).enumerate();
            let mixed = mixed.map(|(index, (values, array))| match index {
                0 => ColumnarValue::Scalar(values[row].clone()),
                _ => ColumnarValue::Array(Arc::clone(array)),
            });
            let mixed = invoke(mixed.collect(), ROWS);
            assert_eq!(
                value(&mixed, row),
                value(&whole, row),
                "`{name}` of a constant and columns"
            );
        }
    }
}

/// What Pixie has beside the lookups of metadata.
const NAMES: &str = "\
    add subtract divide multiply log ln log2 log10 pow exp abs sqrt modulo ceil floor logicalOr \
    logicalAnd logicalNot negate invert equal notEqual approxEqual greaterThan greaterThanEqual \
    lessThan lessThanEqual bin round time_to_int64 int64_to_time mean sum max min count quantiles \
    any select pluck pluck_int64 pluck_float64 pluck_array split _script_reference contains length \
    find substring tolower toupper trim strip_prefix hex_to_ascii bytes_to_hex atoi itoa \
    regex_match replace _match_regex_rule uri_parse uri_recompose grpc_status_code_to_str \
    normalize_pgsql normalize_mysql _build_request_path_clusters _predict_request_path_cluster \
    _match_endpoint redact_pii_best_effort pprof _text_embedding _encode_sentence_piece \
    _kmeans_inference _kmeans_fit sample nslookup cidrs_contain_ip protocol_name http_resp_message \
    kafka_api_key_name mysql_command_name cql_opcode_name amqp_frame_type_name amqp_method_name \
    mux_frame_type_name dns_rcode_name";

/// Overloads of the families, by the inventory of Pixie.
const COUNTS: [(&str, usize); 13] = [
    ("log", 4),
    ("equal", 10),
    ("notEqual", 10),
    ("add", 7),
    ("subtract", 7),
    ("bin", 5),
    ("select", 5),
    ("_script_reference", 9),
    ("mean", 3),
    ("sum", 3),
    ("max", 3),
    ("count", 6),
    ("any", 6),
];

#[test]
fn no_function_is_missing() {
    let registry = Registry::new(crate::metadata::tests::recorded());
    for name in NAMES.split_whitespace() {
        assert!(registry.function(name).is_some(), "`{name}`");
    }
    for (name, count) in COUNTS {
        let function = registry.function(name).unwrap();
        assert_eq!(function.signatures().len(), count, "`{name}`");
    }
}
