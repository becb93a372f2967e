use super::*;
use crate::{Completeness, ErrorKind, Lost, TableColumn, TableEncoder, encode_message};
use arrow::array::AsArray;
use arrow::array::{FixedSizeBinaryArray, Int64Array, StringViewArray};
use arrow::datatypes::{DataType, Field, Schema};
use proptest::prelude::*;
use std::sync::Arc;

fn batch(from: i64, rows: i64, text_bytes: usize) -> RecordBatch {
    let schema = Schema::new(vec![
        Field::new("id", DataType::Int64, false),
        Field::new("path", DataType::Utf8View, false),
        Field::new("upid", DataType::FixedSizeBinary(16), false),
    ]);
    let text = |id: i64| format!("{}{id}", "0".repeat(text_bytes - id.to_string().len()));
    let ids: Vec<i64> = (from..from + rows).collect();
    let upids = ids
        .iter()
        .map(|id| u128::try_from(*id).unwrap().to_be_bytes());
    let columns: Vec<arrow::array::ArrayRef> = vec![
        Arc::new(Int64Array::from(ids.clone())),
        Arc::new(StringViewArray::from_iter_values(
            ids.iter().map(|&id| text(id)),
        )),
        Arc::new(FixedSizeBinaryArray::try_from_iter(upids).unwrap()),
    ];
    RecordBatch::try_new(Arc::new(schema), columns).unwrap()
}

fn header() -> TableHeader {
    let column = TableColumn {
        name: "id".to_owned(),
        data_type: "INT64".to_owned(),
        semantic_type: "ST_NONE".to_owned(),
    };
    TableHeader {
        name: "out".to_owned(),
        columns: vec![column],
        streaming: false,
    }
}

fn table_end() -> TableEnd {
    let lost = Lost {
        reason: "ring buffer full".to_owned(),
        count: 1,
        bytes: 2,
    };
    let completeness = Completeness {
        lost: vec![lost],
        evicted_until_ns: Some(7),
        cut_at_rows: Some(9),
    };
    TableEnd {
        rows: 3,
        completeness,
        ..TableEnd::default()
    }
}

fn response(batches: &[RecordBatch]) -> Vec<u8> {
    let mut bytes = encode_message(FrameKind::Table, &header()).unwrap();
    let mut encoder = TableEncoder::new(&batches[0].schema()).unwrap();
    for batch in batches {
        bytes.extend(encoder.rows(batch).unwrap().concat());
    }
    bytes.extend(encoder.finish().unwrap());
    bytes.extend(encode_message(FrameKind::TableEnd, &table_end()).unwrap());
    bytes.extend(encode_message(FrameKind::End, &End { tables: 1 }).unwrap());
    bytes
}

fn read_all(bytes: &[u8]) -> Result<Vec<Event>, ApiError> {
    let mut reader = ResponseReader::new(bytes);
    let mut events = Vec::new();
    while let Some(event) = reader.next_event()? {
        events.push(event);
    }
    Ok(events)
}

#[test]
fn a_response_is_read_as_it_was_written() {
    let events = read_all(&response(&[batch(0, 3, 5), batch(3, 2, 5)])).unwrap();
    let [
        Event::Table(table),
        Event::Rows(first),
        Event::Rows(second),
        Event::TableEnd(end),
        last,
    ] = events.as_slice()
    else {
        panic!("{events:?}")
    };
    assert_eq!((table, end), (&header(), &table_end()));
    assert_eq!(last, &Event::End(End { tables: 1 }));
    let paths: Vec<_> = first
        .column(1)
        .as_string::<i32>()
        .iter()
        .flatten()
        .collect();
    assert_eq!(paths, ["00000", "00001", "00002"]);
    assert_eq!(second.column(2).as_fixed_size_binary().value(1)[15], 4);
}

#[test]
fn a_batch_with_large_text_is_cut_into_several_frames() {
    let events = read_all(&response(&[batch(0, 20, 1 << 20)])).unwrap();
    let rows: Vec<usize> = events
        .iter()
        .filter_map(|event| match event {
            Event::Rows(batch) => Some(batch.num_rows()),
            _ => None,
        })
        .collect();
    assert!(
        rows.len() >= 5 && rows.iter().sum::<usize>() == 20,
        "{rows:?}"
    );
}

#[test]
fn a_slice_does_not_bring_its_whole_memory_along() {
    let slice = batch(0, 1000, 1000).slice(10, 1);
    assert!(response(&[slice]).len() < 4000);
}

#[test]
fn an_error_may_come_at_any_time_and_ends_the_response() {
    let report = ErrorReport {
        kind: ErrorKind::Query,
        message: "query failed".to_owned(),
        causes: vec!["cause".to_owned()],
        hint: None,
        diagnostics: Vec::new(),
    };
    let mut bytes = encode_message(FrameKind::Table, &header()).unwrap();
    bytes.extend(encode_message(FrameKind::Error, &report).unwrap());
    let events = read_all(&bytes).unwrap();
    assert_eq!(events, [Event::Table(header()), Event::Error(report)]);
}

#[test]
fn frames_out_of_order_are_refused() {
    let rows = Frame::encode(FrameKind::Rows, b"").unwrap();
    let error = read_all(&rows).unwrap_err().to_string();
    assert!(error.contains("Rows frame outside of a table"), "{error}");
    let mut twice = encode_message(FrameKind::Table, &header()).unwrap();
    twice.extend(encode_message(FrameKind::Table, &header()).unwrap());
    assert!(
        read_all(&twice)
            .unwrap_err()
            .to_string()
            .contains("Table frame within a table")
    );
}

#[test]
fn every_cut_of_a_response_is_noticed() {
    let bytes = response(&[batch(0, 3, 5)]);
    for end in 0..bytes.len() {
        assert!(read_all(&bytes[..end]).is_err(), "cut at {end}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn a_changed_byte_never_panics(at in 0_usize..1800, value in any::<u8>()) {
        let mut bytes = response(&[batch(0, 3, 5)]);
        let at = at % bytes.len();
        bytes[at] = value;
        // Either outcome is right: a change within a value gives other rows.
        prop_assert!(matches!(read_all(&bytes), Ok(_) | Err(_)));
    }

    #[test]
    fn random_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(read_all(&bytes).is_err());
    }
}
