use super::*;
use crate::Table;
use nixie_types::{ColumnSpec, DataType, Rows};

static SPEC: TableSpec = TableSpec {
    name: "pairs",
    description: "Test rows.",
    columns: &[
        ColumnSpec::new("time_", DataType::Time64Ns, "When."),
        ColumnSpec::new("text", DataType::String, "What.").dictionary(),
    ],
};

fn table() -> Table {
    let table = Table::new(&SPEC, 1 << 20);
    for part in 0..3_i64 {
        let mut rows = Rows::new(&SPEC);
        for row in 0..10 {
            rows.row()
                .time(part * 10 + row)
                .string("a value that is long")
                .end();
        }
        table.append(rows.take().unwrap()).unwrap();
    }
    table
}

impl Snapshot {
    /// Returns address and size of all memory that the rows hold on to.
    pub(crate) fn allocations(&self) -> Vec<(usize, usize)> {
        self.chunks
            .iter()
            .flat_map(|chunk| chunk.allocations().to_vec())
            .collect()
    }
}

#[test]
fn a_projection_gives_the_columns_asked_for_with_their_meaning() {
    let options = ScanOptions {
        projection: Some(vec![1, 0, 1]),
        ..ScanOptions::default()
    };
    let batch = table()
        .snapshot()
        .scan(&options)
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    let names: Vec<_> = batch
        .schema()
        .fields()
        .iter()
        .map(|field| field.name().clone())
        .collect();
    assert_eq!(names, ["text", "time_", "text"]);
    assert_eq!(batch.schema().field(1), &SPEC.columns[0].field());
}

#[test]
fn an_empty_projection_still_counts_rows() {
    let options = ScanOptions {
        projection: Some(Vec::new()),
        ..ScanOptions::default()
    };
    let rows = table()
        .snapshot()
        .scan(&options)
        .unwrap()
        .map(|batch| batch.unwrap().num_rows());
    assert_eq!(rows.sum::<usize>(), 30);
}

#[test]
fn a_column_that_does_not_exist_is_refused() {
    let options = ScanOptions {
        projection: Some(vec![2]),
        ..ScanOptions::default()
    };
    let error = table().snapshot().scan(&options).unwrap_err().to_string();
    assert_eq!(
        error,
        "table `pairs` has 2 columns, got a projection to column 2"
    );
}

#[test]
fn a_range_outside_of_all_rows_or_turned_around_is_empty() {
    for (start, end) in [(30, 99), (-9, -1), (20, 10)] {
        let options = ScanOptions {
            start_ns: Some(start),
            end_ns: Some(end),
            ..ScanOptions::default()
        };
        assert_eq!(table().snapshot().scan(&options).unwrap().count(), 0);
        let shared = table().snapshot().scan_shared(&options).unwrap();
        assert_eq!(shared.worker().count(), 0);
    }
}

#[test]
fn chunks_without_a_text_that_must_be_there_are_passed_over() {
    let chunk = |text: &str, from: i64| {
        let mut rows = Rows::new(&SPEC);
        for row in from..from + 5 {
            rows.row().time(row).string(text).end();
        }
        let batch = rows.take().unwrap();
        let mut columns = batch.columns().to_vec();
        // As in chunks that were merged, whose keys are short.
        columns[1] = crate::text::unify(&columns[1..]).unwrap();
        Arc::new(Chunk::from_columns(columns).unwrap())
    };
    let chunks: Arc<[_]> = [chunk("first", 0), chunk("second", 5), chunk("first", 10)].into();
    let snapshot = Snapshot::new(&SPEC, table().snapshot().schema(), chunks);
    let rows = |text: &str| {
        let options = ScanOptions {
            equal_texts: vec![EqualText {
                column: 1,
                text: text.to_owned(),
            }],
            ..ScanOptions::default()
        };
        let scan = snapshot.scan(&options).unwrap();
        scan.map(|batch| batch.unwrap().num_rows()).sum::<usize>()
    };
    assert_eq!([rows("first"), rows("second"), rows("third")], [10, 5, 0]);
}
