//! Laws of DataFrames, over random rows: what is written differently and means the same gives the
//! same rows.

#![allow(clippy::expect_used, reason = "tests fail by panicking")]

use datafusion::arrow::array::{
    ArrayRef, Int64Array, RecordBatch, StringViewArray, TimestampNanosecondArray,
};
use datafusion::arrow::datatypes::Schema;
use datafusion::arrow::util::display::array_value_to_string;
use datafusion::datasource::{MemTable, provider_as_source};
use datafusion::logical_expr::TableSource;
use datafusion::prelude::{DataFrame, SessionConfig, SessionContext};
use nixie_functions::Registry;
use nixie_metadata::Metadata;
use nixie_pxl::{Catalog, CompileOptions, compile};
use nixie_types::{ColumnSpec, DataType};
use proptest::prelude::*;
use std::sync::Arc;

/// Time, number and text of a row.
type Row = (i64, i64, &'static str);

struct Table(Arc<dyn TableSource>);

impl Catalog for Table {
    fn table(&self, name: &str) -> Option<Arc<dyn TableSource>> {
        (name == "t").then(|| Arc::clone(&self.0))
    }

    fn table_names(&self) -> Vec<String> {
        vec!["t".to_owned()]
    }
}

fn table(rows: &[Row]) -> Table {
    let column = |name, data_type| ColumnSpec::new(name, data_type, "").field();
    let schema = Arc::new(Schema::new(vec![
        column("time_", DataType::Time64Ns),
        column("a", DataType::Int64),
        column("s", DataType::String),
    ]));
    let mut rows = rows.to_vec();
    rows.sort_unstable();
    let columns: Vec<ArrayRef> = vec![
        Arc::new(TimestampNanosecondArray::from_iter_values(
            rows.iter().map(|row| row.0),
        )),
        Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.1))),
        Arc::new(StringViewArray::from_iter_values(
            rows.iter().map(|row| row.2),
        )),
    ];
    let batch = RecordBatch::try_new(Arc::clone(&schema), columns).expect("columns fit");
    let half = batch.num_rows() / 2;
    let parts = vec![
        batch.slice(0, half),
        batch.slice(half, batch.num_rows() - half),
    ];
    let table = MemTable::try_new(schema, vec![parts]).expect("batches fit");
    Table(provider_as_source(Arc::new(table)))
}

/// Runs the operations on `df` and returns the rows in their order.
fn run(table: &Table, operations: &str) -> Vec<String> {
    let registry = Registry::new(Arc::new(Metadata::new("host".to_owned(), 0)));
    let script = format!("import px\ndf = px.DataFrame('t')\n{operations}\npx.display(df)");
    let program = compile(&script, table, &registry, &CompileOptions::default());
    let program = program.unwrap_or_else(|errors| panic!("{script}\n{errors:?}"));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    let context = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(1));
    let plan = program.outputs[0].plan.clone();
    let batches = runtime
        .block_on(DataFrame::new(context.state(), plan).collect())
        .expect("the plan runs");
    let mut rows = Vec::new();
    for batch in batches {
        for row in 0..batch.num_rows() {
            let cell = |column: &ArrayRef| array_value_to_string(column, row).expect("a cell");
            let cells: Vec<_> = batch.columns().iter().map(cell).collect();
            rows.push(cells.join("|"));
        }
    }
    rows
}

fn sorted(mut rows: Vec<String>) -> Vec<String> {
    rows.sort();
    rows
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let text = prop::sample::select(vec!["", "x", "y", "xy"]);
    prop::collection::vec((0_i64..50, -5_i64..5, text), 0..40)
}

const CONDITIONS: [&str; 5] = [
    "df.a > 0",
    "df.s == 'x'",
    "px.contains(df.s, 'y')",
    "df.a != 2 and df.s != ''",
    "not px.contains(df.s, 'x') or df.a < -1",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_filters_does_not_matter(rows in rows(), first in 0..5_usize, second in 0..5_usize) {
        let table = table(&rows);
        let (first, second) = (CONDITIONS[first], CONDITIONS[second]);
        let one = run(&table, &format!("df = df[{first}]\ndf = df[{second}]"));
        let other = run(&table, &format!("df = df[{second}]\ndf = df[{first}]"));
        let both = run(&table, &format!("df = df[({first}) and ({second})]"));
        prop_assert_eq!(&one, &other);
        prop_assert_eq!(&one, &both);
    }

    #[test]
    fn appended_splits_are_the_whole(rows in rows(), split in 0..5_usize) {
        let table = table(&rows);
        let condition = CONDITIONS[split];
        let parts = format!("df = df[{condition}].append(df[not ({condition})])");
        let (whole, appended) = (run(&table, ""), run(&table, &parts));
        let time = |row: &String| row.split('|').next().unwrap_or_default().to_owned();
        let times: Vec<_> = appended.iter().map(time).collect();
        prop_assert_eq!(times, whole.iter().map(time).collect::<Vec<_>>(), "in order of time");
        prop_assert_eq!(sorted(appended), sorted(whole));
        let sums = "df = df.groupby('s').agg(n=('a', px.count), t=('a', px.sum), m=('a', px.max))";
        let of_parts = run(&table, &format!("{parts}\n{sums}"));
        prop_assert_eq!(sorted(of_parts), sorted(run(&table, sums)));
    }

    #[test]
    fn a_filter_stays_above_a_limit(rows in rows(), limit in 0..20_usize, filter in 0..5_usize) {
        let table = table(&rows);
        let condition = CONDITIONS[filter];
        let limited = run(&table, &format!("df = df.head({limit})"));
        let filtered = run(&table, &format!("df = df.head({limit})\ndf = df[{condition}]"));
        let marked = run(&table, &format!("df.keep = {condition}"));
        prop_assert_eq!(&limited, &run(&table, "")[..limit.min(rows.len())]);
        let kept: Vec<_> = marked
            .iter()
            .take(limit)
            .filter_map(|row| row.strip_suffix("|true").map(str::to_owned))
            .collect();
        prop_assert_eq!(filtered, kept);
    }

    #[test]
    fn a_merge_of_one_side_with_itself_by_a_unique_key_is_itself(rows in rows()) {
        let table = table(&rows);
        let counts = "df = df.groupby('s').agg(n=('a', px.count))";
        for how in ["inner", "left", "right", "outer"] {
            let merged = run(&table, &format!(
                "{counts}\ndf = df.merge(df, how='{how}', left_on='s', right_on='s')\n\
                 df = df[df.s_x == df.s_y and df.n_x == df.n_y]\n\
                 df.s = df.s_x\ndf.n = df.n_x\ndf = df[['s', 'n']]"
            ));
            prop_assert_eq!(sorted(merged), sorted(run(&table, counts)), "{}", how);
        }
    }

    #[test]
    fn windows_are_groups_by_binned_time(rows in rows(), window in 1_i64..20) {
        let table = table(&rows);
        let agg = "agg(n=('a', px.count), t=('a', px.sum))";
        let rolling = run(&table, &format!("df = df.groupby('s').rolling({window}).{agg}"));
        let binned = run(&table, &format!(
            "df.time_ = px.bin(df.time_, {window})\ndf = df.groupby(['time_', 's']).{agg}"
        ));
        prop_assert_eq!(sorted(rolling), sorted(binned));
    }
}
