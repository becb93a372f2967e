use super::*;
use crate::scan::ScanOptions;
use arrow::array::AsArray;
use arrow::array::types::{Int64Type, TimestampNanosecondType};
use nixie_types::{ColumnSpec, DataType, Rows};
use proptest::prelude::*;

static SPEC: TableSpec = TableSpec {
    name: "things",
    description: "Test rows.",
    columns: &[
        ColumnSpec::new("time_", DataType::Time64Ns, "When."),
        ColumnSpec::new("kind", DataType::String, "What.").dictionary(),
        ColumnSpec::new("body", DataType::String, "Details."),
        ColumnSpec::new("id", DataType::Int64, "Which."),
        ColumnSpec::new("ok", DataType::Boolean, "Whether."),
    ],
};

/// A row by its time and number; everything else follows from those.
fn batch(rows: &[(i64, i64)]) -> RecordBatch {
    let mut built = Rows::new(&SPEC);
    for &(time_ns, id) in rows {
        let (kind, body) = (
            format!("kind of thing {}", id % 7),
            format!("body number {id}"),
        );
        built
            .row()
            .time(time_ns)
            .string(&kind)
            .string(&body)
            .int64(id)
            .bool(id % 2 == 0)
            .end();
    }
    built.take().expect("rows were written")
}

fn read(table: &Table, options: &ScanOptions) -> Vec<(i64, i64)> {
    let mut rows = Vec::new();
    for batch in table.snapshot().scan(options).unwrap() {
        rows.extend(check(&batch.unwrap()));
    }
    rows
}

/// Returns time and number of each row, having checked the other columns against them.
fn check(batch: &RecordBatch) -> Vec<(i64, i64)> {
    let times = batch.column(0).as_primitive::<TimestampNanosecondType>();
    let (kinds, bodies) = (
        batch.column(1).as_string_view(),
        batch.column(2).as_string_view(),
    );
    let (ids, oks) = (
        batch.column(3).as_primitive::<Int64Type>(),
        batch.column(4).as_boolean(),
    );
    let rows = 0..batch.num_rows();
    rows.map(|row| {
        let id = ids.value(row);
        assert_eq!(kinds.value(row), format!("kind of thing {}", id % 7));
        assert_eq!(bodies.value(row), format!("body number {id}"));
        assert_eq!(oks.value(row), id % 2 == 0);
        (times.value(row), id)
    })
    .collect()
}

#[test]
fn many_small_batches_become_few_large_ones() {
    let table = Table::new(&SPEC, 64 << 20);
    for id in 0..5000 {
        table.append(batch(&[(id, id)])).unwrap();
    }
    let stats = table.stats();
    assert_eq!(
        (stats.rows, stats.rows_added, stats.rows_evicted),
        (5000, 5000, 0)
    );
    assert!(stats.batches < 64, "{stats:?}");
    // Every batch is merged at least once, but for the last few.
    assert_eq!((stats.batches_added, stats.batches_evicted), (5000, 0));
    assert!(stats.batches_merged > 4900, "{stats:?}");
    assert!(stats.sealed_bytes <= stats.bytes, "{stats:?}");
    assert_eq!(
        (stats.min_time_ns, stats.max_time_ns),
        (Some(0), Some(4999))
    );
    let expected: Vec<_> = (0..5000).map(|id| (id, id)).collect();
    assert_eq!(read(&table, &ScanOptions::default()), expected);
}

#[test]
fn a_merge_makes_rows_smaller_than_they_arrived() {
    let table = Table::new(&SPEC, 64 << 20);
    for id in 0..1024 {
        table.append(batch(&[(id, id)])).unwrap();
    }
    let stats = table.stats();
    assert!(stats.bytes * 3 < stats.bytes_added * 2, "{stats:?}");
}

#[test]
fn the_oldest_rows_make_room() {
    let table = Table::new(&SPEC, 100_000);
    for part in 0..200 {
        let rows: Vec<_> = (part * 50..part * 50 + 50).map(|id| (id, id)).collect();
        table.append(batch(&rows)).unwrap();
    }
    let stats = table.stats();
    assert!(stats.bytes <= 100_000 && stats.bytes > 60_000, "{stats:?}");
    assert_eq!(stats.rows + stats.rows_evicted, 10_000);
    assert!(
        stats.batches_evicted > 0 && stats.sealed_bytes > 0,
        "{stats:?}"
    );
    let rows = read(&table, &ScanOptions::default());
    let first = rows[0].0;
    assert_eq!(stats.evicted_until_ns, Some(first - 1));
    assert_eq!(rows, (first..10_000).map(|id| (id, id)).collect::<Vec<_>>());
}

#[test]
fn a_batch_larger_than_the_table_leaves_its_newest_rows() {
    let table = Table::new(&SPEC, 20_000);
    let rows: Vec<_> = (0..5000).map(|id| (id, id)).collect();
    table.append(batch(&rows)).unwrap();
    let stats = table.stats();
    assert!(stats.bytes <= 20_000 && stats.rows > 100, "{stats:?}");
    assert_eq!(stats.rows + stats.rows_evicted, 5000);
    assert_eq!(
        read(&table, &ScanOptions::default()).last(),
        Some(&(4999, 4999))
    );
}

#[test]
fn a_row_larger_than_the_table_is_dropped_and_counted() {
    let table = Table::new(&SPEC, 20_000);
    table.append(batch(&[(1, 1)])).unwrap();
    let mut rows = Rows::new(&SPEC);
    rows.row()
        .time(2)
        .string("kind")
        .string(&"x".repeat(30_000))
        .int64(2)
        .bool(true)
        .end();
    table.append(rows.take().unwrap()).unwrap();
    let stats = table.stats();
    assert_eq!(
        (stats.rows, stats.rows_dropped, stats.rows_evicted),
        (1, 1, 0)
    );
    assert!(stats.bytes_dropped > 30_000);
}

#[test]
fn a_batch_of_another_schema_is_refused_by_name() {
    let other = batch(&[(1, 1)]).project(&[0, 2, 1, 3, 4]).unwrap();
    let error = Table::new(&SPEC, 1 << 20)
        .append(other)
        .unwrap_err()
        .to_string();
    assert!(error.starts_with("batch for table `things` does not fit its schema: column `kind`"));
}

#[test]
fn text_is_delivered_without_a_copy() {
    let table = Table::new(&SPEC, 64 << 20);
    table
        .append(batch(&(0..2000).map(|id| (id, id)).collect::<Vec<_>>()))
        .unwrap();
    let snapshot = table.snapshot();
    let options = ScanOptions {
        projection: Some(vec![1, 2]),
        ..ScanOptions::default()
    };
    let batches: Vec<_> = snapshot
        .scan(&options)
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let addresses = |column: usize| {
        let buffers = batches.iter().flat_map(|batch| {
            let text = batch.column(column).as_string_view();
            text.data_buffers()
                .iter()
                .map(|buffer| buffer.data_ptr())
                .collect::<Vec<_>>()
        });
        buffers.collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!((addresses(0).len(), addresses(1).len()), (1, 1));
}

#[test]
fn readers_keep_what_they_began_with() {
    let table = Table::new(&SPEC, 20_000);
    table.append(batch(&[(1, 1), (2, 2)])).unwrap();
    let before = table.snapshot();
    table
        .append(batch(&(3..3000).map(|id| (id, id)).collect::<Vec<_>>()))
        .unwrap();
    let rows: Vec<_> = before
        .scan(&ScanOptions::default())
        .unwrap()
        .flat_map(|batch| check(&batch.unwrap()))
        .collect();
    assert_eq!(rows, [(1, 1), (2, 2)]);
}

/// Batches of rows whose times mostly grow, with late ones among them.
fn arrivals() -> impl Strategy<Value = Vec<Vec<i64>>> {
    let times = prop::collection::vec(0_i64..40, 1..40);
    prop::collection::vec(times, 1..60).prop_map(|batches| {
        let at = |(number, times): (usize, Vec<i64>)| {
            let base = i64::try_from(number).unwrap() * 10;
            times.into_iter().map(|time| base + time).collect()
        };
        batches.into_iter().enumerate().map(at).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn a_table_equals_a_sorted_list(
        batches in arrivals(),
        range in (0_i64..600, 0_i64..600),
        limit in prop::option::of(0_usize..300),
        batch_rows in 1_usize..50,
    ) {
        let table = Table::new(&SPEC, 64 << 20);
        let mut model = Vec::new();
        for times in &batches {
            let rows: Vec<_> =
                (model.len()..).zip(times).map(|(id, &time)| (time, i64::try_from(id).unwrap())).collect();
            table.append(batch(&rows)).unwrap();
            model.extend(rows);
        }
        model.sort_by_key(|row| row.0);
        prop_assert_eq!(&read(&table, &ScanOptions::default()), &model);

        let (start, end) = range;
        let options = ScanOptions {
            start_ns: Some(start), end_ns: Some(end), limit, batch_rows, ..ScanOptions::default()
        };
        let asked: Vec<_> = model.iter().copied()
            .filter(|row| row.0 >= start && row.0 <= end)
            .take(limit.unwrap_or(usize::MAX)).collect();
        prop_assert_eq!(read(&table, &options), asked);

        let options = ScanOptions { limit: None, ..options };
        let shared = table.snapshot().scan_shared(&options).unwrap();
        let mut workers = [shared.worker(), shared.worker()];
        let mut rows = Vec::new();
        while let Some(batch) = workers[rows.len() % 2].next().or_else(|| workers.iter_mut().find_map(Iterator::next)) {
            let batch = batch.unwrap();
            prop_assert!(batch.num_rows() <= batch_rows);
            rows.extend(check(&batch));
        }
        rows.sort_unstable();
        let mut asked: Vec<_> =
            model.into_iter().filter(|row| row.0 >= start && row.0 <= end).collect();
        asked.sort_unstable();
        prop_assert_eq!(rows, asked);
    }

    #[test]
    fn a_table_never_exceeds_its_share_and_accounts_for_every_row(
        batches in arrivals(),
        bytes_max in 500_usize..60_000,
    ) {
        let table = Table::new(&SPEC, bytes_max);
        let mut added = 0;
        for times in &batches {
            let rows: Vec<_> = (added..).zip(times).map(|(id, &time)| (time, id)).collect();
            added += i64::try_from(rows.len()).unwrap();
            table.append(batch(&rows)).unwrap();
            let stats = table.stats();
            let snapshot = table.snapshot();
            let held: std::collections::BTreeMap<usize, usize> = snapshot
                .allocations().into_iter().collect();
            prop_assert_eq!(stats.bytes, held.values().sum::<usize>() as u64);
            prop_assert!(stats.bytes <= bytes_max as u64);
            prop_assert_eq!(
                stats.rows + stats.rows_evicted + stats.rows_dropped, added.unsigned_abs());
        }
        let rows = read(&table, &ScanOptions::default());
        prop_assert!(rows.is_sorted_by_key(|row| row.0));
        prop_assert_eq!(rows.len() as u64, table.stats().rows);
    }
}

#[test]
fn a_follower_gets_each_row_once_and_is_told_when_it_is_behind() {
    let table = Table::new(&SPEC, 64 << 20);
    table.append(batch(&[(1, 1), (2, 2)])).unwrap();
    let (held, follower) = table.follow();
    let ids = |snapshot: &Snapshot| {
        let mut rows = Vec::new();
        for batch in snapshot.scan(&ScanOptions::default()).unwrap() {
            rows.extend(check(&batch.unwrap()).into_iter().map(|(_, id)| id));
        }
        rows
    };
    assert_eq!(ids(&held), [1, 2]);
    let context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(follower.poll_ready(&context).is_pending());
    let mut seen = Vec::new();
    for id in 3..200 {
        table.append(batch(&[(id, id)])).unwrap();
        if id % 50 == 0 {
            assert!(follower.poll_ready(&context).is_ready());
            seen.extend(ids(&follower.take().unwrap()));
        }
    }
    seen.extend(ids(&follower.take().unwrap()));
    // Merges of what the table holds change nothing.
    assert_eq!(seen, (3..200).collect::<Vec<_>>());
    assert_eq!(ids(&follower.take().unwrap()), [0_i64; 0]);

    let many: Vec<(i64, i64)> = (0..20_000).map(|id| (id, id)).collect();
    for _ in 0..40 {
        table.append(batch(&many)).unwrap();
    }
    let behind = follower.take().unwrap_err();
    assert!(behind.waiting_bytes > 0, "{behind:?}");
}
