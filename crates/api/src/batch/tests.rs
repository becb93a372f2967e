use super::*;
use crate::proto::vizierpb::column::ColData;
use crate::proto::vizierpb::{RowBatchData, UInt128};
use arrow::array::{
    ArrayRef, BooleanArray, FixedSizeBinaryArray, Float64Array, Int64Array, RecordBatchOptions,
    StringArray, StringViewArray, TimestampNanosecondArray,
};
use arrow::datatypes::Schema;
use proptest::prelude::*;
use prost::Message;
use std::sync::Arc;

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter(columns).unwrap()
}

fn decoded(batch: &RecordBatch, is_last: bool) -> RowBatchData {
    let bytes = BatchEncoder::new("T".to_owned())
        .encode(batch, is_last)
        .unwrap();
    let read = RowBatchData::decode(bytes.clone()).unwrap();
    // What is zero is left out, as the generated code does it.
    assert_eq!(read.encode_to_vec(), bytes);
    read
}

fn columns(read: RowBatchData) -> Vec<ColData> {
    read.cols
        .into_iter()
        .filter_map(|column| column.col_data)
        .collect()
}

#[test]
fn every_type_is_read_back_by_the_generated_code() {
    let ids = [7_u128 << 64 | 9, 0, u128::MAX];
    let ids = FixedSizeBinaryArray::try_from_iter(ids.iter().map(|id| id.to_be_bytes())).unwrap();
    let rows = batch(vec![
        ("b", Arc::new(BooleanArray::from(vec![true, false, true]))),
        ("i", Arc::new(Int64Array::from(vec![i64::MIN, 0, 300]))),
        ("u", Arc::new(ids)),
        (
            "t",
            Arc::new(TimestampNanosecondArray::from(vec![1, -1, 2])),
        ),
        (
            "f",
            Arc::new(Float64Array::from(vec![0.5, f64::NEG_INFINITY, 0.0])),
        ),
        (
            "s",
            Arc::new(StringViewArray::from(vec![
                "",
                "longer than a view holds",
                "é",
            ])),
        ),
    ]);
    let read = decoded(&rows, true);
    assert_eq!((read.num_rows, read.eow, read.eos), (3, true, true));
    assert_eq!(read.table_id, "T");
    let [
        ColData::BooleanData(b),
        ColData::Int64Data(i),
        ColData::Uint128Data(u),
        ColData::Time64nsData(t),
        ColData::Float64Data(f),
        ColData::StringData(s),
    ] = <[ColData; 6]>::try_from(columns(read)).unwrap()
    else {
        panic!("other types")
    };
    assert_eq!(b.data, [true, false, true]);
    assert_eq!(i.data, [i64::MIN, 0, 300]);
    let max = UInt128 {
        low: u64::MAX,
        high: u64::MAX,
    };
    assert_eq!(
        u.data,
        [UInt128 { low: 9, high: 7 }, UInt128::default(), max]
    );
    assert_eq!(t.data, [1, -1, 2]);
    assert_eq!(f.data, [0.5, f64::NEG_INFINITY, 0.0]);
    assert_eq!(
        s.data,
        [b"".as_slice(), b"longer than a view holds", "é".as_bytes()]
    );
}

#[test]
fn a_table_ends_with_no_rows_but_all_columns() {
    let rows = batch(vec![
        ("i", Arc::new(Int64Array::from(Vec::<i64>::new()))),
        ("s", Arc::new(StringViewArray::from(Vec::<&str>::new()))),
    ]);
    let read = decoded(&rows, true);
    assert_eq!((read.num_rows, read.eos, read.cols.len()), (0, true, 2));
    let none = RecordBatch::try_new_with_options(
        Arc::new(Schema::empty()),
        Vec::new(),
        &RecordBatchOptions::new().with_row_count(Some(4)),
    );
    let read = decoded(&none.unwrap(), false);
    assert_eq!(
        (read.num_rows, read.eow, read.eos, read.cols.len()),
        (4, false, false, 0)
    );
}

#[test]
fn nulls_are_zeros() {
    let ids = vec![None, Some([1_u8; 16])].into_iter();
    let ids = FixedSizeBinaryArray::try_from_sparse_iter_with_size(ids, 16).unwrap();
    let rows = batch(vec![
        ("i", Arc::new(Int64Array::from(vec![None, Some(1)]))),
        ("s", Arc::new(StringViewArray::from(vec![None, Some("x")]))),
        ("u", Arc::new(ids)),
    ]);
    let [
        ColData::Int64Data(i),
        ColData::StringData(s),
        ColData::Uint128Data(u),
    ] = <[ColData; 3]>::try_from(columns(decoded(&rows, false))).unwrap()
    else {
        panic!("other types")
    };
    assert_eq!(
        (i.data, s.data),
        (vec![0, 1], vec![b"".to_vec(), b"x".to_vec()])
    );
    assert_eq!(u.data[0], UInt128::default());
}

#[test]
fn large_rows_are_cut_and_too_large_ones_refused() {
    let text = |bytes: usize| "x".repeat(bytes);
    let encoder = BatchEncoder::new("T".to_owned());
    let values: Vec<String> = vec![text(700_000), text(200_000), text(700_000), text(2_000_000)];
    let rows = batch(vec![(
        "s",
        Arc::new(StringViewArray::from_iter_values(&values)),
    )]);
    let pieces = encoder.pieces(&rows).unwrap();
    let sizes: Vec<usize> = pieces.iter().map(RecordBatch::num_rows).collect();
    assert_eq!(sizes, [2, 1, 1]);
    for piece in &pieces {
        assert!(encoder.encode(piece, true).unwrap().len() < MESSAGE_BYTES_MAX);
    }
    let huge = StringViewArray::from_iter_values([text(MESSAGE_BYTES_MAX)]);
    let rows = batch(vec![
        ("n", Arc::new(Int64Array::from(vec![1]))),
        ("req_body", Arc::new(huge)),
    ]);
    let error = encoder.pieces(&rows).unwrap_err().to_string();
    assert!(
        error.contains("4128768 bytes") && error.contains("`req_body`"),
        "{error}"
    );
}

#[test]
fn a_type_that_pxl_has_not_is_named() {
    let rows = batch(vec![("s", Arc::new(StringArray::from(vec!["x"])))]);
    let error = BatchEncoder::new(String::new())
        .pieces(&rows)
        .unwrap_err()
        .to_string();
    assert!(error.contains("`s`") && error.contains("Utf8"), "{error}");
}

proptest! {
    #[test]
    fn any_rows_are_read_back(values in prop::collection::vec((any::<i64>(), ".{0,40}"), 0..200)) {
        let numbers: Vec<i64> = values.iter().map(|value| value.0).collect();
        let texts = StringViewArray::from_iter_values(values.iter().map(|value| &value.1));
        let numbers_column = Arc::new(Int64Array::from(numbers.clone()));
        let rows = batch(vec![("n", numbers_column), ("s", Arc::new(texts))]);
        let [ColData::Int64Data(n), ColData::StringData(s)] =
            <[ColData; 2]>::try_from(columns(decoded(&rows, false))).unwrap()
        else {
            panic!("other types")
        };
        prop_assert_eq!(n.data, numbers);
        prop_assert!(s.data.iter().zip(&values).all(|(read, value)| read == value.1.as_bytes()));
    }
}
