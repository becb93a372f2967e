use super::*;
use arrow::array::{ArrayRef, BooleanArray, Int64Array, StringArray};
use nixie_api::TableColumn;
use std::sync::Arc;

fn header(columns: &[(&str, &str, &str)]) -> TableHeader {
    let column = |&(name, data_type, semantic_type): &(&str, &str, &str)| TableColumn {
        name: name.to_owned(),
        data_type: data_type.to_owned(),
        semantic_type: semantic_type.to_owned(),
    };
    TableHeader {
        name: "out".to_owned(),
        columns: columns.iter().map(column).collect(),
        streaming: false,
    }
}

fn requests() -> TableHeader {
    header(&[
        ("req_path", "STRING", "ST_NONE"),
        ("resp_status", "INT64", "ST_HTTP_RESP_STATUS"),
        ("latency", "INT64", "ST_DURATION_NS"),
    ])
}

fn batch(paths: &[&str]) -> RecordBatch {
    let rows = i64::try_from(paths.len()).unwrap();
    let latencies = (0..rows).map(|row| 1_500_000 + row * 300_000_000);
    RecordBatch::try_from_iter([
        (
            "req_path",
            Arc::new(StringArray::from(paths.to_vec())) as ArrayRef,
        ),
        (
            "resp_status",
            Arc::new(Int64Array::from_iter_values(
                (0..rows).map(|row| 200 + row * 300),
            )),
        ),
        ("latency", Arc::new(Int64Array::from_iter_values(latencies))),
    ])
    .unwrap()
}

fn text(header: &TableHeader, batch: &RecordBatch, width: Option<usize>, colors: bool) -> String {
    let mut table = TableText::new(header, width, colors);
    let rows: String = (0..batch.num_rows())
        .map(|row| table.row(batch, row))
        .collect();
    rows + &table.finish()
}

#[test]
fn columns_are_aligned_and_values_follow_their_meaning() {
    let shown = text(&requests(), &batch(&["/", "/orders"]), None, false);
    let expected = "\
out
REQ_PATH  RESP_STATUS  LATENCY
/                 200   1.5 ms
/orders           500   302 ms
";
    assert_eq!(shown, expected);
}

#[test]
fn colours_follow_status_and_latency() {
    let shown = text(&requests(), &batch(&["/", "/orders"]), None, true);
    assert!(shown.contains("\x1b[32m200\x1b[0m") && shown.contains("\x1b[31m500\x1b[0m"));
    assert!(shown.contains("\x1b[32m1.5 ms\x1b[0m") && shown.contains("\x1b[33m302 ms\x1b[0m"));
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    let long = "/a/path/that/is/much/too/long/for/this/terminal";
    let shown = text(&requests(), &batch(&[long, "/"]), Some(40), false);
    assert!(
        shown.lines().all(|line| line.chars().count() <= 40),
        "{shown}"
    );
    assert!(shown.contains("/a/path/") && shown.contains('…'), "{shown}");
}

#[test]
fn text_from_the_network_cannot_command_the_terminal() {
    let shown = text(&requests(), &batch(&["/\x1b[2J\nnext\u{9b}"]), None, true);
    assert!(shown.contains("/\\u{1b}[2J\\nnext\\u{9b}"), "{shown}");
}

#[test]
fn a_table_without_rows_says_so() {
    let shown = text(&requests(), &batch(&[]), None, false);
    assert_eq!(shown, "out\nREQ_PATH  RESP_STATUS  LATENCY\n(no rows)\n");
}

#[test]
fn rows_beyond_the_measured_ones_are_cut_to_fit() {
    let mut paths = vec!["/short"; MEASURED_ROWS_MAX];
    paths.push("/a/longer/path/than/all/before");
    let shown = text(&requests(), &batch(&paths), None, false);
    assert_eq!(shown.lines().count(), 2 + paths.len());
    assert!(
        shown.lines().last().unwrap().starts_with("/a/long…"),
        "{shown}"
    );
}

#[test]
fn alerts_and_plain_booleans_differ() {
    let header = header(&[
        ("alert", "BOOLEAN", "ST_NONE"),
        ("ok", "BOOLEAN", "ST_NONE"),
    ]);
    let flags = || Arc::new(BooleanArray::from(vec![true, false])) as ArrayRef;
    let batch = RecordBatch::try_from_iter([("alert", flags()), ("ok", flags())]).unwrap();
    let shown = text(&header, &batch, None, true);
    let expected = "\
out
ALERT  OK
\x1b[31mALERT\x1b[0m  \x1b[32mtrue\x1b[0m
       \x1b[31mfalse\x1b[0m
";
    assert_eq!(shown, expected);
}
