//! Aggregates of a few rows, whole and merged from parts.

use crate::aggregates::AggregateOverload;
use crate::function::Datum::{Bool, Float, Int, Text, Time};
use crate::function::{Body, Datum};
use crate::registry::aggregate_laws::Subject;
use crate::registry::all;
use datafusion_common::ScalarValue;

/// An aggregate, its rows in parts that are computed apart and merged, and the result.
type Vector = (&'static str, &'static [&'static [Datum]], Datum);

const FIVE: &[Datum] = &[Int(3), Int(6), Int(10), Int(5), Int(2)];
const OTHER_FIVE: &[Datum] = &[Int(1), Int(4), Int(5), Int(2), Int(8)];
const WITH_ELEVEN: &[Datum] = &[Int(1), Int(4), Int(5), Int(2), Int(11)];

const VECTORS: &[Vector] = &[
    ("mean", &[FIVE], Float(5.2)),
    ("sum", &[FIVE], Int(26)),
    ("count", &[FIVE], Int(5)),
    ("mean", &[FIVE, OTHER_FIVE], Float(4.6)),
    ("sum", &[FIVE, OTHER_FIVE], Int(46)),
    ("max", &[FIVE, WITH_ELEVEN], Int(11)),
    ("min", &[FIVE, WITH_ELEVEN], Int(1)),
    ("count", &[FIVE, &[Int(1), Int(4), Int(5), Int(2)]], Int(9)),
    (
        "mean",
        &[&[Bool(true), Bool(true)], &[Bool(false); 4]],
        Float(1.0 / 3.0),
    ),
    (
        "sum",
        &[
            &[Bool(false), Bool(true)],
            &[Bool(true), Bool(false), Bool(false)],
        ],
        Int(2),
    ),
    (
        "sum",
        &[&[Float(0.5), Float(-2.0)], &[Float(4.0)]],
        Float(2.5),
    ),
    ("sum", &[&[Int(i64::MAX)], &[Int(1)]], Int(i64::MIN)),
    (
        "min",
        &[
            &[Float(-4.641_234_454_35), Float(2.25)],
            &[Float(1.1), Float(-1.12)],
        ],
        Float(-4.641_234_454_35),
    ),
    ("max", &[&[Float(-4.5)], &[Float(-2.25)]], Float(-2.25)),
    ("max", &[&[Time(3)], &[Time(9), Time(4)]], Time(9)),
    ("min", &[&[Time(3)], &[Time(-9), Time(4)]], Time(-9)),
    ("any", &[&[Text("a")], &[Text("a")]], Text("a")),
    (
        "quantiles",
        &[&[Int(100), Int(400)], &[Int(300), Int(200)]],
        Text(
            r#"{"p01":100.0,"p10":100.0,"p25":150.0,"p50":250.0,"p75":350.0,"p90":400.0,"p99":400.0}"#,
        ),
    ),
    (
        "_build_request_path_clusters",
        &[
            &[Text("/a/b/c"), Text("/a/b/d"), Text("a/b/a")],
            &[Text("/a/b/b"), Text("/a/b/e"), Text("a/b/f")],
        ],
        Text(r#"[{"c":["a","b","*"],"m":[]}]"#),
    ),
];

fn overload(name: &str, row: Datum) -> &'static AggregateOverload {
    let function = all().find(|function| function.name == name).expect(name);
    let Body::Aggregate(overloads) = function.body else {
        panic!("`{name}` is no aggregate")
    };
    let mut overloads = overloads.iter();
    let found = overloads.find(|overload| overload.args == [row.data_type()]);
    found.expect(name)
}

#[test]
fn parts_of_a_few_rows_give_what_they_give_in_pixie() {
    for (name, parts, want) in VECTORS {
        let overload = overload(name, parts[0][0]);
        let rows: Vec<_> = parts.concat().into_iter().map(ScalarValue::from).collect();
        let subject = Subject::over(name, overload, |_| {
            ScalarValue::iter_to_array(rows.clone()).unwrap()
        });
        let mut from = 0;
        let ends = parts.iter().map(|part| {
            from += part.len();
            from
        });
        let got = subject.merged(&ends.collect::<Vec<_>>());
        assert_eq!(got, ScalarValue::from(*want), "`{name}` of {parts:?}");
    }
}
